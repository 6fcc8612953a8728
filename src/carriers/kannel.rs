//! What is said to a Kannel gateway and what it says, without I/O. Its user guide
//! (<https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html>) leaves much open; version 1.4.5 was tried.
//!
//! Its `kannel.conf` needs these lines besides its own, where `IN` is the address of the hub for what customers write:
//!
//! ```text
//! group = smsbox
//! http-request-retry = 360
//! http-queue-delay = 10
//!
//! group = sendsms-user
//! username = hub
//! password = ...
//! max-messages = 130
//! concatenation = true
//!
//! group = sms-service
//! keyword = default
//! catch-all = true
//! get-url = "IN?from=%p&to=%P&hex=%e&charset=%C&id=%I"
//! max-messages = 0
//! omit-empty = true
//! ```
//!
//! Without `http-request-retry`, what comes while the hub is away is lost. Without the first `max-messages`, a long text
//! is silently cut after its first part; with the second, the customer gets no answer from Kannel itself.
//! `global-sender` in the group smsbox and `faked-sender` anywhere spoil `%P`, and `alt-charset` spoils the text.
//! Every callback is answered with 200 or 202, because Kannel repeats it after any other status, even 204.

use super::alphabet::{self, UCS_2};
use super::http_answer::{self, quoted, words};
use super::order::{Answer, Brought, Named, Order};
use crate::hub::config::KannelSettings;
use crate::model::{
    Channel, ChannelNumber, CustomerNumber, MessageStatus, Provider,
    segments::{Encoding, measure},
};
use http::{HeaderValue, Request, StatusCode};
use std::{collections::BTreeMap, time::Duration};

/// Every report: delivered, failed, waiting at the SMSC, taken by the SMSC and refused by the SMSC. The fourth, which
/// comes at once, settles what happened to a message whose answer was lost.
const ALL_REPORTS: &str = "31";
/// What a report brings besides our own address: the value, the number it is about and the words of the SMSC. Kannel
/// fills these in, and encodes them for a query.
const ESCAPES: &str = "type=%d&about=%p&words=%A";
/// The longest time for which Kannel is asked to try.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// A request that finds out whether the login is right. It names no receiver, so that nothing is sent. The error says
/// which of the settings cannot be written.
pub fn check(settings: &KannelSettings) -> Result<Request<Vec<u8>>, String> {
    post(settings, &[], "").map_err(|what| format!("the {what} cannot be written in a request"))
}

/// What the answer to a check means, and what is wrong in words for a person. Kannel looks at the login first, and so
/// its complaint that nobody is named means that the login is right.
pub fn checked(status: StatusCode, body: &[u8]) -> Result<(), String> {
    let said = words(body);
    match status {
        StatusCode::BAD_REQUEST if said.contains("receiver") => Ok(()),
        _ => Err(closed(status, &said).unwrap_or_else(|| {
            format!("it is no Kannel that sends messages: it answers {}", quoted(status, &said))
        })),
    }
}

/// The request that hands a message over, or the answer if it cannot be made.
///
/// All goes into headers, and the text into the body. A query would be written into the logs of every proxy with the
/// password in it, and Kannel refuses a form ("Invalid content-type").
pub fn request(
    settings: &KannelSettings,
    order: &Order<'_>,
) -> Result<Request<Vec<u8>>, Box<Answer>> {
    let refuse = |status, words| Box::new(Answer::cannot(status, words));
    let body = order.body;
    let is_text_only = body.media.is_empty() && body.location.is_none();
    let Some(text) = body.text.as_deref().filter(|_| is_text_only) else {
        return Err(refuse(MessageStatus::NotSupported, "sms carries text only"));
    };
    // Kannel takes what stands between blanks for several receivers.
    let to: String = order.to.number.chars().filter(|c| !c.is_whitespace()).collect();
    if to.is_empty() {
        return Err(refuse(MessageStatus::Failed, "the number is empty"));
    }
    // Kannel replaces what is not in the alphabet by a question mark, and so it is not left to choose.
    let coding = if measure(text).encoding == Encoding::Gsm7 { "0" } else { "2" };
    let minutes = order.valid_for.min(LONGEST).as_secs().div_ceil(60).max(1).to_string();
    let report_to = order.report_to.map(report_address);
    let mut fields = vec![
        ("x-kannel-from", order.from.number.as_str()),
        ("x-kannel-to", &to),
        ("x-kannel-coding", coding),
        ("x-kannel-validity", &minutes),
    ];
    if let Some(address) = &report_to {
        fields.extend([("x-kannel-dlr-mask", ALL_REPORTS), ("x-kannel-dlr-url", address)]);
    }
    post(settings, &fields, text).map_err(|what| match what {
        "x-kannel-from" => {
            refuse(MessageStatus::InvalidChannelNumber, "the sender cannot be written for Kannel")
        }
        "x-kannel-to" => refuse(MessageStatus::Failed, "the number cannot be written for Kannel"),
        _ => Box::new(Answer::Closed(format!("the {what} cannot be written in a request"))),
    })
}

