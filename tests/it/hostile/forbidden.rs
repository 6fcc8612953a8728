//! What no terminal may get from foreign text, written down by hand from the Unicode charts and without `console/text`.

/// Whether a character is forbidden behind another one.
#[expect(clippy::match_same_arms, reason = "a line per kind, as in the charts")]
pub fn is_forbidden(c: char, before: char) -> bool {
    let is_tag = |c| ('\u{e0020}'..='\u{e007f}').contains(&c);
    match c {
        // Joiners and presentation selectors are only allowed after something visible.
        '\u{200c}'
        | '\u{200d}'
        | '\u{fe0e}'
        | '\u{fe0f}'
        | '\u{180b}'..='\u{180d}'
        | '\u{180f}' => before == ' ',
        c if is_tag(c) => !(before == '\u{1f3f4}' || is_tag(before)),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' => true,
        '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{3164}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        '\u{e0000}'..='\u{10ffff}' => true,
        c => u32::from(c) & 0xfffe == 0xfffe,
    }
}
