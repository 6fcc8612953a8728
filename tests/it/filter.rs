//! The same filter finds the same events in the console's ring, in `switchboard tail -q`, in the hub's history
//! and in its feed, on the real traffic of a hub.

use super::support::{Bench, HubProcess, KEY, binary_in};
use jiff::tz::TimeZone;
use std::{collections::BTreeSet, fs, path::Path, process::Stdio, sync::Arc, time::Duration};
use switchboard::{
    console::pane::{
        feed::{Depth, FeedLine, LiveFeed},
        views,
    },
    model::{
        Body, Channel, ChannelNumber, Currency, CustomerNumber, Entry, FeedEvent, FeedStart, Money,
        NetworkCommand, Seq, Timestamp,
    },
    query::{Asker, Filter},
    sdk::Client,
};

/// An event by its place: the entry, and which of its events it is.
type Place = (u64, usize);

/// Filters that ask all kinds of things of what happens here.
const FILTERS: &[&str] = &[
    "refund",
    "REFUND 7 -chan:wa",
    "type:msg",
    "type:msg dir:in",
    "type:dlv OR type:pay",
    "st:ok",
    "st:delivered,received",
    "amt>=500",
    "amt:300..600 cur:kes",
    "num:*3",
    "num:+25471100000",
    "name:\"\" -type:new",
    "tag:tier=gold",
    "tag:tier",
    "has:tag OR has:link",
    "text~/refund [0-4]$/",
    "/^(habari|REFUND)/i",
    "key:tier",
    "app:desk -(type:msg OR type:pay)",
    "at:today type:new",
    "age<1h is:problem",
    "nobody says this",
];

fn numbered(n: u32) -> CustomerNumber {
    CustomerNumber::telco(&format!("+25471100000{}", n % 5))
}

/// What customers do, and what the hub and the demo app make of it.
async fn traffic(client: &Client) {
    let sandbox = client.sandbox();
    for n in 0..30_u32 {
        let words = match n % 4 {
            0 => format!("habari {n}"),
            1 => format!("refund {n}"),
            2 => format!("REFUND {n} https://duka.example/{n}"),
            _ => "STOP".to_owned(),
        };
        let (channel, number) =
            if n % 3 == 0 { (Channel::Whatsapp, "40405") } else { (Channel::Sms, "40404") };
        let to = ChannelNumber::new(channel, number);
        let wrote =
            NetworkCommand::ReceiveMessage { from: numbered(n), to, body: Body::text(words) };
        sandbox.act(wrote).await.unwrap();
        if n % 5 == 0 {
            let value = Money {
                currency: Currency::new("KES").unwrap(),
                minor: 10_000 + 7_500 * i64::from(n),
            };
            let from = numbered(n + 1);
            let to = ChannelNumber::new(Channel::Payment, "525900");
            sandbox.act(NetworkCommand::ReceivePayment { from, to, value }).await.unwrap();
        }
    }
}

fn say(hub: &HubProcess, args: &[&str]) -> String {
    say_at(&std::env::temp_dir(), hub, args)
}

/// What the program says of whoever has this home.
fn say_at(home: &Path, hub: &HubProcess, args: &[&str]) -> String {
    let mut command = binary_in(home);
    command.args(["--endpoint", &format!("http://{}", hub.addr), "--org", "acme", "--app", "desk"]);
    command.args(args).env("SWITCHBOARD_API_KEY", KEY).env("TZ", "UTC").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All entries up to a place, oldest first.
async fn past(client: &Client, head: Seq) -> Vec<Arc<Entry>> {
    let (mut all, mut before) = (Vec::new(), head.next());
    while before > Seq(1) {
        let page = client.history(Some(before), 100, None, "").await.unwrap();
        before = page.entries.last().unwrap().seq;
        all.extend(page.entries);
    }
    all.reverse();
    all
}

/// The events of an entry that match.
fn matching(filter: &Filter, entry: &Entry) -> Vec<Place> {
    let events = entry.events.iter().enumerate();
    events.filter(|(_, e)| filter.matches(e)).map(|(n, _)| (entry.seq.0, n)).collect()
}

fn by_console(entries: &[Arc<Entry>], text: &str, depth: Depth, now: Timestamp) -> BTreeSet<Place> {
    let mut feed = LiveFeed::default();
    for entry in entries {
        feed.event(FeedEvent::Entry(Arc::clone(entry)), now);
    }
    feed.set_depth(depth);
    feed.set_filter(text, now, &TimeZone::UTC).unwrap();
    while !feed.refilter_slice(7) {}
    feed.top();
    let place = |line| match line {
        FeedLine::Row(row, _) => Some((row.seq.0, row.index)),
        FeedLine::Older(_) | FeedLine::Search(_) | FeedLine::Day(_) | FeedLine::Between(..) => None,
    };
    feed.view(usize::MAX).filter_map(place).collect()
}

async fn by_history(client: &Client, asker: &Asker, filter: &Filter, head: Seq) -> BTreeSet<Place> {
    let (mut all, mut before) = (BTreeSet::new(), head.next());
    while before > Seq(1) {
        let page = client.search(Some(before), 3, &asker.asks(filter.text())).await.unwrap();
        for entry in &page.entries {
            let places = matching(filter, entry);
            assert!(!places.is_empty(), "{}: entry {} does not match", filter.text(), entry.seq);
            all.extend(places);
        }
        assert!(page.searched_to < before, "it comes no further");
        before = page.searched_to;
    }
    all
}

async fn by_feed(client: &Client, asker: &Asker, filter: &Filter, head: Seq) -> BTreeSet<Place> {
    let start = FeedStart::After { log_id: String::new(), seq: Seq(0) };
    let mut feed = client.filtered_feed(start, asker.asks(filter.text()));
    let mut all = BTreeSet::new();
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), feed.next()).await.unwrap();
        match event {
            FeedEvent::Entry(entry) => {
                all.extend(matching(filter, &entry));
                if entry.seq >= head {
                    return all;
                }
            }
            FeedEvent::Bookmark { seq, .. } if seq >= head => return all,
            FeedEvent::Bookmark { .. } | FeedEvent::Up(_) => {}
            FeedEvent::Gap { .. } | FeedEvent::Down { .. } => panic!("{event:?}"),
        }
    }
}

