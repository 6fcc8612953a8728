//! Generators of arbitrary values of the model, for the property tests of every module. They make
//! whatever the types allow and the hub can hold: numbers are trimmed, lengths of calls are whole
//! milliseconds, and the metadata keys of one event are sorted and each there once.

/// Any value of an enum, from a strategy for each of its variants. A row `K::TagsDeleted(_) =>
/// strategy` becomes one of the alternatives, whose values must be of that variant, and one arm of
/// a match without a wildcard: as long as a variant has no row, nothing compiles.
macro_rules! any_variant {
    ($of:ty { $($variant:pat => $strategy:expr,)* }) => {{
        let _: fn(&$of) = |value| match value {
            $($variant)|* => (),
        };
        proptest::strategy::Union::new([$(
            $strategy
                .prop_map(|value: $of| {
                    assert!(matches!(value, $variant), "{value:?} stands in another's row");
                    value
                })
                .boxed()
        ),*])
    }};
}

mod facts;
mod state;

pub use facts::{entry, event, network_command, work};
pub use state::customer;

use super::{
    Actor, Body, CallHop, CallReceipt, CallStatus, Channel, ChannelNumber, ConsentAction,
    ConsentReceipt, ConsentStatus, Currency, CustomerCommand, CustomerNumber, CustomerRef,
    DataValue, DialData, HangupCause, Lease, LeaseReceipt, Location, Media, MediaKind,
    MessageReceipt, MessageStatus, Money, NetworkReceipt, PaymentParty, PaymentReceipt,
    PaymentStatus, Prompt, Provider, QueueData, Receipt, Reminder, Say, SecondaryId, StateReceipt,
    Tag, TagMessage, TagPair, Template, Timestamp, UssdMenu, Voice, VoiceAction, WorkReceipt,
    WorkState,
};
use proptest::{collection::vec, option::of, prelude::*, sample::select};
use std::time::Duration;

/// Text in any script, with control characters, possibly empty.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z0-9+*#]{1,12}", "\\PC{0,24}", any::<String>()]
}

fn id<T: From<String> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[a-z_0-9]{1,16}".prop_map(T::from)
}

/// Any time, including zero and times that no calendar has.
pub fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![Just(0), 0..4_102_444_800_000_000_i64, any::<i64>()]
        .prop_map(Timestamp::from_micros)
}

