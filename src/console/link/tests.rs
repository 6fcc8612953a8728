//! The tasks against a scripted hub, in virtual time: what waits for what, and what does not.

use super::*;
use crate::{
    console::msg::SendQueue,
    model::{Body, Channel, ChannelNumber, CustomerNumber, Tag, TagMessage, TagPair},
    sdk::tests::fake::Fake,
};
use std::time::Duration;

fn desk() -> (Fake, Link) {
    let fake = Fake::new([]);
    let link = Link::start(&fake.client());
    (fake, link)
}

fn send(call: &str, command: CustomerCommand, queue: SendQueue) -> Effect {
    Effect::Send { call: format!("call-{call}").as_str().into(), command, queue }
}

fn of(customer: &str) -> SendQueue {
    SendQueue::Customer(customer.into())
}

fn tag(call: &str, customer: &str) -> Effect {
    let tags = vec![Tag { key: call.to_owned(), value: String::new(), expires_at: None }];
    let command = CustomerCommand::UpdateTags { customer: CustomerRef::Id(customer.into()), tags };
    send(call, command, of(customer))
}

fn lease(call: &str, customer: &str) -> Effect {
    let customer_ref = CustomerRef::Id(customer.into());
    let command =
        CustomerCommand::LeaseMetadata { customer: customer_ref, key: "survey".to_owned() };
    send(call, command, of(customer))
}

fn message(call: &str, customer: &str) -> Effect {
    let command = CustomerCommand::SendMessage {
        to: CustomerNumber::telco("+254700000001"),
        from: ChannelNumber::new(Channel::Sms, "40404"),
        body: Body::text(call),
        seen: None,
    };
    send(call, command, of(customer))
}

fn message_by_tag(call: &str) -> Effect {
    let command = CustomerCommand::SendMessageByTag {
        tag: TagPair { key: "vip".to_owned(), value: String::new() },
        message: TagMessage::new(ChannelNumber::new(Channel::Sms, "40404"), Body::text(call)),
    };
    send(call, command, SendQueue::Org)
}

impl Link {
    fn all(&self, effects: impl IntoIterator<Item = Effect>) {
        for effect in effects {
            self.hand(effect).expect("room");
        }
    }

    /// The next message that is not about the feed.
    async fn answer(&mut self) -> Msg {
        loop {
            match self.inbox.recv().await.expect("tasks that run") {
                Msg::Feed(_) => {}
                msg => return msg,
            }
        }
    }

