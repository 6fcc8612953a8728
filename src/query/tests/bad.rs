//! What is said of a text that is no filter: the part that is wrong, what was expected, and what was meant.

use super::*;

/// The part that is wrong, and the whole message.
fn wrong(text: &str) -> (String, String) {
    let error = Filter::parse(text, &asker()).expect_err(text);
    (text[error.span.clone()].to_owned(), error.to_string())
}

#[test]
fn an_error_shows_its_part_of_the_text_and_says_what_was_expected() {
    for (text, part, words) in [
        ("habari tpye:msg", "tpye", "there is no field `tpye`"),
        ("tpye:msg", "tpye", "did you mean `type`?"),
        ("https://x.example", "https", "quotes around a text"),
        ("city=nai", "city", "there is no field `city`"),
        ("order_id:5", "order_id", "there is no field `order_id`"),
        ("type:mesage", "mesage", "did you mean `message`?"),
        ("chan:whatsap", "whatsap", "did you mean `whatsapp`?"),
        ("st:deliverd", "deliverd", "did you mean `delivered`?"),
        ("dir:sideways", "sideways", "one of in out none"),
        ("is:unread", "unread", "depends on who looks"),
        ("is:sad", "sad", "one of problem gap"),
        ("has:fun", "fun", "one of link media reply tag lease"),
        ("code:bad", "bad", "is no number of a status"),
        ("cur:shillings", "shillings", "three letters"),
        ("type>msg", ">", "`type` has no comparison `>`"),
        ("text>x", ">", "expected : = != ~"),
        ("type:", "", "a value is missing here"),
        ("type:msg,", "", "a value is missing here"),
        ("type:,msg", ",", "a value is missing here"),
        ("type: msg", " ", "a value is missing here"),
        (":x", ":", "a field is missing here"),
        ("a >5", ">", "a field is missing here"),
        ("amt>much", "much", "`much` is no amount"),
        ("amt:2000..1000", "2000..1000", "ends before it begins"),
        ("amt>1.2345678", "1.2345678", "is no amount"),
        ("at>25:00", "25:00", "there is no time of day `25:00`"),
        ("at:14:60", "14:60", "there is no time of day"),
        ("at:2026-02-30", "2026-02-30", "there is no day `2026-02-30`"),
        ("at:\"tomorrowish 14:00\"", "\"tomorrowish 14:00\"", "there is no day `tomorrowish`"),
        ("at>9", "9", "`9` alone is no time: write 9:00 as a time of day"),
        ("age<1mo", "1mo", "a month is not always as long"),
        ("at:15:00..14:00", "15:00..14:00", "ends before it begins"),
        ("at>-2x", "-2x", "is no length of time"),
        ("age<14", "14", "such as 30s, 15m"),
        ("age:2h", "2h", "nothing has exactly"),
        ("age<99999999999h", "99999999999h", "is no length of time"),
        ("\"never closed", "\"never closed", "this quote is never closed"),
        ("/never closed", "/never closed", "this pattern is never closed"),
        ("text~/(/", "/(/", "this is no pattern: unclosed group"),
        ("text~/a{1000}{1000}/", "/a{1000}{1000}/", "this pattern is too large"),
        ("/a/x", "x", "nothing may follow a pattern"),
        ("amt:/5/", "/5/", "`amt` takes no pattern"),
        ("(a OR b", "(", "this `(` is never closed"),
        ("a)", ")", "this `)` closes nothing"),
        ("()", ")", "a clause is missing here"),
        ("a OR", "", "a clause is missing here"),
        ("OR a", "O", "a clause is missing here"),
        ("a AND AND b", "A", "a clause is missing here"),
        ("NOT", "", "a clause is missing here"),
        ("- a", " ", "excludes nothing"),
    ] {
        let (found, message) = wrong(text);
        assert_eq!(found, part, "{text}: {message}");
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn limits_are_errors_with_words() {
    let long = "é".repeat(5_120);
    let (part, message) = wrong(&long);
    assert_eq!(part.len(), 10_240 - LONGEST);
    assert_eq!(message, "the filter has 10240 bytes; expected at most 1024");
    assert!(Filter::parse(&"é".repeat(512), &asker()).is_ok());
    let (part, message) = wrong(&"x ".repeat(100));
    assert_eq!(
        (part.as_str(), message.as_str()),
        ("x", "the filter has more than 64 clauses; expected fewer")
    );
    assert!(Filter::parse(&"x ".repeat(64), &asker()).is_ok());
    let (part, message) = wrong(&format!("{}a{}", "(".repeat(33), ")".repeat(33)));
    assert!(part == "(" && message.contains("at most 32"), "{message}");
    assert!(Filter::parse(&format!("{}a{}", "(".repeat(32), ")".repeat(32)), &asker()).is_ok());
}

#[test]
fn a_day_outside_of_the_calendar_is_an_error_and_never_a_panic() {
    let end = Asker::utc(Timestamp::from_micros(i64::MAX));
    for text in ["at:today", "at:14:00", "at>-1h", "at:yesterday", "at:9999-12-31", "age<1h"] {
        for asker in [&end, &Asker::utc(Timestamp::from_micros(i64::MIN)), &asker()] {
            if let Err(error) = Filter::parse(text, asker) {
                assert!(error.to_string().contains("calendar"), "{error}");
            }
        }
    }
}

#[test]
fn carets_stand_under_what_is_wrong() {
    let text = "né tpye:msg";
    let error = Filter::parse(text, &asker()).expect_err("no filter");
    assert_eq!(error.columns(text), (3, 4));
    let text = "type:";
    let error = Filter::parse(text, &asker()).expect_err("no filter");
    assert_eq!(error.columns(text), (5, 1));
}
