//! The state machines of calls (R-CALL-2), payments (R-PAY-8), consent (R-CONSENT-6), sessions (R-SESS-1)
//! and USSD (R-USSD-2), walked: every state with everything that may come to it. That of messages
//! (R-MSG-5) is walked in `messaging`, those of leases and customers in `lease` and `adoption`.

use super::{
    consent::{answers, asks},
    money::{bank, kes, pay, pays, phone, purse, till},
    voice::{calls, goes, rings},
    *,
};
use crate::{
    model::{
        CallStatus as C, ConsentAction, ConsentStatus as S, EventKind, PaymentStatus as P,
        SessionStatus, UssdEnd, UssdMenu,
    },
    rules::{contradiction, ledger, payment, voice},
};

/// The shortest way of a call from ringing to each status that the table reaches.
fn way(to: C) -> Vec<C> {
    let mut ways = vec![vec![C::Ringing]];
    for step in 0.. {
        let Some(way) = ways.get(step).cloned() else { break };
        let last = way[way.len() - 1];
        if last == to {
            return way;
        }
        for &next in C::ALL {
            if voice::follows(last, next) && !ways.iter().flatten().any(|s| *s == next) {
                ways.push([way.clone(), vec![next]].concat());
            }
        }
    }
    Vec::new()
}

#[test]
fn events_4_2_only_the_steps_of_the_table_move_a_call() {
    let mut walked = 0;
    for &from in C::ALL {
        let way = way(from);
        for &to in C::ALL.iter().filter(|_| !way.is_empty()) {
            let story = way[1..].iter().fold(given([calls()]), |story, s| goes(story, *s));
            assert_eq!(story.jane().calls[0].status, from);
            let story = goes(story, to);
            let moved = story.jane().calls[0].status == to && !story.last.events.is_empty();
            assert_eq!(moved, voice::follows(from, to), "{from:?} -> {to:?}");
            walked += usize::from(moved);
        }
    }
    assert_eq!(walked, 38, "the arrows of the table that an inbound call can walk");
}

#[test]
fn events_4_2_an_outbound_call_starts_in_the_queue() {
    let mut walked = 0;
    for (way, from) in [(&[][..], C::Queued), (&[C::Ringing][..], C::Ringing)] {
        for &to in C::ALL {
            let story = way.iter().fold(given([meet(), rings(jane())]), |s, step| goes(s, *step));
            let story = goes(story, to);
            let moved = story.jane().calls[0].status == to && !story.last.events.is_empty();
            assert_eq!(moved, voice::follows(from, to), "{from:?} -> {to:?}");
            walked += usize::from(moved);
        }
    }
    assert_eq!(walked, 14);
}

/// Ways to every status that a payment can have, from each way in which it can start.
fn payments() -> Vec<(Story, Vec<P>)> {
    let out = || bank().when(pay(purse("main"), till(), kes(100))).code(101);
    let checkout = || bank().when(pay(phone(jane()), purse("main"), kes(100))).code(102);
    let validated = [P::PendingConfirmation, P::PendingValidation, P::Validated];
    let mut all = vec![
        (bank().when(pay(purse("float"), till(), kes(100))).code(202), vec![P::InsufficientFunds]),
        (bank().when(pay(purse("main"), purse("usd"), kes(100))).code(204), vec![P::NotAllowed]),
        (bank().when(pay(purse("main"), purse("float"), kes(100))).code(300), vec![P::Success]),
        (nothing().when(pays(kes(100))), vec![P::PassThrough]),
        (checkout(), vec![P::PendingConfirmation]),
        (checkout(), vec![P::PendingConfirmation, P::Rejected]),
        (out(), vec![P::Queued]),
        (out(), vec![P::Queued, P::Success, P::Reversed]),
    ];
    for end in [P::Success, P::Failed, P::Throttled, P::Expired] {
        all.push((out(), vec![P::Queued, end]));
    }
    for steps in 1..=3 {
        all.push((out(), [&[P::Queued], &validated[..steps]].concat()));
    }
    all
}

