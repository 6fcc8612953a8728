//! Messages that leave later (R-LATER-1 to R-LATER-4), and the hours in which people are left alone (R-QUIET-1, R-QUIET-4).

use super::*;
use crate::model::{
    ConsentStatus, DataValue, MessageStatus, QuietHours, ScheduledMessage, Seq, limits,
};

const HOUR: u64 = 3_600;

fn at(story: &Story, secs: u64) -> Timestamp {
    story.now.after(Duration::from_secs(secs))
}

fn later(text: &str, at: Timestamp) -> CustomerCommand {
    by(Channel::Sms, text, at)
}

fn by(channel: Channel, text: &str, at: Timestamp) -> CustomerCommand {
    let (from, body) = (line(channel), Body::text(text));
    CustomerCommand::ScheduleMessage { to: jane(), from, body, at, in_reply_to: None, seen: None }
}

fn cancel(message: &MessageId) -> CustomerCommand {
    CustomerCommand::CancelScheduled { customer: to_jane(), message: message.clone() }
}

fn edit(message: &MessageId, text: &str, at: Timestamp) -> CustomerCommand {
    let (customer, message, body) = (to_jane(), message.clone(), Body::text(text));
    CustomerCommand::EditScheduled { customer, message, body, at, seen: None }
}

fn hears(channel: Channel, text: &str) -> Command {
    let (from, to, body) = (jane(), line(channel), Body::text(text));
    NetworkCommand::ReceiveMessage { from, to, body }.into()
}

fn only(story: &Story) -> ScheduledMessage {
    let jane = story.jane();
    let [message] = &jane.scheduled[..] else { panic!("{:?}", jane.scheduled) };
    message.clone()
}

/// The codes of the last messages, and of what else the last command led to.
fn codes(story: &Story) -> Vec<&'static str> {
    story.last.events.iter().map(|event| event.kind.code()).collect()
}

#[test]
fn r_later_1_a_message_waits_for_its_time_and_leaves_once_under_its_id_as_its_author() {
    let story = given([meet()]);
    let time = at(&story, HOUR);
    let story = story.when(later("your order is ready", time)).code(102);
    let message = only(&story);
    assert_eq!(codes(&story), ["SCH"]);
    assert_eq!((message.at, &message.by), (time, &Actor::Key("wanjiku".into())));
    assert_eq!(story.due(), Some(time), "the hub wakes for it");
    assert!(story.jane().messages.is_empty(), "nothing was sent");
    let early = story.later(HOUR - 1).when(NetworkCommand::Sweep).then(&[]);
    let sent = early.later(1).settled();
    let sent_now: Vec<_> = sent.jane().messages.iter().map(|m| (m.id.clone(), m.status)).collect();
    assert_eq!(sent_now, [(message.id.clone(), MessageStatus::Sent)]);
    assert!(sent.jane().scheduled.is_empty());
    let event = &sent.last.events[0];
    assert_eq!((&event.actor, event.app.as_ref()), (&message.by, message.app.as_ref()));
    let again = sent.later(HOUR).when(NetworkCommand::Sweep);
    assert!(again.last.events.iter().all(|event| event.kind.code() != "MSG"), "once");
}

#[test]
fn r_later_1_what_is_wrong_is_said_when_it_is_put_off_and_nothing_is_kept() {
    let story = given([meet()]);
    let (now, soon) = (story.now, at(&story, 60));
    let story = story.when(later("x", now)).code(413).refused("is over");
    let far = now.after(limits::SCHEDULED_AHEAD).after(Duration::from_secs(1));
    let story = story.when(later("x", far)).code(413).refused("too far ahead");
    let story = story.when(later("x", Timestamp::ZERO)).code(413).refused("is over");
    let story = story.when(later("", soon)).code(413).refused("an empty text");
    let story = story.when(by(Channel::Voice, "x", soon)).code(406).refused("no messages travel");
    let reply = |id: &str| CustomerCommand::ScheduleMessage {
        to: jane(),
        from: line(Channel::Sms),
        body: Body::text("x"),
        at: soon,
        in_reply_to: Some(id.into()),
        seen: None,
    };
    let story = story.when(reply("el_msg_none")).code(407).refused("wrote no message");
    let ahead = story.world.head().0.0 + 1;
    let mut unseen = later("x", soon);
    unseen = unseen.having_seen(Some(Seq(ahead)));
    let story = story.when(unseen).code(413).refused("nobody has seen");
    assert!(story.jane().scheduled.is_empty() && story.due().is_none());
}

