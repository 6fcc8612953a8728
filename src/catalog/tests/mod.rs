//! Every declaration builds its command, refuses what the hub would, and says how to mend it.

use super::*;
use crate::{
    catalog::{
        command_line::command_line,
        entry::{keys, pairs},
    },
    model::{
        Body, Channel, ChannelNumber, Currency, CustomerCommand, CustomerNumber, CustomerRef,
        DataValue, Money, Provider, PurseBalance, Tag, settings::BoundChannel,
    },
};
use std::collections::BTreeSet;

pub(crate) mod coverage;
mod grammars;
mod refusals;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_442_400); // 2026-11-23 14:00 UTC

pub(crate) fn hello() -> Hello {
    let bound = |channel, number: &str| BoundChannel {
        channel: ChannelNumber::new(channel, number),
        app: None,
        purse: None,
        carrier: None,
        prompt_window: None,
    };
    Hello {
        channels: vec![
            bound(Channel::Sms, "40404"),
            bound(Channel::Telegram, "acme_bot"),
            BoundChannel { purse: Some("main".into()), ..bound(Channel::Payment, "5250") },
            bound(Channel::Voice, "0800"),
        ],
        fills_gaps: true,
        paces_works: true,
        times_works: true,
        ..Hello::default()
    }
}

fn target() -> Target {
    Target {
        customer: Some("el_cst_9b1f".into()),
        name: "Jane W.".into(),
        numbers: vec![
            CustomerNumber::telco("+254711000001"),
            CustomerNumber::new(Provider::Telegram, "4417"),
        ],
        channel: None,
        reply_to: Some(Quoted {
            id: "el_msg_7".into(),
            number: CustomerNumber::telco("+254711000001"),
            channel: ChannelNumber::new(Channel::Sms, "40404"),
            text: "habari".into(),
            at: NOW,
        }),
        ..Target::default()
    }
}

pub(crate) fn build(
    spec: &Spec,
    target: &Target,
    values: &[(&str, &str)],
) -> Result<CustomerCommand, String> {
    let hello = hello();
    let cx = BuildContext { hello: &hello, at: NOW, zone: &zone(), purses: &[] };
    let values = values.iter().fold(Values::default(), |all, (k, v)| all.with(k, *v));
    (spec.build)(&values, target, &cx).map_err(|errors| errors.to_string())
}

pub(crate) fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(3))
}

#[test]
fn ids_verbs_and_field_names_are_unique_and_every_spec_has_help() {
    let ids: BTreeSet<_> = ALL.iter().map(|spec| spec.id).collect();
    let verbs: BTreeSet<_> = ALL.iter().map(|spec| spec.verb.name).collect();
    assert_eq!((ids.len(), verbs.len()), (ALL.len(), ALL.len()));
    for spec in ALL {
        let names: BTreeSet<_> = spec.fields.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), spec.fields.len(), "{}", spec.id);
        assert!(!spec.fields.is_empty() && !spec.verb.help.is_empty());
        assert_eq!(Spec::by_id(spec.id).map(|s| s.verb.name), Some(spec.verb.name));
    }
    assert!(Spec::by_id("nothing").is_none() && MESSAGE.field("text").is_some());
}

#[test]
fn a_message_goes_to_a_number_from_a_channel_number() {
    let values = [("text", "habari"), ("to", "+254711000001"), ("from", "sms 40404")];
    let want = CustomerCommand::SendMessage {
        to: CustomerNumber::telco("+254711000001"),
        from: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text("habari"),
        seen: None,
    };
    assert_eq!(build(&MESSAGE, &target(), &values), Ok(want.clone()));
    assert_eq!(build(&MESSAGE, &Target::default(), &values), Ok(want), "headless, by number alone");
}

#[test]
fn a_channel_number_that_is_on_one_channel_only_needs_no_word() {
    let mut hello = hello();
    let read = |text: &str, hello: &Hello| choice::parse_channel(text, hello, ChannelUse::Messages);
    let sms = ChannelNumber::new(Channel::Sms, "40404");
    assert_eq!(read("40404", &hello), Ok(sms.clone()));
    assert!(read("5250", &hello).is_err(), "it only takes payments");
    let whatsapp = ChannelNumber::new(Channel::Whatsapp, "40404");
    hello.channels.push(BoundChannel {
        channel: whatsapp,
        app: None,
        purse: None,
        carrier: None,
        prompt_window: None,
    });
    let why = read("40404", &hello).expect_err("two channels");
    assert!(why.contains("such as sms 40404"), "{why}");
}

