//! The dry run on the sheet is about exactly the command on it (R-DRYRUN-1), and what must be typed
//! is typed (R-CONSOLE-6).

use crate::{
    catalog::{self, Asks, BuildContext, Spec, Target},
    console::{
        msg::DryRunToken,
        pane::form::{
            Form, FormWish,
            dry_run::DryRunStatus,
            tests::{hello, press, target},
        },
    },
    model::{
        Actor, Audience, BalanceRow, Body, Channel, ChannelNumber, ClientError, ConsentStatus,
        Currency, CustomerCommand, CustomerRef, Entry, EntryId, Event, EventKind, Finding,
        FoundCustomer, Level, Merge, MergeRow, Money, Outlook, Receipt, Seq, StateReceipt, Tag,
        TagPair, Timestamp, WorkState,
    },
};
use jiff::tz::TimeZone;
use std::time::Duration;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_442_400);

fn secs(secs: u64) -> Timestamp {
    NOW.after(Duration::from_secs(secs))
}

/// A form with some of its fields filled in and its review sheet open, and the token of the
/// question that it asked.
pub(crate) fn reviewed(
    spec: &'static Spec,
    target: Target,
    values: &[(&str, &str)],
    at: Timestamp,
) -> (Form, Option<FormWish>) {
    let (hello, zone) = (hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at, zone: &zone, purses: &[] };
    let draft = crate::console::drafts::FormDraft {
        form: spec.id.into(),
        target: target.clone(),
        values: values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        saved_at: at,
        ..crate::console::drafts::FormDraft::default()
    };
    let mut form = Form::open(spec, target, context, "sb-00000001".into(), Some(draft));
    let wish = form.review(at);
    assert!(form.is_review(), "{:?}", form.fields().iter().map(|f| &f.error).collect::<Vec<_>>());
    (form, wish)
}

pub(crate) fn token(wish: Option<FormWish>) -> DryRunToken {
    let Some(FormWish::Ask { token, .. }) = wish else { panic!("no question: {wish:?}") };
    token
}

pub(crate) fn kes(minor: i64) -> Money {
    Money { currency: Currency::new("KES").expect("a code"), minor }
}

pub(crate) fn audience(reached: u64) -> Outlook {
    let tag = TagPair { key: "tier".into(), value: "vip".into() };
    Outlook {
        audience: Some(Audience {
            quiet: 0,
            quiet_until: None,
            hour_unknown: 0,
            tag,
            matching: reached + 3,
            reached,
            skipped: [(401, 2), (411, 1)].into(),
            sample: Vec::new(),
            longest: None,
            rate: None,
        }),
        ..Outlook::default()
    }
}

pub(crate) fn merge() -> Outlook {
    let row = |field: &str, survivor: &str, other: &str, result: &str| MergeRow {
        field: field.into(),
        survivor: survivor.into(),
        other: other.into(),
        result: result.into(),
    };
    Outlook {
        merge: Some(Merge {
            survivor: "el_cst_00009b1f".into(),
            other: "el_cst_0000dead".into(),
            rows: vec![
                row("numbers", "+254711000001", "+254722000002", "+254711000001, +254722000002"),
                row("tag tier", "gold", "silver", "gold"),
                row("data name", "Jane W.", "", "Jane W."),
            ],
        }),
        ..Outlook::default()
    }
}

pub(crate) const BY_TAG: &[(&str, &str)] =
    &[("tag", "tier=vip"), ("text", "Tuna ofa mpya"), ("from", "sms 40404")];

/// Types the letters one by one after the sheet is armed.
fn type_in(form: &mut Form, text: &str, at: Timestamp) -> Option<FormWish> {
    press(form, text, at)
}

