//! What is said to Africa's Talking, and what its answers, reports and messages mean.

use super::*;
use crate::hub::config::CarrierSecret;
use crate::model::{Location, MessageId};
use proptest::prelude::*;
use std::time::Duration;

pub fn settings() -> AfricasTalkingSettings {
    AfricasTalkingSettings {
        url: "https://api.africastalking.com".to_owned(),
        voice_url: "https://voice.africastalking.com".to_owned(),
        username: "bahari".to_owned(),
        api_key: CarrierSecret::new("atsk_hidden".to_owned()),
        callback_secret: CarrierSecret::new("at-secret-of-the-address".to_owned()),
    }
}

fn sent(to: &str, from: &str, body: &Body) -> Result<Request<Vec<u8>>, Box<Answer>> {
    let (id, to) = (MessageId::from("el_msg_1"), CustomerNumber::telco(to));
    let from = ChannelNumber::new(Channel::Sms, from);
    let valid_for = Duration::from_hours(1);
    let order = Order { id: &id, to: &to, from: &from, body, valid_for, report_to: None };
    request(&settings(), &order)
}

fn of(status: u16, body: &str) -> Answer {
    answered(StatusCode::from_u16(status).unwrap(), body.as_bytes())
}

fn one(code: u64, word: &str, id: &str) -> String {
    format!(
        r#"{{"SMSMessageData":{{"Message":"Sent to 1/1 Total Cost: KES 0.8000","Recipients":[
        {{"statusCode":{code},"number":"+254711000001","status":"{word}","cost":"KES 0.8000",
        "messageId":"{id}"}}]}}}}"#
    )
}

#[test]
fn r_carry_17_a_message_goes_as_the_official_libraries_send_it() {
    let request = sent("+254711000001", "Bahari", &Body::text("Karibu & 1+1=2 ~ é")).unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "https://api.africastalking.com/version1/messaging");
    assert_eq!(request.headers()["apikey"], "atsk_hidden");
    assert_eq!(request.headers()[ACCEPT], "application/json");
    assert_eq!(request.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
    let form = String::from_utf8(request.into_body()).unwrap();
    assert_eq!(
        form,
        "username=bahari&to=%2B254711000001&message=Karibu+%26+1%2B1%3D2+%7E+%C3%A9\
         &from=Bahari&bulkSMSMode=1"
    );
}

