//! Bad input for every operation of the contract. Each row is a call and the status that the contract has
//! for it. For every row the answer comes as a reply and not as a fault (R-AUTH-2), it has a
//! sentence (R-REPLY-1), nothing is recorded, and a dry run foretells it (R-DRYRUN-1).
//!
//! A row is one of the model's commands if a command can say it, and else one of the contract's requests
//! (an empty oneof, an amount that is not a number).

mod data;
mod messages;
mod money;
mod talks;
mod whom;
mod works;

use super::{JANE, Rig};
use crate::{
    model::{
        Body, Channel, ChannelNumber, CustomerCommand, CustomerId, CustomerNumber, CustomerRef,
        CustomerState, MessageId, NetworkCommand, OrgId, Receipt, SecondaryId, SessionId, Tag,
        Timestamp, UssdMenu,
    },
    wire::{
        operation::for_each_operation,
        proto::v1::{self, dry_run_request::Command as Ask, finding},
        request,
    },
};
use std::sync::Arc;
use tonic::{Code, Status};

const OMAR: &str = "+254700000002";

/// What the contract promises for a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    /// The reply says `status = false`.
    No,
    /// The reply has this code.
    Is(i32),
    /// The reply has some code of refusal; the contract leaves open which.
    Bad,
    /// The call itself ends with this gRPC status.
    Away(Code),
    /// It is done, however odd it looks.
    Yes,
}

/// A call, and what the contract promises for it.
struct Row {
    what: String,
    ask: Ask,
    says: Says,
}

fn row(what: impl Into<String>, ask: Ask, says: Says) -> Row {
    Row { what: what.into(), ask, says }
}

/// The request for a command, on behalf of app `desk` of `acme`.
#[expect(clippy::needless_pass_by_value, reason = "rows read like sentences")]
fn ask(command: CustomerCommand) -> Ask {
    request::of(&command, &"acme".into(), &"desk".into())
}

fn long(n: usize) -> String {
    "x".repeat(n)
}

fn number(text: &str) -> CustomerNumber {
    CustomerNumber::telco(text)
}

fn jane() -> CustomerRef {
    CustomerRef::Number(number(JANE))
}

fn sms() -> ChannelNumber {
    ChannelNumber::new(Channel::Sms, "40404")
}

fn passport(value: &str) -> SecondaryId {
    SecondaryId { key: "passport".into(), value: value.into() }
}

/// A hub in which something has happened: Jane has a tag, an id, a message and an open USSD
/// session, Omar an id; a third customer was merged into Omar.
struct Stage {
    rig: Rig,
    jane: CustomerId,
    omar: CustomerId,
    gone: CustomerId,
    inbound: MessageId,
    outbound: MessageId,
    ussd: SessionId,
}

impl Stage {
    async fn set() -> Self {
        let rig = Rig::of_every_kind().await;
        let wrote = rig.receive(JANE, "hello").await;
        let inbound = MessageId::from(wrote.subject().unwrap());
        let jane = wrote.customer().unwrap().clone();
        let tags = vec![Tag { key: "level".into(), value: "gold".into(), ..Tag::default() }];
        let customer = CustomerRef::Number(number(JANE));
        done(&rig, CustomerCommand::UpdateTags { customer: customer.clone(), tags }).await;
        let ids = vec![(passport("jane"), None)];
        done(&rig, CustomerCommand::UpdateSecondaryIds { customer, ids }).await;
        let body = Body::text("hello Jane");
        let send = CustomerCommand::SendMessage { to: number(JANE), from: sms(), body, seen: None };
        let outbound = done(&rig, send).await.id.unwrap().into();
        let omar = done(&rig, CustomerCommand::Meet(CustomerRef::Number(number(OMAR)))).await;
        let omar = CustomerId::from(omar.customer.unwrap());
        let ids = vec![(passport("omar"), None)];
        let customer = CustomerRef::Id(omar.clone());
        done(&rig, CustomerCommand::UpdateSecondaryIds { customer, ids }).await;
        let third = CustomerRef::Number(number("+254700000003"));
        let gone =
            CustomerId::from(done(&rig, CustomerCommand::Meet(third)).await.customer.unwrap());
        let other = CustomerRef::Id(gone.clone());
        done(&rig, CustomerCommand::AdoptCustomer { customer: omar.clone(), other }).await;
        let dial = NetworkCommand::DialUssd {
            from: number(JANE),
            to: ChannelNumber::new(Channel::Ussd, "*384#"),
            input: String::new(),
        };
        let ussd = SessionId::from(rig.report(dial).await.subject().unwrap());
        Self { rig, jane, omar, gone, inbound, outbound, ussd }
    }