/// The address for reports as Kannel needs it. A percent sign of our own is doubled, because it begins an escape.
fn report_address(ours: &str) -> String {
    let separator = if ours.contains('?') { '&' } else { '?' };
    format!("{}{separator}{ESCAPES}", ours.replace('%', "%%"))
}

/// A request to the sendsms service. The error is the name of what cannot be written.
fn post(
    settings: &KannelSettings,
    fields: &[(&'static str, &str)],
    text: &str,
) -> Result<Request<Vec<u8>>, &'static str> {
    let mut request = Request::post(settings.url.as_str())
        .header(http::header::CONTENT_TYPE, "text/plain; charset=UTF-8")
        .body(text.as_bytes().to_vec())
        .map_err(|_| "url")?;
    let username = ("x-kannel-username", settings.username.as_str());
    let password = ("x-kannel-password", settings.password.expose());
    for (name, value) in [username, password].iter().chain(fields) {
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| *name)?;
        // The address for reports holds a secret of ours. Neither is shown when a request is printed.
        value.set_sensitive(matches!(*name, "x-kannel-password" | "x-kannel-dlr-url"));
        request.headers_mut().insert(*name, value);
    }
    Ok(request)
}

/// What the answer to a message means. Kannel gives no id, and so nothing is known of the message until it reports.
pub fn answered(status: StatusCode, body: &[u8]) -> Answer {
    let said = words(body);
    let refused = || Answer::refused(MessageStatus::Failed, status.as_str(), &said);
    match status {
        // "0: Accepted for delivery", "3: Queued for later delivery", or "Sent." if it is told not to wait.
        StatusCode::ACCEPTED => Answer::accepted(None),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Answer::Busy(None),
        // Two things have this status, and only their words tell them apart. This one is about the receiver.
        StatusCode::FORBIDDEN if said.starts_with("Not routable") => refused(),
        _ => match closed(status, &said) {
            Some(why) => Answer::Closed(why),
            None if status.is_client_error() => refused(),
            None => Answer::Doubt(format!("it answers {}", quoted(status, &said))),
        },
    }
}

/// Why the gateway takes no message at all, if the answer says that.
fn closed(status: StatusCode, said: &str) -> Option<String> {
    let login =
        "it refuses the login: check username and password, and user-allow-ip in its kannel.conf";
    http_answer::closed(status, said, login, "there is no sendsms service at this address")
}

/// What a report says: the query of a callback to the address of a message, which names the message in `message`. The
/// error is a sentence about what is wrong with it.
pub fn reported(query: &[u8]) -> Result<Brought, String> {
    let mut fields = fields(query)?;
    let message = take(&mut fields, "message")?;
    let value: i32 =
        take(&mut fields, "type")?.parse().map_err(|_| "the type of the report is no number")?;
    let words = fields.remove("words").unwrap_or_default();
    let status = match value {
        1 => Some(MessageStatus::Delivered),
        // Kannel 1.4.5 says 2 for all that failed, and only the receipt of the SMSC says that time ran out.
        2 if words.contains("stat:EXPIRED") => Some(MessageStatus::Expired),
        2 | 16 => Some(MessageStatus::Failed),
        // Later versions add a bit to tell it from other failures.
        34 => Some(MessageStatus::Expired),
        // 4 is waiting at the SMSC, 8 taken by it, and 66 unknown to it.
        _ => None,
    };
    let about = fields.remove("about").map(|about| with_plus(&about)).unwrap_or_default();
    Ok(Brought::Report { of: Named::Message(message.into()), about, status })
}

