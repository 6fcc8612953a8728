//! Any value of the model, for property tests of every room. Shapes are whatever the types
//! allow and the hub can hold: numbers are trimmed, lengths of calls are whole milliseconds,
//! metadata keys of one event are sorted and each there once.

use super::{
    Actor, AppId, Body, Call, CallHop, CallStatus, Channel, ChannelNumber, ChannelState,
    ConsentStatus, Currency, Customer, CustomerCommand, CustomerNumber, CustomerRef, DataValue,
    Direction, Entry, EntryId, Event, EventKind, HangupCause, Location, Media, MediaKind, Message,
    MessageStatus, Money, Payment, PaymentParty, PaymentStatus, Provider, Receipt, SecondaryId,
    Seq, Session, SessionStatus, StoredCall, Tag, Template, Timestamp, UssdEnd, UssdHop, UssdMenu,
    UssdSession, Wallet,
};
use proptest::{collection::vec, option::of, prelude::*, sample::select, strategy::Union};
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
    (provider, text(), of(text())).prop_map(|(provider, number, partition)| CustomerNumber {
        partition,
        ..CustomerNumber::new(provider, &number)
    })
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
    (of(text()), vec(media(), 0..3), of(location())).prop_map(|(text, media, location)| Body {
        text,
        template: None,
        media,
        location,
    })
}

/// Exactly one of text (with or without template), media and location.
pub fn outbound() -> impl Strategy<Value = Body> {
    prop_oneof![
        (text(), of(template())).prop_map(|(text, template)| Body { template, ..Body::text(text) }),
        media().prop_map(|media| Body { media: vec![media], ..Body::default() }),
        location().prop_map(|at| Body { location: Some(at), ..Body::default() }),
    ]
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
    (codes, of(text()), of(text()), time()).prop_map(|((status, cause), digits, url, at)| CallHop {
        status,
        cause,
        digits,
        recording_url: url,
        at,
    })
}

fn millis() -> impl Strategy<Value = Duration> {
    (0..1_000_000_000_u64).prop_map(Duration::from_millis)
}

/// Any receipt.
pub fn receipt() -> impl Strategy<Value = Receipt> {
    prop_oneof![
        (any::<bool>(), text(), of(id())).prop_map(|(ok, description, customer)| Receipt::State {
            ok,
            description,
            customer
        }),
        (any_of(MessageStatus::ALL), text(), of(id()), of(id())).prop_map(
            |(status, description, message, customer)| Receipt::Message {
                status,
                description,
                message,
                customer
            }
        ),
        (any::<bool>(), text(), of(id()), of(text())).prop_map(
            |(ok, description, customer, subject)| Receipt::Network {
                ok,
                description,
                customer,
                subject
            }
        ),
    ]
}

/// Any command of the public contract.
pub fn command() -> impl Strategy<Value = CustomerCommand> {
    use CustomerCommand as C;
    let keys = || (customer_ref(), vec(text(), 0..3));
    prop_oneof![
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
}

fn data_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let keys = || vec(text(), 0..3);
    let ids = || vec(secondary_id(), 0..3);
    prop_oneof![
        Just(K::CustomerMet),
        Just(K::Unreadable),
        vec(tag(), 0..3).prop_map(K::TagsUpdated),
        keys().prop_map(K::TagsDeleted),
        values().prop_map(K::MetadataUpdated),
        keys().prop_map(K::MetadataDeleted),
        vec((secondary_id(), time()), 0..3).prop_map(K::SecondaryIdsUpdated),
        ids().prop_map(K::SecondaryIdsDeleted),
        (keys(), ids()).prop_map(|(tags, secondary_ids)| K::EntriesExpired { tags, secondary_ids }),
        any::<(u64, u64, u64)>().prop_map(|(count, from, to)| K::NotificationsDropped {
            count,
            from: Seq(from),
            to: Seq(to)
        }),
    ]
}

fn message_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let status = || any_of(MessageStatus::ALL);
    prop_oneof![
        (id(), outbound(), status(), of(id())).prop_map(|(id, body, status, in_reply_to)| {
            K::MessageSent { id, body, status, in_reply_to }
        }),
        (id(), inbound()).prop_map(|(id, body)| K::MessageReceived { id, body }),
        (id(), status()).prop_map(|(id, status)| K::MessageStatusChanged { id, status }),
        (any_of(SessionStatus::ALL), time(), time(), any::<bool>()).prop_map(
            |(status, started_at, expires_at, notify)| {
                K::SessionChanged { status, started_at, expires_at, notify }
            }
        ),
        any_of(ConsentStatus::ALL).prop_map(K::ConsentChanged),
    ]
}

fn line_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let menu =
        (text(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal });
    let status = || any_of(PaymentStatus::ALL);
    prop_oneof![
        (id(), text(), any::<bool>()).prop_map(|(session, input, dial)| K::UssdInput {
            session,
            input,
            dial
        }),
        (id(), menu).prop_map(|(session, menu)| K::UssdMenuShown { session, menu }),
        (id(), any_of(UssdEnd::ALL)).prop_map(|(session, end)| K::UssdEnded { session, end }),
        (id(), any_of(Direction::ALL), hop(), millis(), of(money())).prop_map(
            |(session, direction, hop, duration, cost)| {
                K::CallChanged { session, direction, hop, duration, cost }
            }
        ),
        (id(), of("[a-z]{1,8}"), money(), status())
            .prop_map(|(id, purse, value, status)| K::PaymentReceived { id, purse, value, status }),
        (id(), status()).prop_map(|(id, status)| K::PaymentStatusChanged { id, status }),
    ]
}

