//! What a form and a sheet say about a text as it will arrive (R-TEXT-1, R-TEXT-2, R-TEXT-3): how long it is,
//! which character makes it expensive, what could be written more plainly, and what a phone cannot show. These
//! are words and nothing else; where they stand is the view's business.

use crate::model::{
    Channel, Tone, limits,
    plain::{OddPiece, Oddness, odd_pieces, plain},
    segments::{Encoding, measure, measure_menu, named, septets},
};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// What carries a text, which decides how it is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Short messages, which are paid by the part.
    Sms,
    /// The one screen of a USSD session.
    Ussd,
    /// Channels over the internet, where no character costs more than another.
    Internet,
}

impl Carrier {
    /// What carries the messages of a channel.
    #[must_use]
    pub const fn of(channel: Channel) -> Self {
        match channel {
            Channel::Sms => Self::Sms,
            Channel::Ussd => Self::Ussd,
            Channel::Unspecified
            | Channel::Whatsapp
            | Channel::Telegram
            | Channel::Messenger
            | Channel::Rcs
            | Channel::Voice
            | Channel::Payment => Self::Internet,
        }
    }
    /// Whether the alphabet of telephone networks counts.
    #[must_use]
    pub const fn is_phone(self) -> bool {
        matches!(self, Self::Sms | Self::Ussd)
    }
}

/// One thing that is said about a text. Its words may hold characters of the text, so they are raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterLine {
    pub tone: Tone,
    pub words: String,
}

/// What is said below a text while it is written: its length, what it costs and why, and what could be plainer.
/// It is empty for an empty text.
#[must_use]
pub fn lines(text: &str, carrier: Carrier) -> Vec<MeterLine> {
    if text.is_empty() {
        return Vec::new();
    }
    let odd = odd_pieces(text, carrier.is_phone());
    let offered = offer(text, carrier, &odd);
    let hints = hints(text, &odd, offered.is_some(), Some("F7"));
    let cost = offered.or_else(|| stuck(text, carrier)).or_else(|| doubled(text, carrier));
    let cost = cost.map(|words| MeterLine { tone: Tone::Pending, words });
    size(text, carrier).into_iter().chain(cost).chain(hints).collect()
}

/// What is said below a text that can only be read: what a phone cannot show of it, and what nobody can see.
#[must_use]
pub fn notes(text: &str, carrier: Carrier) -> Vec<MeterLine> {
    let hints = hints(text, &odd_pieces(text, false), false, None);
    unshown(text, carrier).into_iter().chain(hints).collect()
}

/// The length of a text in the words of its carrier; `None` where nobody counts.
fn size(text: &str, carrier: Carrier) -> Option<MeterLine> {
    match carrier {
        Carrier::Sms => {
            let meter = measure(text);
            let (word, units, left) = (meter.encoding.word(), meter.units, meter.left);
            let words = format!("sms: {}, {word}, {units} units, {left} left", parts(meter.parts));
            Some(MeterLine { tone: Tone::Plain, words })
        }
        Carrier::Ussd => {
            let meter = measure_menu(text);
            let (word, units, room) = (meter.encoding.word(), meter.units, meter.room);
            let begin = format!("ussd: {units} of {room}, {word}");
            let (tone, end) = if units <= room {
                (Tone::Plain, format!("{} left", room - units))
            } else {
                (Tone::Bad, format!("{} too long", units - room))
            };
            Some(MeterLine { tone, words: format!("{begin}, {end}") })
        }
        Carrier::Internet => None,
    }
}

fn parts(n: usize) -> String {
    if n == 1 { "1 part".into() } else { format!("{n} parts") }
}

/// What UCS-2 costs a text that needs it, compared with what it would take in the GSM alphabet.
fn price(text: &str, gsm: &str, carrier: Carrier, several: bool) -> String {
    let s = if several { "" } else { "s" };
    let (less, more) = (measure(gsm).parts, measure(text).parts);
    match carrier {
        Carrier::Ussd => {
            let (room, other) = (limits::USSD_UNITS, limits::USSD_SEPTETS);
            format!("leave{s} room for {room} instead of {other}")
        }
        Carrier::Sms | Carrier::Internet if more > less => {
            format!("cost{s} {}", parts(more - less))
        }
        Carrier::Sms | Carrier::Internet => format!("make{s} it UCS-2, with 70 in a part"),
    }
}

/// Names what makes a text UCS-2 if all of it has a plain equivalent, and the key that replaces it; `None`
/// if that would not bring it back into the GSM alphabet, or if it is in it already.
fn offer(text: &str, carrier: Carrier, odd: &[OddPiece]) -> Option<String> {
    let first = odd.first().filter(|_| carrier.is_phone())?;
    let gsm = plain(text, true);
    if measure(&gsm).encoding == Encoding::Ucs2 || measure(text).encoding == Encoding::Gsm7 {
        return None;
    }
    let written = |piece: &OddPiece| text[piece.range.clone()].to_owned();
    let mut kinds: Vec<_> = odd.iter().map(written).collect();
    kinds.sort();
    kinds.dedup();
    let price = price(text, &gsm, carrier, odd.len() > 1);
    let subject = format!("{} at {}", first.words(text), first.place(text));
    Some(match (kinds.len(), odd.len()) {
        (1, 1) => format!("{subject} {price}: F7 {}", remedy(first, "it")),
        (1, n) => {
            format!("{subject} and {} more {price}: F7 {}", n - 1, remedy(first, "them"))
        }
        (_, 2) => format!("{subject} and another character {price}: F7 replaces both"),
        (_, n) => format!("{subject} and {} other characters {price}: F7 replaces all", n - 1),
    })
}

