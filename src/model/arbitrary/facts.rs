//! Any event and any entry.

use super::*;
use crate::model::{
    AppId, Channel, ConsentAction, ConsentStatus, Direction, Entry, EntryId, Event, EventKind,
    Firing, LeaseEnd, MessageStatus, PaymentStatus, Seq, SessionStatus, StoredCall, Task, UssdEnd,
    UssdMenu, Work, WorkState,
};
use proptest::strategy::Union;

fn data_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let keys = || vec(text(), 0..3);
    let ids = || vec(secondary_id(), 0..3);
    prop_oneof![
        Just(K::CustomerMet),
        Just(K::Unreadable),
        vec(tag(), 0..3).prop_map(K::TagsUpdated),
        keys().prop_map(K::TagsDeleted),
        (values(), of(any::<u64>()))
            .prop_map(|(values, over_lease)| K::MetadataUpdated { values, over_lease }),
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
    .boxed()
}

fn message_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let status = || any_of(MessageStatus::ALL);
    prop_oneof![
        (id(), outbound(), status(), of(id()), of(id())).prop_map(
            |(id, body, status, in_reply_to, work)| {
                K::MessageSent { id, body, status, in_reply_to, work }
            }
        ),
        (id(), inbound()).prop_map(|(id, body)| K::MessageReceived { id, body }),
        (id(), status()).prop_map(|(id, status)| K::MessageStatusChanged { id, status }),
        (any_of(SessionStatus::ALL), time(), time(), any::<bool>()).prop_map(
            |(status, started_at, expires_at, notify)| {
                K::SessionChanged { status, started_at, expires_at, notify }
            }
        ),
        any_of(ConsentStatus::ALL).prop_map(K::ConsentChanged),
    ]
    .boxed()
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
        (id(), any_of(Direction::ALL), report(), millis(), of(money())).prop_map(
            |(session, direction, hop, duration, cost)| {
                K::CallChanged { session, direction, hop, duration, cost }
            }
        ),
        (id(), of("[a-z]{1,8}"), money(), status())
            .prop_map(|(id, purse, value, status)| K::PaymentReceived { id, purse, value, status }),
        (id(), status()).prop_map(|(id, status)| K::PaymentStatusChanged { id, status }),
    ]
    .boxed()
}

/// Any work by tag.
pub fn work() -> impl Strategy<Value = Work> {
    let task = prop_oneof![
        (line(MESSAGING), outbound()).prop_map(|(from, body)| Task::Message { from, body }),
        reminder().prop_map(Task::Reminder),
    ];
    let counts = (any::<u32>(), any::<u32>(), vec((any::<i32>(), any::<u64>()), 0..3));
    let times = (time(), time());
    (id(), of(id()), actor(), tag_pair(), task, any_of(WorkState::ALL), counts, times)
        .prop_map(
            |(
                id,
                app,
                actor,
                tag,
                task,
                state,
                (total, done, skipped),
                (created_at, updated_at),
            )| {
                Work {
                    id,
                    app,
                    actor,
                    tag,
                    task,
                    state,
                    total: total.into(),
                    done: done.into(),
                    skipped: skipped.into_iter().collect(),
                    created_at,
                    updated_at,
                }
            },
        )
        .boxed()
}

fn time_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let firing = (reminder(), of(time()), of(tag()), of(id()))
        .prop_map(|(reminder, next, tag, work)| Firing { reminder, next, tag, work });
    let skipped = vec((any::<i32>(), any::<u64>()), 0..3);
    prop_oneof![
        id().prop_map(|other| K::CustomerAdopted { other }),
        id().prop_map(|by| K::CustomerReplaced { by }),
        reminder().prop_map(K::ReminderAdded),
        text().prop_map(|key| K::ReminderCancelled { key }),
        firing.prop_map(K::ReminderFired),
        lease().prop_map(K::LeaseGranted),
        (text(), any::<u64>(), any_of(LeaseEnd::ALL))
            .prop_map(|(key, number, end)| K::LeaseEnded { key, number, end }),
        work().prop_map(K::WorkAdded),
        (id(), of(time())).prop_map(|(work, next)| K::WorkStarted { work, next }),
        (id(), any::<u64>(), any::<u64>(), skipped).prop_map(|(work, handled, done, skipped)| {
            K::WorkAdvanced { work, handled, done, skipped }
        }),
        (id(), any_of(WorkState::ALL)).prop_map(|(work, state)| K::WorkChanged { work, state }),
        millis().prop_map(|by| K::ClockMoved { by }),
    ]
    .boxed()
}

fn asked_kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    prop_oneof![
        (any_of(ConsentAction::ALL), text())
            .prop_map(|(action, reason)| K::ConsentRequested { action, reason }),
        Just(K::ConsentLapsed),
        (id(), vec(action(), 0..3))
            .prop_map(|(session, actions)| K::CallPlanned { session, actions }),
        id().prop_map(|session| K::PromptMissed { session }),
        (id(), (party(), party()), (of(id()), of(id())), money(), any_of(PaymentStatus::ALL))
            .prop_map(|(id, (debit, credit), (debit_customer, credit_customer), value, status)| {
                K::PaymentStarted {
                    id,
                    debit,
                    credit,
                    debit_customer,
                    credit_customer,
                    value,
                    status,
                }
            }),
        (text(), id(), any_of(PaymentStatus::ALL))
            .prop_map(|(wallet, id, status)| K::WalletPaymentChanged { wallet, id, status }),
        (text(), money()).prop_map(|(purse, value)| K::PurseFunded { purse, value }),
    ]
    .boxed()
}

/// Any event.
pub fn event() -> impl Strategy<Value = Event> {
    let kind = Union::new([
        data_kind().boxed(),
        message_kind().boxed(),
        line_kind().boxed(),
        time_kind().boxed(),
        asked_kind().boxed(),
    ]);
    let lines = line(&Channel::ALL);
    (time(), of(id()), of(id::<AppId>()), actor(), of(number()), of(lines), of(text()), kind)
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
        .boxed()
}

/// Any entry.
pub fn entry() -> impl Strategy<Value = Entry> {
    let call = (id(), any::<[u8; 32]>(), receipt()).prop_map(|(id, digest, receipt)| StoredCall {
        id,
        digest,
        receipt,
    });
    let ids = any::<([u8; 16], [u8; 16])>();
    (id(), any::<u64>(), ids, time(), vec(event(), 1..4), of(call))
        .prop_map(|(org, seq, (id, prev_id), at, events, call)| Entry {
            org,
            seq: Seq(seq),
            id: EntryId(id),
            prev_id: EntryId(prev_id),
            at,
            events,
            call,
        })
        .boxed()
}
