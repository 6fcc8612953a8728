//! How each outcome is driven: what has to be so before, which form is filled in, and what the hub gets in its place
//! where a form or its sheet would not let it go.

use super::stage::{Stage, TILL, line};
use std::time::Duration;
use switchboard::{
    catalog::Quoted,
    model::{
        Body, Channel, ChannelNumber, ConsentAction, Currency, CustomerCommand, CustomerId,
        CustomerNumber, CustomerRef, Money, NetworkCommand, PaymentParty, Provider, Say, Seq,
        VoiceAction,
        magic::{Family, Magic},
    },
};

/// One outcome, ready to be driven.
pub struct Case {
    /// The form, and what is written in it.
    pub form: &'static str,
    pub values: Vec<(&'static str, &'static str)>,
    /// What must be typed on the sheet.
    pub confirm: &'static str,
    /// The channel on which the conversation with the customer is.
    pub channel: ChannelNumber,
    pub quoted: Option<Quoted>,
    /// What the hub gets instead of the form's command.
    pub instead: Option<CustomerCommand>,
    /// What the call is told when it asks.
    pub plan: Option<Vec<VoiceAction>>,
    /// Whose call takes this one out of the queue.
    pub taken_by: Option<CustomerNumber>,
    /// Whether the message is cancelled once it is scheduled.
    pub cancels: bool,
}

fn case(
    form: &'static str,
    values: &[(&'static str, &'static str)],
    confirm: &'static str,
) -> Case {
    Case {
        form,
        values: values.to_vec(),
        confirm,
        channel: line(Channel::Sms),
        quoted: None,
        instead: None,
        plan: None,
        taken_by: None,
        cancels: false,
    }
}

impl Case {
    fn instead(self, command: CustomerCommand) -> Self {
        Self { instead: Some(command), ..self }
    }
    fn plan(self, action: VoiceAction) -> Self {
        Self { plan: Some(vec![action]), ..self }
    }
}

/// The customer of a case.
pub struct Who {
    pub id: CustomerId,
    pub number: CustomerNumber,
}

fn kes(units: i64) -> Money {
    Money { currency: Currency::new("KES").unwrap(), minor: units * 100 }
}

/// Prepares an outcome; `None` if no command of an agent leads to it, but the customer has done it by now.
pub async fn prepare(stage: &Stage, row: &Magic, who: &Who) -> Option<Case> {
    match row.family {
        Family::Message => message(stage, row.code, who).await,
        Family::Consent => Some(consent(row.code, who)),
        Family::Call | Family::Cause => Some(call(stage, row, who).await),
        Family::Payment => payment(stage, row.code, who).await,
    }
}

async fn writes(stage: &Stage, who: &Who, on: Channel, text: &str) {
    let (from, to, body) = (who.number.clone(), line(on), Body::text(text));
    stage.client.sandbox().act(NetworkCommand::ReceiveMessage { from, to, body }).await.unwrap();
}

fn write(who: &Who, from: ChannelNumber, text: &str) -> CustomerCommand {
    let (to, body) = (who.number.clone(), Body::text(text));
    CustomerCommand::SendMessage { to, from, body, seen: None }
}

async fn message(stage: &Stage, code: i32, who: &Who) -> Option<Case> {
    let base = || case("message", &[("text", "It leaves the depot today.")], "");
    let sms = || line(Channel::Sms);
    let reply = |channel: ChannelNumber| {
        let (id, number, text) = ("el_msg_none".into(), who.number.clone(), "habari".into());
        let at = switchboard::hub::clock::now();
        let quoted = Some(Quoted { id, number, channel, text, at });
        Case { quoted, ..case("reply", &[("text", "It leaves the depot today.")], "") }
    };
    let to_reply = |customer| CustomerCommand::ReplyToMessage {
        customer,
        message: "el_msg_none".into(),
        body: Body::text("It leaves the depot today."),
        seen: None,
    };
    let later = || case("message", &[("text", "It leaves the depot today."), ("at", "+1h")], "");
    Some(match code {
        102 => later(),
        199 => Case { cancels: true, ..later() },
        301 => {
            writes(stage, who, Channel::Whatsapp, "habari").await;
            Case { channel: line(Channel::Whatsapp), ..base() }
        }
        302 => {
            writes(stage, who, Channel::Sms, "habari").await;
            return None;
        }
        401 => {
            writes(stage, who, Channel::Sms, "STOP").await;
            base()
        }
        404 => Case { channel: line(Channel::Whatsapp), ..base() },
        405 => base().instead(write(who, ChannelNumber::new(Channel::Sms, "1"), "x")),
        406 => {
            let to = CustomerNumber::new(Provider::Telegram, "wanjiku");
            let (from, body) = (sms(), Body::text("x"));
            base().instead(CustomerCommand::SendMessage { to, from, body, seen: None })
        }
        407 => reply(sms()),
        408 => reply(sms()).instead(to_reply("el_cst_none".into())),
        411 => {
            let (to, from, body) = (CustomerNumber::telco(""), sms(), Body::text("x"));
            base().instead(CustomerCommand::SendMessage { to, from, body, seen: None })
        }
        412 => reply(sms()).instead(to_reply(stage.merged_into(who).await)),
        413 => base().instead(write(who, sms(), "")),
        450 => {
            stage.colleague_writes(&who.number).await;
            base().instead(write(who, sms(), "x").having_seen(Some(Seq(0))))
        }
        _ => base(),
    })
}

