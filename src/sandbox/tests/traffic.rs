//! Traffic is performed as planned: at its rate, the same each time, by customers who become known.

use super::*;

fn written(events: &[Event]) -> Vec<String> {
    let text = |e: &Event| match &e.kind {
        EventKind::MessageReceived { body, .. } => {
            Some(format!("{} {}", e.number.as_ref()?, body.summary()))
        }
        _ => None,
    };
    events.iter().filter_map(text).collect()
}

/// Runs traffic alone until so many messages were written. Returns what happened and how long it took.
async fn traffic(seed: u64, messages: usize) -> (Rig, Vec<Event>, Duration) {
    let mut rig = Rig::start().await;
    rig.settings.seed = seed;
    let begin = now();
    rig.run_traffic();
    let mut events = Vec::new();
    while written(&events).len() < messages {
        rig.pass(Duration::from_secs(30)).await;
        events = rig.events().await;
    }
    rig.tasks.shutdown().await;
    (rig, events, begin.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_makes_the_same_traffic() {
    let mut told = Vec::new();
    for seed in [3, 3, 4] {
        let (_, events, _) = traffic(seed, 60).await;
        told.push(written(&events)[..60].to_vec());
    }
    assert_eq!(told[0], told[1]);
    assert_ne!(told[0], told[2]);
}

#[tokio::test(start_paused = true)]
async fn traffic_keeps_to_its_rate_and_everything_occurs() {
    let (rig, events, took) = traffic(1, 200).await;
    // Virtual time runs on while the engine works, so it may look slower than it is, never faster.
    // The tests of `traffic_plan` show that the pauses are right.
    let acts = rig.count(begun).await as u64;
    let allowed = took.as_secs() * 20 / 60 * 11 / 10 + 8;
    assert!(acts < allowed, "{acts} acts in {took:?} at 20 a minute");
    let codes: std::collections::BTreeSet<_> = events.iter().map(|e| e.kind.code()).collect();
    for code in ["NEW", "TAG", "DAT", "IDS", "MSG", "SES", "USS", "CAL", "PAY"] {
        assert!(codes.contains(code), "no {code} among {codes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_do_something_are_known_from_the_first_contact() {
    let (rig, events, _) = traffic(1, 150).await;
    let nameless = events.iter().filter(|e| {
        matches!(e.kind, EventKind::MessageReceived { .. } | EventKind::PaymentReceived { .. })
            && e.name.is_none()
    });
    assert_eq!(nameless.count(), 0);
    let customers: Vec<_> = rig.hub.read(&rig.org, |w| w.customers().collect()).await.unwrap();
    assert!(customers.len() > 30, "{} customers", customers.len());
    for customer in &customers {
        let number = &customer.numbers[0];
        let person = rig.cast.by_number(number).expect("all of them are of the cast");
        assert_eq!(customer.name(), Some(person.name.as_str()));
    }
    let count = |known: fn(&crate::model::CustomerState) -> bool| {
        customers.iter().filter(|customer| known(customer)).count()
    };
    assert!(count(|c| !c.tags.is_empty()) > customers.len() / 2);
    assert!(count(|c| !c.secondary_ids.is_empty()) > customers.len() / 4);
    let mut promos = customers.iter().flat_map(|c| &c.tags).filter(|t| t.key == "promo");
    assert!(promos.any(|tag| tag.expires_at.is_some()), "some tags expire");
}