#[test]
fn an_answer_to_an_older_question_is_never_shown() {
    let spec = &catalog::MESSAGE;
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let (mut form, wish) = reviewed(spec, target(), &values, NOW);
    let first = token(wish);
    // The agent goes back to the form, writes something else, and reviews again: it is another
    // command.
    press(&mut form, "e", secs(1));
    press(&mut form, " tena", secs(1));
    let second = token(press(&mut form, "ctrl-s", secs(1)));
    assert_ne!(first, second);
    let finding = |code: &str| Outlook {
        findings: vec![Finding { code: code.into(), level: Level::Warn, text: "x".into() }],
        ..Outlook::default()
    };
    form.outlook(&first, Ok(Box::new(finding("old"))), secs(2));
    let sheet = form.sheet().expect("open");
    assert_eq!(sheet.dry_run.status(secs(2)), DryRunStatus::Waiting, "the old answer is dropped");
    form.outlook(&second, Ok(Box::new(finding("new"))), secs(2));
    let sheet = form.sheet().expect("open");
    assert_eq!(sheet.dry_run.findings()[0].code, "new");
    assert!(!sheet.is_armed(secs(2)), "what was said must be read before it can go");
    form.outlook(&second, Ok(Box::new(finding("again"))), secs(3));
    let sheet = form.sheet().expect("open");
    assert_eq!(sheet.dry_run.findings()[0].code, "new", "one answer per question");
}

#[test]
fn an_outlook_is_asked_for_again_when_it_is_old_or_overtaken() {
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let (mut form, wish) = reviewed(&catalog::MESSAGE, target(), &values, NOW);
    form.outlook(&token(wish), Ok(Box::default()), NOW);
    assert_eq!(form.sheet().expect("open").dry_run.status(secs(1)), DryRunStatus::Fresh(NOW));
    assert_eq!(form.wake(secs(29)), None, "fresh enough");
    assert_eq!(form.next_wake(), Some(secs(30)));
    let again = token(form.wake(secs(30)));
    assert_eq!(form.sheet().expect("open").dry_run.status(secs(30)), DryRunStatus::Stale(NOW));
    form.outlook(&again, Ok(Box::default()), secs(31));
    // Something happens to this customer.
    let kind = EventKind::TagsDeleted(vec!["tier".into()]);
    happens(&mut form, "el_cst_00009b1f", kind, secs(32));
    assert_eq!(
        form.sheet().expect("open").dry_run.status(secs(32)),
        DryRunStatus::Stale(secs(31)),
        "said at once"
    );
    assert!(matches!(form.wake(secs(32)), Some(FormWish::Ask { .. })));
}

#[test]
fn how_many_are_reached_must_be_typed_and_only_the_hub_knows() {
    let spec = &catalog::MESSAGE_BY_TAG;
    let (mut form, wish) = reviewed(spec, Target::default(), BY_TAG, NOW);
    assert_eq!(form.sheet().expect("open").asks(), Asks::Outlook);
    assert_eq!(type_in(&mut form, "1198s", secs(1)), None, "nothing can go before it said");
    form.outlook(&token(wish), Ok(Box::new(audience(1_198))), secs(2));
    assert_eq!(type_in(&mut form, "1201s", secs(3)), None, "the matching are not the reached");
    assert!(!form.sheet().expect("open").is_confirmed());
    for _ in 0..4 {
        form.key(crossterm::event::KeyCode::Backspace.into(), secs(3));
    }
    let ready = type_in(&mut form, "1198s", secs(3));
    let Some(FormWish::Ready(ready)) = ready else { panic!("{ready:?}") };
    assert!(matches!(ready.command, CustomerCommand::SendMessageByTag { .. }));
    assert_eq!(ready.to, "everyone with tier=vip");
}

#[test]
fn a_count_that_changed_while_it_was_typed_no_longer_holds() {
    let spec = &catalog::MESSAGE_BY_TAG;
    let (mut form, wish) = reviewed(spec, Target::default(), BY_TAG, NOW);
    form.outlook(&token(wish), Ok(Box::new(audience(12))), secs(1));
    type_in(&mut form, "12", secs(2));
    assert!(form.sheet().expect("open").is_confirmed());
    let again = token(form.wake(secs(40)));
    form.outlook(&again, Ok(Box::new(audience(13))), secs(41));
    assert_eq!(type_in(&mut form, "s", secs(42)), None, "12 is not 13");
}

/// Something happens to a customer, by sms.
fn happens(form: &mut Form, who: &str, kind: EventKind, at: Timestamp) -> bool {
    let event = Event {
        at,
        customer: Some(who.into()),
        app: None,
        actor: Actor::Hub,
        number: None,
        channel: Some(ChannelNumber::new(Channel::Sms, "40404")),
        name: None,
        kind,
    };
    let entry = Entry {
        org: "acme".into(),
        seq: Seq(9),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at,
        events: vec![event],
        call: None,
    };
    form.entry(&entry, at)
}