    /// What the World has of Jane.
    async fn jane(&self) -> Arc<CustomerState> {
        let (org, id) = (OrgId::from("acme"), self.jane.clone());
        let jane = self.rig.running.hub().read(&org, move |world| world.by_id(&id).cloned());
        jane.await.unwrap().unwrap()
    }

    /// Checks that every row gets what is promised, and lists all that do not.
    async fn check(&self, rows: Vec<Row>) {
        let mut wrong = Vec::new();
        for Row { what, ask, says } in rows {
            let foretold = self.foretell(&ask).await;
            let before = self.rig.written().await;
            let answer = call(&self.rig, ask).await;
            let moved = self.rig.written().await - before;
            let (fits, sentence) = match &answer {
                Ok(said) => (fits(said, says), said.words.split(' ').count() > 1),
                Err(status) => (says == Says::Away(status.code()), !status.message().is_empty()),
            };
            let kept = moved == 0 || says == Says::Yes;
            let told = match (&foretold, says) {
                (Err(_), Says::Away(_)) => true,
                (Ok(blocked), Says::Away(_) | Says::Yes) => !blocked,
                (Ok(blocked), _) => *blocked,
                (Err(_), _) => false,
            };
            if !(fits && sentence && kept && told) {
                wrong.push(format!(
                    "{what}: expected {says:?}, got {answer:?}; {moved} recorded; foretold {foretold:?}"
                ));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    /// Whether a dry run says that the call will be refused; it records nothing itself.
    async fn foretell(&self, ask: &Ask) -> Result<bool, Status> {
        let before = self.rig.written().await;
        let command = Some(ask.clone());
        let request = v1::DryRunRequest {
            org_id: "acme".into(),
            app_id: String::new(),
            command,
            seen_seq: None,
            ..v1::DryRunRequest::default()
        };
        let reply = self.rig.operator().dry_run(request).await?.into_inner();
        assert_eq!(self.rig.written().await, before, "a dry run recorded something: {ask:?}");
        let block = i32::from(finding::Level::Block);
        let heaviest = reply.findings.first().map(|finding| finding.level);
        let refused = reply.receipt.is_some_and(|receipt| !Receipt::from(receipt).is_ok());
        assert!(!refused || heaviest == Some(block), "refused without a word: {ask:?}");
        Ok(heaviest == Some(block))
    }
}

/// What the answers of all families have in common.
#[derive(Debug)]
struct Said {
    ok: bool,
    code: Option<i32>,
    words: String,
    customer: Option<String>,
    id: Option<String>,
}

fn fits(said: &Said, says: Says) -> bool {
    match says {
        Says::No => !said.ok && said.code.is_none(),
        Says::Is(code) => said.code == Some(code),
        Says::Bad => !said.ok,
        Says::Away(_) => false,
        Says::Yes => said.ok,
    }
}

/// Submits a command that prepares a test.
async fn done(rig: &Rig, command: CustomerCommand) -> Said {
    call(rig, ask(command)).await.unwrap()
}

/// Calls the rpc of a request.
async fn call(rig: &Rig, ask: Ask) -> Result<Said, Status> {
    let (mut hera, mut operator) = (rig.hera(), rig.operator());
    macro_rules! by_rpc {
        (hera { $($rpc:ident $method:ident $request:ident $reply:ident $name:ident;)* }
         operator { $($own:ident $by:ident $asked:ident $answer:ident $whose:ident;)* }) => {
            match ask {
                Ask::GetCustomerState(r) => {
                    Receipt::from(&hera.get_customer_state(r).await?.into_inner())
                }
                $(Ask::$rpc(r) => Receipt::try_from(hera.$method(r).await?.into_inner()).unwrap(),)*
                $(Ask::$own(r) => Receipt::try_from(operator.$by(r).await?.into_inner()).unwrap(),)*
            }
        };
    }
    let receipt = for_each_operation!(by_rpc);
    Ok(Said {
        ok: receipt.is_ok(),
        code: receipt.code(),
        words: receipt.description().to_owned(),
        customer: receipt.customer().map(ToString::to_string),
        id: receipt.subject().map(ToOwned::to_owned),
    })
}

fn menu(text: &str) -> UssdMenu {
    UssdMenu { text: text.into(), is_terminal: false }
}
