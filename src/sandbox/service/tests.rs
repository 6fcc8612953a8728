//! The service over an in-memory connection to a whole hub, in which customers do nothing by themselves.

use crate::{
    hub::{
        config::HubConfig,
        serve::{self, Running},
    },
    wire::proto::{
        hera::{Cash, CustomerNumber, CustomerNumberProvider},
        v1::{
            self, Channel, ChannelNumber, PhoneReply, phone_event::Kind,
            sandbox_client::SandboxClient, set_delivery_request::Outcome, set_phone_request::Will,
        },
    },
};
use hyper_util::rt::TokioIo;
use tonic::{
    Code, Request, Status,
    metadata::AsciiMetadataValue,
    service::interceptor::InterceptedService,
    transport::{Channel as Transport, Endpoint},
};

type Client<F> = SandboxClient<InterceptedService<Transport, F>>;

/// A running hub, and a client that has its key.
async fn hub(
    change: impl FnOnce(&mut HubConfig),
) -> (Running, Client<impl FnMut(Request<()>) -> Result<Request<()>, Status> + Clone>) {
    let (mut config, key) = HubConfig::embedded(None).unwrap();
    config.orgs[0].sandbox.rate_per_minute = 0;
    // No message may fail by chance, because these tests wait until one arrives.
    config.orgs[0].sandbox.fail_percent = 0;
    change(&mut config);
    let running = serve::start(config, &[crate::sandbox::attach]).await.unwrap();
    let connector = running.connector();
    let transport = Endpoint::from_static("http://hub").connect_with_connector_lazy(
        tower::service_fn(move |_| {
            let io = TokioIo::new(connector());
            async move { Ok::<_, std::io::Error>(io) }
        }),
    );
    let key: AsciiMetadataValue = key.parse().unwrap();
    let client = SandboxClient::with_interceptor(transport, move |mut request: Request<()>| {
        request.metadata_mut().insert("api-key", key.clone());
        Ok(request)
    });
    (running, client)
}

const ORG: &str = "sandbox";

fn amina() -> CustomerNumber {
    CustomerNumber {
        provider: CustomerNumberProvider::Telco.into(),
        number: "+254700000001".into(),
        partition: None,
    }
}

fn message(text: &str) -> v1::PhoneMessage {
    let number = "40404".into();
    v1::PhoneMessage {
        org_id: ORG.into(),
        from: Some(amina()),
        to: Some(ChannelNumber { channel: Channel::Sms.into(), number }),
        body: Some(v1::Body { text: Some(text.into()), ..v1::Body::default() }),
    }
}

fn dial() -> v1::DialUssdRequest {
    v1::DialUssdRequest {
        org_id: ORG.into(),
        from: Some(amina()),
        code: "*384#".into(),
        input: String::new(),
    }
}

fn done(reply: PhoneReply) -> PhoneReply {
    assert!(reply.ok, "{}", reply.description);
    assert!(reply.customer_id.starts_with("el_cst_"), "{reply:?}");
    reply
}

