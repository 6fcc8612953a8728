//! Builds a decision. A rule writes the events of its command into a [`DecisionBuilder`], which
//! gives them their envelopes, their times and new ids. It never changes the World: that happens
//! when the entry is folded.

use super::{Ctx, World, addressing::ResolvedCustomer};
use crate::model::{
    Actor, AppId, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Event, EventKind,
    Message, OrgSettings, Timestamp, id::hex,
};
use std::sync::Arc;
use std::time::Duration;

/// A decision in the making: what a rule may read, and the events that it has recorded so far.
pub struct DecisionBuilder<'w, 'c> {
    /// The World as it was before this command.
    pub world: &'w World,
    pub events: Vec<Event>,
    ctx: &'w mut Ctx<'c>,
}

/// What the envelopes of a rule's events have in common: whom they touch, for which app they are,
/// who caused them. Made once per rule, then given to `push` with each event.
#[derive(Clone, Debug)]
pub struct About {
    /// `None` if the events are about the org.
    pub customer: Option<CustomerId>,
    /// The app that is told (R-EVT-2); `None` if no app is.
    pub app: Option<AppId>,
    pub actor: Actor,
    /// The number of the customer's that is involved.
    pub number: Option<CustomerNumber>,
    /// The number of the org's that is involved.
    pub channel: Option<ChannelNumber>,
    /// What the customer is called, so that the feed can say it without a look-up.
    pub name: Option<String>,
    /// The time of the newest event that already touched the customer (R-EVT-1).
    pub touched_at: Timestamp,
}

impl About {
    /// For events about a known customer. App and numbers are still open.
    pub fn known(customer: &CustomerState, actor: Actor) -> Self {
        Self {
            customer: Some(customer.id.clone()),
            app: None,
            actor,
            number: None,
            channel: None,
            name: customer.name().map(str::to_owned),
            touched_at: customer.touched_at,
        }
    }
    /// For events about the org itself.
    pub fn org(actor: Actor) -> Self {
        Self {
            customer: None,
            app: None,
            actor,
            number: None,
            channel: None,
            name: None,
            touched_at: Timestamp::ZERO,
        }
    }
    pub fn between(mut self, number: &CustomerNumber, channel: &ChannelNumber) -> Self {
        self.number = Some(number.clone());
        self.channel = Some(channel.clone());
        self
    }
    /// Sets the app that is told; `None` tells no app.
    pub fn for_app(mut self, app: Option<AppId>) -> Self {
        self.app = app;
        self
    }
    /// For events about a message, with its numbers and the app it belongs to.
    pub fn message(customer: &CustomerState, message: &Message, actor: Actor) -> Self {
        Self::known(customer, actor)
            .between(&message.number, &message.channel)
            .for_app(message.app.clone())
    }
}

impl<'w, 'c> DecisionBuilder<'w, 'c> {
    pub fn new(world: &'w World, ctx: &'w mut Ctx<'c>) -> Self {
        Self { world, events: Vec::new(), ctx }
    }
    pub fn now(&self) -> Timestamp {
        self.ctx.now
    }
    pub fn settings(&self) -> &'c OrgSettings {
        self.ctx.settings
    }
    /// Who sent the command.
    pub fn actor(&self) -> Actor {
        self.ctx.caller.actor.clone()
    }
    /// The app in whose name the command was sent, if it named one.
    pub fn app(&self) -> Option<AppId> {
        self.ctx.caller.app.clone()
    }
    /// Makes a new id of a prefix and 32 lower-case hex digits (R-ADDR-3).
    pub fn id<T: From<String>>(&mut self, prefix: &str) -> T {
        (prefix.to_owned() + &hex(&(self.ctx.fresh)())).into()
    }
    /// The time of the next event about a customer: now, or a microsecond after their last event if
    /// that is later (R-EVT-1).
    pub fn time(&self, about: &About) -> Timestamp {
        let own = self.events.iter().rev().find(|e| e.customer == about.customer);
        let last = own.map_or(about.touched_at, |e| e.at.max(about.touched_at));
        self.now().max(last.after(Duration::from_micros(1)))
    }
    /// Records an event and returns its time.
    pub fn push(&mut self, about: &About, kind: EventKind) -> Timestamp {
        let at = self.time(about);
        self.events.push(Event {
            at,
            customer: about.customer.clone(),
            app: about.app.clone(),
            actor: about.actor.clone(),
            number: about.number.clone(),
            channel: about.channel.clone(),
            name: about.name.clone(),
            kind,
        });
        at
    }
    /// Starts the envelope for the customer who was meant. A number that nobody has gets its customer
    /// first (R-ADDR-1), before anything else happens to them (R-ORD-4); then there is no customer
    /// to return yet.
    pub fn meet(
        &mut self,
        whom: &ResolvedCustomer<'w>,
        actor: Actor,
    ) -> (About, Option<&'w Arc<CustomerState>>) {
        match whom {
            ResolvedCustomer::Known { customer, number } => {
                let mut about = About::known(customer, actor);
                about.number = number.clone().or_else(|| customer.numbers.first().cloned());
                (about, Some(customer))
            }
            ResolvedCustomer::New(number) => {
                let about = About {
                    customer: Some(self.id("el_cst_")),
                    app: None,
                    actor,
                    number: Some(number.clone()),
                    channel: None,
                    name: None,
                    touched_at: Timestamp::ZERO,
                };
                self.push(&about, EventKind::CustomerMet);
                (about, None)
            }
        }
    }
}
