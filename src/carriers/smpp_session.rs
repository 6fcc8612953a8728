//! A session with an SMSC: how it is opened, and how requests and answers go over it. What it sends is cut into frames
//! here and each frame is read by itself, so that one that cannot be read spoils no other and does not end the session.

use super::{
    order::{MenuOrder, Order},
    session::{Heard, Lost, Submitted},
    smpp,
    tls::{self, CarrierStream},
};
use crate::{
    hub::config::{CarrierConfig, SmppSettings},
    model::CarrierId,
};
use bytes::{Buf as _, BytesMut};
use futures_util::{SinkExt as _, StreamExt as _};
use rusmpp::{
    Command, CommandId, CommandStatus, Pdu,
    decode::DecodeWithLength as _,
    pdus::{BindTransceiver, DeliverSmResp},
    tokio_codec::{CommandCodec, EncodeError},
};
use std::{io, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_util::codec::{Decoder, Encoder, Framed};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a network may take to answer to a logout.
const GOODBYE: Duration = Duration::from_secs(1);
/// The shortest frame, which is a header alone (section 3.2), and the longest that is read.
pub(crate) const FRAME: std::ops::RangeInclusive<usize> = 16..=70_000;

/// What the network sent.
#[derive(Debug)]
pub(crate) enum Frame {
    Command(Box<Command>),
    /// Its header says what it is, but the rest of it cannot be read.
    Unreadable {
        id: CommandId,
        status: CommandStatus,
        sequence: u32,
    },
}

impl Frame {
    /// Its kind, status and number.
    pub fn header(&self) -> (CommandId, CommandStatus, u32) {
        match self {
            Self::Command(command) => (command.id(), command.status(), command.sequence_number()),
            Self::Unreadable { id, status, sequence } => (*id, *status, *sequence),
        }
    }
    /// What it says, if it can be read.
    pub fn pdu(&self) -> Option<&Pdu> {
        match self {
            Self::Command(command) => command.pdu(),
            Self::Unreadable { .. } => None,
        }
    }
}

/// Cuts the stream into frames.
pub(crate) struct FrameCodec(CommandCodec);

impl FrameCodec {
    pub fn new() -> Self {
        Self(CommandCodec::new())
    }
}

impl Decoder for FrameCodec {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Frame>, io::Error> {
        let Some(first) = src.first_chunk() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*first)).unwrap_or(usize::MAX);
        if !FRAME.contains(&length) {
            // A server of TLS answers to whoever does not speak it with an alert (RFC 8446, section 5.1).
            let why = if src.starts_with(&[0x15, 0x03]) {
                "it speaks TLS there: write `tls = true` into the settings of the network"
                    .to_owned()
            } else {
                format!("it is no SMPP: a request of {length} octets")
            };
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if src.len() < length {
            src.reserve(length - src.len());
            return Ok(None);
        }
        let mut frame = src.split_to(length);
        frame.advance(4);
        let mut header = frame.clone();
        let (id, status, sequence) = (header.get_u32(), header.get_u32(), header.get_u32());
        Ok(Some(match Command::decode(&mut frame, length - 4) {
            Ok((command, _)) => Frame::Command(Box::new(command)),
            Err(_) => Frame::Unreadable { id: id.into(), status: status.into(), sequence },
        }))
    }
}

impl Encoder<Command> for FrameCodec {
    type Error = io::Error;

    fn encode(&mut self, command: Command, dst: &mut BytesMut) -> Result<(), io::Error> {
        self.0.encode(command, dst).map_err(|error| match error {
            EncodeError::Io(error) => error,
            other => io::Error::other(other.to_string()),
        })
    }
}

/// A session with an SMSC that is open.
pub(super) struct SmppSession {
    framed: Framed<Box<dyn CarrierStream>, FrameCodec>,
    last: u32,
    /// What the settings call the connection, for the log of the hub.
    carrier: CarrierId,
}

