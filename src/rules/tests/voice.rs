//! Calls: placing them (R-CALL-1), planning them (R-HOOK-1 to R-HOOK-4), and what the network reports
//! (R-CALL-2, R-CALL-3, R-VOICE-1).

use super::{money::kes, *};
use crate::model::{
    CallHop, CallReceipt, CallStatus as C, CustomerId, DialData, HangupCause, Prompt, Provider,
    Say, UssdMenu, VoiceAction as A,
};

pub fn calls() -> Command {
    NetworkCommand::ReceiveCall { from: jane(), to: line(Channel::Voice) }.into()
}
fn hop(story: Story, hop: CallHop) -> Story {
    let session = story.last_call();
    let (duration, cost) = (Duration::from_secs(30), Some(kes(300)));
    story.when(NetworkCommand::ReportCall { session, hop, duration, cost })
}
pub fn goes(story: Story, status: C) -> Story {
    hop(story, CallHop { status, ..CallHop::default() })
}
#[test]
fn events_4_2_a_call_rings_is_answered_talks_and_ends_with_price_and_cause() {
    let story = nothing().when(calls()).accepted("the call rings");
    let story = story.then(&["NEW new customer", "CAL ringing"]).for_apps(&["-", "first"]);
    let story = goes(story, C::Answered).then(&["CAL answered"]);
    let story = goes(story, C::Active).then(&["CAL in progress"]);
    let digits = CallHop { status: C::Active, digits: Some("42".into()), ..CallHop::default() };
    let story = hop(story, digits).then(&["CAL in progress, pressed 42"]);
    assert_eq!(story.jane().calls[0].duration, Duration::ZERO, "not over yet");
    let cause = HangupCause::NormalClearing;
    let over = CallHop { status: C::Completed, cause, ..CallHop::default() };
    let story = hop(story, over).then(&["CAL completed, hung up, 30 s, KES 3.00"]);
    let jane = story.jane();
    let call = &jane.calls[0];
    assert_eq!((call.status, call.cost), (C::Completed, Some(kes(300))));
    assert_eq!(call.hops.len(), 5);
    assert!(call.hops.iter().all(|hop| !hop.at.is_zero()), "the hub says when");
}

/// The log keeps no more of it, and a World is the same whether it was folded at once or from the log.
#[test]
fn r_voice_2_the_length_of_a_call_is_in_whole_milliseconds() {
    let story = goes(given([calls()]), C::Answered);
    let (session, cost) = (story.last_call(), None);
    let (hop, duration) =
        (CallHop { status: C::Completed, ..CallHop::default() }, Duration::from_micros(3_847_477));
    let story = story.when(NetworkCommand::ReportCall { session, hop, duration, cost });
    assert_eq!(story.jane().calls[0].duration, Duration::from_millis(3_847));
}

#[test]
fn r_ord_3_late_reports_of_a_call_change_nothing_and_impossible_ones_are_refused() {
    let story = goes(given([calls()]), C::Bridged).refused("cannot go from \"ringing\"");
    let story = goes(goes(story, C::Answered), C::Ringing).then(&[]).accepted("nothing changed");
    let story = goes(goes(story, C::Completed), C::Active).then(&[]).accepted("nothing changed");
    let session = story.last_call();
    let (hop, duration) = (CallHop::default(), Duration::MAX);
    let story =
        story.when(NetworkCommand::ReportCall { session, hop: hop.clone(), duration, cost: None });
    let session = "el_ses_x".into();
    let story = story.refused("too large");
    story
        .when(NetworkCommand::ReportCall { session, hop, duration, cost: None })
        .refused("no call el_ses_x");
}

