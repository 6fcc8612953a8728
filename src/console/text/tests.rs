//! What `Safe` lets through, what it marks, and that it measures text as ratatui draws it.

use super::*;
use proptest::prelude::*;
use ratatui::{Terminal, backend::TestBackend, text::Line};

fn shown(foreign: &str) -> String {
    Safe::new(foreign).as_str().to_owned()
}

#[test]
fn controls_become_pictures_and_hidden_scalars_become_marks() {
    for (foreign, seen) in [
        ("\x1b[2J\x1b[H", "␛[2J␛[H"),
        ("\u{9b}2J", "«U+009B»2J"),
        ("\x1b]52;c;ZWNo\x07", "␛]52;c;ZWNo␇"),
        ("Paid 100\rPaid 999", "Paid 100␍Paid 999"),
        ("abc\x08\x08\x08xyz", "abc␈␈␈xyz"),
        ("a\x7fb\0", "a␡b␀"),
        ("one\ntwo\r\nthree", "one⏎two⏎three"),
        ("a\tb", "a    b"),
        ("invoice\u{202e}gpj.exe", "invoice«U+202E»gpj.exe"),
        ("Jane\u{200b}Doe", "Jane«U+200B»Doe"),
        ("a\u{ad}b", "a«U+00AD»b"),
        ("\u{feff}x", "«U+FEFF»x"),
        ("a\u{2028}b\u{85}c", "a«U+2028»b«U+0085»c"),
        ("\u{fdd0}\u{e000}\u{10fffd}", "«U+FDD0»«U+E000»«U+10FFFD»"),
        ("hi\u{e0068}\u{e0069}", "hi«U+E0068»«U+E0069»"),
        ("A\u{e0101}", "A«U+E0101»"),
        ("\u{301}a", "«U+0301»a"),
        ("\u{200d}a", "«U+200D»a"),
        ("a \u{fe0f}b", "a «U+FE0F»b"),
        ("👩\u{3164}\u{1f3fb}", "👩«U+3164»«U+1F3FB»"),
    ] {
        assert_eq!(shown(foreign), seen);
        assert!(Safe::new(foreign).is_marked() || foreign.contains('\t'), "{seen}");
    }
}

#[test]
fn more_than_sixteen_scalars_of_a_cluster_are_counted() {
    let zalgo = format!("Z{}", "\u{301}".repeat(10_000));
    assert_eq!(shown(&zalgo), format!("Z{}«+9985»", "\u{301}".repeat(15)));
    let crowd = format!("👩{}", "\u{200d}👩".repeat(499));
    assert!(shown(&crowd).ends_with("«+983»"));
}

#[test]
fn honest_clusters_pass_byte_for_byte() {
    for honest in [
        "👩‍👩‍👧‍👦 👩🏻‍❤️‍💋‍👩🏿",
        "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}🇰🇪",
        "می\u{200c}خواهم",
        "क्\u{200d}ष नमस्ते",
        "❤️ 1️⃣",
        "سلام ۝ لا",
        "ሰላም",
        "สวัสดีครับ ที่",
        "Việt đẹp",
        "한국어 日本語 ﾊﾟ",
        "«U+202E»",
    ] {
        assert_eq!(shown(honest), honest);
        assert!(!Safe::new(honest).is_marked());
    }
}

#[test]
fn a_tag_sequence_that_is_no_flag_hides_nothing() {
    let smuggled = "🏴\u{e0068}\u{e0069}\u{e0068}\u{e0069}\u{e0068}\u{e0069}\u{e0068}\u{e007f}";
    assert!(shown(smuggled).contains("«U+E0068»"));
    assert!(shown("🏴\u{e0067}").contains("«U+E0067»"));
}