/// What a customer wrote: the query of a callback by the `get-url` above. The text comes as the hexadecimal digits of
/// its octets, because in a plain query neither blanks nor UTF-16 would arrive as they are.
pub fn received(query: &[u8]) -> Result<Brought, String> {
    let mut fields = fields(query)?;
    let from = with_plus(&take(&mut fields, "from")?);
    let to = with_plus(&take(&mut fields, "to")?);
    let hex = fields.remove("hex").ok_or("the field hex is missing")?;
    let octets = octets(&hex).ok_or("the field hex is not hexadecimal: write hex=%e in get-url")?;
    let charset = fields.remove("charset").unwrap_or_default();
    let text = if charset.eq_ignore_ascii_case("UTF-16BE") {
        alphabet::decode(UCS_2, &octets)
    } else {
        // Binary messages say 8-BIT. They are not thrown away, as somebody may want to know that there was one.
        String::from_utf8_lossy(&octets).into_owned()
    };
    Ok(Brought::Message {
        from: CustomerNumber::new(Provider::Telco, &from),
        to: ChannelNumber::new(Channel::Sms, &to),
        body: crate::model::Body::text(text),
        key: fields.remove("id").filter(|id| !id.is_empty()),
    })
}

/// The fields of a query. None of them may come twice, because somebody else may then read the other one.
fn fields(query: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query) {
        if all.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err("a field comes twice".to_owned());
        }
    }
    Ok(all)
}

fn take(fields: &mut BTreeMap<String, String>, name: &str) -> Result<String, String> {
    let value = fields.remove(name).filter(|value| !value.trim().is_empty());
    value.ok_or_else(|| format!("the field {name} is missing"))
}

/// A number whose plus sign may have become a blank, which happens where something between us and Kannel decodes the
/// query and does not encode it again.
fn with_plus(number: &str) -> String {
    match number.strip_prefix(' ') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => format!("+{rest}"),
        _ => number.to_owned(),
    }
}

