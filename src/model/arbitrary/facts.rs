//! Any event, entry, piece of work and network command.

use super::*;
use crate::model::{
    AppId, CarriageStep, Channel, ConsentAction, ConsentStatus, Direction, Entry, EntryId, Event,
    EventKind, Firing, LeaseEnd, MessageStatus, NetworkCommand, PaymentStatus, PutOff, Seq,
    SessionStatus, StoredCall, TagMessage, Task, UssdEnd, UssdMenu, Work, WorkOutcomes, WorkState,
    rate::{Rate, RateUnit},
};

#[expect(clippy::too_many_lines, reason = "a row for each kind of event")]
fn kind() -> impl Strategy<Value = EventKind> {
    use EventKind as K;
    let keys = || vec(text(), 0..3);
    let ids = || vec(secondary_id(), 0..3);
    let sent = || any_of(MessageStatus::ALL);
    let paid = || any_of(PaymentStatus::ALL);
    let menu =
        (text(), any::<bool>()).prop_map(|(text, is_terminal)| UssdMenu { text, is_terminal });
    let firing = (reminder(), of(time()), of(tag()), of(id()))
        .prop_map(|(reminder, next, tag, work)| Firing { reminder, next, tag, work });
    let skipped = vec((any::<i32>(), any::<u64>()), 0..3);
    any_variant!(EventKind {
        K::CustomerMet => Just(K::CustomerMet),
        K::TagsUpdated(_) => vec(tag(), 0..3).prop_map(K::TagsUpdated),
        K::TagsDeleted(_) => keys().prop_map(K::TagsDeleted),
        K::MetadataUpdated { .. } => (values(), of(any::<u64>()))
            .prop_map(|(values, over_lease)| K::MetadataUpdated { values, over_lease }),
        K::MetadataDeleted(_) => keys().prop_map(K::MetadataDeleted),
        K::SecondaryIdsUpdated(_) => vec((secondary_id(), expiry()), 0..3)
            .prop_map(K::SecondaryIdsUpdated),
        K::SecondaryIdsDeleted(_) => ids().prop_map(K::SecondaryIdsDeleted),
        K::MessageSent { .. } => (id(), outbound(), sent(), of(id()), of(id())).prop_map(
            |(id, body, status, in_reply_to, work)| {
                K::MessageSent { id, body, status, in_reply_to, work }
            }
        ),
        K::MessageScheduled { .. } => (id(), outbound(), time(), of(id()), any::<bool>()).prop_map(
            |(id, body, leaves_at, in_reply_to, again)| {
                K::MessageScheduled { id, body, leaves_at, in_reply_to, again }
            }
        ),
        K::MessageCarried { .. } => (id(), id(), any::<u32>(), carriage_step())
            .prop_map(|(id, carrier, attempt, step)| K::MessageCarried { id, carrier, attempt, step }),
        K::CarrierLinkChanged { .. } => (id(), any::<bool>(), text())
            .prop_map(|(carrier, is_up, why)| K::CarrierLinkChanged { carrier, is_up, why }),
        K::LogPruned { .. } => (any::<u64>(), text(), any::<u64>(), any::<u64>()).prop_map(
            |(up_to, check, entries, bytes)| K::LogPruned { up_to: Seq(up_to), check, entries, bytes }
        ),
        K::CarrierPauseChanged { .. } => (id(), any::<bool>())
            .prop_map(|(carrier, is_paused)| K::CarrierPauseChanged { carrier, is_paused }),
        K::ScheduledCancelled { .. } => id().prop_map(|id| K::ScheduledCancelled { id }),
        K::MessageReceived { .. } => (id(), inbound())
            .prop_map(|(id, body)| K::MessageReceived { id, body }),
        K::MessageStatusChanged { .. } => (id(), sent())
            .prop_map(|(id, status)| K::MessageStatusChanged { id, status }),
        K::SessionChanged { .. } => (any_of(SessionStatus::ALL), time(), time(), any::<bool>())
            .prop_map(
            |(status, started_at, expires_at, notify)| {
                K::SessionChanged { status, started_at, expires_at, notify }
            }
        ),
        K::ConsentChanged(_) => any_of(ConsentStatus::ALL).prop_map(K::ConsentChanged),
        K::ConsentRequested { .. } => (any_of(ConsentAction::ALL), text())
            .prop_map(|(action, reason)| K::ConsentRequested { action, reason }),
        K::ConsentLapsed => Just(K::ConsentLapsed),
        K::UssdInput { .. } => (id(), text(), any::<bool>())
            .prop_map(|(session, input, dial)| K::UssdInput {
            session,
            input,
            dial
        }),
        K::UssdMenuShown { .. } => (id(), menu)
            .prop_map(|(session, menu)| K::UssdMenuShown { session, menu }),
        K::UssdEnded { .. } => (id(), any_of(UssdEnd::ALL))
            .prop_map(|(session, end)| K::UssdEnded { session, end }),
        K::CallChanged { .. } => (id(), any_of(Direction::ALL), report(), millis(), of(money()))
            .prop_map(
            |(session, direction, hop, duration, cost)| {
                K::CallChanged { session, direction, hop, duration, cost }
            }
        ),
        K::CallPlanned { .. } => (id(), vec(action(), 0..3))
            .prop_map(|(session, actions)| K::CallPlanned { session, actions }),
        K::PromptMissed { .. } => id().prop_map(|session| K::PromptMissed { session }),
        K::PaymentStarted { .. } => (id(), (party(), party()), (of(id()), of(id())), money(), paid())
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
        K::WalletPaymentChanged { .. } => (text(), id(), paid())
            .prop_map(|(wallet, id, status)| K::WalletPaymentChanged { wallet, id, status }),
        K::PurseFunded { .. } => (text(), money())
            .prop_map(|(purse, value)| K::PurseFunded { purse, value }),
        K::PaymentReceived { .. } => (id(), of("[a-z]{1,8}"), money(), paid())
            .prop_map(|(id, purse, value, status)| K::PaymentReceived { id, purse, value, status }),
        K::PaymentStatusChanged { .. } => (id(), paid(), prop::option::of(money()))
            .prop_map(|(id, status, value)| K::PaymentStatusChanged { id, status, value }),
        K::PaymentContradicted { .. } => (id(), paid(), paid(), money())
            .prop_map(|(id, reported, ended, value)| K::PaymentContradicted { id, reported, ended, value }),
        K::EntriesExpired { .. } => (keys(), ids())
            .prop_map(|(tags, secondary_ids)| K::EntriesExpired { tags, secondary_ids }),
        K::CustomerAdopted { .. } => id().prop_map(|other| K::CustomerAdopted { other }),
        K::CustomerReplaced { .. } => id().prop_map(|by| K::CustomerReplaced { by }),
        K::ReminderAdded(_) => reminder().prop_map(K::ReminderAdded),
        K::ReminderCancelled { .. } => text().prop_map(|key| K::ReminderCancelled { key }),
        K::ReminderFired(_) => firing.prop_map(K::ReminderFired),
        K::LeaseGranted(_) => lease().prop_map(K::LeaseGranted),
        K::NoAnswerNeeded { .. } => (id(), any::<u64>())
            .prop_map(|(message, count)| K::NoAnswerNeeded { message, count }),
        K::LeaseEnded { .. } => (text(), any::<u64>(), any_of(LeaseEnd::ALL))
            .prop_map(|(key, number, end)| K::LeaseEnded { key, number, end }),
        K::WorkAdded(_) => work().prop_map(K::WorkAdded),
        K::WorkStarted { .. } => (id(), of(time()))
            .prop_map(|(work, next)| K::WorkStarted { work, next }),
        K::WorkAdvanced { .. } => (id(), any::<[u64; 3]>(), skipped, vec((id(), any::<i32>()), 0..3), vec((id(), time()), 0..3))
            .prop_map(|(work, [handled, done, resumed], skipped, left_out, put_off)| {
            K::WorkAdvanced { work, handled, done, skipped, left_out, put_off, resumed }
        }),
        K::WorkChanged { .. } => (id(), any_of(WorkState::ALL))
            .prop_map(|(work, state)| K::WorkChanged { work, state }),
        K::ClockMoved { .. } => millis().prop_map(|by| K::ClockMoved { by }),
        K::NotificationsDropped { .. } => any::<(u64, u64, u64)>()
            .prop_map(|(count, from, to)| K::NotificationsDropped {
            count,
            from: Seq(from),
            to: Seq(to)
        }),
        K::Unreadable => Just(K::Unreadable),
    })
    .boxed()
}

