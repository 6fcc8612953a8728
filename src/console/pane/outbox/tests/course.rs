//! Every command is followed to its end: a message, a payment, a call, an answer on the line, a request for
//! consent, a reminder and work by tag (R-CONSOLE-26).

use super::*;
use crate::model::{
    CallHop, CallReceipt, CallStatus, Channel, ChannelNumber, ConsentAction, ConsentReceipt,
    ConsentStatus, Currency, CustomerNumber, Direction, Firing, HangupCause, Money, PaymentParty,
    PaymentReceipt, PaymentStatus, Reminder, TagMessage, TagPair, Task, UssdEnd, UssdMenu, Work,
    WorkReceipt, WorkState, receipt,
};
use std::collections::BTreeMap;

fn jane() -> CustomerNumber {
    CustomerNumber::telco("+254711000001")
}
fn line(channel: Channel) -> ChannelNumber {
    ChannelNumber::new(channel, "40404")
}
fn kes() -> Money {
    Money { currency: Currency::new("KES").expect("a code"), minor: 50_000 }
}

/// An outbox whose only command was accepted with this receipt.
fn begun(command: CustomerCommand, receipt: Receipt) -> Outbox {
    let mut outbox = Outbox::new(Duration::ZERO);
    outbox.submit(Ready { command, ..ready(1, false) }, NOW);
    outbox.sent(&call(1), Ok(receipt), secs(1));
    outbox
}

/// Entries of one event each, one a second.
struct Log(u64);

impl Log {
    fn tells(&mut self, outbox: &mut Outbox, kind: EventKind) -> Vec<RowNews> {
        self.0 += 1;
        let mut told = entry(kind, None);
        told.seq = Seq(self.0);
        told.events[0].number = Some(jane());
        told.events[0].channel = Some(line(Channel::Sms));
        outbox.entry(&told, secs(self.0))
    }
}

fn alarms(news: &[RowNews]) -> usize {
    news.iter().filter(|news| news.is_alarm).count()
}

fn says(outbox: &Outbox) -> (Tone, String) {
    let row = outbox.rows().next_back().expect("a row");
    let followed = row.followed().unwrap_or_else(|| panic!("{:?}", row.state));
    (followed.tone(), followed.words())
}

fn pay() -> Outbox {
    let command = CustomerCommand::InitiatePayment {
        debit: PaymentParty::Customer { number: jane(), channel: line(Channel::Payment) },
        credit: PaymentParty::Purse("till".into()),
        value: kes(),
    };
    let receipt = PaymentReceipt {
        status: PaymentStatus::PendingConfirmation,
        description: "asked".into(),
        transaction: Some("el_txn_1".into()),
        debit_customer: Some("el_cst_1".into()),
        credit_customer: None,
    };
    begun(command, receipt.into())
}

fn paid(status: PaymentStatus) -> EventKind {
    EventKind::PaymentStatusChanged { id: "el_txn_1".into(), status, value: Some(kes()) }
}

#[test]
fn r_console_26_a_payment_is_accepted_until_it_is_received_or_refused() {
    let mut outbox = pay();
    assert_eq!(
        says(&outbox),
        (Tone::Pending, "waiting for the payer".into()),
        "accepted is not ok"
    );
    let news = Log(0).tells(&mut outbox, paid(PaymentStatus::Success));
    assert_eq!((news.len(), alarms(&news)), (1, 0));
    assert_eq!(says(&outbox), (Tone::Good, "received".into()));
    let mut outbox = pay();
    let news = Log(0).tells(&mut outbox, paid(PaymentStatus::Rejected));
    assert_eq!(alarms(&news), 1);
    assert_eq!(says(&outbox), (Tone::Bad, "rejected (403)".into()));
    let advice = outbox.rows().next_back().map(|row| row.advice);
    assert_eq!(advice, Some(PaymentStatus::Rejected.advice()));
    let again = Log(1).tells(&mut outbox, paid(PaymentStatus::Rejected));
    assert_eq!(again, [], "what is known is no news");
}

