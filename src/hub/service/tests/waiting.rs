//! Who waits for an answer, and who ends it, over the wire.

use super::{JANE, KEY, Rig};
use crate::{
    model::{
        Actor, Body, Channel, ChannelNumber, CustomerCommand, CustomerNumber, CustomerRef,
        CustomerView, Seq,
    },
    wire::{
        client,
        proto::v1::{self, dry_run_request::Command as Ask},
        request,
    },
};
use tonic::Code;

const PERSON: (&str, &str) = ("sent-by", "person");

fn org() -> String {
    "acme".into()
}

fn send(text: &str) -> crate::wire::proto::hera::SendMessageRequest {
    let (to, from) = (CustomerNumber::telco(JANE), ChannelNumber::new(Channel::Sms, "40404"));
    let command = CustomerCommand::SendMessage { to, from, body: Body::text(text) };
    let Ask::SendMessage(request) = request::of(&command, &"acme".into(), &"desk".into()) else {
        panic!("not a message");
    };
    request
}

async fn jane(rig: &Rig) -> CustomerView {
    let jane = CustomerRef::Number(CustomerNumber::telco(JANE));
    let request = v1::GetCustomerRequest { org_id: org(), customer: Some((&jane).into()) };
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
