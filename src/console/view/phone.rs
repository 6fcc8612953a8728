//! A text as the phone shows it: with its line breaks, and with a sign where a part of a short message ends
//! (R-TEXT-1). What a phone cannot show is marked, as everywhere.

use crate::{
    console::{pane::form::meter::Carrier, text::Safe},
    model::segments::parts,
};
use unicode_segmentation::UnicodeSegmentation as _;

/// The rows of a text, of at most `width` columns. Of a text of more than `most` characters only the beginning
/// is laid out, and a last row says how many characters are left out.
#[must_use]
pub fn phone_rows(text: &str, carrier: Carrier, width: usize, most: usize) -> Vec<Safe> {
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    let mut ends: Vec<usize> = match carrier {
        Carrier::Sms => parts(text).into_iter().map(|part| part.end).collect(),
        Carrier::Ussd | Carrier::Internet => Vec::new(),
    };
    let count = ends.len();
    ends.pop();
    let mut ends = ends.into_iter().zip(1..).peekable();
    let (mut rows, mut start) = (Vec::new(), 0);
    for line in text[..end].split('\n') {
        let behind = start + line.len();
        let (mut row, mut at) = (Safe::default(), start);
        // A part that ends with the line has its sign behind it, and not before the next one.
        while let Some((part_end, nth)) = ends.next_if(|(part_end, _)| *part_end <= behind) {
            let cut = whole_cluster(line, part_end.saturating_sub(start)) + start;
            row.append(&Safe::new(&text[at..cut.max(at)]));
            row.append(&Safe::sign(format!("«{nth}/{count}»")));
            at = cut.max(at);
        }
        row.append(&Safe::new(&text[at..behind]));
        rows.extend(row.wrap(width.max(1)));
        start = behind + 1;
    }
    if end < text.len() {
        let rest = text[end..].chars().count();
        rows.push(Safe::own(format!("… {rest} more characters")));
    }
    rows
}

/// The end of the cluster that holds the byte before this place. A part may end between a letter and its
/// accent, which are drawn together all the same.
fn whole_cluster(line: &str, place: usize) -> usize {
    let mut starts = line.grapheme_indices(true).map(|(start, _)| start);
    starts.find(|start| *start >= place).unwrap_or(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, carrier: Carrier, width: usize) -> Vec<String> {
        let rows = phone_rows(text, carrier, width, 1_000);
        rows.iter().map(|row| row.as_str().to_owned()).collect()
    }

    #[test]
    fn r_text_1_a_preview_has_real_lines_and_says_where_parts_end() {
        assert_eq!(shown("Karibu\n1. Bei\n", Carrier::Ussd, 20), ["Karibu", "1. Bei", ""]);
        let text = format!("{}\n{}", "a".repeat(152), "b".repeat(160));
        let rows = shown(&text, Carrier::Sms, 400);
        assert_eq!(rows[0], "a".repeat(152));
        assert_eq!(rows[1], format!("«1/3»{}«2/3»{}", "b".repeat(153), "b".repeat(7)));
        assert!(shown(&text, Carrier::Internet, 400).iter().all(|row| !row.contains('«')));
        let rows = phone_rows(&text, Carrier::Sms, 400, 1_000);
        assert!(rows[1].is_marked(), "the sign looks like no text that anybody wrote");
        assert_eq!(shown(&"a".repeat(160), Carrier::Sms, 400), ["a".repeat(160)]);
    }

    #[test]
    fn a_part_that_ends_in_a_cluster_is_marked_behind_it() {
        let text = format!("{}e\u{301}{}", "ж".repeat(66), "ж".repeat(20));
        let expected = format!("{}e\u{301}«1/2»{}", "ж".repeat(66), "ж".repeat(20));
        assert_eq!(shown(&text, Carrier::Sms, 400), [expected]);
    }

    #[test]
    fn what_no_phone_shows_is_marked_and_a_long_text_is_cut() {
        assert_eq!(shown("a\u{202e}b", Carrier::Sms, 40), ["a«U+202E»b"]);
        let rows = phone_rows(&"x".repeat(50), Carrier::Internet, 80, 10);
        assert_eq!(rows[1].as_str(), "… 40 more characters");
    }
}
