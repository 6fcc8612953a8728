//! Calls at Africa's Talking, without I/O: a call is placed by a form, and what happens in it comes
//! as forms, to which the answer is a plan (see `plan`). The service for calls has an address of its own.

use super::{cut, is_international, post, unserved};
use crate::{
    carriers::{form::UrlForm, order::Answer},
    hub::config::AfricasTalkingSettings,
    model::{CallStatus, ChannelNumber, Currency, CustomerNumber, Direction, HangupCause, Money},
};
use http::{Request, StatusCode};
use serde::de::{
    Deserialize as _, IntoDeserializer as _,
    value::{Error, StrDeserializer},
};
use serde_json::Value;
use std::time::Duration;

/// What became of the order to place a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The network will place it. It names the session, which the callbacks repeat.
    Queued { session: Option<String> },
    /// The network does not place it. `words` are its own; untrusted.
    Refused { status: CallStatus, words: String },
    /// The network has too much to do: the same call may be placed again later.
    Busy,
    /// The network took no order for a reason that holds for every call, such as a wrong login.
    Closed(String),
    /// Nobody knows whether the network places it.
    Doubt(String),
}

/// The request that places a call. What the network says about the call repeats
/// `client_request_id`. The error is a sentence that says what cannot be said to this network.
pub fn call_request(
    settings: &AfricasTalkingSettings,
    from: &ChannelNumber,
    to: &CustomerNumber,
    client_request_id: &str,
) -> Result<Request<Vec<u8>>, String> {
    // A comma in a number would place two calls.
    if !is_international(&to.number) {
        return Err("Africa's Talking calls only numbers with their country".to_owned());
    }
    let fields = [
        ("username", settings.username.as_str()),
        ("to", &to.number),
        ("from", &from.number),
        ("clientRequestId", client_request_id),
    ];
    post(settings, &format!("{}/call", settings.voice_url), &fields)
}

/// What the answer to `call_request` means for the call.
#[must_use]
pub fn call_answered(status: StatusCode, body: &[u8]) -> Placed {
    match unserved(status) {
        Some(Answer::Busy(_)) => return Placed::Busy,
        Some(Answer::Closed(why)) => return Placed::Closed(why),
        Some(Answer::Doubt(why)) => return Placed::Doubt(why),
        Some(Answer::Accepted(_) | Answer::Refused { .. }) | None => {}
    }
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = value.get("errorMessage").and_then(Value::as_str).map(str::trim);
    let error = error.filter(|error| !error.is_empty() && *error != "None");
    if let Some(entry) = value.pointer("/entries/0") {
        let text = |name| entry.get(name).and_then(Value::as_str).map(str::trim);
        let session = text("sessionId").filter(|id| !id.is_empty() && *id != "None");
        return match text("status") {
            Some("Queued") => Placed::Queued { session: session.map(str::to_owned) },
            Some(word) if !word.is_empty() => {
                Placed::Refused { status: of_word(word), words: cut(error.unwrap_or(word)) }
            }
            _ => Placed::Doubt("its answer does not say what becomes of the call".to_owned()),
        };
    }
    match error {
        Some(error) => Placed::Refused { status: of_word(error), words: cut(error) },
        None if status.is_client_error() => {
            let words = cut(&String::from_utf8_lossy(body));
            Placed::Refused { status: CallStatus::ApplicationError, words }
        }
        None => Placed::Doubt(format!("its answer cannot be read (HTTP {})", status.as_u16())),
    }
}

/// What a refusal means, which is a word such as `InvalidPhoneNumber` or a sentence that begins
/// such as "Invalid callerId".
fn of_word(word: &str) -> CallStatus {
    let word = word.to_ascii_lowercase().replace(' ', "");
    let begins = |beginning: &str| word.starts_with(beginning);
    if begins("invalidphonenumber") {
        CallStatus::InvalidPhoneNumber
    } else if begins("destinationnotsupported") {
        CallStatus::DestinationNotSupported
    } else if begins("insufficientcredit") || begins("insufficientbalance") {
        CallStatus::InsufficientCredit
    } else if begins("invalidcallerid") {
        CallStatus::InvalidChannelNumber
    } else {
        CallStatus::ApplicationError
    }
}

