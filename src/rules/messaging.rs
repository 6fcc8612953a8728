//! Writing to customers (R-MSG-1 to R-MSG-5, R-REPLYTO-1), what becomes of the messages, and how
//! messages and sessions are folded. What customers write is in `inbound`.

use super::{
    RuleResult,
    addressing::{self, ResolvedCustomer},
    builder::{About, DecisionBuilder},
    conflict,
    due::{self, Subject},
    index::Index,
    limits, spelling,
};
use crate::model::{
    Actor, Body, Channel, ChannelNumber, ChannelState, CustomerId, CustomerNumber, CustomerState,
    Direction, Event, EventKind, Message, MessageId, MessageReceipt, MessageStatus,
    MessagingSession, OrgSettings, Provider, Receipt, Seq, SessionStatus, Timestamp, WorkId,
    receipt::{network, refused, unchanged},
};
use std::sync::Arc;

/// The code of a refused message, and the reason in words.
pub type MessageRefusal = (MessageStatus, String);

/// Writes to a customer number (R-MSG-1, R-MSG-2).
pub fn send(
    builder: &mut DecisionBuilder<'_, '_>,
    to: &CustomerNumber,
    from: &ChannelNumber,
    body: &Body,
    seen: Option<Seq>,
) -> RuleResult {
    let Receiver { whom, number, from } = receiver(builder, to, from, body, seen)?;
    let known = whom.customer().map(AsRef::as_ref);
    let out = spelling::opted_out(builder.world, builder.settings(), known, &number, &from);
    let status = permitted(known, &number, &from, body, builder.now(), out);
    let (about, _) = builder.meet(&whom, builder.actor());
    let about = about.between(&number, &from).for_app(builder.app());
    Ok(record(builder, &about, body, status, None))
}

/// Who gets a message, and on which pair of numbers.
pub struct Receiver<'w> {
    pub whom: ResolvedCustomer<'w>,
    pub number: CustomerNumber,
    pub from: ChannelNumber,
}

/// Finds out who gets a message to a customer number, and makes every check of R-MSG-1 that comes before consent.
pub fn receiver<'w>(
    builder: &DecisionBuilder<'w, '_>,
    to: &CustomerNumber,
    from: &ChannelNumber,
    body: &Body,
    seen: Option<Seq>,
) -> Result<Receiver<'w>, Receipt> {
    let from = ChannelNumber::new(from.channel, &from.number);
    let whom = addressing::by_number(builder.world, to, from.channel);
    let known = whom.as_ref().ok().and_then(ResolvedCustomer::customer);
    let refuse = |why| refusal(known.map(|c| &c.id), why);
    let number = whom.as_ref().ok().and_then(ResolvedCustomer::number).unwrap_or(to).clone();
    sendable(builder, &number, &from, body).map_err(refuse)?;
    let whom = whom.map_err(|why| refuse((MessageStatus::CustomerNumberNotFound, why)))?;
    conflict::check(builder, known.map(AsRef::as_ref), seen)?;
    Ok(Receiver { whom, number, from })
}

/// Answers an inbound message on the pair of numbers by which it came (R-REPLYTO-1).
pub fn reply(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerId,
    message: &MessageId,
    body: &Body,
    seen: Option<Seq>,
) -> RuleResult {
    let customer = addressing::by_id(builder.world, customer).map_err(|nobody| {
        let status = match nobody.merged_into {
            Some(_) => MessageStatus::DecommissionedCustomerId,
            None => MessageStatus::InvalidCustomerId,
        };
        refusal(nobody.merged_into.as_ref(), (status, nobody.why))
    })?;
    let refuse = |why| refusal(Some(&customer.id), why);
    let answered = customer.message(message).filter(|m| m.direction == Direction::Inbound);
    let Some(answered) = answered else {
        let why = format!("this customer wrote no message {message}");
        return Err(refuse((MessageStatus::InvalidReplyToMessageId, why)));
    };
    sendable(builder, &answered.number, &answered.channel, body).map_err(refuse)?;
    conflict::check(builder, Some(customer), seen)?;
    let wrote_lately = builder.now() < answered.created_at.after(limits::REPLY_WINDOW);
    let (number, channel) = (&answered.number, &answered.channel);
    let out = !wrote_lately
        && spelling::opted_out(builder.world, builder.settings(), Some(customer), number, channel);
    let status = permitted(Some(customer), number, channel, body, builder.now(), out);
    let about =
        About::known(customer, builder.actor()).between(number, channel).for_app(builder.app());
    Ok(record(builder, &about, body, status, Some(message.clone())))
}

