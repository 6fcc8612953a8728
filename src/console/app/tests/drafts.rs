//! What is written and not known to have arrived is never lost and never sent twice, whenever the
//! console is killed.

use super::desk::{Desk, NAMES, START, customer_id};
use crate::{
    catalog::Target,
    console::{
        drafts::{DraftStage, Drafts, DraftsPlace, FormDraft},
        msg::{Effect, Msg},
        pane::outbox::SendState,
    },
    model::{
        Actor, Body, CallId, ClientError, Entry, EntryId, Event, EventKind, FeedEvent,
        MessageReceipt, MessageStatus, Receipt, Seq, StoredCall,
    },
};
use std::{sync::Arc, time::Duration};

const TEXT: &str = "oda yako itafika kesho";

/// The state folder of a machine on which consoles are killed.
struct Disk {
    place: DraftsPlace,
    _folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("drafts.json");
        let place = DraftsPlace { path, hub: String::new(), org: "acme-ke".into() };
        Self { place, _folder: folder }
    }
    /// What a console leaves that is killed now.
    fn killed(&self, desk: &Desk) -> Drafts {
        self.place.save(desk.app.drafts()).expect("a file");
        let (drafts, words) = self.place.load();
        assert_eq!(words, None);
        drafts
    }
    /// The next console after one was killed, on the same hub.
    fn next(&self, desk: &Desk) -> Desk {
        Desk::open_with(120, 40, self.killed(desk))
    }
}

fn words(drafts: &Drafts) -> Vec<String> {
    drafts.list().iter().map(|kept| kept.words().to_owned()).collect()
}

/// Writes a reply to the selected customer.
fn write(desk: &mut Desk) {
    desk.press("r");
    desk.types(TEXT);
}

/// Writes a reply, confirms it, and lets it wait.
fn held(width: u16, height: u16) -> Desk {
    let mut desk = Desk::open(width, height);
    write(&mut desk);
    desk.press("ctrl-s");
    assert!(sends(&desk.confirm()).is_empty(), "it is held");
    desk
}

