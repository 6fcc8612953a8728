//! Keys go in and `FormWish`es come out: the recipient never changes (R-CONSOLE-2), nothing leaves
//! by accident (R-CONSOLE-1), and a paste is text (R-CONSOLE-5).

use super::*;
use crate::{
    catalog::{self, Quoted},
    model::{
        Actor, Body, Channel, ChannelNumber, ChannelState, ConsentStatus, CustomerNumber,
        CustomerRef, CustomerState, Direction, Entry, EntryId, Event, Media, MediaKind, Message,
        MessageStatus, Provider, settings::BoundChannel,
    },
};
use std::sync::Arc;

mod kinds;
mod plain;
mod purse;
mod signs;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_795_442_400);

pub(crate) fn hello() -> Hello {
    let bound = |channel, number: &str| BoundChannel {
        channel: ChannelNumber::new(channel, number),
        app: None,
        purse: None,
        carrier: None,
        prompt_window: None,
    };
    let channels = vec![bound(Channel::Sms, "40404"), bound(Channel::Telegram, "acme_bot")];
    Hello { channels, ..Hello::default() }
}

pub(crate) fn target() -> Target {
    let number = CustomerNumber::telco("+254711000001");
    let channel = ChannelNumber::new(Channel::Sms, "40404");
    Target {
        customer: Some("el_cst_00009b1f".into()),
        name: "Jane W.".into(),
        numbers: vec![number.clone(), CustomerNumber::new(Provider::Telegram, "4417")],
        channel: Some(channel.clone()),
        reply_to: Some(Quoted {
            id: "el_msg_7".into(),
            number,
            channel,
            text: "habari, order yangu iko wapi?".into(),
            at: NOW.before(Duration::from_mins(5)),
        }),
        ..Target::default()
    }
}

pub(crate) fn open(spec: &'static Spec, draft: Option<FormDraft>) -> Form {
    let (hello, zone) = (hello(), TimeZone::UTC);
    let context = BuildContext { hello: &hello, at: NOW, zone: &zone, purses: &[] };
    Form::open(spec, target(), context, "sb-00000001".into(), draft)
}

fn ms(ms: u64) -> Timestamp {
    NOW.after(Duration::from_millis(ms))
}

/// Presses a key by its name (`tab`, `ctrl-s`, `esc`), or types any other text.
pub(crate) fn press(form: &mut Form, keys: &str, at: Timestamp) -> Option<FormWish> {
    let code = match keys {
        "tab" => KeyCode::Tab,
        "back-tab" => KeyCode::BackTab,
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "right" => KeyCode::Right,
        "pgdn" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "f5" => KeyCode::F(5),
        keys => {
            if let Some(c) = keys.strip_prefix("ctrl-").and_then(|k| k.chars().next()) {
                return form.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL), at);
            }
            let mut wish = None;
            for c in keys.chars() {
                wish = form.key(KeyCode::Char(c).into(), at).or(wish);
            }
            return wish;
        }
    };
    form.key(code.into(), at)
}

pub(crate) fn field<'a>(form: &'a Form, name: &str) -> &'a Field {
    form.fields().iter().find(|field| field.spec.name == name).expect("a field of that name")
}

fn written(form: &Form) -> String {
    form.fields()[0].value()
}

#[test]
fn a_reply_is_written_reviewed_and_ready() {
    let mut form = open(&catalog::REPLY, None);
    assert_eq!(press(&mut form, "njiani", NOW), None);
    assert_eq!(press(&mut form, "enter", NOW), None, "Enter makes a line, never sends");
    press(&mut form, "leo", NOW);
    let asked = press(&mut form, "ctrl-s", NOW);
    let sheet = form.sheet().expect("the sheet is open");
    let Some(FormWish::Ask { command, .. }) = &asked else { panic!("{asked:?}") };
    assert_eq!(*command, sheet.command, "asked about what is on the sheet");
    assert_eq!(sheet.to.line(), "Jane W. +254711000001");
    assert_eq!(
        (sheet.to.id_end.as_str(), &sheet.sentences),
        ("9b1f", &vec![("text", "njiani\nleo".to_owned())])
    );
    assert_eq!(press(&mut form, "s", ms(399)), None, "too early");
    let wish = press(&mut form, "s", ms(1_000)).expect("ready");
    let FormWish::Ready(ready) = wish else { panic!("{wish:?}") };
    let want = CustomerCommand::ReplyToMessage {
        customer: "el_cst_00009b1f".into(),
        message: "el_msg_7".into(),
        body: Body::text("njiani\nleo"),
        seen: None,
    };
    assert_eq!((&ready.command, ready.call.as_str(), ready.hold), (&want, "sb-00000001", true));
    assert_eq!((ready.to.as_str(), ready.title), ("Jane W. +254711000001", "Reply"));
    assert_eq!(ready.draft.values, [("text".to_owned(), "njiani\nleo".to_owned())]);
}