fn tagged(key: &str) -> EventKind {
    EventKind::TagsUpdated(vec![Tag { key: key.into(), value: "vip".into(), expires_at: None }])
}

/// The sheet of a message by tag that reaches one customer, with their number typed.
fn counted_one() -> Form {
    let (mut form, wish) = reviewed(&catalog::MESSAGE_BY_TAG, Target::default(), BY_TAG, NOW);
    form.outlook(&token(wish), Ok(Box::new(audience(1))), secs(1));
    type_in(&mut form, "1", secs(2));
    assert!(form.sheet().expect("open").is_confirmed());
    form
}

#[test]
fn r_console_6_whoever_gets_the_tag_has_everyone_counted_again() {
    let mut form = counted_one();
    assert!(happens(&mut form, "el_cst_other", tagged("tier"), secs(3)), "it is drawn anew");
    assert_eq!(type_in(&mut form, "s", secs(3)), None, "the old number confirms nothing");
    let again = token(form.wake(secs(3)));
    assert_eq!(type_in(&mut form, "s", secs(4)), None, "nor while the hub counts");
    form.outlook(&again, Ok(Box::new(audience(2))), secs(5));
    assert_eq!(type_in(&mut form, "s", secs(6)), None, "nor afterwards");
    form.key(crossterm::event::KeyCode::Backspace.into(), secs(6));
    let ready = type_in(&mut form, "2s", secs(6));
    assert!(matches!(ready, Some(FormWish::Ready(_))), "{ready:?}");
}

#[test]
fn r_console_6_an_answer_from_before_settles_nothing() {
    let mut form = counted_one();
    let before = token(form.wake(secs(40)));
    happens(&mut form, "el_cst_other", tagged("tier"), secs(41));
    form.outlook(&before, Ok(Box::new(audience(1))), secs(42));
    assert_eq!(type_in(&mut form, "s", secs(43)), None, "it was asked before that");
    let again = token(form.wake(secs(43)));
    form.outlook(&again, Ok(Box::new(audience(1))), secs(44));
    let ready = type_in(&mut form, "s", secs(45));
    assert!(matches!(ready, Some(FormWish::Ready(_))), "the same number of the same people");
}

#[test]
fn r_console_6_a_number_that_was_typed_for_others_confirms_nothing() {
    let one = |id: &str| {
        let mut outlook = audience(1);
        let found = FoundCustomer {
            id: id.into(),
            name: String::new(),
            numbers: Vec::new(),
            tags: Vec::new(),
            last_seen: NOW,
        };
        outlook.audience.as_mut().expect("an audience").sample.push(found);
        Ok(Box::new(outlook))
    };
    let (mut form, wish) = reviewed(&catalog::MESSAGE_BY_TAG, Target::default(), BY_TAG, NOW);
    form.outlook(&token(wish), one("el_cst_1"), secs(1));
    type_in(&mut form, "1", secs(2));
    let again = token(form.wake(secs(40)));
    form.outlook(&again, one("el_cst_2"), secs(41));
    assert_eq!(form.sheet().expect("open").typed, "");
    assert_eq!(type_in(&mut form, "s", secs(42)), None);
}

#[test]
fn r_console_6_only_what_can_change_who_is_meant_has_them_counted_again() {
    let deleted = |key: &str| EventKind::TagsDeleted(vec![key.into()]);
    let expired =
        |key: &str| EventKind::EntriesExpired { tags: vec![key.into()], secondary_ids: Vec::new() };
    let wrote = EventKind::MessageReceived { id: "el_msg_9".into(), body: Body::text("habari") };
    for (kind, counts) in [
        (tagged("tier"), true),
        (tagged("city"), false),
        (deleted("tier"), true),
        (deleted("city"), false),
        (expired("tier"), true),
        (expired("city"), false),
        (EventKind::CustomerAdopted { other: "el_cst_2".into() }, true),
        (EventKind::ConsentChanged(ConsentStatus::OptOutCompleted), true),
        (EventKind::ConsentLapsed, true),
        (EventKind::MetadataDeleted(vec!["plan".into()]), false),
        (EventKind::NoAnswerNeeded { message: "el_msg_9".into(), count: 1 }, false),
        (wrote, false),
    ] {
        let mut form = counted_one();
        happens(&mut form, "el_cst_other", kind.clone(), secs(3));
        assert_eq!(form.sheet().expect("open").is_confirmed(), !counts, "{kind:?}");
        assert_eq!(form.wake(secs(3)).is_some(), counts, "{kind:?}");
    }
}