impl SmppSession {
    /// Connects and logs in. `within` is how long the network may take to answer.
    pub async fn open(settings: &SmppSettings, carrier: &CarrierConfig) -> Result<Self, Lost> {
        let within = carrier.answers_within;
        let bind: BindTransceiver = smpp::bind(settings)?;
        let connect = timeout(CONNECT, TcpStream::connect(&settings.address)).await;
        let stream = connect
            .map_err(|_| format!("no connection to {} within 10 s", settings.address))?
            .map_err(|error| format!("no connection to {}: {error}", settings.address))?;
        // Small requests go at once.
        let _ = stream.set_nodelay(true);
        let wire: Box<dyn CarrierStream> = if settings.tls {
            let (address, trust) = (&settings.address, &carrier.trust);
            Box::new(tls::over(stream, address, trust, within.min(CONNECT)).await?)
        } else {
            Box::new(stream)
        };
        let framed = Framed::new(wire, FrameCodec::new());
        let mut session = Self { framed, last: 0, carrier: carrier.id.clone() };
        let sequence = session.request(bind.into()).await?;
        let answer = timeout(within, session.next()).await;
        let answer = answer.map_err(|_| "it does not answer to the login".to_owned())??;
        match answer.header() {
            (CommandId::BindTransceiverResp, CommandStatus::EsmeRok, of) if of == sequence => {
                Ok(session)
            }
            (_, CommandStatus::EsmeRok, _) => {
                Err("it answers to the login with something else".to_owned())
            }
            (_, status, _) => Err(smpp::refused(status)),
        }
    }

    /// Submits a message.
    pub async fn submit(&mut self, order: &Order<'_>) -> Result<Submitted, Lost> {
        match smpp::submit(order) {
            Ok(submit) => self.request(submit.into()).await.map(Submitted::UnderWay),
            Err(answer) => Ok(Submitted::Answered(*answer)),
        }
    }

    /// Submits a menu.
    pub async fn show(&mut self, order: &MenuOrder<'_>) -> Result<Submitted, Lost> {
        match smpp::menu(order) {
            Ok(submit) => self.request(submit.into()).await.map(Submitted::UnderWay),
            Err(answer) => Ok(Submitted::Answered(*answer)),
        }
    }

