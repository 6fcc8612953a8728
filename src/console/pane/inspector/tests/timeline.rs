//! The timeline against a hub that answers with pages: of half a million events, and in every state of trouble.

use super::*;
use crate::{
    console::{msg::TimelineFrom, pane::feed::Older},
    model::{
        Body, Channel, ChannelNumber, ConsentStatus, CustomerId, DataValue, MessageStatus,
        Standing, Tag, UssdEnd, UssdMenu,
    },
};

/// A hub whose log has only entries of customer `a`, each made when it is asked for.
pub(super) struct LongHub {
    pub(super) count: u64,
    make: fn(u64) -> EventKind,
    questions: usize,
}

impl LongHub {
    pub(super) fn of(count: u64, make: fn(u64) -> EventKind) -> Self {
        Self { count, make, questions: 0 }
    }
    pub(super) fn entry(&self, seq: u64) -> Arc<Entry> {
        let mut entry = entry("a", seq);
        entry.events[0].kind = (self.make)(seq);
        entry.events[0].channel = Some(ChannelNumber::new(Channel::Sms, "40404"));
        entry.at = NOW.before(Duration::from_secs(self.count - seq));
        entry.events[0].at = entry.at;
        Arc::new(entry)
    }
    pub(super) fn page(&self, from: TimelineFrom) -> HistoryPage {
        let (limit, count) = (100, self.count);
        let (seqs, more): (Vec<u64>, bool) = match from {
            TimelineFrom::Newest => {
                let low = count.saturating_sub(limit) + 1;
                ((low..=count).rev().collect(), low > 1)
            }
            TimelineFrom::Before(place) => {
                let high = (place.0 - 1).min(count);
                let low = high.saturating_sub(limit) + 1;
                ((low..=high).rev().collect(), low > 1)
            }
            TimelineFrom::After(place) => {
                let high = (place.0 + limit).min(count);
                ((place.0 + 1..=high).collect(), high < count)
            }
        };
        HistoryPage {
            entries: seqs.into_iter().map(|seq| self.entry(seq)).collect(),
            more,
            unread: 0,
        }
    }
    /// Answers until nothing is asked any more.
    pub(super) fn answers(&mut self, inspector: &mut Inspector, at: Timestamp) {
        while let Some(Effect::Timeline(page)) = inspector.wants_history(at) {
            self.questions += 1;
            assert!(self.questions < 20_000, "it never stops asking");
            inspector.page(&page, Ok(self.page(page.from)), at);
            assert!(inspector.timeline().len() <= 10_000, "{} events", inspector.timeline().len());
        }
    }
}

pub(super) fn wrote(seq: u64) -> EventKind {
    EventKind::MessageReceived {
        id: format!("el_msg_{seq}").into(),
        body: Body::text(format!("message {seq}")),
    }
}

pub(super) fn selected(inspector: &Inspector) -> u64 {
    inspector.timeline().selected().map_or(0, |item| item.place().0.0)
}

/// The entries of the items around the selected one, which must be without a hole.
pub(super) fn around(inspector: &Inspector) -> Vec<u64> {
    let timeline = inspector.timeline();
    let Some(item) = timeline.selected() else { return Vec::new() };
    let mut all: Vec<_> = timeline.before(item.place()).map(|item| item.place().0.0).collect();
    all.reverse();
    all.push(item.place().0.0);
    all.extend(timeline.behind(item.place()).map(|item| item.place().0.0));
    all
}

pub(super) fn is_whole(inspector: &Inspector) -> bool {
    around(inspector).windows(2).all(|two| two[1] == two[0] + 1)
}

