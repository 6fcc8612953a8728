//! The shipped cast is as rich as it should be, and a file with a mistake is refused with a sentence.

use super::*;
use std::collections::BTreeSet;

fn everyone() -> Cast {
    Cast::load(None, true).expect("the built-in cast is sound")
}

/// Rough names of the scripts in a text, good enough to count them.
fn scripts(text: &str) -> BTreeSet<&'static str> {
    text.chars()
        .filter_map(|c| {
            Some(match u32::from(c) {
                0x41..=0x5A | 0x61..=0x7A | 0xC0..=0x24F | 0x1E00..=0x1EFF => "Latin",
                0x590..=0x5FF => "Hebrew",
                0x600..=0x6FF => "Arabic",
                0x900..=0x97F => "Devanagari",
                0xB80..=0xBFF => "Tamil",
                0xE00..=0xE7F => "Thai",
                0x1200..=0x137F => "Ethiopic",
                0x4E00..=0x9FFF => "Han",
                0x1F300..=0x1FAFF => "emoji",
                _ => return None,
            })
        })
        .collect()
}

#[test]
fn the_cast_is_large_and_speaks_many_languages() {
    let cast = everyone();
    let honest: Vec<_> = cast.people().iter().filter(|p| !p.hostile).collect();
    let languages: BTreeSet<_> = honest.iter().map(|p| p.language.as_str()).collect();
    let written: BTreeSet<_> =
        honest.iter().flat_map(|p| p.threads.iter().flatten()).flat_map(|l| scripts(l)).collect();
    assert!(honest.len() >= 48, "{} honest customers", honest.len());
    assert!(languages.len() >= 13, "{languages:?}");
    assert_eq!(written.len(), 9, "{written:?}");
    assert!(cast.people().len() - honest.len() >= 6, "hostile customers");
}

#[test]
fn all_kinds_of_life_occur() {
    let cast = everyone();
    let count = |f: fn(&Person) -> bool| cast.people().iter().filter(|p| f(p)).count();
    assert!(count(|p| !p.ussd.is_empty()) >= 20, "diallers");
    assert!(count(|p| p.calls) >= 20, "callers");
    assert!(count(|p| !p.pays.is_empty()) >= 40, "payers");
    assert!(count(|p| p.numbers.len() > 1) >= 8, "people with several numbers");
    assert!(count(|p| p.ids.len() > 1) >= 8, "people with several other names");
    let channels: BTreeSet<_> =
        cast.people().iter().flat_map(|p| &p.channels).map(|c| c.word()).collect();
    assert_eq!(channels.len(), 5, "{channels:?}");
    for person in cast.people() {
        for channel in &person.channels {
            assert!(channel.is_messaging(), "{} writes on {channel:?}", person.name);
            assert!(person.number_on(*channel).is_some(), "{} on {channel:?}", person.name);
        }
    }
}

#[test]
fn every_honest_thread_is_a_conversation_with_nothing_left_to_fill_in() {
    for person in everyone().people().iter().filter(|p| !p.hostile) {
        assert!(person.threads.len() >= 2, "{}", person.name);
        for thread in &person.threads {
            assert!(thread.len() >= 3, "{}: {thread:?}", person.name);
        }
        let lines = person.threads.iter().flatten().chain(&person.nudges).chain(&person.thanks);
        for line in lines.chain(&person.acks) {
            assert!(!line.contains('{') && !line.trim().is_empty(), "{line:?}");
        }
    }
}

#[test]
fn hostile_lines_cover_what_terminals_fear() {
    let cast = everyone();
    let all: Vec<_> = cast
        .people()
        .iter()
        .filter(|p| p.hostile)
        .flat_map(|p| p.threads.iter().flatten().chain([&p.name]).chain(p.metadata.values()))
        .collect();
    for fear in [
        "\x1b[2J",
        "\x1b]52;",
        "\x1b]0;",
        "\x1b]8;;",
        "\x1b[6n",
        "\u{9b}",
        "\u{202e}",
        "\u{2067}",
        "\u{200b}",
        "\u{200d}\u{1f469}\u{200d}",
        "\u{e0068}",
        "\u{2028}",
        "[Y/n]",
        "─────┐",
        "\r",
        "\0",
        "=HYPERLINK",
        "\u{3164}",
    ] {
        assert!(all.iter().any(|line| line.contains(fear)), "nobody writes {fear:?}");
    }
    let zalgo = all.iter().map(|l| l.chars().filter(|c| *c == '\u{301}').count()).max();
    assert!(zalgo >= Some(30), "{zalgo:?} marks on one base");
    assert!(all.iter().any(|line| line.len() == LONG_LINE));
}

#[test]
fn without_hostile_ones_nobody_writes_a_control_character() {
    let cast = Cast::load(None, false).unwrap();
    let lines = cast.people().iter().flat_map(|p| p.threads.iter().flatten().chain([&p.name]));
    for line in lines {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[test]
fn an_answer_continues_the_thread_that_was_opened() {
    // given someone in the middle of a thread
    let cast = everyone();
    let amina = cast.by_number(&CustomerNumber::telco("+254711000101")).unwrap();
    let thread = &amina.threads[0];
    let answer = |said: &[&str]| amina.answer(said.iter().copied(), 0).unwrap().to_owned();
    // then each answer is the next line, nudges in between do not matter
    assert_eq!(answer(&[&thread[0]]), thread[1]);
    assert_eq!(answer(&[&amina.nudges[0], &thread[1], &thread[0]]), thread[2]);
    // and after the last line they thank, then acknowledge
    assert_eq!(answer(&[thread.last().unwrap()]), amina.thanks[0]);
    assert_eq!(answer(&[&amina.thanks[0], thread.last().unwrap()]), amina.acks[0]);
    assert_eq!(answer(&[]), amina.acks[0]);
}

#[test]
fn a_file_with_a_mistake_is_refused_with_a_sentence() {
    let one = |body: &str| Cast::parse("mine.toml", body, true).unwrap_err().to_string();
    let base = "[[customer]]\nname = \"A\"\nlanguage = \"sw\"\nnumbers = [\"+1\"]\n";
    assert!(one(&format!("{base}currency = \"KES\"\nchannels = [\"fax\"]")).contains("`fax`"));
    assert!(one(&format!("{base}currency = \"?\"\nchannels = []")).contains("no currency `?`"));
    assert!(one(&format!("{base}colour = 1")).contains("colour"));
    let twice = format!("{base}currency = \"KES\"\nchannels = [\"sms\"]\n").repeat(2);
    assert!(one(&twice).contains("two customers have the number +1"), "{}", one(&twice));
    let missing = Cast::load(Some(Path::new("/nowhere/cast.toml")), true).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/cast.toml: cannot be read"));
}