/// The octets that hexadecimal digits stand for. `None` if they are no such digits.
fn octets(hex: &str) -> Option<Vec<u8>> {
    // A sign is read as part of a number, and so it has to be ruled out.
    let digits = Some(hex).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let octet = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(octet).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::config::CarrierSecret;
    use crate::model::{Body, Location, MessageId};
    use proptest::prelude::*;

    fn settings() -> KannelSettings {
        let password = CarrierSecret::new("s3cret".to_owned());
        let url = "http://127.0.0.1:13013/cgi-bin/sendsms".to_owned();
        let callback_secret = CarrierSecret::new("kannel-secret-of-the-address".to_owned());
        KannelSettings { url, username: "hub".to_owned(), password, callback_secret }
    }

    fn made(from: &str, to: &str, body: &Body) -> Result<Request<Vec<u8>>, Box<Answer>> {
        let (id, to) = (MessageId::from("el_msg_1"), CustomerNumber::telco(to));
        let from = ChannelNumber::new(Channel::Sms, from);
        let valid_for = Duration::from_secs(3_601);
        let report_to = Some("https://hub.example/%C3%A9/report?message=el_msg_1");
        let order = Order { id: &id, to: &to, from: &from, body, valid_for, report_to };
        request(&settings(), &order)
    }

    fn code(status: u16) -> StatusCode {
        StatusCode::from_u16(status).unwrap()
    }

    fn step(answer: &Answer) -> MessageStatus {
        let Answer::Refused { status, .. } = answer else { panic!("{answer:?}") };
        *status
    }

    #[test]
    fn r_carry_15_a_text_goes_with_a_login_that_no_log_sees() {
        let request = made("40404", "+254 700 000 001", &Body::text("5€ é")).unwrap();
        assert_eq!((request.method().as_str(), request.uri().query()), ("POST", None));
        assert_eq!(request.body(), "5€ é".as_bytes());
        let named = |name| request.headers()[format!("x-kannel-{name}")].to_str().unwrap();
        assert_eq!(["username", "password"].map(named), ["hub", "s3cret"]);
        assert_eq!(["from", "to", "coding"].map(named), ["40404", "+254700000001", "0"]);
        assert_eq!(["validity", "dlr-mask"].map(named), ["61", "31"]);
        let url = "https://hub.example/%%C3%%A9/report?message=el_msg_1&type=%d&about=%p&words=%A";
        assert_eq!(named("dlr-url"), url);
        let shown = format!("{request:?} {:?}", settings());
        assert!(!shown.contains("s3cret") && !shown.contains("hub.example"), "{shown}");
        assert_eq!(report_address("http://h/r"), "http://h/r?type=%d&about=%p&words=%A");
        let request = made("ACME", "1", &Body::text("çoklu")).unwrap();
        assert_eq!(request.headers()["x-kannel-coding"], "2", "ç is not in the alphabet");
    }

    #[test]
    fn r_carry_15_what_kannel_cannot_carry_is_refused_here() {
        let refused = |from, to, body| step(&made(from, to, &body).unwrap_err());
        let place = Body { location: Some(Location::default()), ..Body::default() };
        assert_eq!(refused("1", "2", place.clone()), MessageStatus::NotSupported);
        let both = Body { text: Some("here".to_owned()), ..place };
        assert_eq!(refused("1", "2", both), MessageStatus::NotSupported);
        assert_eq!(refused("1\n2", "2", Body::text("x")), MessageStatus::InvalidChannelNumber);
        assert_eq!(refused("1", "2\u{1}", Body::text("x")), MessageStatus::Failed);
        assert_eq!(refused("1", "  ", Body::text("x")), MessageStatus::Failed);
        let wrong = KannelSettings { username: "a\nb".to_owned(), ..settings() };
        assert!(check(&wrong).unwrap_err().contains("username"));
    }

    #[test]
    fn r_carry_15_each_answer_of_kannel_1_4_5_has_its_meaning() {
        let answer = |status, said: &str| answered(code(status), said.as_bytes());
        let taken = ["0: Accepted for delivery", "3: Queued for later delivery", "Sent."];
        assert!(taken.iter().all(|said| answer(202, said) == Answer::accepted(None)));
        let login = answer(403, "Authorization failed for sendsms");
        assert!(matches!(login, Answer::Closed(why) if why.contains("username")));
        assert_eq!(step(&answer(403, "Not routable. Do not try again.")), MessageStatus::Failed);
        let denied = "Number(s) has/have been denied by white- and/or black-lists.";
        assert_eq!(answer(400, denied), Answer::refused(MessageStatus::Failed, "400", denied));
        assert_eq!(answer(503, "Temporal failure, try again later."), Answer::Busy(None));
        assert!(matches!(answer(404, "Unknown request."), Answer::Closed(_)));
        for unclear in [200, 500, 502, 504] {
            assert!(matches!(answer(unclear, "Sending failed."), Answer::Doubt(_)), "{unclear}");
        }
    }

    #[test]
    fn r_carry_15_a_check_asks_about_the_login_and_names_nobody() {
        let request = check(&settings()).unwrap();
        assert!(!request.headers().contains_key("x-kannel-to"));
        assert_eq!(request.headers()["x-kannel-password"], "s3cret");
        let said = |status, body: &str| checked(code(status), body.as_bytes());
        assert_eq!(said(400, "Missing receiver(s) number(s), rejected"), Ok(()));
        assert!(said(403, "Authorization failed for sendsms").unwrap_err().contains("login"));
        assert!(said(400, "Invalid content-type").unwrap_err().contains("no Kannel"));
    }

    #[test]
    fn r_carry_15_a_report_is_about_our_own_id() {
        let of = |kind: &str| {
            let query = format!("message=el_msg_1&about=%2B254700000001&{kind}");
            let brought = reported(query.as_bytes()).unwrap();
            let Brought::Report { of, about, status } = brought else { panic!("{brought:?}") };
            assert_eq!((of, &*about), (Named::Message("el_msg_1".into()), "+254700000001"));
            status
        };
        assert_eq!(of("type=1"), Some(MessageStatus::Delivered));
        assert_eq!(of("type=2&words=id%3A1+stat%3AUNDELIV+err"), Some(MessageStatus::Failed));
        assert_eq!(of("type=2&words=id%3A1+stat%3AEXPIRED+err"), Some(MessageStatus::Expired));
        assert_eq!(of("type=16&words=NACK%2F0x0000000b%2F"), Some(MessageStatus::Failed));
        assert_eq!(of("type=34"), Some(MessageStatus::Expired));
        for under_way in ["type=4", "type=8&words=ACK%2F", "type=66", "type=99"] {
            assert_eq!(of(under_way), None, "{under_way}");
        }
        for wrong in ["type=1", "message=a", "message=&type=1", "message=a&type=1&type=2", ""] {
            assert!(reported(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(reported(b"message=a&type=%d").unwrap_err().contains("number"));
    }

    #[test]
    fn r_carry_15_what_customers_write_arrives_as_they_wrote_it() {
        // As Kannel 1.4.5 sent them.
        let of = |query: &str| {
            let brought = received(query.as_bytes()).unwrap();
            let Brought::Message { from, to, body, key } = brought else { panic!("{brought:?}") };
            assert_eq!(to, ChannelNumber::new(Channel::Sms, "40404"));
            (from.number, body.text.unwrap(), key)
        };
        let (from, text, key) = of("from=%2B254700000001&to=40404\
             &hex=202048656C6C6F202020776F726C64200D0A6C696E6520C2A1202B31&charset=UTF-8&id=c065");
        assert_eq!((&*from, &*text), ("+254700000001", "  Hello   world \r\nline ¡ +1"));
        assert_eq!(key.as_deref(), Some("c065"));
        let arabic = "hex=063306440627064500200020D83CDF3B00200061002B&charset=UTF-16BE&id=";
        let (from, text, key) = of(&format!("from=+254700000001&to=40404&{arabic}"));
        assert_eq!((&*from, &*text, key), ("+254700000001", "سلام  🌻 a+", None));
        assert_eq!(of("from=SAFARICOM&to=40404&hex=&charset=UTF-8").0, "SAFARICOM");
        assert_eq!(of("from=07&to=40404&hex=FF0062&charset=8-BIT").1, "\u{fffd}\0b");
        assert_eq!(of("from=07&to=40404&hex=D83C00&charset=UTF-16BE").1, "\u{fffd}\0");
        for wrong in ["from=1&to=2", "from=1&to=2&hex=%2B1", "from=1&to=2&hex=abc", "to=2&hex=61"] {
            assert!(received(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(received(b"from=1&from=2&to=4&hex=61").unwrap_err().contains("twice"));
    }

    proptest! {
        #[test]
        fn r_carry_15_no_bytes_make_it_fall(bytes in any::<Vec<u8>>(), status in 100_u16..600) {
            let _ = (answered(code(status), &bytes), checked(code(status), &bytes));
            let _ = (reported(&bytes), received(&bytes));
            let hex = crate::model::id::hex(&bytes);
            for charset in ["UTF-8", "UTF-16BE"] {
                let query = format!("from=1&to=2&charset={charset}&hex={hex}");
                prop_assert!(received(query.as_bytes()).is_ok());
            }
        }

        #[test]
        fn r_carry_15_no_message_makes_it_fall(from in any::<String>(), text in any::<String>()) {
            if let Ok(request) = made(&from, &from, &Body::text(text.clone())) {
                prop_assert_eq!(request.body(), text.as_bytes());
                let to = request.headers()["x-kannel-to"].as_bytes();
                prop_assert!(!to.iter().any(u8::is_ascii_whitespace));
            }
        }
    }
}