fn by_tail(hub: &HubProcess, text: &str) -> BTreeSet<Place> {
    places(&say(hub, &["tail", "-q", text, "-n", "100000", "--no-follow", "--format", "json"]))
}

fn places(lines: &str) -> BTreeSet<Place> {
    let place = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let index = usize::try_from(event["index"].as_u64().unwrap()).unwrap();
        (event["seq"].as_u64().unwrap(), index)
    };
    lines.lines().map(place).collect()
}

/// R-FEED-4, R-FEED-5: one language, wherever it is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_filter_finds_the_same_events_in_console_tail_history_and_feed() {
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let client = hub.client();
    traffic(&client).await;
    for number in ["+254711000001", "+254711000002"] {
        say(&hub, &["tag", "--customer", number, "--tags", "tier=gold"]);
    }
    let hello = client.hello().await.unwrap();
    let (head, asker) = (hello.head, Asker::utc(hello.now));
    let entries = past(&client, head).await;
    assert!(entries.len() > 30, "{} entries", entries.len());
    let mut found_something = 0;
    for text in FILTERS {
        let filter = Filter::parse(text, &asker).unwrap();
        let expected: BTreeSet<Place> =
            entries.iter().flat_map(|entry| matching(&filter, entry)).collect();
        found_something += usize::from(!expected.is_empty());
        assert_eq!(by_console(&entries, text, Depth::All, hello.now), expected, "console: {text}");
        assert_eq!(by_history(&client, &asker, &filter, head).await, expected, "history: {text}");
        let up_to_head =
            |all: BTreeSet<Place>| all.into_iter().filter(|(seq, _)| *seq <= head.0).collect();
        let by_feed: BTreeSet<Place> = up_to_head(by_feed(&client, &asker, &filter, head).await);
        assert_eq!(by_feed, expected, "feed: {text}");
        let by_tail: BTreeSet<Place> = up_to_head(by_tail(&hub, text));
        assert_eq!(by_tail, expected, "tail: {text}");
    }
    assert!(found_something + 3 > FILTERS.len(), "the filters ask for what is there");
}

/// A view has the same rows in the console and in `tail --view`. At `talk`, where the console shows a thing once and
/// as it stands now, `tail` has a line for what went wrong later too, because lines that are printed stay as they are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_has_the_same_rows_in_console_and_tail() {
    const VIEWS: &str = concat!(
        "[[view]]\nname = \"Refunds\"\nquery = \"refund OR type:pay\"\ndepth = \"all\"\n",
        "[[view]]\nname = \"Bad\"\ndepth = \"problems\"\n",
        "[[view]]\nname = \"Talk\"\nquery = \"num:*3\"\n",
        "[[view]]\nname = \"Broken\"\nquery = \"tpye:msg\"\n",
    );
    let bench = Bench::new();
    let hub = bench.serve("127.0.0.1:0");
    let client = hub.client();
    traffic(&client).await;
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/switchboard");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("views.toml"), VIEWS).unwrap();
    let hello = client.hello().await.unwrap();
    let entries = past(&client, hello.head).await;
    let up_to_head = |all: BTreeSet<Place>| -> BTreeSet<Place> {
        all.into_iter().filter(|(seq, _)| *seq <= hello.head.0).collect()
    };
    for view in views::read(VIEWS).0 {
        let args =
            ["tail", "--view", &view.name, "-n", "100000", "--no-follow", "--format", "json"];
        let by_tail = up_to_head(places(&say_at(home.path(), &hub, &args)));
        let by_console = by_console(&entries, &view.query, view.depth, hello.now);
        assert!(by_tail.is_superset(&by_console) && !by_console.is_empty(), "{}", view.name);
        assert!(view.depth != Depth::All || by_tail == by_console, "{}", view.name);
    }
    let said = |name: &str| {
        let mut command = binary_in(home.path());
        let out = command.args(["tail", "--view", name]).output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        String::from_utf8(out.stderr).unwrap()
    };
    assert!(said("refunds").contains("did you mean \"Refunds\"?"), "{}", said("refunds"));
    let broken = said("Broken");
    assert!(broken.contains("views.toml:13: the view \"Broken\" is off"), "{broken}");
    assert!(broken.contains("did you mean `type`?"), "{broken}");
}