#[test]
fn r_later_1_a_customer_has_so_many_of_them_and_no_more_text() {
    let story = given([meet()]);
    let time = at(&story, 12 * HOUR);
    let mut full = story;
    for n in 0..limits::SCHEDULED {
        full = full.when(later(&format!("message {n}"), time)).code(102);
    }
    let full = full.when(later("one more", time)).code(413).refused("64 messages");
    let message = full.jane().scheduled[3].id.clone();
    let full = full.when(edit(&message, "another text", time)).code(102);
    assert_eq!(full.jane().scheduled.len(), limits::SCHEDULED);
    // One sweep does not have to do all of them, but nothing stays behind.
    let left = full.later(14 * HOUR).settled();
    assert_eq!(left.jane().messages.count(), limits::SCHEDULED);
    let bytes = limits::MESSAGE_BYTES;
    let mut story = given([meet()]);
    for _ in 0..limits::SCHEDULED_BYTES / bytes {
        story = story.when(later(&"x".repeat(bytes), time)).code(102);
    }
    story.when(later("x", time)).code(413).refused("512 KiB");
}

#[test]
fn r_later_2_what_forbids_a_message_when_it_leaves_is_recorded_under_its_id() {
    // They opted out meanwhile.
    let story = given([meet()]);
    let time = at(&story, HOUR);
    let story = story.when(later("hello", time)).later(60).when(hears(Channel::Sms, "STOP"));
    let out = story.jane().channel(&jane(), &line(Channel::Sms)).and_then(|pair| pair.consent);
    assert_eq!(out.map(|(status, _)| status), Some(ConsentStatus::OptOutCompleted));
    let id = only(&story).id;
    let story = story.later(2 * HOUR).settled();
    let message = story.jane().message(&id).expect("it is recorded").clone();
    assert_eq!(message.status, MessageStatus::NoConsent);
    // Whoever is out already is refused at once.
    let soon = at(&story, 60);
    let story = story.when(later("again", soon)).code(401);
    story.then(&[]);
    // The window of a session channel has closed; if they write again in time it is open.
    for (writes, status) in [(false, 404), (true, 101)] {
        let story = given([hears(Channel::Whatsapp, "hi")]);
        let number = story.jane().numbers[0].clone();
        let time = at(&story, 30 * HOUR);
        let command = CustomerCommand::ScheduleMessage {
            to: number,
            from: line(Channel::Whatsapp),
            body: Body::text("tomorrow"),
            at: time,
            in_reply_to: None,
            seen: None,
        };
        let mut story = story.with(|s| s.quiet = None).when(command).code(102);
        story = story.later(20 * HOUR).settled();
        if writes {
            story = story.when(hears(Channel::Whatsapp, "still there?"));
        }
        let story = story.later(10 * HOUR).settled();
        let message = story.jane().messages.iter().last().expect("it left").clone();
        assert_eq!(message.status.code(), status);
    }
}

#[test]
fn r_later_2_an_answer_to_a_recent_message_leaves_whatever_the_consent() {
    let story = given([hears(Channel::Sms, "when do you open?")]);
    let asked = story.last_message();
    let time = at(&story, 2 * HOUR);
    let answer = CustomerCommand::ScheduleMessage {
        to: jane(),
        from: line(Channel::Sms),
        body: Body::text("at eight"),
        at: time,
        in_reply_to: Some(asked.clone()),
        seen: None,
    };
    let story = story.when(answer).code(102).later(60).when(hears(Channel::Sms, "STOP"));
    let story = story.later(2 * HOUR).settled();
    let last = story.jane().messages.iter().rev().find(|m| m.in_reply_to.is_some()).cloned();
    let last = last.expect("the answer left");
    assert_eq!((last.status, last.in_reply_to.clone()), (MessageStatus::Sent, Some(asked)));
}