#[test]
fn r_console_26_an_end_that_contradicts_is_shown_too() {
    let (mut outbox, mut log) = (pay(), Log(0));
    log.tells(&mut outbox, paid(PaymentStatus::Success));
    assert_eq!(alarms(&log.tells(&mut outbox, paid(PaymentStatus::Reversed))), 1);
    assert_eq!(says(&outbox), (Tone::Bad, "received, then reversed (500)".into()));
    let (mut outbox, mut log) = (pay(), Log(0));
    log.tells(&mut outbox, paid(PaymentStatus::Expired));
    assert_eq!(alarms(&log.tells(&mut outbox, paid(PaymentStatus::Success))), 1);
    assert_eq!(says(&outbox), (Tone::Bad, "expired (402), then received".into()));
    let course: Vec<_> = outbox
        .rows()
        .next_back()
        .and_then(OutboxRow::followed)
        .map(|followed| followed.course().map(|(_, words)| words).collect())
        .expect("a course");
    assert_eq!(course, ["waiting for the payer", "expired", "received"]);
}

#[test]
fn r_console_26_a_call_is_followed_until_somebody_hangs_up() {
    let command = CustomerCommand::MakeCall { to: jane(), from: line(Channel::Voice) };
    let receipt = CallReceipt {
        status: CallStatus::Queued,
        description: "queued".into(),
        session: Some("el_ses_1".into()),
        customer: None,
    };
    let mut outbox = begun(command, receipt.into());
    let hop = |status, cause, prompt| EventKind::CallChanged {
        session: "el_ses_1".into(),
        direction: Direction::Outbound,
        hop: CallHop { status, cause, prompt, ..CallHop::default() },
        duration: Duration::ZERO,
        cost: None,
    };
    let (none, mut log) = (HangupCause::Unspecified, Log(0));
    assert_eq!(says(&outbox), (Tone::Pending, "queued".into()));
    log.tells(&mut outbox, hop(CallStatus::Ringing, none, false));
    assert_eq!(says(&outbox), (Tone::Pending, "ringing".into()));
    log.tells(&mut outbox, hop(CallStatus::Answered, none, true));
    assert_eq!(says(&outbox), (Tone::Pending, "answered, wants a plan".into()));
    let ends = hop(CallStatus::NotAnswered, HangupCause::UserBusy, false);
    assert_eq!(alarms(&log.tells(&mut outbox, ends)), 1);
    assert_eq!(says(&outbox), (Tone::Bad, "not answered, busy (401)".into()));
    let late = hop(CallStatus::Active, none, false);
    assert_eq!(log.tells(&mut outbox, late), [], "it is over");
}

#[test]
fn r_console_26_an_answer_on_the_line_is_over_when_the_next_one_is_wanted() {
    let menu = UssdMenu { text: "1. Balance".into(), is_terminal: false };
    let answer = || {
        let session = "el_ses_1".into();
        let command =
            CustomerCommand::AnswerPrompt { session, menu: Some(menu.clone()), actions: vec![] };
        begun(command, receipt::state(true, "menu shown", Some("el_cst_1".into())))
    };
    let mut outbox = answer();
    assert_eq!(says(&outbox), (Tone::Pending, "reads a menu".into()));
    let session = || "el_ses_1".into();
    let typed = EventKind::UssdInput { session: session(), input: "1".into(), dial: false };
    let mut log = Log(0);
    log.tells(&mut outbox, typed);
    assert_eq!(says(&outbox), (Tone::Good, "answered, and goes on".into()));
    let left = EventKind::UssdEnded { session: session(), end: UssdEnd::TimedOut };
    assert_eq!(log.tells(&mut outbox, left.clone()), [], "that is about the next menu");
    let mut outbox = answer();
    assert_eq!(alarms(&log.tells(&mut outbox, left)), 1);
    assert_eq!(says(&outbox), (Tone::Bad, UssdEnd::TimedOut.words().into()));
}

fn ask(action: ConsentAction, status: ConsentStatus) -> Outbox {
    let command = CustomerCommand::RequestConsent {
        number: jane(),
        channel: line(Channel::Sms),
        action,
        reason: String::new(),
    };
    let customer = Some("el_cst_1".into());
    begun(command, ConsentReceipt { status, description: "asked".into(), customer }.into())
}