#[test]
fn names_mark_what_makes_two_of_them_look_alike() {
    for (name, seen) in [
        (" Jane ", "␠Jane␠"),
        ("Ja\u{200d}ne", "Ja«U+200D»ne"),
        ("Jane\u{a0}Doe", "Jane«U+00A0»Doe"),
        ("\u{3164}\u{2800}", "«U+3164»«U+2800»"),
        ("a\tb\nc", "a␉b␊c"),
        ("Wanjirũ wa Kamau", "Wanjirũ wa Kamau"),
        ("محمد علي", "محمد علي"),
    ] {
        assert_eq!(Safe::identity(name).as_str(), seen);
    }
}

#[test]
fn a_typed_mark_does_not_look_like_ours() {
    let ours: Vec<_> = Safe::new("\u{202e}").spans(Style::new());
    let typed: Vec<_> = Safe::new("«U+202E»").spans(Style::new());
    assert_eq!(ours[0].content, typed[0].content);
    assert_ne!(ours[0].style, typed[0].style);
}

#[test]
fn clip_fit_tail_and_wrap_keep_clusters_whole() {
    let text = Safe::new("你好世界 hello");
    assert_eq!(text.width(), 14);
    assert_eq!(text.clip(6).as_str(), "你好…");
    assert_eq!(text.fit(6).as_str(), "你好… ");
    assert_eq!(text.fit(6).width(), 6);
    assert_eq!(text.fit(16).width(), 16);
    assert_eq!(text.clip(0).as_str(), "");
    assert_eq!(Safe::own("+254712345678").tail(6).as_str(), "…45678");
    let lines: Vec<_> = Safe::own("habari order yangu iko wapi").wrap(12);
    let lines: Vec<_> = lines.iter().map(Safe::as_str).collect();
    assert_eq!(lines, ["habari order", "yangu iko", "wapi"]);
    assert_eq!(Safe::own("").wrap(5).len(), 1);
    assert_eq!(Safe::own("abcdefgh").wrap(3).len(), 3);
    assert_eq!(Safe::lines("a\r\nb\n\nc").len(), 4);
    // A mark that was cut is still a mark.
    let cut = Safe::new("ab\u{202e}").clip(6);
    assert_eq!(cut.spans(Style::new()).len(), 3);
}

#[test]
fn a_clipped_line_costs_its_columns_only() {
    let long = "x".repeat(1_000_000);
    assert_eq!(Safe::new_clipped(&long, 80).width(), 80);
    let zalgo = format!("Z{}", "\u{301}".repeat(500_000));
    let safe = Safe::new_clipped(&zalgo, 80);
    assert!(safe.as_str().ends_with('…') && safe.as_str().len() < 1_000, "{}", safe.as_str());
    assert_eq!(Safe::new_clipped("short", 80), Safe::new("short"));
    assert!(Safe::new_clipped(&"\u{202e}".repeat(100_000), 40).width() <= 40);
}

/// The columns that ratatui moves on by, and those that it writes into.
fn drawn(safe: &Safe) -> (usize, usize) {
    let width = u16::try_from(safe.width() + 8).expect("short test text");
    let mut terminal = Terminal::new(TestBackend::new(width, 1)).expect("test backend");
    let mut spans = safe.spans(Style::new());
    spans.push(Span::raw("|"));
    let mut moved = 0;
    let draw = |f: &mut ratatui::Frame<'_>| {
        moved = f.buffer_mut().set_line(0, 0, &Line::from(spans), width).0;
    };
    terminal.draw(draw).expect("draws");
    let buffer = terminal.backend().buffer();
    let bar = (0..width).rev().find(|x| buffer[(*x, 0)].symbol() == "|").map_or(0, usize::from);
    (usize::from(moved) - 1, bar)
}

#[test]
fn what_follows_arabic_is_not_drawn_over_it() {
    for text in ["لا", "سلام لا بأس", "إلا الله", "abc لا\u{202e}لا"] {
        let safe = Safe::new(text);
        assert_eq!(drawn(&safe), (safe.width(), safe.width()), "{text}");
    }
}

