//! Messages by tag that begin later (R-LATER-5), and those that wait for quiet hours (R-QUIET-5, R-QUIET-4).

use super::{
    work::{crowd, gold, nth, person},
    *,
};
use crate::model::{
    CustomerNumber, EventKind, MessageStatus as S, PutOff, RecipientOutcome as O, TagMessage,
    WorkId, WorkState,
};

const HOUR: u64 = 3_600;
/// The story begins at 16:46 in Nairobi. This is 21:46 there, and 19:46 in Berlin.
const EVENING: u64 = 5 * HOUR;

fn by_tag(message: TagMessage) -> CustomerCommand {
    CustomerCommand::SendMessageByTag { tag: gold(), message }
}
fn sale() -> TagMessage {
    TagMessage::new(line(Channel::Sms), Body::text("sale"))
}
fn quiet_sale() -> TagMessage {
    TagMessage { keeps_quiet: true, ..sale() }
}
fn german(n: usize) -> CustomerRef {
    CustomerRef::Number(CustomerNumber::telco(&format!("+4930{n:07}")))
}
/// So many in Nairobi and so many in Berlin.
fn two_places(kenya: usize, germany: usize) -> Story {
    let gold = |story: Story, who| story.when(tags(who, &[("tier", "gold")]));
    (0..germany).fold(crowd(kenya), |story, n| gold(story, german(n)))
}

impl Story {
    fn id(&self) -> WorkId {
        self.work().id.clone()
    }
    /// How many messages of works each of these got.
    fn texts(&self, who: &CustomerRef) -> usize {
        self.who(who).map_or(0, |c| c.messages.iter().filter(|m| m.work.is_some()).count())
    }
    /// The World follows from the log, and is the same after a restart.
    fn kept(self) -> Self {
        let mut read = World::default();
        assert!(self.entries.iter().all(|entry| read.apply(entry)));
        assert_eq!(read, self.world);
        assert_eq!(self.restarted(), self.world);
        self
    }
}

#[test]
fn r_later_5_a_message_by_tag_begins_at_its_time_with_whoever_has_the_tag_then() {
    let story = crowd(2);
    let at = story.now.after(Duration::from_secs(HOUR));
    let story = story.when(by_tag(TagMessage { at: Some(at), ..sale() }));
    let story = story.accepted("begins at 1970-01-12 14:46 UTC, for tier=gold");
    assert_eq!((story.work().state, story.work().total), (WorkState::Waiting, 0));
    assert_eq!((story.work().begins(), story.due()), (Some(at), Some(at)));
    let keys = vec!["tier".into()];
    let leaves = CustomerCommand::DeleteTags { customer: person(0), keys };
    let mut story = story.when(leaves).when(tags(person(2), &[("tier", "gold")])).later(HOUR - 1);
    story = story.when(NetworkCommand::Sweep).then(&[]);
    story.restart();
    let story = story.later(1).settled().kept();
    assert_eq!(story.got(3), [0, 1, 1], "whoever has it when it begins");
    assert_eq!((story.work().state, story.work().begins()), (WorkState::Done, None));
}

