//! Somebody dials at a message centre, and waits at the telephone for what an app or an agent says.

use super::{
    smsc::{Manner, Smsc, Text},
    *,
};
use crate::{
    hub::config::UssdSettings,
    model::{SessionId, UssdEnd, UssdMenu},
};
use rusmpp::{CommandStatus, values::UssdServiceOp as Op};

const JANE: &str = "+254711000001";
const CODE: &str = "*384#";
const ASKS: u8 = 2;
const ENDS: u8 = 17;

async fn desk(smsc: &Smsc) -> Desk {
    let lines =
        vec![ChannelNumber::new(Channel::Ussd, CODE), ChannelNumber::new(Channel::Ussd, "*384*7#")];
    Desk::with(smpp_of(smsc), lines, Repeats::Never, true).await
}

impl Desk {
    /// What was typed in all sessions, oldest first, with its session and code.
    async fn typed(&self) -> Vec<(SessionId, String, String)> {
        let entries = self.entries().await;
        let events = entries.into_iter().flat_map(|entry| entry.events);
        let typed = |event: crate::model::Event| match event.kind {
            EventKind::UssdInput { session, input, .. } => {
                Some((session, event.channel.expect("a code").number, input))
            }
            _ => None,
        };
        events.filter_map(typed).collect()
    }
    async fn ends(&self) -> Vec<UssdEnd> {
        let entries = self.entries().await;
        let events = entries.into_iter().flat_map(|entry| entry.events);
        let end = |kind| match kind {
            EventKind::UssdEnded { end, .. } => Some(end),
            _ => None,
        };
        events.filter_map(|event| end(event.kind)).collect()
    }
    async fn shows(&self, session: &SessionId, text: &str, is_terminal: bool) {
        let menu = UssdMenu { text: text.to_owned(), is_terminal };
        let (session, menu, actions) = (session.clone(), Some(menu), Vec::new());
        self.asks(CustomerCommand::AnswerPrompt { session, menu, actions }).await;
    }
}

type Shown = (String, Option<(u8, (u8, u8))>);

fn seen(smsc: &Smsc) -> Vec<Shown> {
    smsc.texts().iter().map(|text| (text.words(), text.ussd)).collect()
}

#[tokio::test]
async fn r_carry_23_who_dials_sees_the_menus_of_an_app_or_an_agent_until_the_last() {
    let smsc = Smsc::start(Manner { reports_nothing: true, ..Manner::default() }).await;
    let desk = desk(&smsc).await;
    smsc.type_in(JANE, "384", CODE, Op::PssrIndication, (9, 0));
    once!(desk.typed().await.len(), 1);
    let (session, code, input) = desk.typed().await.remove(0);
    assert_eq!((code.as_str(), input.as_str()), (CODE, ""));
    desk.shows(&session, "Your parcel\n1 Where\n2 When", false).await;
    smsc.once(|smsc| smsc.texts().len() == 1).await;
    let menu = ("Your parcel\n1 Where\n2 When".to_owned(), Some((ASKS, (9, 2))));
    assert_eq!(seen(&smsc), [menu]);
    let Text { to, from, .. } = &smsc.texts()[0];
    assert_eq!((to.as_str(), from.as_str()), ("254711000001", "384"));
    smsc.type_in(JANE, "384", "2", Op::UssrConfirm, (9, 4));
    once!(desk.typed().await.len(), 2);
    assert_eq!(desk.typed().await[1], (session.clone(), CODE.into(), "2".into()));
    desk.shows(&session, "Tomorrow", true).await;
    smsc.once(|smsc| smsc.texts().len() == 2).await;
    assert_eq!(seen(&smsc)[1], ("Tomorrow".to_owned(), Some((ENDS, (9, 7)))));
    smsc.once(|smsc| smsc.acknowledged() == 2).await;
    // What is dialled after the code comes with it, and the longest code is meant.
    smsc.type_in(JANE, "384", "*384*1*50#", Op::PssrIndication, (10, 0));
    once!(desk.typed().await.len(), 3);
    assert_eq!(desk.typed().await[2].2, "1*50");
    smsc.type_in("+254711000002", "384", "*384*7*1#", Op::PssrIndication, (11, 0));
    once!(desk.typed().await.len(), 4);
    assert_eq!(desk.typed().await[3].1, "*384*7#");
}

