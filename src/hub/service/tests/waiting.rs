//! Who waits for an answer, and who ends it, over the wire.

use super::{JANE, KEY, Rig, every_kind, soon, start};
use crate::{
    model::{
        Actor, Body, CallStatus, Channel, ChannelNumber, CustomerCommand, CustomerNumber,
        CustomerRef, CustomerView, Hello, LivePrompts, NetworkCommand, Seq, UssdMenu,
    },
    wire::{
        client,
        proto::v1::{self, dry_run_request::Command as Ask, watch_reply::Frame},
        request,
    },
};
use std::time::Duration;
use tonic::Code;

const PERSON: (&str, &str) = ("sent-by", "person");

fn org() -> String {
    "acme".into()
}

fn send(text: &str) -> crate::wire::proto::hera::SendMessageRequest {
    let (to, from) = (CustomerNumber::telco(JANE), ChannelNumber::new(Channel::Sms, "40404"));
    let command = CustomerCommand::SendMessage { to, from, body: Body::text(text), seen: None };
    let Ask::SendMessage(request) = request::of(&command, &"acme".into(), &"desk".into()) else {
        panic!("not a message");
    };
    request
}

async fn jane(rig: &Rig) -> CustomerView {
    let jane = CustomerRef::Number(CustomerNumber::telco(JANE));
    let request =
        v1::GetCustomerRequest { org_id: org(), customer: Some((&jane).into()), past: None };
    let reply = rig.operator().get_customer(request).await.unwrap().into_inner();
    client::view(reply).expect("Jane is known")
}

async fn last_actor(rig: &Rig) -> Actor {
    let entries = rig.running.hub().entries_after(&"acme".into(), Seq(0), 1_000).await.unwrap();
    entries.last().unwrap().entry.events.last().unwrap().actor.clone()
}

#[tokio::test]
async fn r_wait_2_a_call_is_a_persons_if_it_says_so() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Where is my parcel?").await;
    rig.hera().send_message(send("We are closed.")).await.unwrap();
    assert_eq!(last_actor(&rig).await, Actor::Program("ops".into()));
    let unanswered = jane(&rig).await.customer.unanswered.clone().expect("she waits");
    assert_eq!((unanswered.count, &*unanswered.text), (1, "Where is my parcel?"));
    let program = rig.hera_with(&[("api-key", KEY), ("sent-by", "program")]);
    program.clone().send_message(send("We are closed.")).await.unwrap();
    assert_eq!(jane(&rig).await.customer.unanswered.as_ref(), Some(&unanswered));
    let mut person = rig.hera_with(&[("api-key", KEY), PERSON]);
    person.send_message(send("It comes today.")).await.unwrap();
    assert_eq!(last_actor(&rig).await, Actor::Key("ops".into()));
    assert_eq!(jane(&rig).await.customer.unanswered, None);
    let mut robot = rig.hera_with(&[("api-key", KEY), ("sent-by", "robot")]);
    let refused = robot.send_message(send("Beep.")).await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Code::InvalidArgument, "sent-by is `person` or `program`")
    );
}

