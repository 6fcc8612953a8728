//! What is written out is read back as what it was: plans, amounts, parties and times.

use super::*;
use crate::{
    catalog::{PaymentSide::Receives, amount, party, plan},
    model::{Currency, CustomerId, Money, PaymentParty, Prompt, Say, Voice, VoiceAction},
};
use proptest::prelude::*;
use std::time::Duration;

/// A text as an agent would leave it: not empty, and without blanks around it.
fn said() -> impl Strategy<Value = String> {
    "[^ -~]{0,2}[ -~\\n\\\\\\[\\]:ሰ😀]{1,40}"
        .prop_map(|text| text.replace(|c: char| c.is_control() && c != '\n', "").trim().to_owned())
        .prop_filter("says something", |text| !text.is_empty())
}

fn url() -> impl Strategy<Value = String> {
    "https?://[a-z]{1,8}\\.org(/[a-z0-9_.-]{0,12}){0,2}(\\?[a-z]=[0-9])?"
}

fn say() -> impl Strategy<Value = Say> {
    let voice = prop_oneof![Just(Voice::Unspecified), Just(Voice::Male), Just(Voice::Female)];
    (said(), voice, any::<bool>()).prop_map(|(text, voice, play_beep)| Say {
        text,
        voice,
        play_beep,
    })
}

fn prompt() -> impl Strategy<Value = Option<Prompt>> {
    prop_oneof![say().prop_map(Prompt::Say), url().prop_map(Prompt::Play)].prop_map(Some)
}

fn key() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[0-9*#]")
}

fn secs(most: u64) -> impl Strategy<Value = Duration> {
    (1..=most).prop_map(Duration::from_secs)
}

fn telephone() -> impl Strategy<Value = CustomerNumber> {
    "\\+[1-9][0-9]{7,13}".prop_map(|number| CustomerNumber::telco(&number))
}

fn named() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[a-z][a-z ]{0,8}[a-z]")
}

/// An action after which a plan goes on.
fn going_on() -> impl Strategy<Value = VoiceAction> {
    prop_oneof![
        say().prop_map(VoiceAction::Say),
        url().prop_map(VoiceAction::Play),
        Just(VoiceAction::RecordSession),
    ]
}

/// An action that ends a plan, except `reject`, which is possible only first.
fn ending() -> impl Strategy<Value = VoiceAction> {
    let digits = (prompt(), secs(300), key(), prop::option::of(1..=50)).prop_map(
        |(prompt, timeout, finish_on_key, num_digits)| VoiceAction::GetDigits {
            prompt,
            timeout,
            finish_on_key,
            num_digits,
        },
    );
    let recording = (prompt(), secs(300), secs(3_600), key(), any::<bool>(), any::<bool>())
        .prop_map(|(prompt, timeout, max_length, finish_on_key, play_beep, trim_silence)| {
            VoiceAction::GetRecording {
                prompt,
                timeout,
                max_length,
                finish_on_key,
                play_beep,
                trim_silence,
            }
        });
    let caller = prop::option::of("\\+?[0-9]{3,12}");
    let dial = (
        prop::collection::vec(telephone(), 1..4),
        any::<(bool, bool)>(),
        prop::option::of(url()),
        caller,
        prop::option::of(1..100_000),
    )
        .prop_map(|(numbers, (record, sequential), ringback_tone, caller_id, max_duration)| {
            VoiceAction::Dial {
                numbers,
                record,
                sequential,
                ringback_tone,
                caller_id,
                max_duration,
            }
        });
    let queue = (prop::option::of(url()), named())
        .prop_map(|(hold_music, queue_name)| VoiceAction::Enqueue { hold_music, queue_name });
    let take = ("[0-9]{3,6}", any::<bool>(), named()).prop_map(|(number, record, queue_name)| {
        let channel = ChannelNumber::new(Channel::Voice, &number);
        VoiceAction::Dequeue { channel, record, queue_name }
    });
    prop_oneof![digits, recording, dial, queue, take, url().prop_map(VoiceAction::Redirect)]
}

fn any_plan() -> impl Strategy<Value = Vec<VoiceAction>> {
    let whole = (prop::collection::vec(going_on(), 0..=19), prop::option::of(ending()))
        .prop_map(|(all, last)| all.into_iter().chain(last).collect());
    prop_oneof![9 => whole, 1 => Just(vec![VoiceAction::Reject])]
}

