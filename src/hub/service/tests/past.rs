//! Customers as of an earlier place, over the wire.

use super::{JANE, Rig, soon};
use crate::{
    model::{
        CustomerNumber, CustomerRef, Seq, Timestamp,
        client::{PastMoment, PastPlace},
    },
    wire::{
        client,
        proto::v1::{EventFilter, GetCustomerRequest, HistoryRequest},
        time,
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
    for wrong in [
        HistoryRequest { words: "one".into(), ..asked("", 0) },
        HistoryRequest { before_seq: 3, ..asked(id.as_str(), 0) },
        HistoryRequest { filter: Some(EventFilter::default()), ..asked(id.as_str(), 0) },
        HistoryRequest { before_time: time(Timestamp::ZERO), ..asked("", 0) },
    ] {
        let refused = rig.operator().history(wrong).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{}", refused.message());
    }
}

/// What a call of `History` finds: the places of the entries, how far it came, whether there is more, and where
/// the time lies.
async fn found(rig: &Rig, asked: HistoryRequest) -> (Vec<u64>, Option<u64>, bool, Option<u64>) {
    let asked = HistoryRequest { org_id: "acme".into(), ..asked };
    let reply = soon(rig.operator().history(asked)).await.unwrap().into_inner();
    let (to, more, place) = (reply.searched_to, reply.more, reply.time_seq);
    let page = crate::model::client::HistoryPage::try_from(reply).unwrap();
    (page.entries.iter().map(|entry| entry.seq.0).collect(), to, more, place)
}

/// R-OPERATOR-8: after a restart the place comes from the index and the log, and is the same.
#[tokio::test(flavor = "multi_thread")]
async fn r_operator_8_times_and_both_ways_from_them_over_the_wire() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut rig = Rig::on_disk(dir.path()).await;
    for n in 1..=200 {
        rig.receive(JANE, if n % 50 == 0 { "refund" } else { "habari" }).await;
    }
    let all = HistoryRequest { org_id: "acme".into(), limit: 500, ..HistoryRequest::default() };
    let all = rig.operator().history(all).await.unwrap().into_inner();
    let mut all = crate::model::client::HistoryPage::try_from(all).unwrap().entries;
    all.reverse();
    assert_eq!(all.len(), 200);
    for _ in 0..2 {
        for n in [1_u64, 2, 77, 200] {
            let at = all[usize::try_from(n).unwrap() - 1].at;
            let first = all.iter().find(|entry| entry.at >= at).unwrap().seq.0;
            let asked =
                HistoryRequest { before_time: time(at), limit: 1, ..HistoryRequest::default() };
            let (seqs, _, more, place) = found(&rig, asked).await;
            assert_eq!(place, Some(first));
            assert_eq!(
                (seqs, more),
                ((first > 1).then_some(first - 1).into_iter().collect(), first > 2)
            );
        }
        let at = |at: Timestamp| HistoryRequest {
            before_time: time(at),
            limit: 1,
            ..HistoryRequest::default()
        };
        assert_eq!(found(&rig, at(Timestamp::ZERO)).await, (vec![], None, false, Some(1)));
        let later = all[199].at.after(std::time::Duration::from_secs(1));
        assert_eq!(found(&rig, at(later)).await.3, Some(201));
        // Towards newer entries, all of them or those that match.
        let on = |after, limit, text: &str| HistoryRequest {
            after_seq: Some(after),
            limit,
            filter: Some(EventFilter { text: text.into(), ..EventFilter::default() }),
            ..HistoryRequest::default()
        };
        assert_eq!(found(&rig, on(76, 3, "")).await, (vec![77, 78, 79], Some(79), true, None));
        let plain = HistoryRequest { filter: None, ..on(198, 5, "") };
        assert_eq!(found(&rig, plain).await, (vec![199, 200], Some(200), false, None));
        let some = found(&rig, on(76, 2, "refund")).await;
        assert_eq!(some, (vec![100, 150], Some(150), true, None));
        assert_eq!(found(&rig, on(150, 9, "refund")).await, (vec![200], Some(200), false, None));
        assert_eq!(found(&rig, on(200, 9, "")).await, (vec![], Some(200), false, None));
        soon(rig.running.shutdown()).await;
        rig = Rig::on_disk(dir.path()).await;
    }
}