pub fn rings(to: CustomerNumber) -> Command {
    CustomerCommand::MakeCall { to, from: line(Channel::Voice) }.into()
}
/// The app's answer to the prompt of Jane's last call.
fn plans(story: Story, actions: &[A]) -> Story {
    let session = story.last_call();
    let actions = actions.to_vec();
    story.by(None, Actor::Hub).when(CustomerCommand::AnswerPrompt { session, menu: None, actions })
}
fn say() -> A {
    A::Say(Say { text: "Habari".into(), ..Say::default() })
}
fn heard() -> Prompt {
    Prompt::Say(Say { text: "Your PIN".into(), ..Say::default() })
}
fn digits(prompt: Option<Prompt>, secs: u64, key: &str) -> A {
    let (timeout, finish_on_key) = (Duration::from_secs(secs), Some(key.to_owned()));
    A::GetDigits { prompt, timeout, finish_on_key, num_digits: Some(4) }
}
fn keys() -> A {
    digits(Some(heard()), 30, "#")
}
fn recording() -> A {
    let prompt = Some(Prompt::Play("https://bahari.example/beep".into()));
    let (timeout, max_length) = (Duration::from_secs(5), Duration::from_mins(1));
    A::GetRecording {
        prompt,
        timeout,
        max_length,
        finish_on_key: None,
        play_beep: true,
        trim_silence: false,
    }
}
fn dial(numbers: Vec<CustomerNumber>) -> A {
    let (ringback_tone, caller_id, max_duration) = (None, None, None);
    A::Dial { numbers, record: false, sequential: true, ringback_tone, caller_id, max_duration }
}
fn enqueue(name: &str) -> A {
    A::Enqueue { hold_music: None, queue_name: Some(name.into()) }
}
fn dequeue(name: &str) -> A {
    let channel = line(Channel::Voice);
    A::Dequeue { channel, record: false, queue_name: Some(name.into()) }
}
/// Jane's last call is live, and its app has answered with this plan.
fn planned(actions: &[A]) -> Story {
    plans(given([calls()]), actions)
}
fn awaits(story: &Story) -> bool {
    story.jane().calls.last().expect("a call").awaits_plan()
}

#[test]
fn r_call_1_an_app_calls_a_customer_and_is_asked_when_they_answer() {
    let story = nothing().when(rings(jane())).code(100).accepted("calling +254711000001");
    let story = story.then(&["NEW new customer", "CAL queued"]).for_apps(&["-", "shop"]);
    let Receipt::Call(CallReceipt { session, customer, .. }) = &story.last.receipt else {
        panic!()
    };
    assert_eq!(session.as_ref(), Some(&story.last_call()));
    assert_eq!(customer.as_ref(), Some(&story.jane().id));
    let story = goes(story, C::Ringing).then(&["CAL ringing"]);
    assert!(!awaits(&story), "R-VOICE-1: an outbound call asks when it is answered");
    let story = goes(story, C::Answered).for_apps(&["shop"]);
    assert!(awaits(&story));
    let story = plans(story, &[say()]).accepted("1 action accepted");
    let story = story.then(&["CAL plan: say “Habari”", "CAL in progress"]);
    assert_eq!(story.jane().calls[0].hops[2].actions, [say()]);
    let story = goes(story, C::Completed).then(&["CAL completed, 30 s, KES 3.00"]);
    assert_eq!(story.world.next_due(&story.settings), None);
}

#[test]
fn r_call_1_what_cannot_be_called_is_refused_with_its_code_and_not_recorded() {
    let from = |from| CustomerCommand::MakeCall { to: jane(), from };
    nothing().when(from(ChannelNumber::default())).code(406).refused("no channel given");
    nothing()
        .when(from(ChannelNumber::new(Channel::Voice, "")))
        .code(406)
        .refused("channel number");
    nothing().when(from(line(Channel::Sms))).code(406).refused("no calls are made from sms");
    let story = nothing().bind(line(Channel::Sms), None, None);
    story.when(rings(jane())).code(406).refused("not one of the org's");
    nothing().when(rings(CustomerNumber::telco(" "))).code(402).refused("customer number");
    let nameless = CustomerNumber::new(Provider::Unspecified, "+1");
    nothing().when(rings(nameless)).code(402).refused("no provider is given");
    let telegram = CustomerNumber::new(Provider::Telegram, "jane");
    nothing().when(rings(telegram)).code(403).refused("cannot be called");
}

#[test]
fn r_call_1_one_call_at_a_time_for_a_number_whoever_calls() {
    let story = given([calls()]).when(calls()).refused("already in a call");
    let story = story.when(rings(jane())).code(403).refused("already in a call");
    let story = goes(story, C::Completed).when(rings(jane())).code(100);
    let story = story.when(rings(jane())).code(403).when(calls()).refused("already in a call");
    story.when(rings(omar())).code(100);
}

#[test]
fn r_voice_1_an_inbound_call_is_answered_by_its_first_plan() {
    let story = given([calls()]);
    assert!(awaits(&story));
    let story = plans(story, &[say(), keys()]).accepted("2 actions accepted");
    story.for_apps(&["first"; 3]).then(&[
        "CAL plan: say “Habari”, ask for keys after “Your PIN”",
        "CAL answered",
        "CAL in progress",
    ]);
}