fn sends(effects: &[Effect]) -> Vec<CallId> {
    let call = |effect: &Effect| match effect {
        Effect::Send { call, .. } => Some(call.clone()),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

/// A reply that is on its way, and its key.
fn sending() -> (Desk, CallId) {
    let mut desk = held(120, 40);
    let sent = sends(&desk.after(Duration::from_secs(6)));
    let [call] = &sent[..] else { panic!("one message: {sent:?}") };
    (desk, call.clone())
}

fn receipt(status: MessageStatus) -> Receipt {
    let message = (status == MessageStatus::Sent).then(|| "el_msg_new".into());
    let (description, customer) = (status.words().to_owned(), Some(customer_id(0)));
    Receipt::Message(MessageReceipt { status, description, message, customer, conflict: None })
}

/// The hub says in its log what it answered to a call.
fn told(desk: &mut Desk, call: &CallId, receipt: Receipt) {
    told_of(desk, call, receipt, EventKind::CustomerMet);
}

/// The same, with what happened by it.
fn told_of(desk: &mut Desk, call: &CallId, receipt: Receipt, kind: EventKind) {
    let event = Event {
        at: START,
        customer: Some(customer_id(0)),
        app: None,
        actor: Actor::Network,
        number: None,
        channel: None,
        name: None,
        kind,
    };
    desk.send(Msg::Feed(FeedEvent::Entry(Arc::new(Entry {
        org: "acme-ke".into(),
        seq: Seq(100),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at: START,
        events: vec![event],
        call: Some(StoredCall { id: call.clone(), digest: [0; 32], receipt }),
    }))));
}

#[test]
fn r_console_20_a_restored_draft_survives_a_second_kill() {
    let mut desk = Desk::open(120, 40);
    let machine = Disk::new();
    write(&mut desk);
    desk.after(Duration::from_secs(3));
    for _ in 0..3 {
        desk = machine.next(&desk);
        desk.press("r");
        assert!(desk.screen().contains(TEXT), "{}", desk.screen());
        assert_eq!(words(&machine.killed(&desk)), [TEXT], "while it is open again");
    }
}

#[test]
fn r_console_20_whatever_it_was_at_when_it_was_killed_the_text_is_there() {
    // Given a reply that goes its whole way, with the console killed after each step of it.
    let mut desk = Desk::open(120, 40);
    let on_disk = |desk: &Desk| {
        let machine = Disk::new();
        let drafts = machine.killed(desk);
        (machine, drafts)
    };
    write(&mut desk);
    desk.after(Duration::from_secs(3));
    let mut steps = vec![("composing", DraftStage::Written, on_disk(&desk))];
    desk.press("ctrl-s");
    steps.push(("on the sheet", DraftStage::Written, on_disk(&desk)));
    assert!(sends(&desk.confirm()).is_empty());
    steps.push(("on hold", DraftStage::Held, on_disk(&desk)));
    let sent = sends(&desk.after(Duration::from_secs(6)));
    assert_eq!(sent.len(), 1);
    steps.push(("on its way", DraftStage::Sent, on_disk(&desk)));
    let lost = Err(ClientError::Unknown("no answer".into()));
    desk.send(Msg::Sent { call: sent[0].clone(), result: lost });
    steps.push(("unknown", DraftStage::Sent, on_disk(&desk)));
    desk.send(Msg::Sent { call: sent[0].clone(), result: Ok(receipt(MessageStatus::Sent)) });
    assert_eq!(words(&on_disk(&desk).1), [""; 0], "the hub has accepted it");
    for (step, stage, (machine, drafts)) in steps {
        assert_eq!(words(&drafts), [TEXT], "{step}");
        assert_eq!(drafts.list()[0].stage, stage, "{step}");
        // Then nothing leaves by itself in the next run, and the draft is said and listed.
        let mut next = Desk::with_drafts(120, 40, drafts);
        next.up();
        let screen = next.screen();
        let said = if stage == DraftStage::Sent { "may have been sent" } else { "1 draft kept" };
        assert!(screen.contains(said), "{step}: {screen}");
        assert!(sends(&next.after(Duration::from_mins(10))).is_empty(), "{step}");
        next.press("g d");
        assert!(next.screen().contains(TEXT), "{step}: {}", next.screen());
        assert_eq!(words(&machine.killed(&next)), [TEXT], "{step}");
        // And what is sent goes under the same key.
        next.press("enter");
        next.press("ctrl-s");
        next.confirm();
        assert_eq!(sends(&next.after(Duration::from_secs(6))), sent, "{step}: D-IDEM");
    }
}

#[test]
fn r_console_20_what_may_have_been_sent_is_settled_by_the_log() {
    for status in [MessageStatus::Sent, MessageStatus::NoConsent] {
        let (desk, call) = sending();
        let mut next = Disk::new().next(&desk);
        assert_eq!(next.app.draft_counts(), (1, 1));
        assert!(next.screen().contains("?? 1 unknown"), "{}", next.screen());
        told(&mut next, &call, receipt(status));
        let screen = next.screen();
        assert!(!screen.contains("?? 1 unknown") && !screen.contains("may have been"), "{screen}");
        if status == MessageStatus::Sent {
            assert!(screen.contains("it was sent, and is no draft any more"), "{screen}");
            assert_eq!(next.app.drafts().list().len(), 0);
        } else {
            assert!(screen.contains("the hub had refused it; it is a draft"), "{screen}");
            assert_ne!(next.app.drafts().list()[0].call, call, "the old key is used up");
        }
    }
}

#[test]
fn what_may_have_been_sent_is_no_draft_of_the_next_message() {
    let (desk, _) = sending();
    let mut next = Disk::new().next(&desk);
    next.press("r");
    assert!(!next.screen().contains(TEXT), "{}", next.screen());
    next.types("something else");
    next.press("esc");
    next.press("g d");
    let screen = next.screen();
    assert!(screen.contains("may have been sent: oda") && screen.contains("something else"));
}

#[test]
fn the_hub_that_is_gone_keeps_what_was_held_and_what_was_on_its_way() {
    let gone =
        || ClientError::Unreachable { endpoint: "hub".into(), reason: "connection refused".into() };
    let mut desk = held(120, 40);
    desk.down(Some(Duration::from_secs(4)), gone());
    let sent = sends(&desk.after(Duration::from_secs(6)));
    assert_eq!(sent.len(), 1);
    desk.send(Msg::Sent { call: sent[0].clone(), result: Err(gone()) });
    let screen = desk.screen();
    assert!(screen.contains("not sent") && screen.contains("1 draft"), "{screen}");
    desk.up();
    assert!(sends(&desk.after(Duration::from_mins(1))).is_empty(), "nothing leaves by itself");
    desk.press("4 enter");
    assert!(desk.screen().contains(TEXT) && desk.app.form().is_some(), "{}", desk.screen());
    assert_eq!(words(&Disk::new().killed(&desk)), [TEXT]);
}

#[test]
fn a_refusal_leaves_a_draft_that_goes_under_another_key() {
    let (mut desk, call) = sending();
    desk.send(Msg::Sent { call: call.clone(), result: Ok(receipt(MessageStatus::NoConsent)) });
    assert_eq!(words(&Disk::new().killed(&desk)), [TEXT]);
    desk.press("4 enter");
    assert!(desk.screen().contains(TEXT), "{}", desk.screen());
    desk.press("ctrl-s");
    desk.confirm();
    let again = sends(&desk.after(Duration::from_secs(6)));
    assert!(again.len() == 1 && again[0] != call, "the hub would say the same again: {again:?}");
    desk.send(Msg::Sent { call: again[0].clone(), result: Ok(receipt(MessageStatus::Sent)) });
    assert_eq!(desk.app.drafts().list().len(), 0);
}

#[test]
fn r_console_21_nothing_leaves_under_a_question() {
    // Each of these asks the agent something over a message that is held.
    let questions: [(&str, &str, &str); 3] = [
        ("the question whether to leave", "q q", "esc"),
        ("a review sheet", "j a t t i e r = g o l d ctrl-s", "esc"),
        ("the question whether to throw away", "j m x esc g d ctrl-x", "esc esc"),
    ];
    for (what, ask, answer) in questions {
        let mut desk = held(120, 40);
        for key in ask.split(' ') {
            desk.press(key);
        }
        assert!(desk.app.is_asked(), "{what}: {}", desk.screen());
        let screen = desk.screen();
        assert!(screen.contains("stands still"), "{what}: {screen}");
        assert!(!screen.contains("sends in"), "{what}: {screen}");
        let quiet = desk.after(Duration::from_mins(5));
        assert!(sends(&quiet).is_empty(), "{what}: it leaves under the question");
        for key in answer.split(' ') {
            desk.press(key);
        }
        assert!(!desk.app.is_asked(), "{what}: {}", desk.screen());
        assert!(desk.screen().contains("sends in"), "{what}: {}", desk.screen());
        assert_eq!(sends(&desk.after(Duration::from_secs(6))).len(), 1, "{what}: it goes on");
    }
}

#[test]
fn r_console_21_the_first_press_to_leave_asks_too() {
    let mut desk = held(80, 24);
    desk.after(Duration::from_millis(3_900));
    desk.press("q");
    assert!(sends(&desk.after(Duration::from_millis(1_400))).is_empty());
    assert!(desk.screen().contains("stands still"), "{}", desk.screen());
    assert_eq!(sends(&desk.after(Duration::from_secs(2))).len(), 1);
}

#[test]
fn what_only_shows_something_does_not_hold_up_what_is_held() {
    for keys in ["?", ":", "g c", "V"] {
        let mut desk = held(120, 40);
        desk.press(keys);
        assert!(!desk.app.is_asked(), "{keys}");
        assert_eq!(sends(&desk.after(Duration::from_secs(6))).len(), 1, "{keys}");
    }
}

#[test]
fn r_console_22_what_is_taken_back_leaves_a_trace_and_its_text() {
    let mut desk = held(120, 40);
    desk.press("u");
    assert!(desk.app.form().is_some() && desk.screen().contains(TEXT), "{}", desk.screen());
    assert!(sends(&desk.after(Duration::from_mins(1))).is_empty());
    desk.press("esc 4");
    let screen = desk.screen();
    assert!(screen.contains("taken back before it left"), "{screen}");
    assert_eq!(words(&Disk::new().killed(&desk)), [TEXT]);
    // The row opens it again, and once it was sent there are two rows: the trace and the message.
    desk.press("enter");
    desk.press("ctrl-s");
    desk.confirm();
    let sent = sends(&desk.after(Duration::from_secs(6)));
    desk.send(Msg::Sent { call: sent[0].clone(), result: Ok(receipt(MessageStatus::Sent)) });
    let states: Vec<_> = desk.app.outbox().rows().map(|row| row.state.clone()).collect();
    assert!(matches!(&states[..], [SendState::TakenBack, SendState::Accepted(_)]), "{states:?}");
    assert!(desk.screen().contains("accepted"), "{}", desk.screen());
    assert_eq!(desk.app.drafts().list().len(), 0);
}

#[test]
fn what_is_taken_back_while_another_form_is_open_is_a_draft() {
    let mut desk = held(120, 40);
    desk.press("m");
    desk.types("another");
    desk.click("beginning of the log");
    desk.press("u");
    assert!(desk.screen().contains("kept as a draft: g d lists it"), "{}", desk.screen());
    assert_eq!(desk.app.drafts_for(&customer_id(desk_customer(&desk))), 1);
    let open = desk.app.form().map(|form| form.call().clone());
    assert_ne!(Some(&desk.app.drafts().list()[0].call), open.as_ref());
}

/// Whom the inspector shows.
fn desk_customer(desk: &Desk) -> usize {
    let id = desk.app.inspected().expect("somebody");
    (0..NAMES.len()).find(|who| customer_id(*who) == *id).expect("one of them")
}

#[test]
fn drafts_are_listed_marked_counted_and_thrown_away_after_asking() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut desk = Desk::open(width, height);
        desk.press("g d");
        assert!(desk.screen().contains("nothing is kept as a draft"), "{}", desk.screen());
        write(&mut desk);
        desk.press("esc");
        desk.after(Duration::from_mins(5));
        let screen = desk.screen();
        assert!(screen.contains("1 draft") && screen.contains("DRAFT"), "{screen}");
        desk.press("g d");
        let screen = desk.screen();
        for part in ["Drafts: Enter opens", "Reply", "5 min", "oda yako"] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        desk.press("ctrl-x");
        assert!(desk.screen().contains("Throw this draft away?"), "{}", desk.screen());
        desk.press("enter ctrl-x esc");
        assert_eq!(desk.app.drafts().list().len(), 1, "only its own key throws it away");
        desk.press("ctrl-x t");
        assert_eq!(desk.app.drafts().list().len(), 0);
        let screen = desk.screen();
        assert!(screen.contains("thrown away: Reply to"), "{screen}");
        assert!(!screen.contains("1 draft"), "{screen}");
    }
}

