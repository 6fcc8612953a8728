//! Requests, replies and notifications of the public contract.

use crate::{
    model::{
        AppId, Body, CallReceipt, CallStatus, ConsentReceipt, ConsentStatus, CustomerCommand,
        Event, EventKind, Firing, LeaseReceipt, MessageReceipt, MessageStatus, NetworkReceipt,
        OrgId, PaymentReceipt, PaymentStatus, Receipt, Tag, arbitrary,
    },
    wire::{
        notification,
        proto::{hera, v1::dry_run_request::Command as Request},
        request,
    },
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_command_arrives_as_it_was_sent(command in arbitrary::command()) {
        let request = request::of(&command, &OrgId::from("org"), &AppId::from("app"));
        let read = CustomerCommand::try_from(request);
        prop_assert_eq!(read, Ok(command));
    }

    /// R-DECOM-2, R-EVT-4: the customer can be replaced in every kind of notification, and
    /// nothing else changes.
    #[test]
    fn a_notification_can_name_another_customer(event in arbitrary::event()) {
        let org = OrgId::from("org");
        let event = Event { app: Some("app".into()), customer: Some("el_cst_1".into()), ..event };
        if let Some(mut note) = notification::encode(&org, &event) {
            notification::rename(&mut note, &"el_cst_2".into());
            let other = Event { customer: Some("el_cst_2".into()), ..event };
            prop_assert_eq!(Some(note), notification::encode(&org, &other));
        }
    }

    #[test]
    fn a_receipt_comes_back_in_its_family(receipt in arbitrary::receipt()) {
        match &receipt {
            Receipt::State(_) => {
                let reply = hera::UpdateCustomerStateReply::from(&receipt);
                prop_assert_eq!(Receipt::try_from(reply), Ok(receipt));
            }
            Receipt::Message(MessageReceipt { status: MessageStatus::Unspecified, .. }) => {
                let reply = hera::SendMessageReply::from(&receipt);
                prop_assert!(Receipt::try_from(reply).is_err());
            }
            // What a colleague answered travels beside the reply (R-CONFLICT-1).
            Receipt::Message(message) => {
                let reply = hera::SendMessageReply::from(&receipt);
                let read = Receipt::from(MessageReceipt { conflict: None, ..message.clone() });
                prop_assert_eq!(Receipt::try_from(reply), Ok(read));
            }
            Receipt::Network(NetworkReceipt { subject, .. }) if subject.as_deref() != Some("") => {
                let reply = crate::wire::proto::v1::PhoneReply::from(&receipt);
                prop_assert_eq!(Receipt::from(NetworkReceipt::from(reply)), receipt);
            }
            Receipt::Network(_) => {}
            Receipt::Work(_) => {
                let reply = hera::TagCommandReply::from(&receipt);
                prop_assert_eq!(Receipt::try_from(reply), Ok(receipt));
            }
            // The contract has no field for the end of the lease.
            Receipt::Lease(LeaseReceipt { ok, value, .. }) => {
                let reply = hera::LeaseCustomerMetadataReply::from(&receipt);
                // D-LEASE-VALUE: the value is there also when it is empty.
                let arm = reply.value.clone().map(|value| value.value.is_some());
                prop_assert_eq!(arm, Some(value.is_some()));
                let read = LeaseReceipt::try_from(Receipt::try_from(reply).unwrap()).unwrap();
                prop_assert_eq!((read.ok, &read.value, read.until), (*ok, value, None));
            }
            Receipt::Consent(ConsentReceipt { status, .. }) => {
                let reply = hera::MessagingConsentReply::from(&receipt);
                let known = (*status != ConsentStatus::Unspecified).then_some(receipt.clone());
                prop_assert_eq!(Receipt::try_from(reply).ok(), known);
            }
            Receipt::Payment(PaymentReceipt { status, .. }) => {
                let reply = hera::InitiatePaymentReply::from(&receipt);
                let known = (*status != PaymentStatus::Unspecified).then_some(receipt.clone());
                prop_assert_eq!(Receipt::try_from(reply).ok(), known);
            }
            Receipt::Call(CallReceipt { status, .. }) => {
                let reply = hera::MakeVoiceCallReply::from(&receipt);
                let known = (*status != CallStatus::Unspecified).then_some(receipt.clone());
                prop_assert_eq!(Receipt::try_from(reply).ok(), known);
            }
        }
    }

    /// Every notification names its app, has one arm, and reads as the same event again.
    #[test]
    fn a_notification_tells_of_its_event(event in arbitrary::event()) {
        let org = OrgId::from("org");
        let Some(sent) = notification::encode(&org, &event) else { return Ok(()) };
        prop_assert_eq!(Some(AppId::from(sent.app_id.as_str())), event.app.clone());
        prop_assert!(sent.entry.is_some());
        let back = notification::decode(sent.clone());
        prop_assert_eq!(back.at, event.at);
        prop_assert_eq!(&back.customer, &event.customer);
        prop_assert_eq!(notification::encode(&org, &back), Some(sent));
    }
}

