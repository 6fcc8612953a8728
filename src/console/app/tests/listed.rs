//! What is done on a row of the lists (R-CONSOLE-32): reminders, leases and purses, for the customer of the row.

use super::{
    desk::{Desk, START, commands, customer_id},
    gallery::listed,
};
use crate::{
    console::{
        app::{App, AppOptions},
        layout::Pane,
        msg::{Effect, List, Listing, Msg},
    },
    model::{CustomerCommand, CustomerRef, ListedReminder, Money, PurseBalance, Reminder},
};
use std::time::Duration;

/// A desk with one list open and answered.
fn open(keys: &str, list: List) -> Desk {
    let mut desk = Desk::open(120, 40);
    desk.press(keys);
    desk.send(listed(list));
    desk
}

/// The list of reminders with this one in it.
fn reminds(desk: &mut Desk, change: impl FnOnce(&mut Reminder)) {
    let Msg::Listed { result: Ok(Listing::Reminders(mut rows, total)), .. } =
        listed(List::Reminders)
    else {
        panic!("reminders")
    };
    let ListedReminder { reminder, .. } = &mut rows[0];
    change(reminder);
    let result = Ok(Listing::Reminders(rows, total));
    desk.send(Msg::Listed { list: List::Reminders, result });
}

fn field(desk: &Desk, name: &str) -> String {
    desk.app.form().expect("a form").values().get(name).to_owned()
}

#[test]
fn r_console_32_a_reminder_is_cancelled_on_its_row_with_two_keys() {
    for keys in ["c", "a B"] {
        let mut desk = open("g b", List::Reminders);
        let asked = desk.press(keys);
        assert!(asked.iter().any(|e| matches!(e, Effect::DryRun { .. })), "{keys}: {asked:?}");
        desk.after(Duration::from_secs(1));
        let customer = CustomerRef::Id(customer_id(2));
        let cancel = CustomerCommand::CancelReminder { customer, key: "renewal".into() };
        assert_eq!(commands(&desk.press("s")), [cancel], "{keys}");
        assert_eq!(desk.app.focus(), Pane::Lists, "back to where it was pressed");
    }
}

#[test]
fn r_console_32_a_sheet_that_is_left_leaves_no_draft() {
    let mut desk = open("g b", List::Reminders);
    for keys in ["c", "e"] {
        desk.press(keys);
        desk.after(Duration::from_secs(3));
        while desk.app.form().is_some() {
            desk.press("esc");
        }
        assert_eq!(desk.app.focus(), Pane::Lists, "{keys}");
        assert!(desk.app.drafts().list().is_empty(), "{keys}: nothing was written");
    }
}

#[test]
fn r_console_32_e_opens_the_reminder_as_it_is_and_another_takes_its_place() {
    let mut desk = open("g b", List::Reminders);
    let payload = "{\"plan\":\"gold\"}\nand more";
    reminds(&mut desk, |reminder| reminder.payload = payload.into());
    desk.press("e");
    let form = desk.app.form().expect("a form");
    assert_eq!((form.spec().id, form.target().customer.clone()), ("remind", Some(customer_id(2))));
    assert_eq!(field(&desk, "key"), "renewal");
    assert_eq!(field(&desk, "every"), "1d");
    assert_eq!(field(&desk, "payload"), payload);
    desk.press("ctrl-s");
    desk.after(Duration::from_secs(1));
    let sent = commands(&desk.press("s"));
    let [CustomerCommand::AddReminder { customer, reminder }] = &sent[..] else {
        panic!("{sent:?} {}", desk.screen())
    };
    assert_eq!(*customer, CustomerRef::Id(customer_id(2)));
    assert_eq!(reminder.remind_at, START.after(Duration::from_mins(35)), "the time is the same");
    assert_eq!(reminder.interval, Some(Duration::from_hours(24)));
    assert_eq!((&*reminder.key, &*reminder.payload), ("renewal", payload));
}

#[test]
fn r_console_32_the_time_is_exact_to_the_second_and_left_out_when_it_is_over() {
    let mut desk = open("g b", List::Reminders);
    reminds(&mut desk, |reminder| reminder.remind_at = START.after(Duration::from_secs(3_601)));
    desk.press("e");
    assert!(field(&desk, "at").ends_with("01Z"), "{}", field(&desk, "at"));
    desk.press("esc");
    reminds(&mut desk, |reminder| reminder.remind_at = START);
    desk.press("e");
    assert_eq!(field(&desk, "at"), "");
}

#[test]
fn r_console_32_a_reminder_of_another_app_is_not_touched_and_says_why() {
    let mut desk = Desk::open(120, 40);
    let options =
        AppOptions { org: "acme-ke".into(), app: "support".into(), ..AppOptions::default() };
    desk.app = App::new(options);
    desk.send(Msg::Resize(120, 40));
    desk.up();
    desk.press("g b");
    desk.send(listed(List::Reminders));
    for keys in ["c", "e"] {
        assert_eq!(desk.press(keys), []);
        assert!(desk.app.form().is_none(), "{keys}");
        let screen = desk.screen();
        assert!(screen.contains("it is a reminder of another app"), "{keys}: {screen}");
        desk.press("esc");
        desk.press("g b");
    }
    reminds(&mut desk, |reminder| reminder.app = "support".into());
    desk.press("c");
    assert!(desk.app.form().is_some(), "its own it cancels");
}