/// What the key does with a piece.
fn remedy(piece: &OddPiece, it: &str) -> String {
    match piece.oddness {
        Oddness::Fancy if piece.plain == " " => format!("replaces {it} by a blank"),
        Oddness::Fancy => format!("replaces {it} by {}", piece.plain),
        Oddness::Decomposed => format!("joins {it}"),
        Oddness::Invisible(_) => format!("removes {it}"),
    }
}

/// Names a character that makes a text UCS-2 and has no plain equivalent.
fn stuck(text: &str, carrier: Carrier) -> Option<String> {
    if !carrier.is_phone() || measure(text).encoding == Encoding::Gsm7 {
        return None;
    }
    // A letter that is written in pieces is one character only in the plain text.
    let culprit = measure(&plain(text, true)).culprit.filter(|(c, _)| text.contains(*c));
    let (c, _) = culprit.or(measure(text).culprit)?;
    // It is compared with a text of the same length that needs no UCS-2.
    let gsm: String = text.chars().map(|c| if septets(c).is_some() { c } else { 'x' }).collect();
    let place = text.chars().position(|other| other == c).map_or(1, |at| at + 1);
    let price = price(text, &gsm, carrier, false);
    let is_odd = odd_pieces(text, true).iter().any(|p| text[p.range.clone()].starts_with(c));
    let why = if is_odd { "what is plainer takes more" } else { "it has no plain equivalent" };
    Some(format!("{} at {place} {price}: {why}", named(c)))
}

/// Names the characters that take two septets where they cost a part, or the last room of a menu.
fn doubled(text: &str, carrier: Carrier) -> Option<String> {
    let double = |c: char| septets(c) == Some(2);
    let (at, first) = text.chars().enumerate().find(|(_, c)| double(*c))?;
    let single: String = text.chars().map(|c| if double(c) { 'x' } else { c }).collect();
    let costs = match carrier {
        Carrier::Sms => {
            let more = measure(text).parts - measure(&single).parts;
            (more > 0).then(|| parts(more))?
        }
        Carrier::Ussd => {
            let fits = |text: &str| measure_menu(text).refusal().is_none();
            (fits(&single) && !fits(text)).then(|| "more than there is room for".to_owned())?
        }
        Carrier::Internet => return None,
    };
    let others = text.chars().filter(|c| double(*c)).count() - 1;
    let at = at + 1;
    Some(match others {
        0 => format!("{first} at {at} counts twice and costs {costs}"),
        n => format!("{first} at {at} and {n} more count twice each and cost {costs}"),
    })
}

/// Says what is written in pieces and what cannot be seen, on every channel. `key` is the key that mends it,
/// `None` where nothing can be edited.
fn hints(text: &str, odd: &[OddPiece], is_offered: bool, key: Option<&str>) -> Vec<MeterLine> {
    // A single piece that was named with its price need not be named again.
    if is_offered && odd.len() == 1 {
        return Vec::new();
    }
    let is = |piece: &&OddPiece, invisible: bool| match piece.oddness {
        Oddness::Fancy => false,
        Oddness::Decomposed => !invisible,
        Oddness::Invisible(_) => invisible,
    };
    let mut out = Vec::new();
    for (invisible, what, does) in
        [(false, "is in pieces", "joins"), (true, "cannot be seen", "removes")]
    {
        let all: Vec<_> = odd.iter().filter(|piece| is(piece, invisible)).collect();
        let Some(first) = all.first() else { continue };
        let subject = format!("{} at {}", first.words(text), first.place(text));
        let (more, it) = match all.len() - 1 {
            0 => (String::new(), "it"),
            n => (format!(", and {n} more"), "them"),
        };
        let key = match key {
            Some(key) if !is_offered => format!(": {key} {does} {it}"),
            // The key was named with the price of all.
            Some(_) | None => String::new(),
        };
        let words = format!("{subject} {what}{more}{key}");
        out.push(MeterLine { tone: Tone::Pending, words });
    }
    out
}

/// Names the first character that no phone shows, or that simple phones show as a box.
fn unshown(text: &str, carrier: Carrier) -> Option<MeterLine> {
    let never = |c: char| {
        matches!(
            c.general_category(),
            GeneralCategory::PrivateUse | GeneralCategory::Unassigned | GeneralCategory::Surrogate
        )
    };
    let place = |is: &dyn Fn(char) -> bool| text.chars().enumerate().find(|(_, c)| is(*c));
    let words = match (place(&never), place(&|c| c > '\u{ffff}')) {
        (Some((at, c)), _) => format!("no phone can show {} at {}", named(c), at + 1),
        (None, Some((at, c))) if carrier.is_phone() => {
            format!("a simple phone shows a box for {} at {}", named(c), at + 1)
        }
        _ => return None,
    };
    Some(MeterLine { tone: Tone::Pending, words })
}

#[cfg(test)]
mod tests;