/// Any event.
pub fn event() -> impl Strategy<Value = Event> {
    let kind = Union::new([data_kind().boxed(), message_kind().boxed(), line_kind().boxed()]);
    let actor = prop_oneof![
        Just(Actor::Hub),
        Just(Actor::Customer),
        text().prop_map(Actor::Key),
        Just(Actor::Network)
    ];
    let lines = line(&Channel::ALL);
    (time(), of(id()), of(id::<AppId>()), actor, of(number()), of(lines), of(text()), kind)
        .prop_map(|(at, customer, app, actor, number, channel, name, kind)| Event {
            at,
            customer,
            app,
            actor,
            number,
            channel,
            name,
            kind,
        })
}

/// Any entry.
pub fn entry() -> impl Strategy<Value = Entry> {
    let call = (id(), any::<[u8; 32]>(), receipt()).prop_map(|(id, digest, receipt)| StoredCall {
        id,
        digest,
        receipt,
    });
    let ids = any::<([u8; 16], [u8; 16])>();
    (id(), any::<u64>(), ids, time(), vec(event(), 1..4), of(call)).prop_map(
        |(org, seq, (id, prev_id), at, events, call)| Entry {
            org,
            seq: Seq(seq),
            id: EntryId(id),
            prev_id: EntryId(prev_id),
            at,
            events,
            call,
        },
    )
}

fn channel_state() -> impl Strategy<Value = ChannelState> {
    let session = (time(), time(), of(id())).prop_map(|(started_at, expires_at, app)| Session {
        started_at,
        expires_at,
        app,
    });
    let consent = of((any_of(ConsentStatus::ALL), time()));
    (number(), line(MESSAGING), consent, of(session)).prop_map(
        |(number, channel, consent, session)| ChannelState { number, channel, consent, session },
    )
}

fn message() -> impl Strategy<Value = Message> {
    let names = (id(), any_of(Direction::ALL), number(), line(MESSAGING), of(id()));
    let body = prop_oneof![inbound(), outbound()];
    (names, body, any_of(MessageStatus::ALL), of(id()), time(), time()).prop_map(
        |((id, direction, number, channel, app), body, status, in_reply_to, created, updated)| {
            Message {
                id,
                direction,
                number,
                channel,
                app,
                body,
                status,
                in_reply_to,
                created_at: created,
                updated_at: updated,
            }
        },
    )
}

fn ussd_session() -> impl Strategy<Value = UssdSession> {
    let menu =
        of((text(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal }));
    let hop = (text(), menu, time()).prop_map(|(input, menu, at)| UssdHop { input, menu, at });
    let names = (id(), number(), line(&[Channel::Ussd]), of(id()));
    (names, vec(hop, 0..3), of(any_of(UssdEnd::ALL)), time(), time()).prop_map(
        |((id, number, channel, app), hops, end, created_at, updated_at)| UssdSession {
            id,
            number,
            channel,
            app,
            hops,
            end,
            created_at,
            updated_at,
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    let names = (id(), any_of(Direction::ALL), number(), line(&[Channel::Voice]), of(id()));
    let rest = (vec(hop(), 0..3), millis(), of(money()), time(), time());
    (names, any_of(CallStatus::ALL), rest).prop_map(
        |((id, direction, number, channel, app), status, (hops, duration, cost, made, changed))| {
            Call {
                id,
                direction,
                number,
                channel,
                app,
                status,
                hops,
                duration,
                cost,
                created_at: made,
                updated_at: changed,
            }
        },
    )
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
}

fn payment() -> impl Strategy<Value = Payment> {
    let parties = (party(), of(party()));
    (id(), of(id()), parties, money(), any_of(PaymentStatus::ALL), time()).prop_map(
        |(id, app, (debit, credit), value, status, updated_at)| Payment {
            id,
            app,
            debit,
            credit,
            value,
            status,
            created_at: Timestamp::ZERO,
            updated_at,
        },
    )
}

/// Any customer. Payments are in order of creation, one a second.
pub fn customer() -> impl Strategy<Value = Customer> {
    let wallet = (money(), any::<u64>()).prop_map(|(money, sequence_nr)| Wallet {
        currency: money.currency,
        actual: money.minor,
        available: 0,
        sequence_nr,
    });
    let names = (id(), time(), time(), vec(number(), 0..3), vec(tag(), 0..3), values());
    let ids = vec((secondary_id(), time()), 0..3);
    let histories =
        (vec(message(), 0..4), vec(ussd_session(), 0..3), vec(call(), 0..3), vec(payment(), 0..4));
    let wallets = proptest::collection::btree_map(text(), wallet, 0..3);
    (names, ids, vec(channel_state(), 0..3), histories, wallets).prop_map(
        |(names, secondary_ids, channels, (messages, ussd, calls, mut payments), wallets)| {
            let (id, created_at, touched_at, numbers, tags, metadata) = names;
            for (payment, second) in payments.iter_mut().zip(1..) {
                payment.created_at = Timestamp::from_secs(second);
            }
            Customer {
                id,
                created_at,
                touched_at,
                numbers,
                tags,
                metadata: metadata.into_iter().collect(),
                secondary_ids,
                channels,
                messages,
                ussd,
                calls,
                payments,
                wallets,
            }
        },
    )
}
