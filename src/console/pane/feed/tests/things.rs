//! Where not every event is a row, each thing is one row that says how it stands, and everything that went
//! wrong is a row, whatever comes, goes or is filtered out.

use super::*;
use crate::model::{EventPart, MessageStatus, Standing, Tag, Tone, UssdEnd, UssdMenu};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sent(thing: u64, text: &str, status: MessageStatus) -> EventKind {
    EventKind::MessageSent {
        id: format!("el_msg_{thing}").into(),
        body: Body::text(text),
        status,
        in_reply_to: None,
        work: None,
    }
}

fn report(thing: u64, status: MessageStatus) -> EventKind {
    EventKind::MessageStatusChanged { id: format!("el_msg_{thing}").into(), status }
}

fn session(thing: u64, kind: u64) -> EventKind {
    let session = format!("el_ses_{thing}").into();
    match kind {
        0 => EventKind::UssdInput { session, input: "*385#".into(), dial: true },
        1 => {
            let menu = UssdMenu { text: "Karibu".into(), ..UssdMenu::default() };
            EventKind::UssdMenuShown { session, menu }
        }
        2 => EventKind::UssdEnded { session, end: UssdEnd::Completed },
        _ => EventKind::UssdEnded { session, end: UssdEnd::TimedOut },
    }
}

fn happens(feed: &mut LiveFeed, seq: u64, kinds: Vec<EventKind>) {
    let events = kinds.into_iter().map(|kind| Event { kind, ..event(seq, "Amina", "") }).collect();
    feed.event(FeedEvent::Entry(entry_of(seq, events)), AT);
}

fn rows(feed: &LiveFeed) -> Vec<FeedRow> {
    let row = |line| if let FeedLine::Row(row, _) = line { Some(row) } else { None };
    feed.view(usize::MAX).filter_map(row).collect()
}

fn seqs(feed: &LiveFeed) -> Vec<u64> {
    rows(feed).iter().map(|row| row.seq.0).collect()
}

fn standing(feed: &LiveFeed) -> Vec<Option<Standing>> {
    rows(feed).iter().map(|row| row.thing.as_ref().map(ThingNow::standing)).collect()
}

#[test]
fn a_message_is_one_row_that_says_how_it_stands() {
    use MessageStatus as S;
    let mut feed = LiveFeed::default();
    happens(&mut feed, 1, vec![sent(1, "habari", S::Sent)]);
    happens(&mut feed, 2, vec![EventKind::CustomerMet]);
    happens(&mut feed, 3, vec![sent(2, "karibu", S::Sent)]);
    assert_eq!(standing(&feed), [Some(Standing::Message(S::Sent)); 2]);
    // When it is delivered and read, then its row says so and keeps its place.
    happens(&mut feed, 4, vec![report(1, S::Delivered)]);
    happens(&mut feed, 5, vec![report(1, S::Read)]);
    assert_eq!(seqs(&feed), [1, 3]);
    assert_eq!(standing(&feed)[0], Some(Standing::Message(S::Read)));
    // When another one fails, then it is a problem, once.
    happens(&mut feed, 6, vec![report(2, S::NoCapability)]);
    assert_eq!((seqs(&feed), feed.counts().problems), (vec![1, 3], 1));
    assert_eq!(rows(&feed)[1].tone, Tone::Bad);
    feed.set_depth(Depth::Problems);
    assert_eq!(seqs(&feed), [3]);
    feed.set_depth(Depth::All);
    assert_eq!((seqs(&feed), feed.counts().problems), ((1..=6).collect(), 1));
}

#[test]
fn a_session_is_one_row_that_says_what_it_waits_for() {
    let mut feed = LiveFeed::default();
    happens(&mut feed, 1, vec![session(1, 0)]);
    assert_eq!(standing(&feed), [Some(Standing::WantsMenu)]);
    happens(&mut feed, 2, vec![session(1, 1)]);
    let row = rows(&feed).remove(0);
    let thing = row.thing.expect("it stands somehow");
    assert_eq!((row.seq, thing.now), (Seq(1), Standing::MenuShown));
    assert_eq!(thing.last.map(|last| last.sentence()), Some("menu: Karibu".into()));
    happens(&mut feed, 3, vec![session(1, 3)]);
    assert_eq!((standing(&feed), feed.counts().problems), {
        (vec![Some(Standing::UssdOver(UssdEnd::TimedOut))], 1)
    });
}

