//! What networks say, by HTTP and by SMPP, and what their answers say.

use super::{asked::AskedOrg, head};
use crate::{
    carriers::{
        africastalking::{self, call, dial},
        gather::Delivered,
        kannel,
        order::{Brought, Named},
        parts::WaitingParts,
        smpp::{self as smpp_words},
        smpp_session::{self, Frame, FrameCodec},
        telegram, webhook,
    },
    model::{Channel, ChannelNumber, NetworkCommand},
};
use bytes::BytesMut;
use http::StatusCode;
use rusmpp::Pdu;
use tokio_util::codec::Decoder as _;

/// The longest frame that is read, and so what a codec may keep at most beside what it was given at once.
const FRAME: usize = *smpp_session::FRAME.end();
/// What answers begin with.
const STATUSES: [u16; 8] = [200, 202, 400, 401, 403, 404, 429, 503];

/// The body of a call of a network, or of its answer, after a byte that says of which, and one for the status of answers.
pub(super) fn callback(bytes: &[u8]) {
    let ([kind, status], body) = head::<2>(bytes);
    let status = StatusCode::from_u16(STATUSES[usize::from(status) % STATUSES.len()]);
    let status = status.unwrap_or_default();
    let bot = ChannelNumber::new(Channel::Telegram, "bahari_bot");
    let brought = match kind % 14 {
        0 => kannel::reported(body),
        1 => kannel::received(body),
        2 => africastalking::reported(body),
        3 => africastalking::received(body),
        4 => return dialled(body),
        5 => dial::ended(body).map(|_| Brought::Nothing),
        6 => call::called(body).map(|_| Brought::Nothing),
        7 => webhook::brought(body, "w1"),
        8 => {
            for update in telegram::polled(status, body, &bot).unwrap_or_default() {
                assert!(update.id.checked_add(1).is_some(), "the next one has a number");
                store(&update.brought);
            }
            return;
        }
        9 => return drop(kannel::answered(status, body)),
        10 => return drop(telegram::answered(status, body)),
        11 => return drop(webhook::answered(status, body)),
        12 => return drop(africastalking::answered(status, body)),
        _ => return drop(call::call_answered(status, body)),
    };
    match brought {
        Ok(brought) => store(&brought),
        Err(why) => assert!(!why.trim().is_empty(), "nobody says what is wrong"),
    }
}

fn dialled(body: &[u8]) {
    let Ok(dialled) = dial::dialled(body) else { return };
    let middle = dialled.text.floor_char_boundary(dialled.text.len() / 2);
    for previous in [None, Some(&dialled.text[..middle]), Some(&dialled.text)] {
        if let dial::NewInput::Input(new) = dial::newest(previous, &dialled.text) {
            assert!(dialled.text.ends_with(new));
        }
    }
    let to = ChannelNumber::new(Channel::Ussd, &dialled.code);
    let command = NetworkCommand::DialUssd { from: dialled.from, to, input: dialled.text };
    AskedOrg::new().decide(&command.into());
}

/// Stores what was brought, as it is stored in a hub.
fn store(brought: &Brought) {
    let command = match brought.clone() {
        Brought::Nothing | Brought::Left(_) => return,
        Brought::Message { from, to, body, .. } => {
            // What is for no number of the org is not stored at all.
            let lines = [(Channel::Whatsapp, "+254711082000"), (Channel::Telegram, "bahari_bot")];
            let line = lines.into_iter().find(|(channel, _)| *channel == to.channel);
            let (channel, number) = line.unwrap_or((Channel::Sms, "40404"));
            let to = ChannelNumber::new(channel, number);
            NetworkCommand::ReceiveMessage { from, to, body }
        }
        Brought::Typed(typed) => {
            let to = ChannelNumber::new(Channel::Ussd, "*384#");
            NetworkCommand::DialUssd { from: typed.from, to, input: typed.said }
        }
        Brought::Report { of, about, status } => match (of, status) {
            (_, None) => return,
            (Named::Message(message), Some(status)) => {
                NetworkCommand::ReportMessage { message, status }
            }
            (Named::Reference(reference), Some(status)) => NetworkCommand::ReportReference {
                carrier: "safari".into(),
                reference,
                about,
                status,
            },
        },
    };
    AskedOrg::new().decide(&command.into());
}

/// What an SMSC sends, after a byte of how many octets come at once in the second way to read it.
pub(super) fn smpp(bytes: &[u8]) {
    let ([size], sent) = head::<1>(bytes);
    let (whole, end) = frames(sent, sent.len().max(1));
    let (pieces, other_end) = frames(sent, usize::from(size) + 1);
    assert_eq!(format!("{whole:?}"), format!("{pieces:?}"));
    assert_eq!(end, other_end);
    assert!(whole.len() <= sent.len() / 16, "a frame has a header");
    let mut parts = WaitingParts::default();
    for (number, frame) in (0..).zip(&whole) {
        let _ = frame.header();
        match frame.pdu() {
            Some(Pdu::DeliverSm(deliver)) => match smpp_words::delivered(deliver) {
                Delivered::Whole(brought) => store(&brought),
                Delivered::Part(part) => {
                    store(&part.alone(number));
                    let outcome = parts.take(part, number, tokio::time::Instant::now());
                    outcome.messages.iter().for_each(store);
                }
            },
            Some(Pdu::SubmitSmResp(answer)) => {
                let (_, status, _) = frame.header();
                let _ = smpp_words::answered(status, Some(answer.message_id().as_str()));
            }
            _ => {}
        }
    }
}

/// The frames of bytes that come in pieces, and why there are no more.
fn frames(bytes: &[u8], size: usize) -> (Vec<Frame>, Option<String>) {
    let (mut codec, mut kept, mut all) = (FrameCodec::new(), BytesMut::new(), Vec::new());
    for piece in bytes.chunks(size) {
        kept.extend_from_slice(piece);
        loop {
            let before = kept.len();
            match codec.decode(&mut kept) {
                Ok(Some(frame)) => {
                    assert!(kept.len() < before, "a frame takes octets");
                    all.push(frame);
                }
                Ok(None) => break,
                Err(error) => return (all, Some(error.to_string())),
            }
        }
        assert!(kept.len() < FRAME + size, "{} octets wait", kept.len());
        assert!(kept.capacity() < 3 * FRAME + 3 * bytes.len(), "{} octets kept", kept.capacity());
    }
    (all, None)
}
