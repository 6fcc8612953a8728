//! docs/outcomes.md: what activity, feed, timeline and notice say of every outcome. Each one is driven through the
//! real hub, its sandbox and the state of a console, all of them side by side.

mod cases;
mod stage;

use super::{check, code, table};
use cases::{Case, Who, lasts, number_of, passes, prepare, repeats};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::future::join_all;
use stage::{Console, Stage};
use std::{fmt::Write as _, time::Duration};
use switchboard::{
    console::{
        msg::Msg,
        pane::feed::{FeedLine, ThingNow},
        view::{DrawContext, outbox::state_words},
    },
    model::{
        CallId, Event, EventPart, Seq, Tone,
        magic::{Family, Magic, Reach, TABLE},
    },
    sdk::fresh_call,
};
use tokio::time::Instant;

const PAGE: &str = "docs/outcomes.md";
/// How long an outcome may take to be told as the page has it. All of them are driven at once, for which a busy machine
/// needs minutes in all.
const PATIENCE: Duration = Duration::from_mins(5);

/// What the four places said of one outcome.
struct Told {
    activity: String,
    feed: String,
    timeline: String,
    notice: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_outcome_is_told_by_activity_feed_timeline_and_notice() {
    let stage = Stage::open().await;
    let driven = TABLE.iter().filter(|row| row.reach != Reach::Unused);
    let (passing, lasting): (Vec<_>, Vec<_>) = driven.partition(|row| passes(row));
    let on = &stage;
    let drive = |row| async move { (row, Box::pin(drive(on, row)).await) };
    // What passes is read before there is much else to do.
    let mut told = join_all(passing.into_iter().map(drive)).await;
    told.extend(join_all(lasting.into_iter().map(drive)).await);
    told.sort_by_key(|(row, _)| TABLE.iter().position(|other| std::ptr::eq(other, *row)));
    let mut page = String::new();
    for family in Family::ALL {
        let rows = told.iter().filter(|(row, _)| row.family == family);
        let rows = rows.map(|(row, told)| cells(row, told));
        let head = ["code", "means", "driven by", "activity", "feed", "timeline", "notice"];
        writeln!(page, "### {}\n\n{}", family.title(), table(head, rows)).unwrap();
    }
    let undriven = TABLE.iter().filter(|row| row.reach == Reach::Unused);
    let undriven = undriven
        .map(|row| [row.family.title().to_owned(), row.code.to_string(), row.how.to_owned()]);
    let undriven = table(["family", "code", "why it is not driven"], undriven);
    check(PAGE, &[("outcomes", page), ("not driven", undriven)]);
}

/// The cells of a row of the page.
fn cells(row: &Magic, told: &Told) -> [String; 7] {
    let words = row.family.codes().into_iter().find(|(code, _)| *code == row.code);
    [
        row.code.to_string(),
        words.map_or_else(String::new, |(_, words)| words.to_owned()),
        row.number().map_or_else(|| row.how.to_owned(), code),
        told.activity.clone(),
        told.feed.clone(),
        told.timeline.clone(),
        told.notice.clone(),
    ]
}

/// Whether the page says this of an outcome, or will. Feed and timeline count only for a customer who `is_opened`.
fn is_on_the_page(row: &Magic, told: &Told, is_opened: bool) -> bool {
    let line = table(["", "", "", "", "", "", ""], std::iter::once(cells(row, told)));
    let told: Vec<_> = line.lines().last().unwrap_or_default().split(" | ").collect();
    let page = std::fs::read_to_string(super::root().join(PAGE)).unwrap();
    let mut all = page.lines().map(|line| line.split(" | ").collect::<Vec<_>>());
    std::env::var_os("UPDATE_DOCS").is_some()
        || all.any(|line| {
            let is_same =
                |cells: std::ops::Range<usize>| line.get(cells.clone()) == told.get(cells);
            line.len() == told.len()
                && is_same(0..4)
                && is_same(6..7)
                && (!is_opened || is_same(4..6))
        })
}

/// Drives one outcome as an agent does, and reads what is said of it.
async fn drive(stage: &Stage, row: &Magic) -> Told {
    let number = number_of(row);
    let who = Who { id: stage.meets(&number).await, number };
    let call = fresh_call().unwrap();
    let before = stage.client.hello().await.unwrap().head;
    let mut case = prepare(stage, row, &who).await;
    let mut console = Box::pin(Console::open(stage, &who, case.as_ref(), &call)).await;
    let mut notices = Vec::new();
    let mut begun = before;
    if let Some(case) = &mut case {
        console.settle().await;
        let used = repeats(row).then_some((&call, &who));
        begun = send(&mut console, case, used).await;
        let (family, code) = (row.family, row.code);
        assert!(console.sent, "{family:?} {code} was not sent:\n{}", console.picture());
        note(&console, &mut notices);
    }
    let start = Instant::now();
    loop {
        let event = console.hear(Duration::from_millis(100)).await;
        note(&console, &mut notices);
        if let (Some(event), Some(case)) = (&event, &mut case) {
            console.guide(event, &who, case).await;
        }
        // All that is there already is heard before anything is read: on a busy machine it is much.
        if event.is_some() || start.elapsed() < lasts(row) {
            continue;
        }
        let notice = match &notices[..] {
            [] => String::new(),
            [one] => one.clone(),
            [first, .., last] => format!("{first} → {last}"),
        };
        let (feed, timeline) = (in_feed(&console, &who, begun), String::new());
        let mut told = Told { activity: in_activity(&console), feed, timeline, notice };
        // A busy machine may need longer for what comes in the end. The customer is opened only then, because that
        // moves the console's clock on, and news replaces a notice only while it is shown.
        let is_late = start.elapsed() > PATIENCE;
        if !is_late && !is_on_the_page(row, &told, false) {
            continue;
        }
        console.inspect(&who).await;
        told.timeline = in_timeline(&console, begun);
        if is_late || is_on_the_page(row, &told, true) {
            return told;
        }
    }
}

/// Opens the draft, and lets it go over its sheet. Meanwhile its key may be used for another command.
/// Returns the place of the newest entry before it went.
async fn send(console: &mut Console<'_>, case: &Case, used: Option<(&CallId, &Who)>) -> Seq {
    let key = |c| Msg::Key(KeyEvent::from(KeyCode::Char(c)));
    console.take(key('g')).await;
    console.take(key('d')).await;
    console.take(Msg::Key(KeyEvent::from(KeyCode::Enter))).await;
    if let Some((call, who)) = used {
        console.uses(call, who).await;
    }
    let sheet = KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL);
    console.take(Msg::Key(sheet)).await;
    // A sheet is read before it is confirmed.
    console.now = console.now.after(Duration::from_secs(2));
    console.take(Msg::Wake).await;
    for _ in 0..20 {
        console.take(Msg::Key(KeyEvent::from(KeyCode::Down))).await;
    }
    for c in case.confirm.chars() {
        console.take(key(c)).await;
    }
    let begun = console.head().await;
    console.take(key('s')).await;
    begun
}

