//! Foreign text goes in and drawable text comes out, in one pass over its grapheme clusters.
//!
//! Controls become pictures, what is hidden becomes a mark such as `«U+202E»`, what is too much for
//! one cell becomes a count such as `«+983»`, and everything honest passes byte for byte. They
//! become something visible and are not just dropped, so that an agent sees that a text tried
//! something. Whatever would take no column of its own counts as hidden too, because it would be
//! drawn over its neighbour, which may be a word of ours.

use super::{Safe, columns, scalar};
use std::fmt::Write as _;
use unicode_segmentation::UnicodeSegmentation as _;

/// How many scalars of one cluster are drawn. Honest clusters stay below this: a couple with two
/// skin tones has 10.
const CLUSTER: usize = 16;

/// What was cleaned so far, and how to go on.
pub struct Cleaner {
    out: Safe,
    identity: bool,
    /// Cleaning stops once the text is wider than this.
    limit: usize,
}

impl Cleaner {
    /// Cleans one line. In an `identity` also what only makes two names look alike is marked.
    pub fn run(foreign: &str, identity: bool, limit: usize) -> Safe {
        let text = String::with_capacity(foreign.len());
        let mut this = Self { out: Safe { text, ..Safe::default() }, identity, limit };
        if identity {
            let rest = foreign.trim_start_matches(' ');
            let inner = rest.trim_end_matches(' ');
            this.blanks(foreign.len() - rest.len());
            this.text(inner);
            this.blanks(rest.len() - inner.len());
        } else {
            this.text(foreign);
        }
        this.out
    }

    fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() && self.out.width <= self.limit {
            let rest = &bytes[at..];
            let mut run = rest.iter().take_while(|b| matches!(b, b' '..=b'~')).count();
            // The last character may carry an accent that follows it.
            if rest.get(run).is_some_and(|b| !b.is_ascii()) {
                run = run.saturating_sub(1);
            }
            if run > 0 {
                self.out.text.push_str(&text[at..at + run]);
                self.out.width += run;
                at += run;
            } else if rest[0].is_ascii_control() {
                at += self.control(rest);
            } else {
                at += self.clusters(&text[at..]);
            }
        }
    }

    /// Takes clusters up to the next one that begins with ASCII. Returns how many bytes that was.
    fn clusters(&mut self, text: &str) -> usize {
        let mut taken = 0;
        for cluster in text.graphemes(true) {
            if taken > 0 && (cluster.as_bytes()[0].is_ascii() || self.out.width > self.limit) {
                break;
            }
            self.cluster(cluster);
            taken += cluster.len();
        }
        taken
    }

    /// Takes one cluster: first what shows itself, then a mark for each scalar that does not.
    fn cluster(&mut self, cluster: &str) {
        let start = self.out.text.len();
        let flag = scalar::is_flag(cluster);
        let mut hidden = ['\0'; CLUSTER];
        let mut n_hidden = 0;
        for (i, c) in cluster.chars().take(CLUSTER).enumerate() {
            // A joiner joins what is seen. At the beginning or after a blank it only hides.
            let inside = self.out.text[start..].ends_with(|c: char| !c.is_whitespace());
            // What rests on a hidden scalar would be drawn on the neighbour instead.
            let rests_on_hidden = i > 0 && self.out.text.len() == start;
            let odd = rests_on_hidden || (self.identity && scalar::is_odd_in_identity(c));
            if !odd && (flag || scalar::is_drawable(c) || (inside && scalar::is_joiner(c))) {
                self.out.text.push(c);
            } else {
                hidden[n_hidden] = c;
                n_hidden += 1;
            }
        }
        let width = columns(&self.out.text[start..]);
        if width == 0 {
            self.out.text.truncate(start);
            cluster.chars().take(CLUSTER).for_each(|c| self.name(c));
        } else {
            self.out.width += width;
            hidden[..n_hidden].iter().for_each(|c| self.name(*c));
        }
        if cluster.len() > CLUSTER {
            let excess = cluster.chars().skip(CLUSTER).count();
            if excess > 0 {
                self.mark(|out| write!(out, "«+{excess}»"));
            }
        }
    }

    /// Takes an ASCII control. Returns how many bytes it took.
    fn control(&mut self, rest: &[u8]) -> usize {
        match (rest, self.identity) {
            ([b'\r', b'\n', ..], false) => {
                self.mark(|out| out.write_char('⏎'));
                return 2;
            }
            ([b'\n', ..], false) => self.mark(|out| out.write_char('⏎')),
            ([b'\t', ..], false) => {
                self.out.text.push_str("    ");
                self.out.width += 4;
            }
            _ => {
                let picture = if rest[0] == 0x7f { 0x21 } else { u32::from(rest[0]) };
                let picture = char::from_u32(0x2400 + picture).unwrap_or('?');
                self.mark(|out| out.write_char(picture));
            }
        }
        1
    }

    /// Marks blanks at the ends of a name.
    fn blanks(&mut self, count: usize) {
        for _ in 0..count {
            if self.out.width <= self.limit {
                self.mark(|out| out.write_char('␠'));
            }
        }
    }

    fn name(&mut self, c: char) {
        self.mark(|out| write!(out, "«U+{:04X}»", u32::from(c)));
    }

    /// Appends a mark. Each scalar of a mark is one column wide.
    fn mark(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) {
        let start = self.out.text.len();
        let _ = write(&mut self.out.text);
        self.out.width += self.out.text[start..].chars().count();
        let end = self.out.text.len();
        match self.out.marks.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.out.marks.push(start..end),
        }
    }
}
