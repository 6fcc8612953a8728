//! What the timeline looks like: every kind of item, at three sizes, and in every state.

use super::*;
use crate::{
    console::msg::{Effect, TimelineFrom, TimelinePage},
    model::{
        CustomerId, Entry, EntryId, Event, EventKind, HangupCause, SessionStatus,
        client::HistoryPage,
    },
};

const WHO: &str = "el_cst_00000000000000000000000000009b1f";

/// An event so many seconds ago, with the channel and the actor that it has.
fn event(secs: u64, actor: Actor, channel: Option<Channel>, kind: EventKind) -> Event {
    Event {
        at: ago(secs),
        customer: Some(WHO.into()),
        app: None,
        actor,
        number: Some(CustomerNumber::telco("+254711000001")),
        channel: channel.map(|channel| ChannelNumber::new(channel, "5250")),
        name: None,
        kind,
    }
}

fn entry(seq: u64, event: Event) -> Arc<Entry> {
    Arc::new(Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: event.at,
        events: vec![event],
        call: None,
    })
}

/// Something of everything, of which each foreign text is `text` if one is given.
#[expect(clippy::too_many_lines, reason = "one of everything")]
fn everything(text: Option<&str>) -> Vec<Arc<Entry>> {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let brian = || Actor::Key(say("brian"));
    let loyal = || Actor::Program(say("loyal"));
    let (wa, sms) = (Some(Channel::Whatsapp), Some(Channel::Sms));
    let (ussd, voice, pay) = (Some(Channel::Ussd), Some(Channel::Voice), Some(Channel::Payment));
    let tag = |value: &str| {
        EventKind::TagsUpdated(vec![Tag { key: say("plan"), value: say(value), expires_at: None }])
    };
    let sent = |id: &str, text: String, status| EventKind::MessageSent {
        id: id.into(),
        body: Body::text(text),
        status,
        in_reply_to: Some("el_msg_0".into()),
        work: None,
    };
    let session = || crate::model::SessionId::from("el_ses_1");
    let hop = |status, cause| CallHop { status, cause, at: ago(400), ..CallHop::default() };
    let call = |hop| EventKind::CallChanged {
        session: "el_ses_2".into(),
        direction: Direction::Inbound,
        hop,
        duration: Duration::ZERO,
        cost: None,
    };
    let value = Money { currency: Currency::new("KES").unwrap(), minor: 50_000 };
    let party = || PaymentParty::Purse(say("main"));
    let started = EventKind::PaymentStarted {
        id: "el_txn_1".into(),
        debit: party(),
        credit: PaymentParty::Purse(say("float")),
        debit_customer: None,
        credit_customer: None,
        value,
        status: PaymentStatus::Queued,
    };
    let paid =
        |status| EventKind::PaymentStatusChanged { id: "el_txn_1".into(), status, value: None };
    let expires_at = later(3_600);
    let opened = EventKind::SessionChanged {
        status: SessionStatus::Active,
        started_at: ago(90_000),
        expires_at,
        notify: true,
    };
    let yesterday = 90_000;
    let all = vec![
        event(yesterday, Actor::Hub, None, EventKind::CustomerMet),
        event(
            yesterday,
            Actor::Customer,
            wa,
            EventKind::MessageReceived {
                id: "el_msg_0".into(),
                body: Body::text(say(
                    "Na maharagwe? Nina magunia sita, na ninaweza kuleta yote kesho asubuhi",
                )),
            },
        ),
        event(yesterday - 5, Actor::Hub, wa, opened),
        event(
            yesterday - 60,
            brian(),
            wa,
            sent("el_msg_1", say("Tunanunua kwa KES 4,200 kwa gunia."), MessageStatus::Sent),
        ),
        event(
            yesterday - 70,
            Actor::Network,
            wa,
            EventKind::MessageStatusChanged { id: "el_msg_1".into(), status: MessageStatus::Read },
        ),
        event(4_000, brian(), None, tag("basic")),
        event(3_900, loyal(), None, tag("gold")),
        event(
            3_800,
            brian(),
            None,
            EventKind::MetadataUpdated {
                values: vec![("name".into(), DataValue::Text(say("Jane W.")))],
                over_lease: None,
            },
        ),
        event(
            3_700,
            Actor::Customer,
            sms,
            EventKind::ConsentChanged(ConsentStatus::OptInCompleted),
        ),
        event(
            3_600,
            Actor::Customer,
            sms,
            EventKind::ConsentChanged(ConsentStatus::OptOutCompleted),
        ),
        event(3_500, loyal(), sms, sent("el_msg_2", say("Asante"), MessageStatus::NoConsent)),
        event(800, loyal(), pay, started),
        event(790, Actor::Network, pay, paid(PaymentStatus::PendingConfirmation)),
        event(780, Actor::Network, pay, paid(PaymentStatus::InsufficientFunds)),
        event(
            500,
            Actor::Customer,
            voice,
            call(hop(CallStatus::Ringing, HangupCause::Unspecified)),
        ),
        event(480, Actor::Network, voice, call(hop(CallStatus::Completed, HangupCause::UserBusy))),
        event(300, Actor::Hub, None, EventKind::Unreadable),
        event(
            40,
            Actor::Customer,
            ussd,
            EventKind::UssdInput { session: session(), input: String::new(), dial: true },
        ),
        event(
            38,
            loyal(),
            ussd,
            EventKind::UssdMenuShown {
                session: session(),
                menu: UssdMenu { text: say("Karibu\n1. Loan"), is_terminal: false },
            },
        ),
        event(
            3,
            Actor::Customer,
            ussd,
            EventKind::UssdInput { session: session(), input: say("1"), dial: false },
        ),
    ];
    (101..).zip(all).map(|(seq, event)| entry(seq, event)).collect()
}