#[test]
fn r_later_3_it_is_changed_and_cancelled_until_it_leaves_and_not_after() {
    let story = given([meet()]);
    let (soon, late) = (at(&story, HOUR), at(&story, 2 * HOUR));
    let story = story.when(later("at eight", soon));
    let id = only(&story).id;
    let brian = Actor::Key("brian".into());
    let story = story.by(Some("shop"), brian.clone()).when(edit(&id, "at nine", late)).code(102);
    let changed = only(&story);
    assert_eq!((changed.id.clone(), changed.at, changed.by.clone()), (id.clone(), late, brian));
    assert_eq!(changed.body.text.as_deref(), Some("at nine"));
    let story = story.when(edit(&id, "", late)).code(413).refused("an empty text");
    let story = story.later(HOUR).when(NetworkCommand::Sweep).then(&[]);
    let gone = story.world.clone();
    let story = story.when(cancel(&id)).accepted("cancelled: it does not leave");
    assert!(story.jane().scheduled.is_empty() && story.due().is_none());
    let story = story.when(cancel(&id)).refused("no message");
    let over = at(&story, 9 * HOUR);
    let story = story.when(edit(&id, "x", over)).code(413).refused("no message");
    story.later(3 * HOUR).when(NetworkCommand::Sweep).then(&[]);
    // One that has left says so.
    let mut story = given([meet()]);
    story.world = gone;
    let story = story.later(2 * HOUR).settled();
    let story = story.when(cancel(&id)).refused("left at");
    let over = at(&story, HOUR);
    story.when(edit(&id, "x", over)).code(413).refused("left at");
}

#[test]
fn r_later_4_they_are_listed_by_time_and_go_with_a_merge() {
    let story = given([meet(), tags(to_omar(), &[("a", "b")])]);
    let (one, two, three) = (at(&story, HOUR), at(&story, 2 * HOUR), at(&story, 3 * HOUR));
    let to_omar_too = CustomerCommand::ScheduleMessage {
        to: omar(),
        from: line(Channel::Sms),
        body: Body::text("second"),
        at: two,
        in_reply_to: None,
        seen: None,
    };
    let story = story.when(later("third", three)).when(to_omar_too).when(later("first", one));
    let texts = |story: &Story| -> Vec<_> {
        story.world.scheduled().map(|(_, message)| message.body.summary()).collect()
    };
    assert_eq!(texts(&story), ["first", "second", "third"]);
    assert_eq!(story.world.scheduled_count(), 3);
    let customer = story.jane().id.clone();
    let adopt = CustomerCommand::AdoptCustomer { customer, other: to_omar() };
    let mut story = story.when(adopt);
    story.restart();
    assert_eq!(texts(&story), ["first", "second", "third"]);
    assert_eq!(story.jane().scheduled.len(), 3);
    let story = story.later(4 * HOUR).with(|s| s.quiet = None).settled();
    let sent = story.jane();
    let to: Vec<_> = sent.messages.iter().map(|m| (m.body.summary(), m.number.clone())).collect();
    assert!(
        to.contains(&("second".into(), omar())),
        "to the number for which it was written: {to:?}"
    );
    assert_eq!((to.len(), story.world.scheduled_count()), (3, 0));
}

