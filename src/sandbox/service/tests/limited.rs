//! What a key for one of an org's two apps may do: a row for each rpc of the three services (R-AUTH-3). The rpcs come from
//! the descriptors, so that a new one fails until it has a row.

use super::{ORG, hub};
use crate::{
    hub::{
        config::KeyConfig,
        raw_calls::{Raw, field, messages, text},
    },
    model::{Body, Caller, CustomerCommand, Receipt, TagMessage, TagPair, receipt::WorkReceipt},
    wire::{
        proto::v1::{SteerWorkRequest, WorkState},
        rpcs::{Rpc, rpcs},
    },
};
use prost::Message as _;
use std::collections::BTreeMap;
use tonic::{Code, Request, client::Grpc, codegen::http::uri::PathAndQuery};

const LIMITED: &str = "sb_limited_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHI";
const OWN: &str = "kiosk";

/// What a limited key may do with an rpc.
#[derive(Clone, Copy, Debug, PartialEq)]
enum May {
    /// Ask whatever the org has, or act as somebody outside of it.
    Org,
    /// Act for its own app, and for no other.
    Own,
    /// Be refused, whatever it asks for.
    Nothing,
}

use May::{Nothing, Org, Own};

/// What each rpc of a service may do, by groups.
type Rows = &'static [(May, &'static [&'static str])];

#[rustfmt::skip]
const TABLE: &[(&str, Rows)] = &[
    ("com.elarian.hera.proto.GrpcWebService", &[
        (Org, &["AuthToken", "GetCustomerState", "AdoptCustomerState", "UpdateCustomerTag", "DeleteCustomerTag",
            "UpdateCustomerSecondaryId", "DeleteCustomerSecondaryId", "LeaseCustomerMetadata",
            "UpdateCustomerMetadata", "DeleteCustomerMetadata"]),
        // These name the app in the reminder, and refuse another one in the reply (R-REM-4).
        (Org, &["AddCustomerReminder", "AddCustomerReminderByTag"]),
        (Own, &["CancelCustomerReminder", "CancelCustomerReminderByTag", "SendMessage", "SendMessageByTag",
            "ReplyToMessage", "MessagingConsent", "InitiatePayment", "MakeVoiceCall", "StreamNotifications",
            "SendWebhookResponse"]),
    ]),
    ("switchboard.v1.Operator", &[
        // A work's app is looked up, and there is no work of that id here.
        (Org, &["Hello", "Status", "Watch", "History", "GetCustomer", "FindCustomers", "DryRun", "ListWorks", "SteerWork",
            "ListRecipients", "NoAnswerNeeded", "EditScheduled", "CancelScheduled", "ListScheduled", "ListWaiting",
            "ListLive", "ListReminders", "ListLeases", "ListPurses", "ListCarriers", "ListUnknown", "DecideUnknown",
            "PauseCarrier",
            "CountAudience"]),
        (Own, &["ScheduleMessage"]),
    ]),
    ("switchboard.v1.Sandbox", &[
        (Org, &["SendMessage", "DialUssd", "AnswerUssd", "PlaceCall", "ReportCall", "Pay", "SetDelivery",
            "AnswerConsent", "ReportPayment", "SetPhone", "WatchPhone"]),
        (Nothing, &["FundPurse", "MoveClock"]),
    ]),
];

/// Every rpc that is served, with the numbers of the fields for an org and for an app.
fn heads() -> BTreeMap<String, (u32, Option<u32>)> {
    let messages = messages();
    let all = rpcs().into_iter().map(|Rpc { path, request, .. }| {
        let request = &messages[&request];
        let org = field(request, "org_id").unwrap_or_else(|| panic!("{path}"));
        (path, (org, field(request, "app_id")))
    });
    all.collect()
}

#[tokio::test]
async fn r_auth_3_a_key_for_one_app_does_nothing_that_concerns_all_of_them() {
    let (running, _) = hub(|config| {
        config.orgs[0].settings.apps.push(OWN.into());
        let key = KeyConfig { apps: vec![OWN.into()], ..KeyConfig::of_text("limited", LIMITED) };
        config.orgs[0].keys.push(key);
    })
    .await;
    let other = running.hub().settings(&ORG.into()).unwrap().apps[0].to_string();
    let connector = running.connector();
    let transport = tonic::transport::Endpoint::from_static("http://hub")
        .connect_with_connector_lazy(tower::service_fn(move |_| {
            let io = hyper_util::rt::TokioIo::new(connector());
            async move { Ok::<_, std::io::Error>(io) }
        }));
    let call = async |path: &str, bytes: Vec<u8>| {
        let mut grpc = Grpc::new(transport.clone());
        grpc.ready().await.unwrap();
        let mut request = Request::new(bytes);
        request.metadata_mut().insert("api-key", LIMITED.parse().unwrap());
        let path = PathAndQuery::try_from(path).unwrap();
        let answer = grpc.server_streaming(request, path, Raw).await;
        answer.map(drop).map_err(|status| status.code())
    };
    let mut rows = BTreeMap::new();
    for (service, groups) in TABLE {
        for (may, rpc) in groups.iter().flat_map(|(may, all)| all.iter().map(move |rpc| (may, rpc)))
        {
            assert!(rows.insert(format!("/{service}/{rpc}"), *may).is_none(), "{rpc} twice");
        }
    }
    let rpcs = heads();
    assert!(rpcs.keys().eq(rows.keys()), "{:?}\n{:?}", rpcs.keys(), rows.keys());
    for (path, (org, app)) in rpcs {
        let plain = text(org, ORG);
        let of = |name: &str| [plain.clone(), text(app.expect("an app"), name)].concat();
        let denied = Err(Code::PermissionDenied);
        match rows[&path] {
            Org => assert_ne!(call(&path, plain).await, denied, "{path}"),
            Own => {
                assert_ne!(call(&path, of(OWN)).await, denied, "{path}");
                assert_eq!(call(&path, of(&other)).await, denied, "{path}");
                // No name is that of the key's only app (D-ZERO).
                assert_ne!(call(&path, plain).await, denied, "{path}");
            }
            Nothing => assert_eq!(call(&path, plain).await, denied, "{path}"),
        }
    }

    // Work that belongs to no app is everybody's; only a program in the hub's own process can make such work.
    let (hub, org) = (running.hub(), ORG.into());
    let channels = hub.settings(&org).unwrap().channels.clone();
    let mut messaging = channels.into_iter().map(|bound| bound.channel);
    let from = messaging.find(|channel| channel.channel.is_messaging()).expect("a number");
    let tag = TagPair { key: "tier".into(), value: "gold".into() };
    let ask =
        CustomerCommand::SendMessageByTag { tag, message: TagMessage::new(from, Body::text("hi")) };
    let made = hub.submit(&org, Caller::default(), None, ask.into()).await.unwrap();
    let Receipt::Work(WorkReceipt { work: Some(work), .. }) = made else { panic!("{made:?}") };
    let steer = SteerWorkRequest {
        org_id: ORG.to_owned(),
        work_id: work.to_string(),
        to: WorkState::Cancelled.into(),
    };
    let steered = call("/switchboard.v1.Operator/SteerWork", steer.encode_to_vec()).await;
    assert_eq!(steered, Err(Code::PermissionDenied));
}