fn carriage_step() -> impl Strategy<Value = CarriageStep> {
    any_variant!(CarriageStep {
        CarriageStep::HandedOver => Just(CarriageStep::HandedOver),
        CarriageStep::Accepted { .. } => (of(text()), any::<bool>())
            .prop_map(|(reference, is_final)| CarriageStep::Accepted { reference, is_final }),
        CarriageStep::Refused { .. } => (text(), text())
            .prop_map(|(code, words)| CarriageStep::Refused { code, words }),
        CarriageStep::Returned { .. } => text().prop_map(|why| CarriageStep::Returned { why }),
        CarriageStep::Unknown { .. } => (text(), any::<bool>())
            .prop_map(|(why, hub_stopped)| CarriageStep::Unknown { why, hub_stopped }),
        CarriageStep::Again => Just(CarriageStep::Again),
        CarriageStep::Left => Just(CarriageStep::Left),
    })
}

/// A message by tag, with everything that is said beside its request.
pub fn tag_message() -> impl Strategy<Value = TagMessage> {
    let works = (of(id()), of(id()));
    (line(MESSAGING), outbound(), any::<[bool; 2]>(), of(rate()), works, of(time()))
        .prop_map(|(from, body, [fill, keeps_quiet], rate, (failed_of, instead_of), at)| {
            TagMessage { from, body, fill, rate, failed_of, at, keeps_quiet, instead_of }
        })
        .boxed()
}