#[test]
fn r_quiet_4_what_leaves_late_is_not_sent_into_the_night() {
    // 16:46 in Nairobi; it was to leave at 17:46, and the hub is back at 22:46.
    let story = given([meet()]);
    let time = at(&story, HOUR);
    let story = story.when(later("hello", time)).later(6 * HOUR).swept();
    assert_eq!(codes(&story), ["SCH"], "moved");
    let moved = only(&story);
    // 08:00 in Nairobi is 05:00 in UTC.
    assert_eq!(moved.at.to_string(), "1970-01-13T05:00:00.000000Z");
    assert_eq!(moved.by, Actor::Key("wanjiku".into()), "its author stays");
    let story = story.when(NetworkCommand::Sweep).then(&[]);
    let story = story.later(10 * HOUR).settled();
    assert_eq!(story.jane().messages.count(), 1);
    // Whoever chose an hour of the night, or has no quiet hours, gets it as soon as the hub is back.
    let story = given([meet()]);
    let night = at(&story, 5 * HOUR);
    let story = story.when(later("hello", night)).later(7 * HOUR).swept();
    assert_eq!(codes(&story), ["MSG"]);
    let story = given([meet()]);
    let time = at(&story, HOUR);
    let story = story.with(|s| s.quiet = None).when(later("hello", time)).later(6 * HOUR).swept();
    assert_eq!(codes(&story), ["MSG"]);
    // On time is on time.
    let story = given([meet()]).with(|s| s.quiet = QuietHours::parse("17:00-18:00").ok());
    let time = at(&story, HOUR);
    let story = story.when(later("hello", time)).later(HOUR).swept();
    assert_eq!(codes(&story), ["MSG"]);
}

#[test]
fn r_quiet_2_the_zone_of_their_data_wins_over_that_of_their_number() {
    let values = vec![("timezone".into(), DataValue::Text("America/New_York".into()))];
    let zone = CustomerCommand::UpdateMetadata { customer: to_jane(), values };
    // 16:46 in Nairobi is 08:46 in New York; five hours later it is 21:46 and 13:46.
    let mut story = given([meet(), zone.into()]).later(5 * HOUR);
    assert_eq!(story.finds(send(Channel::Sms, "hello")), [""; 0]);
    let mut story = story.later(8 * HOUR);
    let outlook = story.outlook(send(Channel::Sms, "hello"));
    assert_eq!(outlook.findings[0].text, "21:47 there: quiet until 08:00");
    assert!(outlook.quiet_until.is_some_and(|until| until > story.now));
    // One that nobody knows is as good as none: the number tells it, 05:47 in Nairobi.
    let values = vec![("timezone".into(), DataValue::Text("Mars/Phobos".into()))];
    let mars = CustomerCommand::UpdateMetadata { customer: to_jane(), values };
    let mut story = story.when(mars);
    let outlook = story.outlook(send(Channel::Sms, "hello"));
    assert_eq!(outlook.findings[0].text, "05:47 there: quiet until 08:00");
}

#[test]
fn r_quiet_2_a_message_for_later_is_judged_by_its_own_hour() {
    let mut story = given([meet()]);
    let (evening, morning) = (at(&story, 5 * HOUR), at(&story, 18 * HOUR));
    let outlook = story.outlook(later("hello", evening));
    assert_eq!(outlook.findings[0].text, "21:46 there: quiet until 08:00");
    assert_eq!(story.finds(later("hello", morning)), [""; 0]);
    let over = story.now;
    assert_eq!(story.finds(later("hello", over)), ["block invalid-request"]);
    let window = story.outlook(by(Channel::Whatsapp, "hello", morning));
    assert_eq!(window.findings[0].code, "window-closed");
    assert!(!window.is_blocked(), "they may write before: {:?}", window.findings);
}

fn answer(story: &Story, text: &str, at: Timestamp) -> CustomerCommand {
    CustomerCommand::ScheduleMessage {
        to: jane(),
        from: line(Channel::Sms),
        body: Body::text(text),
        at,
        in_reply_to: Some(story.last_message()),
        seen: None,
    }
}