/// Each cluster of the table with the columns that tmux gives it.
pub fn measured() -> impl Iterator<Item = (&'static str, usize)> {
    let table = include_str!("../../../tests/data/clusters.tsv");
    table.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let cells: Vec<_> = line.split('\t').collect();
        (cells[2], cells[3].parse().expect("columns"))
    })
}

/// How many of the table tmux and Unicode measure differently: emoji with a skin tone or a selector,
/// keycaps, some joined families and conjuncts.
const DISAGREED: usize = 48;

#[test]
fn text_is_measured_as_a_terminal_has_it() {
    let mut disagreed = 0;
    for (cluster, columns) in measured() {
        let safe = Safe::new(cluster);
        if safe.is_marked() {
            continue;
        }
        assert_eq!(drawn(&safe), (safe.width(), safe.width()), "{cluster:?}");
        if safe.width() != columns {
            // The canvas draws such a cluster so that nothing beside it moves.
            assert!(cluster.chars().count() > 1, "{cluster:?} is {columns} columns");
            disagreed += 1;
        }
    }
    assert!(measured().count() >= 200);
    assert_eq!(disagreed, DISAGREED);
}

#[test]
fn half_width_katakana_keeps_every_letter() {
    let safe = Safe::new("ｺﾞｻﾞｲﾏｽ ﾊﾟﾊﾟ");
    assert_eq!(safe.width(), 12);
    assert_eq!(drawn(&safe), (12, 12));
    assert_eq!(safe.as_str(), "ｺﾞｻﾞｲﾏｽ ﾊﾟﾊﾟ", "byte for byte");
    assert_eq!(safe.clip(6).as_str(), "ｺﾞｻﾞｲ…");
}

fn foreign() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        '\u{202e}',
        '\u{200d}',
        '\u{200c}',
        '\u{fe0f}',
        '\u{301}',
        '\u{1f3fb}',
        '👩',
        '🏴',
        '\u{e0067}',
        '\u{e007f}',
        '\u{1f1f0}',
        '\u{1f1ea}',
        'ل',
        'ا',
        'क',
        '्',
        'ः',
        '\u{1161}',
        'ᄀ',
        '\t',
        '\n',
        '\r',
        '\x1b',
        ' ',
        'a',
        '界',
        '\u{600}',
        '\u{9b}',
        '\u{3164}',
        'ส',
        'ิ',
    ]);
    prop::collection::vec(prop_oneof![3 => odd, 1 => any::<char>()], 0..40)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn nothing_is_changed_without_a_mark(text in foreign(), name in any::<bool>()) {
        let safe = if name { Safe::identity(&text) } else { Safe::new(&text) };
        let as_if_typed = if name { text } else { text.replace('\t', "    ") };
        prop_assert_eq!(safe.as_str() != as_if_typed, safe.is_marked());
    }

    #[test]
    fn nothing_forbidden_is_left(text in foreign()) {
        let safe = Safe::new(&text);
        for c in safe.as_str().chars() {
            let tag = ('\u{e0030}'..='\u{e007f}').contains(&c) && safe.as_str().contains('🏴');
            prop_assert!(scalar::is_drawable(c) || scalar::is_joiner(c) || tag, "{:?}", c);
        }
    }

    #[test]
    fn it_measures_as_ratatui_draws(text in foreign()) {
        let safe = Safe::new(&text);
        let cells: usize = clusters(safe.as_str()).map(|(_, w)| w).sum();
        prop_assert_eq!(safe.width(), cells, "{:?}", safe);
        prop_assert_eq!(drawn(&safe), (cells, cells), "{:?}", safe);
    }

    #[test]
    fn cut_text_keeps_its_width(text in foreign(), width in 0_usize..30) {
        let safe = Safe::new(&text);
        prop_assert!(safe.clip(width).width() <= width);
        prop_assert!(safe.tail(width).width() <= width);
        prop_assert_eq!(safe.fit(width).width(), width);
        prop_assert!(safe.wrap(width).iter().all(|l| l.width() <= width.max(1)));
        prop_assert_eq!(Safe::new_clipped(&text, width), safe.clip(width));
    }
}