#[test]
fn a_history_of_half_a_million_events_is_read_from_end_to_end_in_bounded_memory() {
    let mut hub = LongHub::of(500_000, wrote);
    let mut inspector = shows_a();
    hub.answers(&mut inspector, ms(200));
    // It opens at the newest, with one page.
    assert_eq!((selected(&inspector), hub.questions), (500_000, 1));
    // Far more than is kept is read upwards, and then all of it down again.
    for _ in 0..1_200 {
        inspector.scroll(-20);
        hub.answers(&mut inspector, ms(200));
        assert!(is_whole(&inspector));
    }
    assert_eq!(selected(&inspector), 500_000 - 24_000);
    assert!(inspector.timeline().is_cut());
    for _ in 0..1_200 {
        inspector.scroll(20);
        hub.answers(&mut inspector, ms(200));
        assert!(is_whole(&inspector));
    }
    assert_eq!(selected(&inspector), 500_000);
    assert!(inspector.timeline().follows() && !inspector.timeline().is_cut());
    // The beginning and the newest are one question away.
    let before = hub.questions;
    inspector.top();
    hub.answers(&mut inspector, ms(200));
    assert_eq!((selected(&inspector), inspector.timeline().older()), (1, Older::Beginning));
    for _ in 0..10 {
        inspector.scroll(20);
        hub.answers(&mut inspector, ms(200));
    }
    assert_eq!(selected(&inspector), 201);
    assert!(is_whole(&inspector));
    inspector.bottom();
    hub.answers(&mut inspector, ms(200));
    assert_eq!(selected(&inspector), 500_000);
    assert!(hub.questions - before < 10, "{}", hub.questions - before);
}

#[test]
fn a_thing_is_one_item_with_its_course_wherever_the_pages_end() {
    // A message that was sent long before it was delivered, so that its report is on the page before it.
    let mut hub = LongHub::of(150, |seq| match seq {
        20 => EventKind::MessageSent {
            id: "el_msg_x".into(),
            body: Body::text("Iko njiani"),
            status: MessageStatus::Sent,
            in_reply_to: None,
            work: None,
        },
        140 => EventKind::MessageStatusChanged {
            id: "el_msg_x".into(),
            status: MessageStatus::Delivered,
        },
        145 => {
            EventKind::UssdInput { session: "el_ses_1".into(), input: "*385#".into(), dial: true }
        }
        146 => EventKind::UssdMenuShown { session: "el_ses_1".into(), menu: UssdMenu::default() },
        147 => EventKind::UssdInput { session: "el_ses_1".into(), input: "1".into(), dial: false },
        148 => EventKind::UssdEnded { session: "el_ses_1".into(), end: UssdEnd::Completed },
        n => wrote(n),
    });
    let mut inspector = shows_a();
    let Some(Effect::Timeline(first)) = inspector.wants_history(ms(200)) else {
        panic!("no question")
    };
    inspector.page(&first, Ok(hub.page(first.from)), ms(200));
    // The report alone is no item.
    assert!(!around(&inspector).contains(&140));
    let session = inspector.timeline().before((Seq(146), 0)).next().expect("the session");
    assert_eq!((session.place().0, session.events().len()), (Seq(145), 4));
    inspector.scroll(-100);
    hub.answers(&mut inspector, ms(200));
    let sent = inspector.timeline().before((Seq(21), 0)).next().expect("the message");
    assert_eq!(sent.place(), (Seq(20), 0));
    let standing = sent.thing().map(|thing| thing.now);
    assert_eq!(standing, Some(Standing::Message(MessageStatus::Delivered)));
    assert!(!around(&inspector).contains(&140));
}

fn change(inspector: &Inspector, seq: u64) -> String {
    let item = inspector.timeline().before((Seq(seq), 1)).next().expect("an item");
    assert_eq!(item.place().0, Seq(seq));
    format!("{:?}", item.changes())
}

#[test]
fn every_change_says_what_was_before() {
    let mut hub = LongHub::of(8, |seq| match seq {
        1 => EventKind::CustomerMet,
        2 => tagged("basic"),
        3 => tagged("gold"),
        4 => EventKind::TagsDeleted(vec!["plan".into()]),
        5 => named("Amina"),
        6 => named("Amina W."),
        7 => EventKind::ConsentChanged(ConsentStatus::OptInCompleted),
        _ => EventKind::ConsentChanged(ConsentStatus::OptOutCompleted),
    });
    let mut inspector = shows_a();
    hub.answers(&mut inspector, ms(200));
    for (seq, before, after) in [
        (2, "Nothing", "basic"),
        (3, "Was(\"basic\")", "gold"),
        (4, "Was(\"gold\")", "None"),
        (6, "Was(\"Amina\")", "Amina W."),
        (8, "Was(\"opted in\")", "opted out"),
    ] {
        let words = change(&inspector, seq);
        assert!(words.contains(before) && words.contains(after), "{seq}: {words}");
    }
    // And so does what comes with the feed.
    let mut ninth = entry("a", 9);
    ninth.events[0].kind = EventKind::MetadataDeleted(vec!["name".into()]);
    inspector.entry(&ninth, ms(300));
    assert!(change(&inspector, 9).contains("Was(\"Amina W.\")"), "{}", change(&inspector, 9));
}

