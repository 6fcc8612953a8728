//! The table is complete and cannot act by accident.

use super::*;
use crate::console::keymap::Keymap;
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
    let all = Facts { greeted: true, customer: true, answerable: true, ..Facts::default() };
    assert_eq!(Action::Reply.row().enabled(&all), Ok(()));
}

#[test]
fn every_command_of_the_catalog_has_an_action_of_its_risk() {
    for spec in catalog::ALL {
        let row = Action::TABLE.iter().find(|r| r.action.spec().is_some_and(|s| ptr::eq(s, *spec)));
        assert_eq!(row.map(|r| r.risk), Some(spec.risk), "{}", spec.id);
    }
}