    /// The next answer to a command: which command it was, and whether the hub answered it.
    async fn sent(&mut self) -> (String, bool) {
        match self.answer().await {
            Msg::Sent { call, result } => {
                (call.as_str().trim_start_matches("call-").to_owned(), result.is_ok())
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Waits until the hub was asked for something.
async fn until(fake: &Fake, is_so: impl Fn(&mut crate::sdk::tests::fake::Script) -> bool) {
    let wait = async {
        while !fake.with(&is_so) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), wait).await.expect("the hub is asked in time");
}

const fn is_lease(command: &CustomerCommand) -> bool {
    matches!(command, CustomerCommand::LeaseMetadata { .. })
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_waits_holds_up_nobody() {
    let (fake, mut link) = desk();
    fake.with(|script| script.ignores = Some(is_lease));
    link.all([lease("waiting", "jane"), tag("hers", "jane"), tag("his", "otieno")]);
    let mut done = [link.sent().await, link.sent().await];
    done.sort();
    assert_eq!(done, [("hers".to_owned(), true), ("his".to_owned(), true)]);
    assert_eq!(link.sent().await, ("waiting".to_owned(), false));
}

#[tokio::test(start_paused = true)]
async fn a_lease_waits_for_what_was_sent_before_it() {
    let (fake, mut link) = desk();
    fake.with(|script| script.ignores = Some(|c| !is_lease(c)));
    link.all([tag("first", "jane"), lease("then", "jane"), lease("his", "otieno")]);
    assert_eq!(link.sent().await, ("his".to_owned(), true));
    assert_eq!(link.sent().await, ("first".to_owned(), false));
    assert_eq!(link.sent().await, ("then".to_owned(), true));
}

#[tokio::test(start_paused = true)]
async fn messages_to_one_customer_do_not_overtake_each_other_and_those_to_others_do() {
    let (fake, mut link) = desk();
    fake.with(|script| script.ignores = Some(|c| format!("{c:?}").contains("first")));
    link.all([message("first", "jane"), message("second", "jane"), message("other", "otieno")]);
    assert_eq!(link.sent().await, ("other".to_owned(), true));
    assert_eq!(link.sent().await, ("first".to_owned(), false));
    assert_eq!(link.sent().await, ("second".to_owned(), true));
}

#[tokio::test(start_paused = true)]
async fn work_by_tag_has_a_lane_of_its_own() {
    let (fake, mut link) = desk();
    fake.with(|script| script.ignores = Some(|c| format!("{c:?}").contains("first")));
    link.all([message_by_tag("first"), message_by_tag("second"), tag("other", "jane")]);
    assert_eq!(link.sent().await, ("other".to_owned(), true));
    assert_eq!(link.sent().await, ("first".to_owned(), false));
    assert_eq!(link.sent().await, ("second".to_owned(), true));
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_is_given_back_and_one_lease_too_many_is_answered() {
    let (fake, link) = desk();
    fake.with(|script| script.ignores = Some(|_| true));
    // The sending task does not run between these, so only the room in its channel counts.
    let refused: Vec<_> =
        (0..=COMMANDS).filter_map(|n| link.hand(tag(&format!("{n}-tag"), "jane")).err()).collect();
    assert_eq!(refused, [CallId::from(format!("call-{COMMANDS}-tag"))]);

    let (fake, mut link) = desk();
    fake.with(|script| script.ignores = Some(|_| true));
    link.all((0..=LEASES).map(|n| lease(&format!("{n}-lease"), "jane")));
    let Msg::Sent { call, result: Err(ClientError::Unavailable(why)) } = link.answer().await else {
        panic!("the last one is not sent");
    };
    assert_eq!(call, format!("call-{LEASES}-lease").into());
    assert!(why.contains("leases"), "{why}");
    until(&fake, |script| script.commands.len() == LEASES).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_search_holds_up_no_other_look() {
    let (fake, mut link) = desk();
    let customer = CustomerRef::Id("jane".into());
    link.all([Effect::Find("amina".into())]);
    until(&fake, |script| script.searched == ["amina"]).await;
    link.all([Effect::Inspect(customer.clone()), Effect::List(List::Leases)]);
    let answers = [link.answer().await, link.answer().await];
    assert!(answers.iter().any(|msg| matches!(msg, Msg::Inspected { .. })), "{answers:?}");
    assert!(answers.iter().any(|msg| matches!(msg, Msg::Listed { .. })), "{answers:?}");
    assert!(matches!(link.answer().await, Msg::Found { .. }));
}

#[tokio::test(start_paused = true)]
async fn another_search_replaces_the_one_that_is_not_answered() {
    let (fake, mut link) = desk();
    link.all([Effect::Find("am".into())]);
    until(&fake, |script| script.searched == ["am"]).await;
    link.all([Effect::Find("amina".into())]);
    until(&fake, |script| script.searched == ["am", "amina"]).await;
    let Msg::Found { words, .. } = link.answer().await else { panic!("no answer to a search") };
    assert_eq!(words, "amina");
}

#[tokio::test(start_paused = true)]
async fn the_same_search_again_is_asked_when_the_first_is_answered() {
    let (fake, mut link) = desk();
    link.all([Effect::Find("amina".into())]);
    until(&fake, |script| script.searched == ["amina"]).await;
    link.all([Effect::Find("amina".into())]);
    assert!(matches!(link.answer().await, Msg::Found { .. }));
    until(&fake, |script| script.searched == ["amina", "amina"]).await;
}
