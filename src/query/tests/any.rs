//! What holds for every text and every event.

use super::*;
use crate::model::arbitrary;
use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree, test_runner::TestRunner,
};

/// A clause that can be parsed.
fn clause() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "type:msg,pay",
        "type!=msg",
        "type:tag,data,ids",
        "dir:in",
        "dir:out,none",
        "chan:sms",
        "chan:wa,40404",
        "chan:\"\"",
        "chan~/\\d/",
        "st:ok",
        "st:bad,delivered",
        "st!=pending",
        "code:401,300",
        "cust:a",
        "num:*1",
        "num:\"\"",
        "num~/[0-9]+/",
        "name:a",
        "name=\"\"",
        "tag:a",
        "tag=\"\"",
        "meta.a:b",
        "key:a",
        "text:a",
        "text~/[aeiou]{2}/i",
        "text:\"\"",
        "amt>0",
        "amt:..100000",
        "cur:kes,ugx",
        "age<20000d",
        "age:1h..400000d",
        "at>2030-01-01",
        "at:1970-01-01..2020-12-31",
        "at:-1h..now",
        "sess:a",
        "app:a",
        "app!=\"\"",
        "is:problem",
        "is:gap",
        "has:link",
        "has:media,reply",
        "has:tag,lease",
        "/a.*b/",
        "a",
        "e",
        "1",
        "\"a b\"",
        "zzzz",
    ];
    prop_oneof![
        6 => select(KNOWN).prop_map(str::to_owned),
        1 => "[a-z0-9+]{1,2}",
        1 => "\\PC{1,4}".prop_map(|text| quoted(&text)),
        1 => "\\PC{1,4}".prop_map(|text| format!("name:{}", quoted(&text))),
    ]
}

/// A filter that can be parsed.
fn any_filter() -> impl Strategy<Value = String> {
    clause().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(|all| format!("({})", all.join(" OR "))),
            vec(inner.clone(), 1..4).prop_map(|all| all.join(" ")),
            vec(inner.clone(), 1..3).prop_map(|all| format!("({})", all.join(" AND "))),
            inner.prop_map(|one| format!("NOT ({one})")),
        ]
    })
}