async fn listed(rig: &Rig, limit: u32) -> v1::ListWaitingReply {
    let request = v1::ListWaitingRequest { org_id: org(), limit };
    rig.operator().list_waiting(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn who_waits_is_listed_the_longest_first_with_how_many_wait_in_all() {
    let rig = Rig::of_every_kind().await;
    rig.receive(JANE, "Where is my parcel?").await;
    rig.receive("+254700000002", "Hi").await;
    let from = CustomerNumber::telco("+254700000003");
    let to = ChannelNumber::new(Channel::Whatsapp, "+254711082000");
    let wrote = NetworkCommand::ReceiveMessage { from, to, body: Body::text("Habari") };
    rig.report(wrote.clone()).await;
    rig.report(wrote).await;
    let all = listed(&rig, 0).await;
    let texts: Vec<_> =
        all.customers.iter().map(|c| &*c.unanswered.as_ref().unwrap().text).collect();
    assert_eq!((texts, all.total), (vec!["Where is my parcel?", "Hi", "Habari"], 3));
    assert_eq!(all.customers[2].unanswered.as_ref().unwrap().count, 2);
    let windows: Vec<_> = all.customers.iter().map(|c| c.window_ends.is_some()).collect();
    assert_eq!(windows, [false, false, true], "only whatsapp has a time to answer in");
    let page = listed(&rig, 2).await;
    assert_eq!((page.customers.len(), page.total), (2, 3));
}

#[tokio::test]
async fn r_wait_5_is_done_once_under_its_key_and_then_nobody_waits() {
    let rig = Rig::new().await;
    rig.receive(JANE, "Thanks!").await;
    let customer_id = jane(&rig).await.customer.id.to_string();
    let request = v1::NoAnswerNeededRequest {
        org_id: org(),
        customer: Some(v1::no_answer_needed_request::Customer::CustomerId(customer_id)),
        up_to_message_id: String::new(),
    };
    let keyed = || {
        let mut request = tonic::Request::new(request.clone());
        request.metadata_mut().insert("idempotency-key", "key-0001".parse().unwrap());
        request
    };
    for _ in 0..2 {
        let reply = rig.operator().no_answer_needed(keyed()).await.unwrap().into_inner();
        assert!(reply.status, "{}", reply.description);
    }
    assert_eq!(listed(&rig, 0).await, v1::ListWaitingReply::default());
    let again = rig.operator().no_answer_needed(request.clone()).await.unwrap().into_inner();
    assert_eq!(
        (again.status, &*again.description),
        (false, "this customer does not wait for an answer")
    );
    let outlook = v1::DryRunRequest {
        org_id: org(),
        app_id: "desk".into(),
        command: Some(Ask::NoAnswerNeeded(keyed().into_inner())),
        seen_seq: None,
        ..v1::DryRunRequest::default()
    };
    let outlook = rig.operator().dry_run(outlook).await.unwrap().into_inner();
    assert_eq!(outlook.findings[0].code, "invalid-request");
    rig.receive(JANE, "One more thing").await;
    let outlook = v1::DryRunRequest {
        org_id: org(),
        app_id: "desk".into(),
        command: Some(Ask::NoAnswerNeeded(keyed().into_inner())),
        seen_seq: None,
        ..v1::DryRunRequest::default()
    };
    let outlook = rig.operator().dry_run(outlook).await.unwrap().into_inner();
    assert_eq!(outlook.findings[0].code, "unanswered");
    assert!(outlook.findings[0].text.ends_with("1 message; the last: One more thing"));
}

#[tokio::test]
async fn r_wait_3_a_feed_hears_within_a_second_how_many_wait() {
    let rig = Rig::new().await;
    let request = v1::WatchRequest { org_id: org(), after_seq: Some(0), ..Default::default() };
    let mut stream = rig.operator().watch(request).await.unwrap().into_inner();
    let mut said = Vec::new();
    let began = tokio::time::Instant::now();
    for (answers, waiting) in [(false, 0), (false, 1), (true, 0)] {
        match (answers, waiting) {
            (false, 1) => drop(rig.receive(JANE, "Hello?").await),
            (true, _) => {
                let mut person = rig.hera_with(&[("api-key", KEY), PERSON]);
                drop(person.send_message(send("Here I am.")).await.unwrap());
            }
            _ => {}
        }
        loop {
            let frame = soon(stream.message()).await.unwrap().unwrap().frame.unwrap();
            if let Frame::Bookmark(bookmark) = frame {
                said.push(bookmark.waiting);
                if bookmark.waiting == Some(waiting) {
                    break;
                }
            }
        }
    }
    assert_eq!(said, [Some(0), Some(1), Some(0)]);
    assert!(began.elapsed() < Duration::from_secs(9), "before the next bookmark was due anyway");
}

#[tokio::test]
async fn r_hook_1_the_hub_says_how_long_whoever_is_on_each_number_waits() {
    // Given a hub with a code whose network lets its customers wait for 10 s.
    let code = ChannelNumber::new(Channel::Ussd, "*384#");
    let voice = ChannelNumber::new(Channel::Voice, "+254711082300");
    let mut config = every_kind();
    for bound in &mut config.orgs[0].settings.channels {
        bound.prompt_window = (bound.channel == code).then_some(Duration::from_secs(10));
    }
    let rig = Rig { running: start(config, &[]).await.unwrap() };
    // When a client asks who the hub is, then it hears how long they wait, and how long all others do.
    let request = v1::HelloRequest { org_id: org() };
    let hello = rig.operator().hello(request).await.unwrap().into_inner();
    let hello = Hello::try_from(hello).expect("a hello");
    let [ten, fifteen] = [10, 15].map(Duration::from_secs);
    assert_eq!((hello.answer_within(&code), hello.answer_within(&voice)), (ten, fifteen));
    // When one calls and another one dials the code, then the latter has less time and comes first.
    let (jane, other) = (CustomerNumber::telco(JANE), CustomerNumber::telco("+254700000002"));
    rig.report(NetworkCommand::ReceiveCall { from: other, to: voice }).await;
    rig.report(NetworkCommand::DialUssd { from: jane, to: code, input: String::new() }).await;
    let live = async |limit| {
        let request = v1::ListLiveRequest { org_id: org(), limit };
        let reply = rig.operator().list_live(request).await.unwrap().into_inner();
        LivePrompts::try_from(reply).expect("prompts")
    };
    let all = live(0).await;
    let times = all.prompts.iter().map(|prompt| prompt.answer_by.since(prompt.asked_at));
    assert_eq!(times.collect::<Vec<_>>(), [ten, fifteen]);
    let first = live(1).await;
    assert_eq!((&first.prompts[..], first.total), (&all.prompts[..1], 2));
    // And 10 s later only the caller is left.
    rig.report(NetworkCommand::MoveClock { by: ten }).await;
    let left = live(0).await;
    assert_eq!((&left.prompts[..], left.total), (&all.prompts[1..], 1));
}

#[tokio::test]
async fn r_wait_6_who_waits_on_the_line_is_listed_the_least_time_first() {
    // Given a USSD phone that waits for a menu and a call that waits for a plan.
    let rig = Rig::of_every_kind().await;
    let other = CustomerNumber::telco("+254700000002");
    let call = ChannelNumber::new(Channel::Voice, "+254711082300");
    rig.report(NetworkCommand::ReceiveCall { from: other, to: call }).await;
    let code = ChannelNumber::new(Channel::Ussd, "*384#");
    let jane = CustomerNumber::telco(JANE);
    rig.report(NetworkCommand::DialUssd { from: jane, to: code, input: "1".into() }).await;
    let live = async |limit| {
        let request = v1::ListLiveRequest { org_id: org(), limit };
        let reply = rig.operator().list_live(request).await.unwrap().into_inner();
        LivePrompts::try_from(reply).expect("prompts")
    };
    // When they are listed, then the one who waits longer comes first, with what is left of the time.
    let all = live(0).await;
    let calls: Vec<_> = all.prompts.iter().map(|prompt| prompt.call).collect();
    assert_eq!((calls, all.total), (vec![Some(CallStatus::Ringing), None], 2));
    let ussd = &all.prompts[1];
    assert_eq!((&*ussd.said, &*ussd.channel.number), ("1", "*384#"));
    let within = Duration::from_secs(15);
    assert_eq!(ussd.answer_by.since(ussd.asked_at), within);
    assert_eq!((live(1).await.prompts.len(), live(1).await.total), (1, 2));
    // And whoever was answered, or whose time is over, is not on the list.
    let menu = UssdMenu { text: "1. Balance".into(), is_terminal: false };
    let session = ussd.session.clone();
    let answer = CustomerCommand::AnswerPrompt { session, menu: Some(menu), actions: Vec::new() };
    let Ask::SendWebhookResponse(answer) = request::of(&answer, &"acme".into(), &"desk".into())
    else {
        panic!("not an answer");
    };
    assert!(rig.hera().send_webhook_response(answer).await.unwrap().into_inner().status);
    let left = live(0).await;
    assert_eq!((left.prompts.len(), left.total), (1, 1));
    assert!(left.as_of > all.as_of);
    rig.report(NetworkCommand::MoveClock { by: within }).await;
    assert_eq!((live(0).await.prompts.len(), live(0).await.total), (0, 0));
}
