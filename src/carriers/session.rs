//! A session with a network, whatever it speaks: how it is opened, how an order goes over it, and what comes of it. The
//! worker knows this and nothing of what is spoken.

use super::{
    gather::Delivered,
    http_session::{HttpSaid, HttpSession},
    order::{Answer, MenuOrder, Order},
    smpp_session::{Frame, SmppSession},
};
use crate::{
    hub::config::{CarrierConfig, CarrierKind},
    model::ChannelNumber,
};
use std::time::Duration;

/// Why there is no session, in words for a person.
pub(super) type Lost = String;

/// A session that is open.
pub(super) enum Session {
    Smpp(SmppSession),
    Http(Box<HttpSession>),
}

/// Something that the network said and nobody has looked at yet.
pub(super) enum Incoming {
    Smpp(Frame),
    Http(HttpSaid),
}

/// What the network said.
pub(super) enum Heard {
    /// The answer to the order that went under this number.
    Answer { number: u32, answer: Answer },
    /// It brings something, and waits until that is acknowledged by this ticket.
    Delivered { ticket: i64, delivered: Delivered },
    /// The session is of no use any more. What is under way may still be answered.
    Ending(Lost),
}

/// What became of an order for now.
pub(super) enum Submitted {
    /// Its answer comes later, by this number.
    UnderWay(u32),
    /// It did not even have to go.
    Answered(Answer),
}

impl Session {
    /// Connects, and finds out whether the network lets the hub in. `number` is the org's number where the network does
    /// not say which one is written to.
    pub async fn open(
        carrier: &CarrierConfig,
        number: Option<ChannelNumber>,
    ) -> Result<Self, Lost> {
        match &carrier.kind {
            CarrierKind::Smpp(settings) => {
                SmppSession::open(settings, carrier).await.map(Self::Smpp)
            }
            CarrierKind::Http(kind) => {
                let session = HttpSession::open(kind, carrier, number).await?;
                Ok(Self::Http(Box::new(session)))
            }
        }
    }

    /// Hands over a message. If the session is lost meanwhile, nobody knows whether the network has it.
    pub async fn submit(&mut self, order: &Order<'_>) -> Result<Submitted, Lost> {
        match self {
            Self::Smpp(session) => session.submit(order).await,
            Self::Http(session) => Ok(session.submit(order)),
        }
    }

    /// Shows a menu to somebody who waits in a USSD session.
    pub async fn show(&mut self, order: &MenuOrder<'_>) -> Result<Submitted, Lost> {
        match self {
            Self::Smpp(session) => session.show(order).await,
            Self::Http(_) => Ok(Submitted::Answered(Answer::Closed("it has no USSD".to_owned()))),
        }
    }

    /// What comes next. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Result<Incoming, Lost> {
        match self {
            Self::Smpp(session) => session.next().await.map(Incoming::Smpp),
            Self::Http(session) => Ok(Incoming::Http(session.next().await)),
        }
    }

    /// What it means. What only concerns the session is dealt with at once.
    pub async fn sort(&mut self, said: Incoming) -> Result<Vec<Heard>, Lost> {
        match (self, said) {
            (Self::Smpp(session), Incoming::Smpp(frame)) => {
                session.sort(&frame).await.map(|heard| heard.into_iter().collect())
            }
            (Self::Http(session), Incoming::Http(said)) => Ok(session.sort(said)),
            // A session says only what it is.
            (Self::Smpp(_), Incoming::Http(_)) | (Self::Http(_), Incoming::Smpp(_)) => {
                Ok(Vec::new())
            }
        }
    }

    /// Tells the network that what it brought is stored, or says nothing here.
    pub async fn acknowledge(&mut self, ticket: i64) -> Result<(), Lost> {
        match self {
            Self::Smpp(session) => session.acknowledge(ticket).await,
            Self::Http(session) => {
                session.acknowledge(ticket);
                Ok(())
            }
        }
    }

    /// Asks whether the network is there. Whatever it says next is an answer.
    pub async fn ask(&mut self) -> Result<(), Lost> {
        match self {
            Self::Smpp(session) => session.ask().await,
            Self::Http(session) => {
                session.ask();
                Ok(())
            }
        }
    }

    /// After how long without a word it is asked.
    pub const fn patience(&self) -> Duration {
        match self {
            Self::Smpp(_) => Duration::from_secs(30),
            Self::Http(_) => Duration::from_mins(2),
        }
    }

    /// Says goodbye, where that is usual.
    pub async fn close(self) {
        match self {
            Self::Smpp(session) => session.close().await,
            Self::Http(_) => {}
        }
    }
}
