//! Whatever happens to the feed, it shows what a plain list of all rows would show.

use super::*;
use proptest::prelude::*;

/// How many rows are kept while following: more than one pack, so that rows leave packs too.
const KEPT: usize = 150;
const WHO: [&str; 3] = ["Amina", "Juma", "Otieno"];

/// A row as the list knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    seq: u64,
    /// Which event of its entry it is; `None` for a gap.
    index: Option<usize>,
    who: usize,
    bad: bool,
    /// Its date; that of a gap is the date of the row before it.
    day: Option<i64>,
}

/// Something that happens to the feed.
#[derive(Clone, Debug)]
enum Step {
    /// An entry arrives, after so many that do not. Each event is of somebody and may be a problem.
    Entry(u64, Vec<(usize, bool)>),
    /// The hub announces that so many entries will not come.
    Gap(u64),
    /// The agent goes to the top, and the hub answers with so many older entries.
    Past(u64),
    Move(i32),
    Page(i32),
    Bottom,
    Follow,
    Pause,
    /// Sets a filter. It is applied at once, or in slices.
    Filter(&'static str, bool),
    Slice(usize),
    Looking(bool),
    Fit(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let events = prop::collection::vec((0..WHO.len(), prop::bool::weighted(0.1)), 1..12);
    let filters = ["", "amina", "juma", "no consent", "nobody"];
    prop_oneof![
        12 => (prop_oneof![9 => Just(0_u64), 1 => 1..5_u64], events)
            .prop_map(|(lost, events)| Step::Entry(lost, events)),
        1 => (1..5_u64).prop_map(Step::Gap),
        2 => (1..40_u64).prop_map(Step::Past),
        3 => (-9..9).prop_map(Step::Move),
        1 => (-3..3).prop_map(Step::Page),
        1 => Just(Step::Bottom),
        1 => Just(Step::Follow),
        1 => Just(Step::Pause),
        2 => (prop::sample::select(filters.to_vec()), any::<bool>())
            .prop_map(|(filter, at_once)| Step::Filter(filter, at_once)),
        2 => (1..100_usize).prop_map(Step::Slice),
        1 => any::<bool>().prop_map(Step::Looking),
        1 => (1..30_usize).prop_map(Step::Fit),
    ]
}

/// The feed and the list that it is compared with.
struct Pair {
    feed: LiveFeed,
    rows: Vec<Row>,
    /// How many rows have left the list at its front, less those that were put there.
    gone: i64,
    filter: &'static str,
    /// The filter that is being applied while rows are looked at in slices.
    pending: Option<&'static str>,
    /// The absolute numbers of the first row that nobody has seen, and of the first that is new.
    unread: i64,
    held: i64,
    looking: bool,
    newest: u64,
    lines: usize,
}

/// When an entry happened: eight of them a day.
fn at_of(seq: u64) -> Timestamp {
    AT.after(Duration::from_hours(3 * seq))
}

fn day_of(seq: u64) -> i64 {
    at_of(seq).secs() / 86_400
}

fn event_of(seq: u64, n: usize, who: usize, bad: bool) -> Event {
    // Each is about a message of its own.
    let id = 100 * seq + u64::try_from(n).expect("few");
    let event = if bad { failed(id, WHO[who]) } else { event(seq, WHO[who], "habari") };
    Event { at: at_of(seq), ..event }
}

fn passes(row: &Row, filter: &str) -> bool {
    row.index.is_none()
        || match filter {
            "" => true,
            "no consent" => row.bad,
            name => WHO[row.who].eq_ignore_ascii_case(name),
        }
}

impl Pair {
    fn new() -> Self {
        let mut feed = LiveFeed::with_limits(KEPT, usize::MAX / 4);
        feed.fit(10);
        feed.set_depth(Depth::All);
        Self {
            feed,
            rows: Vec::new(),
            gone: 0,
            filter: "",
            pending: None,
            unread: 0,
            held: 0,
            looking: true,
            newest: 1_000,
            lines: 10,
        }
    }

    fn end(&self) -> i64 {
        self.gone + i64::try_from(self.rows.len()).expect("few")
    }
    fn most(&self) -> usize {
        let rests = self.feed.mode() == Mode::Follow && self.feed.search().is_none();
        if rests { KEPT } else { 2 * KEPT }
    }
    /// The rows that pass the filter, each with its absolute number.
    fn shown(&self) -> Vec<(i64, Row)> {
        let numbered = (self.gone..).zip(self.rows.iter().copied());
        numbered.filter(|(_, row)| passes(row, self.filter)).collect()
    }
    fn gap_after(&self, seq: u64) -> Row {
        let day = self.rows.last().and_then(|row| row.day);
        Row { seq, index: None, who: 0, bad: true, day }
    }
    fn gap(&mut self, lost: u64) {
        if lost > 0 && !self.rows.is_empty() {
            self.rows.push(self.gap_after(self.newest));
        }
        self.newest += lost;
    }
    /// What the feed does after each event and when it follows again.
    fn settle(&mut self) {
        let mut going = false;
        while self.rows.len() > self.most() || (going && self.rows[0].index > Some(0)) {
            self.rows.remove(0);
            self.gone += 1;
            going = true;
        }
        if self.feed.mode() == Mode::Follow && self.looking {
            self.unread = self.end();
        }
    }
    fn take(&mut self, step: Step) {
        let mode = self.feed.mode();
        let may_follow = matches!(step, Step::Bottom | Step::Follow | Step::Pause);
        match step {
            Step::Entry(lost, events) => {
                self.gap(lost);
                self.newest += 1;
                let seq = self.newest;
                let rows = events.iter().enumerate();
                self.rows.extend(rows.map(|(n, (who, bad))| Row {
                    seq,
                    index: Some(n),
                    who: *who,
                    bad: *bad,
                    day: Some(day_of(seq)),
                }));
                let events = events.iter().enumerate();
                let events = events.map(|(n, (who, bad))| event_of(seq, n, *who, *bad)).collect();
                self.feed.event(FeedEvent::Entry(entry_of(seq, events)), AT);
                self.settle();
            }
            Step::Gap(lost) => {
                let (after, next) = (Seq(self.newest), Seq(self.newest + lost + 1));
                self.rows.push(self.gap_after(after.0));
                self.newest += lost;
                let reason = GapReason::Pruned;
                self.feed.event(FeedEvent::Gap { after, next, reason }, AT);
                self.settle();
            }
            Step::Past(entries) => self.past(entries),
            Step::Move(rows) => self.moves(rows),
            Step::Page(pages) => self.feed.page(pages),
            Step::Bottom => self.feed.bottom(),
            Step::Follow => self.feed.follow(),
            Step::Pause => self.feed.pause(),
            Step::Filter(filter, true) => {
                super::filter(&mut self.feed, filter);
                (self.filter, self.pending) = (filter, None);
            }
            Step::Filter(filter, false) => {
                self.feed
                    .ring
                    .set_filter(Filter::parse(filter, &Asker::utc(AT)).expect("a filter"));
                self.pending = Some(filter);
            }
            Step::Slice(rows) => {
                if self.feed.refilter_slice(rows) {
                    self.filter = self.pending.take().unwrap_or(self.filter);
                }
            }
            Step::Looking(looking) => {
                self.looking = looking;
                self.feed.looking(looking);
                self.settle();
            }
            Step::Fit(lines) => {
                self.lines = lines;
                self.feed.fit(lines);
            }
        }
        match (mode, self.feed.mode()) {
            (Mode::Follow, Mode::Hold | Mode::Paused) => self.held = self.end(),
            (_, Mode::Follow) if may_follow => self.settle(),
            _ => {}
        }
    }

    /// A move from a selection in view goes by so many rows.
    fn moves(&mut self, rows: i32) {
        let in_view = self.feed.selection_in_view().then(|| self.selected()).flatten();
        self.feed.move_by(rows);
        if let Some(from) = in_view {
            let last = self.shown().len() - 1;
            let to = from.saturating_add_signed(rows as isize).min(last);
            assert_eq!(self.selected(), Some(to));
            assert!(self.feed.selection_in_view() || self.feed.mode() == Mode::Follow);
        }
    }

    fn past(&mut self, entries: u64) {
        self.feed.top();
        let Some(before) = self.feed.wants_history() else { return };
        let first = self.rows.iter().find(|row| row.index.is_some()).expect("a row");
        assert_eq!(before, Seq(first.seq));
        // What was let go comes back as another entry of one event.
        let seqs = (before.0.saturating_sub(entries)..before.0).rev();
        let entry = |seq| entry_of(seq, vec![event_of(seq, 0, 0, false)]);
        let page =
            HistoryPage { entries: seqs.clone().map(entry).collect(), more: true, unread: 0 };
        self.feed.past(before, Ok(page));
        for seq in seqs {
            if self.rows.len() >= self.most() {
                assert_eq!(self.feed.older(), &Older::Full);
                break;
            }
            let day = Some(day_of(seq));
            for gap in self.rows.iter_mut().take_while(|row| row.day.is_none()) {
                gap.day = day;
            }
            self.rows.insert(0, Row { seq, index: Some(0), who: 0, bad: false, day });
            self.gone -= 1;
        }
    }

    /// The rows in view, by their entries and their places in these.
    fn in_view(&self) -> Vec<Option<(Seq, usize)>> {
        let row = |line| match line {
            FeedLine::Row(row, _) => Some((row.seq, row.index)),
            FeedLine::Older(_) | FeedLine::Search(_) | FeedLine::Day(_) | FeedLine::Between(..) => {
                None
            }
        };
        self.feed.view(self.lines).map(row).collect()
    }

    /// The index of the selected row among those that are shown.
    fn selected(&self) -> Option<usize> {
        let row = self.feed.selected()?;
        self.shown().iter().position(|(_, own)| is_it(&row, own))
    }

    /// Compares what can be read of the feed with the list.
    fn check(&self) {
        let shown = self.shown();
        let events =
            |rows: &mut dyn Iterator<Item = &Row>| rows.filter(|r| r.index.is_some()).count();
        let bottom = shown.len().checked_sub(1);
        let lines: Vec<_> = self.feed.view(self.lines).collect();
        // The lines in view are shown rows that follow one another.
        let row = |line: &FeedLine<'_>| match line {
            FeedLine::Row(row, _) => Some(row.clone()),
            FeedLine::Older(_) | FeedLine::Search(_) | FeedLine::Day(_) | FeedLine::Between(..) => {
                None
            }
        };
        let rows: Vec<_> = lines.iter().filter_map(row).collect();
        let first = rows.first().and_then(|row| shown.iter().position(|(_, own)| is_it(row, own)));
        let first = first.unwrap_or(0);
        let seen = shown.iter().skip(first).zip(&rows);
        assert!(seen.clone().all(|((_, own), row)| is_it(row, own)) && seen.count() == rows.len());
        let last = (first + rows.len()).checked_sub(1);
        self.check_days(&lines, shown.get(first..).unwrap_or_default());
        let (spare, top) = (self.lines - lines.len(), lines.first());
        let whole = last == bottom && matches!(top, Some(FeedLine::Older(_) | FeedLine::Search(_)));
        // Where a day line does not fit above the first row, one line stays empty.
        let empty = usize::from(last == bottom && self.feed.mode() != Mode::Follow);
        assert!(whole || spare <= empty, "{spare} lines are left empty");
        if self.feed.mode() == Mode::Follow && !rows.is_empty() {
            assert_eq!(last, bottom, "the newest are in view");
        }
        let below = shown.iter().skip(last.map_or(0, |last| last + 1));
        let new = below.filter(|(number, _)| *number >= self.held).count();
        assert_eq!(
            self.feed.counts(),
            Counts {
                shown: events(&mut shown.iter().map(|(_, row)| row)),
                total: events(&mut self.rows.iter()),
                new: if self.feed.mode() == Mode::Follow { 0 } else { new },
                unread: shown.iter().filter(|(number, _)| *number >= self.unread).count(),
                problems: self.rows.iter().filter(|row| row.bad).count(),
            }
        );
    }
}

impl Pair {
    /// Above a row in view stands its date if that is not the date of the row above it. Above the first
    /// row in view it stands only where the line `older` is, or where a line would be left empty.
    fn check_days(&self, lines: &[FeedLine<'_>], shown: &[(i64, Row)]) {
        let mut rows = shown.iter().map(|(_, row)| row.day);
        let mut above: Option<Option<i64>> = None;
        let mut day_line = false;
        for (n, line) in lines.iter().enumerate() {
            match line {
                FeedLine::Older(_) | FeedLine::Search(_) => above = Some(None),
                FeedLine::Between(..) => panic!("nothing lies between"),
                FeedLine::Day(_) => {
                    assert!(!day_line, "two days follow one another");
                    assert!(n > 0 || self.feed.mode() == Mode::Follow);
                    day_line = true;
                }
                FeedLine::Row(..) => {
                    let day = rows.next().expect("a shown row");
                    if let Some(above) = above {
                        assert_eq!(day_line, day.is_some() && day != above, "{lines:?}");
                    }
                    (above, day_line) = (Some(day), false);
                }
            }
        }
    }
}

fn is_it(row: &FeedRow, own: &Row) -> bool {
    let name = row.event().and_then(|event| event.name.as_deref());
    (row.seq.0, row.index) == (own.seq, own.index.unwrap_or(usize::MAX))
        && name == own.index.map(|_| WHO[own.who])
        && (row.tone == crate::model::Tone::Bad) == own.bad
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn it_is_like_a_plain_list(steps in prop::collection::vec(step(), 1..120)) {
        let mut pair = Pair::new();
        for step in steps {
            let arrives = matches!(step, Step::Entry(..) | Step::Gap(_));
            let held = pair.feed.mode() != Mode::Follow && pair.feed.hides_new();
            let before = (pair.in_view(), pair.selected());
            let gone = pair.gone;
            pair.take(step);
            pair.check();
            // What arrives while the view holds moves nothing in it, unless the oldest rows go.
            if arrives && held && pair.gone == gone {
                prop_assert_eq!((pair.in_view(), pair.selected()), before);
            }
        }
        let is_row = |line: &FeedLine<'_>| matches!(line, FeedLine::Row(..));
        let all: Vec<_> = pair.feed.view(usize::MAX).filter(is_row).collect();
        let shown = pair.shown();
        prop_assert_eq!(all.len(), shown.len());
        for (line, (_, own)) in all.iter().zip(&shown) {
            let FeedLine::Row(row, _) = line else { panic!("no row: {line:?}") };
            prop_assert!(is_it(row, own), "{:?} {:?}", row, own);
        }
    }
}