#[test]
fn events_4_3_only_the_steps_of_the_table_move_a_payment_and_the_books_follow() {
    let (mut walked, mut seen) = (0, Vec::new());
    for n in 0..payments().len() {
        for &to in P::ALL {
            let (story, way) = payments().swap_remove(n);
            let started = story.last.events.iter().find_map(|event| match &event.kind {
                EventKind::PaymentStarted { id, .. } | EventKind::PaymentReceived { id, .. } => {
                    Some(id.clone())
                }
                _ => None,
            });
            let transaction = started.expect("recorded");
            let report = |story: Story, status| {
                let transaction = transaction.clone();
                story.when(NetworkCommand::ReportPayment { transaction, status })
            };
            let story = way[1..].iter().fold(story, |story, step| report(story, *step));
            let at = |s: &Story| ledger::payment(&s.world, &transaction).expect("kept").status;
            let from = at(&story);
            assert_eq!(from, way[way.len() - 1]);
            let story = report(story, to);
            assert!(story.last.receipt.is_ok(), "late reports are no errors (R-ORD-3)");
            let told = contradiction::contradicts(from, to);
            let moved = !story.last.events.is_empty() && !told;
            assert_eq!(moved, payment::follows(from, to), "{from:?} -> {to:?}");
            assert_eq!(at(&story), if moved { to } else { from });
            assert_eq!(ledger::check(&story.world), Ok(()), "{from:?} -> {to:?}");
            walked += usize::from(moved);
            seen.push(from);
        }
    }
    assert!(payment::STEPS.iter().all(|(from, _)| seen.contains(from)), "every row was walked");
    // There are two ways to 102 and to 300: payments that start so, and those that a network brings there.
    let arrows: usize = payment::STEPS.iter().map(|(_, to)| to.len()).sum();
    assert_eq!(walked, arrows + 6 + 1);
}

/// Everything that may come to a consent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum On {
    OptIn,
    OptOut,
    Agrees,
    Refuses,
    Day,
    Stop,
    Yes,
}
use On::{Agrees, Day, OptIn, OptOut, Refuses, Stop, Yes};

fn happens(story: Story, on: On) -> Story {
    let story = story.later(1);
    match on {
        OptIn => story.when(asks(Channel::Sms, ConsentAction::OptIn)),
        OptOut => story.when(asks(Channel::Sms, ConsentAction::OptOut)),
        Agrees => story.when(answers(Channel::Sms, true)),
        Refuses => story.when(answers(Channel::Sms, false)),
        Day => story.later(24 * 3600).when(NetworkCommand::Sweep),
        Stop => story.when(hears(Channel::Sms, "stop")),
        Yes => story.when(hears(Channel::Sms, "yes")),
    }
}

/// A state of consent: what is stored, and whether a request is open.
type Consent = (Option<S>, bool);

fn consent(story: &Story) -> Consent {
    let jane = story.jane();
    let pair = jane.channel(&super::jane(), &line(Channel::Sms)).cloned();
    pair.map_or((None, false), |p| (p.consent.map(|(s, _)| s), p.asked.is_some()))
}

const IN: Option<S> = Some(S::OptInCompleted);
const OUT: Option<S> = Some(S::OptOutCompleted);

/// A row of the table: the way to a state, the state, and what leads where from it. Everything
/// else changes nothing.
type Arrows = (&'static [On], Consent, &'static [(On, Consent)]);

const CONSENT: [Arrows; 5] = [
    (&[], (None, false), &[(OptIn, (None, true)), (OptOut, (OUT, false)), (Stop, (OUT, false))]),
    (&[OptIn, Agrees], (IN, false), &[(OptOut, (OUT, false)), (Stop, (OUT, false))]),
    (&[OptOut], (OUT, false), &[(OptIn, (OUT, true)), (Yes, (IN, false))]),
    (
        &[OptIn],
        (None, true),
        &[
            (OptOut, (OUT, false)),
            (Agrees, (IN, false)),
            (Refuses, (None, false)),
            (Day, (None, false)),
            (Stop, (OUT, false)),
            (Yes, (IN, false)),
        ],
    ),
    (
        &[OptOut, OptIn],
        (OUT, true),
        &[
            (OptOut, (OUT, false)),
            (Agrees, (IN, false)),
            (Refuses, (OUT, false)),
            (Day, (OUT, false)),
            (Stop, (OUT, false)),
            (Yes, (IN, false)),
        ],
    ),
];