proptest! {
    #[test]
    fn a_plan_is_read_back_as_it_was(plan in any_plan()) {
        let text = plan::show(&plan);
        prop_assert_eq!(plan::parse(&text, &Hello::default()), Ok(plan), "{}", text);
    }

    #[test]
    fn no_text_makes_the_reader_of_plans_fall(text in "(?s).{0,200}") {
        let _ = plan::parse(&text, &Hello::default());
    }

    #[test]
    fn an_amount_is_read_back_to_the_minor_unit(
        code in "(KES|UGX|KWD|usd|JPY)",
        minor in 1..=1_000_000_000_000_i64,
    ) {
        let money = Money { currency: Currency::new(&code).unwrap(), minor };
        let shown = money.to_string();
        prop_assert_eq!(amount::parse(&shown), Ok(money));
        let (code, figures) = shown.split_once(' ').unwrap();
        let turned = format!("{figures} {code}");
        prop_assert_eq!(amount::parse(&turned), Ok(money));
        let bare = format!("{code}{}", amount::bare(money));
        prop_assert_eq!(amount::parse(&bare), Ok(money), "what is typed to confirm");
    }

    #[test]
    fn no_text_makes_the_reader_of_amounts_fall(text in ".{0,60}") {
        if let Ok(money) = amount::parse(&text) {
            prop_assert!(money.minor > 0, "{} read as {}", text, money);
        }
    }

    #[test]
    fn a_party_is_read_back_as_it_was(
        id in "[a-zA-Z0-9_./@-]{1,30}",
        customer in "el_cst_[0-9a-f]{4,32}",
        ours in any::<bool>(),
        code in any::<i32>(),
        account in prop::option::of("[A-Z0-9#/-]{1,20}"),
        number in "[0-9*]{3,8}",
        which in 0..3,
    ) {
        let us = CustomerId::from("el_cst_9b1f");
        let party = match which {
            0 => PaymentParty::Purse(id),
            1 => {
                let customer = if ours { us.clone() } else { customer.into() };
                PaymentParty::Wallet { customer, wallet: id }
            }
            _ => {
                let channel = ChannelNumber::new(Channel::Payment, &number);
                PaymentParty::Channel { channel, code, account }
            }
        };
        let text = party::show(&party, Some(&us));
        prop_assert_eq!(party::parse(&text, Some(&us), Receives), Ok(party::PartyInput::Party(party)), "{}", text);
    }
}

#[test]
fn plans_as_agents_write_them() {
    let plan =
        plan::parse("say Karibu\n\n  ask 4 digits within 10s: Enter your PIN\n", &Hello::default());
    let say = |text: &str| Say { text: text.into(), ..Say::default() };
    let want = vec![
        VoiceAction::Say(say("Karibu")),
        VoiceAction::GetDigits {
            prompt: Some(Prompt::Say(say("Enter your PIN"))),
            timeout: Duration::from_secs(10),
            finish_on_key: None,
            num_digits: Some(4),
        },
    ];
    assert_eq!(plan, Ok(want));
    assert_eq!(
        plan::parse("hang-up", &Hello::default()),
        Ok(Vec::new()),
        "an empty list hangs up (R-HOOK-3)"
    );
    let take = plan::parse("take-from 5250 support", &Hello::default());
    let channel = ChannelNumber::new(Channel::Voice, "5250");
    let want = VoiceAction::Dequeue { channel, record: false, queue_name: Some("support".into()) };
    assert_eq!(take, Ok(vec![want]));
}

#[test]
fn a_plan_s_faults_name_their_line() {
    let long = "say hi\n".repeat(21);
    for (text, why) in [
        ("", "what the call does next"),
        ("say hi\nsing", "line 2: sing is none of say, play"),
        ("say", "line 1: what is read aloud is missing"),
        ("say [loud] hi", "line 1: loud is no option here; there are: male, female, beep"),
        ("play hold.mp3", "line 1: an address such as https://"),
        ("ask 4 digits within 10s", "line 1: what is heard first is missing"),
        ("ask 4 digits within 301s: PIN", "line 1: a time is 1 to 300 s (R-HOOK-4)"),
        ("ask 0 digits: PIN", "line 1: write ask 4 digits"),
        ("ask until ab: PIN", "line 1: until takes one key"),
        ("record within 0s: Speak", "line 1: a time is 1 to 300 s"),
        ("dial", "line 1: whom to dial"),
        ("dial 07x", "line 1: 07x: a telephone number has only digits"),
        ("take-from", "line 1: whose queue"),
        ("reject now", "line 1: reject stands alone"),
        ("say hi\nreject", "line 2: reject is possible only first"),
        ("queue support\n\nsay hi", "line 3: is never reached: line 1 ends the plan"),
        ("say hi\nhang-up", "line 2: a plan that is over hangs up by itself"),
        (&long, "line 21: 20 actions are possible"),
    ] {
        let said = plan::parse(text, &Hello::default()).unwrap_err();
        assert!(said.starts_with(why), "{text:?}: {said}");
    }
}

#[test]
fn r_addr_6_a_plan_dials_local_numbers_of_the_region_as_other_fields_take_them() {
    let kenya = Hello { region: "KE".into(), ..Hello::default() };
    assert!(plan::parse("dial 0711000002", &kenya).is_ok());
    let said = plan::parse("dial 0711000002", &Hello::default()).unwrap_err();
    assert!(said.contains("does not say of which country"), "{said}");
}

#[test]
fn a_value_that_is_written_into_a_list_is_read_as_it_was() {
    for value in ["bei", "1,500", "5\" pipe", "\"", "a\nb", "", " x ", "k=v", "\"a\", \"b\""] {
        for written in [entry::quoted(value), entry::quoted_if_needed(value)] {
            assert_eq!(entry::items(&format!("x, {written}, y")), ["x", value, "y"], "{written}");
        }
    }
}
