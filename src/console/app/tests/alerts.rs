//! Calling the agent: events in, alerts and titles out.

use super::desk::{Desk, NAMES, number};
use crate::{
    console::{
        alert::{Alert, AlertCounts, AlertMeans, WindowTitle},
        app::{App, AppOptions},
        msg::{Effect, Msg},
        pane::{alert::AlertRules, views},
    },
    model::{Channel, ClientError, EventKind, FeedEvent, MessageStatus, Seq},
};
use std::time::Duration;

fn desk(alerts: AlertRules) -> Desk {
    let mut desk = Desk::new(120, 40);
    let (views, _) = views::read("[[view]]\nname = \"Refunds\"\nquery = \"refund\"\n");
    let options = AppOptions { org: "acme-ke".into(), views, alerts, ..AppOptions::default() };
    desk.app = App::new(options);
    desk.send(Msg::Resize(120, 40));
    desk
}
fn alerts(effects: Vec<Effect>) -> Vec<Alert> {
    let alert = |effect| if let Effect::Alert(alert) = effect { Some(alert) } else { None };
    effects.into_iter().filter_map(alert).collect()
}
fn titles(effects: Vec<Effect>) -> Vec<String> {
    let title = |effect| if let Effect::Title(title) = effect { Some(title.words()) } else { None };
    effects.into_iter().filter_map(title).collect()
}
fn waiting(desk: &mut Desk, waiting: u64) -> Vec<Effect> {
    let bookmark = FeedEvent::Bookmark {
        seq: Seq(0),
        head: Seq(0),
        cannot_write: None,
        waiting: Some(waiting),
        down: Vec::new(),
    };
    desk.send(Msg::Feed(bookmark))
}
fn bell(counts: AlertCounts) -> Alert {
    Alert { means: vec![AlertMeans::Bell], counts }
}

#[test]
fn r_console_16_whoever_begins_to_wait_on_the_line_rings_once_and_is_in_the_title() {
    let mut desk = desk(AlertRules::default());
    assert_eq!(titles(desk.up()), [""; 0], "the title was there before");
    desk.after(Duration::from_secs(5));
    let mut effects = desk.dials(1, 7);
    assert_eq!(alerts(effects.clone()), [], "an app may answer in its time");
    effects.extend(desk.after(Duration::from_millis(1_500)));
    let live = bell(AlertCounts { live: 1, ..AlertCounts::default() });
    assert_eq!(alerts(effects.clone()), [live]);
    assert_eq!(titles(effects), ["(1 live) switchboard"]);
    effects = waiting(&mut desk, 4);
    effects.extend(desk.after(Duration::from_secs(2)));
    assert_eq!(titles(effects.clone()), ["(1 live, 4 waiting) switchboard"]);
    effects.extend(desk.after(Duration::from_mins(1)));
    assert_eq!(alerts(effects.clone()), [], "it rings once");
    assert_eq!(titles(effects).pop().as_deref(), Some("(4 waiting) switchboard"));
}

#[test]
fn r_console_16_nothing_of_a_customer_is_in_what_leaves_the_screen() {
    let all = vec![AlertMeans::Bell, AlertMeans::Osc9, AlertMeans::Osc777];
    let rules = AlertRules {
        live: all.clone(),
        waiting: all.clone(),
        problems: all.clone(),
        views: [(0, all.clone())].into(),
        ..AlertRules::default()
    };
    let mut desk = desk(rules);
    desk.up();
    waiting(&mut desk, 0);
    desk.after(Duration::from_secs(20));
    let failed =
        EventKind::MessageStatusChanged { id: "el_msg_1".into(), status: MessageStatus::NoConsent };
    let mut effects = desk.dials(1, 7);
    effects.extend(desk.says(0, "nataka refund 4411"));
    effects.extend(desk.happens(2, Channel::Sms, failed));
    effects.extend(waiting(&mut desk, 1));
    effects.extend(desk.after(Duration::from_secs(12)));
    let told = alerts(effects.clone());
    let mut kinds = AlertCounts::default();
    for alert in &told {
        assert_eq!(alert.means, all);
        kinds.live += alert.counts.live;
        kinds.waiting += alert.counts.waiting;
        kinds.problems += alert.counts.problems;
        kinds.views += alert.counts.views;
    }
    assert_eq!(kinds, AlertCounts { live: 1, waiting: 1, problems: 1, views: 1 });
    let mut words: Vec<_> = told.iter().map(|alert| alert.counts.words()).collect();
    words.extend(titles(effects));
    for word in words {
        for private in [NAMES[0], NAMES[1], NAMES[2], "refund", "4411", "Refunds", "el_"] {
            assert!(!word.contains(private), "{word}");
        }
        assert!(!word.contains(&number(1).to_string()), "{word}");
        let plain = |c: char| c.is_ascii_alphanumeric() || " ,()".contains(c);
        assert!(word.chars().all(plain) && !word.contains(';'), "{word}");
    }
}

#[test]
fn after_an_outage_only_what_is_new_rings() {
    let mut desk = desk(AlertRules { waiting: vec![AlertMeans::Bell], ..AlertRules::default() });
    desk.up();
    waiting(&mut desk, 3);
    let mut effects = desk.down(None, ClientError::Unavailable("gone".into()));
    effects.extend(desk.up());
    effects.extend(waiting(&mut desk, 3));
    effects.extend(desk.after(Duration::from_mins(1)));
    assert_eq!(alerts(effects), []);
    let one = bell(AlertCounts { waiting: 1, ..AlertCounts::default() });
    assert_eq!(alerts(waiting(&mut desk, 4)), [one]);
}

#[test]
fn without_rules_nothing_leaves_the_screen() {
    let mut desk = desk(AlertRules::OFF);
    let mut effects = desk.up();
    effects.extend(desk.after(Duration::from_secs(5)));
    effects.extend(desk.dials(1, 7));
    effects.extend(waiting(&mut desk, 9));
    effects.extend(desk.after(Duration::from_secs(5)));
    assert_eq!((alerts(effects.clone()), titles(effects)), (vec![], vec![]));
    assert_eq!(WindowTitle::default().words(), "switchboard");
}