#[test]
fn r_console_26_a_request_for_consent_waits_for_the_customers_word() {
    use ConsentStatus as S;
    let asked = || ask(ConsentAction::OptIn, S::OptInRequestSent);
    assert_eq!(says(&asked()), (Tone::Pending, "asked".into()));
    for (kind, tone, words) in [
        (EventKind::ConsentChanged(S::OptInCompleted), Tone::Good, "opted in"),
        (EventKind::ConsentChanged(S::OptOutCompleted), Tone::Bad, "opted out (301)"),
        (EventKind::ConsentLapsed, Tone::Plain, "ended without a yes"),
    ] {
        let (mut outbox, mut log) = (asked(), Log(0));
        log.tells(&mut outbox, kind);
        assert_eq!(says(&outbox), (tone, words.into()));
        let later = EventKind::ConsentChanged(S::OptOutCompleted);
        assert_eq!(log.tells(&mut outbox, later), [], "what they decide later is another thing");
    }
    let out = ask(ConsentAction::OptOut, S::OptOutCompleted);
    assert_eq!(says(&out), (Tone::Good, "opted out".into()), "that was asked for");
}

#[test]
fn r_console_26_a_reminder_waits_until_it_comes_due_or_is_cancelled() {
    let reminder = Reminder { key: "visit".into(), ..Reminder::default() };
    let customer = CustomerRef::Id("el_cst_1".into());
    let set = || {
        let command =
            CustomerCommand::AddReminder { customer: customer.clone(), reminder: reminder.clone() };
        begun(command, receipt::state(true, "recorded", Some("el_cst_1".into())))
    };
    let fired = |next| {
        EventKind::ReminderFired(Firing { reminder: reminder.clone(), next, ..Firing::default() })
    };
    let mut outbox = set();
    assert_eq!(says(&outbox), (Tone::Pending, "waiting for its time".into()));
    Log(0).tells(&mut outbox, fired(None));
    assert_eq!(says(&outbox), (Tone::Good, "came due".into()));
    let (mut outbox, mut log) = (set(), Log(0));
    log.tells(&mut outbox, fired(Some(secs(60))));
    assert_eq!(says(&outbox), (Tone::Pending, "came due, and will again".into()));
    log.tells(&mut outbox, EventKind::ReminderCancelled { key: "other".into() });
    // The customer is merged into another, and the reminder goes with them.
    log.tells(&mut outbox, EventKind::CustomerReplaced { by: "el_cst_2".into() });
    let mut cancelled = entry(EventKind::ReminderCancelled { key: "visit".into() }, None);
    cancelled.events[0].customer = Some("el_cst_2".into());
    cancelled.seq = Seq(9);
    outbox.entry(&cancelled, secs(9));
    assert_eq!(says(&outbox), (Tone::Plain, "cancelled".into()));
}

fn by_tag() -> Outbox {
    let tag = TagPair { key: "city".into(), value: "nairobi".into() };
    let command = CustomerCommand::SendMessageByTag {
        tag,
        message: TagMessage::new(line(Channel::Sms), Body::text("we open at nine")),
    };
    let work = Some("el_wrk_1".into());
    begun(command, WorkReceipt { ok: true, description: "301".into(), work }.into())
}

fn advanced(done: u64, skipped: Vec<(i32, u64)>) -> EventKind {
    let handled = done + skipped.iter().map(|(_, n)| n).sum::<u64>();
    EventKind::WorkAdvanced {
        work: "el_wrk_1".into(),
        handled,
        done,
        skipped,
        left_out: Vec::new(),
        put_off: Vec::new(),
        resumed: 0,
    }
}

fn listed(done: u64, state: WorkState) -> (Work, Vec<Timestamp>) {
    let work = Work {
        id: "el_wrk_1".into(),
        app: None,
        actor: Actor::Key("brian".into()),
        tag: TagPair::default(),
        task: Task::Reminder(Reminder::default()),
        state,
        total: 301,
        done,
        skipped: BTreeMap::new(),
        put_off: crate::model::PutOff::default(),
        outcomes: crate::model::WorkOutcomes::default(),
        created_at: NOW,
        updated_at: NOW,
    };
    (work, Vec::new())
}