#[test]
fn r_hook_3_reject_is_valid_only_first_and_before_the_call_is_answered() {
    let story = planned(&[A::Reject, say()]);
    let story = story.accepted("the call is rejected, 1 action after reject ignored");
    let story = story.then(&["CAL plan: reject", "CAL completed, rejected"]);
    assert_eq!(story.jane().calls[0].hops[1].cause, HangupCause::CallRejected);
    let story = planned(&[say(), A::Reject]).refused("can be rejected");
    let story = hop(plans(story, &[keys()]), pressed("1"));
    plans(story, &[A::Reject]).refused("can be rejected");
    let outbound = goes(goes(given([rings(jane())]), C::Ringing), C::Answered);
    plans(outbound, &[A::Reject]).refused("can be rejected");
}

fn pressed(digits: &str) -> CallHop {
    CallHop { status: C::Active, digits: Some(digits.into()), ..CallHop::default() }
}

#[test]
fn r_hook_3_an_empty_plan_hangs_up_and_the_hub_says_how_long_it_was() {
    planned(&[]).then(&["CAL plan: hang up", "CAL completed, hung up"]);
    let story = hop(planned(&[keys()]).later(61), pressed(""));
    let story = plans(story, &[]).accepted("the call is over");
    story.then(&["CAL plan: hang up", "CAL completed, hung up, 60 s"]);
}

#[test]
fn r_hook_3_what_follows_an_action_that_ends_the_plan_is_ignored() {
    let story = planned(&[say(), keys(), say(), A::Play(String::new())]);
    let story = story.accepted("2 actions accepted, 2 actions after get_digits ignored");
    assert_eq!(story.jane().calls[0].hops[0].actions, [say(), keys()]);
}

#[test]
fn r_hook_3_keys_and_recordings_come_with_the_next_prompt() {
    let story = planned(&[keys()]);
    assert!(!awaits(&story), "a plan is running");
    let story = hop(story, pressed("1234")).then(&["CAL in progress, pressed 1234"]);
    assert!(awaits(&story));
    let story =
        plans(story, &[recording()]).then(&["CAL plan: record after https://bahari.example/beep"]);
    let story = hop(story, pressed("9"));
    assert!(!awaits(&story), "keys that nobody asked for are information");
    let url = Some("https://bahari.example/1.mp3".into());
    let story = hop(story, CallHop { status: C::Active, recording_url: url, ..CallHop::default() });
    assert!(awaits(&story));
    plans(story, &[keys()]).accepted("1 action accepted");
}

#[test]
fn r_hook_3_a_dial_ends_with_its_data_whether_anybody_answers_or_not() {
    let talked = |secs| {
        let duration = Duration::from_secs(secs);
        let dial = Some(DialData { number: "+9".into(), duration, ..DialData::default() });
        CallHop { status: C::DialCompleted, dial, ..CallHop::default() }
    };
    let story = goes(planned(&[dial(vec![omar()])]), C::Dialing).then(&["CAL dialing"]);
    let story = goes(story, C::Bridged).then(&["CAL connected to another line"]);
    assert!(!awaits(&story));
    let story = hop(story, talked(42)).then(&["CAL dial completed, +9 for 42 s"]);
    assert!(awaits(&story));
    let story = plans(story, &[dial(vec![omar()])]);
    let story = story.then(&["CAL plan: dial +254711000002", "CAL in progress"]);
    let story = hop(goes(story, C::Dialing), talked(0)).then(&["CAL dial completed, +9 for 0 s"]);
    assert!(awaits(&story));
}

#[test]
fn r_hook_3_a_redirect_ends_the_plan_and_the_network_takes_over() {
    let story = planned(&[A::Redirect("https://bahari.example/ivr".into())]);
    let story = goes(goes(story, C::Transferred), C::TransferCompleted);
    assert!(awaits(&story));
    plans(story, &[say()]).then(&["CAL plan: say “Habari”", "CAL in progress"]);
}

/// Omar, whom an app has called, is joined with Jane when his app takes her from the queue.
fn takes(story: Story, name: &str) -> Story {
    let omar = || CustomerRef::Number(omar());
    let story = story.when(rings(super::omar()));
    let session = story.who(&omar()).expect("Omar").calls[0].id.clone();
    let report = |story: Story, status| {
        let (hop, session) = (CallHop { status, ..CallHop::default() }, session.clone());
        let (duration, cost) = (Duration::ZERO, None);
        story.when(NetworkCommand::ReportCall { session, hop, duration, cost })
    };
    let story = report(report(story, C::Ringing), C::Answered);
    let (session, actions) = (session.clone(), vec![dequeue(name)]);
    let story = story.when(CustomerCommand::AnswerPrompt { session, menu: None, actions });
    world::check(&story.world);
    let story = report(story.accepted("1 action accepted"), C::Dequeued);
    world::check(&story.world);
    story
}