/// What the network says about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The network's id of the call.
    pub session: String,
    /// Whether the call goes on, so that the network waits for a plan. Its last word about a call
    /// says no, and then it ignores the answer.
    pub is_active: bool,
    pub direction: Direction,
    /// The number that calls, and the one that is called.
    pub caller: String,
    pub destination: String,
    /// What `call_request` gave, if we placed the call.
    pub client_request_id: Option<String>,
    /// What the network says that the call does, such as `Ringing` or `Dialing`; untrusted.
    pub state: Option<String>,
    /// The keys that were pressed; an empty text if keys were asked for and none was pressed.
    pub digits: Option<String>,
    /// Where the recording can be heard.
    pub recording_url: Option<String>,
    /// How long the call lasted. Only the last word about it says so.
    pub duration: Option<Duration>,
    /// What it cost.
    pub cost: Option<Money>,
    /// Why the call ended. `None` while it goes on.
    pub hangup_cause: Option<HangupCause>,
    /// The number that a `dial` action reached, and how long they talked.
    pub dialled: Option<String>,
    pub dial_duration: Option<Duration>,
    /// The number that took the caller out of a queue.
    pub dequeued_to: Option<String>,
}

/// Reads what the network says about a call.
pub fn called(form: &[u8]) -> Result<Called, String> {
    let form = UrlForm::read(form);
    let is_active = match form.needed("isActive")? {
        "1" => true,
        "0" => false,
        other => return Err(format!("isActive is {}, which is neither 1 nor 0", cut(other))),
    };
    let direction = match form.get("direction").unwrap_or_default().to_ascii_lowercase().as_str() {
        "inbound" | "incoming" => Direction::Inbound,
        "outbound" | "outgoing" => Direction::Outbound,
        _ => Direction::Unspecified,
    };
    Ok(Called {
        session: form.needed("sessionId")?.to_owned(),
        is_active,
        direction,
        caller: form.needed_number("callerNumber")?,
        destination: form.needed_number("destinationNumber")?,
        client_request_id: form.text("clientRequestId"),
        state: form.text("callSessionState"),
        digits: form.whole("dtmfDigits").map(|digits| digits.trim().to_owned()),
        recording_url: form.text("recordingUrl"),
        duration: form.seconds("durationInSeconds"),
        cost: form.get("amount").zip(form.get("currencyCode")).and_then(cost),
        hangup_cause: form.get("hangupCause").map(cause),
        dialled: form.number("dialDestinationNumber"),
        dial_duration: form.seconds("dialDurationInSeconds"),
        dequeued_to: form.number("dequeuedToPhoneNumber"),
    })
}

/// An amount such as `2.5`, which may have more decimals than the currency has; they are rounded.
fn cost((amount, currency): (&str, &str)) -> Option<Money> {
    let currency = Currency::new(currency)?;
    let places = usize::try_from(currency.exponent()).ok()?;
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    let are_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !are_digits(whole) || !are_digits(part) {
        return None;
    }
    let kept: String = part.chars().chain(std::iter::repeat('0')).take(places).collect();
    let minor: i64 = format!("{whole}{kept}").parse().ok()?;
    let is_up = part.as_bytes().get(places).is_some_and(|digit| *digit >= b'5');
    Some(Money { currency, minor: minor + i64::from(is_up) })
}

