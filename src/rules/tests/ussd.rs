//! USSD sessions (R-USSD-1, R-USSD-2), and the answers to their prompts (R-HOOK-1, R-HOOK-2, R-HOOK-4).

use super::*;
use crate::model::{UssdEnd, UssdMenu, settings::BoundChannel};

fn dial(input: &str) -> Command {
    let to = line(Channel::Ussd);
    NetworkCommand::DialUssd { from: jane(), to, input: input.into() }.into()
}
fn types(story: Story, input: &str) -> Story {
    let session = story.last_session();
    story.when(NetworkCommand::InputUssd { session, input: input.into() })
}
fn menu(story: Story, text: &str, is_terminal: bool) -> Story {
    let session = story.last_session();
    let menu = UssdMenu { text: text.into(), is_terminal };
    story.when(CustomerCommand::AnswerPrompt { session, menu: Some(menu), actions: Vec::new() })
}
#[test]
fn r_ussd_1_a_dial_opens_a_session_with_what_was_dialled_after_the_code() {
    let story = nothing().when(dial("")).accepted("session opened");
    let story = story.then(&["NEW new customer", "USS dialled "]).for_apps(&["-", "first"]);
    assert!(story.jane().ussd[0].awaits_menu());
    nothing().when(dial("1*2")).then(&["NEW new customer", "USS dialled 1*2"]);
    nothing().when(dial(&"1".repeat(183))).refused("182 septets");
}

#[test]
fn r_ord_8_input_and_menu_take_turns_until_a_terminal_menu() {
    let story =
        types(nothing().by(None, Actor::Hub).when(dial("")), "1").refused("waits for its menu");
    let story = menu(story, "1. Buy", false).then(&["USS menu: 1. Buy"]).accepted("menu shown");
    let story = menu(story, "again", false).refused("waits for no menu");
    let story = types(story, "1").then(&["USS typed 1"]);
    let story = menu(story, "Bye", true).then(&["USS menu: Bye", "USS session over: completed"]);
    let story = types(story, "2").refused("over");
    let story = menu(story, "more", false).refused("waits for no menu");
    let session = story.last_session();
    let nothing = CustomerCommand::AnswerPrompt { session, menu: None, actions: Vec::new() };
    let story = story.when(nothing).refused("answered with a menu");
    let session = story.last_session();
    let ended = NetworkCommand::EndUssd { session, end: UssdEnd::CustomerLeft };
    story.when(ended).then(&[]).accepted("nothing changed");
}

#[test]
fn r_hook_1_no_answer_is_taken_after_the_network_has_let_its_customer_go() {
    // Given a code whose network lets its customers wait for 10 s, and one that nobody limits.
    let dialled = |own: Option<u64>| {
        let prompt_window = own.map(Duration::from_secs);
        let bound = BoundChannel {
            channel: line(Channel::Ussd),
            app: None,
            purse: None,
            carrier: None,
            prompt_window,
        };
        given([meet()]).with(|s| s.channels = vec![bound]).by(None, Actor::Hub).when(dial(""))
    };
    menu(dialled(Some(10)).later(9), "in time", false).accepted("menu shown");
    menu(dialled(Some(10)).later(10), "late", false).refused("too late");
    menu(dialled(None).later(14), "in time", false).accepted("menu shown");
    // The org's own time is not made longer by a network that waits longer.
    menu(dialled(Some(60)).later(15), "late", false).refused("too late");
}

#[test]
fn r_hook_1_a_prompt_is_answered_in_time_by_the_app_that_got_it() {
    let story = given([meet()]).by(None, Actor::Hub).when(dial("")).later(15);
    menu(story, "late", false).refused("too late");
    let story = nothing().when(dial("")).later(14);
    let story = menu(story, "mine", false).refused("belongs to another app");
    let story = menu(story.by(Some("first"), Actor::Hub), "", false).refused("an empty menu");
    menu(story, "mine", false).accepted("menu shown");
    let menu = UssdMenu::default();
    let unknown = CustomerCommand::AnswerPrompt {
        session: "el_ses_x".into(),
        menu: Some(menu),
        actions: Vec::new(),
    };
    nothing().when(unknown).refused("no session el_ses_x");
}

#[test]
fn r_hook_4_a_menu_that_no_phone_shows_whole_is_refused_and_may_be_sent_again() {
    let story = nothing().by(None, Actor::Hub).when(dial(""));
    let why = "1 too long: a USSD phone shows 182 septets (R-TEXT-2)";
    let story = menu(story, &"ä".repeat(183), false).then(&[]).refused(why);
    let why = "2 too long: a USSD phone shows 182 septets (R-TEXT-2)";
    let story = menu(story, &"€".repeat(92), false).then(&[]).refused(why);
    let why = "1 too long: a USSD phone shows 80 units of UCS-2, which ’ at 1 needs (R-TEXT-2)";
    let story = menu(story, &format!("’{}", "a".repeat(80)), false).then(&[]).refused(why);
    let story = menu(story, &"ä".repeat(182), false).accepted("menu shown");
    let hop = story.jane().ussd[0].hops[0].clone();
    assert_eq!(hop.menu.expect("a menu").text, "ä".repeat(182));
}

#[test]
fn a_customer_may_leave_and_a_phone_has_one_dialogue_at_a_time() {
    let story = given([dial("")]);
    let session = story.last_session();
    let story =
        story.when(dial("1")).then(&["USS session over: the customer left", "USS dialled 1"]);
    assert_eq!(story.jane().ussd[0].id, session);
    let session = story.last_session();
    let story = story.by(None, Actor::Customer);
    let story = story.when(NetworkCommand::EndUssd { session, end: UssdEnd::CustomerLeft });
    let story = story.then(&["USS session over: the customer left"]);
    assert_eq!(story.last.events[0].actor, Actor::Customer);
    assert_eq!(story.world.next_due(&story.settings), None);
}
