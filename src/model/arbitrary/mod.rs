//! Any value of the model, for property tests of every room. Shapes are whatever the types
//! allow and the hub can hold: numbers are trimmed, lengths of calls are whole milliseconds,
//! metadata keys of one event are sorted and each there once.

mod facts;
mod state;

pub use facts::{entry, event, work};
pub use state::customer;

use super::{
    Actor, Body, CallHop, CallReceipt, CallStatus, Channel, ChannelNumber, ConsentAction,
    ConsentReceipt, ConsentStatus, Currency, CustomerCommand, CustomerNumber, CustomerRef,
    DataValue, DialData, HangupCause, Lease, LeaseReceipt, Location, Media, MediaKind,
    MessageReceipt, MessageStatus, Money, NetworkReceipt, PaymentParty, PaymentReceipt,
    PaymentStatus, Prompt, Provider, QueueData, Receipt, Reminder, Say, SecondaryId, StateReceipt,
    Tag, TagPair, Template, Timestamp, UssdMenu, Voice, VoiceAction, WorkReceipt, WorkState,
};
use proptest::{collection::vec, option::of, prelude::*, sample::select};
use std::time::Duration;

/// Text in any script, with controls, possibly empty.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z0-9+*#]{1,12}", "\\PC{0,24}", any::<String>()]
}

fn id<T: From<String> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[a-z_0-9]{1,16}".prop_map(T::from)
}

/// Any time at all.
pub fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![Just(0), 0..4_102_444_800_000_000_i64, any::<i64>()]
        .prop_map(Timestamp::from_micros)
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

/// Any customer number.
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

/// The channels that carry messages.
pub const MESSAGING: &[Channel] =
    &[Channel::Sms, Channel::Whatsapp, Channel::Telegram, Channel::Messenger, Channel::Rcs];

/// A customer named in any of the three ways.
pub fn customer_ref() -> impl Strategy<Value = CustomerRef> {
    prop_oneof![
        id().prop_map(CustomerRef::Id),
        number().prop_map(CustomerRef::Number),
        secondary_id().prop_map(CustomerRef::Secondary),
    ]
}

fn secondary_id() -> impl Strategy<Value = SecondaryId> {
    (text(), text()).prop_map(|(key, value)| SecondaryId { key, value })
}