#[test]
fn a_row_of_the_drafts_keeps_the_name_the_form_and_the_age_apart() {
    let forms = [("message-tag", "Message by tag "), ("cancel-scheduled", "Cancel scheduled ")];
    for ((width, height), (form, title)) in
        [(80, 24), (120, 40), (200, 60)].into_iter().flat_map(|size| forms.map(|form| (size, form)))
    {
        let target = Target { name: "Wanjiku wa Kamau wa Njoroge".into(), ..Target::default() };
        let values = vec![("text".to_owned(), TEXT.to_owned())];
        let form = form.to_owned();
        let written = FormDraft { form, target, values, saved_at: START, ..FormDraft::default() };
        let mut drafts = Drafts::default();
        assert_eq!(drafts.keep(&"a-key-of-a-draft".into(), written), None);
        let mut desk = Desk::open_with(width, height, drafts);
        desk.after(Duration::from_mins(5));
        desk.press("g d");
        let screen = desk.screen();
        for words in [format!("Wanjiku wa Kamau… {title}"), " 6 min oda yako".to_owned()] {
            assert!(screen.contains(&words), "{words}: {screen}");
        }
    }
}

#[test]
fn a_draft_opens_from_the_list_for_whom_it_was() {
    let mut desk = Desk::open(120, 40);
    write(&mut desk);
    let whom = desk.app.form().expect("a form").target().customer.clone();
    desk.press("esc j j g d enter");
    let form = desk.app.form().expect("a form");
    assert_eq!((form.spec().id, form.target().customer.clone()), ("reply", whom));
    desk.click("beginning of the log");
    desk.press("g d");
    assert!(desk.screen().contains("nothing is kept as a draft"), "the one that is open is no row");
}