#[test]
fn r_console_26_work_by_tag_says_how_far_it_is_and_for_how_many_it_failed() {
    let (mut outbox, mut log) = (by_tag(), Log(0));
    assert_eq!(says(&outbox), (Tone::Pending, "waiting for its time".into()));
    log.tells(&mut outbox, EventKind::WorkStarted { work: "el_wrk_1".into(), next: None });
    let sent = |id: &str| EventKind::MessageSent {
        id: id.into(),
        body: Body::text("we open at nine"),
        status: MessageStatus::Sent,
        in_reply_to: None,
        work: Some("el_wrk_1".into()),
    };
    log.tells(&mut outbox, sent("el_msg_a"));
    log.tells(&mut outbox, sent("el_msg_b"));
    log.tells(&mut outbox, advanced(98, vec![(401, 2)]));
    assert!(outbox.counts_works(), "nobody has said yet for how many it is");
    assert_eq!(says(&outbox), (Tone::Pending, "running: 98, 2 skipped".into()));
    assert!(outbox.counted(&[listed(98, WorkState::Running)], secs(9)));
    assert_eq!(says(&outbox), (Tone::Pending, "running: 98 of 301, 2 skipped".into()));
    let report = |id: &str, status| EventKind::MessageStatusChanged { id: id.into(), status };
    log.tells(&mut outbox, report("el_msg_a", MessageStatus::Delivered));
    log.tells(&mut outbox, report("el_msg_b", MessageStatus::Failed));
    log.tells(&mut outbox, report("el_msg_of_another", MessageStatus::Failed));
    assert_eq!(says(&outbox), (Tone::Pending, "running: 97 of 301, 2 skipped, 1 failed".into()));
    log.tells(&mut outbox, advanced(201, vec![]));
    let done = EventKind::WorkChanged { work: "el_wrk_1".into(), state: WorkState::Done };
    assert_eq!(alarms(&log.tells(&mut outbox, done)), 1, "some did not get it");
    assert_eq!(says(&outbox), (Tone::Bad, "done: 298 of 301, 2 skipped, 1 failed".into()));
    assert!(!outbox.counts_works());
}

#[test]
fn r_console_26_the_hubs_count_and_the_events_are_never_added() {
    let (mut outbox, mut log) = (by_tag(), Log(0));
    log.tells(&mut outbox, EventKind::WorkStarted { work: "el_wrk_1".into(), next: None });
    log.tells(&mut outbox, advanced(98, vec![(401, 2)]));
    // The list is ahead of the feed, which tells the same later.
    outbox.counted(&[listed(198, WorkState::Running)], secs(9));
    assert_eq!(says(&outbox), (Tone::Pending, "running: 198 of 301".into()));
    log.tells(&mut outbox, advanced(100, vec![]));
    let (_, words) = says(&outbox);
    assert_eq!(words, "running: 198 of 301, 2 skipped", "the events have come further");
    log.tells(&mut outbox, advanced(101, vec![]));
    let done = EventKind::WorkChanged { work: "el_wrk_1".into(), state: WorkState::Done };
    log.tells(&mut outbox, done);
    assert_eq!(says(&outbox).1, "done: 299 of 301, 2 skipped");
    assert!(!outbox.counts_works(), "the count is whole");
}

#[test]
fn r_console_26_what_is_done_at_once_is_done() {
    let command = CustomerCommand::UpdateTags {
        customer: CustomerRef::Id("el_cst_1".into()),
        tags: Vec::new(),
    };
    let outbox = begun(command, receipt::state(true, "tagged", None));
    assert_eq!(state(&outbox), &SendState::Done);
}

#[test]
fn what_is_told_late_takes_its_place_in_the_course() {
    let mut outbox = sending();
    outbox.sent(&call(1), Ok(accepted(1)), secs(1));
    let told = |seq, status| {
        let mut told = became(1, status);
        told.seq = Seq(seq);
        told
    };
    outbox.entry(&told(20, MessageStatus::Read), secs(2));
    assert_eq!(outbox.entry(&told(10, MessageStatus::Delivered), secs(3)), []);
    assert_eq!(now(&outbox), is_now(MessageStatus::Read));
}
