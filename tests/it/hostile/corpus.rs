//! Strings that attack a screen: every character of the Unicode blocks where trouble lives, the
//! strings of `tests/data/nasty.txt`, and strings that are far too long.

/// Every string. Each stands for somebody's name, number or message.
pub fn strings() -> Vec<String> {
    let blocks = [
        0..0x3100,
        0xe000..0xe100,
        0xfe00..0x1_0000,
        0x1_d100..0x1_d200,
        0x1_f1e6..0x1_f200,
        0xe_0000..0xe_0200,
    ];
    let scalars = blocks.into_iter().flatten().filter_map(char::from_u32);
    let mut all: Vec<String> = scalars.map(|c| format!("{c}a{c}")).collect();
    all.extend(nasty());
    all.extend(bombs());
    all
}

/// The strings of `tests/data/nasty.txt`, one in a line and escaped.
pub fn nasty() -> Vec<String> {
    include_str!("../../data/nasty.txt").lines().map(unescape).collect()
}

/// Strings with far too much of something.
pub fn bombs() -> Vec<String> {
    vec![
        format!("Z{}", "\u{301}".repeat(10_000)),
        "\u{489}".repeat(50),
        format!("👩{}", "\u{200d}👩".repeat(499)),
        "x".repeat(1_000_000),
        "😀".repeat(100_000),
        "\n".repeat(50_000),
        "\t".repeat(10_000),
        "\u{7}".repeat(1_000),
        "\u{202e}".repeat(10_000),
        "\u{3164}".repeat(30),
        "\u{2800}".repeat(30),
        "\u{a0}".repeat(500),
        "\x1b[2J".repeat(16_384),
        "لا".repeat(10_000),
        "\u{1f1e6}".repeat(10_001),
        format!("🏴{}\u{e007f}", "\u{e0061}".repeat(1_000)),
        "क्".repeat(5_000),
        "\u{600}".repeat(5_000),
    ]
}

/// Reads `\x1b`, `\u{202e}`, `\n`, `\r`, `\t` and `\\` as Rust does.
fn unescape(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let (scalar, used) = match after.as_bytes().first() {
            Some(b'x') => (u32::from_str_radix(&after[1..3], 16).ok(), 3),
            Some(b'u') => {
                let end = after.find('}').expect("a closed escape");
                (u32::from_str_radix(&after[2..end], 16).ok(), end + 1)
            }
            Some(b'n') => (Some(10), 1),
            Some(b'r') => (Some(13), 1),
            Some(b't') => (Some(9), 1),
            Some(b'\\') => (Some(0x5c), 1),
            other => panic!("an unknown escape {other:?} in {line}"),
        };
        out.push(scalar.and_then(char::from_u32).expect("a scalar"));
        rest = &after[used..];
    }
    out + rest
}