#[test]
fn leaving_says_what_is_held_and_what_waits_for_an_answer() {
    let mut desk = held(80, 24);
    desk.press("ctrl-c ctrl-c");
    let screen = desk.screen();
    assert!(screen.contains("1 send is held") && screen.contains("nothing leaves"), "{screen}");
    let effects = desk.press("s");
    assert_eq!(sends(&effects).len(), 1);
    assert!(desk.screen().contains("leaves when the hub has answered"), "{}", desk.screen());
    assert!(desk.after(Duration::from_secs(6)).contains(&Effect::Quit), "at the latest");
    let drafts = Disk::new().killed(&desk);
    assert!(drafts.list()[0].in_doubt, "no answer came");
}

/// A draft that an earlier run may have sent, in a console that is just begun, and its key.
fn in_doubt() -> (Desk, CallId) {
    let (desk, call) = sending();
    let desk = Disk::new().next(&desk);
    assert_eq!(desk.app.draft_counts(), (1, 1));
    (desk, call)
}

#[test]
fn r_console_20_to_look_at_what_may_have_been_sent_does_not_make_it_younger() {
    let (mut desk, _) = in_doubt();
    desk.after(Duration::from_hours(24 * 8));
    for _ in 0..3 {
        desk.press("g d enter");
        let screen = desk.screen();
        assert!(screen.contains("may have been sent: look first"), "{screen}");
        desk.press("esc");
    }
}

