//! What the inspector shows while something is going on: prompts that can still be answered, leases and
//! consent requests that run out, money under way. All of it counts by the hub's clock, which may be a day
//! ahead of the terminal's.

use super::*;
use crate::{
    console::pane::countdown::Skew,
    model::{
        CallHop, DialData, Hello, PendingOptIn, PurseBalance, QueueData, Say, Voice, VoiceAction,
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
    screen(width, height, |frame, ctx| draw(inspector, all, 0, frame, frame.area(), ctx, true))
}

#[test]
fn consent_that_was_asked_for_shows_by_whom_and_how_long_it_waits() {
    insta::assert_snapshot!(picture(&showing(busy(None), Tab::Profile), 78, 18));
}

#[test]
fn who_is_on_the_line_counts_down_with_plans_queue_and_digits() {
    insta::assert_snapshot!(picture(&showing(busy(None), Tab::Live), 78, 24));
}

#[test]
fn payments_under_way_come_first_with_wallets_and_purses_above() {
    let inspector = showing(busy(None), Tab::Money);
    insta::assert_snapshot!(with_purses(&inspector, 78, 20, None));
}

#[test]
fn purses_that_are_not_known_say_why() {
    let inspector = showing(busy(None), Tab::Money);
    let error = ClientError::Unsupported("it lists no purses".into());
    for (purses, words) in [
        (Purses::default(), "purses: asking the hub"),
        (Purses { rows: None, fault: Some(&error) }, "purses not known: this hub does not offer"),
        (Purses { rows: Some(&[]), fault: None }, "the org has none"),
    ] {
        let picture = screen(78, 20, |frame, ctx| {
            draw(&inspector, purses, 0, frame, frame.area(), ctx, true);
        });
        assert!(picture.contains(words), "{picture}");
    }
}

#[test]
fn what_counts_is_redrawn_each_second_and_what_does_not_never() {
    let next = |tab| {
        showing(busy(None), tab).counts(DRAWN_AT, &Hello::default()).map(|at| at.since(DRAWN_AT))
    };
    let second = Some(Duration::from_secs(1));
    assert_eq!(next(Tab::Profile), second, "the lease");
    assert_eq!(next(Tab::Live), second, "the prompts and the call");
    assert_eq!(next(Tab::Timeline), second, "the prompts");
    assert_eq!(next(Tab::Money), second, "the age of what is under way");
    let mut quiet = customer(None);
    (quiet.channels, quiet.leases, quiet.reminders) = (Vec::new(), Vec::new(), Vec::new());
    for &tab in Tab::ALL {
        assert_eq!(
            showing(quiet.clone(), tab).counts(DRAWN_AT, &Hello::default()),
            None,
            "{tab:?}"
        );
    }
}

#[test]
fn a_hub_a_day_ahead_counts_by_its_own_clock() {
    let hub = DRAWN_AT.after(DAY);
    let mut state = customer(None);
    state.leases[0].expires_at = hub.after(Duration::from_secs(7));
    let mut inspector = showing(state, Tab::Profile);
    let ours = picture(&inspector, 60, 30);
    assert!(!ours.contains("7s left"), "by our clock a day is left: {ours}");
    inspector.clock(Skew::between(hub, DRAWN_AT));
    let screen = picture(&inspector, 60, 30);
    assert!(screen.contains("7s left"), "{screen}");
    let change = inspector.counts(DRAWN_AT, &Hello::default());
    assert_eq!(change, Some(DRAWN_AT.after(Duration::from_secs(1))), "woken by our clock");
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