#[test]
fn a_sheet_ignores_keys_at_first_repeats_and_other_keys() {
    let mut form = open(&catalog::REPLY, None);
    press(&mut form, "ok", NOW);
    press(&mut form, "f5", NOW);
    for at in [0, 100, 399, 450, 500] {
        assert_eq!(press(&mut form, "s", ms(at)), None, "a held key, at {at}");
    }
    let mut repeat = KeyEvent::from(KeyCode::Char('s'));
    repeat.kind = KeyEventKind::Repeat;
    assert_eq!(form.key(repeat, ms(2_000)), None);
    for keys in ["ctrl-s", "f5", "enter", "tab", " ", "S", "x", "y"] {
        assert_eq!(press(&mut form, keys, ms(2_000)), None, "{keys}");
        assert!(form.is_review(), "{keys}");
    }
    form.paste("s", ms(2_000));
    assert!(form.is_review() && form.notice().is_some());
    assert_eq!(press(&mut form, "e", ms(2_100)), None);
    assert!(!form.is_review());
    assert_eq!(written(&form), "ok");
}

#[test]
fn errors_show_on_leaving_and_the_first_gets_the_focus() {
    let mut form = open(&catalog::UPDATE_METADATA, None);
    assert_eq!(form.errors(), 0);
    press(&mut form, "tab", NOW);
    assert_eq!(form.errors(), 1, "left empty");
    press(&mut form, "ctrl-s", NOW);
    assert_eq!((form.errors(), form.focus(), form.is_review()), (2, 0, false));
    press(&mut form, "survey", NOW);
    assert_eq!(form.errors(), 1, "mended while typing");
    press(&mut form, "tab", NOW);
    press(&mut form, "{}", NOW);
    assert_eq!(form.errors(), 0);
    press(&mut form, "tab", NOW);
    assert_eq!(form.focus(), 2, "the button");
    press(&mut form, "enter", NOW);
    assert!(form.is_review());
    assert_eq!(guessed(&form), ["ok json: JSON object, 0 keys"]);
}

#[test]
fn a_channel_that_cannot_reach_the_number_is_refused_inline() {
    let mut form = open(&catalog::MESSAGE, None);
    press(&mut form, "hi", NOW);
    press(&mut form, "tab", NOW);
    assert_eq!(field(&form, "to").value(), "+254711000001");
    press(&mut form, "right", NOW);
    assert_eq!(field(&form, "to").value(), "telegram:4417");
    let (all, chosen) = field(&form, "from").choices().expect("a choice");
    assert!(all[chosen].refused.as_ref().is_some_and(|why| why.contains("sms cannot reach")));
    press(&mut form, "ctrl-s", NOW);
    assert_eq!((form.is_review(), form.fields()[form.focus()].spec.name), (false, "from"));
    press(&mut form, "right", NOW);
    press(&mut form, "ctrl-s", NOW);
    let to = &form.sheet().expect("mended").to;
    assert_eq!(to.number, Some(CustomerNumber::new(Provider::Telegram, "4417")));
    assert_eq!(to.channel.as_ref().map(ToString::to_string), Some("telegram acme_bot".into()));
}