fn rate() -> impl Strategy<Value = Rate> {
    let unit = prop_oneof![Just(RateUnit::Second), Just(RateUnit::Minute), Just(RateUnit::Hour)];
    (1..1_000_u32, unit).prop_filter_map("a rate", |(count, unit)| Rate::new(count, unit))
}

fn outcomes() -> impl Strategy<Value = WorkOutcomes> {
    let failed = vec((any::<i32>(), any::<u64>()), 0..3);
    (any::<u64>(), any::<u64>(), any::<u64>(), failed).prop_map(
        |(waiting, delivered, read, failed)| WorkOutcomes {
            waiting,
            delivered,
            read,
            failed: failed.into_iter().collect(),
        },
    )
}

pub fn work() -> impl Strategy<Value = Work> {
    let task = any_variant!(Task {
        Task::Message(_) => tag_message().prop_map(Task::Message),
        Task::Reminder(_) => reminder().prop_map(Task::Reminder),
    });
    let counts = (any::<u32>(), any::<u32>(), vec((any::<i32>(), any::<u64>()), 0..3));
    let times = (time(), time());
    let put_off = (any::<u64>(), time(), time());
    let put_off = put_off.prop_map(|(people, first, last)| PutOff { people, first, last });
    let counts = (counts, outcomes(), put_off);
    (id(), of(id()), actor(), tag_pair(), task, any_of(WorkState::ALL), counts, times)
        .prop_map(
            |(
                id,
                app,
                actor,
                tag,
                task,
                state,
                ((total, done, skipped), outcomes, put_off),
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
                    outcomes,
                    put_off,
                    created_at,
                    updated_at,
                }
            },
        )
        .boxed()
}