fn with(entries: Vec<Arc<Entry>>, more: bool) -> Inspector {
    let mut state = customer(None);
    state.id = WHO.into();
    let mut inspector = showing(state, Tab::Timeline);
    let asked = inspector.wants_history(DRAWN_AT);
    let customer = CustomerId::from(WHO);
    let page = TimelinePage { customer, from: TimelineFrom::Newest, nth: 1 };
    assert_eq!(asked, Some(Effect::Timeline(page.clone())));
    let entries = entries.into_iter().rev().collect();
    inspector.page(&page, Ok(HistoryPage { entries, more, unread: 0 }), DRAWN_AT);
    inspector
}

#[test]
fn everything_in_one_order() {
    insta::assert_snapshot!(picture(&with(everything(None), false), 78, 56));
}

#[test]
fn everything_in_a_small_pane() {
    let mut inspector = with(everything(None), false);
    let newest = picture(&inspector, 40, 14);
    inspector.scroll(-100);
    insta::assert_snapshot!(format!("{newest}\n----\n{}", picture(&inspector, 40, 14)));
}

#[test]
fn the_selected_item_is_in_view_wherever_it_is() {
    let mut inspector = with(everything(None), false);
    for _ in 0..30 {
        for height in [6, 9, 14, 30] {
            let screen = picture(&inspector, 60, height);
            let row = screen.lines().find(|line| line.starts_with('>'));
            let at = inspector.timeline().selected().map(|item| item.lead().at).expect("an item");
            let ctx = DrawContext::new(DRAWN_AT, jiff::tz::TimeZone::UTC, true);
            assert!(row.is_some_and(|row| row.contains(&ctx.minute(at))), "{height}\n{screen}");
        }
        inspector.scroll(-1);
    }
}

#[test]
fn every_state_says_what_it_is() {
    let screen = |inspector: &Inspector| picture(inspector, 60, 14);
    let mut state = customer(None);
    state.id = WHO.into();
    let mut inspector = showing(state, Tab::Timeline);
    assert!(screen(&inspector).contains("loading .."), "{}", screen(&inspector));
    let Some(Effect::Timeline(page)) = inspector.wants_history(DRAWN_AT) else {
        panic!("no question")
    };
    inspector.page(&page, Err(ClientError::Unavailable("busy".into())), DRAWN_AT);
    let failed = screen(&inspector);
    assert!(
        failed.contains("!! not loaded, move up to try again") && failed.contains("busy"),
        "{failed}"
    );
    let empty = screen(&with(Vec::new(), false));
    assert!(empty.contains("nothing has happened to this customer yet"), "{empty}");
    let mut inspector = with(everything(None), true);
    inspector.scroll(-100);
    assert!(screen(&inspector).contains("older: move up"), "{}", screen(&inspector));
    let _ = inspector.wants_history(DRAWN_AT);
    assert!(screen(&inspector).contains("loading older .."), "{}", screen(&inspector));
    let mut inspector = with(everything(None), false);
    inspector.scroll(-100);
    assert!(screen(&inspector).contains("the beginning"), "{}", screen(&inspector));
}

#[test]
fn what_is_new_and_what_is_selected_show_without_colour() {
    let mut inspector = with(everything(None), false);
    let event =
        event(1, Actor::Key("brian".into()), None, EventKind::TagsDeleted(vec!["plan".into()]));
    inspector.entry(&entry(140, event), DRAWN_AT);
    let screen = picture(&inspector, 60, 14);
    let row =
        screen.lines().find(|line| line.contains("tag plan: gold -> taken away")).expect("the row");
    assert!(row.starts_with('>') && row.ends_with("by brian"), "{screen}");
    inspector.scroll(-1);
    let screen = picture(&inspector, 60, 14);
    let row =
        screen.lines().find(|line| line.contains("tag plan: gold -> taken away")).expect("the row");
    assert!(row.starts_with("+ "), "{screen}");
}

