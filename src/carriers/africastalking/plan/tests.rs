//! The plans of calls as documents, and that no text can change what they say.

use super::*;
use crate::model::{Channel, ChannelNumber, CustomerNumber};
use proptest::prelude::*;
use quick_xml::Reader;

fn say(text: &str) -> Say {
    Say { text: text.to_owned(), ..Say::default() }
}

fn response(plan: &[VoiceAction]) -> String {
    let xml = xml(plan);
    let inner = xml.strip_prefix(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#).unwrap();
    inner.strip_suffix("</Response>").unwrap().to_owned()
}

fn dial(numbers: &[&str]) -> VoiceAction {
    VoiceAction::Dial {
        numbers: numbers.iter().map(|number| CustomerNumber::telco(number)).collect(),
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    }
}

fn dequeue() -> VoiceAction {
    let channel = ChannelNumber::new(Channel::Voice, "+254711082000");
    VoiceAction::Dequeue { channel, record: false, queue_name: Some("support".into()) }
}

#[test]
fn r_carry_25_texts_and_sounds_are_heard_in_order() {
    let woman = Say { voice: Voice::Female, play_beep: true, ..say("Karibu") };
    let man = Say { voice: Voice::Male, ..say("Subiri") };
    let tune = VoiceAction::Play("https://bahari.example/a.mp3".into());
    let plan =
        [VoiceAction::Say(woman), VoiceAction::Say(man), tune, VoiceAction::Say(say("Sawa"))];
    assert_eq!(
        response(&plan),
        r#"<Say voice="woman" playBeep="true">Karibu</Say><Say voice="man">Subiri</Say>"#
            .to_owned()
            + r#"<Play url="https://bahari.example/a.mp3"/><Say>Sawa</Say>"#
    );
}

#[test]
fn r_carry_25_keys_are_asked_for_and_nothing_follows() {
    let keys = VoiceAction::GetDigits {
        prompt: Some(Prompt::Say(say("Your account number?"))),
        timeout: Duration::from_secs(30),
        finish_on_key: Some("#".into()),
        num_digits: Some(4),
    };
    let expected = r##"<GetDigits timeout="30" finishOnKey="#" numDigits="4">"##.to_owned()
        + "<Say>Your account number?</Say></GetDigits>";
    assert_eq!(response(&[keys, VoiceAction::Say(say("never"))]), expected);
    let bare = VoiceAction::GetDigits {
        prompt: Some(Prompt::Play("https://bahari.example/a.mp3".into())),
        timeout: Duration::from_millis(1_500),
        finish_on_key: None,
        num_digits: None,
    };
    let expected = r#"<GetDigits timeout="2"><Play url="https://bahari.example/a.mp3"/>"#;
    assert_eq!(response(&[bare]), expected.to_owned() + "</GetDigits>");
}

#[test]
fn r_carry_25_the_customer_is_recorded() {
    let recording = VoiceAction::GetRecording {
        prompt: Some(Prompt::Say(say("Your name?"))),
        timeout: Duration::from_secs(5),
        max_length: Duration::from_secs(10),
        finish_on_key: Some("*".into()),
        play_beep: true,
        trim_silence: true,
    };
    assert_eq!(
        response(&[recording]),
        r#"<Record timeout="5" maxLength="10" finishOnKey="*" playBeep="true" "#.to_owned()
            + r#"trimSilence="true"><Say>Your name?</Say></Record>"#
    );
    let session = [VoiceAction::Say(say("This is recorded")), VoiceAction::RecordSession];
    assert_eq!(response(&session), "<Say>This is recorded</Say><Record/>");
}

#[test]
fn r_carry_25_others_are_dialled() {
    let plan = VoiceAction::Dial {
        numbers: vec![
            CustomerNumber::telco("+254711000001"),
            CustomerNumber::telco("agent@ke.sip.africastalking.com"),
        ],
        record: true,
        sequential: true,
        ringback_tone: Some("https://bahari.example/ring.mp3".into()),
        caller_id: Some("+254711082000".into()),
        max_duration: Some(600),
    };
    let expected = r#"<Dial phoneNumbers="+254711000001,agent@ke.sip.africastalking.com" "#
        .to_owned()
        + r#"record="true" sequential="true" callerId="+254711082000" "#
        + r#"ringBackTone="https://bahari.example/ring.mp3" maxDuration="600"/>"#;
    assert_eq!(response(&[plan]), expected);
    assert_eq!(response(&[dial(&["+254711000001"])]), r#"<Dial phoneNumbers="+254711000001"/>"#);
}

#[test]
fn r_carry_25_callers_wait_in_queues_and_are_taken_out() {
    let queue = VoiceAction::Enqueue {
        hold_music: Some("https://bahari.example/hold.mp3".into()),
        queue_name: Some("support".into()),
    };
    let expected = r#"<Enqueue holdMusic="https://bahari.example/hold.mp3" name="support"/>"#;
    assert_eq!(response(&[queue]), expected);
    let bare = VoiceAction::Enqueue { hold_music: None, queue_name: None };
    assert_eq!(response(&[bare]), "<Enqueue/>");
    let expected = r#"<Dequeue phoneNumber="+254711082000" name="support"/>"#;
    assert_eq!(response(&[dequeue()]), expected);
}

#[test]
fn r_carry_25_a_call_is_refused_handed_on_or_ended() {
    assert_eq!(response(&[VoiceAction::Reject]), "<Reject/>");
    let away = VoiceAction::Redirect("https://bahari.example/next?a=1&b=2".into());
    let expected = "<Redirect>https://bahari.example/next?a=1&amp;b=2</Redirect>";
    assert_eq!(response(&[away]), expected);
    assert_eq!(response(&[]), "");
}

#[test]
fn r_carry_25_no_text_can_add_a_verb() {
    let evil = "</Say><Dial phoneNumbers=\"+1900\"/> & \u{0}\u{b}\u{fffe}";
    let plan = [VoiceAction::Say(say(evil)), VoiceAction::Play("\"/><Reject x=\"".into())];
    assert_eq!(
        response(&plan),
        "<Say>&lt;/Say&gt;&lt;Dial phoneNumbers=&quot;+1900&quot;/&gt; &amp; </Say>".to_owned()
            + r#"<Play url="&quot;/&gt;&lt;Reject x=&quot;"/>"#
    );
}

proptest! {
    #[test]
    fn r_carry_25_every_text_is_read_back(words in any::<String>(), url in "\\PC*") {
        let plan = [VoiceAction::Say(say(&words)), VoiceAction::Play(url.clone())];
        let xml = xml(&plan);
        let mut reader = Reader::from_str(&xml);
        let (mut heard, mut depth) = (String::new(), 0);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Text(text) => heard += &text,
                Event::GeneralRef(name) => {
                    let name = &*name;
                    heard += &quick_xml::escape::unescape(&format!("&{name};")).unwrap();
                }
                Event::Empty(play) => {
                    let found = play.try_get_attribute("url").unwrap().unwrap();
                    let found = quick_xml::escape::unescape(&found.value).unwrap().into_owned();
                    prop_assert_eq!(found, allowed(&url).into_owned());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        prop_assert_eq!(depth, 0);
        prop_assert_eq!(heard, allowed(&words).into_owned());
    }
}