#[test]
fn r_later_2_what_they_wrote_since_is_still_to_be_answered() {
    let story = given([hears(Channel::Sms, "where is it?")]).with(|s| s.quiet = None);
    let time = at(&story, HOUR);
    let written = answer(&story, "it comes tomorrow", time);
    let story = story.when(written).later(600);
    let calm = story.world.clone();
    let story = story.when(hears(Channel::Sms, "please cancel it")).later(2 * HOUR).settled();
    assert_eq!(story.jane().messages.iter().filter(|m| m.in_reply_to.is_some()).count(), 1);
    let unanswered = story.jane().unanswered.clone().expect("nobody has read the last");
    assert_eq!(unanswered.text, "please cancel it");
    // Without it they wait no longer once it has left, and until then they do.
    let mut story = given([hears(Channel::Sms, "where is it?")]).with(|s| s.quiet = None);
    story.world = calm;
    assert!(story.jane().unanswered.is_some());
    let story = story.later(3 * HOUR).settled();
    assert!(story.jane().unanswered.is_none());
}

#[test]
fn r_later_2_an_answer_does_not_leave_if_somebody_else_has_answered_since() {
    let story = given([hears(Channel::Sms, "where is it?")]).with(|s| s.quiet = None);
    let time = at(&story, HOUR);
    let written = answer(&story, "it comes tomorrow", time);
    let story = story.when(written).when(later("your bill", time));
    let brian = Actor::Key("brian".into());
    let story = story.by(Some("shop"), brian).when(send(Channel::Sms, "It is there already."));
    let story = story.later(2 * HOUR).settled();
    let jane = story.jane();
    let stands: Vec<_> =
        jane.messages.iter().map(|m| (m.body.summary(), m.status.code())).collect();
    assert!(stands.contains(&("it comes tomorrow".into(), 450)), "{stands:?}");
    assert!(stands.contains(&("your bill".into(), 101)), "no answer to anything: {stands:?}");
    // The app is told by a report, because no call is there whose reply could.
    let reports = story.entries.iter().flat_map(|entry| &entry.events).filter(|event| {
        matches!(&event.kind, crate::model::EventKind::MessageStatusChanged { status, .. }
            if *status == MessageStatus::Conflict)
    });
    assert_eq!(reports.count(), 1);
}

#[test]
fn r_later_3_whoever_has_not_seen_what_another_changed_is_stopped() {
    let story = given([meet()]);
    let (soon, late) = (at(&story, HOUR), at(&story, 2 * HOUR));
    let story = story.when(later("at eight", soon));
    let (id, seen) = (only(&story).id, story.world.head().0);
    let mine = edit(&id, "at ten", late).having_seen(Some(seen));
    let brian = Actor::Key("brian".into());
    let story = story.by(Some("shop"), brian).when(edit(&id, "on Friday", late)).code(102);
    let me = Actor::Key("wanjiku".into());
    let story = story.by(Some("shop"), me).when(mine.clone()).code(450);
    let story = story.refused("brian changed it");
    assert_eq!(only(&story).body.summary(), "on Friday");
    let now = story.world.head().0;
    let story = story.when(mine.having_seen(Some(now))).code(102);
    assert_eq!(only(&story).body.summary(), "at ten");
}

#[test]
fn r_later_1_a_message_says_what_else_is_going_to_leave() {
    let mut story = given([meet()]);
    let time = at(&story, HOUR);
    story = story.when(later("your order is ready", time));
    assert_eq!(story.finds(send(Channel::Sms, "your order is ready")), ["warn duplicate-recent"]);
    assert_eq!(story.finds(later("your order is ready", time)), ["warn duplicate-recent"]);
    assert_eq!(story.finds(send(Channel::Sms, "hello")), ["note scheduled"]);
    let id = only(&story).id;
    assert_eq!(story.finds(edit(&id, "your order is ready", time)), [""; 0], "it is that one");
}

#[test]
fn r_later_2_an_answer_to_a_recent_message_is_not_spoken_against_by_an_opt_out() {
    let story = given([hears(Channel::Sms, "when do you open?")]);
    let time = at(&story, HOUR);
    let written = answer(&story, "at eight", time);
    let mut story = story.when(hears(Channel::Sms, "STOP"));
    let outlook = story.outlook(written);
    assert!(!outlook.is_blocked(), "{:?}", outlook.findings);
}
