//! Every command has a declaration, and every declaration is whole. A command that nobody declared
//! fails here, and so does a declaration without its row in [`LEAST`] and in `wanted`.

use super::*;
use crate::model::{
    ConsentAction, Location, Media, MediaKind, Money, PaymentParty, Reminder, SecondaryId,
    TagMessage, TagPair, Template, UssdMenu, VoiceAction, WorkState, id::SessionId,
};
use std::time::Duration;

/// For every declaration the fewest values that make its command.
pub(crate) const LEAST: &[(&str, &[(&str, &str)])] = &[
    ("message", &[("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")]),
    ("reply", &[("text", "njiani")]),
    ("no-answer", &[("up-to", "el_msg_7")]),
    ("edit-scheduled", &[("text", "njiani"), ("at", "+2h"), ("id", "el_msg_7")]),
    ("cancel-scheduled", &[("id", "el_msg_7")]),
    (
        "consent",
        &[("reason", "said so"), ("action", "opt-out"), ("to", "4417"), ("from", "sms 40404")],
    ),
    ("tag", &[("tags", "tier=vip")]),
    ("untag", &[("keys", "tier")]),
    ("data", &[("key", "name"), ("value", "Jane")]),
    ("lease", &[("key", "survey")]),
    ("undata", &[("keys", "survey")]),
    ("ids", &[("ids", "passport=808083")]),
    ("unids", &[("ids", "passport")]),
    ("adopt", &[("other", "el_cst_00005e2a")]),
    ("remind", &[("key", "renewal"), ("at", "+2h")]),
    ("unremind", &[("key", "renewal")]),
    ("message-tag", &[("tag", "tier=gold"), ("text", "habari"), ("from", "sms 40404")]),
    ("remind-tag", &[("tag", "tier=gold"), ("key", "renewal"), ("at", "+2h"), ("every", "1d")]),
    ("unremind-tag", &[("tag", "tier=gold"), ("key", "renewal")]),
    ("carriers", &[("pause", "safari")]),
    ("unknown", &[("leave", "el_msg_7"), ("attempt", "2")]),
    ("work", &[("action", "cancel")]),
    (
        "request",
        &[
            ("amount", "KES 1,500.00"),
            ("number", "+254711000001"),
            ("via", "payment 5250"),
            ("into", "main"),
        ],
    ),
    ("pay", &[("amount", "KES 1,500.00"), ("from", "purse:main"), ("to", "wallet:savings")]),
    ("call", &[("to", "+254711000001"), ("from", "voice 0800")]),
    ("plan", &[("actions", "reject")]),
    ("menu", &[("text", "Karibu"), ("then", "end")]),
];

/// A target that has everything that a declaration may need.
pub(crate) fn target_of(spec: &Spec) -> Target {
    let channel = if spec.needs == Needs::Call { Channel::Voice } else { Channel::Ussd };
    let session = LockedSession {
        id: "el_ses_1".into(),
        channel: ChannelNumber::new(channel, "0800"),
        number: CustomerNumber::telco("+254711000001"),
        said: "1".into(),
        deadline: Some(NOW.after(Duration::from_secs(10))),
    };
    Target { session: Some(session), work: Some("el_wrk_1".into()), ..target() }
}

fn kes(minor: i64) -> Money {
    Money { currency: crate::model::Currency::new("KES").unwrap(), minor }
}

