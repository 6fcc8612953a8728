//! What works by tag keep of those who were selected and of those who got it: what changes is stored, and
//! what is over goes.

use super::{
    work::{crowd, gold, person, sends},
    *,
};
use crate::model::{Reminder, TagMessage, TagPair, WorkState, limits::WORKS_WITH_PEOPLE};
use std::collections::BTreeMap;

/// How many rows of each table a layer has, and how many bytes they are.
type Sizes = BTreeMap<Table, (usize, usize)>;

impl Story {
    /// What is stored of the World that this command leads to, beside what is stored now.
    fn stores(&mut self, command: impl Into<Command>) -> Sizes {
        self.restart();
        let events = self.decide(&command.into()).events;
        let entry = self.entry(events);
        assert!(self.world.apply(&entry));
        self.world.settle();
        let mut sizes = Sizes::new();
        self.world.settling(&mut |table, _, value| {
            let size = sizes.entry(table).or_default();
            *size = (size.0 + 1, size.1 + value.map_or(0, |value| value.len()));
        });
        sizes
    }
    /// How many rows there are in the tables of runs.
    fn rows_of_runs(&self) -> usize {
        let disk = self.disk.clone().with(&self.world);
        disk.rows
            .keys()
            .filter(|(of, _)| matches!(of, Table::Selected | Table::Served | Table::PutOff))
            .count()
    }
}

#[test]
fn a_layer_of_a_work_has_what_changed_and_not_everyone_who_was_selected() {
    let mut story = crowd(700);
    let started = story.stores(sends("sale"));
    assert_eq!(started[&Table::Selected].0, 3, "256 in each row");
    let slice = story.stores(NetworkCommand::Sweep);
    let rows = |table| slice.get(&table).map_or(0, |(rows, _)| *rows);
    assert_eq!((rows(Table::Selected), rows(Table::Served)), (0, 100));
    let (_, bytes) = slice[&Table::Rest];
    assert!(bytes < 3_000, "{bytes} bytes");
    // Somebody who has nothing to do with it costs nothing of it.
    let other = story.stores(meet());
    assert!(!other.contains_key(&Table::Selected) && !other.contains_key(&Table::Served));
    assert_eq!(story.rows_of_runs(), 3 + 100);
}

#[test]
fn who_is_selected_is_looked_up_once() {
    let mut story = crowd(300);
    story.restart();
    let passed = story.passes(|story| {
        let events = story.decide(&sends("sale")).events;
        let entry = story.entry(events);
        assert!(story.world.apply(&entry));
    });
    assert_eq!(story.work().total, 300);
    assert!(passed < 310, "{passed} rows for 300 holders");
}

#[test]
fn the_rows_of_a_run_go_when_it_is_over_and_of_a_repeated_one_each_time() {
    let mut story = crowd(250).when(sends("sale")).settled();
    assert_eq!(story.work().state, WorkState::Done);
    let day = Duration::from_hours(24);
    let reminder = Reminder {
        app: "shop".into(),
        key: "k".into(),
        remind_at: story.now.after(day),
        interval: Some(day),
        payload: "p".into(),
    };
    story = story.when(CustomerCommand::AddReminderByTag { tag: gold(), reminder });
    for n in 1..4 {
        story = story.later(24 * 3600).settled();
        assert_eq!((story.work().done, story.work().state), (250, WorkState::Waiting), "{n}");
    }
    // One that is cancelled half way.
    story = story.when(sends("more")).swept();
    let work = story.work().id.clone();
    story = story.steers(&work, WorkState::Cancelled);
    for n in 0..8 {
        story = story.when(tags(person(n), &[("seen", "1")]));
    }
    assert_eq!(story.rows_of_runs(), 250 + 1 + 100 + 1, "whom the messages reached (R-TAGWORK-9)");
    // Newer ones take the place of both.
    let nobody = TagPair { key: "tier".into(), value: "none".into() };
    for _ in 0..WORKS_WITH_PEOPLE {
        let message = TagMessage::new(line(Channel::Sms), Body::text("x"));
        story = story.when(CustomerCommand::SendMessageByTag { tag: nobody.clone(), message });
    }
    assert!(story.rows_of_runs() > 0, "not all of them at once");
    for n in 0..8 {
        story = story.when(tags(person(n), &[("seen", "2")]));
    }
    assert_eq!(story.rows_of_runs(), 0);
    let mut again = World::default();
    assert!(story.entries.iter().all(|entry| again.apply(entry)));
    assert_eq!(again, story.world);
}