#[test]
fn r_canned_4_a_text_by_tag_may_have_gaps_and_no_other() {
    let by_tag = |text: &str| {
        let values = [("tag", "tier=gold"), ("text", text), ("from", "sms 40404")];
        build(&MESSAGE_BY_TAG, &Target::default(), &values)
    };
    for (text, fills) in [
        ("habari", false),
        ("habari {{first-name}}", true),
        ("habari {{tag.tier|member}}", true),
        ("{{1}", false),
    ] {
        let command = by_tag(text).unwrap();
        assert_eq!(command.fills(), fills, "{text}");
    }
    for text in ["{{?amount}}", "{{frist-name}}", "{{frist-name|x}}", "{{name}} {{?x|1}}", "{{1}}"]
    {
        let why = by_tag(text).unwrap_err();
        assert!(why.contains("has no value: fill it in"), "{text}: {why}");
    }
    let older = Hello { fills_gaps: false, ..hello() };
    let cx = BuildContext { hello: &older, at: NOW, zone: &zone(), purses: &[] };
    let values = Values::default().with("tag", "tier=gold").with("text", "{{name|x}}");
    let values = values.with("from", "sms 40404");
    let why = (MESSAGE_BY_TAG.build)(&values, &Target::default(), &cx).unwrap_err();
    assert!(why.get("text").is_some_and(|why| why.contains("this hub fills no gaps")), "{why:?}");
    // Everywhere else nobody would fill them, fallback or not.
    let session = coverage::target_of(&ANSWER_USSD);
    for text in ["hi {{name}}", "hi {{name|friend}}", "hi {{?amount|1}}", "{{x}}"] {
        let values = [("text", text), ("to", "+254711000001"), ("from", "sms 40404")];
        let why = build(&MESSAGE, &target(), &values).unwrap_err();
        assert!(why.contains("has no value: fill it in"), "{text}: {why}");
        let why = build(&ANSWER_USSD, &session, &[("text", text)]).unwrap_err();
        assert!(why.contains("has no value: fill it in"), "{text}: {why}");
    }
}

#[test]
fn a_message_that_the_hub_would_refuse_is_refused_here_with_the_reason() {
    let refused = |values: &[(&str, &str)]| build(&MESSAGE, &target(), values).unwrap_err();
    let (to, from) = (("to", "+254711000001"), ("from", "sms 40404"));
    assert_eq!(refused(&[("text", " \n"), to, from]), "text: write something");
    assert!(refused(&[("text", "hi {{name}}"), to, from]).contains("{{name}} has no value"));
    assert!(refused(&[("text", &"x".repeat(4_097)), to, from]).contains("1 characters too long"));
    let unreachable = refused(&[("text", "hi"), to, ("from", "telegram acme_bot")]);
    assert!(unreachable.contains("telegram cannot reach a telco number"), "{unreachable}");
    assert!(refused(&[("text", "hi"), to, ("from", "sms 11111")]).contains("not one of the org's"));
    assert!(
        refused(&[("text", "hi"), to, ("from", "payment 5250")]).contains("messages travel on")
    );
    let other = refused(&[("text", "hi"), ("to", "+254799999999"), from]);
    assert!(other.contains("not one of this customer's numbers"), "{other}");
}

#[test]
fn headless_numbers_are_checked() {
    let refused = |to: &str| {
        let values = [("text", "hi"), ("to", to), ("from", "sms 40404")];
        build(&MESSAGE, &Target::default(), &values).err()
    };
    assert_eq!(refused("40404"), None, "a short code");
    assert_eq!(refused("+254711000001"), None);
    assert!(refused("").unwrap().contains("whom: a number"));
    assert!(refused("+25471").unwrap().contains("5 digits after the plus"), "R-ADDR-6");
    assert_eq!(refused("+254 711-000 (001)"), None, "the hub reads it");
    assert!(refused("+2547110000o1").unwrap().contains("only digits"));
    // Without the org's region only its own numbers tell what was meant, and here none does.
    assert!(refused("0711000001").unwrap().contains("write it with its country"));
    assert!(refused("passport:1234").unwrap().contains("a number is needed"));
}