    /// What a frame means. What only concerns the session is dealt with at once.
    pub async fn sort(&mut self, frame: &Frame) -> Result<Option<Heard>, Lost> {
        let (id, status, number) = frame.header();
        match (id, frame.pdu()) {
            (CommandId::SubmitSmResp | CommandId::GenericNack, pdu) => {
                let name = match pdu {
                    Some(Pdu::SubmitSmResp(answer)) => Some(answer.message_id().as_str()),
                    _ => None,
                };
                let status = match (id, status) {
                    (CommandId::GenericNack, CommandStatus::EsmeRok) => {
                        CommandStatus::EsmeRunknownerr
                    }
                    (_, status) => status,
                };
                Ok(Some(Heard::Answer { number, answer: smpp::answered(status, name) }))
            }
            (CommandId::DeliverSm, Some(Pdu::DeliverSm(deliver))) => {
                let ticket = i64::from(number);
                Ok(Some(Heard::Delivered { ticket, delivered: smpp::delivered(deliver) }))
            }
            // It would bring it again and again, so it is told that it is for good.
            (CommandId::DeliverSm, _) => {
                let carrier = &self.carrier;
                tracing::warn!(
                    "carrier {carrier}: what it brought cannot be read, and was refused"
                );
                let (status, answer) = (CommandStatus::EsmeRxPAppn, DeliverSmResp::default());
                self.answer(number, status, answer.into()).await?;
                Ok(None)
            }
            (CommandId::EnquireLink, _) => {
                self.answer(number, CommandStatus::EsmeRok, Pdu::EnquireLinkResp).await?;
                Ok(None)
            }
            (CommandId::Unbind, _) => {
                let _ = self.answer(number, CommandStatus::EsmeRok, Pdu::UnbindResp).await;
                Err("it ended the session".to_owned())
            }
            (id, _) if u32::from(id) < 0x8000_0000 => {
                self.answer(number, CommandStatus::EsmeRinvcmdid, Pdu::GenericNack).await?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Tells the SMSC that what it brought under a number is stored.
    pub async fn acknowledge(&mut self, ticket: i64) -> Result<(), Lost> {
        // The ticket is the number that it came under.
        let Ok(number) = u32::try_from(ticket) else { return Ok(()) };
        self.answer(number, CommandStatus::EsmeRok, DeliverSmResp::default().into()).await
    }

    /// Asks whether it is there.
    pub async fn ask(&mut self) -> Result<(), Lost> {
        self.request(Pdu::EnquireLink).await.map(|_| ())
    }

    /// Sends a request, and returns the number by which its answer is known.
    async fn request(&mut self, pdu: Pdu) -> Result<u32, Lost> {
        // Sequence numbers are from 1 to 7FFFFFFF (section 3.2).
        self.last = if self.last >= 0x7FFF_FFFF { 1 } else { self.last + 1 };
        self.send(Command::new(CommandStatus::EsmeRok, self.last, pdu)).await?;
        Ok(self.last)
    }

    /// Answers a request of the network.
    async fn answer(&mut self, sequence: u32, status: CommandStatus, pdu: Pdu) -> Result<(), Lost> {
        self.send(Command::new(status, sequence, pdu)).await
    }

    /// Logs out. A network that does not answer sees the connection end.
    pub async fn close(mut self) {
        if self.request(Pdu::Unbind).await.is_err() {
            return;
        }
        let until_it_answers = async {
            while let Ok(frame) = self.next().await {
                if frame.header().0 == CommandId::UnbindResp {
                    return;
                }
            }
        };
        let _ = timeout(GOODBYE, until_it_answers).await;
    }

    async fn send(&mut self, command: Command) -> Result<(), Lost> {
        let sent = timeout(CONNECT, self.framed.send(command)).await;
        sent.map_err(|_| "it takes nothing any more".to_owned())?
            .map_err(|error| format!("the connection broke: {error}"))
    }

    /// What comes next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Frame, Lost> {
        match self.framed.next().await {
            Some(Ok(frame)) => Ok(frame),
            Some(Err(error)) => Err(format!("what it says cannot be read: {error}")),
            None => Err("it closed the connection".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(bytes: &[u8]) -> Result<Vec<Frame>, io::Error> {
        let (mut codec, mut src) = (FrameCodec::new(), BytesMut::from(bytes));
        let mut all = Vec::new();
        while let Some(frame) = codec.decode(&mut src)? {
            all.push(frame);
        }
        Ok(all)
    }
    fn frame(id: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + body.len()).expect("short");
        let head = [length, id, 0, sequence].map(u32::to_be_bytes).concat();
        [&head, body].concat()
    }

    #[test]
    fn r_carry_10_what_cannot_be_read_spoils_no_other() {
        // A deliver_sm that ends in the middle, an enquire_link with a body, a bind_resp with two parameters more
        // than it should have, and one that is right.
        let bytes = [
            frame(0x0000_0005, 1, b"\0\x01\x01254711\xff"),
            frame(0x0000_0015, 2, b"what is this"),
            frame(0x8000_0009, 3, b"smsc\0\x02\x10\0\x01\x34\x14\x03\0\x01\0"),
            frame(0x0000_0015, 4, b""),
        ];
        let all = frames(&bytes.concat()).expect("frames");
        let headers: Vec<_> = all.iter().map(|frame| frame.header().2).collect();
        assert_eq!(headers, [1, 2, 3, 4]);
        assert!(matches!(all[0], Frame::Unreadable { id: CommandId::DeliverSm, .. }));
        assert!(matches!(all[3], Frame::Command(_)));
        assert!(frames(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err());
        assert!(frames(&[0, 0, 0, 3, 0, 0]).is_err(), "shorter than a header");
    }

    proptest! {
        #[test]
        fn r_carry_10_no_bytes_make_it_fall(bytes in any::<Vec<u8>>(), body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = frames(&bytes);
            for id in [4_u32, 5, 0x8000_0004, 0x8000_0009, 0x15, 0x103] {
                let two = [frame(id, 7, &body), frame(0x15, 8, b"")].concat();
                let all = frames(&two).expect("whole frames");
                prop_assert_eq!(all.len(), 2);
                prop_assert_eq!(all[1].header().2, 8);
            }
        }
    }
}