#[test]
fn r_carry_17_the_api_key_is_in_no_debug_text() {
    let request = sent("+254711000001", "40404", &Body::text("Karibu")).unwrap();
    for shown in [format!("{request:?}"), format!("{:?}", check(&settings())), {
        let broken = AfricasTalkingSettings {
            api_key: CarrierSecret::new("atsk_hidden\n".to_owned()),
            ..settings()
        };
        format!("{:?} {broken:?}", check(&broken))
    }] {
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

#[test]
fn r_carry_17_what_is_no_text_to_one_whole_number_does_not_go() {
    let refusal = |to: &str, body: &Body| match *sent(to, "40404", body).unwrap_err() {
        Answer::Refused { code, status, .. } => {
            assert_eq!(code, "local");
            status
        }
        other => panic!("{other:?}"),
    };
    let place = Body { location: Some(Location::default()), ..Body::text("here") };
    assert_eq!(refusal("+254711000001", &place), MessageStatus::NotSupported);
    assert_eq!(refusal("+254711000001", &Body::text("")), MessageStatus::NotSupported);
    for number in ["0711000001", "+254711000001,+254711000002", "+", ""] {
        assert_eq!(refusal(number, &Body::text("x")), MessageStatus::Failed, "{number}");
    }
}

#[test]
fn r_carry_17_a_message_that_is_taken_has_the_id_of_its_reports() {
    let taken = |id: Option<&str>| Answer::accepted(id.map(str::to_owned));
    for code in [100, 101, 102] {
        assert_eq!(of(201, &one(code, "Success", "ATXid_1")), taken(Some("ATXid_1")));
    }
    assert_eq!(of(201, &one(101, "Success", "None")), taken(None));
}

#[test]
fn r_carry_17_each_refusal_has_its_meaning() {
    use MessageStatus as S;
    for (code, word, meaning) in [
        (401, "RiskHold", S::Failed),
        (402, "InvalidSenderId", S::InvalidChannelNumber),
        (403, "InvalidPhoneNumber", S::Failed),
        (404, "UnsupportedNumberType", S::NoCapability),
        (406, "UserInBlacklist", S::NoConsent),
        (407, "CouldNotRoute", S::Failed),
        (409, "DoNotDisturbRejection", S::NoConsent),
        (500, "InternalServerError", S::ApplicationError),
        (501, "GatewayError", S::ApplicationError),
        (502, "RejectedByGateway", S::Failed),
        (499, "SomethingNew", S::Failed),
    ] {
        let nobody = format!(r#"{{"SMSMessageData":{{"Message":"{word}","Recipients":[]}}}}"#);
        for body in [one(code, word, "None"), nobody] {
            match of(if code == 409 { 409 } else { 201 }, &body) {
                Answer::Refused { status, .. } => {
                    assert_eq!(status, meaning, "{body}");
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }
}

#[test]
fn r_carry_17_what_holds_for_every_message_refuses_none() {
    let closed = |words: &str| Answer::Closed(words.to_owned());
    let no_money = closed("the account has no money");
    assert_eq!(of(201, &one(405, "InsufficientBalance", "None")), no_money);
    assert_eq!(of(401, "The supplied authentication is invalid"), closed(LOGIN));
    assert_eq!(of(404, ""), closed("it takes no orders at this address (HTTP 404)"));
    assert_eq!(of(429, ""), Answer::Busy(None));
}

#[test]
fn r_carry_17_what_is_not_known_is_said_to_be_so() {
    let counted = r#"{"SMSMessageData":{"Message":"Sent to 1/1","Recipients":[]}}"#;
    let new = one(103, "Pondered", "ATXid_1");
    for (status, body) in [(201, ""), (200, "{}"), (200, "<html>"), (200, counted), (201, &*new)] {
        assert!(matches!(of(status, body), Answer::Doubt(_)), "{status} {body}");
    }
    assert!(matches!(of(502, &one(101, "Success", "ATXid_1")), Answer::Doubt(_)));
    let missing = of(400, "Request is missing required form field 'to'");
    let words = "Request is missing required form field 'to'";
    assert_eq!(missing, Answer::refused(MessageStatus::Failed, "HTTP 400", words));
}

#[test]
fn r_carry_17_a_login_is_checked_in_words() {
    let request = check(&settings()).unwrap();
    let expected = "https://api.africastalking.com/version1/user?username=bahari";
    assert_eq!(request.uri(), expected);
    let says =
        |status: u16, body: &str| checked(StatusCode::from_u16(status).unwrap(), body.as_bytes());
    assert_eq!(says(200, r#"{"UserData":{"balance":"KES 1785.50"}}"#), Ok(()));
    assert_eq!(says(401, ""), Err(LOGIN.to_owned()));
    for (status, body) in [(200, "<html>"), (200, "{}"), (302, ""), (404, ""), (503, "")] {
        assert!(says(status, body).is_err(), "{status} {body}");
    }
}

#[test]
fn r_carry_17_a_report_names_a_message_by_the_networks_id() {
    use MessageStatus as S;
    for (said, meaning) in [
        ("Success", Some(S::Delivered)),
        ("Sent", None),
        ("Submitted", None),
        ("Buffered", None),
        ("Rejected", Some(S::Failed)),
        ("Failed&failureReason=UserDoesNotExist", Some(S::Failed)),
        ("Rejected&failureReason=UserInBlackList", Some(S::NoConsent)),
        ("Failed&failureReason=DoNotDisturbRejection", Some(S::NoConsent)),
        ("AbsentSubscriber", Some(S::Failed)),
        ("Expired", Some(S::Expired)),
        ("SomethingNew", None),
    ] {
        let form = format!("id=ATXid_1&phoneNumber=%2B254711000001&retryCount=0&status={said}");
        let (of, about) = (Named::Reference("ATXid_1".into()), "+254711000001".to_owned());
        let expected = Brought::Report { of, about, status: meaning };
        assert_eq!(reported(form.as_bytes()), Ok(expected), "{said}");
    }
    assert_eq!(reported(b"id=1"), Err("the form does not say its status".into()));
    assert_eq!(reported(b"status=Sent"), Err("the form does not say its id".into()));
}

#[test]
fn r_carry_17_what_a_customer_writes_has_a_key() {
    let form = b"date=2026-11-28+10%3A00%3A00&from=%2B254711000001&id=28a92cdf&linkId=SampleLink\
        &text=%20Habari+%26+asante+%F0%9F%98%80&to=40404&networkCode=63902";
    let expected = Brought::Message {
        from: CustomerNumber::telco("+254711000001"),
        to: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(" Habari & asante 😀"),
        key: Some("28a92cdf".to_owned()),
    };
    assert_eq!(received(form), Ok(expected));
    assert!(received(b"from=%2B254711000001&to=40404").is_err());
    assert!(received(b"text=Habari&to=40404").is_err());
}

proptest! {
    #[test]
    fn r_carry_17_no_bytes_make_it_fall(bytes in any::<Vec<u8>>(), status in 100_u16..1000) {
        let status = StatusCode::from_u16(status).unwrap();
        let _ = (answered(status, &bytes), checked(status, &bytes));
        let _ = (reported(&bytes), received(&bytes));
    }

    #[test]
    fn r_carry_17_no_recipient_makes_it_fall(
        code in any::<u64>(), word in "[a-zA-Z ]*", status in 200_u16..600,
    ) {
        let _ = of(status, &one(code, &word, ""));
    }

    #[test]
    fn r_carry_17_no_text_is_changed(text in any::<String>()) {
        prop_assume!(!text.is_empty());
        let request = sent("+254711000001", "40404", &Body::text(&*text)).unwrap();
        let form = UrlForm::read(request.body());
        prop_assert_eq!(form.whole("message"), Some(text.as_str()));
    }
}