#[test]
fn r_addr_6_local_numbers_are_of_the_region_or_say_what_was_meant() {
    let build = |spec: &Spec, region: &str, values: &[(&str, &str)], target: &Target| {
        let channel = ChannelNumber::new(Channel::Voice, "+254711082300");
        let ours =
            BoundChannel { channel, app: None, purse: None, carrier: None, prompt_window: None };
        let mut hello = Hello { region: region.into(), ..hello() };
        hello.channels.push(ours);
        let cx = BuildContext { hello: &hello, at: NOW, zone: &zone(), purses: &[] };
        let values = values.iter().fold(Values::default(), |all, (k, v)| all.with(k, *v));
        (spec.build)(&values, target, &cx).map_err(|errors| errors.to_string())
    };
    let anyone = Target::default();
    let refused = |region: &str, to: &str| {
        let message = [("text", "hi"), ("to", to), ("from", "sms 40404")];
        let call = [("to", to), ("from", "voice 0800")];
        let party = [("from", "purse:main"), ("to", "customer"), ("number", to)];
        let pay = [("amount", "KES 5"), ("via", "payment 5250")];
        let pay: Vec<_> = party.into_iter().chain(pay).collect();
        let adopt = [("other", to)];
        let said = [
            build(&MESSAGE, region, &message, &anyone).err(),
            build(&CALL, region, &call, &anyone).err(),
            build(&PAY, region, &pay, &anyone).err(),
            build(&ADOPT, region, &adopt, &target()).err(),
        ];
        let bare: Vec<_> =
            said.map(|why| why.map(|why| why.split_once(": ").unwrap().1.to_owned())).into();
        assert!(bare.iter().all(|why| *why == bare[0]), "{bare:?}");
        bare[0].clone()
    };
    for written in
        ["0733900001", "254733900001", "00254733900001", "+254733900001", "0733 900 001", "40404"]
    {
        assert_eq!(refused("KE", written), None, "{written}");
    }
    let short = refused("KE", "07339").expect("refused");
    assert!(
        short.contains("07339 is too short")
            && short.contains("did you mean")
            && short.contains("+2547339"),
        "{short}"
    );
    let meant = refused("", "0733900001").expect("refused");
    assert!(meant.contains("did you mean +254733900001?"), "by the org's own numbers: {meant}");
    // A number goes out as it was written: only the hub knows whether somebody has exactly that.
    let message = [("text", "hi"), ("to", "0733 900 001"), ("from", "sms 40404")];
    let Ok(CustomerCommand::SendMessage { to, .. }) = build(&MESSAGE, "KE", &message, &anyone)
    else {
        panic!()
    };
    assert_eq!(to, CustomerNumber::telco("0733 900 001"));
}

#[test]
fn a_reply_needs_its_message() {
    let values = [("text", "njiani")];
    let want = CustomerCommand::ReplyToMessage {
        customer: "el_cst_9b1f".into(),
        message: "el_msg_7".into(),
        body: Body::text("njiani"),
        seen: None,
    };
    assert_eq!(build(&REPLY, &target(), &values), Ok(want));
    let without = Target { reply_to: None, ..target() };
    assert!(build(&REPLY, &without, &values).unwrap_err().contains("write a message instead"));
}

#[test]
fn tags_are_set_with_one_expiry_and_removed_by_key() {
    let customer = CustomerRef::Id("el_cst_9b1f".into());
    let expires_at = Some(Timestamp::from_secs(NOW.secs() + 7 * 86_400));
    let tag = |key: &str, value: &str| Tag { key: key.into(), value: value.into(), expires_at };
    let values = [("tags", "tier=vip, lang=sw\nnote=\"a, b\""), ("expires", "+7d")];
    let tags = vec![tag("tier", "vip"), tag("lang", "sw"), tag("note", "a, b")];
    let want = CustomerCommand::UpdateTags { customer: customer.clone(), tags };
    assert_eq!(build(&UPDATE_TAGS, &target(), &values), Ok(want));
    let want = CustomerCommand::DeleteTags { customer, keys: vec!["tier".into(), "lang".into()] };
    assert_eq!(build(&DELETE_TAGS, &target(), &[("keys", "tier, lang, tier")]), Ok(want));
    assert!(build(&UPDATE_TAGS, &target(), &[]).unwrap_err().contains("which tags"));
    assert!(build(&DELETE_TAGS, &target(), &[("keys", "a=b")]).unwrap_err().contains("keys only"));
}

