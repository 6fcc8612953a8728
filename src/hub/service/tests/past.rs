//! Customers as of an earlier place, over the wire.

use super::{JANE, Rig, soon};
use crate::{
    model::{
        CustomerNumber, CustomerRef, Seq,
        client::{PastMoment, PastPlace},
    },
    wire::{
        client,
        proto::v1::{GetCustomerRequest, HistoryRequest},
    },
};
use tonic::Code;

fn jane() -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco(JANE))
}

/// Where an answer belongs, and what Jane had written by then.
async fn at(rig: &Rig, moment: PastMoment) -> (PastPlace, Vec<String>) {
    loop {
        let request = GetCustomerRequest {
            org_id: "acme".into(),
            customer: Some((&jane()).into()),
            past: client::from_moment(moment),
        };
        let mut reply = rig.operator().get_customer(request).await.unwrap().into_inner();
        let place = PastPlace::from(reply.past.take().expect("a place"));
        if !place.unfinished {
            let view = client::view(reply);
            let text = |view: &crate::model::CustomerView| {
                view.customer.messages.iter().filter_map(|m| m.body.text.clone()).collect()
            };
            return (place, view.as_ref().map(text).unwrap_or_default());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r_operator_7_over_the_wire_after_a_restart_too() {
    let dir = tempfile::TempDir::new().unwrap();
    let rig = Rig::on_disk(dir.path()).await;
    for text in ["one", "two", "three"] {
        rig.receive(JANE, text).await;
        rig.receive("+254700000002", "hello").await;
    }
    let (newest, all) = at(&rig, PastMoment::Place(Seq(u64::MAX))).await;
    assert_eq!((all.len(), newest.next), (3, None));
    let (second, said) = at(&rig, PastMoment::Place(newest.previous.unwrap())).await;
    assert_eq!((said, second.next), (vec!["one".to_owned(), "two".into()], Some(newest.seq)));
    assert_eq!(at(&rig, PastMoment::Time(second.at)).await.0, second);
    let (before, nothing) = at(&rig, PastMoment::Place(Seq(0))).await;
    assert!(nothing.is_empty() && before.next == second.previous);
    soon(rig.running.shutdown()).await;
    let rig = Rig::on_disk(dir.path()).await;
    assert_eq!(at(&rig, PastMoment::Place(second.seq)).await.0, second);
}

#[tokio::test]
async fn r_operator_7_nobody_has_no_past_and_none_is_made() {
    let rig = Rig::new().await;
    let request = GetCustomerRequest {
        org_id: "acme".into(),
        customer: Some((&jane()).into()),
        past: client::from_moment(PastMoment::Place(Seq(1))),
    };
    let reply = rig.operator().get_customer(request).await.unwrap().into_inner();
    assert!(reply.data.is_none() && reply.past.is_none());
    assert_eq!(rig.written().await, 0);
}

#[tokio::test]
async fn the_history_of_a_customer_goes_forwards_too() {
    let rig = Rig::new().await;
    for text in ["one", "two", "three"] {
        rig.receive(JANE, text).await;
        rig.receive("+254700000002", "hello").await;
    }
    let asked = |customer: &str, after| HistoryRequest {
        org_id: "acme".into(),
        customer_id: customer.into(),
        after_seq: Some(after),
        limit: 2,
        ..HistoryRequest::default()
    };
    let request =
        GetCustomerRequest { org_id: "acme".into(), customer: Some((&jane()).into()), past: None };
    let view = rig.operator().get_customer(request).await.unwrap().into_inner();
    let id = client::view(view).unwrap().customer.id.clone();
    let page = rig.operator().history(asked(id.as_str(), 0)).await.unwrap().into_inner();
    let seqs = |reply: crate::wire::proto::v1::HistoryReply| -> Vec<u64> {
        let page = crate::model::client::HistoryPage::try_from(reply).unwrap();
        page.entries.iter().map(|entry| entry.seq.0).collect()
    };
    let (more, first) = (page.more, seqs(page));
    assert!(more && first.len() == 2 && first[0] < first[1], "{first:?}");
    let rest = rig.operator().history(asked(id.as_str(), first[1])).await.unwrap().into_inner();
    assert!(!rest.more && seqs(rest).iter().all(|seq| *seq > first[1]));
    let past_head = rig.operator().history(asked(id.as_str(), 99)).await.unwrap().into_inner();
    assert!(past_head.entries.is_empty() && !past_head.more);
    let refused = rig.operator().history(asked("", 0)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