#[test]
fn r_console_6_what_nobody_would_get_now_cannot_be_confirmed() {
    let nobody = |matching| {
        let mut outlook = audience(0);
        outlook.audience.as_mut().expect("an audience").matching = matching;
        Ok(Box::new(outlook))
    };
    for (matching, words) in [(0, "nobody has the tag"), (3, "nobody would get it")] {
        let (mut form, wish) = reviewed(&catalog::MESSAGE_BY_TAG, Target::default(), BY_TAG, NOW);
        form.outlook(&token(wish), nobody(matching), secs(1));
        assert_eq!(type_in(&mut form, "0s", secs(2)), None);
        let sheet = form.sheet().expect("open");
        assert_eq!((sheet.asks(), sheet.nobody()), (Asks::Outlook, Some(words)));
    }
    // Who gets what is done later is decided then.
    let later = [("tag", "tier=vip"), ("key", "renewal"), ("at", "+2h")];
    let (mut form, wish) = reviewed(&catalog::REMINDER_BY_TAG, Target::default(), &later, NOW);
    form.outlook(&token(wish), nobody(0), secs(1));
    let ready = type_in(&mut form, "0s", secs(2));
    assert!(matches!(ready, Some(FormWish::Ready(_))), "{ready:?}");
}

#[test]
fn a_swap_asks_again_and_forgets_what_was_said_and_typed() {
    let values = [("other", "el_cst_0000dead")];
    let (mut form, wish) = reviewed(&catalog::ADOPT, target(), &values, NOW);
    form.outlook(&token(wish), Ok(Box::new(merge())), secs(1));
    assert_eq!(form.sheet().expect("open").asks(), Asks::Type("dead".into()));
    type_in(&mut form, "de", secs(2));
    let swapped = type_in(&mut form, "x", secs(2));
    let Some(FormWish::Ask { token, command }) = swapped else { panic!("{swapped:?}") };
    let want = CustomerCommand::AdoptCustomer {
        customer: "el_cst_0000dead".into(),
        other: CustomerRef::Id("el_cst_00009b1f".into()),
    };
    assert_eq!(command, want);
    let sheet = form.sheet().expect("open");
    assert_eq!((sheet.typed.as_str(), sheet.dry_run.outlook().is_none()), ("", true));
    assert_eq!(sheet.asks(), Asks::Type("9b1f".into()), "the other id dies now");
    assert!(sheet.command_line().contains("el_cst_0000dead"), "{}", sheet.command_line());
    // The answer to the first question says nothing about this command.
    form.outlook(
        &DryRunToken { nth: token.nth - 1, ..token.clone() },
        Ok(Box::new(merge())),
        secs(3),
    );
    assert!(form.sheet().expect("open").dry_run.outlook().is_none());
    assert_eq!(type_in(&mut form, "deads", secs(4)), None, "the wrong word");
    for _ in 0..4 {
        form.key(crossterm::event::KeyCode::Backspace.into(), secs(4));
    }
    let ready = type_in(&mut form, "9b1fs", secs(4));
    let Some(FormWish::Ready(ready)) = ready else { panic!("{ready:?}") };
    assert_eq!(ready.command, want, "what was asked about is what goes");
}

pub(crate) const PAYMENT: &[(&str, &str)] =
    &[("amount", "KES 1,500.00"), ("from", "purse:main"), ("to", "wallet:loyalty")];

pub(crate) fn balances() -> Outlook {
    let row = |account: &str, before, after| BalanceRow {
        account: account.into(),
        before: kes(before),
        after: kes(after),
    };
    Outlook {
        balances: vec![
            row("purse main", 900_000, 750_000),
            row("wallet loyalty of el_cst_00009b1f", 50_000, 200_000),
        ],
        ..Outlook::default()
    }
}