/// The command that those values make. Every declaration has its row here, or a test says
/// which has none.
fn wanted(id: &str) -> CustomerCommand {
    use CustomerCommand as C;
    let us = || CustomerRef::Id("el_cst_9b1f".into());
    let number = CustomerNumber::telco("+254711000001");
    let sms = ChannelNumber::new(Channel::Sms, "40404");
    let gold = || TagPair { key: "tier".into(), value: "gold".into() };
    let passport = |value: &str| SecondaryId { key: "passport".into(), value: value.into() };
    let reminder = |every| Reminder {
        key: "renewal".into(),
        remind_at: Timestamp::from_secs(NOW.secs() + 7_200),
        interval: every,
        ..Reminder::default()
    };
    let session = || SessionId::from("el_ses_1");
    match id {
        "message" => {
            C::SendMessage { to: number, from: sms, body: Body::text("habari"), seen: None }
        }
        "reply" => C::ReplyToMessage {
            customer: "el_cst_9b1f".into(),
            message: "el_msg_7".into(),
            body: Body::text("njiani"),
            seen: None,
        },
        "no-answer" => C::NoAnswerNeeded { customer: us(), up_to: Some("el_msg_7".into()) },
        "carriers" => C::PauseCarrier { carrier: "safari".into(), is_paused: true },
        "unknown" => {
            C::DecideUnknown { message: "el_msg_7".into(), again: false, attempt: Some(2) }
        }
        "edit-scheduled" => C::EditScheduled {
            customer: us(),
            message: "el_msg_7".into(),
            body: Body::text("njiani"),
            at: Timestamp::from_secs(NOW.secs() + 7_200),
            seen: None,
        },
        "cancel-scheduled" => C::CancelScheduled { customer: us(), message: "el_msg_7".into() },
        "consent" => C::RequestConsent {
            number,
            channel: sms,
            action: ConsentAction::OptOut,
            reason: "said so".into(),
        },
        "tag" => C::UpdateTags {
            customer: us(),
            tags: vec![Tag { key: "tier".into(), value: "vip".into(), ..Tag::default() }],
        },
        "untag" => C::DeleteTags { customer: us(), keys: vec!["tier".into()] },
        "data" => C::UpdateMetadata {
            customer: us(),
            values: vec![("name".into(), DataValue::Text("Jane".into()))],
        },
        "lease" => C::LeaseMetadata { customer: us(), key: "survey".into() },
        "undata" => C::DeleteMetadata { customer: us(), keys: vec!["survey".into()] },
        "ids" => C::UpdateSecondaryIds { customer: us(), ids: vec![(passport("808083"), None)] },
        "unids" => C::DeleteSecondaryIds { customer: us(), ids: vec![passport("")] },
        "adopt" => C::AdoptCustomer {
            customer: "el_cst_9b1f".into(),
            other: CustomerRef::Id("el_cst_00005e2a".into()),
        },
        "remind" => C::AddReminder { customer: us(), reminder: reminder(None) },
        "unremind" => C::CancelReminder { customer: us(), key: "renewal".into() },
        "message-tag" => {
            let message = TagMessage::new(sms, Body::text("habari"));
            let message = TagMessage { keeps_quiet: true, ..message };
            C::SendMessageByTag { tag: gold(), message }
        }
        "remind-tag" => {
            C::AddReminderByTag { tag: gold(), reminder: reminder(Some(Duration::from_hours(24))) }
        }
        "unremind-tag" => C::CancelReminderByTag { tag: gold(), key: "renewal".into() },
        "work" => C::SteerWork { work: "el_wrk_1".into(), to: WorkState::Cancelled },
        "request" => C::InitiatePayment {
            debit: PaymentParty::Customer {
                number: CustomerNumber::telco("+254711000001"),
                channel: ChannelNumber::new(Channel::Payment, "5250"),
            },
            credit: PaymentParty::Purse("main".into()),
            value: kes(150_000),
        },
        "pay" => C::InitiatePayment {
            debit: PaymentParty::Purse("main".into()),
            credit: PaymentParty::Wallet {
                customer: "el_cst_9b1f".into(),
                wallet: "savings".into(),
            },
            value: kes(150_000),
        },
        "call" => C::MakeCall { to: number, from: ChannelNumber::new(Channel::Voice, "0800") },
        "plan" => {
            C::AnswerPrompt { session: session(), menu: None, actions: vec![VoiceAction::Reject] }
        }
        "menu" => C::AnswerPrompt {
            session: session(),
            menu: Some(UssdMenu { text: "Karibu".into(), is_terminal: true }),
            actions: Vec::new(),
        },
        other => panic!("no command is wanted of {other}"),
    }
}