/// Makes the checks of R-MSG-1, steps 1 to 3. The first failure decides, and nothing is recorded.
pub fn sendable(
    builder: &DecisionBuilder<'_, '_>,
    number: &CustomerNumber,
    from: &ChannelNumber,
    body: &Body,
) -> Result<(), MessageRefusal> {
    addressed(builder.settings(), from, body)?;
    carried(from, body)?;
    // A number without a provider that nobody has fails at step 4 as not found, and not here as
    // unsupported.
    if number.provider != Provider::Unspecified && number.provider != from.channel.provider() {
        let why = format!("{number} cannot be reached by {}", from.channel.word());
        return Err((MessageStatus::NotSupported, why));
    }
    Ok(())
}

/// Makes the checks of R-MSG-1, steps 1 and 2, which do not depend on the customer.
pub fn addressed(
    settings: &OrgSettings,
    from: &ChannelNumber,
    body: &Body,
) -> Result<(), MessageRefusal> {
    complete(body).map_err(|why| (MessageStatus::InvalidRequest, why))?;
    addressing::registered(settings, from).map_err(|why| (MessageStatus::InvalidChannelNumber, why))
}

/// Makes the half of R-MSG-1 step 3 that does not depend on the customer: whether the channel carries
/// such messages at all.
pub fn carried(from: &ChannelNumber, body: &Body) -> Result<(), MessageRefusal> {
    if !from.channel.is_messaging() {
        let why = format!("no messages travel on {}", from.channel.word());
        return Err((MessageStatus::NotSupported, why));
    }
    if from.channel == Channel::Sms && body.text.is_none() {
        return Err((MessageStatus::NotSupported, "sms carries text only".into()));
    }
    Ok(())
}

/// Checks that a body is exactly one of text, media and place, and that it is complete (R-MSG-1 step 1).
fn complete(body: &Body) -> Result<(), String> {
    let parts =
        usize::from(body.text.is_some()) + body.media.len() + usize::from(body.location.is_some());
    if parts != 1 {
        return Err("a message is one text, one media file or one place".into());
    }
    if body.text.as_ref().is_some_and(String::is_empty) {
        return Err("an empty text".into());
    }
    if body.media.iter().any(|media| media.url.is_empty()) {
        return Err("media without an address".into());
    }
    match &body.template {
        Some(_) if body.text.is_none() => return Err("a template goes only with a text".into()),
        Some(template) if template.name.is_empty() => {
            return Err("a template without a name".into());
        }
        _ => {}
    }
    limits::body(body)
}

/// The status that a message gets by R-MSG-1, steps 5 and 6: consent, then session. It is
/// `Sent` if neither forbids it. `out` says that they opted out and are not asked for consent, as it is for
/// an answer to a recent message (R-REPLYTO-1).
pub fn permitted(
    customer: Option<&CustomerState>,
    number: &CustomerNumber,
    channel: &ChannelNumber,
    body: &Body,
    now: Timestamp,
    out: bool,
) -> MessageStatus {
    let state = customer.and_then(|c| c.channel(number, channel));
    let open = state.and_then(|s| s.session.as_ref()).is_some_and(|s| now < s.expires_at);
    if out {
        MessageStatus::NoConsent
    } else if channel.channel.needs_session() && !open && body.template.is_none() {
        MessageStatus::OnlyTemplateAllowed
    } else {
        MessageStatus::Sent
    }
}

/// Records a message that passed step 4, with whatever status it got (R-MSG-2).
fn record(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    body: &Body,
    status: MessageStatus,
    in_reply_to: Option<MessageId>,
) -> Receipt {
    let id: MessageId = builder.id("el_msg_");
    let kind = EventKind::MessageSent {
        id: id.clone(),
        body: body.clone(),
        status,
        in_reply_to,
        work: None,
    };
    builder.push(about, kind);
    Receipt::Message(MessageReceipt {
        status,
        description: status.words().into(),
        message: Some(id),
        customer: about.customer.clone(),
        conflict: None,
    })
}

/// The refusal of a message.
pub fn refusal(customer: Option<&CustomerId>, (status, description): MessageRefusal) -> Receipt {
    Receipt::Message(MessageReceipt {
        status,
        description,
        message: None,
        customer: customer.cloned(),
        conflict: None,
    })
}