#[test]
fn a_payment_is_a_sentence_with_balances_and_its_amount_is_typed() {
    let (mut form, wish) = reviewed(&catalog::PAY, target(), PAYMENT, NOW);
    let before = form.sheet().expect("open").payment().expect("a payment");
    let to = "wallet loyalty of el_cst_00009b1f";
    assert_eq!(before, format!("KES 1,500.00 from purse main to {to}"));
    form.outlook(&token(wish), Ok(Box::new(balances())), secs(1));
    let sheet = form.sheet().expect("open");
    let words = sheet.payment().expect("a payment");
    assert_eq!(
        words,
        format!(
            "KES 1,500.00 from purse main (available KES 9,000.00) to {to} \
             (available KES 500.00): leaves KES 7,500.00"
        )
    );
    let Asks::Type(amount) = sheet.asks() else { panic!("{:?}", sheet.asks()) };
    assert_eq!(type_in(&mut form, "150s", secs(2)), None, "a tenth of it");
    for _ in 0..10 {
        form.key(crossterm::event::KeyCode::Backspace.into(), secs(2));
    }
    // As it is written everywhere else.
    assert_eq!(amount, "1500");
    let ready = type_in(&mut form, "1,500s", secs(3));
    assert!(matches!(ready, Some(FormWish::Ready(_))), "{ready:?}");
}

#[test]
fn cancelling_a_work_is_typed_and_pausing_is_not() {
    let work = || Target { work: Some("el_wrk_1".into()), ..Target::default() };
    let (mut form, _) = reviewed(&catalog::WORK, work(), &[("action", "cancel")], NOW);
    assert_eq!(type_in(&mut form, "s", secs(1)), None);
    form.key(crossterm::event::KeyCode::Backspace.into(), secs(1));
    let ready = type_in(&mut form, "cancels", secs(1));
    let Some(FormWish::Ready(ready)) = ready else { panic!("{ready:?}") };
    let cancel = |to| CustomerCommand::SteerWork { work: "el_wrk_1".into(), to };
    assert_eq!(ready.command, cancel(WorkState::Cancelled));
    let (mut form, _) = reviewed(&catalog::WORK, work(), &[("action", "pause")], NOW);
    let ready = type_in(&mut form, "s", secs(1));
    let Some(FormWish::Ready(ready)) = ready else { panic!("{ready:?}") };
    assert_eq!(ready.command, cancel(WorkState::Paused));
}

#[test]
fn a_server_without_dry_runs_is_not_asked_and_one_that_refuses_is_believed() {
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let (mut form, wish) = reviewed(&catalog::MESSAGE, target(), &values, NOW);
    let error = ClientError::Unsupported("it makes no dry runs".into());
    form.outlook(&token(wish), Err(error), secs(1));
    let status = |form: &Form, at| match form.sheet().expect("open").dry_run.status(at) {
        DryRunStatus::NotOffered => "not offered",
        _ => "something else",
    };
    assert_eq!(status(&form, secs(1)), "not offered");
    assert_eq!(form.wake(secs(300)), None, "and not asked again");
    let zone = TimeZone::UTC;
    let mut hello = hello();
    hello.live_only = true;
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    let call = "sb-00000001".into();
    let mut form = Form::open(&catalog::MESSAGE, target(), context, call, None);
    press(&mut form, "habari", NOW);
    assert_eq!(press(&mut form, "ctrl-s", NOW), None, "no question");
    assert_eq!(status(&form, NOW), "not offered");
}

#[test]
fn what_the_hub_would_refuse_can_be_sent_all_the_same() {
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let (mut form, wish) = reviewed(&catalog::MESSAGE, target(), &values, NOW);
    let receipt =
        Receipt::State(StateReceipt { ok: false, description: "no".into(), customer: None });
    let outlook = Outlook {
        receipt: Some(receipt),
        findings: vec![Finding {
            code: "no-consent".into(),
            level: Level::Block,
            text: "opted out".into(),
        }],
        ..Outlook::default()
    };
    form.outlook(&token(wish), Ok(Box::new(outlook)), secs(1));
    let ready = type_in(&mut form, "s", secs(3));
    assert!(matches!(ready, Some(FormWish::Ready(_))), "the hub decides, not the sheet");
}