#[test]
fn metadata_is_stored_as_text_exactly_as_written() {
    let customer = CustomerRef::Id("el_cst_9b1f".into());
    let written = "{\"a\": 1}\n ";
    let values = vec![("survey".to_owned(), DataValue::Text(written.into()))];
    let want = CustomerCommand::UpdateMetadata { customer: customer.clone(), values };
    let got = build(&UPDATE_METADATA, &target(), &[("key", " survey "), ("value", written)]);
    assert_eq!(got, Ok(want));
    let want = CustomerCommand::DeleteMetadata { customer, keys: vec!["survey".into()] };
    assert_eq!(build(&DELETE_METADATA, &target(), &[("keys", "survey")]), Ok(want));
    let large = "x".repeat(64 * 1024 + 1);
    let refused = build(&UPDATE_METADATA, &target(), &[("key", "k"), ("value", &large)]);
    assert!(refused.unwrap_err().contains("65537 bytes"));
}

#[test]
fn lists_are_read_and_their_faults_named() {
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    assert_eq!(pairs("a=1,b=2\nc=3"), Ok(vec![pair("a", "1"), pair("b", "2"), pair("c", "3")]));
    assert_eq!(pairs("a=1, a=2"), Ok(vec![pair("a", "2")]), "R-TAG-1: the last wins");
    assert_eq!(pairs("a=b=c"), Ok(vec![pair("a", "b=c")]));
    assert_eq!(pairs(" \n,, "), Ok(vec![]));
    assert!(pairs("vip").unwrap_err().contains("write it as key=value"));
    assert!(pairs("vip=").unwrap_err().contains("vip has no value"));
    assert!(pairs("=x").unwrap_err().contains("a key is missing"));
    assert!(keys(&"k".repeat(256)).unwrap_err().contains("256 characters"));
}

#[test]
fn r_time_1_a_field_takes_every_time_and_says_back_how_it_is_understood() {
    let times = [("tags", "tier=vip"), ("expires", "mon 9")];
    let Ok(CustomerCommand::UpdateTags { tags, .. }) = build(&UPDATE_TAGS, &target(), &times)
    else {
        panic!("a tag until Monday")
    };
    let monday = Timestamp::from_secs(1_796_018_400); // 2026-11-30 09:00 at +03
    assert_eq!(tags[0].expires_at, Some(monday));
    let refused = build(&UPDATE_TAGS, &target(), &[("tags", "tier=vip"), ("expires", "7")]);
    assert!(refused.unwrap_err().contains("expires: `7` alone is no time: write 7:00"));
    let reminder = [("key", "renewal"), ("at", "in 30"), ("every", "1mo")];
    let refused = build(&ADD_REMINDER, &target(), &reminder).unwrap_err();
    assert!(refused.contains("at: `30` has no unit"), "{refused}");
    assert!(refused.contains("every: a month is not always as long"), "{refused}");

    let hello = hello();
    let cx = BuildContext { hello: &hello, at: NOW, zone: &zone(), purses: &[] };
    let said =
        |kind, text: &str, target: &Target| said::time(&ADD_REMINDER, kind, text, target, &cx);
    let kenya = said(FieldKind::Moment, "+7d", &target());
    assert_eq!(kenya, ["Mon 2026-11-30 17:00 +03, in 7 days"], "the clocks there show the same");
    let apia = Target { timezone: Some("Pacific/Apia".into()), ..target() };
    let want = [
        "Mon 2026-11-30 17:00 +03, in 7 days",
        "for the customer Tue 2026-12-01 03:00 +13 (by their data)",
    ];
    assert_eq!(said(FieldKind::Moment, "+7d", &apia), want);
    assert_eq!(said(FieldKind::Expiry, "never", &apia), ["never"]);
    assert_eq!(said(FieldKind::Every, "90m", &apia), ["again every 1h30m"]);
    assert!(said(FieldKind::Moment, "soon", &apia).is_empty());
}