/// The cause with this name, such as `NORMAL_CLEARING`. They are the names of the contract, which
/// the model writes in lower case.
fn cause(name: &str) -> HangupCause {
    let name = name.to_ascii_lowercase();
    let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
    HangupCause::deserialize(name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carriers::africastalking::tests::settings;
    use crate::model::Channel;
    use proptest::prelude::*;

    fn placed(to: &str) -> Result<Request<Vec<u8>>, String> {
        let from = ChannelNumber::new(Channel::Voice, "+254711082000");
        call_request(&settings(), &from, &CustomerNumber::telco(to), "el_ses_1")
    }

    fn of(status: u16, body: &str) -> Placed {
        call_answered(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn r_carry_25_a_call_is_placed_as_the_official_libraries_place_it() {
        let request = placed("+254711000001").unwrap();
        assert_eq!(request.uri(), "https://voice.africastalking.com/call");
        assert!(!format!("{request:?}").contains("hidden"));
        let form = String::from_utf8(request.into_body()).unwrap();
        let expected = "username=bahari&to=%2B254711000001&from=%2B254711082000\
            &clientRequestId=el_ses_1";
        assert_eq!(form, expected);
        assert!(placed("+254711000001,+254711000002").is_err());
    }

    #[test]
    fn r_carry_25_a_call_is_queued_or_refused() {
        let entry = |status: &str| {
            format!(
                r#"{{"entries":[{{"phoneNumber":"+254711000001","sessionId":"ATVId_1",
                "status":"{status}"}}],"errorMessage":"None"}}"#
            )
        };
        let session = Some("ATVId_1".to_owned());
        assert_eq!(of(201, &entry("Queued")), Placed::Queued { session });
        let nobody = r#"{"entries":[],"errorMessage":"Invalid callerId: +254711082000"}"#;
        for (body, meaning) in [
            (&*entry("InvalidPhoneNumber"), CallStatus::InvalidPhoneNumber),
            (&entry("DestinationNotSupported"), CallStatus::DestinationNotSupported),
            (&entry("InsufficientCredit"), CallStatus::InsufficientCredit),
            (&entry("SomethingNew"), CallStatus::ApplicationError),
            (nobody, CallStatus::InvalidChannelNumber),
        ] {
            let Placed::Refused { status, words } = of(200, body) else { panic!("{body}") };
            assert_eq!(status, meaning);
            assert!(!words.is_empty());
        }
        assert!(matches!(of(401, ""), Placed::Closed(_)));
        assert!(matches!(of(429, ""), Placed::Busy));
        assert!(matches!(of(400, "no"), Placed::Refused { .. }));
        for (status, body) in [(500, ""), (200, ""), (200, r#"{"entries":[{}]}"#), (200, "{}")] {
            assert!(matches!(of(status, body), Placed::Doubt(_)), "{status} {body}");
        }
    }

    #[test]
    fn r_carry_25_a_call_says_what_happens_and_how_it_ended() {
        let rings = b"sessionId=ATVId_1&isActive=1&direction=Inbound&callerNumber=%2B254711000001\
            &destinationNumber=%2B254711082000&callSessionState=Ringing&dtmfDigits=";
        let rings = called(rings).unwrap();
        assert!(rings.is_active);
        assert_eq!((rings.direction, &*rings.caller), (Direction::Inbound, "+254711000001"));
        assert_eq!((rings.digits.as_deref(), rings.hangup_cause), (Some(""), None));
        let over = b"sessionId=ATVId_1&isActive=0&direction=Outbound&callerNumber=%2B254711000001\
            &destinationNumber=%2B254711082000&durationInSeconds=73&amount=2.5&currencyCode=KES\
            &status=Success&hangupCause=NORMAL_CLEARING&dialDestinationNumber=%2B254711000002\
            &dialDurationInSeconds=60&recordingUrl=https%3A%2F%2Fbahari.example%2F1.mp3";
        let over = called(over).unwrap();
        assert_eq!((over.is_active, over.direction), (false, Direction::Outbound));
        assert_eq!(over.duration, Some(Duration::from_secs(73)));
        assert_eq!(over.hangup_cause, Some(HangupCause::NormalClearing));
        assert_eq!(over.cost.map(|cost| cost.to_string()).as_deref(), Some("KES 2.50"));
        for (amount, minor) in
            [("3", Some(300)), ("0.8125", Some(81)), ("0.999", Some(100)), ("-1", None)]
        {
            assert_eq!(cost((amount, "KES")).map(|cost| cost.minor), minor, "{amount}");
        }
        assert_eq!(over.dialled.as_deref(), Some("+254711000002"));
        assert_eq!(over.recording_url.as_deref(), Some("https://bahari.example/1.mp3"));
        assert_eq!(called(b"sessionId=1"), Err("the form does not say its isActive".into()));
    }

    #[test]
    fn r_carry_25_every_documented_cause_has_its_name() {
        for (name, known) in [
            ("NORMAL_CLEARING", HangupCause::NormalClearing),
            ("CALL_REJECTED", HangupCause::CallRejected),
            ("NORMAL_TEMPORARY_FAILURE", HangupCause::NormalTemporaryFailure),
            ("RECOVERY_ON_TIMER_EXPIRE", HangupCause::RecoveryOnTimerExpire),
            ("ORIGINATOR_CANCEL", HangupCause::OriginatorCancel),
            ("LOSE_RACE", HangupCause::LoseRace),
            ("USER_BUSY", HangupCause::UserBusy),
            ("NO_ANSWER", HangupCause::NoAnswer),
            ("NO_USER_RESPONSE", HangupCause::NoUserResponse),
            ("SUBSCRIBER_ABSENT", HangupCause::SubscriberAbsent),
            ("SERVICE_UNAVAILABLE", HangupCause::ServiceUnavailable),
            ("USER_NOT_REGISTERED", HangupCause::UserNotRegistered),
            ("UNALLOCATED_NUMBER", HangupCause::UnallocatedNumber),
            ("NORMAL_UNSPECIFIED", HangupCause::NormalUnspecified),
            ("UNSPECIFIED", HangupCause::Unspecified),
            ("SOMETHING_NEW", HangupCause::Unspecified),
        ] {
            assert_eq!(cause(name), known, "{name}");
        }
    }

    proptest! {
        #[test]
        fn r_carry_25_no_bytes_make_a_call_fall(
            bytes in any::<Vec<u8>>(), status in 100_u16..1000,
        ) {
            let _ = called(&bytes);
            let _ = call_answered(StatusCode::from_u16(status).unwrap(), &bytes);
        }
    }
}