#[test]
fn leaving_keeps_the_draft_and_a_draft_fills_the_form() {
    let mut form = open(&catalog::REPLY, None);
    assert_eq!(press(&mut form, "esc", NOW), Some(FormWish::Closed(None)));
    press(&mut form, "half a tho", NOW);
    assert_eq!(form.next_wake(), Some(ms(2_000)));
    assert_eq!(form.wake(ms(1_999)), None);
    let Some(FormWish::Keep(draft)) = form.wake(ms(2_000)) else { panic!("not kept") };
    assert_eq!(form.next_wake(), None);
    let Some(FormWish::Closed(Some(left))) = press(&mut form, "esc", ms(2_000)) else { panic!() };
    assert_eq!(left, draft);
    let mut again = open(&catalog::REPLY, Some(draft));
    press(&mut again, "ught", NOW);
    assert_eq!(written(&again), "half a thought");
    press(&mut again, "ctrl-r", NOW);
    assert_eq!(written(&again), "", "reset to what it was opened with");
}

#[test]
fn a_paste_is_text() {
    let mut form = open(&catalog::REPLY, None);
    form.paste("a\r\nb\rc\u{1b}[201~\u{3}\u{85}d", NOW);
    assert_eq!(written(&form), "a\nb\nc[201~\nd");
    let mut form = open(&catalog::REPLY, None);
    form.paste(&"s\r".repeat(1_000_000), NOW);
    assert_eq!(written(&form).chars().count(), 4_096);
    assert!(form.fields()[0].notice.as_ref().is_some_and(|n| n.contains("4096 of 2000000")));
    assert!(!form.is_review());
    press(&mut form, "x", NOW);
    assert_eq!(written(&form).chars().count(), 4_096, "full");
    let mut form = open(&catalog::UPDATE_METADATA, None);
    form.paste("two\nlines", NOW);
    assert_eq!(written(&form), "two lines");
}

fn entry(customer: &str, seq: u64, at: Timestamp) -> Entry {
    Entry {
        org: "acme".into(),
        seq: Seq(seq),
        id: EntryId::default(),
        prev_id: EntryId::default(),
        at,
        events: vec![Event {
            at,
            customer: Some(customer.into()),
            app: None,
            actor: Actor::Customer,
            number: Some(CustomerNumber::telco("+254799999999")),
            channel: None,
            name: Some("Mallory".into()),
            kind: EventKind::MessageReceived { id: "el_msg_9".into(), body: Body::text("me!") },
        }],
        call: None,
    }
}

/// R-CONSOLE-2: the target, the sheet and the recipient stay as they are, whatever arrives.
#[test]
fn ten_thousand_events_never_retarget() {
    let mut form = open(&catalog::REPLY, None);
    press(&mut form, "ok", NOW);
    for seq in 0..5_000 {
        form.entry(&entry("el_cst_other", seq, ms(seq)), ms(seq));
    }
    assert_eq!(form.wrote_again(), None);
    press(&mut form, "ctrl-s", ms(5_000));
    let before = form.sheet().map(|sheet| (sheet.command.clone(), sheet.to.clone()));
    for seq in 5_000..10_000 {
        form.entry(&entry("el_cst_00009b1f", seq, ms(seq)), ms(seq));
    }
    assert_eq!(form.wrote_again(), Some(ms(9_999)));
    assert_eq!(form.sheet().map(|sheet| (sheet.command.clone(), sheet.to.clone())), before);
    assert_eq!(*form.target(), target());
    assert_eq!(
        press(&mut form, "s", ms(10_300)),
        None,
        "a new message makes the reader look again"
    );
    assert!(press(&mut form, "s", ms(10_900)).is_some());
}

pub(crate) fn view(as_of: u64) -> CustomerView {
    let number = CustomerNumber::telco("+254711000001");
    let channel = ChannelNumber::new(Channel::Sms, "40404");
    let customer = CustomerState {
        id: "el_cst_00009b1f".into(),
        numbers: vec![number.clone()],
        channels: vec![ChannelState {
            number: number.clone(),
            channel: channel.clone(),
            consent: Some((ConsentStatus::OptOutCompleted, NOW.before(Duration::from_mins(1)))),
            session: None,
            asked: None,
        }],
        messages: vec![Arc::new(Message {
            id: "el_msg_8".into(),
            direction: Direction::Outbound,
            number,
            channel,
            app: None,
            body: Body::text("njiani"),
            status: MessageStatus::Delivered,
            in_reply_to: None,
            work: None,
            is_final: false,
            created_at: NOW.before(Duration::from_secs(40)),
            updated_at: NOW,
        })]
        .into(),
        ..CustomerState::default()
    };
    CustomerView { customer: Arc::new(customer), as_of: Seq(as_of), replaces: None }
}

