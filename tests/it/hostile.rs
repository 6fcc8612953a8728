//! Text that attacks the screen, followed through the panes to the bytes that a terminal gets.
//!
//! Each string is put into every field that an event has, with many events in a frame. The only
//! bytes that may come out are cursor moves, styles and visible characters, and no more of them
//! than a frame needs. Whatever a string does to its own cell, it must not do anything to the
//! cells beside it.

#[path = "hostile/console.rs"]
mod console;
#[path = "hostile/corpus.rs"]
mod corpus;
#[path = "hostile/forbidden.rs"]
mod forbidden;
#[path = "hostile/terminal.rs"]
mod terminal;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use std::sync::Arc;
use switchboard::{
    console::{
        pane::feed::LiveFeed,
        text::Safe,
        view::{DrawContext, feed},
    },
    model::{
        Actor, Body, Channel, ChannelNumber, ConsentAction, Currency, CustomerNumber, DataValue,
        Entry, EntryId, Event, EventKind, FeedEvent, Firing, Lease, Media, MediaKind,
        MessageStatus, Money, PaymentParty, PaymentStatus, Provider, Reminder, Say, SecondaryId,
        Seq, Tag, Template, Timestamp, UssdMenu, VoiceAction,
    },
    query,
};

fn look() -> DrawContext {
    DrawContext::new(Timestamp::ZERO, TimeZone::UTC, false)
}

/// An event that has the string in every field. `kind` chooses what happened.
pub fn event(text: &str, kind: usize) -> Event {
    let own = || text.to_owned();
    let body = || Body {
        text: Some(own()),
        template: Some(Template { name: own(), params: vec![own()] }),
        media: vec![Media { url: own(), kind: MediaKind::Image }],
        ..Body::default()
    };
    let pair = || SecondaryId { key: own(), value: own() };
    let kind = match kind % 17 {
        0 => EventKind::MessageReceived { id: text.into(), body: body() },
        1 => {
            let status = MessageStatus::NoConsent;
            let work = Some(text.into());
            EventKind::MessageSent {
                id: text.into(),
                body: body(),
                status,
                in_reply_to: None,
                work,
            }
        }
        2 => {
            let tag = Tag { key: own(), value: own(), expires_at: None };
            EventKind::TagsUpdated(vec![tag])
        }
        3 => EventKind::MetadataUpdated {
            values: vec![(own(), DataValue::Text(own()))],
            over_lease: Some(1),
        },
        4 => EventKind::SecondaryIdsUpdated(vec![(pair(), None)]),
        5 => EventKind::UssdInput { session: text.into(), input: own(), dial: true },
        6 => {
            let menu = UssdMenu { text: own(), ..UssdMenu::default() };
            EventKind::UssdMenuShown { session: text.into(), menu }
        }
        7 => EventKind::EntriesExpired { tags: vec![own()], secondary_ids: vec![pair()] },
        8 => EventKind::MetadataDeleted(vec![own()]),
        9 => EventKind::CustomerAdopted { other: text.into() },
        10 => EventKind::ReminderAdded(reminder(text)),
        11 => {
            let tag = Some(Tag { key: own(), value: own(), expires_at: None });
            let (reminder, work) = (reminder(text), Some(text.into()));
            EventKind::ReminderFired(Firing { reminder, next: None, tag, work })
        }
        12 => EventKind::LeaseGranted(Lease { key: own(), ..Lease::default() }),
        13 => EventKind::ConsentRequested { action: ConsentAction::OptIn, reason: own() },
        14 => {
            let say = VoiceAction::Say(Say { text: own(), ..Say::default() });
            let actions = vec![say, VoiceAction::Redirect(own())];
            EventKind::CallPlanned { session: text.into(), actions }
        }
        15 => EventKind::PaymentStarted {
            id: text.into(),
            debit: PaymentParty::Purse(own()),
            credit: PaymentParty::Wallet { customer: text.into(), wallet: own() },
            debit_customer: None,
            credit_customer: Some(text.into()),
            value: Money { currency: Currency::new("KES").expect("a currency"), minor: 1 },
            status: PaymentStatus::Success,
        },
        _ => EventKind::PaymentReceived {
            id: text.into(),
            purse: Some(own()),
            value: Money { currency: Currency::new("KES").expect("a currency"), minor: 1 },
            status: PaymentStatus::Success,
        },
    };
    Event {
        at: Timestamp::ZERO,
        customer: Some(text.into()),
        app: Some(text.into()),
        actor: Actor::Key(own()),
        number: Some(CustomerNumber::new(Provider::Telegram, text)),
        channel: Some(ChannelNumber::new(Channel::Telegram, text)),
        name: Some(own()),
        kind,
    }
}