fn tagged(value: &str) -> EventKind {
    let (key, value) = ("plan".to_owned(), value.to_owned());
    EventKind::TagsUpdated(vec![Tag { key, value, expires_at: None }])
}

fn named(name: &str) -> EventKind {
    let values = vec![("name".into(), DataValue::Text(name.into()))];
    EventKind::MetadataUpdated { values, over_lease: None }
}

#[test]
fn r_adopt_1_up_to_a_merge_each_of_the_two_has_values_of_their_own() {
    let mut inspector = Inspector::default();
    inspector.open(id("a"), NOW);
    let mut survivor = view("a", 10);
    Arc::make_mut(&mut survivor.customer).absorbed = vec!["other".into()];
    inspector.inspected(&id("a"), Ok(Some(survivor)), ms(10));
    let Some(Effect::Timeline(page)) = inspector.wants_history(ms(20)) else {
        panic!("no question")
    };
    let all = [
        ("a", EventKind::CustomerMet),
        ("a", named("Jane")),
        ("other", EventKind::CustomerMet),
        ("other", named("Chipo")),
        ("a", EventKind::ConsentChanged(ConsentStatus::OptInCompleted)),
        ("other", tagged("basic")),
        ("other", EventKind::ConsentChanged(ConsentStatus::OptOutCompleted)),
        ("other", EventKind::CustomerReplaced { by: "a".into() }),
        ("a", EventKind::CustomerAdopted { other: "other".into() }),
        ("a", named("Jane W.")),
        ("a", tagged("gold")),
        ("a", EventKind::ConsentChanged(ConsentStatus::OptInCompleted)),
    ];
    let entry = |(seq, (whose, kind))| {
        let mut entry = entry(whose, seq);
        entry.events[0].kind = kind;
        entry.events[0].channel = Some(ChannelNumber::new(Channel::Sms, "40404"));
        Arc::new(entry)
    };
    let entries = (1..).zip(all).map(entry).collect();
    inspector.page(&page, Ok(HistoryPage { entries, ..HistoryPage::default() }), ms(30));
    for (seq, before, after) in [
        (2, "Nothing", "Jane"),
        (4, "Nothing", "Chipo"),
        (7, "Nothing", "opted out"),
        // The survivor's name wins, the other's tag is taken over, and an opt-out wins (D-CONSENT-MERGE).
        (10, "Was(\"Jane\")", "Jane W."),
        (11, "Was(\"basic\")", "gold"),
        (12, "Was(\"opted out\")", "opted in"),
    ] {
        let words = change(&inspector, seq);
        assert!(words.contains(before) && words.contains(after), "{seq}: {words}");
    }
}

#[test]
fn what_somebody_had_of_whom_nothing_is_loaded_is_not_known_after_a_merge() {
    let mut hub = LongHub::of(2, |seq| match seq {
        1 => EventKind::CustomerMet,
        _ => tagged("basic"),
    });
    let mut inspector = shows_a();
    hub.answers(&mut inspector, ms(200));
    let all = [EventKind::CustomerAdopted { other: "other".into() }, tagged("gold"), named("Jane")];
    for (seq, kind) in (3..).zip(all) {
        let mut entry = entry("a", seq);
        entry.events[0].kind = kind;
        inspector.entry(&entry, ms(300));
    }
    for (seq, before) in [(4, "Was(\"basic\")"), (5, "Unknown")] {
        assert!(change(&inspector, seq).contains(before), "{}", change(&inspector, seq));
    }
}

#[test]
fn what_came_since_the_agent_looked_is_marked_for_ten_seconds() {
    let mut hub = LongHub::of(5, wrote);
    let mut inspector = shows_a();
    hub.answers(&mut inspector, ms(200));
    let new = |inspector: &Inspector| {
        let timeline = inspector.timeline();
        let newest = timeline.selected().map_or((Seq(0), 0), |item| (item.place().0.next(), 0));
        timeline.before(newest).filter(|item| timeline.is_new(item)).count()
    };
    assert_eq!(new(&inspector), 0, "the agent looks at them for the first time");
    inspector.entry(&entry("a", 6), ms(1_000));
    assert_eq!((new(&inspector), inspector.next_wake().is_some()), (1, true));
    inspector.wake(ms(11_000));
    assert_eq!(new(&inspector), 0);
    // Two come while somebody else is looked at.
    inspector.open(id("b"), ms(12_000));
    inspector.inspected(&id("b"), Ok(Some(view("b", 10))), ms(12_000));
    hub.count = 8;
    inspector.open(id("a"), ms(20_000));
    inspector.inspected(&id("a"), Ok(Some(view("a", 12))), ms(20_000));
    hub.answers(&mut inspector, ms(20_000));
    assert_eq!(new(&inspector), 2);
    inspector.wake(ms(30_000));
    assert_eq!(new(&inspector), 0);
}