/// The findings on the sheet of a form, each with its level, code and words.
fn guessed(form: &Form) -> Vec<String> {
    let findings = form.sheet().expect("open").dry_run.findings();
    findings.iter().map(|f| format!("{} {}: {}", f.level.word(), f.code, f.text)).collect()
}

#[test]
fn a_guess_says_what_speaks_against_it_by_the_same_rules() {
    let mut form = open(&catalog::MESSAGE, None);
    press(&mut form, "njiani", NOW);
    press(&mut form, "ctrl-s", NOW);
    assert_eq!(guessed(&form), ["ok parts: 1 part, GSM-7, 154 left in it"]);
    form.learn(&view(5), NOW);
    let known = [
        "block no-consent: opted out 60 s ago: only they can opt in again",
        "warn duplicate-recent: the same message went to this number 40 s ago",
        "ok number: the number is that of …9b1f",
        "ok parts: 1 part, GSM-7, 154 left in it",
    ];
    assert_eq!(guessed(&form), known);
    let mut other = view(6);
    other.customer =
        Arc::new(CustomerState { id: "el_cst_other".into(), ..CustomerState::default() });
    form.learn(&other, NOW);
    form.learn(&view(4), NOW);
    assert_eq!(guessed(&form), known, "others and older ones are ignored");
    let mut without = view(7);
    Arc::make_mut(&mut without.customer).numbers.clear();
    form.learn(&without, NOW);
    assert_eq!(
        guessed(&form)[0],
        "warn new-customer: the number is not among this customer's numbers"
    );
}

#[test]
fn what_was_said_since_the_form_opened_is_known_from_the_log_and_from_a_look() {
    let mut form = open(&catalog::REPLY, None);
    form.learn(&view(5), ms(1_000));
    assert_eq!((form.wrote_again(), form.answered()), (None, None), "that was before");
    let mut seen = view(6);
    let customer = Arc::make_mut(&mut seen.customer);
    let mut ours = Message::clone(&customer.messages[0]);
    ours.created_at = ms(2_000);
    let (direction, created_at) = (Direction::Inbound, ms(3_000));
    let theirs = Message { direction, created_at, ..ours.clone() };
    customer.messages.replace(0, Arc::new(ours));
    customer.messages.push(Arc::new(theirs), 0);
    form.learn(&seen, ms(4_000));
    assert_eq!((form.wrote_again(), form.answered()), (Some(ms(3_000)), Some(ms(2_000))));
    let mut sent = entry("el_cst_00009b1f", 7, ms(5_000));
    sent.events[0].kind = EventKind::MessageSent {
        id: "el_msg_10".into(),
        body: Body::text("yes?"),
        status: MessageStatus::Sent,
        in_reply_to: None,
        work: None,
    };
    form.entry(&sent, ms(5_000));
    assert_eq!((form.wrote_again(), form.answered()), (Some(ms(3_000)), Some(ms(5_000))));
}

#[test]
fn two_different_images_are_not_the_same_message() {
    let image =
        |name: &str| Media { url: format!("https://a.example/{name}.png"), kind: MediaKind::Image };
    let says_twice = |url: &str| {
        let draft = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let values = [
            ("body", "media"),
            ("media", url),
            ("to", "telegram:4417"),
            ("from", "telegram acme_bot"),
        ];
        let draft = FormDraft {
            form: "message".into(),
            target: target(),
            values: values.map(draft).into(),
            saved_at: NOW,
            ..FormDraft::default()
        };
        let mut form = open(&catalog::MESSAGE, Some(draft));
        let mut seen = view(5);
        let customer = Arc::make_mut(&mut seen.customer);
        let number = CustomerNumber::new(Provider::Telegram, "4417");
        customer.messages.change(|sent| {
            sent.body = Body { media: vec![image("first")], ..Body::default() };
            sent.number = number.clone();
            sent.channel = ChannelNumber::new(Channel::Telegram, "acme_bot");
        });
        customer.numbers = vec![number];
        form.learn(&seen, NOW);
        press(&mut form, "ctrl-s", NOW);
        guessed(&form).iter().any(|row| row.contains("the same message went"))
    };
    assert!(says_twice("https://a.example/first.png"));
    assert!(!says_twice("https://a.example/second.png"));
}

