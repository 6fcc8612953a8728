//! Any customer, with everything that their state can hold.

use super::*;
use crate::model::{
    Account, CallStatus, Channel, ChannelState, ConsentStatus, CustomerState, Direction,
    LastAnswer, Message, MessageStatus, MessagingSession, Payment, PaymentStatus, PendingOptIn,
    ScheduledMessage, Timestamp, Unanswered, UssdEnd, UssdHop, UssdMenu, UssdSession, VoiceCall,
};
use std::sync::Arc;

fn channel_state() -> impl Strategy<Value = ChannelState> {
    let session = (time(), time(), of(id()))
        .prop_map(|(started_at, expires_at, app)| MessagingSession { started_at, expires_at, app });
    // The other codes only answer a request and are never stored as a consent.
    let consent =
        of((any_of(&[ConsentStatus::OptInCompleted, ConsentStatus::OptOutCompleted]), time()));
    let apps = proptest::collection::vec(id(), 0..3);
    let asked = of((time(), apps).prop_map(|(at, apps)| PendingOptIn { at, apps }));
    (number(), line(MESSAGING), consent, of(session), asked)
        .prop_map(|(number, channel, consent, session, asked)| ChannelState {
            number,
            channel,
            consent,
            session,
            asked,
        })
        .boxed()
}

fn message() -> impl Strategy<Value = Message> {
    let names = (id(), any_of(Direction::ALL), number(), line(MESSAGING), of(id()));
    let body = prop_oneof![inbound(), outbound()];
    let ties = (of(id()), of(id()));
    (names, body, any_of(MessageStatus::ALL), ties, time(), time())
        .prop_map(
            |((id, direction, number, channel, app), body, status, ties, created, updated)| {
                let (in_reply_to, work) = ties;
                Message {
                    id,
                    direction,
                    number,
                    channel,
                    app,
                    body,
                    status,
                    in_reply_to,
                    work,
                    is_final: false,
                    created_at: created,
                    updated_at: updated,
                }
            },
        )
        .boxed()
}

fn ussd_session() -> impl Strategy<Value = UssdSession> {
    let menu =
        of((text(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal }));
    let hop = (text(), menu, time()).prop_map(|(input, menu, at)| UssdHop { input, menu, at });
    let names = (id(), number(), line(&[Channel::Ussd]), of(id()));
    (names, vec(hop, 0..3), of(any_of(UssdEnd::ALL)), time(), time())
        .prop_map(|((id, number, channel, app), hops, end, created_at, updated_at)| UssdSession {
            id,
            number,
            channel,
            app,
            hops,
            end,
            created_at,
            updated_at,
        })
        .boxed()
}

fn call() -> impl Strategy<Value = VoiceCall> {
    let names = (id(), any_of(Direction::ALL), number(), line(&[Channel::Voice]), of(id()));
    let rest = (vec(hop(), 0..3), millis(), of(money()), time(), time());
    (names, any_of(CallStatus::ALL), rest)
        .prop_map(
            |(
                (id, direction, number, channel, app),
                status,
                (hops, duration, cost, made, changed),
            )| {
                VoiceCall {
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
        .boxed()
}

fn payment() -> impl Strategy<Value = Payment> {
    let parties = (party(), of(party()));
    (id(), of(id()), parties, money(), any_of(PaymentStatus::ALL), time())
        .prop_map(|(id, app, (debit, credit), value, status, updated_at)| Payment {
            id,
            app,
            debit,
            credit,
            value,
            status,
            created_at: Timestamp::ZERO,
            updated_at,
        })
        .boxed()
}

/// What a customer waits for an answer to.
pub fn unanswered() -> impl Strategy<Value = Unanswered> {
    (time(), any::<u64>(), id(), time(), number(), line(MESSAGING), text())
        .prop_map(|(since, count, last, last_at, number, channel, text)| Unanswered {
            since,
            count,
            last,
            last_at,
            number,
            channel,
            text,
        })
        .boxed()
}

/// What a person answered last.
pub fn last_answer() -> impl Strategy<Value = LastAnswer> {
    (any::<u64>(), time(), actor(), id(), text())
        .prop_map(|(seq, at, by, message, text)| LastAnswer {
            seq: crate::model::Seq(seq),
            at,
            by,
            message,
            text,
        })
        .boxed()
}

/// A message that has not left yet.
pub fn scheduled() -> impl Strategy<Value = ScheduledMessage> {
    let numbers = (number(), line(MESSAGING));
    let written = (time(), any::<u64>());
    (id(), time(), numbers, of(id()), actor(), outbound(), of(id()), written)
        .prop_map(|(id, at, (number, channel), app, by, body, in_reply_to, (written_at, seq))| {
            let written_in = crate::model::Seq(seq);
            ScheduledMessage {
                id,
                at,
                number,
                channel,
                app,
                by,
                body,
                in_reply_to,
                written_at,
                written_in,
            }
        })
        .boxed()
}

/// Any customer. Their payments are in order of creation, one second apart.
pub fn customer() -> impl Strategy<Value = CustomerState> {
    let pending = proptest::collection::btree_map(id(), (1..1_000_000_i64, time()), 0..3);
    let wallet = (money(), any::<u64>(), pending).prop_map(|(money, sequence_nr, pending)| {
        let (currency, actual) = (money.currency, money.minor);
        Account { currency, actual, available: 0, sequence_nr, pending }
    });
    let held = (vec(reminder(), 0..3), vec(lease(), 0..3), any::<u64>(), vec(id(), 0..3));
    let held = (held, of(unanswered()), vec(last_answer(), 0..3), vec(scheduled(), 0..3));
    let names = (id(), time(), time(), vec(number(), 0..3), vec(tag(), 0..3), values());
    let ids = vec((secondary_id(), expiry()), 0..3);
    let histories =
        (vec(message(), 0..4), vec(ussd_session(), 0..3), vec(call(), 0..3), vec(payment(), 0..4));
    let wallets = proptest::collection::btree_map(text(), wallet, 0..3);
    (names, ids, vec(channel_state(), 0..3), histories, wallets, held)
        .prop_map(
            |(
                names,
                secondary_ids,
                channels,
                (messages, ussd, calls, mut payments),
                wallets,
                held,
            )| {
                let ((reminders, leases, leases_granted, absorbed), unanswered, answers, scheduled) =
                    held;
                let (id, created_at, touched_at, numbers, tags, metadata) = names;
                for (payment, second) in payments.iter_mut().zip(1..) {
                    payment.created_at = Timestamp::from_secs(second);
                }
                CustomerState {
                    id,
                    created_at,
                    touched_at,
                    numbers,
                    tags,
                    metadata: metadata.into_iter().collect(),
                    secondary_ids,
                    channels,
                    messages: messages.into_iter().map(Arc::new).collect(),
                    ussd,
                    calls,
                    payments,
                    wallets,
                    reminders,
                    scheduled,
                    leases,
                    leases_granted,
                    absorbed,
                    unanswered,
                    answers,
                }
            },
        )
        .boxed()
}
