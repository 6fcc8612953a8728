//! What the inspector shows while something is going on: prompts that can still be answered, leases and
//! consent requests that run out, money under way. All of it counts by the hub's clock, which may be a day
//! ahead of the terminal's.

use super::*;
use crate::{
    console::pane::countdown::Skew,
    model::{
        CallHop, DialData, HangupCause, PendingOptIn, PurseBalance, QueueData, Say, Voice,
        VoiceAction,
    },
};

const DAY: Duration = Duration::from_hours(24);

fn kes(minor: i64) -> Money {
    Money { currency: Currency::new("KES").unwrap(), minor }
}

/// A customer in the middle of everything.
fn busy(text: Option<&str>) -> CustomerState {
    let say = |own: &str| text.unwrap_or(own).to_owned();
    let mut customer = customer(text);
    customer.channels[0].asked =
        Some(PendingOptIn { at: ago(184), apps: vec![say("loyal").into()] });
    let mut first = Message::clone(&customer.messages[0]);
    first.work = Some(say("el_wrk_000000000000000000000000000000a7").into());
    customer.messages.replace(0, Arc::new(first));
    customer.ussd.push(UssdSession {
        hops: vec![
            UssdHop {
                input: String::new(),
                menu: Some(UssdMenu { text: say("Karibu\n1. Jisajili"), is_terminal: false }),
                at: ago(20),
            },
            UssdHop { input: say("1"), menu: None, at: ago(3) },
        ],
        end: None,
        ..customer.ussd[0].clone()
    });
    let hop = |status, at, prompt| CallHop { status, prompt, at, ..CallHop::default() };
    customer.calls.push(VoiceCall {
        direction: Direction::Outbound,
        status: CallStatus::Active,
        hops: vec![
            hop(CallStatus::Queued, ago(58), false),
            hop(CallStatus::Ringing, ago(55), false),
            CallHop {
                answered: true,
                actions: vec![
                    VoiceAction::Say(Say {
                        text: say("Karibu Acme"),
                        voice: Voice::Female,
                        play_beep: false,
                    }),
                    VoiceAction::Enqueue { hold_music: None, queue_name: Some(say("support")) },
                ],
                ..hop(CallStatus::Answered, ago(50), true)
            },
            CallHop {
                queue: Some(QueueData {
                    enqueued_at: ago(48),
                    dequeued_at: ago(14),
                    dequeued_to_number: Some(say("+254700000009")),
                    dequeued_to_session: None,
                    duration: Duration::from_secs(34),
                }),
                ..hop(CallStatus::Dequeued, ago(14), false)
            },
            CallHop {
                digits: Some(say("2")),
                dial: Some(DialData {
                    number: say("+254722000000"),
                    started_at: Timestamp::ZERO,
                    duration: Duration::ZERO,
                }),
                ..hop(CallStatus::Active, ago(6), true)
            },
        ],
        duration: Duration::ZERO,
        cost: None,
        created_at: ago(58),
        ..customer.calls[0].clone()
    });
    let pending = Payment {
        id: "el_txn_0000000000000000000000000000beef".into(),
        debit: PaymentParty::Purse(say("main")),
        credit: Some(customer.payments[0].debit.clone()),
        status: PaymentStatus::Queued,
        created_at: ago(42),
        ..customer.payments[0].clone()
    };
    let refused = Payment {
        status: PaymentStatus::InsufficientFunds,
        created_at: ago(10),
        ..pending.clone()
    };
    // This is the oldest payment, so only its being under way brings it to the top.
    customer.payments.insert(0, pending);
    customer.payments.push(refused);
    for wallet in customer.wallets.values_mut() {
        wallet.pending.insert("el_txn_1".into(), (40_000, ago(42)));
    }
    customer
}

fn purses(text: Option<&str>) -> Vec<PurseBalance> {
    let id = text.unwrap_or("main").to_owned();
    vec![
        PurseBalance { id, available: kes(900_000), actual: kes(950_000), pending: 2 },
        PurseBalance { id: "float".into(), available: kes(7), actual: kes(7), pending: 0 },
    ]
}

fn with_purses(inspector: &Inspector, width: u16, height: u16, text: Option<&str>) -> String {
    let rows = purses(text);
    let all = Purses { rows: Some(&rows), fault: None };
    screen(width, height, |frame, ctx| draw(inspector, all, frame, frame.area(), ctx, true))
}