#[test]
fn r_console_32_what_comes_in_above_the_selected_row_does_not_take_its_place() {
    let mut desk = open("g b", List::Reminders);
    let Msg::Listed { result: Ok(Listing::Reminders(rows, _)), .. } = listed(List::Reminders)
    else {
        panic!("reminders")
    };
    let mut sooner = rows[0].clone();
    sooner.reminder.key = "sooner".into();
    let result = Ok(Listing::Reminders(vec![sooner, rows[0].clone()], 2));
    desk.send(Msg::Listed { list: List::Reminders, result });
    desk.press("c");
    assert_eq!(field(&desk, "key"), "renewal", "{}", desk.screen());
    let mut desk = open("g k", List::Leases);
    let Msg::Listed { result: Ok(Listing::Leases(rows)), .. } = listed(List::Leases) else {
        panic!("leases")
    };
    let mut other = rows[0].clone();
    other.lease.key = "other".into();
    let result = Ok(Listing::Leases(vec![other, rows[0].clone()]));
    desk.send(Msg::Listed { list: List::Leases, result });
    desk.press("e");
    assert_eq!(field(&desk, "key"), "survey", "{}", desk.screen());
}

#[test]
fn r_console_32_a_key_that_a_form_reads_in_another_way_touches_no_other_reminder() {
    for key in [" renewal", "\"renewal\"", "re\u{7}newal"] {
        let mut desk = open("g b", List::Reminders);
        reminds(&mut desk, |reminder| reminder.key = key.into());
        desk.press("c");
        assert!(desk.app.form().is_none(), "{key:?}");
        assert!(desk.screen().contains("signs that a form cannot write"), "{}", desk.screen());
        assert_eq!(desk.app.focus(), Pane::Lists);
    }
}

#[test]
fn r_console_32_commands_are_for_the_customer_of_the_row_and_never_for_the_one_before() {
    for (keys, list) in [("g b", List::Reminders), ("g k", List::Leases)] {
        // The inspector has not heard of the customer of the row yet, and shows another.
        let mut desk = open(keys, list);
        assert_ne!(desk.app.inspected(), Some(&customer_id(2)), "{keys}");
        for press in ["m", "a t", "a b"] {
            desk.press(press);
            let form = desk.app.form().unwrap_or_else(|| panic!("{keys} {press}"));
            assert_eq!(form.target().customer, Some(customer_id(2)), "{keys} {press}");
            desk.press("esc");
        }
        desk.answer_about(2, |_| {});
        desk.press("m");
        let form = desk.app.form().expect("a form");
        assert_eq!(
            (form.spec().id, form.target().customer.clone()),
            ("message", Some(customer_id(2)))
        );
        assert!(!form.target().numbers.is_empty(), "{keys}: by then the numbers are known");
    }
}

#[test]
fn r_console_32_the_value_of_a_lease_is_set_on_its_row() {
    for keys in ["e", "a d"] {
        let mut desk = open("g k", List::Leases);
        desk.press(keys);
        desk.types("done");
        desk.press("ctrl-s");
        desk.after(Duration::from_secs(1));
        let sent = commands(&desk.press("s"));
        let [CustomerCommand::UpdateMetadata { customer, values }] = &sent[..] else {
            panic!("{keys}: {sent:?} {}", desk.screen())
        };
        assert_eq!(*customer, CustomerRef::Id(customer_id(2)));
        assert_eq!(values[..], [("survey".into(), crate::model::DataValue::Text("done".into()))]);
    }
}

#[test]
fn r_console_32_a_purse_pays_from_its_row_and_stays_chosen() {
    let mut desk = open("g p", List::Purses);
    let purse = |id: &str, minor| {
        let money: Money = super::desk::kes(minor);
        PurseBalance { id: id.into(), available: money, actual: money, pending: 0 }
    };
    let rows = |all: &[&str]| {
        let rows = all.iter().map(|id| purse(id, 1_000_000)).collect();
        Msg::Listed { list: List::Purses, result: Ok(Listing::Purses(rows)) }
    };
    desk.send(rows(&["main", "till"]));
    desk.press("j");
    desk.press("a p");
    assert_eq!(field(&desk, "from"), "purse:till");
    assert_eq!(desk.app.form().and_then(|form| form.target().customer.clone()), None);
    desk.send(rows(&["other", "main", "till"]));
    assert_eq!(field(&desk, "from"), "purse:till", "whatever is listed meanwhile");
    desk.press("esc");
    desk.press("a q");
    assert!(desk.app.form().is_none(), "nobody is asked whom the row does not name");
    assert!(desk.screen().contains("a purse is of no customer"), "{}", desk.screen());
}

#[test]
fn r_console_32_a_key_that_can_do_nothing_on_a_row_says_why() {
    for (keys, list, press, why) in [
        ("g q", List::Waiting, "c", "d says that no answer is needed"),
        ("g q", List::Waiting, "e", "r answers, m writes"),
        ("g q", List::Waiting, "p", "select a work by tag first"),
        ("w", List::Works, "e", "work that has begun is not changed"),
        ("g b", List::Reminders, "p", "select a work by tag first"),
        ("g k", List::Leases, "c", "a lease ends by itself"),
        ("g p", List::Purses, "c", "nothing to cancel in a purse"),
        ("g p", List::Purses, "e", "nothing to edit in a purse"),
        ("g p", List::Purses, "r", "a purse is of no customer"),
        ("g p", List::Purses, "enter", "about no single customer"),
    ] {
        let mut desk = open(keys, list);
        desk.press(press);
        assert!(desk.app.form().is_none(), "{keys} {press}");
        assert!(desk.screen().contains(why), "{keys} {press}: {}", desk.screen());
    }
    let mut desk = Desk::open(120, 40);
    desk.press("g b");
    for press in ["c", "e"] {
        desk.press(press);
        assert!(desk.screen().contains("nothing is selected"), "{press}: {}", desk.screen());
    }
}
