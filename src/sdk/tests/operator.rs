//! What agents ask besides the contract: as the model says it, and `Unsupported` where there
//! is no `switchboard.v1`.

use super::fake::Fake;
use crate::{
    model::{
        CallStatus, Channel, ChannelNumber, CustomerCommand, CustomerId, CustomerRef, Level, Seq,
        TagPair, Timestamp, WorkState,
    },
    sdk::{Client, Customer, Error},
    wire::proto::v1::{self, finding},
};

fn gold() -> TagPair {
    TagPair { key: "tier".into(), value: "gold".into() }
}

fn untag() -> CustomerCommand {
    CustomerCommand::DeleteTags {
        customer: CustomerRef::Id("el_cst_jane".into()),
        keys: vec!["tier".into()],
    }
}

#[tokio::test(start_paused = true)]
async fn works_reminders_leases_and_purses_are_listed_in_words_of_the_model() {
    let client = Fake::new([]).client();
    let works = client.works(50).await.unwrap();
    let ids: Vec<_> = works.iter().map(|(work, next)| (work.id.as_str(), next.len())).collect();
    assert_eq!(ids, [("el_wrk_1", 1), ("el_wrk_2", 0)]);
    assert_eq!((works[0].0.state, works[0].0.left()), (WorkState::Running, 9));
    assert_eq!(client.works(1).await.unwrap().len(), 1);
    assert_eq!(client.work(&"el_wrk_2".into()).await.unwrap().unwrap().0.id, "el_wrk_2".into());
    assert_eq!(client.work(&"el_wrk_9".into()).await.unwrap(), None);

    let (reminders, total) = client.reminders(Some(&"el_cst_jane".into()), 1).await.unwrap();
    assert_eq!((reminders[0].customer.as_str(), total), ("el_cst_jane", 7));

    let (waiting, total) = client.waiting(2).await.unwrap();
    assert_eq!((waiting.len(), total, &*waiting[0].unanswered.text), (2, 7, "Hello?"));
    assert_eq!(waiting[0].window_ends, Some(Timestamp::from_secs(60)));

    let live = client.live(2).await.unwrap();
    assert_eq!((live.prompts.len(), live.total, live.as_of), (2, 7, Seq(9)));
    assert_eq!(live.prompts[0].call, Some(CallStatus::Ringing));
    assert_eq!(live.prompts[0].answer_by, Timestamp::from_secs(60));

    let (leases, now) = client.leases().await.unwrap();
    assert_eq!((leases[0].lease.key.as_str(), leases[0].waiting), ("cart", 2));
    assert_eq!(now, Timestamp::from_secs(60));

    // One that cannot be read is left out.
    let purses = client.purses().await.unwrap();
    assert_eq!(purses.len(), 1);
    assert_eq!(purses[0].available.to_string(), "KES 900.00");
}

#[tokio::test(start_paused = true)]
async fn an_audience_is_counted_with_or_without_a_channel() {
    let client = Fake::new([]).client();
    let sms = ChannelNumber::new(Channel::Sms, "40404");
    let reached = client.audience(&gold(), Some(&sms)).await.unwrap();
    assert_eq!((reached.tag, reached.matching, reached.reached), (gold(), 5, 3));
    assert_eq!((reached.skipped[&401], reached.sample.len()), (2, 1));
    assert_eq!(client.audience(&gold(), None).await.unwrap().reached, 5);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_asks_for_the_command_and_changes_nothing() {
    let fake = Fake::new([]);
    fake.with(|script| {
        script.outlook.findings.push(v1::Finding {
            code: "no-consent".into(),
            level: finding::Level::Block.into(),
            text: "Amina opted out.".into(),
        });
    });
    let outlook = fake.client().dry_run(&untag()).await.unwrap();
    assert_eq!((outlook.findings[0].level, outlook.is_blocked()), (Level::Block, true));
    let (tried, done) = fake.with(|script| (script.dry_runs.clone(), script.commands.clone()));
    assert_eq!((tried, done), (vec![untag()], vec![]));
}

/// D-LOOKUP: the survivor of an adoption is only looked for.
#[tokio::test(start_paused = true)]
async fn a_dry_run_of_an_operation_creates_nobody() {
    let fake = Fake::new([]);
    let stranger = crate::model::CustomerNumber::telco("+254700000009");
    let ask = fake.client().adopt_customer_state(stranger, CustomerRef::Id("el_cst_b".into()));
    let Err(Error::Refused(why)) = ask.dry_run().await else { panic!("nobody is there") };
    assert_eq!(why.description(), "there is no customer +254700000009 yet");
    assert_eq!(fake.with(|script| (script.looked_at.len(), script.dry_runs.len())), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn steering_work_is_a_command() {
    let fake = Fake::new([]);
    let pause = CustomerCommand::SteerWork { work: "el_wrk_1".into(), to: WorkState::Paused };
    let receipt = fake.client().send(&"call-0001".into(), &pause).await.unwrap();
    assert!(receipt.is_ok());
    assert_eq!(fake.with(|script| script.commands.clone()), [pause]);
    let metadata = fake.with(|script| script.metadata[0].clone());
    assert_eq!(metadata.get("idempotency-key").unwrap(), "call-0001");
}

#[tokio::test(start_paused = true)]
async fn that_no_answer_is_needed_is_a_command_of_both_kinds_of_methods() {
    let fake = Fake::new([]);
    let (client, read) = (fake.client(), Some("el_msg_7".into()));
    client.no_answer_needed(CustomerRef::Id("el_cst_jane".into()), None).await.unwrap();
    let customer = CustomerId::from("el_cst_jane");
    let jane = Customer::new(&client, customer.clone()).unwrap();
    jane.no_answer_needed(read.clone()).await.unwrap();
    let none = |up_to| CustomerCommand::NoAnswerNeeded {
        customer: CustomerRef::Id(customer.clone()),
        up_to,
    };
    assert_eq!(fake.with(|script| script.commands.clone()), [none(None), none(read)]);
}

async fn every_question(client: &Client) -> Vec<Error> {
    vec![
        client.dry_run(&untag()).await.unwrap_err(),
        client.works(1).await.unwrap_err(),
        client.work(&"el_wrk_1".into()).await.unwrap_err(),
        client.reminders(None, 1).await.unwrap_err(),
        client.waiting(1).await.unwrap_err(),
        client.live(1).await.unwrap_err(),
        client.leases().await.unwrap_err(),
        client.purses().await.unwrap_err(),
        client.audience(&gold(), None).await.unwrap_err(),
        client.history(Some(Seq(1)), 1, None, "").await.unwrap_err(),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_server_of_the_contract_alone_offers_none_of_it() {
    for error in every_question(&Fake::plain([]).client()).await {
        assert!(matches!(&error, Error::Unsupported(why) if why.starts_with("it ")), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_of_unknown_outcome_are_listed() {
    let client = Fake::new([]).client();
    let (all, total) = client.unknown(10).await.unwrap();
    let [one] = &all[..] else { panic!("one") };
    assert_eq!((one.message.as_str(), one.attempt, total), ("el_msg_7", 2, 3));
}

#[tokio::test(start_paused = true)]
async fn carriers_are_listed_with_how_they_are() {
    let client = Fake::new([]).client();
    let [carrier] = &client.carriers().await.unwrap()[..] else { panic!("one") };
    assert_eq!(
        (carrier.id.as_str(), carrier.kind.as_str(), carrier.is_up),
        ("safari", "smpp", false)
    );
    assert_eq!((carrier.waiting, carrier.why.as_str(), carrier.since), (12, "no route", None));
}