#[test]
fn what_nothing_brings_back_needs_a_typed_word() {
    let mut form = open(&catalog::DELETE_METADATA, None);
    press(&mut form, "survey", NOW);
    press(&mut form, "ctrl-s", NOW);
    let at = ms(1_000);
    assert_eq!(press(&mut form, "s", at), None, "typed into the word");
    form.key(KeyCode::Backspace.into(), at);
    assert_eq!(press(&mut form, "delete", at), None);
    let Some(FormWish::Ready(ready)) = press(&mut form, "s", at) else { panic!("not ready") };
    let customer = CustomerRef::Id("el_cst_00009b1f".into());
    let keys = vec!["survey".to_owned()];
    assert_eq!(ready.command, CustomerCommand::DeleteMetadata { customer, keys });
    assert!(!ready.hold);
}

fn random_key(rng: &mut impl FnMut() -> u32) -> KeyEvent {
    let plain = [
        KeyCode::Enter,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Esc,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageDown,
        KeyCode::F(5),
        KeyCode::F(1),
    ];
    let letters = "seab s=,+7d'\"\u{202e}ሰ😀\u{7}";
    let code = match rng() % 3 {
        0 => plain[rng() as usize % plain.len()],
        _ => KeyCode::Char(
            letters.chars().nth(rng() as usize % letters.chars().count()).unwrap_or('s'),
        ),
    };
    let modifiers = match rng() % 8 {
        0 => KeyModifiers::CONTROL,
        1 => KeyModifiers::ALT,
        2 => KeyModifiers::SHIFT,
        _ => KeyModifiers::NONE,
    };
    let mut key = KeyEvent::new(code, modifiers);
    key.kind = match rng() % 12 {
        0 => KeyEventKind::Repeat,
        1 => KeyEventKind::Release,
        _ => KeyEventKind::Press,
    };
    key
}

/// R-CONSOLE-1: after 100,000 random keys and pastes, every `Ready` came from a plain `s` on an
/// armed sheet, and was for the recipient on that sheet.
#[test]
fn nothing_leaves_by_accident() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut rng = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u32
    };
    let (mut sent, mut at) = (0, NOW);
    let mut form = open(catalog::ALL[0], None);
    for i in 0..100_000_u32 {
        at = at.after(Duration::from_millis(u64::from(rng() % 700)));
        if rng() % 20 == 0 {
            let before = form.is_review();
            form.paste(["s", "\r\ns\u{1b}[201~", "vip=1", "delete"][rng() as usize % 4], at);
            assert_eq!(form.is_review(), before, "a paste opens and closes nothing");
            continue;
        }
        let key = random_key(&mut rng);
        let sheet = form.sheet().map(|s| (s.command.clone(), s.is_armed(at), s.is_confirmed()));
        let wish = form.key(key, at);
        assert_eq!(*form.target(), target(), "locked");
        if let Some(FormWish::Ready(ready)) = &wish {
            let (command, armed, confirmed) = sheet.expect("only from a sheet");
            assert!(armed && confirmed);
            assert_eq!(key, KeyEvent::from(KeyCode::Char('s')));
            assert_eq!(ready.command, command);
            sent += 1;
        }
        if matches!(wish, Some(FormWish::Ready(_) | FormWish::Closed(_))) {
            let spec = catalog::ALL[i as usize % catalog::ALL.len()];
            form = open(spec, None);
        }
    }
    assert!(sent > 10, "the test reaches sheets: {sent}");
}
