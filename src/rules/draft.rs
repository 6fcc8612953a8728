//! A decision in the making: the events so far, their envelopes and times, and new ids.

use super::{Ctx, World, whom::Whom};
use crate::model::{
    Actor, AppId, ChannelNumber, CustomerId, CustomerNumber, CustomerState, Event, EventKind,
    Message, OrgSettings, Timestamp, id::hex,
};
use std::sync::Arc;
use std::time::Duration;

/// What a rule writes to.
pub struct Draft<'w, 'c> {
    /// The World as it was before this command.
    pub world: &'w World,
    /// What happened so far.
    pub events: Vec<Event>,
    ctx: &'w mut Ctx<'c>,
}

/// The envelope of the events about one customer.
#[derive(Clone, Debug)]
pub struct About {
    /// Whom they touch.
    pub customer: Option<CustomerId>,
    /// The app concerned.
    pub app: Option<AppId>,
    /// Who caused them.
    pub actor: Actor,
    /// The customer's number involved.
    pub number: Option<CustomerNumber>,
    /// The org's number involved.
    pub channel: Option<ChannelNumber>,
    /// What the customer is called.
    pub name: Option<String>,
    /// The newest event that touched them already.
    pub touched_at: Timestamp,
}

impl About {
    /// About a known customer; app and numbers are still open.
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
    /// About the org itself.
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
    /// With both numbers.
    pub fn between(mut self, number: &CustomerNumber, channel: &ChannelNumber) -> Self {
        self.number = Some(number.clone());
        self.channel = Some(channel.clone());
        self
    }
    /// For an app.
    pub fn told(mut self, app: Option<AppId>) -> Self {
        self.app = app;
        self
    }
    /// About a message: its numbers and the app it belongs to.
    pub fn message(customer: &CustomerState, message: &Message, actor: Actor) -> Self {
        Self::known(customer, actor)
            .between(&message.number, &message.channel)
            .told(message.app.clone())
    }
}

impl<'w, 'c> Draft<'w, 'c> {
    /// Nothing happened yet.
    pub fn new(world: &'w World, ctx: &'w mut Ctx<'c>) -> Self {
        Self { world, events: Vec::new(), ctx }
    }
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.ctx.now
    }
    /// The org's settings.
    pub fn settings(&self) -> &'c OrgSettings {
        self.ctx.settings
    }
    /// Who asks.
    pub fn actor(&self) -> Actor {
        self.ctx.caller.actor.clone()
    }
    /// In which app's name.
    pub fn app(&self) -> Option<AppId> {
        self.ctx.caller.app.clone()
    }
    /// A new id (R-ADDR-3): a prefix and 32 lower-case hex digits.
    pub fn id<T: From<String>>(&mut self, prefix: &str) -> T {
        (prefix.to_owned() + &hex(&(self.ctx.fresh)())).into()
    }
    /// The time of the next event about a customer: now, or just after their last one (R-EVT-1).
    pub fn time(&self, about: &About) -> Timestamp {
        let own = self.events.iter().rev().find(|e| e.customer == about.customer);
        let last = own.map_or(about.touched_at, |e| e.at.max(about.touched_at));
        self.now().max(last.after(Duration::from_micros(1)))
    }
    /// Records what happened; returns when.
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
    /// The envelope for whoever was meant; a new number's customer is created (R-ADDR-1), before
    /// anything else happens to them (R-ORD-4).
    pub fn meet(
        &mut self,
        whom: &Whom<'w>,
        actor: Actor,
    ) -> (About, Option<&'w Arc<CustomerState>>) {
        match whom {
            Whom::Known { customer, number } => {
                let mut about = About::known(customer, actor);
                about.number = number.clone().or_else(|| customer.numbers.first().cloned());
                (about, Some(customer))
            }
            Whom::New(number) => {
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