#[test]
fn r_later_5_until_it_begins_it_is_paused_cancelled_and_changed() {
    let story = crowd(2);
    let at = story.now.after(Duration::from_secs(HOUR));
    let timed = |text: &str| TagMessage {
        at: Some(at),
        ..TagMessage::new(line(Channel::Sms), Body::text(text))
    };
    // Paused over its time, it begins when it is resumed.
    let story = story.when(by_tag(timed("one")));
    let one = story.id();
    let story = story.steers(&one, WorkState::Paused).later(2 * HOUR).settled();
    assert_eq!(story.got(2), [0, 0]);
    let story = story.steers(&one, WorkState::Running).settled();
    assert_eq!(story.got(2), [1, 1]);
    // Cancelled, it never begins.
    let at = story.now.after(Duration::from_secs(HOUR));
    let story = story.when(by_tag(TagMessage { at: Some(at), ..sale() }));
    let two = story.id();
    let story = story.steers(&two, WorkState::Cancelled).later(2 * HOUR).settled();
    assert_eq!(story.got(2), [1, 1]);
    // Changed, the new one begins and the old one does not.
    let at = story.now.after(Duration::from_secs(HOUR));
    let story = story.when(by_tag(TagMessage { at: Some(at), ..sale() }));
    let three = story.id();
    let open = story.world.works().filter(|work| !work.state.is_final()).count();
    let sooner = story.now.after(Duration::from_secs(HOUR / 2));
    let new = TagMessage {
        at: Some(sooner),
        instead_of: Some(three.clone()),
        ..TagMessage::new(line(Channel::Sms), Body::text("better"))
    };
    let mut story = story;
    let found = story.finds(by_tag(TagMessage { keeps_quiet: true, ..new.clone() }));
    assert_eq!(found, ["note quiet-hours"], "it does not overlap with itself");
    let story = story.when(by_tag(new));
    let story = story
        .accepted(&format!("begins at {}, for tier=gold, instead of {three}", sooner.minute()));
    assert_eq!(story.world.works().filter(|work| !work.state.is_final()).count(), open);
    let story = story.later(2 * HOUR).settled().kept();
    let texts: Vec<_> =
        story.who(&person(0)).expect("known").messages.iter().map(|m| m.body.summary()).collect();
    assert_eq!(texts, ["one", "better"]);
    // What has begun, is over, or is somebody else's, is not changed.
    let instead = |of: &WorkId| by_tag(TagMessage { instead_of: Some(of.clone()), ..sale() });
    let story = story.when(instead(&three)).refused("only what has not begun can be changed");
    let story = story.when(instead(&"el_wrk_0".into())).refused("no work el_wrk_0");
    let at = story.now.after(Duration::from_secs(HOUR));
    let story = story.when(by_tag(TagMessage { at: Some(at), ..sale() }));
    let four = story.id();
    let bank = story.by(Some("bank"), Actor::Key("brian".into()));
    bank.when(instead(&four)).refused("is the work of another app");
}

#[test]
fn r_later_5_a_time_that_cannot_be_is_refused() {
    let story = crowd(1);
    let (now, far) = (story.now, story.now.after(Duration::from_hours(24 * 400)));
    let at = |at| by_tag(TagMessage { at: Some(at), ..sale() });
    let story = story.when(at(now)).refused("is over: give a time that lies ahead");
    let story = story.when(at(far)).refused("is too far ahead");
    let story = story.when(by_tag(sale())).settled();
    let (failed_of, at) = (Some(story.id()), Some(story.now.after(Duration::from_secs(HOUR))));
    let again = TagMessage { failed_of, at, ..sale() };
    story.when(by_tag(again)).refused("leaves at once: give no time");
}

#[test]
fn r_quiet_5_whoever_is_left_alone_gets_it_when_that_is_over() {
    let story = two_places(250, 3).later(EVENING);
    let mut story = story;
    let outlook = story.outlook(by_tag(quiet_sale()));
    let text = "250 people left alone now, who will get it when that is over";
    assert_eq!(outlook.findings[0].text, text);
    let audience = outlook.audience.expect("an audience");
    assert_eq!((audience.reached, audience.quiet, audience.hour_unknown), (253, 250, 0));
    let morning = audience.quiet_until.expect("a morning");
    assert_eq!(morning.to_string(), "1970-01-13T05:00:00.000000Z", "08:00 in Nairobi");
    let bare = story.outlook(by_tag(sale()));
    assert_eq!(bare.findings[0].text, "250 people to be left alone now would get it");
    let story = story.when(by_tag(quiet_sale())).settled().kept();
    let work = story.work();
    assert_eq!((work.state, work.done, work.left(), work.ahead()), (WorkState::Running, 3, 250, 0));
    assert_eq!(work.put_off, PutOff { people: 250, first: morning, last: morning });
    assert_eq!(story.due(), Some(morning), "nothing is done before");
    assert_eq!((story.texts(&german(0)), story.texts(&person(0))), (1, 0));
    let id = story.id();
    let waits = story.all_people(&id, Some(O::PutOff), 100);
    assert_eq!((waits.len(), waits[0].at, waits[0].words()), (250, morning, "left alone"));
    // One of them opts out meanwhile.
    let stop = NetworkCommand::ReceiveMessage {
        from: nth(7),
        to: line(Channel::Sms),
        body: Body::text("stop"),
    };
    let mut story = story.when(stop);
    story.restart();
    story.now = morning;
    let story = story.settled().kept();
    let work = story.work();
    assert_eq!((work.state, work.done), (WorkState::Done, 252));
    assert_eq!(work.skipped, [(S::NoConsent.code(), 1)].into());
    assert_eq!(work.put_off, PutOff::default());
    let got = story.got(250);
    assert!(got.iter().enumerate().all(|(n, got)| *got == 1 || n == 7), "each once: {got:?}");
    let ids: Vec<_> =
        story.all_people(&id, None, 100).into_iter().map(|one| one.customer).collect();
    assert_eq!((ids.len(), ids.is_sorted()), (253, true), "everyone once in the table");
}

