//! What the language means, case by case, and what is said of a text that is none.

mod any;
mod bad;

use super::*;
use crate::model::{
    Actor, Body, CallHop, CallStatus, Channel, ChannelNumber, Currency, CustomerNumber, DataValue,
    Direction, EventKind, HangupCause, Media, MessageStatus, Money, PaymentStatus, SecondaryId,
    Tag,
};
use std::time::Duration;

/// Saturday 28 November 2026, 14:03:20 in Nairobi.
pub(super) const NOW: Timestamp = Timestamp::from_secs(1_795_863_800);

pub(super) fn asker() -> Asker {
    Asker { now: NOW, zone: TimeZone::fixed(jiff::tz::offset(3)) }
}

fn filter(text: &str) -> Filter {
    Filter::parse(text, &asker()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(super) fn event(kind: EventKind) -> Event {
    Event {
        at: NOW.before(Duration::from_mins(10)),
        customer: Some("el_cst_4f2a".into()),
        app: Some("shop".into()),
        actor: Actor::Hub,
        number: Some(CustomerNumber::telco("+254712345880")),
        channel: Some(ChannelNumber::new(Channel::Whatsapp, "40404")),
        name: Some("Wanjirũ Kamau".into()),
        kind,
    }
}

fn message(text: &str) -> Event {
    event(EventKind::MessageReceived { id: "el_msg_1".into(), body: Body::text(text) })
}

fn tagged(value: &str) -> Event {
    let tag = Tag { key: "city".into(), value: value.into(), expires_at: None };
    event(EventKind::TagsUpdated(vec![tag]))
}

fn paid(minor: i64, status: PaymentStatus) -> Event {
    let currency = Currency::new("KES").expect("a currency");
    let value = Money { currency, minor };
    event(EventKind::PaymentReceived { id: "el_txn_1".into(), purse: None, value, status })
}

/// Checks which filters let an event pass, by the event and by its row.
fn check(event: &Event, cases: &[(&str, bool)]) {
    let row = haystack(event);
    for (text, hit) in cases {
        let filter = filter(text);
        assert_eq!(filter.matches(event), *hit, "{text}");
        assert_eq!(filter.matches_row(&row, |filter| filter.matches(event)), *hit, "{text}");
    }
}

#[test]
fn every_word_must_occur_in_some_column_unless_something_else_is_said() {
    check(
        &tagged("Nairobi"),
        &[
            ("", true),
            ("  ", true),
            ("wanjiru", true),
            ("WANJIRŨ nairobi", true),
            ("5880 whats tag", true),
            ("shop \"city=nai\"", true),
            ("wanjiru mombasa", false),
            ("wanjiru OR mombasa", true),
            ("mombasa OR wanjiru kisumu", false),
            ("(mombasa OR wanjiru) AND nairobi", true),
            ("-mombasa", true),
            ("NOT wanjiru", false),
            ("NOT NOT wanjiru", true),
            ("-(wanjiru nairobi)", false),
            ("-(wanjiru mombasa)", true),
            ("kamau whatsapp 40404", true),
            ("kamauwhatsapp", false),
            ("\"wanjiru kamau\"", true),
            ("\"kamau wanjiru\"", false),
            ("\"40404\ntag\"", false),
            ("/KAMAU/", false),
            ("/kamau/i", true),
        ],
    );
}

#[test]
fn case_accents_and_presentation_do_not_matter_but_vowels_do() {
    for (query, name, hit) in [
        ("dep", "Đẹp", true),
        ("strasse", "Straße", true),
        ("احمد", "أَحْمَد", true),
        ("ΟΔΟΣ", "οδος", true),
        ("میخواهم", "می\u{200c}خواهم", true),
        ("ab", "ＡＢ", true),
        ("istanbul", "İSTANBUL", true),
        ("janedoe", "Jane\u{200b}Doe", true),
        ("कि", "की", false),
        ("กิ", "กี", false),
    ] {
        let event = Event { name: Some(name.into()), ..tagged("x") };
        assert_eq!(filter(query).matches(&event), hit, "{query} in {name}");
        assert_eq!(filter(&format!("name:{query}")).matches(&event), hit, "{query} in {name}");
    }
}

#[test]
fn columns_are_asked_by_their_fields() {
    check(
        &message("Bado nasubiri refund ya oda 8841, https://duka.example/8841"),
        &[
            ("type:msg", true),
            ("type:MSG", true),
            ("type:message,pay", true),
            ("type:pay", false),
            ("type!=pay", true),
            ("dir:in", true),
            ("dir:out", false),
            ("chan:wa", true),
            ("chan:sms,whatsapp", true),
            ("chan:sms", false),
            ("chan:404", true),
            ("chan=404", false),
            ("chan:*404", true),
            ("chan~/^whatsapp 4/", true),
            ("num:*880", true),
            ("num:+2547*80", true),
            ("num:2547", true),
            ("num:*881", false),
            ("num=2547", false),
            ("name:kamau", true),
            ("name=kamau", false),
            ("name=\"wanjiru kamau\"", true),
            ("app:sho", true),
            ("app=shop", true),
            ("app!=shop", false),
            ("app:\"\"", false),
            ("text~/refund|rejesha/i", true),
            ("text:REFUND", true),
            ("text:wanjiru", false),
            ("text:rejesha,refund", true),
            ("text~refund", true),
            ("cust:4f2a", true),
            ("cust=4f2a", false),
            ("cust=el_cst_4f2a", true),
            ("has:link", true),
            ("has:media", false),
            ("has:media,link", true),
            ("has:reply", false),
            ("is:problem", false),
            ("is:gap", false),
            ("-is:gap", true),
            ("amt>0", false),
            ("amt!=5", true),
            ("sess:1", false),
            ("st:delivered", false),
            ("tag:vip", false),
        ],
    );
}

#[test]
fn times_are_those_of_whoever_asks() {
    // Ten minutes ago, at 13:53:20 in Nairobi.
    check(
        &message("x"),
        &[
            ("age<2h", true),
            ("age<10m", false),
            ("age<=10m", true),
            ("age>=10m", true),
            ("age>10m", false),
            ("age>9m59s", true),
            ("age:5m..1h30m", true),
            ("age:..5m", false),
            ("age:5m..", true),
            ("at:13:53", true),
            ("at:13:53:20", true),
            ("at:13:53:21", false),
            ("at:13:50..13:53", true),
            ("at:14:00..14:30", false),
            ("at>13:53", false),
            ("at>=13:53", true),
            ("at:\"sat 13:53\"", true),
            ("at:sat", true),
            ("at<sat", false),
            ("at>\"1h ago\"", true),
            ("at>-1mo", true),
            ("at<-1mo", false),
            ("at<13:53", false),
            ("at<=13:53", true),
            ("at>-15m", true),
            ("at<now", true),
            ("at:today", true),
            ("at:yesterday", false),
            ("at>\"yesterday 23:00\"", true),
            ("at:2026-08-21", false),
            ("at:2026-11-28", true),
            ("at:2026-11-28T13:53", true),
            ("at:\"2026-11-28 13:53\"", true),
            ("at:2026-11-28T10:53:20Z", true),
            ("at:2026-11-28T10:53:20+00:00", true),
            ("at:2026-11-01..2026-11-28", true),
            ("at:2026-11-28..", true),
            ("at:today,yesterday", true),
            ("at!=today", false),
        ],
    );
    // The same words of somebody in UTC mean other times.
    let utc = Filter::parse("at:13:53", &Asker::utc(NOW)).expect("a filter");
    assert!(!utc.matches(&message("x")));
}

#[test]
fn money_is_asked_in_whole_units_of_its_own_currency() {
    check(
        &paid(150_050, PaymentStatus::Success),
        &[
            ("amt>1000", true),
            ("amt>1500.5", false),
            ("amt>=1500.5", true),
            ("amt:1500.50", true),
            ("amt=1500", false),
            ("amt:1000..2000", true),
            ("amt:..1000", false),
            ("amt<=1500.5", true),
            ("amt!=7", true),
            ("cur:kes", true),
            ("cur:KES,UGX", true),
            ("cur!=KES", false),
            ("type:payment st:received", true),
            ("st:success", true),
            ("st:ok", true),
            ("st:bad", false),
            ("code:300", true),
            ("code:401", false),
        ],
    );
    let shillings = Money { currency: Currency::new("UGX").expect("a currency"), minor: 5_000 };
    let funded = event(EventKind::PurseFunded { purse: "main".into(), value: shillings });
    check(&funded, &[("amt:5000", true), ("amt:50", false)]);
}

#[test]
fn statuses_are_asked_by_word_in_every_family() {
    let failed = event(EventKind::MessageStatusChanged {
        id: "el_msg_1".into(),
        status: MessageStatus::NoConsent,
    });
    check(
        &failed,
        &[
            ("type:delivery is:problem", true),
            ("st:no_consent", true),
            ("st:No-Consent", true),
            ("st:\"no consent\"", true),
            ("st:bad", true),
            ("st:failed", false),
            ("st:failed,no_consent", true),
            ("st!=delivered", true),
            ("code:401", true),
        ],
    );
    let missed = event(EventKind::CallChanged {
        session: "el_ses_07c1".into(),
        direction: Direction::Inbound,
        hop: CallHop {
            status: CallStatus::NotAnswered,
            cause: HangupCause::UserBusy,
            ..CallHop::default()
        },
        duration: Duration::ZERO,
        cost: None,
    });
    check(
        &missed,
        &[
            ("type:call st:not_answered", true),
            ("st:busy", true),
            ("code:401", true),
            ("code:17", false),
            ("sess:07c1", true),
            ("dir:in", true),
        ],
    );
}

#[test]
fn what_an_event_is_about_is_asked_by_key_tag_and_value() {
    check(
        &tagged("Nairobi"),
        &[
            ("tag:city", true),
            ("tag:city=nairobi", true),
            ("tag=nairobi", true),
            ("tag=city", true),
            ("tag:city=nai", true),
            ("tag=city=nai", false),
            ("tag:vip", false),
            ("key:city", true),
            ("key:nairobi", false),
            ("has:tag", true),
            ("has:lease", false),
        ],
    );
    let values = vec![("order".to_owned(), DataValue::Text("8841".into()))];
    let data = event(EventKind::MetadataUpdated { values, over_lease: Some(3) });
    check(
        &data,
        &[
            ("meta.order:88", true),
            ("META.order=8841", true),
            ("meta.order~/^\\d+$/", true),
            ("meta.Order:88", false),
            ("meta.other:88", false),
            ("key:order", true),
            ("has:lease", true),
        ],
    );
    let ids = vec![SecondaryId { key: "passport".into(), value: "808083".into() }];
    let gone = event(EventKind::SecondaryIdsDeleted(ids));
    check(&gone, &[("key:passport", true), ("808083", false), ("type:ids", true)]);
}

#[test]
fn replies_and_media_are_asked_with_has() {
    let media = vec![Media { url: "https://x.example/a.jpg".into(), ..Media::default() }];
    let sent = event(EventKind::MessageSent {
        id: "el_msg_2".into(),
        body: Body { media, ..Body::default() },
        status: MessageStatus::Sent,
        in_reply_to: Some("el_msg_1".into()),
        work: None,
    });
    check(
        &sent,
        &[
            ("has:media", true),
            ("has:reply", true),
            ("has:link", false),
            ("dir:out st:sent st:pending", true),
        ],
    );
}

#[test]
fn a_filter_keeps_its_text_and_writes_itself_without_what_it_does_not_need() {
    assert_eq!(filter("  Jane  vip ").text(), "Jane  vip");
    for (text, plain) in [
        ("a AND b", "a b"),
        ("((a))  b", "a b"),
        ("a OR (b OR c)", "a OR b OR c"),
        ("NOT (a OR b) c", "-(a OR b) c"),
        ("- -a", ""),
        ("(a OR b) c", "(a OR b) c"),
        ("a (b c)", "a b c"),
        ("--a", "a"),
        ("-NOT a", "a"),
        ("name:\"x \\\" y\" /a b/i", "name:\"x \\\" y\" /a b/i"),
    ] {
        match Filter::parse(text, &asker()) {
            Ok(filter) => assert_eq!(filter.to_string(), plain, "{text}"),
            Err(_) => assert_eq!(plain, "", "{text}"),
        }
    }
}

#[test]
fn plain_words_are_never_read_as_the_language() {
    let words = Filter::of_words("  OR city=nai -x ");
    let event = Event { name: Some("Or -X".into()), ..tagged("Nairobi") };
    assert!(words.matches(&event) && !words.matches(&message("x")));
    assert!(Filter::of_words(" ").is_empty() && Filter::of_words(" ").matches(&event));
}

#[test]
fn a_row_says_all_that_words_and_columns_ask() {
    let row = haystack(&message("habari"));
    for text in ["habari", "type:msg chan:wa num:*880", "name:kamau OR app=shop", "-text:x"] {
        assert_ne!(filter(text).of_row(&row), RowVerdict::Maybe, "{text}");
        assert!(!filter(text).needs_event(), "{text}");
    }
    for text in ["age<2h", "habari is:problem", "/habari/", "-cust:x"] {
        assert_eq!(filter(text).of_row(&row), RowVerdict::Maybe, "{text}");
        assert!(filter(text).needs_event(), "{text}");
    }
    assert_eq!(filter("nobody is:problem").of_row(&row), RowVerdict::No);
    assert_eq!(filter("habari OR is:problem").of_row(&row), RowVerdict::Yes);
}

#[test]
fn what_may_stand_at_the_cursor_is_offered_with_its_meaning() {
    let offers = |text: &str| {
        let found = complete(text, text.len());
        let words: Vec<_> = found.offers.into_iter().map(|offer| offer.text).collect();
        (text[found.span].to_owned(), found.field, words)
    };
    assert_eq!(
        offers("habari a"),
        ("a".into(), None, vec!["amt>".into(), "age<".into(), "at:".into(), "app:".into()])
    );
    assert_eq!(offers("-(ty"), ("ty".into(), None, vec!["type:".into()]));
    assert_eq!(offers("type:msg,p"), ("p".into(), Some(FilterField::Type), vec!["pay".into()]));
    assert_eq!(offers("chan:w").2, ["whatsapp"]);
    assert_eq!(offers("st:deliv").2, ["delivered"]);
    assert_eq!(offers("has:").2.len(), 5);
    assert_eq!(offers("num:07"), ("07".into(), Some(FilterField::Num), vec![]));
    assert_eq!(offers("name:\"x y"), ("\"x y".into(), Some(FilterField::Name), vec![]));
    assert_eq!(offers("tpye:x"), ("tpye:x".into(), None, vec![]));
    assert_eq!(complete("type:msg", 2).offers.len(), 1, "before the cursor only");
    assert_eq!(complete("", 9).offers.len(), FIELDS.len());
}

#[test]
fn a_clause_is_made_from_what_an_event_has() {
    let event = message("habari");
    for (field, clause) in [
        (FilterField::Type, Some("type:msg")),
        (FilterField::Chan, Some("chan:whatsapp")),
        (FilterField::Num, Some("num=+254712345880")),
        (FilterField::Cust, Some("cust=el_cst_4f2a")),
        (FilterField::App, Some("app=shop")),
        (FilterField::By, Some("by=hub")),
        (FilterField::Name, Some("name=\"Wanjirũ Kamau\"")),
        (FilterField::Dir, Some("dir:in")),
        (FilterField::Sess, None),
        (FilterField::St, None),
        (FilterField::Is, None),
    ] {
        let made = clause_of(&event, field);
        assert_eq!(made.as_deref(), clause);
        assert!(made.is_none_or(|made| filter(&made).matches(&event)));
    }
}

#[test]
fn every_row_of_the_table_has_an_example_that_is_a_filter() {
    for (at, row) in FIELDS.iter().enumerate() {
        assert_eq!(row.field as usize, at);
        assert!(row.example.starts_with(row.word), "{}", row.example);
        filter(row.example);
        for operator in row.compares.operators() {
            let word = if row.field == FilterField::Meta { "meta.k" } else { row.word };
            let value = row.example.rsplit([':', '<', '>', '~', '=']).next().unwrap_or_default();
            let value = match (row.field, *operator) {
                (FilterField::At, _) => "13:53",
                (FilterField::Age, ":") => "1h..2h",
                (FilterField::Text, _) => "x",
                (_, _) => value,
            };
            filter(&format!("{word}{operator}{value}"));
        }
        for (word, _) in row.field.words() {
            filter(&format!("{}:{word}", row.word));
        }
    }
}

#[test]
fn r_time_6_a_filter_means_the_same_at_a_hub_whatever_the_zone_is_and_never_utc_instead() {
    let posix = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("a rule");
    for zone in
        [posix, TimeZone::fixed(jiff::tz::offset(-5)), TimeZone::get("Pacific/Apia").unwrap()]
    {
        let asker = Asker { now: NOW, zone };
        // In July the clocks of some of them are an hour ahead of what they show now.
        let text = "at:\"2026-07-01 12:00\"";
        let sent = asker.asks(text);
        let there = Filter::asked(&sent).unwrap_or_else(|why| panic!("{}: {why}", sent.zone));
        assert_eq!(Ok(there), Filter::parse(text, &asker), "{}", sent.zone);
    }
    let nowhere = AskedFilter { text: "at:today".into(), now: NOW, zone: "Mars/Phobos".into() };
    let why = Filter::asked(&nowhere).expect_err("no zone").to_string();
    assert!(why.contains("there is no time zone `Mars/Phobos`"), "{why}");
}