#[test]
fn the_least_of_every_operation_makes_its_command_and_nothing_less_does() {
    for (id, values) in LEAST {
        let spec = Spec::by_id(id).unwrap_or_else(|| panic!("no spec {id}"));
        // The telegram number of the target is not for sms: the telephone is.
        let values: Vec<_> = values
            .iter()
            .map(|(k, v)| (*k, if *v == "4417" { "+254711000001" } else { *v }))
            .collect();
        let built = build(spec, &target_of(spec), &values);
        assert_eq!(built, Ok(wanted(id)), "{id}");
        let command = built.unwrap();
        assert_eq!(Spec::of(&command).map(|spec| spec.id), Some(*id));
        for (name, _) in &values {
            let field = spec.field(name).unwrap_or_else(|| panic!("{id} has no field {name}"));
            if field.required {
                let less: Vec<_> = values.iter().filter(|(n, _)| n != name).copied().collect();
                let why = build(spec, &target_of(spec), &less).unwrap_err();
                assert!(why.contains(&format!("{name}: ")), "{id} without {name}: {why}");
            }
        }
    }
    let listed: BTreeSet<_> = LEAST.iter().map(|(id, _)| *id).collect();
    assert_eq!(listed, ALL.iter().map(|spec| spec.id).collect(), "every spec is walked");
}

proptest::proptest! {
    /// Only `Meet` is given by no agent (D-LOOKUP).
    #[test]
    fn every_command_is_made_by_one_declaration(command in crate::model::arbitrary::command()) {
        let makers = ALL.iter().filter(|spec| (spec.makes)(&command)).count();
        let wanted = usize::from(!matches!(command, CustomerCommand::Meet(_)));
        proptest::prop_assert_eq!(makers, wanted);
    }
}

#[test]
fn every_command_has_a_spec_with_a_risk_a_word_and_what_it_needs() {
    for spec in ALL {
        let dangerous = spec.risk >= Risk::R3;
        assert_eq!(dangerous, spec.confirm != Confirm::None, "{}: type to confirm", spec.id);
        assert_eq!(dangerous, spec.confirm.help().is_some(), "{}", spec.id);
        let live = matches!(spec.needs, Needs::Ussd | Needs::Call);
        assert!(!(live && spec.hold), "{}: someone waits on the line", spec.id);
        assert!(spec.title.len() <= 16 && spec.verb.help.len() <= 160, "{}", spec.id);
        for field in spec.fields {
            assert!(field.label.len() <= 7, "{}.{}: labels have a column", spec.id, field.name);
            let help = field.help.form;
            assert!(!help.is_empty() && help.len() <= 138, "{}.{}", spec.id, field.name);
            for (other, words) in field.when {
                let other = spec.field(other).expect("a field of the same spec");
                if let FieldKind::Choice(all) = other.kind {
                    assert!(words.iter().all(|word| all.contains(word)), "{}", field.name);
                }
            }
        }
        let clash = ["customer", "message", "session", "work", "confirm", "format", "dry-run"];
        assert!(!spec.fields.iter().any(|f| clash.contains(&f.name) || f.name == "idempotency"));
    }
}

/// A form has keys and fields above others; a shell has flags, and its help lines have no full stop.
#[test]
fn the_help_of_a_flag_does_not_speak_of_the_form() {
    for spec in ALL {
        for field in spec.fields {
            let help = field.help.flag;
            let place = format!("{} --{}: {help}", spec.verb.name, field.name);
            assert!(!help.is_empty() && help.len() <= 110 && !help.ends_with('.'), "{place}");
            for word in ["Enter ", "above", "form", "line between", "lines between", "field"] {
                assert!(!help.contains(word), "{place}");
            }
        }
    }
}

#[test]
fn the_four_kinds_of_a_message() {
    let (to, from) = (("to", "4417"), ("from", "telegram acme_bot"));
    let target =
        Target { numbers: vec![CustomerNumber::new(Provider::Telegram, "4417")], ..target() };
    let to = (to.0, "telegram:4417");
    let body =
        |values: &[(&str, &str)]| match build(&MESSAGE, &target, &[values, &[to, from]].concat()) {
            Ok(CustomerCommand::SendMessage { body, .. }) => Ok(body),
            Ok(other) => panic!("{other:?}"),
            Err(why) => Err(why),
        };
    let template = [
        ("body", "template"),
        ("template", "order_update"),
        ("text", "Order {{1}} comes {{ 2 }}."),
        ("params", "8841, \"today, {{1}}\""),
    ];
    let params = vec!["8841".to_owned(), "today, {{1}}".to_owned()];
    assert_eq!(
        body(&template),
        Ok(Body {
            text: Some("Order 8841 comes today, {{1}}.".into()),
            template: Some(Template { name: "order_update".into(), params }),
            ..Body::default()
        }),
        "a value is not looked into again"
    );
    let media = [("body", "media"), ("media", "https://x.org/a.pdf"), ("media-kind", "document")];
    let file = Media { url: "https://x.org/a.pdf".into(), kind: MediaKind::Document };
    assert_eq!(body(&media), Ok(Body { media: vec![file], ..Body::default() }));
    let place = Location { latitude: -1.2921, longitude: 36.8219 };
    assert_eq!(
        body(&[("body", "location"), ("place", "-1.2921, 36.8219")]),
        Ok(Body { location: Some(place), ..Body::default() })
    );
    let short = body(&[&template[..3], &[("params", "8841")]].concat()).unwrap_err();
    assert_eq!(short, "params: needs 2 values, has 1");
}