#[test]
fn what_failed_is_a_row_also_without_the_row_of_its_message() {
    use MessageStatus as S;
    // Given room for few rows, and a message whose row is gone when its failure is reported.
    let mut feed = LiveFeed::with_limits(4, BYTES);
    happens(&mut feed, 1, vec![sent(1, "habari", S::Sent)]);
    (2..=6).for_each(|seq| arrive(&mut feed, seq));
    happens(&mut feed, 7, vec![report(1, S::Failed)]);
    assert_eq!((seqs(&feed), feed.counts().problems), (vec![4, 5, 6, 7], 1));
    // The same holds if the row goes after the report, and if a filter hides it.
    let mut feed = LiveFeed::with_limits(4, BYTES);
    happens(&mut feed, 1, vec![sent(1, "habari", S::Sent)]);
    happens(&mut feed, 2, vec![report(1, S::Failed)]);
    filter(&mut feed, "failed");
    assert_eq!(seqs(&feed), [2], "the report stands for the message that the filter hides");
    filter(&mut feed, "");
    assert_eq!(seqs(&feed), [1]);
    (3..=5).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!((seqs(&feed), feed.counts().problems), (vec![2, 3, 4, 5], 1));
    (6..=6).for_each(|seq| arrive(&mut feed, seq));
    assert_eq!((seqs(&feed), feed.counts().problems), (vec![3, 4, 5, 6], 0));
}

#[test]
fn a_page_of_the_past_brings_the_row_of_a_message_and_never_overrides_what_is_known() {
    use MessageStatus as S;
    let mut feed = LiveFeed::default();
    feed.fit(10);
    happens(&mut feed, 10, vec![report(1, S::Failed)]);
    assert_eq!((selected(&feed), seqs(&feed)), (Some(10), vec![10]));
    feed.top();
    assert_eq!(feed.wants_history(), Some(Seq(10)));
    let past = [(9, report(1, S::Delivered)), (8, sent(1, "habari", S::Sent))];
    let past =
        past.map(|(seq, kind)| entry_of(seq, vec![Event { kind, ..event(seq, "Juma", "") }]));
    feed.past(Seq(10), Ok(HistoryPage { entries: past.into(), more: true, unread: 0 }));
    // Then the message is the row, it is still selected, and it still failed.
    assert_eq!((selected(&feed), seqs(&feed)), (Some(8), vec![8]));
    assert_eq!(standing(&feed), [Some(Standing::Message(S::Failed))]);
    assert_eq!(feed.counts().problems, 1);
}

#[test]
fn the_selection_stays_on_its_event_whatever_the_depth() {
    let mut feed = feed(1..=20);
    happens(&mut feed, 21, vec![EventKind::CustomerMet]);
    arrive(&mut feed, 22);
    feed.set_depth(Depth::All);
    feed.bottom();
    feed.move_by(-1);
    assert_eq!(selected(&feed), Some(21));
    feed.set_depth(Depth::Talk);
    assert_eq!(selected(&feed), Some(20), "the nearest before it");
    feed.set_depth(Depth::All);
    assert_eq!(selected(&feed), Some(21), "it comes back");
    feed.set_depth(Depth::Problems);
    assert_eq!((selected(&feed), feed.counts().shown, feed.counts().total), (None, 0, 22));
}

#[test]
fn what_no_version_knows_yet_is_shown_as_such_at_every_depth() {
    let mut feed = LiveFeed::default();
    happens(&mut feed, 1, vec![EventKind::Unreadable]);
    for depth in [Depth::Talk, Depth::All, Depth::Problems] {
        feed.set_depth(depth);
        assert_eq!(seqs(&feed), [1]);
        assert_eq!(feed.depth(), depth);
    }
}

