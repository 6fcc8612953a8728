//! Leases of metadata values (D-LEASE, R-LEASE-1 to R-LEASE-5).

use super::*;
use crate::model::{DataValue, LeaseEnd, LeaseReceipt};
use proptest::{prelude::*, sample::select};
use std::collections::HashMap;

fn leases(key: &str) -> Command {
    CustomerCommand::LeaseMetadata { customer: to_jane(), key: key.into() }.into()
}
fn sets(keys: &[&str]) -> Command {
    let values = keys.iter().map(|k| ((*k).into(), DataValue::Text("v".into()))).collect();
    CustomerCommand::UpdateMetadata { customer: to_jane(), values }.into()
}
fn deletes(key: &str) -> Command {
    let keys = vec![key.into()];
    CustomerCommand::DeleteMetadata { customer: to_jane(), keys }.into()
}
fn otieno(story: Story) -> Story {
    story.by(Some("first"), Actor::Key("otieno".into()))
}

impl Story {
    /// The value and the end of the last lease call.
    fn lease(&self) -> (Option<DataValue>, Option<Timestamp>) {
        match &self.last.receipt {
            Receipt::Lease(LeaseReceipt { value, until, .. }) => (value.clone(), *until),
            other => panic!("not a lease: {other:?}"),
        }
    }
    fn waits_until(self, at: Timestamp) -> Self {
        assert_eq!(self.lease(), (None, Some(at)), "who waits is told until when");
        self.then(&[])
    }
}

#[test]
fn d_lease_a_lease_lasts_90_s_and_brings_the_value() {
    let story = given([sets(&["plan"])]).when(leases("plan"));
    let story = story.then(&["LSE plan leased for 90 s"]).accepted("plan leased for 90 s");
    let ends = story.now.after(Duration::from_secs(90));
    assert_eq!(story.lease(), (Some(DataValue::Text("v".into())), Some(ends)));
    let jane = story.jane();
    let lease = jane.lease("plan").expect("leased");
    assert_eq!((lease.number, &lease.holder), (1, &Actor::Key("wanjiku".into())));
    assert_eq!((lease.app.as_ref(), lease.expires_at), (Some(&"shop".into()), ends));
    assert_eq!(story.world.next_due(&story.settings), Some(ends));
    let mut story = story;
    story.now = ends;
    let story =
        story.when(NetworkCommand::Sweep).then(&["LSE lease of plan over: its time was over"]);
    assert!(story.jane().leases.is_empty());
}

#[test]
fn r_lease_2_a_leased_key_is_refused_until_its_end_also_to_its_holder() {
    let story = given([sets(&["plan"])]).when(leases("plan"));
    let ends = story.now.after(Duration::from_secs(90));
    let story = story.later(30).when(leases("plan")).waits_until(ends);
    assert_eq!(
        story.last.receipt.description(),
        "plan is leased by wanjiku for app shop for 60 s more"
    );
    let story = otieno(story).when(leases("plan")).waits_until(ends);
    assert_eq!(story.last.receipt.customer(), Some(&story.jane().id), "R-REPLY-2");
    // Another key is another lease (R-LEASE-1).
    let story = story.when(leases("name")).then(&["LSE name leased for 90 s"]);
    assert_eq!(story.jane().leases_granted, 2);
}

#[test]
fn a_lease_that_is_over_but_not_swept_does_not_block() {
    let story = given([sets(&["plan"])]).when(leases("plan")).later(90);
    let story = otieno(story).when(leases("plan"));
    let story =
        story.then(&["LSE lease of plan over: its time was over", "LSE plan leased for 90 s"]);
    let jane = story.jane();
    assert_eq!((jane.leases.len(), jane.leases[0].number), (1, 2), "numbers grow");
}

#[test]
fn every_other_refusal_has_no_time() {
    let by = |customer| CustomerCommand::LeaseMetadata { customer, key: "plan".into() };
    for command in [
        Command::from(by(CustomerRef::Id("el_cst_00".into()))),
        by(CustomerRef::Id("".into())).into(),
        leases(""),
        leases(&"k".repeat(256)),
    ] {
        let story = given([meet()]).when(command).then(&[]);
        assert!(!story.last.receipt.is_ok());
        assert_eq!(story.lease(), (None, None));
    }
    let keys: Vec<String> = (0..256).map(|n| format!("k{n}")).collect();
    let story = keys.iter().fold(given([meet()]), |story, key| story.when(leases(key)));
    let story = story.when(leases("one more")).refused("256 leases at most");
    assert_eq!(story.lease(), (None, None));
    story.later(91).when(leases("one more")).accepted("one more leased for 90 s; it has no value");
}