fn said(sign: &str, words: &str) -> String {
    let words = steady(words);
    if sign.is_empty() { words } else { format!("{} {words}", code(sign)) }
}

/// The words without what differs from run to run: ids, and how long ago something was.
fn steady(words: &str) -> String {
    let is_id = |word: &str| word.len() > 20 && word.starts_with("el_cst_");
    let words = words.split(' ').map(|word| if is_id(word) { "el_cst_…" } else { word });
    let mut words = words.collect::<Vec<_>>().join(" ");
    // `leaves 2026-11-30 09:00 UTC: …`, and without the zone in the activity.
    if let Some((before, rest)) = words.split_once("leaves 20") {
        let after: Vec<_> =
            rest.split(' ').skip(2).map(|word| word.trim_start_matches("UTC")).collect();
        words = format!("{before}leaves in an hour{}", after.join(" "));
    }
    for seconds in 0..60 {
        words = words.replace(&format!("answered {seconds} s ago"), "answered a moment ago");
    }
    words
}

/// Notes what is said in a notice, without whom it is about and without the advice.
fn note(console: &Console<'_>, notices: &mut Vec<String>) {
    let Some(row) = console.app.outbox().rows().last() else { return };
    let about = ["to", "for"].map(|word| format!("{} {word} {}", row.title, row.to));
    for toast in console.app.toasts().shown() {
        let mut words = about.iter().filter_map(|about| toast.text.strip_prefix(about));
        let Some(words) = words.next().filter(|words| !words.contains("draft")) else { continue };
        let words = words.trim_start_matches([':', ' ']);
        let words = words.split(". ").next().unwrap_or_default().trim_end_matches('.');
        let told = said(toast.tone.sign(), words);
        if notices.last() != Some(&told) {
            notices.push(told);
        }
    }
}

/// What the activity says at the end, and how it came to that.
fn in_activity(console: &Console<'_>) -> String {
    let outbox = console.app.outbox();
    let Some(row) = outbox.rows().last() else { return String::new() };
    let look = DrawContext::new(row.at, jiff::tz::TimeZone::UTC, false);
    let (tone, words) = state_words(outbox, row, &look);
    let course: Vec<_> = row
        .followed()
        .map(|followed| followed.course().map(|(_, words)| words).collect())
        .unwrap_or_default();
    let now = said(tone.sign(), &words);
    match &course[..] {
        [] | [_] => now,
        [earlier @ .., _] => format!("{now} (before: {})", earlier.join(" → ")),
    }
}

fn of_thing(event: &Event, thing: Option<&ThingNow>, tone: Tone) -> String {
    match thing {
        Some(thing) => said(thing.tone().sign(), &thing.standing().words()),
        None => said(tone.sign(), &event.sentence()),
    }
}

/// The newest row of the feed about the customer since then.
fn in_feed(console: &Console<'_>, who: &Who, begun: Seq) -> String {
    let rows = console.app.feed().view(100_000).filter_map(|line| match line {
        FeedLine::Row(row, _) => Some(row),
        _ => None,
    });
    let own = rows.filter(|row| row.seq > begun && row.customer() == Some(&who.id));
    let shown =
        own.last().and_then(|row| Some(of_thing(row.event()?, row.thing.as_ref(), row.tone)));
    shown.unwrap_or_default()
}

/// The newest item of the timeline since then.
fn in_timeline(console: &Console<'_>, begun: Seq) -> String {
    let timeline = console.app.inspector().timeline();
    let Some(newest) = timeline.selected() else { return String::new() };
    let before = timeline.before(newest.place());
    let mut all = std::iter::once(newest).chain(before);
    let tells = all.find(|item| {
        item.place().0 > begun && !matches!(item.lead().kind.part(), EventPart::Record)
    });
    tells.map(|item| of_thing(item.lead(), item.thing().as_ref(), item.tone())).unwrap_or_default()
}