#[test]
fn ten_customers_of_the_same_name_are_told_apart() {
    let pictures: std::collections::BTreeSet<_> = (0..10)
        .map(|n| {
            let mut state = customer(None);
            state.id = format!("el_cst_{n:028}77aa").as_str().into();
            state.numbers = vec![CustomerNumber::telco(&format!("+25471100000{n}"))];
            picture(&showing(state, Tab::Timeline), 40, 12)
        })
        .collect();
    assert_eq!(pictures.len(), 10, "{pictures:?}");
    // So are they if they have no number: by the end of their id.
    let pictures: std::collections::BTreeSet<_> = (0..10)
        .map(|n| {
            let mut state = customer(None);
            state.id = format!("el_cst_{n:032}").as_str().into();
            state.numbers.clear();
            picture(&showing(state, Tab::Timeline), 40, 5)
        })
        .collect();
    assert_eq!(pictures.len(), 10, "{pictures:?}");
}

#[test]
fn all_numbers_are_in_the_header_and_the_one_that_is_used_is_marked() {
    let mut state = customer(None);
    let number = |n: u32| CustomerNumber::telco(&format!("+25471100000{n}"));
    state.numbers = (1..6).map(number).collect();
    let screen = picture(&showing(state, Tab::Timeline), 60, 20);
    for n in 1..6 {
        assert!(screen.contains(&number(n).to_string()), "{n}\n{screen}");
    }
    assert!(
        screen.contains("+254711000001 (used)") && screen.matches("(used)").count() == 1,
        "{screen}"
    );
}

#[test]
fn each_consent_says_of_which_number_it_is_where_there_are_several() {
    let pair = |number: &CustomerNumber, consent| ChannelState {
        number: number.clone(),
        channel: ChannelNumber::new(Channel::Sms, "40404"),
        consent: Some((consent, ago(60))),
        session: None,
        asked: None,
    };
    let with = |numbers: [&str; 2], width, height| {
        let numbers = numbers.map(CustomerNumber::telco);
        let mut state = customer(None);
        state.channels = vec![
            pair(&numbers[0], ConsentStatus::OptInCompleted),
            pair(&numbers[1], ConsentStatus::OptOutCompleted),
        ];
        state.numbers = numbers.to_vec();
        picture(&showing(state, Tab::Timeline), width, height)
    };
    for (width, height) in [(40, 20), (41, 36), (80, 11), (130, 50)] {
        let screen = with(["+254711000101", "+254711000102"], width, height);
        for words in ["sms 40404 …101 opted in", "sms 40404 …102 OPTED OUT"] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
    }
    // Numbers of the same end have more digits, and what has no room is counted.
    let screen = with(["+254711000101", "+254722000101"], 80, 20);
    assert!(screen.contains("sms 40404 …1000101 opted in"), "{screen}");
    let screen = with(["+254711000101", "+254711000102"], 40, 11);
    assert!(screen.contains("sms 40404 …101 opted in  +1"), "{screen}");
    // Of the only one nothing has to be said.
    let mut state = customer(None);
    state.numbers.truncate(1);
    let screen = picture(&showing(state, Tab::Timeline), 80, 20);
    assert!(screen.contains("sms 40404 OPTED OUT  whatsapp 5250 open, 5h left"), "{screen}");
}

#[test]
fn a_merge_reads_truly_in_the_timeline_of_who_stays() {
    let gone = "el_cst_0000000000000000000000000000dead";
    let named = |name: &str| EventKind::MetadataUpdated {
        values: vec![("name".into(), DataValue::Text(name.into()))],
        over_lease: None,
    };
    let own = |secs, kind| event(secs, Actor::Hub, None, kind);
    let theirs = |secs, kind| Event { customer: Some(gone.into()), ..own(secs, kind) };
    let all = [
        own(60, named("Jane")),
        theirs(50, named("Chipo")),
        theirs(40, EventKind::CustomerReplaced { by: WHO.into() }),
        own(39, EventKind::CustomerAdopted { other: gone.into() }),
    ];
    let entries = (101..).zip(all).map(|(seq, event)| entry(seq, event)).collect();
    let screen = picture(&with(entries, false), 100, 20);
    for words in [
        "name: Jane (new)",
        "name of …dead: Chipo (new)",
        &format!("{gone} was merged into this customer"),
        &format!("took over {gone}, whose id is no more"),
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    assert!(!screen.contains("this id is no more"), "{screen}");
}

#[test]
fn hostile_text_draws_clean_in_every_item() {
    for text in hostile() {
        for (width, height) in [(1, 1), (9, 5), (40, 12), (78, 30), (120, 60)] {
            let mut inspector = with(everything(Some(&text)), false);
            picture(&inspector, width, height);
            inspector.scroll(-8);
            picture(&inspector, width, height);
        }
    }
}
