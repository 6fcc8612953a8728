//! What a client gets from a hub besides receipts (`model::client`), to and from
//! `switchboard.v1.Operator`. The purse that a channel number is bound to stays at the hub, because
//! no client needs it.

use super::{
    DecodeError, entry,
    pair::{Wire, struct_pairs},
    parts::{from_time, time},
    proto::v1::{self, found_thing::Kind as WireKind},
    state,
};
use crate::model::{
    CannedReply, ChannelState, CustomerRef, CustomerState, CustomerView, FoundCustomer,
    FoundCustomers, FoundThing, GapReason, Hello, Lease, Outage, PendingOptIn, ReplyStep, Seq,
    StepValue, ThingKind, Unanswered, UssdEnd, VoiceCall,
    client::{AskedFilter, HistoryPage, PastMoment, PastPlace, SearchedPage},
    settings::BoundChannel,
};
use prost::Message as _;
use std::sync::Arc;

struct_pairs! {
    Hello {
        version, log_id, head, durability, sandbox, caller, apps, channels, now, region,
        cannot_write, replies, fills_gaps, paces_works, times_works, prompt_window;
        live_only = false, replay = None, plaintext = false
    } = v1::HelloReply {
        hub_version: version,
        log_id,
        head,
        durability,
        sandbox,
        caller,
        app_ids: apps,
        channels,
        now,
        region,
        cannot_write,
        replies,
        fills_gaps,
        paces_works,
        times_works,
        prompt_window,
    };
    CannedReply { name, text, then, template, params }
        = v1::CannedReply { name, text, then, template, params };
    ReplyStep { form, values } = v1::ReplyStep { form, values };
    StepValue { field, text } = v1::StepValue { field, text };
    Outage { since, why, refused } = v1::Outage { since, why, refused };
    AskedFilter { text, now, zone } = v1::EventFilter { text, now, zone };
    BoundChannel { channel, app, carrier, prompt_window; purse = None }
        = v1::ChannelBinding {
            channel_number: channel,
            app_id: app,
            carrier_id: carrier,
            prompt_window,
        };
    FoundCustomer { id, name, numbers, tags, last_seen }
        = v1::FoundCustomer { customer_id: id, name, numbers, tags, last_seen };
    FoundThing { kind, id, customer, name, text, at }
        = v1::FoundThing { kind, id, customer_id: customer, name, text, at };
    Unanswered { since, count, last, last_at, number, channel, text }
        = v1::Unanswered {
            since,
            count,
            message_id: last,
            last_at,
            customer_number: number,
            channel_number: channel,
            text,
        };
}

impl Wire<i32> for ThingKind {
    fn to_wire(&self) -> i32 {
        match self {
            Self::Message => WireKind::Message.into(),
            Self::Ussd => WireKind::Ussd.into(),
            Self::Call => WireKind::Call.into(),
            Self::Payment => WireKind::Payment.into(),
            Self::Work => WireKind::Work.into(),
        }
    }
    fn from_wire(wire: i32) -> Result<Self, DecodeError> {
        match WireKind::try_from(wire) {
            Ok(WireKind::Message) => Ok(Self::Message),
            Ok(WireKind::Ussd) => Ok(Self::Ussd),
            Ok(WireKind::Call) => Ok(Self::Call),
            Ok(WireKind::Payment) => Ok(Self::Payment),
            Ok(WireKind::Work) => Ok(Self::Work),
            Ok(WireKind::Unspecified) | Err(_) => {
                Err(DecodeError::new(format!("this version knows no thing {wire}")))
            }
        }
    }
}

/// What a search found. Things of a kind that this version does not know are left out.
impl TryFrom<v1::FindCustomersReply> for FoundCustomers {
    type Error = DecodeError;
    fn try_from(reply: v1::FindCustomersReply) -> Result<Self, DecodeError> {
        let customers = reply.customers.into_iter().map(FoundCustomer::try_from);
        let entries = reply.entries.iter().map(|bytes| entry::decode(bytes).map(Arc::new));
        Ok(Self {
            customers: customers.collect::<Result<_, _>>()?,
            total: reply.total,
            total_is_least: reply.total_is_least,
            unread: reply.unread,
            things: reply.things.into_iter().filter_map(|thing| thing.try_into().ok()).collect(),
            entries: entries.collect::<Result<_, _>>()?,
            entries_total: reply.entries_total,
            entries_total_is_least: reply.entries_total_is_least,
        })
    }
}

impl TryFrom<v1::HistoryReply> for HistoryPage {
    type Error = DecodeError;
    fn try_from(reply: v1::HistoryReply) -> Result<Self, DecodeError> {
        let entries = reply.entries.iter().map(|bytes| entry::decode(bytes).map(Arc::new));
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
            more: reply.more,
            unread: reply.unread,
        })
    }
}