#[test]
fn every_pair_of_parties_goes_through_or_is_refused_as_r_pay_1_says() {
    let pay = |from: &str, to: &str| {
        let values = [
            ("amount", "KES 10"),
            ("from", from),
            ("to", to),
            ("number", "+254711000001"),
            ("via", "5250"),
        ];
        build(&PAY, &target_of(&PAY), &values)
    };
    let ends = ["customer", "purse:main", "wallet:savings", "channel:5250#12/ACC-7"];
    for (i, from) in ends.iter().enumerate() {
        for (j, to) in ends.iter().enumerate() {
            let refused = match (i, j) {
                (3, _) => Some("from: not supported (201)"),
                (0, 0) => Some("to: not supported (201)"),
                (1, 1) | (2, 2) => Some("to: invalid (200)"),
                _ => None,
            };
            let said = pay(from, to);
            match refused {
                Some(why) => {
                    assert!(said.clone().unwrap_err().contains(why), "{from} {to}: {said:?}");
                }
                None => assert!(said.is_ok(), "{from} {to}: {said:?}"),
            }
        }
    }
    assert!(pay("wallet:a", "wallet:b").is_ok() && pay("purse:a", "purse:b").is_ok());
    assert!(pay("wallet:a", "wallet:a@el_cst_other").is_ok(), "the same name, another's");
}

#[test]
fn what_must_be_typed_is_known_from_the_command_or_from_the_dry_run() {
    use crate::model::{Audience, Merge, Outlook};
    let asks = |id: &str, outlook: Option<&Outlook>| {
        Spec::by_id(id).unwrap().confirm.asks(&wanted(id), outlook)
    };
    let typed = |text: &str| Asks::Type(text.into());
    assert_eq!(asks("message", None), Asks::Nothing);
    assert_eq!(asks("undata", None), typed("delete"));
    assert_eq!(asks("call", None), typed("call"));
    assert_eq!(asks("consent", None), typed("block"));
    assert_eq!(asks("pay", None), typed("1500"));
    assert_eq!(asks("adopt", None), typed("5e2a"));
    assert_eq!(asks("message-tag", None), Asks::Outlook);
    let audience = Audience { matching: 130, reached: 120, ..Audience::default() };
    let outlook = Outlook { audience: Some(audience), ..Outlook::default() };
    assert_eq!(asks("message-tag", Some(&outlook)), typed("120"));
    assert!(typed("120").accepts(" 120") && !typed("120").accepts("12"));
    assert!(!Asks::Outlook.accepts("") && Asks::Nothing.accepts("anything"));
    let by = |other: CustomerRef, outlook: Option<&Outlook>| {
        let customer = "el_cst_9b1f".into();
        Confirm::LastFour.asks(&CustomerCommand::AdoptCustomer { customer, other }, outlook)
    };
    let number = || CustomerRef::Number(CustomerNumber::telco("+254722000002"));
    let merge = Merge { other: "el_cst_0000beef".into(), ..Merge::default() };
    let outlook = Outlook { merge: Some(merge), ..Outlook::default() };
    assert_eq!(by(number(), None), Asks::Outlook);
    assert_eq!(by(number(), Some(&outlook)), typed("beef"));
    assert_eq!(by(number(), Some(&Outlook::default())), typed("0002"), "R-ADOPT-2: simply added");
    let added = Outlook { merge: Some(Merge::default()), ..Outlook::default() };
    assert_eq!(by(number(), Some(&added)), typed("0002"), "a merge that ends nobody is typed too");
}