#[tokio::test]
async fn r_carry_23_if_nobody_answers_in_time_the_customer_is_told_before_the_network_hangs_up() {
    let smsc = Smsc::start(Manner { reports_nothing: true, ..Manner::default() }).await;
    let mut desk = desk(&smsc).await;
    desk.kill().await;
    desk.carrier.ussd =
        UssdSettings { answers_within: Duration::from_millis(300), missed: "Later, please".into() };
    desk.work();
    smsc.type_in(JANE, "384", CODE, Op::PssrIndication, (9, 0));
    smsc.once(|smsc| smsc.texts().len() == 1).await;
    assert_eq!(seen(&smsc), [("Later, please".to_owned(), Some((ENDS, (9, 3))))]);
    assert_eq!(desk.ends().await, [UssdEnd::Unanswered]);
    // An answer that comes too late goes to nobody.
    let (session, ..) = desk.typed().await.remove(0);
    let menu = UssdMenu { text: "late".into(), is_terminal: true };
    let (menu, actions) = (Some(menu), Vec::new());
    let caller = Caller { app: Some("shop".into()), actor: Actor::Key("wanjiku".into()) };
    let late = CustomerCommand::AnswerPrompt { session, menu, actions };
    let receipt = desk.hub.submit(caller, late.into()).await.expect("running");
    assert!(!receipt.is_ok());
    assert_eq!(smsc.texts().len(), 1);
}

#[tokio::test]
async fn r_carry_23_who_leaves_or_cannot_be_shown_a_menu_has_left() {
    let smsc = Smsc::start(Manner { reports_nothing: true, ..Manner::default() }).await;
    let desk = desk(&smsc).await;
    smsc.type_in(JANE, "384", CODE, Op::PssrIndication, (9, 0));
    once!(desk.typed().await.len(), 1);
    smsc.type_in(JANE, "384", "", Op::UssrConfirm, (9, 3));
    once!(desk.ends().await, vec![UssdEnd::CustomerLeft]);
    smsc.type_in(JANE, "384", CODE, Op::PssrIndication, (10, 0));
    once!(desk.typed().await.len(), 2);
    smsc.behave(Manner { refuses_texts: Some(CommandStatus::EsmeRinvdstadr), ..Manner::default() });
    let (session, ..) = desk.typed().await.remove(1);
    desk.shows(&session, "Choose", false).await;
    once!(desk.ends().await, vec![UssdEnd::CustomerLeft, UssdEnd::CustomerLeft]);
    // A code of nobody here is acknowledged, because it would come for ever.
    smsc.type_in(JANE, "999", "*999#", Op::PssrIndication, (11, 0));
    smsc.once(|smsc| smsc.acknowledged() == 4).await;
    assert_eq!(desk.typed().await.len(), 2);
}

#[tokio::test]
async fn r_carry_23_a_session_goes_on_after_the_hub_was_started_again() {
    let smsc = Smsc::start(Manner { reports_nothing: true, ..Manner::default() }).await;
    let mut desk = desk(&smsc).await;
    smsc.type_in(JANE, "384", CODE, Op::PssrIndication, (9, 0));
    once!(desk.typed().await.len(), 1);
    let (session, ..) = desk.typed().await.remove(0);
    desk.shows(&session, "Choose", false).await;
    smsc.once(|smsc| smsc.texts().len() == 1).await;
    desk.kill().await;
    desk.work();
    smsc.type_in(JANE, "384", "1", Op::UssrConfirm, (9, 4));
    once!(desk.typed().await.len(), 2);
    desk.shows(&session, "Thank you", true).await;
    smsc.once(|smsc| smsc.texts().len() == 2).await;
    assert_eq!(seen(&smsc)[1].0, "Thank you");
}

#[tokio::test]
async fn r_carry_23_whoever_waited_when_the_hub_stopped_is_no_more_there() {
    let smsc = Smsc::start(Manner { reports_nothing: true, ..Manner::default() }).await;
    let mut desk = desk(&smsc).await;
    smsc.type_in(JANE, "384", CODE, Op::PssrIndication, (9, 0));
    once!(desk.typed().await.len(), 1);
    desk.kill().await;
    desk.work();
    once!(desk.ends().await, vec![UssdEnd::Unanswered]);
    assert_eq!(smsc.texts().len(), 0);
}
