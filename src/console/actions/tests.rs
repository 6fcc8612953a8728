//! The table is complete, and no key can act by accident (R-CONSOLE-1).

use super::*;
use crate::console::keymap::Keymap;
use crate::model::WorkState;
use std::collections::BTreeSet;

#[test]
fn every_action_has_a_title_a_help_and_a_key() {
    let keymap = Keymap::default();
    let mut ids = BTreeSet::new();
    for row in Action::table() {
        assert!(!row.title.is_empty() && !row.help.is_empty(), "{row:?}");
        assert!(ids.insert(row.id), "{} twice", row.id);
        assert_eq!(Action::from_id(row.id), Some(row.action));
        assert!(!keymap.keys(row.action).is_empty(), "{} has no key", row.id);
        for context in row.contexts {
            assert!(
                keymap.shown(row.action, *context).is_some(),
                "{} cannot be pressed in {context:?}",
                row.id
            );
        }
    }
}

#[test]
fn the_key_that_confirms_is_never_the_key_that_opens() {
    let keymap = Keymap::default();
    let last = |a: Action| -> Vec<_> {
        keymap.keys(a).iter().filter_map(|c| c.keys().last().copied()).collect()
    };
    let openers = Action::table().filter(|r| r.contexts.contains(&KeyContext::Feed));
    let confirms = [Action::ReviewSend, Action::LeaveSend];
    for opener in openers {
        for confirm in confirms {
            for key in last(confirm) {
                assert!(
                    !last(opener.action).contains(&key),
                    "{key} opens {} and confirms",
                    opener.id
                );
            }
        }
    }
}

#[test]
fn what_is_impossible_says_why() {
    let nothing = Facts::default();
    for row in Action::table() {
        if let Err(reason) = row.enabled(&nothing) {
            assert!(reason.len() > 8, "{}: {reason}", row.id);
        }
    }
    assert!(Action::Command(&catalog::REPLY).row().enabled(&nothing).is_err());
    let all =
        Facts { greeted: true, customer: true, answer: Answerable::Message, ..Facts::default() };
    assert_eq!(Action::Command(&catalog::REPLY).row().enabled(&all), Ok(()));
    let late = Facts { answer: Answerable::Over, ..all };
    assert_eq!(
        Action::Command(&catalog::REPLY).row().enabled(&late),
        Err("nothing waits for an answer here; m writes a message")
    );
}

/// The declaration that steers work by tag has no row: three actions stand for it.
#[test]
fn an_action_is_possible_exactly_when_what_its_spec_needs_is_there() {
    let ready = Facts { greeted: true, ..Facts::default() };
    let customer = Facts { customer: true, ..ready };
    let work = |state| Facts { work: Some(state), ..ready };
    let mut seen = 0;
    for row in Action::table() {
        let (enough, nothing) = match row.action {
            Action::WorkPause | Action::CancelListed => (work(WorkState::Running), false),
            Action::WorkResume => (work(WorkState::Paused), false),
            Action::Command(spec) => match spec.needs {
                Needs::Customer => (customer, false),
                Needs::Scheduled => (Facts { row: ListedRow::Scheduled, ..customer }, false),
                Needs::Message => (Facts { answer: Answerable::Message, ..customer }, false),
                Needs::Ussd => (Facts { menu: true, ..customer }, false),
                Needs::Call => (Facts { plan: true, ..customer }, false),
                Needs::Unknown => (Facts { unknown: true, ..customer }, false),
                Needs::Work | Needs::Carrier => panic!("{} is not in the table", spec.id),
                Needs::Anyone | Needs::Nothing => (ready, true),
            },
            _ => continue,
        };
        seen += 1;
        assert_eq!(row.enabled(&enough), Ok(()), "{}", row.id);
        assert_eq!(row.enabled(&ready).is_ok(), nothing, "{}", row.id);
        assert!(row.enabled(&Facts { form: true, ..enough }).is_err(), "{}", row.id);
    }
    assert_eq!(seen, catalog::ALL.len() - 2 + 3);
}