/// Any tag.
pub fn tag() -> impl Strategy<Value = Tag> {
    (text(), text(), time()).prop_map(|(key, value, expires_at)| Tag { key, value, expires_at })
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

/// Anything a customer may send.
pub fn inbound() -> impl Strategy<Value = Body> {
    (of(text()), vec(media(), 0..3), of(location()))
        .prop_map(|(text, media, location)| Body { text, template: None, media, location })
        .boxed()
}

/// Exactly one of text (with or without template), media and location.
pub fn outbound() -> impl Strategy<Value = Body> {
    prop_oneof![
        (text(), of(template())).prop_map(|(text, template)| Body { template, ..Body::text(text) }),
        media().prop_map(|media| Body { media: vec![media], ..Body::default() }),
        location().prop_map(|at| Body { location: Some(at), ..Body::default() }),
    ]
    .boxed()
}

/// An amount that may be moved.
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

/// A report as the network makes it: what the app was asked and said is not in it.
fn report() -> impl Strategy<Value = CallHop> {
    hop().prop_map(|hop| CallHop { answered: false, actions: Vec::new(), ..hop })
}

fn millis() -> impl Strategy<Value = Duration> {
    (0..1_000_000_000_u64).prop_map(Duration::from_millis)
}

fn later_receipt() -> impl Strategy<Value = Receipt> {
    prop_oneof![
        (any::<bool>(), text(), of(id())).prop_map(|(ok, description, work)| Receipt::Work(
            WorkReceipt { ok, description, work }
        )),
        (any::<bool>(), text(), of(id()), of(value()), of(time())).prop_map(
            |(ok, description, customer, value, until)| Receipt::Lease(LeaseReceipt {
                ok,
                description,
                customer,
                value,
                until
            })
        ),
        (any_of(ConsentStatus::ALL), text(), of(id())).prop_map(
            |(status, description, customer)| Receipt::Consent(ConsentReceipt {
                status,
                description,
                customer
            })
        ),
        (any_of(PaymentStatus::ALL), text(), of(id()), of(id()), of(id())).prop_map(
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
        (any_of(CallStatus::ALL), text(), of(id()), of(id())).prop_map(
            |(status, description, session, customer)| Receipt::Call(CallReceipt {
                status,
                description,
                session,
                customer
            })
        ),
    ]
    .boxed()
}

/// Any receipt.
pub fn receipt() -> impl Strategy<Value = Receipt> {
    prop_oneof![
        later_receipt(),
        (any::<bool>(), text(), of(id())).prop_map(|(ok, description, customer)| Receipt::State(
            StateReceipt { ok, description, customer }
        )),
        (any_of(MessageStatus::ALL), text(), of(id()), of(id())).prop_map(
            |(status, description, message, customer)| Receipt::Message(MessageReceipt {
                status,
                description,
                message,
                customer
            })
        ),
        (any::<bool>(), text(), of(id()), of(text())).prop_map(
            |(ok, description, customer, subject)| Receipt::Network(NetworkReceipt {
                ok,
                description,
                customer,
                subject
            })
        ),
    ]
    .boxed()
}

/// Whole seconds, as the contract's durations are.
fn seconds() -> impl Strategy<Value = Duration> {
    (0..100_000_u64).prop_map(Duration::from_secs)
}

/// Any reminder.
pub fn reminder() -> impl Strategy<Value = Reminder> {
    (id(), text(), time(), of(seconds()), text())
        .prop_map(|(app, key, remind_at, interval, payload)| Reminder {
            app,
            key,
            remind_at,
            interval,
            payload,
        })
        .boxed()
}

/// Any tag that selects.
pub fn tag_pair() -> impl Strategy<Value = TagPair> {
    (text(), text()).prop_map(|(key, value)| TagPair { key, value })
}

fn say() -> impl Strategy<Value = Say> {
    (text(), select(&[Voice::Unspecified, Voice::Male, Voice::Female][..]), any::<bool>())
        .prop_map(|(text, voice, play_beep)| Say { text, voice, play_beep })
        .boxed()
}

/// Any voice action.
pub fn action() -> impl Strategy<Value = VoiceAction> {
    use VoiceAction as A;
    let prompt = || of(prop_oneof![say().prop_map(Prompt::Say), text().prop_map(Prompt::Play)]);
    let flags = || (any::<bool>(), any::<bool>());
    prop_oneof![
        say().prop_map(A::Say),
        text().prop_map(A::Play),
        (prompt(), seconds(), of(text()), of(any::<i32>())).prop_map(
            |(prompt, timeout, finish_on_key, num_digits)| A::GetDigits {
                prompt,
                timeout,
                finish_on_key,
                num_digits
            }
        ),
        (vec(number(), 0..3), flags(), of(text()), of(text()), of(any::<i32>())).prop_map(
            |(numbers, (record, sequential), ringback_tone, caller_id, max_duration)| A::Dial {
                numbers,
                record,
                sequential,
                ringback_tone,
                caller_id,
                max_duration
            }
        ),
        Just(A::RecordSession),
        (prompt(), seconds(), seconds(), of(text()), flags()).prop_map(
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
        (of(text()), of(text()))
            .prop_map(|(hold_music, queue_name)| A::Enqueue { hold_music, queue_name }),
        (line(&[Channel::Voice]), any::<bool>(), of(text()))
            .prop_map(|(channel, record, queue_name)| A::Dequeue { channel, record, queue_name }),
        Just(A::Reject),
        text().prop_map(A::Redirect),
    ]
    .boxed()
}

fn later_command() -> impl Strategy<Value = CustomerCommand> {
    use CustomerCommand as C;
    let menu =
        of((text(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal }));
    prop_oneof![
        (id(), customer_ref()).prop_map(|(customer, other)| C::AdoptCustomer { customer, other }),
        (customer_ref(), vec(secondary_id(), 0..3))
            .prop_map(|(customer, ids)| C::DeleteSecondaryIds { customer, ids }),
        (customer_ref(), reminder())
            .prop_map(|(customer, reminder)| C::AddReminder { customer, reminder }),
        (customer_ref(), text()).prop_map(|(customer, key)| C::CancelReminder { customer, key }),
        (tag_pair(), reminder()).prop_map(|(tag, reminder)| C::AddReminderByTag { tag, reminder }),
        (tag_pair(), text()).prop_map(|(tag, key)| C::CancelReminderByTag { tag, key }),
        (customer_ref(), text()).prop_map(|(customer, key)| C::LeaseMetadata { customer, key }),
        (tag_pair(), line(MESSAGING), outbound())
            .prop_map(|(tag, from, body)| C::SendMessageByTag { tag, from, body }),
        (number(), line(MESSAGING), any_of(ConsentAction::ALL)).prop_map(
            |(number, channel, action)| C::RequestConsent {
                number,
                channel,
                action,
                reason: String::new()
            }
        ),
        (party(), party(), money()).prop_map(|(debit, credit, value)| C::InitiatePayment {
            debit,
            credit,
            value
        }),
        (number(), line(&[Channel::Voice])).prop_map(|(to, from)| C::MakeCall { to, from }),
        (id(), menu, vec(action(), 0..3)).prop_map(|(session, menu, actions)| C::AnswerPrompt {
            session,
            menu,
            actions
        }),
        (id(), select(&[WorkState::Paused, WorkState::Running, WorkState::Cancelled][..]))
            .prop_map(|(work, to)| C::SteerWork { work, to }),
    ]
    .boxed()
}

/// Any command of the public contract.
pub fn command() -> impl Strategy<Value = CustomerCommand> {
    use CustomerCommand as C;
    let keys = || (customer_ref(), vec(text(), 0..3));
    prop_oneof![
        later_command(),
        customer_ref().prop_map(C::Meet),
        (customer_ref(), vec(tag(), 0..3))
            .prop_map(|(customer, tags)| C::UpdateTags { customer, tags }),
        keys().prop_map(|(customer, keys)| C::DeleteTags { customer, keys }),
        (customer_ref(), vec((secondary_id(), time()), 0..3))
            .prop_map(|(customer, ids)| C::UpdateSecondaryIds { customer, ids }),
        (customer_ref(), values())
            .prop_map(|(customer, values)| C::UpdateMetadata { customer, values }),
        keys().prop_map(|(customer, keys)| C::DeleteMetadata { customer, keys }),
        (number(), line(MESSAGING), outbound()).prop_map(|(to, from, body)| C::SendMessage {
            to,
            from,
            body
        }),
        (id(), id(), outbound()).prop_map(|(customer, message, body)| C::ReplyToMessage {
            customer,
            message,
            body
        }),
    ]
    .boxed()
}

fn party() -> impl Strategy<Value = PaymentParty> {
    let paying = || line(&[Channel::Payment]);
    prop_oneof![
        (number(), paying())
            .prop_map(|(number, channel)| PaymentParty::Customer { number, channel }),
        text().prop_map(PaymentParty::Purse),
        (id(), text()).prop_map(|(customer, wallet)| PaymentParty::Wallet { customer, wallet }),
        (paying(), any::<i32>(), of(text()))
            .prop_map(|(channel, code, account)| PaymentParty::Channel { channel, code, account }),
    ]
    .boxed()
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::Hub),
        Just(Actor::Customer),
        text().prop_map(Actor::Key),
        Just(Actor::Network)
    ]
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
