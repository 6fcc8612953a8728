//! Bad input for every operation of the contract: each row is a call and the documented status it
//! gets. For every row: the answer comes as a reply and not as a fault (R-AUTH-2), it has a
//! sentence (R-REPLY-1), nothing is recorded, and a dry run foretells it (domain.md G).
//!
//! A row speaks in the model's commands where these can say it, and in the contract's requests
//! where only those can (an empty oneof, an amount that is not a number).

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
        MessageId, NetworkCommand, Receipt, SecondaryId, SessionId, Tag, Timestamp, UssdMenu,
    },
    wire::{
        proto::v1::{self, dry_run_request::Command as Ask, finding},
        request,
    },
};
use tonic::{Code, Status};

const OMAR: &str = "+254700000002";

/// What the contract promises for a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    /// `status=false`.
    No,
    /// This code.
    Is(i32),
    /// Some refusal of the family: the documents leave open which.
    Bad,
    /// The call itself is turned away.
    Away(Code),
    /// It is done, however odd it looks.
    Yes,
}

/// A call and what is promised.
struct Row {
    what: String,
    ask: Ask,
    says: Says,
}

fn row(what: impl Into<String>, ask: Ask, says: Says) -> Row {
    Row { what: what.into(), ask, says }
}

/// The request for a command, in the name of app `desk` of `acme`.
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
        let ids = vec![(passport("jane"), Timestamp::ZERO)];
        done(&rig, CustomerCommand::UpdateSecondaryIds { customer, ids }).await;
        let body = Body::text("hello Jane");
        let send = CustomerCommand::SendMessage { to: number(JANE), from: sms(), body };
        let outbound = done(&rig, send).await.id.unwrap().into();
        let omar = done(&rig, CustomerCommand::Meet(CustomerRef::Number(number(OMAR)))).await;
        let omar = CustomerId::from(omar.customer.unwrap());
        let ids = vec![(passport("omar"), Timestamp::ZERO)];
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

    /// Every row gets what is promised, or all that do not are listed.
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
        let request = v1::DryRunRequest { org_id: "acme".into(), app_id: String::new(), command };
        let reply = self.rig.operator().dry_run(request).await?.into_inner();
        assert_eq!(self.rig.written().await, before, "a dry run recorded something: {ask:?}");
        let block = i32::from(finding::Level::Block);
        let heaviest = reply.findings.first().map(|finding| finding.level);
        let refused = reply.receipt.is_some_and(|receipt| !Receipt::from(receipt).is_ok());
        assert!(!refused || heaviest == Some(block), "refused without a word: {ask:?}");
        Ok(heaviest == Some(block))
    }
}

/// An answer of any family.
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

/// Does it, while the stage is set.
async fn done(rig: &Rig, command: CustomerCommand) -> Said {
    call(rig, ask(command)).await.unwrap()
}

/// Calls the rpc of a request.
async fn call(rig: &Rig, ask: Ask) -> Result<Said, Status> {
    let mut hera = rig.hera();
    macro_rules! state {
        ($rpc:ident $request:expr) => {{
            let r = hera.$rpc($request).await?.into_inner();
            let (code, id) = (None, None);
            Said { ok: r.status, code, words: r.description, customer: r.customer_id, id }
        }};
    }
    macro_rules! work {
        ($on:expr, $rpc:ident $request:expr) => {{
            let r = $on.$rpc($request).await?.into_inner();
            let (code, customer) = (None, None);
            Said { ok: r.status, code, words: r.description, customer, id: r.work_id }
        }};
    }
    macro_rules! coded {
        ($rpc:ident $request:expr, |$r:ident| $customer:expr, $id:expr) => {{
            let $r = hera.$rpc($request).await?.into_inner();
            let receipt = Receipt::try_from($r.clone()).unwrap();
            let (code, words) = (Some($r.status), $r.description.clone());
            Said { ok: receipt.is_ok(), code, words, customer: $customer, id: $id }
        }};
    }
    Ok(match ask {
        Ask::GetCustomerState(r) => {
            let r = hera.get_customer_state(r).await?.into_inner();
            let customer = r.data.map(|data| data.customer_id);
            Said { ok: r.status, code: None, words: r.description, customer, id: None }
        }
        Ask::AdoptCustomerState(r) => state!(adopt_customer_state r),
        Ask::UpdateCustomerTag(r) => state!(update_customer_tag r),
        Ask::DeleteCustomerTag(r) => state!(delete_customer_tag r),
        Ask::UpdateCustomerSecondaryId(r) => state!(update_customer_secondary_id r),
        Ask::DeleteCustomerSecondaryId(r) => state!(delete_customer_secondary_id r),
        Ask::AddCustomerReminder(r) => state!(add_customer_reminder r),
        Ask::CancelCustomerReminder(r) => state!(cancel_customer_reminder r),
        Ask::UpdateCustomerMetadata(r) => state!(update_customer_metadata r),
        Ask::LeaseCustomerMetadata(r) => state!(lease_customer_metadata r),
        Ask::DeleteCustomerMetadata(r) => state!(delete_customer_metadata r),
        Ask::AddCustomerReminderByTag(r) => work!(hera, add_customer_reminder_by_tag r),
        Ask::CancelCustomerReminderByTag(r) => work!(hera, cancel_customer_reminder_by_tag r),
        Ask::SendMessageByTag(r) => work!(hera, send_message_by_tag r),
        Ask::SteerWork(r) => work!(rig.operator(), steer_work r),
        Ask::SendMessage(r) => coded!(send_message r, |r| r.customer_id, r.message_id),
        Ask::ReplyToMessage(r) => coded!(reply_to_message r, |r| r.customer_id, r.message_id),
        Ask::MessagingConsent(r) => coded!(messaging_consent r, |r| r.customer_id, None),
        Ask::InitiatePayment(r) => {
            coded!(initiate_payment r, |r| r.debit_customer_id, r.transaction_id)
        }
        Ask::MakeVoiceCall(r) => coded!(make_voice_call r, |r| r.customer_id, r.session_id),
        Ask::SendWebhookResponse(r) => {
            let r = hera.send_webhook_response(r).await?.into_inner();
            Said { ok: r.status, code: None, words: r.description, customer: None, id: None }
        }
    })
}

fn menu(text: &str) -> UssdMenu {
    UssdMenu { text: text.into(), is_terminal: false }
}