fn consent(code: i32, who: &Who) -> Case {
    let reason = ("reason", "asked for it on the phone");
    let ask = |action, channel| CustomerCommand::RequestConsent {
        number: who.number.clone(),
        channel,
        action,
        reason: "asked for it on the phone".into(),
    };
    let opt_in = case("consent", &[reason], "allow");
    match code {
        301 => case("consent", &[reason, ("action", "opt-out")], "block"),
        401 => opt_in.instead(ask(ConsentAction::OptIn, ChannelNumber::new(Channel::Sms, "1"))),
        501 => opt_in.instead(ask(ConsentAction::Unspecified, line(Channel::Sms))),
        _ => opt_in,
    }
}

async fn call(stage: &Stage, row: &Magic, who: &Who) -> Case {
    let base = || case("call", &[], "call");
    let make = |to, from| CustomerCommand::MakeCall { to, from };
    let (voice, queue) =
        (line(Channel::Voice), ChannelNumber::new(Channel::Voice, "+254711082301"));
    let say = || VoiceAction::Say(Say { text: "Karibu".into(), ..Say::default() });
    let enqueue = VoiceAction::Enqueue { hold_music: None, queue_name: None };
    let dial = |to: &str| VoiceAction::Dial {
        numbers: vec![CustomerNumber::telco(to)],
        record: false,
        sequential: false,
        ringback_tone: None,
        caller_id: None,
        max_duration: None,
    };
    match (row.family, row.code) {
        (Family::Cause, 16) | (Family::Call, 200 | 206 | 207) => base().plan(say()),
        (Family::Call, 201) => base().plan(dial("+254733900201")),
        (Family::Call, 202) => base().plan(dial("+254700300401")),
        (Family::Call, 203) => base().plan(dial("+254733900203")),
        (Family::Call, 204) => base().plan(enqueue),
        (Family::Call, 205) => Case {
            taken_by: Some(CustomerNumber::telco("+254733900205")),
            ..base().instead(make(who.number.clone(), queue)).plan(enqueue)
        },
        (Family::Call, 402) => base().instead(make(CustomerNumber::telco(""), voice)),
        (Family::Call, 403) => {
            stage.sends(&make(who.number.clone(), voice)).await;
            base()
        }
        (Family::Call, 406) => {
            base().instead(make(who.number.clone(), ChannelNumber::new(Channel::Voice, "1")))
        }
        _ => base(),
    }
}

async fn payment(stage: &Stage, code: i32, who: &Who) -> Option<Case> {
    let asks = || case("pay", &[("amount", "KES 500"), ("from", "customer"), ("to", TILL)], "500");
    let person =
        || PaymentParty::Customer { number: who.number.clone(), channel: line(Channel::Payment) };
    let purse = |id: &str| PaymentParty::Purse(id.into());
    let wallet = |customer| PaymentParty::Wallet { customer, wallet: "w".into() };
    let pays = |debit, credit, value| CustomerCommand::InitiatePayment { debit, credit, value };
    Some(match code {
        101 => case("pay", &[("amount", "KES 500"), ("from", TILL), ("to", "customer")], "500"),
        200 => asks().instead(pays(purse("till"), purse("till"), kes(500))),
        201 => {
            let number = CustomerNumber::telco("+254733900000");
            let other = PaymentParty::Customer { number, channel: line(Channel::Payment) };
            asks().instead(pays(person(), other, kes(500)))
        }
        202 => {
            let from = ("from", "purse:empty");
            case("pay", &[("amount", "KES 500"), from, ("to", "customer")], "500")
        }
        204 => {
            let value = Money { currency: Currency::new("UGX").unwrap(), minor: 500 };
            asks().instead(pays(person(), purse("till"), value))
        }
        206 => asks().instead(pays(person(), purse("none"), kes(500))),
        207 => asks().instead(pays(wallet(who.id.clone()), purse("till"), kes(500))),
        299 => {
            let gone = stage.merged_into(who).await;
            asks().instead(pays(wallet(gone), purse("till"), kes(500)))
        }
        301 => {
            let to = ChannelNumber::new(Channel::Payment, "525901");
            let (from, value) = (who.number.clone(), kes(500));
            let pay = NetworkCommand::ReceivePayment { from, to, value };
            stage.client.sandbox().act(pay).await.unwrap();
            return None;
        }
        _ => asks(),
    })
}

/// Whether the idempotency key of the command was used for another one before.
pub const fn repeats(row: &Magic) -> bool {
    matches!((row.family, row.code), (Family::Message, 409) | (Family::Payment, 205))
}

/// Whether an outcome is what something comes through: a phone that rings, which nobody picks up in the end.
pub fn passes(row: &Magic) -> bool {
    (row.family, row.code) == (Family::Call, 102)
}

/// How long something may take to come to its end. The longest are calls that go through a plan.
pub fn lasts(row: &Magic) -> Duration {
    match row.family {
        _ if passes(row) => Duration::from_secs(1),
        Family::Call | Family::Cause => Duration::from_secs(13),
        Family::Message | Family::Consent | Family::Payment => Duration::from_secs(6),
    }
}

/// Who lives in the customer's place where the row has no number of its own.
pub fn number_of(row: &Magic) -> CustomerNumber {
    let family = Family::ALL.iter().position(|family| *family == row.family).unwrap();
    row.number()
        .unwrap_or_else(|| CustomerNumber::telco(&format!("+25473300{family}{:03}", row.code)))
}

/// The customer whom somebody is called by, for commands that name them.
pub fn by_number(number: &CustomerNumber) -> CustomerRef {
    CustomerRef::Number(number.clone())
}
