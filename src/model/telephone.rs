//! How a telephone number is read, whatever way it is written (R-ADDR-5). The plans of the countries
//! come from `phonelib`: which codes there are, how long numbers are, and what is dialled before
//! them. It keeps them in tables that are part of the program, so that nothing is loaded at a start.

use super::fold::fold;
use phonelib::{Country, PhoneFormat, PhoneNumber};
use std::collections::BTreeSet;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// How many digits a number with its country may have: 15 by E.164, and no plan has fewer than 7.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// How many digits a number must have that is read with the code of another country but without a
/// plus. Shorter ones are more often codes and accounts.
const BARE: usize = 10;
/// From so many digits on they are the whole of a number if a plan has it, and no local
/// one: hardly a local number has as many, and plans say which lengths there are more
/// generously than which numbers.
const WHOLE: usize = 12;
/// How many digits a short code has.
const SHORT: std::ops::RangeInclusive<usize> = 3..=6;
/// The zeros of the scripts in which customers and agents write digits, besides the usual ones. The nine
/// other digits follow each.
const ZEROS: [char; 6] = ['٠', '۰', '०', '௦', '๐', '০'];

/// The country in whose way local numbers are read, by its two letters of ISO 3166-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region(&'static str);

impl Region {
    /// Reads the two letters, in any case. `None` if no country with telephone numbers has them.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let country = phonelib::country_by_code(code.trim())?;
        (country.code.len() == 2).then_some(Self(country.code))
    }
    /// The country of a number with a plus, if that can be told.
    #[must_use]
    pub fn of(number: &str) -> Option<Self> {
        Self::parse(PhoneNumber::parse(number).filter(|_| number.starts_with('+'))?.country().code)
    }
    /// The two letters, in capitals.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }
    fn country(self) -> Option<&'static Country> {
        phonelib::country_by_code(self.0)
    }
}

/// A number as `+` and digits. `None` if it cannot be read, if it can be read in two ways, and for
/// a short code.
#[must_use]
pub fn read(text: &str, region: Option<Region>) -> Option<String> {
    let mut readings = readings(text, region).into_iter();
    readings.next().filter(|_| readings.next().is_none())
}

/// The number of a link, as it is copied from a web page: what is behind `tel:`.
fn without_scheme(text: &str) -> &str {
    let text = text.trim();
    match text.split_at_checked(4) {
        Some((scheme, number)) if scheme.eq_ignore_ascii_case("tel:") => number,
        _ => text,
    }
}

/// Everything that a text may be read as.
///
/// With a plus, or two zeros, it is international, whether or not its plan has such numbers: plans
/// change, and a network knows them better. Without, it is one of the region as it is dialled there, or
/// the whole of an international one; without a region it is not read at all, because the digits of a
/// number of one country begin with the code of another. Where the numbers of the region have many lengths,
/// the same digits may be a local number and the whole of one: then there are two readings.
#[must_use]
pub fn readings(text: &str, region: Option<Region>) -> Vec<String> {
    let Some((plus, digits)) = digits(without_scheme(text)) else { return Vec::new() };
    if plus {
        return international(&digits).into_iter().collect();
    }
    let Some(at) = region.and_then(Region::country).filter(|_| !is_short(&digits)) else {
        return digits.strip_prefix("00").and_then(international).into_iter().collect();
    };
    let has = |least| digits.len() >= least && !digits.starts_with('0');
    let whole = || phonelib::normalize_phone_number(&format!("+{digits}"));
    if let Some(whole) = whole().filter(|_| has(WHOLE)) {
        return vec![whole];
    }
    if let Some(local) = PhoneNumber::parse_with_country(&digits, at.code) {
        let own = digits.starts_with(&at.prefix.to_string());
        let mut all = vec![local.e164().to_owned()];
        all.extend(whole().filter(|whole| own && *whole != all[0]));
        return all;
    }
    let double = digits.strip_prefix("00").map(international);
    double.unwrap_or_else(|| whole().filter(|_| has(BARE))).into_iter().collect()
}

/// Digits with the code of a country first. Where the plan has no such number without it, a zero behind
/// the code is left out, as in `+44 (0)20`.
fn international(digits: &str) -> Option<String> {
    if !DIGITS.contains(&digits.len()) || digits.starts_with('0') {
        return None;
    }
    let written = format!("+{digits}");
    Some(phonelib::normalize_phone_number(&written).unwrap_or(written))
}

