//! What is acted in a sandbox arrives as it was sent.

use crate::{
    model::{
        Body, CallHop, CallStatus, Channel, ChannelNumber, Currency, CustomerNumber, DialData,
        HangupCause, MessageStatus, Money, NetworkCommand as C, OrgId, PaymentStatus, Provider,
        Timestamp, UssdEnd, arbitrary,
        phone::{Act, Manner, Outcome, Will},
    },
    wire::{proto::v1, sandbox::ActRequest},
};
use proptest::prelude::*;
use std::time::Duration;

fn amina() -> CustomerNumber {
    CustomerNumber::telco("+254711000101")
}
fn on(channel: Channel) -> ChannelNumber {
    ChannelNumber::new(channel, "40404")
}
fn request(act: &Act) -> Option<ActRequest> {
    ActRequest::new(&OrgId::from("org"), act)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_can_be_acted_arrives_as_it_was_sent(command in arbitrary::network_command()) {
        let act = Act::from(command);
        if let Some(request) = request(&act) {
            prop_assert_eq!(request.act(), Ok(act));
        }
    }
}

#[test]
fn every_act_arrives_as_it_was_sent() {
    let value = Money { currency: Currency::new("KES").unwrap(), minor: 150_000 };
    let started_at = Timestamp::from_secs(7);
    let dial =
        DialData { number: "+254700000002".into(), started_at, duration: Duration::from_secs(9) };
    let (from, session) = (amina(), || "el_ses_1".into());
    let mut acts: Vec<Act> = [
        C::ReceiveMessage { from: amina(), to: on(Channel::Whatsapp), body: Body::text("Habari") },
        C::DialUssd { from: amina(), to: on(Channel::Ussd), input: "1*2".into() },
        C::InputUssd { session: session(), input: "1".into() },
        C::EndUssd { session: session(), end: UssdEnd::CustomerLeft },
        C::ReceiveCall { from: amina(), to: on(Channel::Voice) },
        C::ReceivePayment { from: amina(), to: on(Channel::Payment), value },
        C::ReportPayment { transaction: "el_txn_1".into(), status: PaymentStatus::Rejected },
        C::AnswerConsent { from, to: on(Channel::Sms), agrees: true },
        C::FundPurse { purse: "till".into(), value },
        C::MoveClock { by: Duration::from_hours(24) },
    ]
    .map(Act::from)
    .into();
    acts.extend([
        Act::pick_up(session()),
        Act::reject_call(session()),
        Act::hang_up(session(), Duration::from_secs(90)),
        Act::press(session(), "12#"),
        Act::record(session(), "https://example.org/1.ogg"),
        Act::dialled(session(), dial),
    ]);
    acts.extend(Outcome::ALL.map(|outcome| Act::SetDelivery { number: amina(), outcome }));
    acts.extend(Will::ALL.map(Some).into_iter().chain([None]).map(|will| {
        let (pays, consents) = (None, Some(Will::Wait));
        let manner = Manner { picks_up: will, pays, consents, digits: "12#".into() };
        Act::SetPhone { number: amina(), manner }
    }));
    for act in acts {
        let request = request(&act).expect("a phone, a network or a clock does this");
        assert_eq!(request.org(), "org");
        assert_eq!(request.act(), Ok(act));
    }
}

#[test]
fn what_only_the_hub_and_the_network_say_is_no_act() {
    let hop = CallHop {
        status: CallStatus::Completed,
        cause: HangupCause::NormalClearing,
        ..CallHop::default()
    };
    let cost = Some(Money { currency: Currency::new("KES").unwrap(), minor: 350 });
    for command in [
        C::Sweep,
        C::ReportMessage { message: "el_msg_1".into(), status: MessageStatus::Read },
        C::EndUssd { session: "el_ses_1".into(), end: UssdEnd::TimedOut },
        C::MissPlan { session: "el_ses_1".into() },
        C::ReportCall { session: "el_ses_1".into(), hop, duration: Duration::ZERO, cost },
    ] {
        assert_eq!(request(&command.into()), None);
    }
}

#[test]
fn whoever_acts_has_a_number() {
    let message = ActRequest::SendMessage(v1::PhoneMessage::default());
    assert_eq!(message.act().unwrap_err().to_string(), "no phone number given");
    let phone = v1::SetPhoneRequest {
        number: Some((&CustomerNumber { provider: Provider::Unspecified, ..amina() }).into()),
        ..v1::SetPhoneRequest::default()
    };
    let why = ActRequest::SetPhone(phone).act().unwrap_err().to_string();
    assert_eq!(why, "say whose number it is: telco, telegram or facebook");
}
