//! The table is complete and cannot act by accident.

use super::*;
use crate::{catalog::Needs, console::keymap::Keymap};
use std::{collections::BTreeSet, ptr};

#[test]
fn every_action_has_a_title_a_help_and_a_key() {
    let keymap = Keymap::default();
    let mut ids = BTreeSet::new();
    for (i, row) in Action::TABLE.iter().enumerate() {
        assert_eq!(row.action as usize, i, "the table is in the order of the enum");
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
    let openers = Action::TABLE.iter().filter(|r| r.contexts.contains(&Context::Feed));
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
    for row in Action::TABLE {
        if let Err(reason) = row.enabled(&nothing) {
            assert!(reason.len() > 8, "{}: {reason}", row.id);
        }
    }
    assert!(Action::Reply.row().enabled(&nothing).is_err());
    let all = Facts { greeted: true, customer: true, answer: Answer::Message, ..Facts::default() };
    assert_eq!(Action::Reply.row().enabled(&all), Ok(()));
    let late = Facts { answer: Answer::Over, ..all };
    assert_eq!(
        Action::Reply.row().enabled(&late),
        Err("nothing waits for an answer here; m writes a message")
    );
}

/// What a spec needs to be chosen and what its action asks of the facts are the same.
#[test]
fn an_action_is_possible_exactly_when_what_its_spec_needs_is_there() {
    let ready = Facts { greeted: true, ..Facts::default() };
    let customer = Facts { customer: true, ..ready };
    for row in Action::TABLE {
        let Some(spec) = row.action.spec() else { continue };
        let enough = match spec.needs {
            Needs::Customer => customer,
            Needs::Message => Facts { answer: Answer::Message, ..customer },
            Needs::Ussd => Facts { menu: true, ..customer },
            Needs::Call => Facts { plan: true, ..customer },
            Needs::Work if row.action == Action::WorkResume => {
                Facts { work: Some(WorkState::Paused), ..ready }
            }
            Needs::Work => Facts { work: Some(WorkState::Running), ..ready },
            Needs::Anyone | Needs::Nothing => ready,
        };
        assert_eq!(row.enabled(&enough), Ok(()), "{}", row.id);
        let nothing = matches!(spec.needs, Needs::Anyone | Needs::Nothing);
        assert_eq!(row.enabled(&ready).is_ok(), nothing, "{}", row.id);
        assert!(row.enabled(&Facts { form: true, ..enough }).is_err(), "{}", row.id);
    }
}

#[test]
fn every_command_of_the_catalog_has_an_action_of_its_risk() {
    for spec in catalog::ALL {
        let row = Action::TABLE.iter().find(|r| r.action.spec().is_some_and(|s| ptr::eq(s, *spec)));
        assert_eq!(row.map(|r| r.risk), Some(spec.risk), "{}", spec.id);
    }
}