/// Which status of an outbound message may follow which (R-MSG-5). READ may follow only on channels
/// whose network reports it.
pub const LADDER: [(MessageStatus, MessageStatus); 7] = {
    use MessageStatus as S;
    [
        (S::Sent, S::Delivered),
        (S::Sent, S::Read),
        (S::Sent, S::Failed),
        (S::Sent, S::Expired),
        (S::Sent, S::NoCapability),
        (S::Sent, S::ApplicationError),
        (S::Delivered, S::Read),
    ]
};

/// Whether a network that does not take a message can mean this for it.
#[must_use]
pub const fn may_refuse(status: MessageStatus) -> bool {
    use MessageStatus as S;
    matches!(
        status,
        S::Failed
            | S::NoConsent
            | S::NoCapability
            | S::OnlyTemplateAllowed
            | S::InvalidChannelNumber
            | S::NotSupported
            | S::ApplicationError
    )
}

/// Whether a real network can say this of a message beside what is on the ladder: that it refuses it after all, and
/// that it arrived after the hub had stopped waiting (R-CARRY-21).
const fn may_carry((from, to): (MessageStatus, MessageStatus)) -> bool {
    use MessageStatus as S;
    (matches!(from, S::Sent) && may_refuse(to))
        || (matches!(from, S::Expired) && matches!(to, S::Delivered | S::Read))
}

/// A network reports on an outbound message. A report that is not a step of the ladder is late or goes
/// backwards, and changes nothing (R-ORD-3).
pub fn report(
    builder: &mut DecisionBuilder<'_, '_>,
    id: &MessageId,
    status: MessageStatus,
) -> RuleResult {
    let Some((customer, message)) = builder.world.message(id) else {
        return Err(refused(format!("no message {id}")));
    };
    let is_carried = builder.world.carriage(id).is_some();
    let is_readable = is_carried || message.channel.channel.reports_reads();
    let step = (message.status, status);
    let is_step = LADDER.contains(&step) || (is_carried && may_carry(step));
    let forward = is_step && (status != MessageStatus::Read || is_readable);
    if message.direction != Direction::Outbound || !forward {
        return Ok(unchanged(&customer.id, id.as_str()));
    }
    let about = About::message(customer, &message, builder.actor());
    builder.push(&about, EventKind::MessageStatusChanged { id: id.clone(), status });
    Ok(network(true, status.words(), Some(&customer.id), Some(id.as_str())))
}

/// A message expires, because the network has not reported on it for too long (R-MSG-5).
pub fn expire(builder: &mut DecisionBuilder<'_, '_>, customer: &CustomerState, id: &MessageId) {
    if let Some((_, message)) = builder.world.message(id) {
        let about = About::message(customer, &message, Actor::Hub);
        let status = MessageStatus::Expired;
        builder.push(&about, EventKind::MessageStatusChanged { id: id.clone(), status });
    }
}

/// Closes a session, because its time is over (R-SESS-1).
pub fn close(
    builder: &mut DecisionBuilder<'_, '_>,
    customer: &CustomerState,
    number: &CustomerNumber,
    channel: &ChannelNumber,
) {
    let state = customer.channel(number, channel);
    if let Some(session) = state.and_then(|s| s.session.as_ref()) {
        let app = addressing::routed(builder.settings(), Some(customer), number, channel);
        let about = About::known(customer, Actor::Hub).between(number, channel).for_app(app);
        session_over(builder, &about, session);
    }
}

/// An outbound message as it joins a history.
pub fn sent(
    event: &Event,
    id: &MessageId,
    body: &Body,
    status: MessageStatus,
    in_reply_to: Option<&MessageId>,
    work: Option<&WorkId>,
) -> Message {
    let fresh = new(event, id, body, Direction::Outbound, status);
    Message { in_reply_to: in_reply_to.cloned(), work: work.cloned(), ..fresh }
}

/// An inbound message as it joins a history.
pub fn received(event: &Event, id: &MessageId, body: &Body) -> Message {
    new(event, id, body, Direction::Inbound, MessageStatus::Received)
}

/// Folds that the network of a message reports nothing more on it, so that nothing waits for a report (R-CARRY-21).
pub fn fold_final(customer: &mut CustomerState, index: &mut Index, id: &MessageId) {
    let number = index.message(id).filter(|(of, _)| *of == customer.id).map(|(_, number)| number);
    if let Some((number, before)) = number.and_then(|n| Some((n, customer.messages.at(n)?))) {
        let waited = due::of_message(&before);
        let message = Message { is_final: true, ..Arc::unwrap_or_clone(before) };
        customer.messages.replace(number, Arc::new(message));
        index.wait(&customer.id, &Subject::Message(id.clone()), waited, None);
    }
}