#[test]
fn r_lease_5_a_key_without_a_value_and_r_addr_1_an_unknown_number() {
    let story = nothing().when(leases("plan"));
    let story = story.then(&["NEW new customer", "LSE plan leased for 90 s"]);
    let ends = story.jane().leases[0].expires_at;
    assert_eq!(story.lease(), (None, Some(ends)));
    // The grant is a microsecond later than the meeting (R-EVT-1).
    assert_eq!(ends, story.now.after(Duration::from_micros(90_000_001)));
}

#[test]
fn d_lease_the_next_update_or_delete_of_the_key_ends_it() {
    let story = given([sets(&["plan"]), leases("plan"), leases("name")]);
    let story = story.when(sets(&["age"])).then(&["DAT data age=v"]);
    let story = story
        .when(sets(&["age", "plan"]))
        .then(&["DAT data age=v, plan=v", "LSE lease of plan over: the value was updated"]);
    // Deleting a key without a value ends its lease too (R-LEASE-3).
    let story = story.when(deletes("name")).accepted("nothing to delete");
    let story = story.then(&["LSE lease of name over: the value was deleted"]);
    assert!(story.jane().leases.is_empty());
    assert_eq!(story.jane().leases_granted, 2, "the count stays");
}

#[test]
fn d_lease_an_update_by_someone_else_succeeds_and_says_so() {
    let over = |story: &Story| match &story.last.events[0].kind {
        crate::model::EventKind::MetadataUpdated { over_lease, .. } => *over_lease,
        other => panic!("{other:?}"),
    };
    let story = given([sets(&["plan"]), leases("plan")]).when(sets(&["plan"]));
    assert_eq!(over(&story), None, "the holder's own");
    let story = otieno(story.when(leases("plan")));
    let story = story.when(sets(&["age"]));
    assert_eq!(over(&story), None, "another key");
    let story = story.when(sets(&["plan", "age"]));
    assert_eq!(over(&story), Some(2));
    let story = story.then(&[
        "DAT OVER ANOTHER'S LEASE data plan=v, age=v",
        "LSE lease of plan over: the value was updated",
    ]);
    // The same API key in another app's name is somebody else; without an app's name it is not.
    let story = story.when(leases("plan")).by(Some("shop"), Actor::Key("otieno".into()));
    let story = story.when(sets(&["plan"]));
    assert_eq!(over(&story), Some(3));
    let story = story.when(leases("plan")).by(None, Actor::Key("otieno".into()));
    assert_eq!(over(&story.when(sets(&["plan"]))), None);
    // Once its time is over nobody holds it, so an update goes over no lease (R-LEASE-4).
    let story = given([leases("plan")]).later(90);
    let story = otieno(story).when(sets(&["plan"]));
    assert_eq!(over(&story), None);
    story.then(&["DAT data plan=v", "LSE lease of plan over: its time was over"]);
}

#[test]
fn r_meta_2_an_empty_map_gives_back_what_the_caller_holds() {
    let story = otieno(given([leases("plan"), leases("age")])).when(leases("name"));
    let story = story.when(sets(&[])).accepted("nothing to update, 1 lease ended");
    let story = story.then(&["LSE lease of name over: the value was updated"]);
    let jane = story.jane();
    assert_eq!(jane.leases.iter().map(|l| l.key.as_str()).collect::<Vec<_>>(), ["plan", "age"]);
    story.when(sets(&[])).then(&[]).accepted("nothing to update");
}

#[test]
fn r_lease_4_nothing_but_lease_calls_is_held_back() {
    let story = otieno(given([sets(&["plan"]), leases("plan")]));
    let tags = vec![crate::model::Tag { key: "a".into(), value: "1".into(), ..Default::default() }];
    story
        .when(CustomerCommand::UpdateTags { customer: to_jane(), tags })
        .accepted("1 tag updated")
        .when(meet())
        .accepted("customer found")
        .when(send(Channel::Sms, "x"))
        .code(101);
}