impl TryFrom<v1::HistoryReply> for SearchedPage {
    type Error = DecodeError;
    fn try_from(reply: v1::HistoryReply) -> Result<Self, DecodeError> {
        let searched_to = reply.searched_to.map(Seq);
        let searched_at = from_time(reply.searched_at);
        let page = HistoryPage::try_from(reply)?;
        // A hub that knows no filters has looked at what it gives.
        let oldest = || page.entries.last().filter(|_| page.more).map_or(Seq(1), |entry| entry.seq);
        let searched_to = searched_to.unwrap_or_else(oldest);
        Ok(Self { entries: page.entries, searched_to, searched_at, unread: page.unread })
    }
}

impl From<&CustomerRef> for v1::get_customer_request::Customer {
    fn from(customer: &CustomerRef) -> Self {
        match customer {
            CustomerRef::Id(id) => Self::CustomerId(id.to_string()),
            CustomerRef::Number(number) => Self::CustomerNumber(number.into()),
            CustomerRef::Secondary(pair) => Self::SecondaryId(pair.into()),
        }
    }
}

impl From<v1::get_customer_request::Customer> for CustomerRef {
    fn from(customer: v1::get_customer_request::Customer) -> Self {
        use v1::get_customer_request::Customer;
        match customer {
            Customer::CustomerId(id) => Self::Id(id.into()),
            Customer::CustomerNumber(number) => Self::Number(number.into()),
            Customer::SecondaryId(mapping) => Self::Secondary(mapping.into()),
        }
    }
}

impl From<&CustomerView> for v1::GetCustomerReply {
    /// Writes the state as apps see it, and beside it what the contract
    /// cannot carry (D-WIRE-EXTRA).
    fn from(view: &CustomerView) -> Self {
        let customer = &*view.customer;
        let ends = customer
            .ussd
            .iter()
            .filter_map(|session| Some((session.id.to_string(), session.end?.code())));
        let replies = customer.messages.iter().filter_map(|message| {
            Some((message.id.to_string(), message.in_reply_to.clone()?.into()))
        });
        let works = customer
            .messages
            .iter()
            .filter_map(|message| Some((message.id.to_string(), message.work.clone()?.into())));
        let mut reply = Self {
            data: None,
            as_of_seq: view.as_of.0,
            replaces_id: view.replaces.as_ref().map(ToString::to_string).unwrap_or_default(),
            created_at: time(customer.created_at),
            touched_at: time(customer.touched_at),
            numbers: customer.numbers.iter().map(Into::into).collect(),
            ussd_ends: ends.collect(),
            replies_to: replies.collect(),
            reminders: customer.reminders.iter().map(Into::into).collect(),
            leases: customer.leases.iter().map(Into::into).collect(),
            asked: customer.channels.iter().filter_map(asked).collect(),
            call_prompts: customer.calls.iter().map(prompts).collect(),
            absorbed_ids: customer.absorbed.iter().map(ToString::to_string).collect(),
            works: works.collect(),
            leases_granted: customer.leases_granted,
            unanswered: customer.unanswered.as_ref().map(Into::into),
            past: None,
            answers: customer.answers.iter().map(Into::into).collect(),
            scheduled: customer.scheduled.iter().map(Into::into).collect(),
        };
        reply.data = Some(state::encode_beside(customer, reply.encoded_len()));
        reply
    }
}

fn asked(state: &ChannelState) -> Option<v1::ConsentAsked> {
    let asked = state.asked.as_ref()?;
    Some(v1::ConsentAsked {
        customer_number: Some((&state.number).into()),
        channel_number: Some((&state.channel).into()),
        at: time(asked.at),
        app_id: asked.apps.first().map(ToString::to_string),
        app_ids: asked.apps.iter().map(ToString::to_string).collect(),
    })
}

fn prompts(call: &VoiceCall) -> (String, v1::CallPrompts) {
    let prompt = call.hops.iter().map(|hop| hop.prompt).collect();
    let answered = call.hops.iter().map(|hop| hop.answered).collect();
    (call.id.to_string(), v1::CallPrompts { prompt, answered })
}

/// Adds to a state what the contract cannot carry and the reply has beside it (D-WIRE-EXTRA).
fn complete(customer: &mut CustomerState, reply: &mut v1::GetCustomerReply) {
    for session in &mut customer.ussd {
        let reason = reply.ussd_ends.get(session.id.as_str());
        session.end = reason.map(|code| UssdEnd::from_code(*code).unwrap_or_default());
    }
    customer.messages.change(|message| {
        message.in_reply_to = reply.replies_to.remove(message.id.as_str()).map(Into::into);
        message.work = reply.works.remove(message.id.as_str()).map(Into::into);
    });
    for call in &mut customer.calls {
        let Some(of) = reply.call_prompts.get(call.id.as_str()) else { continue };
        for (hop, (prompt, answered)) in
            call.hops.iter_mut().zip(of.prompt.iter().zip(&of.answered))
        {
            (hop.prompt, hop.answered) = (*prompt, *answered);
        }
    }
    for asked in std::mem::take(&mut reply.asked) {
        let number = asked.customer_number.unwrap_or_default().into();
        let channel = asked.channel_number.unwrap_or_default().into();
        let pair = |s: &&mut ChannelState| s.number == number && s.channel == channel;
        if let Some(state) = customer.channels.iter_mut().find(pair) {
            // An older hub sends only the app that asked first.
            let apps = if asked.app_ids.is_empty() {
                asked.app_id.into_iter().collect()
            } else {
                asked.app_ids
            };
            let apps = apps.into_iter().map(Into::into).collect();
            state.asked = Some(PendingOptIn { at: from_time(asked.at), apps });
        }
    }
}