/// Folds a change of a message's status.
pub fn fold_status(
    customer: &mut CustomerState,
    index: &mut Index,
    at: Timestamp,
    id: &MessageId,
    status: MessageStatus,
) {
    let number = index.message(id).filter(|(of, _)| *of == customer.id).map(|(_, number)| number);
    if let Some((number, before)) = number.and_then(|n| Some((n, customer.messages.at(n)?))) {
        let waited = due::of_message(&before);
        let message = Message { status, updated_at: at, ..Arc::unwrap_or_clone(before) };
        let waits = due::of_message(&message);
        customer.messages.replace(number, Arc::new(message));
        index.wait(&customer.id, &Subject::Message(id.clone()), waited, waits);
    }
}

/// Folds a session that was opened, renewed or closed.
pub fn fold_session(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    status: SessionStatus,
    (started_at, expires_at): (Timestamp, Timestamp),
) {
    let open = status == SessionStatus::Active;
    set_pair(customer, index, event, |state| {
        state.session =
            open.then(|| MessagingSession { started_at, expires_at, app: event.app.clone() });
    });
}

fn new(
    event: &Event,
    id: &MessageId,
    body: &Body,
    direction: Direction,
    status: MessageStatus,
) -> Message {
    Message {
        id: id.clone(),
        direction,
        number: event.number.clone().unwrap_or_default(),
        channel: event.channel.clone().unwrap_or_default(),
        app: event.app.clone(),
        body: body.clone(),
        status,
        in_reply_to: None,
        work: None,
        is_final: false,
        created_at: event.at,
        updated_at: event.at,
    }
}

/// Adds a message to a history, and cuts the history to the newest messages by number (R-STATE-2) and by
/// bytes (D-SIZE). The newest message always stays. Returns those that left.
pub fn keep(customer: &mut CustomerState, index: &mut Index, message: Message) -> Vec<MessageId> {
    let mut gone = Vec::new();
    let (bytes, message) = (limits::weight(&message.body), Arc::new(message));
    let number = customer.messages.push(Arc::clone(&message), bytes);
    index.add_message(&customer.id, number, &message);
    while customer.messages.count() > limits::HISTORY
        || (customer.messages.bytes() > limits::HISTORY_BYTES && customer.messages.count() > 1)
    {
        let Some(oldest) = customer.messages.at(customer.messages.numbers().start) else { break };
        customer.messages.remove_first(limits::weight(&oldest.body));
        index.remove_message(&customer.id, &oldest);
        gone.push(oldest.id.clone());
    }
    gone
}

/// Changes what is known about the pair of numbers in an event's envelope, and what it waits for.
pub fn set_pair(
    customer: &mut CustomerState,
    index: &mut Index,
    event: &Event,
    set: impl FnOnce(&mut ChannelState),
) {
    let (Some(number), Some(channel)) = (&event.number, &event.channel) else { return };
    let same = |state: &ChannelState| state.number == *number && state.channel == *channel;
    let place = customer.channels.iter().position(same).unwrap_or_else(|| {
        let (number, channel) = (number.clone(), channel.clone());
        customer.channels.push(ChannelState {
            number,
            channel,
            consent: None,
            session: None,
            asked: None,
        });
        customer.channels.len() - 1
    });
    let Some(state) = customer.channels.get_mut(place) else { return };
    let (session, question) = (due::of_pair(state), due::of_asked(state));
    set(state);
    let subject = Subject::Pair(number.clone(), channel.clone());
    index.wait(&customer.id, &subject, session, due::of_pair(state));
    let subject = Subject::Asked(number.clone(), channel.clone());
    index.wait(&customer.id, &subject, question, due::of_asked(state));
}

/// Records that the session of a pair is over.
pub fn session_over(
    builder: &mut DecisionBuilder<'_, '_>,
    about: &About,
    session: &MessagingSession,
) {
    let kind = EventKind::SessionChanged {
        status: SessionStatus::Expired,
        started_at: session.started_at,
        expires_at: session.expires_at,
        notify: true,
    };
    let app = session.app.clone().or_else(|| about.app.clone());
    builder.push(&About { app, actor: Actor::Hub, ..about.clone() }, kind);
}