#[test]
fn r_quiet_5_pause_and_cancel_reach_those_who_are_put_off() {
    let story = two_places(5, 1).later(EVENING).when(by_tag(quiet_sale())).settled();
    let (id, morning) = (story.id(), story.work().put_off.first);
    let mut story = story.steers(&id, WorkState::Paused);
    story.now = morning.after(Duration::from_mins(1));
    let story = story.settled();
    assert_eq!(story.got(5), [0; 5]);
    let story = story.steers(&id, WorkState::Cancelled).later(HOUR).settled().kept();
    assert_eq!((story.got(5), story.work().left()), (vec![0; 5], 5));
    assert_eq!(story.work().put_off, PutOff::default());
    assert_eq!(story.all_people(&id, Some(O::NotYet), 10).len(), 5, "they never get it");
    assert_eq!(story.all_people(&id, Some(O::PutOff), 10).len(), 0);
}

#[test]
fn r_quiet_5_they_get_it_at_the_rate_and_those_who_are_merged_get_it_once() {
    let rate = "2/s".parse().ok();
    let story = two_places(9, 0).later(EVENING).when(by_tag(TagMessage { rate, ..quiet_sale() }));
    let story = story.settled();
    assert_eq!(story.work().put_off.people, 9, "who is put off costs nothing of the rate");
    assert_eq!(story.work().lasts(), None, "nobody can get it now");
    let one = story.who(&person(1)).expect("known").id.clone();
    let merge = CustomerCommand::AdoptCustomer { customer: one, other: person(8) };
    let mut story = story.when(merge);
    story.now = story.work().put_off.first;
    let start = story.now;
    let story = story.runs(1_900);
    assert_eq!(story.work().done, 4);
    let story = story.runs(10_000);
    assert_eq!((story.work().done, story.work().state), (8, WorkState::Done));
    assert_eq!(story.work().skipped, [(S::DecommissionedCustomerId.code(), 1)].into());
    assert_eq!(story.texts(&person(1)), 1, "of the two who are one person now");
    let sent: Vec<_> = story
        .entries
        .iter()
        .flat_map(|entry| &entry.events)
        .filter(|e| matches!(e.kind, EventKind::MessageSent { .. }))
        .map(|e| e.at)
        .collect();
    assert!(sent.iter().all(|at| *at >= start));
}

#[test]
fn r_quiet_5_of_a_telephone_without_a_known_hour_the_sheet_speaks() {
    let american = CustomerRef::Number(CustomerNumber::telco("+12125550100"));
    let mut story = crowd(1).when(tags(american.clone(), &[("tier", "gold")])).later(EVENING);
    let outlook = story.outlook(by_tag(quiet_sale()));
    let texts: Vec<_> = outlook.findings.iter().map(|f| f.text.as_str()).collect();
    let text = "1 person of whom nobody knows what time it is there will get it now";
    assert!(texts.contains(&text), "{texts:?}");
    let story = story.when(by_tag(quiet_sale())).settled();
    assert_eq!((story.texts(&american), story.got(1)), (1, vec![0]));
}

#[test]
fn r_quiet_4_a_message_by_tag_that_begins_late_spares_those_it_was_not_meant_to_wake() {
    // It was to begin at 17:46 in Nairobi, and the hub is back at 22:46.
    let begin = |secs: u64, back: u64| {
        let story = crowd(2);
        let at = Some(story.now.after(Duration::from_secs(secs)));
        story.when(by_tag(TagMessage { at, ..sale() })).later(back).settled()
    };
    let story = begin(HOUR, 6 * HOUR);
    assert_eq!((story.got(2), story.work().put_off.people), (vec![0, 0], 2));
    let story = story.later(10 * HOUR).settled().kept();
    assert_eq!(story.got(2), [1, 1]);
    // An hour of the night that somebody chose is theirs, and on time is on time.
    assert_eq!(begin(EVENING, 7 * HOUR).got(2), [1, 1]);
    assert_eq!(begin(EVENING, EVENING).got(2), [1, 1]);
}