#[tokio::test]
async fn a_program_acts_as_a_customer_and_sees_what_reaches_the_phone() {
    let (running, mut client) = hub(|_| {}).await;
    let watch = v1::WatchPhoneRequest { org_id: ORG.into(), number: Some(amina()) };
    let mut screen = client.watch_phone(watch).await.unwrap().into_inner();

    let sent = done(client.send_message(message("Habari")).await.unwrap().into_inner());
    assert!(sent.subject_id.starts_with("el_msg_"));

    let session = done(client.dial_ussd(dial()).await.unwrap().into_inner()).subject_id;
    let Kind::UssdMenu(menu) = screen.message().await.unwrap().unwrap().kind.unwrap() else {
        panic!("the app's menu comes first")
    };
    assert_eq!(menu.session_id, session);
    let answer = v1::AnswerUssdRequest {
        org_id: ORG.into(),
        session_id: session.clone(),
        input: "1".into(),
        leave: false,
    };
    done(client.answer_ussd(answer).await.unwrap().into_inner());
    let Kind::UssdMenu(menu) = screen.message().await.unwrap().unwrap().kind.unwrap() else {
        panic!("then the answer to the input")
    };
    assert!(menu.is_terminal && menu.text.contains("balance"), "{menu:?}");
    let Kind::UssdEnded(end) = screen.message().await.unwrap().unwrap().kind.unwrap() else {
        panic!("which ends the session")
    };
    assert_eq!(end.session_id, session);

    let pay = v1::PayRequest {
        org_id: ORG.into(),
        from: Some(amina()),
        to: "525900".into(),
        value: Some(Cash { currency_code: "KES".into(), amount: 1500.0 }),
    };
    done(client.pay(pay).await.unwrap().into_inner());
    let Kind::Message(receipt) = screen.message().await.unwrap().unwrap().kind.unwrap() else {
        panic!("the app confirms the payment")
    };
    let text = receipt.body.unwrap().text.unwrap();
    assert!(text.starts_with("Received KES 1,500.00"), "{text}");
    running.shutdown().await;
    assert_eq!(screen.message().await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn calls_ring_and_end() {
    let (running, mut client) = hub(|config| config.orgs[0].sandbox.demo_app = false).await;
    let call = v1::PlaceCallRequest {
        org_id: ORG.into(),
        from: Some(amina()),
        to: "+254711082300".into(),
    };
    let session = done(client.place_call(call).await.unwrap().into_inner()).subject_id;
    let report = |status, cause| v1::ReportCallRequest {
        org_id: ORG.into(),
        session_id: session.clone(),
        status,
        cause,
        ..v1::ReportCallRequest::default()
    };
    done(client.report_call(report(300, 487)).await.unwrap().into_inner());
    let refused = client.report_call(report(7, 0)).await.unwrap().into_inner();
    assert!(!refused.ok && refused.description.contains("no call status"), "{refused:?}");
    running.shutdown().await;
}

#[tokio::test]
async fn outcomes_are_set_for_single_phones() {
    let (running, mut client) = hub(|_| {}).await;
    let set = |number, outcome: i32| v1::SetDeliveryRequest { org_id: ORG.into(), number, outcome };
    let reply =
        client.set_delivery(set(Some(amina()), Outcome::Fail.into())).await.unwrap().into_inner();
    assert!(reply.ok, "{reply:?}");
    let reply = client.set_delivery(set(Some(amina()), 99)).await.unwrap().into_inner();
    assert_eq!(reply.description, "there is no outcome 99");
    let reply = client.set_delivery(set(None, Outcome::Fail.into())).await.unwrap().into_inner();
    assert_eq!((reply.ok, reply.description.as_str()), (false, "no phone number given"));
    running.shutdown().await;
}

#[tokio::test]
async fn phones_are_told_how_to_behave_and_show_what_they_are_asked() {
    let (running, mut client) = hub(|_| {}).await;
    let set = |pays: i32, digits: &str| v1::SetPhoneRequest {
        org_id: ORG.into(),
        number: Some(amina()),
        pays,
        digits: digits.into(),
        ..v1::SetPhoneRequest::default()
    };
    let wait = Will::Wait.into();
    for (asked, says) in [
        (set(9, ""), "pays: a phone does not know 9"),
        (set(0, "12a"), "at most 32 keys of 0 to 9, * and #"),
        (v1::SetPhoneRequest { number: None, ..set(0, "") }, "no phone number given"),
    ] {
        let reply = client.set_phone(asked).await.unwrap().into_inner();
        assert!(!reply.ok && reply.description.contains(says), "{reply:?}");
    }
    let reply = client.set_phone(set(wait, "12#")).await.unwrap().into_inner();
    assert!(reply.ok, "{reply:?}");
    assert!(reply.description.ends_with("pays when told, presses 12#"), "{reply:?}");

    // The built-in app sells airtime, and the phone is asked to pay.
    let watch = v1::WatchPhoneRequest { org_id: ORG.into(), number: Some(amina()) };
    let mut screen = client.watch_phone(watch).await.unwrap().into_inner();
    done(
        client
            .dial_ussd(v1::DialUssdRequest { input: "2*50*1".into(), ..dial() })
            .await
            .unwrap()
            .into_inner(),
    );
    let asked = loop {
        if let Kind::PaymentStarted(asked) = screen.message().await.unwrap().unwrap().kind.unwrap()
        {
            break asked;
        }
    };
    let refuse = v1::ReportPaymentRequest {
        org_id: ORG.into(),
        transaction_id: asked.transaction_id.clone(),
        status: 403,
    };
    assert!(client.report_payment(refuse).await.unwrap().into_inner().ok);
    let Kind::Payment(payment) = screen.message().await.unwrap().unwrap().kind.unwrap() else {
        panic!("what came of it")
    };
    assert_eq!((payment.transaction_id, payment.status), (asked.transaction_id, 403));
    running.shutdown().await;
}

#[tokio::test]
async fn purses_are_filled_and_the_clock_moves_forward_only() {
    let (running, mut client) = hub(|config| config.orgs[0].sandbox.demo_app = false).await;
    let fund = |purse: &str, amount| v1::FundPurseRequest {
        org_id: ORG.into(),
        purse_id: purse.into(),
        value: Some(Cash { currency_code: "KES".into(), amount }),
    };
    assert!(client.fund_purse(fund("till", 500.0)).await.unwrap().into_inner().ok);
    assert!(!client.fund_purse(fund("none", 500.0)).await.unwrap().into_inner().ok);
    assert!(!client.fund_purse(fund("till", 0.001)).await.unwrap().into_inner().ok, "D-CASH");
    let forward = |seconds| v1::MoveClockRequest {
        org_id: ORG.into(),
        by: Some(prost_types::Duration { seconds, nanos: 0 }),
    };
    assert!(client.move_clock(forward(86_400)).await.unwrap().into_inner().ok);
    for seconds in [0, -1] {
        let reply = client.move_clock(forward(seconds)).await.unwrap().into_inner();
        assert!(!reply.ok, "{reply:?}");
    }
    let agrees = v1::AnswerConsentRequest {
        org_id: ORG.into(),
        from: Some(amina()),
        to: message("").to,
        agrees: true,
    };
    let reply = client.answer_consent(agrees).await.unwrap().into_inner();
    assert!(!reply.ok && reply.description.contains("nobody asked"), "{reply:?}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_call_with_the_same_idempotency_key_is_one_call() {
    let (running, mut client) = hub(|_| {}).await;
    let mut once = async |text: &str| {
        let mut request = Request::new(message(text));
        request.metadata_mut().insert("idempotency-key", "0123456789".parse().unwrap());
        client.send_message(request).await.unwrap().into_inner()
    };
    let first = once("Habari").await;
    assert_eq!(once("Habari").await, first);
    assert!(!once("Other words").await.ok, "another request under the same key (D-IDEM)");
    running.shutdown().await;
}

#[tokio::test]
async fn orgs_without_a_sandbox_refuse() {
    let (running, mut client) = hub(|config| config.orgs[0].sandbox.enabled = false).await;
    let refused = client.send_message(message("Habari")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(refused.message(), "this org is not a sandbox");
    let other = v1::PhoneMessage { org_id: "other".into(), ..message("Habari") };
    let refused = client.send_message(other).await.unwrap_err();
    assert_eq!(refused.message(), "this key is not for that org", "D-AUTH");
    running.shutdown().await;
}

mod limited;