#[test]
fn events_4_4_consent_goes_where_the_table_says() {
    let mut walked = 0;
    for (way, from, arrows) in CONSENT {
        for on in [OptIn, OptOut, Agrees, Refuses, Day, Stop, Yes] {
            let story = way.iter().fold(given([meet()]), |story, on| happens(story, *on));
            assert_eq!(consent(&story), from);
            let story = happens(story, on);
            let to = arrows.iter().find(|(by, _)| *by == on).map_or(from, |(_, to)| *to);
            assert_eq!(consent(&story), to, "{from:?} on {on:?}");
            let told = |e: &Event| matches!(e.kind, EventKind::ConsentChanged(_));
            let told = story.last.events.iter().any(told);
            // From 300 to 300 and from 301 to 301: nothing changes, and it is told all the same.
            let again =
                (from.0 == OUT && matches!(on, OptOut | Stop)) || (from.0 == IN && on == OptIn);
            let arrives = to.0 != from.0 || again;
            assert_eq!(told, arrives, "every arrow into 300 or 301 is told: {from:?} on {on:?}");
            walked += 1;
        }
    }
    assert_eq!(walked, 35);
}

#[test]
fn events_4_5_a_session_opens_is_renewed_and_closes() {
    let out = || asks(Channel::Whatsapp, ConsentAction::OptOut);
    let none = || given([meet()]);
    let active = || none().when(hears(Channel::Whatsapp, "hi")).later(120);
    let expired = || active().later(24 * 3600).when(NetworkCommand::Sweep);
    let open = |story: &Story| story.jane().channels.iter().any(|c| c.session.is_some());
    let told = |story: &Story| {
        let kinds = story.last.events.iter().filter_map(|event| match event.kind {
            EventKind::SessionChanged { status, notify, .. } => Some((status, notify)),
            _ => None,
        });
        kinds.collect::<Vec<_>>()
    };
    let (opened, closed) = ((SessionStatus::Active, true), (SessionStatus::Expired, true));
    let day = |story: Story| story.later(24 * 3600).when(NetworkCommand::Sweep);
    for (from, is_open) in
        [(&none as &dyn Fn() -> Story, false), (&active, true), (&expired, false)]
    {
        assert_eq!(open(&from()), is_open);
        let heard = from().when(hears(Channel::Whatsapp, "hi"));
        assert_eq!((open(&heard), told(&heard)), (true, vec![opened]));
        let ends = if is_open { vec![closed] } else { vec![] };
        let slept = day(from());
        assert_eq!((open(&slept), told(&slept)), (false, ends.clone()));
        let left = from().when(out());
        assert_eq!((open(&left), told(&left)), (false, ends));
    }
}

#[test]
fn events_4_6_a_ussd_session_takes_turns_until_it_ends() {
    let dial =
        || NetworkCommand::DialUssd { from: jane(), to: line(Channel::Ussd), input: String::new() };
    let types = |story: Story| {
        let session = story.last_session();
        story.when(NetworkCommand::InputUssd { session, input: "1".into() })
    };
    let shows = |story: Story, is_terminal| {
        let (session, text) = (story.last_session(), "menu".into());
        let (menu, actions) = (Some(UssdMenu { text, is_terminal }), Vec::new());
        let story = story.by(None, Actor::Hub);
        story.when(CustomerCommand::AnswerPrompt { session, menu, actions })
    };
    let leaves = |story: Story| {
        let session = story.last_session();
        story.when(NetworkCommand::EndUssd { session, end: UssdEnd::CustomerLeft })
    };
    let waits = |story: Story| story.later(180).when(NetworkCommand::Sweep);
    let prompt = || given([meet()]).when(dial());
    let menu = || shows(prompt(), false);
    let end = |story: &Story| story.jane().ussd.last().expect("a session").end;
    let awaits = |story: &Story| story.jane().ussd.last().expect("a session").awaits_menu();
    // The session waits for a menu.
    assert!(awaits(&prompt()));
    types(prompt()).refused("waits for its menu");
    assert!(!awaits(&menu()));
    assert_eq!(end(&shows(prompt(), true)), Some(UssdEnd::Completed));
    assert_eq!(end(&leaves(prompt())), Some(UssdEnd::CustomerLeft));
    assert_eq!(end(&waits(prompt())), Some(UssdEnd::Unanswered));
    // The session waits for the customer.
    assert!(awaits(&types(menu())));
    shows(menu(), false).refused("waits for no menu");
    assert_eq!(end(&leaves(menu())), Some(UssdEnd::CustomerLeft));
    let slept = waits(menu().later(1));
    assert_eq!(end(&slept), Some(UssdEnd::TimedOut));
    // The session is over, and nothing can follow but another dial.
    types(slept).refused("this session is over");
    shows(waits(prompt()), false).refused("waits for no menu");
    leaves(waits(prompt())).then(&[]).accepted("nothing changed");
    waits(waits(prompt())).then(&[]);
    let again = waits(prompt()).when(dial());
    assert!(awaits(&again) && again.jane().ussd.len() == 2);
}
