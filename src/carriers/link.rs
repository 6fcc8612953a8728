//! A session with an SMSC: how it is opened, and how requests and answers go over it.

use super::smpp;
use crate::hub::config::SmppSettings;
use futures_util::{SinkExt as _, StreamExt as _};
use rusmpp::{Command, CommandStatus, Pdu, pdus::BindTransceiver, tokio_codec::CommandCodec};
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_util::codec::Framed;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest request or answer that is read. A longer one ends the session.
const LONGEST: usize = 70_000;

/// An open session.
pub struct Session {
    framed: Framed<TcpStream, CommandCodec>,
    last: u32,
}

/// Why there is no session, in words for a person.
pub type Lost = String;

impl Session {
    /// Connects and logs in. `within` is how long the network may take to answer.
    pub async fn open(settings: &SmppSettings, within: Duration) -> Result<Self, Lost> {
        let bind: BindTransceiver = smpp::bind(settings)?;
        let connect = timeout(CONNECT, TcpStream::connect(&settings.address)).await;
        let stream = connect
            .map_err(|_| format!("no connection to {} within 10 s", settings.address))?
            .map_err(|error| format!("no connection to {}: {error}", settings.address))?;
        // Small requests go at once.
        let _ = stream.set_nodelay(true);
        let codec = CommandCodec::new().with_max_length(LONGEST);
        let mut session = Self { framed: Framed::new(stream, codec), last: 0 };
        let sequence = session.request(bind.into()).await?;
        let answer = timeout(within, session.next()).await;
        let answer = answer.map_err(|_| "it does not answer to the login".to_owned())??;
        match answer.pdu() {
            Some(Pdu::BindTransceiverResp(_)) | None
                if answer.sequence_number() == sequence
                    && answer.status() == CommandStatus::EsmeRok =>
            {
                Ok(session)
            }
            _ if answer.status() != CommandStatus::EsmeRok => Err(smpp::refused(answer.status())),
            _ => Err("it answers to the login with something else".to_owned()),
        }
    }

    /// Sends a request, and returns the number by which its answer is known.
    pub async fn request(&mut self, pdu: Pdu) -> Result<u32, Lost> {
        // Sequence numbers are from 1 to 7FFFFFFF (section 3.2).
        self.last = if self.last >= 0x7FFF_FFFF { 1 } else { self.last + 1 };
        self.send(Command::new(CommandStatus::EsmeRok, self.last, pdu)).await?;
        Ok(self.last)
    }

    /// Answers a request of the network.
    pub async fn answer(
        &mut self,
        sequence: u32,
        status: CommandStatus,
        pdu: Pdu,
    ) -> Result<(), Lost> {
        self.send(Command::new(status, sequence, pdu)).await
    }

    async fn send(&mut self, command: Command) -> Result<(), Lost> {
        let sent = timeout(CONNECT, self.framed.send(command)).await;
        sent.map_err(|_| "it takes nothing any more".to_owned())?
            .map_err(|error| format!("the connection broke: {error}"))
    }

    /// What comes next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Command, Lost> {
        match self.framed.next().await {
            Some(Ok(command)) => Ok(command),
            Some(Err(error)) => Err(format!("what it says cannot be read: {error}")),
            None => Err("it closed the connection".to_owned()),
        }
    }
}
