//! What happens by itself: `next_due` says when, a sweep does it, and then nothing more is due.

use super::{work::person, *};
use crate::model::{CallStatus, CustomerRef, MessageStatus, SecondaryId, Seq, Tag, UssdMenu};

impl Story {
    /// Sweeps just before something is due, and again when it is.
    fn waits(mut self, secs: u64) -> Self {
        let due = self.world.next_due(&self.settings).expect("something waits");
        assert_eq!(due.since(self.now), Duration::from_secs(secs));
        self.now = due.before(Duration::from_micros(1));
        self = self.when(NetworkCommand::Sweep).then(&[]).accepted("no things due");
        self.now = due;
        self.when(NetworkCommand::Sweep).accepted("1 thing due")
    }
    fn rests(self) {
        assert_eq!(self.world.next_due(&self.settings), None);
    }
}

fn dial() -> Command {
    let to = line(Channel::Ussd);
    NetworkCommand::DialUssd { from: jane(), to, input: String::new() }.into()
}

#[test]
fn nothing_is_due_in_an_empty_world() {
    nothing().when(NetworkCommand::Sweep).then(&[]).accepted("no things due").rests();
}

#[test]
fn r_hook_2_an_unanswered_prompt_ends_the_session_with_an_apology() {
    let story = given([meet()]).when(dial()).waits(15);
    let story = story.then(&[
        "USS menu: Service is not available now. Please try again later.",
        "USS session over: no app answered in time",
    ]);
    assert!(story.last.events.iter().all(|e| e.actor == Actor::Hub));
    story.rests();
}

#[test]
fn events_4_6_a_ussd_customer_has_180_s_to_type() {
    let story = nothing().by(None, Actor::Hub).when(dial());
    let menu = UssdMenu { text: "1. Buy".into(), is_terminal: false };
    let session = story.last_session();
    let story = story.when(CustomerCommand::AnswerPrompt {
        session,
        menu: Some(menu),
        actions: Vec::new(),
    });
    // The menu is a microsecond later than the dial of the same moment (R-EVT-1).
    let mut story = story.later(180);
    let session = story.last_session();
    story.now = story.world.next_due(&story.settings).expect("a session waits");
    story
        .when(NetworkCommand::InputUssd { session, input: "1".into() })
        .refused("timed out")
        .when(NetworkCommand::Sweep)
        .then(&["USS session over: the customer did not answer in time"])
        .rests();
}

#[test]
fn r_sess_1_a_session_closes_a_day_after_the_last_message() {
    let story = given([meet()]).when(hears(Channel::Whatsapp, "hey")).waits(24 * 3600);
    let story = story.then(&["SES session closed"]).for_apps(&["first"]);
    assert_eq!(story.jane().channels[0].session, None);
    story.rests();
}

#[test]
fn events_4_1_an_undelivered_message_expires_after_a_day() {
    let story = given([meet()]).when(send(Channel::Sms, "x")).waits(24 * 3600);
    let story = story.then(&["DLV expired before it was delivered"]).for_apps(&["shop"]);
    assert_eq!(story.jane().messages[0].status, MessageStatus::Expired);
    story.rests();
}

#[test]
fn r_hook_2_a_call_that_no_app_answers_ends_after_15_s() {
    let call = NetworkCommand::ReceiveCall { from: jane(), to: line(Channel::Voice) };
    let story = given([meet()]).when(call).waits(15);
    let story = story.then(&["CAL no app said what to do in time", "CAL completed, hung up"]);
    assert_eq!(story.jane().calls[0].status, CallStatus::Completed);
    story.rests();
}

#[test]
fn r_exp_1_expired_entries_stay_listed_for_a_day_and_are_then_removed() {
    let story = given([meet()]);
    let at = story.now.after(Duration::from_secs(100));
    let tag = |key: &str, expires_at| Tag { key: key.into(), value: "1".into(), expires_at };
    let tags = vec![
        tag("soon", Some(at)),
        tag("later", Some(at.after(Duration::from_secs(1)))),
        tag("never", None),
    ];
    let pair = SecondaryId { key: "badge".into(), value: "7".into() };
    let ids = vec![(pair.clone(), Some(at))];
    let story = story
        .when(CustomerCommand::UpdateTags { customer: to_jane(), tags })
        .when(CustomerCommand::UpdateSecondaryIds { customer: to_jane(), ids });
    let by_badge = CustomerRef::Secondary(pair);
    assert!(story.who(&by_badge).is_some());
    let story = story.waits(100 + 24 * 3600).then(&["EXP expired: soon, badge:****"]);
    assert!(story.who(&by_badge).is_none());
    let story = story.waits(1).then(&["EXP expired: later"]);
    assert_eq!(story.jane().tags.len(), 1);
    story.rests();
}

#[test]
fn one_sweep_does_a_limited_number_of_things_and_the_next_goes_on() {
    let numbers = (0..250).map(|n| CustomerNumber::telco(&format!("+2547{n:08}")));
    let to = line(Channel::Ussd);
    let dials =
        numbers.map(|from| NetworkCommand::DialUssd { from, to: to.clone(), input: String::new() });
    let story = given(dials).later(1000).when(NetworkCommand::Sweep).accepted("200 things due");
    let due = story.world.next_due(&story.settings).expect("more is due");
    assert!(due < story.now);
    story.when(NetworkCommand::Sweep).accepted("50 things due").rests();
}

#[test]
fn d_overflow_dropped_notifications_are_an_event() {
    let drop = |count| NetworkCommand::DropNotifications {
        app: "shop".into(),
        count,
        from: Seq(3),
        to: Seq(9),
    };
    let story = nothing().when(drop(2)).then(&["DRP 2 notifications dropped, entries 3 to 9"]);
    story.for_apps(&["shop"]).when(drop(0)).then(&[]).accepted("nothing changed");
}

#[test]
fn d_feed_an_entry_of_many_expired_tags_is_small_enough_to_read() {
    let ends = Timestamp::from_secs(2_000_000);
    let tags: Vec<Tag> = (0..256)
        .map(|n| {
            let key = format!("{n:03}{}", "\u{1f33b}".repeat(252));
            Tag { key, value: "v".into(), expires_at: Some(ends) }
        })
        .collect();
    let mut story = (0..6).fold(nothing(), |story, n| {
        story.when(CustomerCommand::UpdateTags { customer: person(n), tags: tags.clone() })
    });
    story.now = ends.after(story.settings.expiry_grace);
    let (before, story) = (story.entries.len(), story.settled());
    let swept: Vec<usize> = story.entries[before..].iter().map(|e| e.events.len()).collect();
    assert_eq!(swept, [5, 1], "a MiB and a little more at most");
    assert!(story.who(&person(5)).expect("known").tags.is_empty());
}