#[test]
fn r_hook_3_a_dequeue_takes_the_first_caller_of_the_queue_and_both_are_told() {
    let story = goes(planned(&[enqueue("sales")]), C::Enqueued).then(&["CAL waiting in a queue"]);
    let story = takes(story.later(21), "sales").accepted("joined with +254711000001");
    let rows = ["CAL taken from the queue", "CAL connected to another line"];
    let story = story.then(&[rows[0], rows[1], rows[0], rows[1]]);
    let whose: Vec<&CustomerId> = story.last.events.iter().flat_map(|e| &e.customer).collect();
    assert_eq!(whose[0], &story.jane().id);
    assert_ne!(whose[0], whose[2]);
    let queue =
        story.jane().calls[0].hops.last().expect("a hop").queue.clone().expect("queue data");
    assert_eq!(queue.duration.as_secs(), 20);
    assert_eq!(queue.dequeued_to_number, Some(omar().number));
    assert!(!awaits(&story));
    let story = goes(story, C::Active).then(&["CAL in progress"]);
    assert!(awaits(&story), "the other has gone: what now?");
    assert_eq!(story.jane().calls[0].hops.last().expect("a hop").queue, Some(queue));
}

/// A caller who takes over another customer keeps the place in the queue, also over a restart. One who
/// hangs up loses it.
#[test]
fn r_hook_3_a_place_in_a_queue_is_kept_by_a_merge_and_given_up_by_hanging_up() {
    let queued = || goes(planned(&[enqueue("sales")]), C::Enqueued).later(1);
    let lia = CustomerRef::Number(CustomerNumber::telco("+254711000003"));
    let story = queued();
    let customer = story.jane().id.clone();
    let mut story = story.when(CustomerCommand::AdoptCustomer { customer, other: lia });
    world::check(&story.world);
    story.restart();
    takes(story, "sales").accepted("joined with +254711000001");
    takes(goes(queued(), C::Completed), "sales").accepted("nobody waits in this queue");
}

#[test]
fn r_hook_3_nobody_in_the_queue_asks_again() {
    let story = goes(planned(&[enqueue("sales")]), C::Enqueued);
    let story = takes(story, "support").accepted("nobody waits in this queue");
    let story = story.then(&["CAL in progress"]);
    let omar = story.who(&CustomerRef::Number(omar())).expect("Omar");
    assert!(omar.calls[0].awaits_plan());
    assert_eq!(story.jane().calls[0].status, C::Enqueued);
}

#[test]
fn r_hook_1_no_plan_is_taken_after_the_network_has_let_its_caller_go() {
    let called = || {
        given([meet()])
            .bind(line(Channel::Voice), None, None)
            .with(|s| s.channels[0].prompt_window = Some(Duration::from_secs(10)))
            .when(calls())
    };
    plans(called().later(10), &[say()]).refused("too late");
    plans(called().later(9), &[say()]).accepted("1 action accepted");
}

#[test]
fn r_hook_1_a_plan_is_given_once_in_time_by_the_app_that_was_asked() {
    plans(given([meet()]).when(calls()).later(15), &[say()]).refused("too late");
    let story = nothing().when(calls()).later(14);
    let (session, actions) = (story.last_call(), vec![say()]);
    let story = story.when(CustomerCommand::AnswerPrompt { session, menu: None, actions });
    let story = story.refused("belongs to another app: first can answer it");
    assert_eq!(story.last.receipt.customer(), Some(&story.jane().id), "R-REPLY-2");
    let story = plans(story, &[keys()]).accepted("1 action accepted");
    let story = plans(story, &[keys()]).refused("waits for no actions");
    let story = plans(goes(story, C::Completed), &[say()]).refused("is over");
    let answer = |session: SessionId, menu, actions| CustomerCommand::AnswerPrompt {
        session,
        menu,
        actions,
    };
    let story = story.when(answer("el_ses_x".into(), None, vec![say()]));
    let story = story.refused("no session el_ses_x").when(calls());
    let (session, menu) = (story.last_call(), Some(UssdMenu::default()));
    let story = story.when(answer(session.clone(), menu.clone(), Vec::new()));
    let story = story.refused("answered with actions");
    story.when(answer(session, menu, vec![say()])).refused("not both");
}