#[test]
fn days_are_told_by_a_line_that_is_no_row() {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
    let mut feed = LiveFeed::in_zone(zone);
    feed.fit(6);
    // 2026-11-23 20:59:58 UTC and later, which is midnight in Nairobi after two seconds.
    let at = Timestamp::from_secs(1_795_467_598);
    for seq in 1..=4 {
        let event =
            Event { at: at.after(Duration::from_secs(seq - 1)), ..event(seq, "Amina", "a") };
        feed.event(FeedEvent::Entry(entry_of(seq, vec![event])), AT);
    }
    let kinds = |feed: &LiveFeed, lines| -> Vec<String> {
        let kind = |line| match line {
            FeedLine::Older(_) | FeedLine::Search(_) => "older".to_owned(),
            FeedLine::Day(date) => date.to_string(),
            FeedLine::Between(entries, _) => format!("{entries} between"),
            FeedLine::Row(row, _) => row.seq.to_string(),
        };
        feed.view(lines).map(kind).collect()
    };
    let (monday, tuesday) = ("2026-11-23", "2026-11-24");
    assert_eq!(kinds(&feed, 9), ["older", monday, "1", "2", tuesday, "3", "4"]);
    assert_eq!(kinds(&feed, 5), ["1", "2", tuesday, "3", "4"]);
    assert_eq!(kinds(&feed, 3), [tuesday, "3", "4"], "the line that would be empty");
    assert_eq!(feed.top_date(3).map(|date| date.to_string()).as_deref(), Some(tuesday));
    // A click on the line of a day selects nothing, and rows around it are where they are seen.
    feed.fit(5);
    assert!(!feed.select_at(3, 6));
    assert!(feed.select_at(2, 6));
    assert_eq!(selected(&feed), Some(2));
    assert!(feed.select_at(4, 6));
    assert_eq!(selected(&feed), Some(3));
    filter(&mut feed, "nobody");
    assert_eq!(kinds(&feed, 5), ["older"]);
}

