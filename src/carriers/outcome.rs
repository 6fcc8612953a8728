//! What became of a hand-over: it is recorded, and the message goes again if the network does not have it.

use super::{
    order::Answer,
    talk::{Flight, Talk},
    waiting::WaitingMessage,
    worker::Worker,
};
use crate::model::{
    Actor, MessageId, MessageStatus, NetworkCommand, carriage::CarriageStep, settings::Repeats,
};

/// From which attempt on a message that its network does not take waits behind all others.
const OFTEN: u32 = 3;

impl Worker {
    /// Takes in the answer to a hand-over.
    pub(super) async fn answered(
        &mut self,
        talk: &mut Talk,
        flight: Flight,
        answer: Answer,
    ) -> Option<()> {
        let is_open = flight.is_open;
        // The lane of one that was called unknown may be another's by now.
        if is_open {
            self.waiting.over(&flight.message.to);
        }
        match answer {
            Answer::Accepted(reference) => {
                self.takes(talk);
                let step = CarriageStep::Accepted { reference, is_final: !self.carrier.reports };
                self.record(&flight.message.id, flight.attempt, step).await
            }
            Answer::Refused { status, code, words } => {
                self.takes(talk);
                let step = CarriageStep::Refused { code, words };
                self.record_as(&flight.message.id, flight.attempt, step, status).await
            }
            Answer::Busy(wait) => {
                self.is_doubtful = false;
                talk.pause(wait);
                self.goes_again(flight, "it has too much to do".to_owned()).await
            }
            Answer::Closed(why) => {
                talk.ending.get_or_insert_with(|| why.clone());
                self.goes_again(flight, why).await
            }
            // What was called unknown stays so.
            Answer::Doubt(_) if !is_open => Some(()),
            Answer::Doubt(why) => {
                talk.ending.get_or_insert_with(|| why.clone());
                self.doubt(flight, &why).await
            }
        }
    }

    /// The network takes messages.
    fn takes(&mut self, talk: &mut Talk) {
        self.is_doubtful = false;
        talk.is_at_ease();
    }

    /// The network has not taken a message, and it goes again. Of one that was called unknown that is known now.
    async fn goes_again(&mut self, flight: Flight, why: String) -> Option<()> {
        let Flight { message, attempt, is_open, .. } = flight;
        self.record(&message.id, attempt, CarriageStep::Returned { why }).await?;
        if is_open || !self.waiting.contains(&message.id) {
            self.goes_back(message, attempt);
        }
        Some(())
    }

    /// Nobody knows whether the network has a message. It goes once more if the settings say so.
    pub(super) async fn doubt(&mut self, flight: Flight, why: &str) -> Option<()> {
        let Flight { message, attempt, .. } = flight;
        self.is_doubtful = true;
        if self.carrier.repeats == Repeats::Always {
            return self.returned(message, attempt, why.to_owned()).await;
        }
        let hub_stopped = self.stop.is_cancelled();
        let step = CarriageStep::Unknown { why: why.to_owned(), hub_stopped };
        self.record(&message.id, attempt, step).await?;
        self.waiting.over(&message.to);
        if self.carrier.repeats == Repeats::Once {
            self.waiting.again(message);
        }
        Some(())
    }

    /// A message did not go, and waits again.
    pub(super) async fn returned(
        &mut self,
        message: WaitingMessage,
        attempt: u32,
        why: String,
    ) -> Option<()> {
        self.record(&message.id, attempt, CarriageStep::Returned { why }).await?;
        self.waiting.over(&message.to);
        self.goes_back(message, attempt);
        Some(())
    }

    /// Has a message wait again, where it was, or behind all others if it was tried often.
    fn goes_back(&mut self, message: WaitingMessage, attempt: u32) {
        if attempt < OFTEN {
            self.waiting.again(message);
        } else {
            self.waiting.later(message);
        }
    }

    /// Records what became of a hand-over.
    async fn record(&self, id: &MessageId, attempt: u32, step: CarriageStep) -> Option<()> {
        self.record_as(id, attempt, step, MessageStatus::Sent).await
    }

    async fn record_as(
        &self,
        id: &MessageId,
        attempt: u32,
        step: CarriageStep,
        status: MessageStatus,
    ) -> Option<()> {
        let (message, carrier) = (id.clone(), self.carrier.id.clone());
        let command = NetworkCommand::ReportCarriage { message, carrier, attempt, step, status };
        self.hub.report(Actor::Network, command).await.map(|_| ())
    }
}
