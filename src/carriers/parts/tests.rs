//! Who belongs to whom, whatever a network brings in whatever order.

use super::*;
use crate::carriers::alphabet;
use crate::model::{Channel, CustomerNumber};
use proptest::prelude::*;

fn series(from: usize, reference: &str, total: u8) -> PartSeries {
    PartSeries {
        from: CustomerNumber::telco(&format!("+25471100{from:04}")),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        reference: reference.into(),
        total,
    }
}
fn coded(text: &str) -> CodedText {
    let (coding, octets) = alphabet::encode(text);
    CodedText { coding, octets }
}
fn part(reference: &str, total: u8, place: u8, text: &str) -> TextPart {
    TextPart { series: series(1, reference, total), place, text: coded(text) }
}
fn words(outcome: &PartsOutcome) -> Vec<String> {
    let text = |brought: &Brought| match brought {
        Brought::Message { body, .. } => body.text.clone().expect("a text"),
        other => panic!("{other:?}"),
    };
    outcome.messages.iter().map(text).collect()
}
fn keys(outcome: &PartsOutcome) -> Vec<String> {
    let key = |brought: &Brought| match brought {
        Brought::Message { key, .. } => key.clone().expect("a name"),
        other => panic!("{other:?}"),
    };
    outcome.messages.iter().map(key).collect()
}

#[test]
fn r_carry_26_parts_in_any_order_and_repeated_make_one_text() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    let of = |place, text| part("8/7", 3, place, text);
    for (place, text) in [(3, "three"), (1, "one "), (3, "three"), (1, "one ")] {
        assert_eq!(words(&parts.take(of(place, text), 5, now)), [""; 0]);
    }
    let whole = parts.take(of(2, "two "), 6, now);
    assert_eq!(words(&whole), ["one two three"]);
    assert_eq!((whole.kept, &whole.joined[..], &whole.gone[..]), (Some(5), &[5][..], &[][..]));
    assert_eq!(keys(&whole), ["parts/0000000000000005/1"]);
}

#[test]
fn r_carry_26_texts_of_others_and_other_references_and_totals_do_not_mix() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    let all = [series(1, "8/7", 2), series(2, "8/7", 2), series(1, "8/8", 2), series(1, "16/7", 2)];
    let all = [&all[..], &[series(1, "sar/7", 2), series(1, "8/7", 3)]].concat();
    for place in [1, 2] {
        for (id, series) in (0..).zip(&all) {
            let text = coded(&format!("{id}:{place} "));
            let outcome = parts.take(TextPart { series: series.clone(), place, text }, id, now);
            let whole = (place == 2 && series.total == 2).then(|| format!("{id}:1 {id}:2 "));
            assert_eq!(words(&outcome), whole.into_iter().collect::<Vec<_>>());
        }
    }
    // The one that says 3 parts has two of them, which are a message of their own in the end.
    assert_eq!(words(&parts.late(now + WAIT)), ["5:1 5:2 "]);
}

#[test]
fn r_carry_26_what_is_there_is_stored_when_the_rest_does_not_come() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    for (place, text) in [(2, "two "), (1, "one "), (4, "four")] {
        parts.take(part("8/7", 5, place, text), 9, now);
    }
    assert_eq!(parts.next(), Some(now + WAIT));
    assert_eq!(words(&parts.late(now + WAIT / 2)), [""; 0]);
    // One that comes late makes all of them wait anew.
    parts.take(part("8/7", 5, 5, " five"), 10, now + WAIT / 2);
    assert_eq!(words(&parts.late(now + WAIT)), [""; 0]);
    let over = parts.late(now + WAIT / 2 + WAIT);
    assert_eq!(words(&over), ["one two ", "four five"]);
    assert_eq!(keys(&over), ["parts/0000000000000009/1", "parts/0000000000000009/4"]);
    assert_eq!((&over.joined[..], &over.gone[..]), (&[][..], &[9][..]));
    assert_eq!((parts.size, parts.series.len(), parts.next()), (0, 0, None));
}