/// Something that happens to a feed.
#[derive(Clone, Debug)]
enum Step {
    Entry(Vec<EventKind>),
    Gap,
    Past(Vec<EventKind>),
    Depth(Depth),
    Filter(&'static str),
    Slice(usize),
    Move(i32),
    Follow,
}

fn kind() -> impl Strategy<Value = EventKind> {
    use MessageStatus as S;
    let things = 0..5_u64;
    prop_oneof![
        2 => (things.clone(), prop::sample::select(vec!["habari", "karibu"]))
            .prop_map(|(thing, text)| sent(thing, text, S::Sent)),
        1 => things.clone().prop_map(|thing| sent(thing, "habari", S::NoConsent)),
        2 => (things.clone(), prop::sample::select(vec![S::Delivered, S::Read]))
            .prop_map(|(thing, status)| report(thing, status)),
        2 => things.clone().prop_map(|thing| report(thing, S::Failed)),
        3 => (things, 0..4_u64).prop_map(|(thing, kind)| session(thing, kind)),
        1 => Just(EventKind::MessageReceived { id: "el_msg_in".into(), body: Body::text("habari") }),
        1 => Just(EventKind::TagsUpdated(vec![Tag::default()])),
        1 => Just(EventKind::Unreadable),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let kinds = || prop::collection::vec(kind(), 1..8);
    let depths = vec![Depth::Talk, Depth::All, Depth::Problems];
    prop_oneof![
        12 => kinds().prop_map(Step::Entry),
        1 => Just(Step::Gap),
        2 => kinds().prop_map(Step::Past),
        2 => prop::sample::select(depths).prop_map(Step::Depth),
        2 => prop::sample::select(vec!["", "habari", "failed", "session", "nobody"])
            .prop_map(Step::Filter),
        3 => (1..60_usize).prop_map(Step::Slice),
        2 => (-9..9).prop_map(Step::Move),
        1 => Just(Step::Follow),
    ]
}

fn take(feed: &mut LiveFeed, newest: &mut u64, step: Step) {
    match step {
        Step::Entry(kinds) => {
            *newest += 1;
            happens(feed, *newest, kinds);
        }
        Step::Gap => {
            let (after, next) = (Seq(*newest), Seq(*newest + 3));
            *newest += 2;
            feed.event(FeedEvent::Gap { after, next, reason: GapReason::Pruned }, AT);
        }
        Step::Past(kinds) => {
            feed.top();
            let Some(before) = feed.wants_history() else { return };
            let past = kinds
                .into_iter()
                .zip((0..before.0).rev())
                .map(|(kind, seq)| entry_of(seq, vec![Event { kind, ..event(seq, "Amina", "") }]));
            feed.past(before, Ok(HistoryPage { entries: past.collect(), more: true, unread: 0 }));
        }
        Step::Depth(depth) => feed.ring.set_depth(depth),
        Step::Filter(filter) => {
            feed.ring.set_filter(Filter::parse(filter, &Asker::utc(AT)).expect("a filter"));
        }
        Step::Slice(rows) => drop(feed.refilter_slice(rows)),
        Step::Move(rows) => feed.move_by(rows),
        Step::Follow => feed.follow(),
    }
}

/// What the rows that are kept say of one thing.
#[derive(Default)]
struct Naive {
    now: Option<Standing>,
    leads: bool,
    /// The newest row that is bad news.
    bad: Option<FeedRow>,
}

fn name_of(row: &FeedRow) -> Option<String> {
    match row.event()?.kind.part() {
        EventPart::Of { thing, .. } => Some(format!("{thing:?}")),
        EventPart::Word | EventPart::Record => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn each_thing_is_one_row_and_what_failed_is_always_one(
        steps in prop::collection::vec(step(), 1..150),
    ) {
        let mut feed = LiveFeed::with_limits(150, usize::MAX / 4);
        feed.fit(10);
        let mut newest = 1_000;
        for step in steps {
            take(&mut feed, &mut newest, step);
            let shown = feed.selected().is_none_or(|_| {
                feed.cursor.is_some_and(|place| feed.ring.is_shown(place))
            });
            prop_assert!(shown, "what is selected is shown");
        }
        feed.refilter_slice(usize::MAX);
        let (depth, filter) = (feed.depth(), feed.filter_text().to_owned());
        let came = rows(&feed);
        // What is shown does not depend on the order in which it came to be.
        feed.set_depth(depth);
        prop_assert_eq!(seqs(&feed), came.iter().map(|row| row.seq.0).collect::<Vec<_>>());
        let problems = feed.counts().problems;

        // Every event that is kept tells what has to be shown.
        super::filter(&mut feed, "");
        feed.set_depth(Depth::All);
        let all = rows(&feed);
        let mut things: BTreeMap<String, Naive> = BTreeMap::new();
        let mut expected = 0;
        for row in &all {
            let Some(name) = name_of(row) else {
                expected += usize::from(row.tone == Tone::Bad);
                continue;
            };
            let EventPart::Of { now, leads, .. } = row.event().expect("an event").kind.part() else {
                panic!("it tells of {name}")
            };
            let thing = things.entry(name).or_default();
            thing.now = Some(now);
            thing.leads |= leads;
            if row.tone == Tone::Bad {
                thing.bad = Some(row.clone());
            }
        }
        expected += things.values().filter(|thing| thing.bad.is_some()).count();
        prop_assert_eq!(problems, expected, "each is counted once");

        let mut leads: BTreeMap<String, FeedRow> = BTreeMap::new();
        for wanted in [Depth::Talk, Depth::Problems] {
            feed.set_depth(wanted);
            let shown = rows(&feed);
            for (name, thing) in &things {
                let own: Vec<_> = shown.iter().filter(|r| name_of(r).as_ref() == Some(name)).collect();
                let failed = thing.bad.is_some();
                let once = failed || (wanted == Depth::Talk && thing.leads);
                prop_assert_eq!(own.len(), usize::from(once), "{} at {:?}", name, wanted);
                let Some(row) = own.first() else { continue };
                let now = row.thing.as_ref().expect("it stands somehow");
                prop_assert_eq!((Some(now.now), now.failed.is_some()), (thing.now, failed));
                leads.insert(name.clone(), (*row).clone());
            }
            let others = |rows: &[FeedRow]| {
                let of_depth = |row: &&FeedRow| {
                    let word = row.event().is_some_and(|e| e.kind.part() == EventPart::Word);
                    row.tone == Tone::Bad || (word && wanted == Depth::Talk)
                };
                let others = rows.iter().filter(|row| name_of(row).is_none()).filter(of_depth);
                others.map(|row| (row.seq, row.index)).collect::<Vec<_>>()
            };
            prop_assert_eq!(others(&shown), others(&all));
        }
        // With a filter, a thing is shown by the row that stands for it, or by what went wrong.
        if depth != Depth::All {
            let words = Filter::parse(&filter, &Asker::utc(AT)).expect("a filter");
            let passes = |row: &FeedRow| row.event().is_some_and(|event| words.matches(event));
            for (name, thing) in &things {
                let lead = leads.get(name).filter(|_| depth == Depth::Talk || thing.bad.is_some());
                let bad = thing.bad.as_ref();
                let row = lead.filter(|row| passes(row)).or(bad.filter(|row| passes(row)));
                let own = came.iter().filter(|row| name_of(row).as_ref() == Some(name));
                let own: Vec<_> = own.map(|row| (row.seq, row.index)).collect();
                prop_assert_eq!(own, row.map(|row| (row.seq, row.index)).into_iter().collect::<Vec<_>>());
            }
        }
    }
}