/// A reminder that has the string in every field.
pub fn reminder(text: &str) -> Reminder {
    Reminder {
        app: text.into(),
        key: text.into(),
        remind_at: Timestamp::ZERO,
        interval: None,
        payload: text.into(),
    }
}

/// An entry with one event.
pub fn entry(seq: u64, event: Event) -> Arc<Entry> {
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

fn feed_of(events: impl Iterator<Item = Event>) -> LiveFeed {
    let mut feed = LiveFeed::default();
    for (seq, event) in (1..).zip(events) {
        feed.event(FeedEvent::Entry(entry(seq, event)), Timestamp::ZERO);
    }
    feed
}

#[test]
fn no_forbidden_byte_of_a_hostile_string_reaches_the_terminal_through_the_feed() {
    let strings = corpus::strings();
    assert!(strings.len() >= 14_000, "{}", strings.len());
    let mut kinds = 0..;
    for (width, height) in [(80, 24), (200, 50)] {
        for batch in strings.chunks(usize::from(height) - 2) {
            let events = batch.iter().map(|s| event(s, kinds.next().expect("endless")));
            let mut feed = feed_of(events);
            filter(&mut feed, &batch[0]);
            feed.clear_filter();
            let (bytes, cells) = terminal::frame(width, height, |frame| {
                feed::draw(&feed, frame, frame.area(), &look(), true);
            });
            let fault = terminal::fault(&bytes, cells.content.len());
            assert_eq!(fault, None, "one of {batch:.80?}");
        }
    }
}

/// Filters by a text as it is, and by the same text in quotes, which every text that is not too long can be.
fn filter(feed: &mut LiveFeed, text: &str) {
    for text in [text, &query::quoted(text)] {
        let set = feed.set_filter(text, Timestamp::ZERO, &TimeZone::UTC);
        assert!(set.is_ok() || !set.unwrap_err().to_string().is_empty());
    }
}

#[test]
fn a_hostile_filter_is_as_harmless_as_a_hostile_customer() {
    for text in corpus::strings().iter().step_by(7).chain(&corpus::bombs()) {
        let mut feed = feed_of(std::iter::once(event("a", 0)));
        filter(&mut feed, text);
        let (bytes, cells) = terminal::frame(80, 3, |frame| {
            feed::draw(&feed, frame, frame.area(), &look(), true);
        });
        assert_eq!(terminal::fault(&bytes, cells.content.len()), None, "{text:.80?}");
    }
}

/// The cells of one row of the feed.
fn row(name: &str, text: &str) -> Vec<String> {
    let mut event = event(text, 8);
    event.name = Some(name.to_owned());
    event.number = Some(CustomerNumber::telco("+254700000001"));
    let feed = feed_of(std::iter::once(event));
    let (_, cells) = terminal::frame(120, 3, |frame| {
        feed::draw(&feed, frame, Rect::new(0, 0, 118, 3), &look(), false);
    });
    (0..120).map(|x| cells[(x, 2)].symbol().to_owned()).collect()
}

#[test]
fn the_neighbours_of_a_hostile_name_stay_where_they_are() {
    let strings = corpus::strings();
    let hostile = strings.iter().step_by(15).chain(strings.iter().rev().take(220));
    // `> 14:03 ` takes 8 columns, and the name takes 20; the text goes from column 34 to the state.
    let name = 8..28;
    let calm = row("aaaa", "bbbb");
    let mut seen = 0;
    for text in hostile {
        let drawn = row(text, "bbbb");
        for x in (0..120).filter(|x| !name.contains(x)) {
            assert_eq!(drawn[x], calm[x], "column {x} beside the name {text:.80?}");
        }
        let drawn = row("aaaa", text);
        for x in (0..34).chain(113..120) {
            assert_eq!(drawn[x], calm[x], "column {x} beside the text {text:.80?}");
        }
        seen += 1;
    }
    assert!(seen >= 1_000, "{seen}");
}

#[test]
fn honest_text_arrives_byte_for_byte() {
    let lines: Vec<_> = include_str!("../data/good_text.txt").lines().collect();
    assert!(lines.len() >= 300);
    for line in lines {
        let safe = Safe::new(line);
        assert_eq!((safe.as_str(), safe.is_marked()), (line, false));
        let wrapped: String = safe.wrap(1_000).iter().map(Safe::as_str).collect();
        assert_eq!(wrapped, line);
    }
}

#[test]
fn what_is_taken_away_leaves_a_mark() {
    for text in corpus::strings().iter().filter(|text| !text.contains('\t')) {
        for safe in [Safe::new(text), Safe::identity(text)] {
            assert_eq!(safe.as_str() != text, safe.is_marked(), "{text:.80?}");
        }
    }
}