pub(crate) fn purses() -> Vec<PurseBalance> {
    let money = |code: &str, minor| Money { currency: Currency::new(code).expect("a code"), minor };
    let purse = |id: &str, has: Money| PurseBalance {
        id: id.into(),
        available: has,
        actual: has,
        pending: 0,
    };
    vec![purse("main", money("KES", 1_000_000)), purse("usd", money("USD", 5_000))]
}

#[test]
fn r_pay_12_an_amount_is_in_the_currency_of_the_purse_unless_it_says_another() {
    let (hello, purses, zone) = (hello(), purses(), zone());
    let cx = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &purses };
    let asked = |spec: &Spec, values: &[(&str, &str)]| {
        let values = values.iter().fold(Values::default(), |all, (k, v)| all.with(k, *v));
        match (spec.build)(&values, &target(), &cx) {
            Ok(CustomerCommand::InitiatePayment { value, .. }) => value.to_string(),
            Ok(other) => panic!("{other:?}"),
            Err(errors) => errors.to_string(),
        }
    };
    let request = |amount: &str, purse: &str| {
        let number = [("number", "+254711000001"), ("via", "payment 5250")];
        asked(&REQUEST, &[&number[..], &[("amount", amount), ("into", purse)]].concat())
    };
    for written in ["1500", "1,500", "1500.00", "KES 1,500.00", "1500 kes", "kes1500"] {
        assert_eq!(request(written, "main"), "KES 1,500.00", "{written}");
    }
    assert_eq!(request("20", "usd"), "USD 20.00");
    assert_eq!(request("20", "purse:usd"), "USD 20.00");
    assert_eq!(request("UGX 20", "main"), "UGX 20", "the hub says that nothing is converted");
    assert!(request("1.005", "main").contains("KES has 2 decimals, not 3"));
    assert_eq!(
        request("5", "other"),
        "into: the org has no purse other: write one, such as main or usd; \
        amount: in which currency: a code of three letters, such as KES 5"
    );
    assert!(request("5", "").contains("into: which purse, such as main or usd"));
    let pay = |from: &str, to: &str| asked(&PAY, &[("amount", "1500"), ("from", from), ("to", to)]);
    assert_eq!(pay("purse:main", "wallet:savings"), "KES 1,500.00");
    assert_eq!(pay("wallet:savings", "purse:usd"), "USD 1,500.00");
    assert!(pay("wallet:a", "wallet:b").contains("in which currency"));
    // A hub that names no purses takes any, with the currency written.
    let unnamed = Hello { channels: Vec::new(), ..hello.clone() };
    let cx = BuildContext { hello: &unnamed, purses: &[], ..cx };
    assert_eq!(choice::parse_purse("till-7", &cx), Ok("till-7".into()));
}

#[test]
fn channels_that_cannot_reach_the_number_say_so() {
    let all = choice::channels(
        &target(),
        &hello(),
        Some(&CustomerNumber::telco("+254711000001")),
        ChannelUse::Messages,
    );
    let words: Vec<_> = all.iter().map(|c| (c.value.as_str(), c.refused.is_some())).collect();
    assert_eq!(
        words,
        [("sms 40404", false), ("telegram acme_bot", true)],
        "payment is no messaging"
    );
}

#[test]
fn the_same_for_a_shell() {
    let line = |spec: &Spec, values: &[(&str, &str)]| {
        let values = values.iter().fold(Values::default(), |all, (k, v)| all.with(k, *v));
        command_line(spec, &target(), &values)
    };
    assert_eq!(
        line(&MESSAGE, &[("text", "it's me"), ("to", "+254711000001"), ("from", "sms 40404")]),
        "switchboard send --text 'it'\\''s me' --to +254711000001 --channel sms --from 40404"
    );
    assert_eq!(
        line(&REPLY, &[("text", "a\n'b'")]),
        "switchboard reply --customer el_cst_9b1f --message el_msg_7 --text $'a\\n\\'b\\''"
    );
    assert_eq!(
        line(&UPDATE_TAGS, &[("tags", "tier=vip"), ("expires", "+7d")]),
        "switchboard tag --customer el_cst_9b1f --tags 'tier=vip' --expires +7d"
    );
    assert_eq!(
        line(&REPLY, &[("text", "-1")]),
        "switchboard reply --customer el_cst_9b1f --message el_msg_7 --text=-1"
    );
}