#[test]
fn r_console_20_what_was_sent_with_other_words_leaves_what_is_written_now() {
    let sent = EventKind::MessageSent {
        id: "el_msg_new".into(),
        body: Body::text(TEXT),
        status: MessageStatus::Sent,
        in_reply_to: None,
        work: None,
    };
    let (mut desk, call) = in_doubt();
    desk.press("g d enter");
    desk.types(" na zaidi");
    desk.press("esc");
    told_of(&mut desk, &call, receipt(MessageStatus::Sent), sent.clone());
    assert!(desk.screen().contains("sent with other words"), "{}", desk.screen());
    let [kept] = desk.app.drafts().list() else { panic!("{:?}", desk.app.drafts()) };
    assert_ne!(kept.call, call, "under its key nothing would be sent");
    assert!(!kept.in_doubt && kept.words().contains("na zaidi"), "{kept:?}");
    // The same words are no draft any more.
    let (mut desk, call) = in_doubt();
    told_of(&mut desk, &call, receipt(MessageStatus::Sent), sent);
    assert!(desk.app.drafts().list().is_empty());
}

#[test]
fn a_question_about_a_draft_that_is_gone_asks_no_more() {
    let (mut desk, call) = in_doubt();
    desk.press("g d ctrl-x");
    assert!(desk.app.is_asked(), "{}", desk.screen());
    told(&mut desk, &call, receipt(MessageStatus::Sent));
    assert!(!desk.app.is_asked(), "{}", desk.screen());
}