/// An expiry: on the wire, zero and everything before it mean never.
pub fn expiry() -> impl Strategy<Value = Option<Timestamp>> {
    time().prop_map(|at| Some(at).filter(|at| *at > Timestamp::ZERO))
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

pub fn number() -> impl Strategy<Value = CustomerNumber> {
    let provider = prop_oneof![select(&Provider::ALL[..]), Just(Provider::Unspecified)];
    (provider, text(), of(text()))
        .prop_map(|(provider, number, partition)| CustomerNumber {
            partition,
            ..CustomerNumber::new(provider, &number)
        })
        .boxed()
}

/// Any number of the org on one of these channels.
pub fn line(channels: &'static [Channel]) -> impl Strategy<Value = ChannelNumber> {
    (select(channels), text()).prop_map(|(channel, number)| ChannelNumber::new(channel, &number))
}

pub const MESSAGING: &[Channel] =
    &[Channel::Sms, Channel::Whatsapp, Channel::Telegram, Channel::Messenger, Channel::Rcs];

/// A customer, named in any of the three ways.
pub fn customer_ref() -> impl Strategy<Value = CustomerRef> {
    any_variant!(CustomerRef {
        CustomerRef::Id(_) => id().prop_map(CustomerRef::Id),
        CustomerRef::Number(_) => number().prop_map(CustomerRef::Number),
        CustomerRef::Secondary(_) => secondary_id().prop_map(CustomerRef::Secondary),
    })
}

fn secondary_id() -> impl Strategy<Value = SecondaryId> {
    (text(), text()).prop_map(|(key, value)| SecondaryId { key, value })
}

pub fn tag() -> impl Strategy<Value = Tag> {
    (text(), text(), expiry()).prop_map(|(key, value, expires_at)| Tag { key, value, expires_at })
}

fn value() -> impl Strategy<Value = DataValue> {
    prop_oneof![
        text().prop_map(DataValue::Text),
        vec(any::<u8>(), 0..16).prop_map(DataValue::Bytes)
    ]
}

fn values() -> impl Strategy<Value = Vec<(String, DataValue)>> {
    proptest::collection::btree_map(text(), value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn template() -> impl Strategy<Value = Template> {
    (text(), vec(text(), 0..3)).prop_map(|(name, params)| Template { name, params })
}

fn media() -> impl Strategy<Value = Media> {
    let kinds = &[
        MediaKind::Unspecified,
        MediaKind::Image,
        MediaKind::Audio,
        MediaKind::Video,
        MediaKind::Document,
        MediaKind::Voice,
        MediaKind::Sticker,
    ];
    (text(), select(&kinds[..])).prop_map(|(url, kind)| Media { url, kind })
}

fn location() -> impl Strategy<Value = Location> {
    (-90.0..=90.0, -180.0..=180.0)
        .prop_map(|(latitude, longitude)| Location { latitude, longitude })
}

/// Anything that a customer may send.
pub fn inbound() -> impl Strategy<Value = Body> {
    (of(text()), vec(media(), 0..3), of(location()))
        .prop_map(|(text, media, location)| Body { text, template: None, media, location })
        .boxed()
}

/// Anything that an app may send: exactly one of text (with or without a template),
/// media and location.
pub fn outbound() -> impl Strategy<Value = Body> {
    prop_oneof![
        (text(), of(template())).prop_map(|(text, template)| Body { template, ..Body::text(text) }),
        media().prop_map(|media| Body { media: vec![media], ..Body::default() }),
        location().prop_map(|at| Body { location: Some(at), ..Body::default() }),
    ]
    .boxed()
}

/// An amount that may be moved: more than zero, at most 10^12 minor units.
pub fn money() -> impl Strategy<Value = Money> {
    let currencies: Vec<_> =
        ["KES", "UGX", "KWD", "USD"].into_iter().filter_map(Currency::new).collect();
    (select(currencies), 1..=1_000_000_000_000_i64)
        .prop_map(|(currency, minor)| Money { currency, minor })
}

fn hop() -> impl Strategy<Value = CallHop> {
    let codes = (any_of(CallStatus::ALL), any_of(HangupCause::ALL));
    let dial = (text(), time(), millis()).prop_map(|(number, started_at, duration)| DialData {
        number,
        started_at,
        duration,
    });
    let queue = (time(), time(), of(text()), of(id()), millis()).prop_map(
        |(enqueued_at, dequeued_at, number, session, duration)| QueueData {
            enqueued_at,
            dequeued_at,
            dequeued_to_number: number,
            dequeued_to_session: session,
            duration,
        },
    );
    let said = (any::<bool>(), vec(action(), 0..3));
    (codes, of(text()), of(text()), of(dial), of(queue), said, time())
        .prop_map(|((status, cause), digits, url, dial, queue, (prompt, actions), at)| CallHop {
            status,
            cause,
            digits,
            recording_url: url,
            dial,
            queue,
            prompt,
            answered: !actions.is_empty(),
            actions,
            at,
        })
        .boxed()
}

/// A report as the network makes it, without what an app was asked and answered.
fn report() -> impl Strategy<Value = CallHop> {
    hop().prop_map(|hop| CallHop { answered: false, actions: Vec::new(), ..hop })
}

fn millis() -> impl Strategy<Value = Duration> {
    (0..1_000_000_000_u64).prop_map(Duration::from_millis)
}

pub fn receipt() -> impl Strategy<Value = Receipt> {
    any_variant!(Receipt {
        Receipt::State(_) => (any::<bool>(), text(), of(id()))
            .prop_map(|(ok, description, customer)| Receipt::State(
            StateReceipt { ok, description, customer }
        )),
        Receipt::Message(_) => {
            let conflict = of(state::last_answer().prop_map(Box::new));
            (any_of(MessageStatus::ALL), text(), of(id()), of(id()), conflict).prop_map(
                |(status, description, message, customer, conflict)| {
                    Receipt::Message(MessageReceipt {
                        status,
                        description,
                        message,
                        customer,
                        conflict,
                    })
                },
            )
        },
        Receipt::Network(_) => (any::<bool>(), text(), of(id()), of(text())).prop_map(
            |(ok, description, customer, subject)| Receipt::Network(NetworkReceipt {
                ok,
                description,
                customer,
                subject
            })
        ),
        Receipt::Work(_) => (any::<bool>(), text(), of(id()))
            .prop_map(|(ok, description, work)| Receipt::Work(
            WorkReceipt { ok, description, work }
        )),
        Receipt::Lease(_) => (any::<bool>(), text(), of(id()), of(value()), of(time())).prop_map(
            |(ok, description, customer, value, until)| Receipt::Lease(LeaseReceipt {
                ok,
                description,
                customer,
                value,
                until
            })
        ),
        Receipt::Consent(_) => (any_of(ConsentStatus::ALL), text(), of(id())).prop_map(
            |(status, description, customer)| Receipt::Consent(ConsentReceipt {
                status,
                description,
                customer
            })
        ),
        Receipt::Payment(_) => (any_of(PaymentStatus::ALL), text(), of(id()), of(id()), of(id()))
            .prop_map(
            |(status, description, transaction, debit_customer, credit_customer)| {
                Receipt::Payment(PaymentReceipt {
                    status,
                    description,
                    transaction,
                    debit_customer,
                    credit_customer,
                })
            }
        ),
        Receipt::Call(_) => (any_of(CallStatus::ALL), text(), of(id()), of(id())).prop_map(
            |(status, description, session, customer)| Receipt::Call(CallReceipt {
                status,
                description,
                session,
                customer
            })
        ),
    })
    .boxed()
}

/// Whole seconds, because the contract's durations have no fractions.
fn seconds() -> impl Strategy<Value = Duration> {
    (0..100_000_u64).prop_map(Duration::from_secs)
}

pub fn reminder() -> impl Strategy<Value = Reminder> {
    // An interval of zero would arrive as none (D-ZERO).
    let every = (1..100_000_u64).prop_map(Duration::from_secs);
    (id(), text(), time(), of(every), text())
        .prop_map(|(app, key, remind_at, interval, payload)| Reminder {
            app,
            key,
            remind_at,
            interval,
            payload,
        })
        .boxed()
}

pub fn tag_pair() -> impl Strategy<Value = TagPair> {
    (text(), text()).prop_map(|(key, value)| TagPair { key, value })
}

fn say() -> impl Strategy<Value = Say> {
    (text(), select(&[Voice::Unspecified, Voice::Male, Voice::Female][..]), any::<bool>())
        .prop_map(|(text, voice, play_beep)| Say { text, voice, play_beep })
        .boxed()
}

pub fn action() -> impl Strategy<Value = VoiceAction> {
    use VoiceAction as A;
    let prompt = || of(prop_oneof![say().prop_map(Prompt::Say), text().prop_map(Prompt::Play)]);
    let flags = || (any::<bool>(), any::<bool>());
    any_variant!(VoiceAction {
        A::Say(_) => say().prop_map(A::Say),
        A::Play(_) => text().prop_map(A::Play),
        A::GetDigits { .. } => (prompt(), seconds(), of(text()), of(any::<i32>())).prop_map(
            |(prompt, timeout, finish_on_key, num_digits)| A::GetDigits {
                prompt,
                timeout,
                finish_on_key,
                num_digits
            }
        ),
        A::Dial { .. } => (vec(number(), 0..3), flags(), of(text()), of(text()), of(any::<i32>()))
            .prop_map(
            |(numbers, (record, sequential), ringback_tone, caller_id, max_duration)| A::Dial {
                numbers,
                record,
                sequential,
                ringback_tone,
                caller_id,
                max_duration
            }
        ),
        A::RecordSession => Just(A::RecordSession),
        A::GetRecording { .. } => (prompt(), seconds(), seconds(), of(text()), flags()).prop_map(
            |(prompt, timeout, max_length, finish_on_key, (play_beep, trim_silence))| {
                A::GetRecording {
                    prompt,
                    timeout,
                    max_length,
                    finish_on_key,
                    play_beep,
                    trim_silence,
                }
            }
        ),
        A::Enqueue { .. } => (of(text()), of(text()))
            .prop_map(|(hold_music, queue_name)| A::Enqueue { hold_music, queue_name }),
        A::Dequeue { .. } => (line(&[Channel::Voice]), any::<bool>(), of(text()))
            .prop_map(|(channel, record, queue_name)| A::Dequeue { channel, record, queue_name }),
        A::Reject => Just(A::Reject),
        A::Redirect(_) => text().prop_map(A::Redirect),
    })
    .boxed()
}

/// Any command that an app or an agent can send.
pub fn command() -> impl Strategy<Value = CustomerCommand> {
    use CustomerCommand as C;
    let keys = || (customer_ref(), vec(text(), 0..3));
    let menu =
        of((text(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal }));
    any_variant!(CustomerCommand {
        C::Meet(_) => customer_ref().prop_map(C::Meet),
        C::UpdateTags { .. } => (customer_ref(), vec(tag(), 0..3))
            .prop_map(|(customer, tags)| C::UpdateTags { customer, tags }),
        C::DeleteTags { .. } => keys()
            .prop_map(|(customer, keys)| C::DeleteTags { customer, keys }),
        C::UpdateSecondaryIds { .. } => (customer_ref(), vec((secondary_id(), expiry()), 0..3))
            .prop_map(|(customer, ids)| C::UpdateSecondaryIds { customer, ids }),
        C::UpdateMetadata { .. } => (customer_ref(), values())
            .prop_map(|(customer, values)| C::UpdateMetadata { customer, values }),
        C::DeleteMetadata { .. } => keys()
            .prop_map(|(customer, keys)| C::DeleteMetadata { customer, keys }),
        C::SendMessage { .. } => (number(), line(MESSAGING), outbound())
            .prop_map(|(to, from, body)| C::SendMessage {
            to,
            from,
            body, seen: None,
 }),
        C::ReplyToMessage { .. } => (id(), id(), outbound())
            .prop_map(|(customer, message, body)| C::ReplyToMessage {
            customer,
            message,
            body, seen: None,
 }),
        C::AdoptCustomer { .. } => (id(), customer_ref())
            .prop_map(|(customer, other)| C::AdoptCustomer { customer, other }),
        C::DeleteSecondaryIds { .. } => (customer_ref(), vec(secondary_id(), 0..3))
            .prop_map(|(customer, ids)| C::DeleteSecondaryIds { customer, ids }),
        C::AddReminder { .. } => (customer_ref(), reminder())
            .prop_map(|(customer, reminder)| C::AddReminder { customer, reminder }),
        C::CancelReminder { .. } => (customer_ref(), text())
            .prop_map(|(customer, key)| C::CancelReminder { customer, key }),
        C::AddReminderByTag { .. } => (tag_pair(), reminder())
            .prop_map(|(tag, reminder)| C::AddReminderByTag { tag, reminder }),
        C::CancelReminderByTag { .. } => (tag_pair(), text())
            .prop_map(|(tag, key)| C::CancelReminderByTag { tag, key }),
        C::LeaseMetadata { .. } => (customer_ref(), text())
            .prop_map(|(customer, key)| C::LeaseMetadata { customer, key }),
        C::SendMessageByTag { .. } => (tag_pair(), line(MESSAGING), outbound())
            .prop_map(|(tag, from, body)| C::SendMessageByTag {
            tag,
            message: TagMessage::new(from, body)
        }),
        C::RequestConsent { .. } => (number(), line(MESSAGING), any_of(ConsentAction::ALL))
            .prop_map(
            |(number, channel, action)| C::RequestConsent {
                number,
                channel,
                action,
                reason: String::new()
            }
        ),
        C::InitiatePayment { .. } => (party(), party(), money())
            .prop_map(|(debit, credit, value)| C::InitiatePayment {
            debit,
            credit,
            value
        }),
        C::MakeCall { .. } => (number(), line(&[Channel::Voice]))
            .prop_map(|(to, from)| C::MakeCall { to, from }),
        C::AnswerPrompt { .. } => (id(), menu, vec(action(), 0..3))
            .prop_map(|(session, menu, actions)| C::AnswerPrompt {
            session,
            menu,
            actions
        }),
        C::SteerWork { .. } => (id(), select(&[WorkState::Paused, WorkState::Running, WorkState::Cancelled][..]))
            .prop_map(|(work, to)| C::SteerWork { work, to }),
        C::ScheduleMessage { .. } => (number(), line(MESSAGING), outbound(), time(), of(id()))
            .prop_map(|(to, from, body, at, in_reply_to)| C::ScheduleMessage {
            to,
            from,
            body,
            at,
            in_reply_to,
            seen: None,
        }),
        C::EditScheduled { .. } => (customer_ref(), id(), outbound(), time())
            .prop_map(|(customer, message, body, at)| C::EditScheduled {
            customer,
            message,
            body,
            at,
            seen: None,
        }),
        C::CancelScheduled { .. } => (customer_ref(), id())
            .prop_map(|(customer, message)| C::CancelScheduled { customer, message }),
        C::PauseCarrier { .. } => (id(), any::<bool>())
            .prop_map(|(carrier, is_paused)| C::PauseCarrier { carrier, is_paused }),
        C::DecideUnknown { .. } => (id(), any::<bool>(), of(1..u32::MAX))
            .prop_map(|(message, again, attempt)| C::DecideUnknown { message, again, attempt }),
        C::NoAnswerNeeded { .. } => (customer_ref(), of(id()))
            .prop_map(|(customer, up_to)| C::NoAnswerNeeded { customer, up_to }),
    })
    .boxed()
}

fn party() -> impl Strategy<Value = PaymentParty> {
    let paying = || line(&[Channel::Payment]);
    any_variant!(PaymentParty {
        PaymentParty::Customer { .. } => (number(), paying())
            .prop_map(|(number, channel)| PaymentParty::Customer { number, channel }),
        PaymentParty::Purse(_) => text().prop_map(PaymentParty::Purse),
        PaymentParty::Wallet { .. } => (id(), text())
            .prop_map(|(customer, wallet)| PaymentParty::Wallet { customer, wallet }),
        PaymentParty::Channel { .. } => (paying(), any::<i32>(), of(text()))
            .prop_map(|(channel, code, account)| PaymentParty::Channel { channel, code, account }),
    })
    .boxed()
}

fn actor() -> impl Strategy<Value = Actor> {
    any_variant!(Actor {
        Actor::Hub => Just(Actor::Hub),
        Actor::Customer => Just(Actor::Customer),
        Actor::Key(_) => text().prop_map(Actor::Key),
        Actor::Network => Just(Actor::Network),
        Actor::Program(_) => text().prop_map(Actor::Program),
    })
}

fn lease() -> impl Strategy<Value = Lease> {
    (text(), any::<u64>(), actor(), of(id()), time(), time())
        .prop_map(|(key, number, holder, app, granted_at, expires_at)| Lease {
            key,
            number,
            holder,
            app,
            granted_at,
            expires_at,
        })
        .boxed()
}