#[test]
fn the_selection_stays_on_its_item_and_the_newest_stays_the_newest() {
    let mut hub = LongHub::of(50, wrote);
    let mut inspector = shows_a();
    hub.answers(&mut inspector, ms(200));
    inspector.entry(&entry("a", 51), ms(300));
    assert_eq!(selected(&inspector), 51, "it follows");
    inspector.scroll(-3);
    inspector.entry(&entry("a", 52), ms(400));
    inspector.entry(&entry("b", 53), ms(400));
    assert_eq!(selected(&inspector), 48);
    inspector.scroll(100);
    assert_eq!((selected(&inspector), inspector.timeline().follows()), (52, true));
}

#[test]
fn a_hub_that_fails_or_comes_back_is_asked_again_and_nothing_is_missed() {
    let mut hub = LongHub::of(5, wrote);
    let mut inspector = shows_a();
    let Some(Effect::Timeline(page)) = inspector.wants_history(ms(200)) else {
        panic!("no question")
    };
    inspector.page(&page, Err(ClientError::Unavailable("draining".into())), ms(210));
    assert!(matches!(inspector.timeline().older(), Older::Failed(why) if why.contains("draining")));
    assert_eq!(inspector.wants_history(ms(220)), None, "it is not asked without an end");
    inspector.scroll(-1);
    assert!(
        inspector.wants_history(ms(230)).is_some(),
        "a move asks again, also with nothing loaded"
    );
    inspector.page(&page, Err(ClientError::Unavailable("draining".into())), ms(240));
    inspector.connection(false, ms(300));
    inspector.connection(true, ms(400));
    hub.answers(&mut inspector, ms(400));
    assert_eq!(selected(&inspector), 5);
    // What happened while the hub was away comes with the next question.
    inspector.connection(false, ms(500));
    hub.count = 250;
    inspector.connection(true, ms(600));
    hub.answers(&mut inspector, ms(600));
    assert_eq!(selected(&inspector), 250);
    assert!(is_whole(&inspector));
    // A question for newer ones that fails is asked again, but not at once.
    inspector.connection(true, ms(700));
    let Some(Effect::Timeline(page)) = inspector.wants_history(ms(700)) else {
        panic!("no question")
    };
    inspector.page(&page, Err(ClientError::Unavailable("draining".into())), ms(700));
    assert_eq!(inspector.wants_history(ms(800)), None);
    let again = TimelinePage { nth: page.nth + 1, ..page };
    assert_eq!(inspector.wants_history(ms(2_700)), Some(Effect::Timeline(again)));
    // Another log has none of it.
    inspector.other_log(ms(700));
    assert!(inspector.timeline().is_empty());
    hub.count = 3;
    hub.answers(&mut inspector, ms(700));
    assert_eq!(selected(&inspector), 3);
}

#[test]
fn a_history_whose_newest_entries_are_not_indexed_yet_is_asked_for_again() {
    let mut inspector = shows_a();
    let Some(Effect::Timeline(page)) = inspector.wants_history(ms(200)) else {
        panic!("no question")
    };
    let hub = LongHub::of(5, wrote);
    inspector.page(&page, Ok(HistoryPage { unread: 3, ..hub.page(page.from) }), ms(210));
    assert_eq!(inspector.wants_history(ms(220)), None);
    assert_eq!(inspector.next_wake(), Some(ms(710)));
    let from = TimelineFrom::After(Seq(5));
    let customer = CustomerId::from("a");
    let again = Some(Effect::Timeline(TimelinePage { customer, from, nth: page.nth + 1 }));
    assert_eq!(inspector.wants_history(ms(710)), again);
}

