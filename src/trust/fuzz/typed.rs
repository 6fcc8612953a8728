//! What people type: filters, and the grammars of fields.

use super::{head, read_again, stored, text};
use crate::{
    catalog::{PaymentSide, amount as money, entry, party as parties, plan as plans},
    model::{Currency, CustomerId, Event, Hello, Timestamp, when},
    query::{self, Asker, Filter, RowVerdict},
    wire,
};
use jiff::tz::TimeZone;
use std::sync::LazyLock;

/// Every so many-th entry of a log has its events asked about.
const EVERY: usize = 32;

/// Some events, each with its row.
static EVENTS: LazyLock<Vec<(Event, String)>> = LazyLock::new(|| {
    let entries = stored::entries().into_iter().step_by(EVERY);
    let events = entries.filter_map(|bytes| wire::entry::decode(bytes).ok()).flat_map(|e| e.events);
    events.map(|event| (query::haystack(&event), event)).map(|(row, event)| (event, row)).collect()
});

/// A filter, as an agent types it above the feed.
pub(super) fn filter(bytes: &[u8]) {
    let typed = text(bytes);
    let asker = Asker::utc(*stored::NOW);
    for cursor in [0, typed.len() / 2, typed.len()] {
        let found = query::complete(&typed, cursor);
        assert!(typed.get(found.span.clone()).is_some(), "an offer replaces {:?}", found.span);
    }
    let filter = match Filter::parse(&typed, &asker) {
        Ok(filter) => filter,
        Err(error) => {
            assert!(typed.get(error.span.clone()).is_some(), "the error is about {:?}", error.span);
            assert!(!error.to_string().is_empty() && error.columns(&typed).1 > 0);
            let _ = error.is_unfinished(&typed);
            return;
        }
    };
    let written = filter.to_string();
    let again = Filter::parse(&written, &asker).unwrap_or_else(|why| panic!("{written}: {why}"));
    assert_eq!(again.to_string(), written);
    let rows: String = EVENTS.iter().map(|(_, row)| row.as_str()).collect();
    let may_match = filter.may_match_in(&rows);
    for (event, row) in EVENTS.iter() {
        let matches = filter.matches(event);
        assert_eq!(again.matches(event), matches, "{written} means something else");
        assert_eq!(filter.matches_row(row, |filter| filter.matches(event)), matches);
        match filter.of_row(row) {
            RowVerdict::Yes => assert!(matches, "the row says yes"),
            RowVerdict::No => assert!(!matches, "the row says no"),
            RowVerdict::Maybe => assert!(filter.needs_event()),
        }
        assert!(may_match || !matches, "a row that matches is among rows of which none may");
    }
}

/// An amount; the first byte says in which currency it is if it names none.
pub(super) fn amount(bytes: &[u8]) {
    amount_shown_as(bytes, ToString::to_string);
}

/// The same with another way to write an amount, which the tests break.
pub(super) fn amount_shown_as(bytes: &[u8], shown: impl Fn(&crate::model::Money) -> String) {
    let ([usual], typed) = head::<1>(bytes);
    let usual = [None, Currency::new("KES"), Currency::new("JPY"), Currency::new("KWD")]
        [usize::from(usual) % 4];
    let typed = text(typed);
    let read = |text: &str| money::parse_in(text, usual);
    if let Some(meant) = read_again(&typed, read, shown) {
        assert!(meant.minor > 0, "{typed:?} is {meant}");
        let bare = money::bare(meant);
        assert_eq!(money::parse_in(&bare, Some(meant.currency)), Ok(meant), "typed to confirm");
    }
}

const ZONES: [&str; 6] = [
    "Africa/Nairobi",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Apia",
    "Australia/Lord_Howe",
];

static IN_ZONES: LazyLock<Vec<TimeZone>> =
    LazyLock::new(|| ZONES.iter().map(|name| TimeZone::get(name).expect("a zone")).collect());

/// A time as it is typed, after eight bytes of the time that it is now and one of the zone.
pub(super) fn date(bytes: &[u8]) {
    let (now, rest) = head::<8>(bytes);
    let ([zone], typed) = head::<1>(rest);
    let now = Timestamp::from_micros(i64::from_be_bytes(now));
    let zone = &IN_ZONES[usize::from(zone) % IN_ZONES.len()];
    let typed = text(typed);
    for toward in [when::Toward::Past, when::Toward::Future] {
        let Ok(read) = when::read(&typed, now, zone, toward) else { continue };
        assert!(read.at <= read.last, "{typed:?} ends before it begins");
        let _ = when::show(read.at, now, zone);
        said_back(read.at, now, zone);
    }
    let _ = when::back(&typed, now, zone);
    for ahead in [when::ahead(&typed, now, zone).ok(), when::end(&typed, now, zone).ok().flatten()]
    {
        let Some(read) = ahead else { continue };
        assert!(read.at > now, "{typed:?} lies ahead");
        if are_planned(read.at, now)
            && let Some(exact) = when::exact(read.at, now, zone)
        {
            let again = when::ahead(&exact, now, zone).map(|when| when.at);
            assert_eq!(again, Ok(read.at), "{typed:?} is written as {exact:?}");
        }
    }
    let whole = |text: &str| when::length(text).map(|time| time.as_secs());
    if let Ok(secs) = whole(&typed) {
        let written = when::written(std::time::Duration::from_secs(secs));
        assert_eq!(whole(&written), Ok(secs), "{typed:?} was written as {written:?}");
    }
    let every = |text: &str| when::every(text);
    read_again(&typed, every, |every| every.map_or_else(|| "none".into(), when::written));
}

/// Whether both are in the years in which people plan, from 1990 to 2120. Others may be written in other ways.
fn are_planned(at: Timestamp, now: Timestamp) -> bool {
    const YEARS: std::ops::Range<i64> = 631_152_000..4_733_510_400;
    [at, now].iter().all(|at| YEARS.contains(&at.secs()))
}

/// What is said back is read as the same second (R-TIME-3).
fn said_back(at: Timestamp, now: Timestamp, zone: &TimeZone) {
    if !are_planned(at, now) {
        return;
    }
    let said = when::absolute(at, zone);
    let again = when::read(&said, now, zone, when::Toward::Future).map(|when| when.at.secs());
    assert_eq!(again, Ok(at.secs()), "{said}");
}

/// Who pays or receives. The first bit says whether there is a customer in the form.
pub(super) fn party(bytes: &[u8]) {
    let ([choice], typed) = head::<1>(bytes);
    let ours = (choice & 1 == 1).then(|| CustomerId::from("el_cst_9b1f"));
    let side = if choice & 2 == 2 { PaymentSide::Pays } else { PaymentSide::Receives };
    let read = |text: &str| parties::parse(text, ours.as_ref(), side);
    read_again(&text(typed), read, |party| match party {
        parties::PartyInput::Customer => parties::CUSTOMER.to_owned(),
        parties::PartyInput::Party(party) => parties::show(party, ours.as_ref()),
    });
}

/// A plan of a call, and the lists that other fields hold.
pub(super) fn plan(bytes: &[u8]) {
    let typed = text(bytes);
    let hello = Hello::default();
    read_again(&typed, |text| plans::parse(text, &hello), |plan| plans::show(plan));
    let written = format!("x, {}, y", entry::quoted_if_needed(&typed));
    assert_eq!(entry::items(&written), ["x", &*typed, "y"], "{written}");
    let _ = (entry::pairs(&typed), entry::ids(&typed, true), entry::tag(&typed));
    let _ = (entry::keys(&typed), entry::url(&typed), entry::place(&typed));
}