#[test]
fn r_hook_2_without_an_answer_in_time_the_hub_hangs_up() {
    let missed = |story: Story| {
        let story = story.later(14).when(NetworkCommand::Sweep).then(&[]).later(1);
        let story = story.when(NetworkCommand::Sweep).accepted("1 thing due");
        assert_eq!(story.last.events[0].actor, Actor::Hub);
        assert_eq!(story.world.next_due(&story.settings), None);
        story
    };
    let words = "CAL no app said what to do in time";
    missed(given([meet()]).when(calls())).then(&[words, "CAL completed, hung up"]);
    let story = hop(planned(&[keys()]).later(5), pressed("1"));
    missed(story).then(&[words, "CAL completed, hung up, 19 s"]);
    let outbound = goes(goes(given([rings(jane())]), C::Ringing).later(5), C::Answered);
    missed(outbound).then(&[words, "CAL completed, hung up, 15 s"]);
}

#[test]
fn events_4_2_an_outbound_call_rings_for_45_s_and_waits_5_min_to_do_so() {
    let sweep = NetworkCommand::Sweep;
    let story = given([meet()]).when(rings(jane())).later(299).when(sweep.clone()).then(&[]);
    story.later(1).when(sweep.clone()).then(&["CAL expired"]);
    let story = goes(given([rings(jane())]), C::Ringing).later(44).when(sweep.clone());
    story.then(&[]).later(1).when(sweep).then(&["CAL not answered, no answer"]);
}

#[test]
fn a_call_that_somebody_at_a_desk_picks_up_asks_no_app() {
    let story = goes(given([calls()]), C::Answered);
    assert!(!awaits(&story));
    let story = plans(story, &[say()]).refused("waits for no actions");
    assert_eq!(story.world.next_due(&story.settings), None);
}

#[test]
fn r_ord_8_a_call_has_one_open_question_at_a_time() {
    let story = hop(planned(&[keys()]), pressed("1")).later(5);
    let asked = story.world.next_due(&story.settings);
    let story = hop(story, pressed("2")).accepted("nothing changed").then(&[]);
    let story = hop(story, pressed("1")).then(&[]);
    assert_eq!(story.world.next_due(&story.settings), asked, "the first question stands");
    let story = plans(story, &[say()]).accepted("1 action accepted");
    assert!(!awaits(&story));
}

#[test]
fn r_hook_4_a_plan_is_whole_and_within_bounds_or_nothing_happens() {
    let mut story = given([calls()]);
    let long = "x".repeat(2_049);
    let spoken = |text: &str| A::Say(Say { text: text.into(), ..Say::default() });
    let many = vec![omar(); 21];
    let telegram = CustomerNumber::new(Provider::Telegram, "x");
    let parted = CustomerNumber { partition: Some(long.clone()), ..CustomerNumber::telco("+1") };
    let cases: Vec<(Vec<A>, &str)> = vec![
        (vec![say(); 21], "20 actions at most"),
        (vec![spoken(" ")], "say: no text"),
        (vec![spoken(&long)], "longer than 2000 characters"),
        (vec![A::Play(String::new())], "play: no address"),
        (vec![A::Play(long.clone())], "longer than 2048 bytes"),
        (vec![A::Redirect(String::new())], "redirect: no address"),
        (vec![digits(None, 30, "#")], "get_digits: nothing is said or played first"),
        (vec![digits(Some(heard()), 0, "#")], "a timeout is 1 to 300 s"),
        (vec![digits(Some(heard()), 301, "#")], "a timeout is 1 to 300 s"),
        (vec![digits(Some(heard()), 300, "ab")], "one of 0 to 9"),
        (vec![dial(Vec::new())], "1 to 20 numbers"),
        (vec![dial(many)], "1 to 20 numbers"),
        (vec![dial(vec![telegram])], "cannot be called"),
        (vec![dial(vec![parted])], "a partition longer than 255 characters"),
        (vec![enqueue(&long)], "queue name"),
        (
            vec![A::Dequeue { channel: line(Channel::Sms), record: false, queue_name: None }],
            "voice",
        ),
    ];
    for (actions, words) in cases {
        story = plans(story, &actions).refused(words);
    }
    let story = story.bind(ChannelNumber::new(Channel::Voice, "1"), None, None);
    let story = plans(story, &[dequeue("sales")]).refused("not one of the org's");
    plans(story, &vec![say(); 20]).accepted("20 actions accepted");
}
