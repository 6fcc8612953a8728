//! What calls an agent, how often, and what a wrong line of the settings does.

use super::*;
use AlertMeans::{Bell, Osc9, Osc777};

const START: Timestamp = Timestamp::from_secs(1_000_000);

fn at(secs: u64) -> Timestamp {
    START.after(Duration::from_secs(secs))
}
fn session(n: u64) -> SessionId {
    format!("el_ses_{n}").into()
}
/// A hub that was heard at `START`.
fn heard(rules: AlertRules) -> Alerts {
    let mut alerts = Alerts::new(rules);
    alerts.begin(START, Seq(7));
    alerts
}
/// Who waits on the line: the number of the session, and since how many seconds after the start.
fn line(alerts: &mut Alerts, all: &[(u64, u64)]) {
    let all: Vec<_> = all.iter().map(|(n, since)| (session(*n), at(*since))).collect();
    alerts.line(all.iter().map(|(session, since)| (session, *since, false)));
}
/// The means of the alert that is due, and what it says.
fn called(alerts: &mut Alerts, secs: u64) -> Option<(Vec<AlertMeans>, String)> {
    alerts.call(at(secs)).map(|alert| (alert.means, alert.counts.words()))
}

#[test]
fn r_console_16_what_waited_at_the_start_calls_nobody() {
    let rules = AlertRules { waiting: vec![Bell], ..AlertRules::default() };
    let mut alerts = heard(rules);
    line(&mut alerts, &[(1, 0)]);
    alerts.waiting(Some(40));
    assert_eq!((called(&mut alerts, 1), alerts.next_wake()), (None, None));
    // Who begins to wait afterwards does, once.
    line(&mut alerts, &[(1, 0), (2, 5)]);
    assert_eq!(called(&mut alerts, 6), Some((vec![Bell], "1 on the line".into())));
    line(&mut alerts, &[(1, 0), (2, 5)]);
    assert_eq!(called(&mut alerts, 60), None);
}

#[test]
fn r_console_16_a_storm_rings_once_in_a_while_and_tells_what_still_waits() {
    let mut alerts = heard(AlertRules { waiting: vec![Osc9], ..AlertRules::default() });
    alerts.waiting(Some(1));
    let mut calls = Vec::new();
    for secs in 1..=30_u64 {
        // Each of them waits for three seconds.
        let all: Vec<_> = (secs.saturating_sub(2).max(1)..=secs).map(|n| (n, n)).collect();
        line(&mut alerts, &all);
        alerts.waiting(Some(1 + secs));
        calls.extend(called(&mut alerts, secs).map(|(_, words)| (secs, words)));
    }
    let of = |secs, words: &str| (secs, words.to_owned());
    assert_eq!(
        calls,
        [
            of(1, "1 on the line, 1 more waits"),
            of(11, "3 on the line, 10 more wait"),
            of(21, "3 on the line, 10 more wait"),
        ]
    );
    assert_eq!(alerts.next_wake(), Some(at(31)), "it asks to be woken for the rest");
}

#[test]
fn whoever_is_answered_before_an_alert_is_due_calls_nobody() {
    let mut alerts = heard(AlertRules { waiting: vec![Bell], ..AlertRules::default() });
    alerts.waiting(Some(0));
    line(&mut alerts, &[(1, 1)]);
    assert!(called(&mut alerts, 1).is_some());
    line(&mut alerts, &[(2, 2)]);
    alerts.waiting(Some(1));
    assert_eq!(called(&mut alerts, 2), None);
    line(&mut alerts, &[]);
    alerts.waiting(Some(0));
    assert_eq!((called(&mut alerts, 20), alerts.next_wake()), (None, None));
    // Nor does somebody whose form is open already, until it is left.
    let one = (session(3), at(30));
    alerts.line([(&one.0, one.1, true)].into_iter());
    assert_eq!(called(&mut alerts, 31), None);
    // A count that is not known for a while is no news when it is known again.
    alerts.waiting(None);
    alerts.waiting(Some(0));
    assert_eq!(called(&mut alerts, 40), None);
}

#[test]
fn the_title_is_written_once_a_second_at_most() {
    let mut alerts = heard(AlertRules::default());
    let title = |waiting| WindowTitle { live: 0, waiting };
    assert_eq!(alerts.title(title(0), at(0)), Some(title(0)));
    assert_eq!(alerts.title(title(0), at(9)), None);
    assert_eq!(alerts.title(title(1), at(10)), Some(title(1)));
    assert_eq!(alerts.title(title(2), at(10)), None);
    assert_eq!(alerts.next_wake(), Some(at(11)));
    assert_eq!(alerts.title(title(2), at(11)), Some(title(2)));
    let mut off = heard(AlertRules::OFF);
    assert_eq!(off.title(title(3), at(20)), None);
}

#[test]
fn without_a_section_a_bell_rings_for_the_line_and_the_title_counts() {
    let (rules, wrong) = read("default = \"desk\"\n[profile.desk]\norg = \"a\"\n", &[]);
    assert_eq!((rules.clone(), wrong), (AlertRules::default(), vec![]));
    assert_eq!((rules.live, rules.title), (vec![Bell], true));
    assert_eq!((rules.waiting, rules.problems, rules.views.len()), (vec![], vec![], 0));
}

#[test]
fn a_section_says_for_what_and_how() {
    let text = concat!(
        "[notify]\nlive = [\"bell\", \"osc777\"]\nwaiting = [\"osc9\"]\nproblems = []\n",
        "title = false\nevery = 30\n[notify.view]\n\"Failed payments\" = [\"bell\"]\n",
    );
    let (rules, wrong) = read(text, &["Refunds", "Failed payments"]);
    assert_eq!(wrong, [""; 0]);
    let expected = AlertRules {
        live: vec![Bell, Osc777],
        waiting: vec![Osc9],
        problems: Vec::new(),
        views: [(1, vec![Bell])].into(),
        title: false,
        every: Duration::from_secs(30),
    };
    assert_eq!(rules, expected);
}

#[test]
fn what_is_wrong_in_the_section_is_named_with_its_line_and_the_rest_works() {
    let text = concat!(
        "default = \"desk\"\n\n[notify]\nlive = [\"bel\"]\nwaiting = \"osc9\"\nproblems = [\"osc9\"]\n",
        "tilte = true\nevery = 0\n\n[notify.view]\nRefund = [\"bell\"]\nRefunds = [\"bell\"]\n",
    );
    let (rules, wrong) = read(text, &["Refunds"]);
    assert_eq!(
        wrong,
        [
            "4: [notify] live is not used: there is no means \"bel\"; did you mean \"bell\"?",
            "5: [notify] waiting is not used: expected a list of bell, osc9, osc777",
            "7: [notify] tilte is not used: there is no key \"tilte\"; did you mean \"title\"?",
            "8: [notify] every is not used: expected seconds from 1 to 3600",
            "11: [notify] view is not used: there is no view \"Refund\"; did you mean \"Refunds\"?",
        ]
    );
    assert_eq!(rules.live, AlertRules::default().live);
    assert_eq!((rules.problems, rules.views), (vec![Osc9], [(0, vec![Bell])].into()));
    let (rules, wrong) = read("notify = true\n", &[]);
    assert_eq!(wrong, ["1: [notify] it is not used: expected a section [notify]"]);
    assert_eq!(rules, AlertRules::default());
}