/// The customer in a reply. `None` if the hub knows no such customer.
#[must_use]
pub fn view(mut reply: v1::GetCustomerReply) -> Option<CustomerView> {
    let mut customer: CustomerState = state::decode(reply.data.take()?);
    customer.created_at = from_time(reply.created_at);
    customer.touched_at = from_time(reply.touched_at);
    if !reply.numbers.is_empty() {
        let numbers = std::mem::take(&mut reply.numbers);
        customer.numbers = numbers.into_iter().map(Into::into).collect();
    }
    complete(&mut customer, &mut reply);
    customer.reminders = reply.reminders.into_iter().map(Into::into).collect();
    customer.leases = reply.leases.into_iter().filter_map(|l| Lease::try_from(l).ok()).collect();
    customer.absorbed = reply.absorbed_ids.into_iter().map(Into::into).collect();
    customer.leases_granted = reply.leases_granted;
    let scheduled = std::mem::take(&mut reply.scheduled).into_iter();
    customer.scheduled = scheduled.filter_map(|message| message.try_into().ok()).collect();
    let answers = std::mem::take(&mut reply.answers).into_iter();
    customer.answers = answers.filter_map(|answer| answer.try_into().ok()).collect();
    customer.unanswered = reply.unanswered.and_then(|u| Unanswered::try_from(u).ok());
    Some(CustomerView {
        customer: Arc::new(customer),
        as_of: Seq(reply.as_of_seq),
        replaces: Some(reply.replaces_id).filter(|id| !id.is_empty()).map(Into::into),
    })
}

/// The moment that a look into the past asks for.
#[must_use]
pub fn moment(past: &v1::get_customer_request::Past) -> PastMoment {
    use v1::get_customer_request::Past;
    match past {
        Past::AsOfSeq(seq) => PastMoment::Place(Seq(*seq)),
        Past::AsOfTime(at) => PastMoment::Time(from_time(Some(*at))),
    }
}

/// The moment as it is asked for; `None` if no calendar has it.
#[must_use]
pub fn from_moment(moment: PastMoment) -> Option<v1::get_customer_request::Past> {
    use v1::get_customer_request::Past;
    Some(match moment {
        PastMoment::Place(seq) => Past::AsOfSeq(seq.0),
        PastMoment::Time(at) => Past::AsOfTime(time(at)?),
    })
}

impl From<&PastPlace> for v1::PastState {
    fn from(place: &PastPlace) -> Self {
        let PastPlace { unfinished, seq, at, previous, next } = *place;
        Self {
            unfinished,
            seq: seq.0,
            at: time(at),
            previous_seq: previous.unwrap_or_default().0,
            next_seq: next.unwrap_or_default().0,
        }
    }
}

impl From<v1::PastState> for PastPlace {
    fn from(state: v1::PastState) -> Self {
        let seq = |seq| Some(Seq(seq)).filter(|seq| *seq > Seq(0));
        Self {
            unfinished: state.unfinished,
            seq: Seq(state.seq),
            at: from_time(state.at),
            previous: seq(state.previous_seq),
            next: seq(state.next_seq),
        }
    }
}

/// The reason of a gap as the hub writes it.
#[must_use]
pub const fn gap_reason(reason: GapReason) -> v1::gap::Reason {
    match reason {
        GapReason::Pruned => v1::gap::Reason::Pruned,
        GapReason::Foreign => v1::gap::Reason::Foreign,
        GapReason::Ahead => v1::gap::Reason::Ahead,
        // Only a client says this, about a server without a resumable feed.
        GapReason::LiveOnly => v1::gap::Reason::Unspecified,
    }
}

/// A gap as a client reads it: the entries on either side, and the reason. An unknown reason counts
/// as pruned, because either way the entries will not come.
#[must_use]
pub fn from_gap(gap: &v1::Gap) -> (Seq, Seq, GapReason) {
    let reason = match gap.reason() {
        v1::gap::Reason::Foreign => GapReason::Foreign,
        v1::gap::Reason::Ahead => GapReason::Ahead,
        v1::gap::Reason::Pruned | v1::gap::Reason::Unspecified => GapReason::Pruned,
    };
    (Seq(gap.after), Seq(gap.next), reason)
}