/// Text that looks like the language and mostly is not.
fn nonsense() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "(",
        ")",
        "-",
        "\"",
        "/",
        "/i",
        ",",
        "..",
        ":",
        "=",
        "!=",
        ">",
        "<=",
        "~",
        " ",
        "OR",
        "AND",
        "NOT",
        "type",
        "meta.",
        "at",
        "age",
        "amt",
        "is",
        "st",
        "msg",
        "14:00",
        "25:61",
        "2026-02-30",
        "-9999999999999w",
        "1.5",
        "*",
        "\\",
        "[a-",
        "{999}",
        "é",
        "\u{200b}",
        "\n",
        "yesterday",
        "now",
        "9999-12-31",
        "T",
        "Z",
    ];
    prop_oneof![
        vec(select(PARTS), 0..24).prop_map(|parts| parts.concat()),
        any::<String>(),
        vec(any::<char>(), 0..1_200).prop_map(String::from_iter),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in nonsense(), now in arbitrary::time(), cursor in 0..2_000_usize) {
        let asker = Asker::utc(now);
        match Filter::parse(&text, &asker) {
            Ok(filter) => {
                let again = Filter::parse(&filter.to_string(), &asker);
                prop_assert_eq!(again.map(|filter| filter.root), Ok(filter.root));
            }
            Err(error) => {
                prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
                prop_assert!(!error.to_string().is_empty() && error.columns(&text).1 > 0);
            }
        }
        let found = complete(&text, cursor);
        prop_assert!(text.get(found.span).is_some());
    }

    #[test]
    fn a_filter_that_is_written_and_parsed_again_is_the_same(text in any_filter()) {
        prop_assume!(text.len() <= LONGEST);
        let Ok(filter) = Filter::parse(&text, &asker()) else { return Err(TestCaseError::reject("too long")) };
        let written = filter.to_string();
        prop_assert!(written.len() <= text.len(), "{} {}", text, written);
        let again = Filter::parse(&written, &asker()).expect("a filter");
        prop_assert_eq!(&again.root, &filter.root);
        prop_assert_eq!(again.to_string(), written);
    }

    #[test]
    fn quotes_make_a_text_of_anything(text in prop_oneof![any::<String>(), "-?[a-c:.=]{0,4}", "(OR|AND|NOT|or|not)"], event in arbitrary::event()) {
        prop_assume!(text.len() < 400);
        let words = Filter::parse(&quoted(&text), &asker()).expect("a filter");
        prop_assert_eq!(words.matches(&event), haystack(&event).contains(&row::plain(&text)));
    }

    #[test]
    fn a_clause_made_from_an_event_matches_it(event in arbitrary::event()) {
        prop_assert!(clause_of(&event, FilterField::Type).is_some(), "no word for {}", event.kind.code());
        for row in FIELDS {
            if let Some(clause) = clause_of(&event, row.field).filter(|clause| clause.len() <= LONGEST) {
                let filter = Filter::parse(&clause, &asker()).expect("a filter");
                prop_assert!(filter.matches(&event), "{}", clause);
                prop_assert!(filter.matches_row(&haystack(&event), |_| filter.matches(&event)));
            }
        }
    }

    #[test]
    fn a_value_that_was_seen_finds_where_it_was_seen(event in arbitrary::event()) {
        for row in FIELDS.iter().filter(|row| row.field != FilterField::Meta) {
            for value in values(&event, row.field, None) {
                let clause = format!("{}:{}", row.word, quoted(&value));
                if clause.len() <= LONGEST {
                    let filter = Filter::parse(&clause, &asker()).expect("a filter");
                    prop_assert!(filter.matches(&event), "{}", clause);
                }
            }
        }
    }

    #[test]
    fn the_parts_of_a_filter_say_together_what_it_says(text in any_filter(), event in arbitrary::event(), kept in 0..64_usize) {
        prop_assume!(text.len() <= LONGEST);
        let Ok(filter) = Filter::parse(&text, &asker()) else { return Err(TestCaseError::reject("too long")) };
        let parts: Vec<_> =
            filter.parts().iter().map(|part| Filter::parse(part, &asker()).expect("a filter")).collect();
        prop_assert_eq!(parts.iter().all(|part| part.matches(&event)), filter.matches(&event));
        let is_kept = |at: usize| at != kept % parts.len().max(1);
        let only = filter.only(is_kept);
        let others = parts.iter().enumerate().filter(|(at, _)| is_kept(*at));
        let expected = others.map(|(_, part)| part).all(|part| part.matches(&event));
        prop_assert_eq!(only.matches(&event), expected, "{} of {}", only, filter);
        let both = Filter::parse(&filter.text_and("habari"), &asker());
        if let Ok(both) = both {
            let one = Filter::parse("habari", &asker()).expect("a filter");
            prop_assert_eq!(both.matches(&event), filter.matches(&event) && one.matches(&event));
        }
    }
}

/// A row that is asked first says the same as the event, and never excludes what matches: on 100,000 events,
/// alone and among its neighbours. Each has the parts of four of a thousand random events, because that is
/// quicker than to draw them all.
#[test]
fn a_row_and_its_event_say_the_same_of_100_000_events() {
    let mut runner = TestRunner::deterministic();
    let (event, text) = (arbitrary::event(), any_filter());
    let (mut asked, mut hits, mut by_row) = (0, 0, 0);
    let drawn: Vec<Event> =
        (0..1_000).map(|_| event.new_tree(&mut runner).expect("an event").current()).collect();
    while asked < 100_000 {
        let mut pick = || &drawn[(0..drawn.len()).new_tree(&mut runner).expect("one").current()];
        let mut next = || Event {
            number: pick().number.clone(),
            name: pick().name.clone(),
            channel: pick().channel.clone(),
            ..pick().clone()
        };
        let events: Vec<Event> = (0..50).map(|_| next()).collect();
        let rows: Vec<String> = events.iter().map(haystack).collect();
        let all = rows.concat();
        asked += events.len();
        for _ in 0..2 {
            let text = text.new_tree(&mut runner).expect("a filter").current();
            let Ok(filter) = Filter::parse(&text, &asker()) else { continue };
            let mut any = false;
            for (event, row) in events.iter().zip(&rows) {
                let matches = filter.matches(event);
                let verdict = filter.of_row(row);
                assert_eq!(
                    filter.matches_row(row, |filter| filter.matches(event)),
                    matches,
                    "{text} {event:?}"
                );
                any |= matches;
                hits += usize::from(matches);
                by_row += usize::from(verdict != RowVerdict::Maybe);
            }
            assert!(!any || filter.may_match_in(&all), "{text} excludes what matches");
        }
    }
    assert!(hits > 10_000 && by_row > 10_000, "the filters ask too little: {hits} {by_row}");
}