#[test]
fn r_carry_26_a_number_that_is_used_again_ends_the_text_before() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    parts.take(part("8/7", 2, 1, "an old text "), 1, now);
    let again = parts.take(part("8/7", 2, 1, "a new "), 2, now);
    assert_eq!(
        (words(&again), again.kept, &again.gone[..]),
        (vec!["an old text ".into()], Some(2), &[1][..])
    );
    assert_eq!(words(&parts.take(part("8/7", 2, 2, "text"), 3, now)), ["a new text"]);
    // And once more, after it was whole; the one before is remembered no longer.
    parts.take(part("8/7", 2, 1, "third "), 4, now);
    let third = parts.take(part("8/7", 2, 2, "text"), 5, now);
    assert_eq!(
        (words(&third), &third.joined[..], &third.gone[..]),
        (vec!["third text".into()], &[4][..], &[2][..])
    );
}

#[test]
fn r_carry_26_a_part_that_is_brought_again_after_the_text_was_whole_is_no_message() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    parts.take(part("8/7", 2, 1, "one "), 1, now);
    parts.take(part("8/7", 2, 2, "two"), 1, now);
    assert_eq!(words(&parts.take(part("8/7", 2, 2, "two"), 2, now)), [""; 0]);
    let over = parts.late(now + WAIT);
    assert_eq!((words(&over), &over.gone[..]), (vec![], &[2][..]));
    // All of it is brought again only if nothing was acknowledged, or if the customer wrote it again.
    parts.take(part("8/7", 2, 1, "one "), 3, now);
    assert_eq!(words(&parts.take(part("8/7", 2, 2, "two"), 3, now)), ["one two"]);
    let forgotten = parts.late(now + REMEMBERED);
    assert_eq!((&forgotten.gone[..], parts.size, parts.series.len()), (&[3][..], 0, 0));
}

#[test]
fn r_carry_26_a_text_has_255_parts_and_may_be_cut_in_the_middle_of_a_character() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    for place in 1..255 {
        assert_eq!(words(&parts.take(part("16/9", 255, place, &"x".repeat(153)), 1, now)), [""; 0]);
    }
    let whole = parts.take(part("16/9", 255, 255, "."), 1, now);
    assert_eq!(words(&whole), [format!("{}.", "x".repeat(254 * 153))]);
    // The flower is two units of UTF-16, and the euro sign two septets.
    for (text, cut) in [("ş🌻", 4), ("5€", 2)] {
        let CodedText { coding, octets } = coded(text);
        let half = |octets: &[u8]| CodedText { coding, octets: octets.to_vec() };
        let (first, second) = octets.split_at(cut);
        let of = |place, text| TextPart { series: series(1, "8/1", 2), place, text };
        parts.take(of(1, half(first)), 1, now);
        assert_eq!(words(&parts.take(of(2, half(second)), 1, now)), [text]);
    }
    // Parts in two alphabets are read each in its own.
    parts.take(part("8/2", 2, 1, "plain "), 1, now);
    assert_eq!(words(&parts.take(part("8/2", 2, 2, "ş"), 1, now)), ["plain ş"]);
}

#[test]
fn r_carry_26_a_text_that_is_too_long_for_one_message_is_several() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    let long = "x".repeat(MESSAGE_BYTES / 2);
    parts.take(part("8/7", 3, 1, &long), 1, now);
    parts.take(part("8/7", 3, 2, &long), 1, now);
    let whole = parts.take(part("8/7", 3, 3, "y"), 1, now);
    assert_eq!(words(&whole), [long.repeat(2), "y".into()]);
    assert_eq!(keys(&whole), ["parts/0000000000000001/1", "parts/0000000000000001/3"]);
}

#[test]
fn r_carry_26_however_many_begin_the_room_is_bounded_and_nothing_is_lost() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    parts.take(part("8/7", 2, 1, "one "), -1, now);
    parts.take(part("8/7", 2, 2, "two"), -1, now);
    let (mut stored, many) = (0, ROOM / BESIDE);
    for n in 0..many {
        let came = now + Duration::from_millis(u64::try_from(n).expect("few"));
        let of = TextPart { series: series(n, "8/7", 3), place: 1, text: coded("alone") };
        let outcome = parts.take(of, i64::try_from(n).expect("few"), came);
        assert!(parts.size <= ROOM);
        stored += outcome.messages.len();
    }
    assert!(stored > 0);
    let over = parts.late(now + REMEMBERED);
    assert_eq!((stored + over.messages.len(), parts.size, parts.series.len()), (many, 0, 0));
}