/// Whether this is a short code: 3 to 6 digits that do not begin with a zero. Such a number means the
/// same only within one network, so that it is kept as it is.
#[must_use]
pub fn is_short_code(text: &str) -> bool {
    digits(text).is_some_and(|(plus, digits)| !plus && is_short(&digits))
}

fn is_short(digits: &str) -> bool {
    SHORT.contains(&digits.len()) && !digits.starts_with('0')
}

/// Other ways to write a number that [`read`] gave, as older entries of a log may have them: those without
/// a plus, the local one of its region, and how each is written with blanks.
#[must_use]
pub fn spellings(number: &str, region: Option<Region>) -> BTreeSet<String> {
    let bare = number.trim_start_matches('+');
    let mut all = BTreeSet::from([number.to_owned(), bare.to_owned(), format!("00{bare}")]);
    let Some(parsed) = PhoneNumber::parse(number) else { return all };
    let (code, significant) = (parsed.country_code(), parsed.national_number());
    all.extend([format!("+{code}0{significant}"), parsed.format(PhoneFormat::International)]);
    if region.and_then(Region::country).is_some_and(|at| at.prefix == code) {
        let local = parsed.format(PhoneFormat::National);
        let dialled: String = local.chars().filter(char::is_ascii_digit).collect();
        all.extend([dialled, local, significant.to_owned()]);
    }
    all
}

/// Why a text is no telephone number, and what was probably meant; `None` if it can be read or is a
/// short code. `guesses` are countries that it may be of if the region is not known.
#[must_use]
pub fn fault(
    text: &str,
    region: Option<Region>,
    guesses: impl IntoIterator<Item = Region>,
) -> Option<String> {
    if read(text, region).is_some() || is_short_code(text) {
        return None;
    }
    if let [one, other] = &readings(text, region)[..] {
        return Some(format!("{text} can be read in two ways: did you mean {one} or {other}?"));
    }
    let Some((plus, digits)) = digits(text) else {
        return Some("a telephone number has only digits after the plus".to_owned());
    };
    let n = digits.len();
    if plus && digits.starts_with('0') {
        return Some("no country's code begins with 0: leave out the plus, or the 0".to_owned());
    }
    if plus {
        let (least, most) = (DIGITS.start(), DIGITS.end());
        return Some(format!("{n} digits after the plus; {least} to {most} are possible"));
    }
    if region.is_none() {
        let meant = guesses.into_iter().find_map(|guess| read(text, Some(guess)));
        let meant = meant.map_or_else(
            || "write it with its country, such as +254711000001".to_owned(),
            |meant| format!("did you mean {meant}?"),
        );
        return Some(format!("{text} does not say of which country it is: {meant}"));
    }
    region.and_then(Region::country).map(|at| misread(text, &digits, at))
}

/// Why no number of this country is written so.
fn misread(text: &str, digits: &str, at: &Country) -> String {
    let Country { code, prefix, phone_lengths, .. } = at;
    let rest = digits.trim_start_matches('0');
    let (least, most) = (phone_lengths.first(), phone_lengths.last());
    let (least, most) = (least.copied().unwrap_or(0), most.copied().unwrap_or(0));
    let what = match rest.len() {
        n if n < least.into() => "too short for a number",
        n if n > most.into() => "too long for a number",
        _ => "no number",
    };
    format!(
        "{text} is {what} of {code}: did you mean one that begins with +{prefix}{}, and has {least} to \
         {most} digits after +{prefix}?",
        &rest[..rest.len().min(4)]
    )
}

/// The digits of a number, and whether a plus stands before them. `None` if there is anything else than
/// what people put between digits: blanks, dashes, dots, slashes and brackets.
fn digits(text: &str) -> Option<(bool, String)> {
    let (mut plus, mut digits) = (false, String::new());
    for c in fold(text.trim()).chars() {
        match c {
            '+' if digits.is_empty() && !plus => plus = true,
            '.' | '/' | '(' | ')' | '\u{2212}' => {}
            c if c.is_whitespace() => {}
            c if c.general_category() == GeneralCategory::DashPunctuation => {}
            c => digits.push(digit(c)?),
        }
    }
    (!digits.is_empty()).then_some((plus, digits))
}

fn digit(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    let of = |zero: char| u32::from(c).checked_sub(u32::from(zero)).filter(|n| *n < 10);
    ZEROS.into_iter().find_map(of).and_then(|n| char::from_digit(n, 10))
}

#[cfg(test)]
pub(crate) mod tests;