#[test]
fn an_answer_about_somebody_else_or_to_an_older_question_changes_nothing() {
    let hub = LongHub::of(5, wrote);
    let mut inspector = shows_a();
    let Some(Effect::Timeline(page)) = inspector.wants_history(ms(200)) else {
        panic!("no question")
    };
    inspector.open(id("b"), ms(210));
    inspector.inspected(&id("b"), Ok(Some(view("b", 10))), ms(220));
    inspector.page(&page, Ok(hub.page(page.from)), ms(230));
    assert!(inspector.timeline().is_empty());
}

#[test]
fn the_survivor_of_a_merge_has_the_past_of_both() {
    let mut inspector = Inspector::default();
    inspector.open(id("old"), NOW);
    let mut survivor = view("a", 10);
    survivor.replaces = Some("old".into());
    Arc::make_mut(&mut survivor.customer).absorbed = vec!["old".into()];
    inspector.inspected(&id("old"), Ok(Some(survivor)), ms(10));
    let Some(Effect::Timeline(page)) = inspector.wants_history(ms(20)) else {
        panic!("no question")
    };
    assert_eq!(page.customer, "a".into());
    // An entry with events of others too, of which only theirs are taken.
    let mut mixed = entry("old", 3);
    mixed.events.push(entry("c", 3).events.remove(0));
    mixed.events.push(entry("a", 3).events.remove(0));
    let found = HistoryPage { entries: vec![Arc::new(mixed)], ..HistoryPage::default() };
    inspector.page(&page, Ok(found), ms(30));
    assert_eq!(inspector.timeline().len(), 2);
    inspector.entry(&entry("old", 4), ms(40));
    assert_eq!(inspector.timeline().len(), 3);
}

#[test]
fn without_a_state_there_is_still_the_history() {
    let mut inspector = Inspector::default();
    inspector.open(id("a"), NOW);
    let refused = ClientError::Unavailable("no states here".into());
    inspector.inspected(&id("a"), Err(refused), ms(10));
    LongHub::of(5, wrote).answers(&mut inspector, ms(20));
    assert_eq!(selected(&inspector), 5);
    // Nobody is nobody.
    inspector.open(id("nobody"), ms(30));
    inspector.inspected(&id("nobody"), Ok(None), ms(40));
    assert_eq!(inspector.wants_history(ms(50)), None);
    assert!(inspector.timeline().is_empty());
}

#[test]
fn r_adopt_1_a_merge_brings_the_past_of_both_while_the_survivor_is_looked_at() {
    let of = |whose: &[&str], until: u64, from: TimelineFrom| {
        let TimelineFrom::Newest = from else { panic!("{from:?}") };
        let all = (1..=until).map(|seq| (["a", "old"][usize::from(seq % 2 == 0)], seq));
        let theirs = all.filter(|(id, _)| whose.contains(id));
        let entries = theirs.map(|(id, seq)| Arc::new(entry(id, seq))).collect();
        HistoryPage { entries, ..HistoryPage::default() }
    };
    for (up, chosen) in [(0, 19), (4, 11)] {
        let mut inspector = shows_a();
        let Some(Effect::Timeline(page)) = inspector.wants_history(ms(200)) else { panic!() };
        inspector.page(&page, Ok(of(&["a"], 20, page.from)), ms(210));
        inspector.scroll(-up);
        let before = selected(&inspector);
        assert_eq!((before, inspector.timeline().len()), (chosen, 10));

        let mut merge = entry("a", 21);
        merge.events[0].kind = EventKind::CustomerAdopted { other: "old".into() };
        inspector.entry(&merge, ms(220));
        assert_eq!(inspector.wake(ms(2_000)), [Effect::Inspect(id("a"))]);
        let mut survivor = view("a", 21);
        Arc::make_mut(&mut survivor.customer).absorbed = vec!["old".into()];
        inspector.inspected(&id("a"), Ok(Some(survivor.clone())), ms(2_010));
        let Some(Effect::Timeline(page)) = inspector.wants_history(ms(2_020)) else {
            panic!("the past of the other is not asked for")
        };
        inspector.page(&page, Ok(of(&["a", "old"], 21, page.from)), ms(2_030));
        assert!(is_whole(&inspector), "{:?}", around(&inspector));
        // Who looks at the newest goes on to do so, and who has chosen something still looks at it.
        assert_eq!(selected(&inspector), if up == 0 { 21 } else { before });
        // The same state again asks for nothing.
        inspector.open(id("a"), ms(2_040));
        inspector.inspected(&id("a"), Ok(Some(survivor)), ms(2_050));
        assert_eq!(inspector.wants_history(ms(2_060)), None);
    }
}