/// The steps of the property about leases. The customers are numbered 0 to 2.
#[derive(Clone, Debug)]
enum Step {
    Lease(u8, &'static str),
    Set(u8, &'static str),
    Delete(u8, &'static str),
    Give(u8),
    Adopt(u8, u8),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let (who, key) = (0..3_u8, select(vec!["a", "b"]));
    prop_oneof![
        4 => (who.clone(), key.clone()).prop_map(|(who, key)| Step::Lease(who, key)),
        1 => (who.clone(), key.clone()).prop_map(|(who, key)| Step::Set(who, key)),
        1 => (who.clone(), key).prop_map(|(who, key)| Step::Delete(who, key)),
        1 => who.clone().prop_map(Step::Give),
        1 => (who.clone(), who).prop_map(|(one, other)| Step::Adopt(one, other)),
        1 => Just(Step::Sweep),
    ]
}

fn person(n: u8) -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco(&format!("+25471100000{n}")))
}

fn command(story: &Story, step: &Step) -> Command {
    let values = |key: &str| vec![(key.to_owned(), DataValue::Text("v".into()))];
    match *step {
        Step::Lease(who, key) => {
            CustomerCommand::LeaseMetadata { customer: person(who), key: key.into() }.into()
        }
        Step::Set(who, key) => {
            CustomerCommand::UpdateMetadata { customer: person(who), values: values(key) }.into()
        }
        Step::Delete(who, key) => {
            CustomerCommand::DeleteMetadata { customer: person(who), keys: vec![key.into()] }.into()
        }
        Step::Give(who) => {
            CustomerCommand::UpdateMetadata { customer: person(who), values: Vec::new() }.into()
        }
        Step::Adopt(one, other) => {
            let customer = story.who(&person(one)).map(|c| c.id.clone()).unwrap_or_default();
            CustomerCommand::AdoptCustomer { customer, other: person(other) }.into()
        }
        Step::Sweep => NetworkCommand::Sweep.into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// D-LEASE: judged by the log alone, there are never two running leases of one customer and key, their
    /// numbers grow, and every lease ends once at most and for a reason.
    #[test]
    fn d_lease_never_two_holders_at_once(
        steps in prop::collection::vec((step(), 0..60_u64, 0..2_usize), 1..80)
    ) {
        let mut story = nothing();
        let mut running: HashMap<(String, String), crate::model::Lease> = HashMap::new();
        let mut highest: HashMap<String, u64> = HashMap::new();
        for (step, secs, who) in steps {
            let label = ["wanjiku", "otieno"][who];
            story = story.later(secs).by(Some("shop"), Actor::Key(label.into()));
            let command = command(&story, &step);
            story = story.when(command);
            for event in &story.last.events {
                let customer = event.customer.as_ref().map(ToString::to_string).unwrap_or_default();
                match &event.kind {
                    crate::model::EventKind::LeaseGranted(lease) => {
                        let place = (customer.clone(), lease.key.clone());
                        prop_assert!(running.insert(place, lease.clone()).is_none(), "exclusive");
                        let last = highest.insert(customer, lease.number).unwrap_or_default();
                        prop_assert!(last < lease.number, "numbers grow");
                    }
                    crate::model::EventKind::LeaseEnded { key, number, end } => {
                        let lease = running.remove(&(customer, key.clone())).expect("it ran");
                        prop_assert_eq!(lease.number, *number);
                        let over = lease.expires_at <= story.now;
                        prop_assert_eq!(over, *end == LeaseEnd::Expired, "{:?}", end);
                    }
                    crate::model::EventKind::CustomerAdopted { other } => {
                        let dead = [customer.as_str(), other.as_str()];
                        prop_assert!(running.keys().all(|(c, _)| !dead.contains(&c.as_str())));
                        let theirs = highest.get(other.as_str()).copied().unwrap_or_default();
                        let own = highest.entry(customer).or_default();
                        *own = (*own).max(theirs);
                    }
                    _ => {}
                }
            }
            let held: usize = story.world.customers().map(|c| c.leases.len()).sum();
            prop_assert_eq!(held, running.len(), "the World knows what the log says");
        }
    }
}