#[test]
fn consent_that_was_asked_for_shows_by_whom_and_how_long_it_waits() {
    insta::assert_snapshot!(picture(&showing(busy(None), Tab::Messaging), 78, 18), @r"
    [2 Jane W.] …9b1f ───────────────────────────────────────────── as of 14:00:00
     +254711000001  telegram:4417
     sms 40404 OPTED OUT  whatsapp 5250 open, 5h left
      Identity [Messaging] USSD!  Voice!  Payments
     sms 40404 +254711000001                            opted out 2026-11-22 14:00
       .. asked to opt in 3m ago by app loyal                        lapses in 23h
     whatsapp 5250 +254711000001                                     open, 5h left





     13:45:00 > whatsapp 5250  by tag …000a7                               ok read
       Karibu! How can we help?
     13:50:00 < whatsapp 5250
       nataka refund ya order 8841
     13:59:55 > whatsapp 5250          !! no consent: the customer opted out (401)
       Your refund is approved
    ");
}

#[test]
fn a_session_that_waits_for_a_menu_counts_down_and_names_the_key() {
    insta::assert_snapshot!(picture(&showing(busy(None), Tab::Ussd), 78, 14), @r"
    [2 Jane W.] …9b1f ───────────────────────────────────────────── as of 14:00:00
     +254711000001  telegram:4417
     sms 40404 OPTED OUT  whatsapp 5250 open, 5h left
      Identity  Messaging [USSD] Voice!  Payments
     13:59:00 < *384# +254711000001            .. wants a menu, 12s left  r answer
       typed (dialled)
         Karibu
         1. Jisajili
       typed 1
     13:59:00 < *384# +254711000001         !! the customer did not answer in time
       typed 1
         Balance
         1. Loan
    ");
}

#[test]
fn a_call_shows_its_plans_queue_digits_and_the_prompt_that_waits() {
    insta::assert_snapshot!(picture(&showing(busy(None), Tab::Voice), 78, 20), @r"
    [2 Jane W.] …9b1f ───────────────────────────────────────────── as of 14:00:00
     +254711000001  telegram:4417
     sms 40404 OPTED OUT  whatsapp 5250 open, 5h left
      Identity  Messaging  USSD! [Voice] Payments
     13:59:02 > +254711000001 +254700000000                    .. in progress, 58s
       13:59:02 queued
       13:59:05 ringing
       13:59:10 answered
         plan: say “Karibu Acme”
          then queue support
       13:59:46 taken from the queue
         by +254700000009, after 0:34 in the queue
       13:59:54 in progress, pressed 2
         dialled +254722000000: nobody answered
       .. wants a plan, 9s left  r answer
     13:58:00 < +254711000001 +254700000000           !! completed, 1:23, KES 4.50
       13:59:30 completed: busy, pressed 42, recording https://example.org/r.mp3
         Busy: try again in 5 min.
    ");
}

#[test]
fn payments_under_way_come_first_with_wallets_and_purses_above() {
    let inspector = showing(busy(None), Tab::Payments);
    insta::assert_snapshot!(with_purses(&inspector, 78, 20, None), @r"
    [2 Jane W.] …9b1f ───────────────────────────────────────────── as of 14:00:00
     +254711000001  telegram:4417
     sms 40404 OPTED OUT  whatsapp 5250 open, 5h left
      Identity  Messaging  USSD!  Voice! [Payments]
     wallet loyalty           KES 500.00  of KES 900.00, 1 pending hold KES 400.00
     purses of the org 2
       purse main                         KES 9,000.00  of KES 9,500.00, 2 pending
       purse float                                                        KES 0.07
     13:59:18 KES 1,250.00                                          .. queued, 42s
       from purse main to +254711000001 by 5250                             …0beef
     13:59:50 KES 1,250.00                               !! not enough money (202)
       from purse main to +254711000001 by 5250                             …0beef
       Fund the purse or lower the amount.
     13:59:40 KES 1,250.00                                             ok received
       from +254711000001 by 5250 to purse prs-main                         …txn_1
    ");
}

#[test]
fn purses_that_are_not_known_say_why() {
    let inspector = showing(busy(None), Tab::Payments);
    let error = ClientError::Unsupported("it lists no purses".into());
    for (purses, words) in [
        (Purses::default(), "purses: asking the hub"),
        (Purses { rows: None, fault: Some(&error) }, "purses not known: this hub does not offer"),
        (Purses { rows: Some(&[]), fault: None }, "the org has none"),
    ] {
        let picture = screen(78, 20, |frame, ctx| {
            draw(&inspector, purses, frame, frame.area(), ctx, true);
        });
        assert!(picture.contains(words), "{picture}");
    }
}

#[test]
fn what_counts_is_redrawn_each_second_and_what_does_not_never() {
    let next = |tab| showing(busy(None), tab).counts(DRAWN_AT).map(|at| at.since(DRAWN_AT));
    let second = Some(Duration::from_secs(1));
    assert_eq!(next(Tab::Identity), second, "the lease");
    assert_eq!(next(Tab::Ussd), second, "the prompt");
    assert_eq!(next(Tab::Voice), second, "the call and its prompt");
    assert_eq!(next(Tab::Payments), second, "the age of what is under way");
    // An open session of five hours in the header, a request of three minutes.
    assert_eq!(next(Tab::Messaging), Some(Duration::from_secs(56)));
    let mut quiet = customer(None);
    (quiet.channels, quiet.leases, quiet.reminders) = (Vec::new(), Vec::new(), Vec::new());
    for &tab in Tab::ALL {
        assert_eq!(showing(quiet.clone(), tab).counts(DRAWN_AT), None, "{tab:?}");
    }
}

#[test]
fn a_hub_a_day_ahead_counts_by_its_own_clock() {
    let hub = DRAWN_AT.after(DAY);
    let mut state = customer(None);
    state.leases[0].expires_at = hub.after(Duration::from_secs(7));
    let mut inspector = showing(state, Tab::Identity);
    let ours = picture(&inspector, 60, 30);
    assert!(!ours.contains("7s left"), "by our clock a day is left: {ours}");
    inspector.clock(Skew::between(hub, DRAWN_AT));
    let screen = picture(&inspector, 60, 30);
    assert!(screen.contains("7s left"), "{screen}");
    let change = inspector.counts(DRAWN_AT);
    assert_eq!(change, Some(DRAWN_AT.after(Duration::from_secs(1))), "woken by our clock");
}

#[test]
fn every_end_of_a_call_says_what_to_do() {
    let mut state = customer(None);
    state.calls[0].hops[0].cause = HangupCause::UserBusy;
    let screen = picture(&showing(state, Tab::Voice), 78, 12);
    assert!(screen.contains("busy") && screen.contains("try again in 5 min"), "{screen}");
}

#[test]
fn hostile_text_draws_clean_while_everything_is_going_on() {
    for text in hostile() {
        for &tab in Tab::ALL {
            let inspector = showing(busy(Some(&text)), tab);
            for (width, height) in [(1, 1), (40, 12), (78, 30), (120, 60)] {
                with_purses(&inspector, width, height, Some(&text));
            }
        }
    }
}