#[test]
fn r_carry_26_what_was_kept_goes_on_where_it_was() {
    let now = Instant::now();
    let kept = |set, is_joined, part| KeptPart { set, is_joined, part };
    let (mut parts, whole) = WaitingParts::load(
        vec![
            kept(1, false, part("8/1", 2, 1, "half ")),
            // Whole, and the hub was killed before it was in the log.
            kept(2, false, part("8/2", 2, 1, "all ")),
            kept(2, false, part("8/2", 2, 2, "of it")),
            kept(3, true, part("8/3", 2, 1, "long ")),
            kept(3, true, part("8/3", 2, 2, "ago")),
            // Another run of the hub could not read the first of these.
            kept(4, false, part("8/4", 2, 1, "older")),
            kept(5, false, part("8/4", 2, 1, "newer ")),
        ],
        now,
    );
    assert_eq!(
        (words(&whole), keys(&whole)),
        (
            vec!["older".into(), "all of it".into()],
            vec!["parts/0000000000000004/1".into(), "parts/0000000000000002/1".into()]
        )
    );
    assert_eq!((&whole.joined[..], &whole.gone[..]), (&[2][..], &[4][..]));
    assert_eq!(words(&parts.take(part("8/4", 2, 2, "one"), 8, now)), ["newer one"]);
    assert_eq!(words(&parts.take(part("8/1", 2, 2, "is there"), 9, now)), ["half is there"]);
    parts.take(part("8/3", 2, 2, "ago"), 10, now);
    assert_eq!(words(&parts.late(now + WAIT)), [""; 0]);
}

#[test]
fn r_carry_26_a_part_that_cannot_be_kept_is_taken_back() {
    let (mut parts, now) = (WaitingParts::default(), Instant::now());
    let one = part("8/7", 2, 1, "one ");
    let set = parts.take(one.clone(), 1, now).kept.expect("a new one");
    assert!(parts.withdraw(set, &one) && !parts.withdraw(set, &one));
    let alone = PartsOutcome { messages: vec![one.alone(set)], ..PartsOutcome::default() };
    assert_eq!(
        (words(&alone), keys(&alone)),
        (vec!["one ".into()], vec!["parts/0000000000000001/1".into()])
    );
    assert_eq!(parts.size, 0);
    parts.late(now + WAIT);
    assert_eq!(parts.series.len(), 0);
}

proptest! {
    /// Whatever comes, each part is in one message, and nothing stays behind. What is brought again may be in two, if its
    /// number is used again meanwhile.
    #[test]
    fn r_carry_26_nothing_is_lost_whatever_comes(
        all in prop::collection::vec((0..3_usize, 0..3_u8, 2..5_u8, 1..5_u8, 0..40_u64), 0..200),
        is_repeated in any::<bool>(),
    ) {
        let (mut parts, mut now) = (WaitingParts::default(), Instant::now());
        let (mut came, mut stored) = (Vec::new(), Vec::new());
        for (n, (from, reference, total, place, seconds)) in all.into_iter().enumerate() {
            if place > total {
                continue;
            }
            now += Duration::from_secs(seconds);
            let word = format!("<{n}>");
            let of = TextPart { series: series(from, &format!("8/{reference}"), total), place, text: coded(&word) };
            let again = of.clone();
            stored.extend(words(&parts.late(now)));
            stored.extend(words(&parts.take(of, i64::try_from(n).expect("few"), now)));
            if is_repeated {
                stored.extend(words(&parts.take(again, -1 - i64::try_from(n).expect("few"), now)));
            }
            came.push(word);
        }
        stored.extend(words(&parts.late(now + REMEMBERED)));
        let all = stored.concat();
        for word in came {
            let times = all.matches(&word).count();
            prop_assert!(times == 1 || (is_repeated && times > 1), "{word} {times} times in {all}");
        }
        prop_assert_eq!((parts.size, parts.series.len()), (0, 0));
    }
}