fn event(app: Option<&str>, kind: EventKind) -> Event {
    Event {
        at: crate::model::Timestamp::from_secs(1),
        customer: Some("el_cst_1".into()),
        app: app.map(Into::into),
        actor: crate::model::Actor::Customer,
        number: None,
        channel: None,
        name: None,
        kind,
    }
}

#[test]
fn only_what_concerns_an_app_is_notified() {
    let org = OrgId::from("org");
    let received = || EventKind::MessageReceived { id: "m".into(), body: Body::text("hi") };
    assert!(notification::encode(&org, &event(Some("app"), received())).is_some());
    assert!(notification::encode(&org, &event(None, received())).is_none());
    assert!(notification::encode(&org, &event(Some("app"), EventKind::CustomerMet)).is_none());
    let sent = |work| {
        let (id, body, status) = ("m".into(), Body::text("hi"), MessageStatus::NoConsent);
        EventKind::MessageSent { id, body, status, in_reply_to: None, work }
    };
    assert!(notification::encode(&org, &event(Some("app"), sent(None))).is_none());
    let by_tag = event(Some("app"), sent(Some("el_wrk_1".into())));
    assert!(notification::encode(&org, &by_tag).is_some(), "R-EVT-7: nobody else says so");
    let asked = EventKind::ConsentChanged(crate::model::ConsentStatus::OptInRequestSent);
    assert!(notification::encode(&org, &event(Some("app"), asked)).is_none());
}

/// R-EVT-6: the SDKs read through the wrappers of the payload, the tag's value and its expiry without a
/// check, so all three are always set.
#[test]
fn a_reminder_without_a_payload_has_an_empty_one() {
    let tag = Some(Tag { key: "a".into(), value: "b".into(), ..Tag::default() });
    let firing = Firing { tag, work: Some("el_wrk_1".into()), ..Firing::default() };
    let fired = event(Some("app"), EventKind::ReminderFired(firing));
    let sent = notification::encode(&OrgId::from("org"), &fired).unwrap();
    assert!(sent.timestamp.is_some());
    let Some(hera::webhook_request::Entry::Reminder(reminder)) = sent.entry else { panic!() };
    assert_eq!(reminder.reminder.unwrap().payload.as_deref(), Some(""));
    let tag = reminder.tag.unwrap();
    assert!(tag.expiration.is_some() && tag.mapping.unwrap().value.is_some());
}

/// R-USSD-1: `input` is set and empty for a bare dial.
#[test]
fn a_bare_dial_has_an_empty_input() {
    let dial = EventKind::UssdInput { session: "s".into(), input: String::new(), dial: true };
    let sent = notification::encode(&OrgId::from("org"), &event(Some("app"), dial)).unwrap();
    let Some(hera::webhook_request::Entry::UssdSession(ussd)) = sent.entry else { panic!() };
    assert_eq!(ussd.input.as_deref(), Some(""));
}

/// R-ADDR-2, R-META-1: what is refused before any rule is asked.
#[test]
fn what_names_nobody_or_carries_nothing_is_refused() {
    let nobody = CustomerCommand::try_from(Request::UpdateCustomerTag(
        hera::UpdateCustomerTagRequest::default(),
    ));
    assert_eq!(nobody.unwrap_err().to_string(), "no customer given");
    let mut request = hera::UpdateCustomerMetadataRequest {
        customer: Some(hera::update_customer_metadata_request::Customer::CustomerId("x".into())),
        ..Default::default()
    };
    request.metadata.insert("key".into(), hera::DataMapValue { value: None });
    let armless = CustomerCommand::try_from(Request::UpdateCustomerMetadata(request)).unwrap_err();
    assert_eq!(armless.to_string(), "a metadata value is neither text nor bytes");
}

/// R-MSG-6: location wins over media and media over text, as in the contract's own SDKs.
#[test]
fn a_body_with_several_things_sends_one() {
    let mut body = Body::text("hi");
    body.media.push(crate::model::Media::default());
    let sent = hera::CustomerMessageBody::from(&body);
    assert!(matches!(sent.entry, Some(hera::customer_message_body::Entry::Media(_))));
    body.location = Some(crate::model::Location::default());
    let sent = hera::CustomerMessageBody::from(&body);
    assert!(matches!(sent.entry, Some(hera::customer_message_body::Entry::Location(_))));
}