pub fn event() -> impl Strategy<Value = Event> {
    let lines = line(&Channel::ALL);
    (time(), of(id()), of(id::<AppId>()), actor(), of(number()), of(lines), of(text()), kind())
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

/// Any command of a network, a phone or the hub itself. Whoever acts has a number, and reports of a
/// call have nothing in them that a phone cannot know.
pub fn network_command() -> impl Strategy<Value = NetworkCommand> {
    use NetworkCommand as C;
    let caller =
        || number().prop_map(|of| CustomerNumber { number: format!("+{}", of.number), ..of });
    let heard = hop().prop_map(|hop| {
        let CallHop { status, cause, digits, recording_url, dial, .. } = hop;
        CallHop { status, cause, digits, recording_url, dial, ..CallHop::default() }
    });
    any_variant!(NetworkCommand {
        C::ReceiveMessage { .. } => (caller(), line(MESSAGING), inbound())
            .prop_map(|(from, to, body)| C::ReceiveMessage { from, to, body }),
        C::ReportMessage { .. } => (id(), any_of(MessageStatus::ALL))
            .prop_map(|(message, status)| C::ReportMessage { message, status }),
        C::HandOver { .. } => (id(), vec(id(), 0..3))
            .prop_map(|(carrier, messages)| C::HandOver { carrier, messages }),
        C::ReportCarriage { .. } => (id(), id(), 1..3_u32, carriage_step(), any_of(MessageStatus::ALL))
            .prop_map(|(message, carrier, attempt, step, status)| {
                C::ReportCarriage { message, carrier, attempt, step, status }
            }),
        C::ReportReference { .. } => (id(), text(), text(), any_of(MessageStatus::ALL))
            .prop_map(|(carrier, reference, about, status)| {
                C::ReportReference { carrier, reference, about, status }
            }),
        C::NotePruned { .. } => (any::<u64>(), text(), any::<u64>(), any::<u64>()).prop_map(
            |(up_to, check, entries, bytes)| C::NotePruned { up_to: Seq(up_to), check, entries, bytes }
        ),
        C::ReportLink { .. } => (id(), any::<bool>(), text())
            .prop_map(|(carrier, is_up, why)| C::ReportLink { carrier, is_up, why }),
        C::DialUssd { .. } => (caller(), line(&[Channel::Ussd]), text())
            .prop_map(|(from, to, input)| C::DialUssd { from, to, input }),
        C::InputUssd { .. } => (id(), text())
            .prop_map(|(session, input)| C::InputUssd { session, input }),
        C::EndUssd { .. } => (id(), any_of(UssdEnd::ALL))
            .prop_map(|(session, end)| C::EndUssd { session, end }),
        C::ReceiveCall { .. } => (caller(), line(&[Channel::Voice]))
            .prop_map(|(from, to)| C::ReceiveCall { from, to }),
        C::ReportCall { .. } => (id(), heard, millis(), of(money()))
            .prop_map(|(session, hop, duration, cost)| C::ReportCall { session, hop, duration, cost }),
        C::MissPlan { .. } => id().prop_map(|session| C::MissPlan { session }),
        C::ReceivePayment { .. } => (caller(), line(&[Channel::Payment]), money())
            .prop_map(|(from, to, value)| C::ReceivePayment { from, to, value }),
        C::ReportPayment { .. } => (id(), any_of(PaymentStatus::ALL))
            .prop_map(|(transaction, status)| C::ReportPayment { transaction, status }),
        C::AnswerConsent { .. } => (caller(), line(MESSAGING), any::<bool>())
            .prop_map(|(from, to, agrees)| C::AnswerConsent { from, to, agrees }),
        C::FundPurse { .. } => (text(), money())
            .prop_map(|(purse, value)| C::FundPurse { purse, value }),
        C::MoveClock { .. } => millis().prop_map(|by| C::MoveClock { by }),
        C::ReturnLease { .. } => (id(), text(), time())
            .prop_map(|(customer, key, until)| C::ReturnLease { customer, key, until }),
        C::Sweep => Just(C::Sweep),
        C::DropNotifications { .. } => (id(), any::<(u64, u64, u64)>()).prop_map(
            |(app, (count, from, to))| {
                C::DropNotifications { app, count, from: Seq(from), to: Seq(to) }
            },
        ),
    })
    .boxed()
}
