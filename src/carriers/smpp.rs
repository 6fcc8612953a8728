//! What is said to an SMSC and what it says, in SMPP 3.4 (<https://smpp.org/SMPP_v3_4_Issue1_2.pdf>), without I/O.

use super::{
    alphabet::{self, DEFAULT},
    gather::Delivered,
    order::{Answer, Brought, MenuOrder, Named, Order, SessionMarks, Typed},
    parts::{CodedText, TextPart},
    user_data::{self, PartPlace},
};
use crate::{
    hub::config::SmppSettings,
    model::{Body, Channel, ChannelNumber, CustomerNumber, MessageStatus, Provider},
};
use rusmpp::{
    CommandStatus,
    pdus::{BindTransceiver, DeliverSm, SubmitSm},
    tlvs::{MessageSubmissionRequestTlvValue, TlvValue},
    types::{AnyOctetString, COctetString, EmptyOrFullCOctetString, OctetString},
    values::{
        DataCoding, EsmClass, InterfaceVersion, ItsSessionInfo, MessagePayload, MessageState,
        MessageType, Npi, RegisteredDelivery, ServiceType, Ton, UserMessageReference,
        UssdServiceOp,
    },
};
use std::time::Duration;

/// What fits into one short message, in octets. A longer text goes as `message_payload`, and the SMSC splits it.
const ONE_PART: usize = 140;
/// In the default alphabet an octet is a septet, so that more of them fit.
const ONE_PART_GSM: usize = 160;
/// The service type of USSD.
const USSD: &str = "USSD";
/// The longest text, in octets.
const LONGEST_TEXT: usize = 65_000;
/// The longest time that a validity period says.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// The request that opens a session, or why the settings cannot be said in it.
pub fn bind(settings: &SmppSettings) -> Result<BindTransceiver, String> {
    let cannot = |what: &str| format!("the {what} cannot be written in SMPP");
    Ok(BindTransceiver::builder()
        .system_id(text(&settings.system_id).ok_or_else(|| cannot("system_id"))?)
        .password(text(settings.password.expose()).ok_or_else(|| cannot("password"))?)
        .system_type(text(&settings.system_type).ok_or_else(|| cannot("system_type"))?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build())
}

fn text<const MIN: usize, const MAX: usize>(of: &str) -> Option<COctetString<MIN, MAX>> {
    COctetString::from_string(of.to_owned()).ok()
}

/// The submission of a message, or the refusal if it cannot be written.
pub fn submit(order: &Order<'_>) -> Result<SubmitSm, Box<Answer>> {
    let refuse = |status, words: &str| Box::new(Answer::cannot(status, words));
    let bad_sender =
        || refuse(MessageStatus::InvalidChannelNumber, "the sender cannot be written in SMPP");
    let bad_receiver = || refuse(MessageStatus::Failed, "the number cannot be written in SMPP");
    let Some(words) = order.body.text.as_deref() else {
        return Err(refuse(MessageStatus::NotSupported, "it carries text and nothing else"));
    };
    let (source_ton, source_npi, source) = address(&order.from.number);
    let (ton, npi, destination) = address(&order.to.number);
    let (data_coding, octets) = alphabet::encode(words);
    // A longer one has no room in a field of SMPP (section 5.3.2.32).
    if octets.len() > LONGEST_TEXT {
        return Err(refuse(MessageStatus::NotSupported, "the text is too long for it"));
    }
    let room = if data_coding == DEFAULT { ONE_PART_GSM } else { ONE_PART };
    let mut submit = SubmitSm::builder()
        .source_addr_ton(source_ton)
        .source_addr_npi(source_npi)
        .source_addr(text(&source).ok_or_else(bad_sender)?)
        .dest_addr_ton(ton)
        .dest_addr_npi(npi)
        .destination_addr(text(&destination).ok_or_else(bad_receiver)?)
        // The default of the type sets a bit that asks for an acknowledgement.
        .esm_class(EsmClass::from(0))
        .registered_delivery(RegisteredDelivery::from(1))
        .data_coding(DataCoding::from(data_coding))
        .validity_period(validity(order.valid_for))
        .build();
    if octets.len() <= room {
        let octets = OctetString::from_vec(octets);
        submit.set_short_message(octets.map_err(|_| bad_receiver())?);
    } else {
        let payload = MessagePayload::new(AnyOctetString::from_vec(octets));
        submit.push_tlv(MessageSubmissionRequestTlvValue::MessagePayload(payload));
    }
    Ok(submit)
}

/// The submission of a menu (section 5.3.2.44), or the refusal if it cannot be written. A menu asks for an answer, and
/// the last one of a session does not.
pub fn menu(order: &MenuOrder<'_>) -> Result<SubmitSm, Box<Answer>> {
    let bad = || Box::new(Answer::cannot(MessageStatus::Failed, "it cannot be written in SMPP"));
    let (data_coding, octets) = alphabet::encode(order.text);
    let (ton, npi, destination) = address(&order.to.number);
    let mut submit = SubmitSm::builder()
        .service_type(ServiceType::new(text(USSD).ok_or_else(bad)?))
        .source_addr(text(&order.marks.line).ok_or_else(bad)?)
        .dest_addr_ton(ton)
        .dest_addr_npi(npi)
        .destination_addr(text(&destination).ok_or_else(bad)?)
        .esm_class(EsmClass::from(0))
        .registered_delivery(RegisteredDelivery::from(0))
        .data_coding(DataCoding::from(data_coding))
        .short_message(OctetString::from_vec(octets).map_err(|_| bad())?)
        .build();
    let last = order.is_terminal;
    let operation = if last { UssdServiceOp::PssrResponse } else { UssdServiceOp::UssrRequest };
    submit.push_tlv(MessageSubmissionRequestTlvValue::UssdServiceOp(operation));
    if let Some((session, place)) = order.marks.session {
        // The lowest bit says that the session ends, and those above it count what is said in it.
        let place = (place & !1).wrapping_add(2) | u8::from(last);
        let info = ItsSessionInfo::new(session, place);
        submit.push_tlv(MessageSubmissionRequestTlvValue::ItsSessionInfo(info));
    }
    if let Some(reference) = order.marks.reference {
        let reference = UserMessageReference::new(reference);
        submit.push_tlv(MessageSubmissionRequestTlvValue::UserMessageReference(reference));
    }
    Ok(submit)
}

/// The kind of a number and the number as SMPP writes it: international numbers without the plus sign, short codes
/// as they are, and names as names.
fn address(number: &str) -> (Ton, Npi, String) {
    let number = number.trim();
    match number.strip_prefix('+') {
        Some(digits) => (Ton::International, Npi::Isdn, digits.to_owned()),
        None if number.bytes().all(|b| b.is_ascii_digit() || b"*#".contains(&b)) => {
            (Ton::Unknown, Npi::Unknown, number.to_owned())
        }
        None => (Ton::Alphanumeric, Npi::Unknown, number.to_owned()),
    }
}

/// A relative validity period (section 7.1.1), in minutes.
fn validity(length: Duration) -> EmptyOrFullCOctetString<17> {
    let minutes = length.min(LONGEST).as_secs().div_ceil(60).max(1);
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let written = format!("0000{days:02}{hours:02}{minutes:02}00000R");
    EmptyOrFullCOctetString::from_string(written).unwrap_or_default()
}

/// What the answer to a submission means.
pub fn answered(status: CommandStatus, message_id: Option<&str>) -> Answer {
    use CommandStatus as C;
    let code = u32::from(status);
    // What was never said has no words, so the code stands for itself.
    let (meaning, words) = match status {
        C::EsmeRok => {
            let reference = message_id.filter(|id| !id.is_empty()).map(str::to_owned);
            return Answer::accepted(reference);
        }
        C::EsmeRthrottled | C::EsmeRmsgqful => return Answer::Busy(None),
        C::EsmeRinvsrcadr => (MessageStatus::InvalidChannelNumber, "it does not take this sender"),
        C::EsmeRinvdstadr => (MessageStatus::Failed, "it knows no such number"),
        C::EsmeRinvmsglen => (MessageStatus::NotSupported, "the text is too long for it"),
        C::EsmeRsyserr => (MessageStatus::ApplicationError, "it has a fault of its own"),
        _ => (MessageStatus::Failed, ""),
    };
    Answer::refused(meaning, &format!("0x{code:08X}"), words)
}

/// Why a session was not opened, in words.
pub fn refused(status: CommandStatus) -> String {
    use CommandStatus as C;
    let code = u32::from(status);
    let words = match status {
        C::EsmeRbindfail | C::EsmeRinvpaswd | C::EsmeRinvsysid => {
            "it refuses the login: check system_id and password"
        }
        C::EsmeRalybnd => "it says that this login has a session already",
        C::EsmeRthrottled => "it has too many sessions, or they come too fast",
        _ => "it opens no session",
    };
    format!("{words} (0x{code:08X})")
}

/// What a delivery says.
pub fn delivered(deliver: &DeliverSm) -> Delivered {
    let mut payload: Option<Vec<u8>> = None;
    let (mut reference, mut state) = (None, None);
    let (mut operation, mut marks) = (None, SessionMarks::default());
    let (mut of, mut total, mut place) = (None, None, None);
    for tlv in deliver.tlvs() {
        match tlv.value() {
            Some(TlvValue::MessagePayload(octets)) => {
                payload = Some(octets.value.clone().into_vec());
            }
            Some(TlvValue::ReceiptedMessageId(id)) => reference = Some(id.as_str().to_owned()),
            Some(TlvValue::MessageState(known)) => state = Some(*known),
            Some(TlvValue::UssdServiceOp(known)) => operation = Some(*known),
            Some(TlvValue::ItsSessionInfo(info)) => {
                marks.session = Some((info.session_number, info.sequence_number));
            }
            Some(TlvValue::UserMessageReference(known)) => marks.reference = Some(known.value),
            Some(TlvValue::SarMsgRefNum(known)) => of = Some(*known),
            Some(TlvValue::SarTotalSegments(known)) => total = Some(*known),
            Some(TlvValue::SarSegmentSeqnum(known)) => place = Some(*known),
            _ => {}
        }
    }
    let own = || deliver.short_message().clone().into_vec();
    let octets = payload.filter(|octets| !octets.is_empty()).unwrap_or_else(own);
    let coding = u8::from(deliver.data_coding);
    let is_receipt = matches!(
        deliver.esm_class.message_type,
        MessageType::ShortMessageContainsMCDeliveryReceipt
            | MessageType::ShortMessageContainsIntermediateDeliveryNotification
    );
    if is_receipt || reference.is_some() {
        // Whatever the coding says, receipts are written in ASCII.
        let words = String::from_utf8_lossy(&octets).into_owned();
        let said = |name: &str| field(&words, name);
        let word = || said("stat").and_then(|word| of_word(&word));
        let status = state.and_then(of_state).or_else(word);
        let reference = reference.or_else(|| said("id")).unwrap_or_default();
        let about = deliver.source_addr.as_str().to_owned();
        let report = Brought::Report { of: Named::Reference(reference), about, status };
        return Delivered::Whole(report);
    }
    if u8::from(deliver.esm_class) & 0x18 != 0 {
        return Delivered::Whole(Brought::Nothing);
    }
    let has_header = u8::from(deliver.esm_class.gsm_features) & 0x40 != 0;
    let (part, body) = if has_header { user_data::split(&octets) } else { (None, &octets[..]) };
    let from = customer(&deliver.source_addr, deliver.source_addr_ton);
    if operation.is_some() || deliver.service_type.value().as_str() == USSD {
        deliver.destination_addr.as_str().clone_into(&mut marks.line);
        let said = alphabet::decode(coding, body);
        return Delivered::Whole(dialogue(from, operation, said, marks));
    }
    let to = ChannelNumber::new(Channel::Sms, deliver.destination_addr.as_str());
    // The same is said beside the text by networks that do not leave the header in it (section 5.3.2.22).
    let beside = || PartPlace::new(format!("sar/{}", of?), total?, place?);
    let text = CodedText { coding, octets: body.to_vec() };
    written(from, to, part.or_else(beside), text)
}

/// What a customer wrote, or the part of it that this is.
fn written(
    from: CustomerNumber,
    to: ChannelNumber,
    part: Option<PartPlace>,
    text: CodedText,
) -> Delivered {
    if let Some(part) = part {
        return Delivered::Part(TextPart::new(from, to, part, text));
    }
    let body = Body::text(alphabet::decode(text.coding, &text.octets));
    Delivered::Whole(Brought::Message { from, to, body, key: None })
}

/// What is said in a USSD session. A network that does not say which operation it is leaves it to the text.
fn dialogue(
    from: CustomerNumber,
    operation: Option<UssdServiceOp>,
    said: String,
    marks: SessionMarks,
) -> Brought {
    use UssdServiceOp as Op;
    let has_ended = marks.session.is_some_and(|(_, place)| place & 1 == 1);
    let is_code = said.starts_with('*') && said.trim_end().ends_with('#');
    match operation {
        Some(Op::PssrIndication | Op::PssdIndication) => {
            Brought::Typed(Typed { from, is_dial: true, said, marks })
        }
        _ if has_ended => Brought::Left(from),
        Some(Op::UssrConfirm) => Brought::Typed(Typed { from, is_dial: false, said, marks }),
        None => Brought::Typed(Typed { from, is_dial: is_code, said, marks }),
        // That a notice was seen, which nobody asked for, or what this hub does not know.
        Some(_) => Brought::Nothing,
    }
}

/// A customer's number as the hub writes it. An international one has its plus sign.
fn customer(number: &COctetString<1, 21>, ton: Ton) -> CustomerNumber {
    let number = number.as_str().trim();
    let is_whole =
        matches!(ton, Ton::International) && number.starts_with(|c: char| c.is_ascii_digit());
    let number = if is_whole { format!("+{number}") } else { number.to_owned() };
    CustomerNumber::new(Provider::Telco, &number)
}

/// The word after a name in the text of a receipt (appendix B), whatever its capitals.
fn field(words: &str, name: &str) -> Option<String> {
    let small = words.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = small[from..].find(name) {
        let start = from + found;
        let begins = start == 0 || small.as_bytes().get(start - 1) == Some(&b' ');
        let value = words.get(start + name.len()..)?.strip_prefix(':');
        if let Some(value) = value.filter(|_| begins) {
            return Some(value.split_whitespace().next().unwrap_or_default().to_owned());
        }
        from = start + name.len();
    }
    None
}

fn of_state(state: MessageState) -> Option<MessageStatus> {
    match state {
        MessageState::Delivered => Some(MessageStatus::Delivered),
        MessageState::Expired => Some(MessageStatus::Expired),
        MessageState::Deleted | MessageState::Undeliverable | MessageState::Rejected => {
            Some(MessageStatus::Failed)
        }
        _ => None,
    }
}

fn of_word(word: &str) -> Option<MessageStatus> {
    match word.to_ascii_uppercase().as_str() {
        "DELIVRD" => Some(MessageStatus::Delivered),
        "EXPIRED" => Some(MessageStatus::Expired),
        "UNDELIV" | "REJECTD" | "DELETED" => Some(MessageStatus::Failed),
        _ => None,
    }
}
