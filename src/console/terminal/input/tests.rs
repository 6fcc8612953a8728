//! That answers of the terminal are no keys, whatever they are and however they are cut, and that
//! every key still is one.

use super::*;
use crossterm::event::{KeyEventKind, MouseButton, MouseEventKind};
use proptest::prelude::*;

/// An input, and what came out of it so far.
struct Desk {
    input: TerminalInput,
    now: Instant,
    events: Vec<Event>,
}

impl Desk {
    fn new() -> Self {
        let now = Instant::now();
        Self { input: TerminalInput::new(now), now, events: Vec::new() }
    }
    fn read(&mut self, bytes: &[u8]) -> &mut Self {
        self.input.take(bytes, self.now, &mut self.events);
        self
    }
    /// Lets time pass, and gives up what is due by then.
    fn wait(&mut self, millis: u64) -> &mut Self {
        let until = self.now + Duration::from_millis(millis);
        while let Some(due) = self.input.deadline().filter(|due| *due <= until) {
            self.now = due;
            self.input.give_up(&mut self.events);
        }
        self.now = until;
        self
    }
    fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}

fn typed(bytes: &[u8]) -> Vec<Event> {
    Desk::new().read(bytes).wait(5_000).events()
}

fn press(code: KeyCode) -> Event {
    key(code, KeyModifiers::NONE)
}

/// What terminals answer, each with who asks for it.
const ANSWERS: &[&[u8]] = &[
    b"\x1b]11;rgb:0000/0000/0000\x1b\\",  // the background, with ST
    b"\x1b]11;rgb:0000/0000/0000\x07",    // and with BEL
    b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\", // a colour of the palette
    b"\x1b]52;c;a2FyaWJ1IHNhbmE=\x1b\\",  // the clipboard
    "\x1b]l karibu sana \u{e9}\u{7dc}\u{1f44b}\x1b\\".as_bytes(), // the title
    b"\x1bP>|XTerm(390)\x1b\\",           // the terminal's version
    b"\x1bP1$r0m\x1b\\",                  // DECRQSS
    b"\x1bP1+r5463=787465726d\x1b\\",     // XTGETTCAP
    b"\x1bP!|00000000\x1b\\",             // the unit's number
    b"\x1b_Gi=31;OK\x1b\\",               // kitty's pictures
    b"\x1b^private\x1b\\",
    b"\x1bXstring\x1b\\",
    b"\x1b[24;80R", // where the cursor is
    b"\x1b[1;1R",
    b"\x1b[?24;80;1R",
    b"\x1b[?62;c", // device attributes
    b"\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
    b"\x1b[>0;276;0c",
    b"\x1b[=1;2c",
    b"\x1b[0n",        // status
    b"\x1b[?997;1n",   // dark or light
    b"\x1b[?2026;2$y", // modes
    b"\x1b[4;2$y",
    b"\x1b[?1u",      // the keyboard protocol
    b"\x1b[8;24;80t", // sizes
    b"\x1b[4;600;800t",
    b"\x1b[1;1;1;112;112;1;0x", // DECREQTPARM
    b"\x9b24;80R",              // the same in eight bits
    b"\x9d11;rgb:0000/0000/0000\x9c",
    "\x1b]l \u{4e5c}\u{dc}\x1b\\".as_bytes(), // 0x9c inside of characters
];

#[test]
fn whatever_a_terminal_answers_is_no_key_and_the_next_key_is_one() {
    for answer in ANSWERS {
        let mut bytes = answer.to_vec();
        bytes.push(b'k');
        let shown = String::from_utf8_lossy(answer).escape_debug().to_string();
        assert_eq!(typed(&bytes), [press(KeyCode::Char('k'))], "{shown}");
        // However it is cut in two, and with a pause in between that only its middle can have.
        for at in 2..answer.len() {
            let mut desk = Desk::new();
            let pause = if at == 2 { 40 } else { 400 };
            desk.read(&answer[..at]).wait(pause).read(&answer[at..]);
            assert_eq!(desk.read(b"k").events(), [press(KeyCode::Char('k'))], "{shown} at {at}");
        }
        // An ESC at the end of a read waits for the rest.
        let mut desk = Desk::new();
        desk.read(&answer[..1]).wait(40).read(&answer[1..]);
        assert_eq!(desk.read(b"k").events(), [press(KeyCode::Char('k'))], "{shown} after ESC");
    }
}

#[test]
fn an_answer_without_an_end_takes_no_key_after_a_silence_nor_after_a_second() {
    for answer in [&b"\x1b]11;rgb:00"[..], b"\x1bP>|XT", b"\x1b_G", b"\x1b[24;8", b"\x1b[200"] {
        let mut desk = Desk::new();
        desk.read(answer).wait(500);
        assert_eq!(desk.read(b"k").events(), [press(KeyCode::Char('k'))]);
        assert_eq!(desk.input.deadline(), None);
    }
    // Somebody types on and never pauses: after a second every key counts.
    let mut desk = Desk::new();
    desk.read(b"\x1b]11;rgb:00");
    for _ in 0..40 {
        desk.wait(50).read(b"j");
    }
    let counted = desk.events();
    assert_eq!(counted, vec![press(KeyCode::Char('j')); 21]);
}

#[test]
fn what_cuts_an_answer_off_is_a_key() {
    let control = |c| key(KeyCode::Char(c), KeyModifiers::CONTROL);
    assert_eq!(typed(b"\x1b]11;rgb\x03"), [control('c')]);
    assert_eq!(typed(b"\x1bP>|X\r"), [press(KeyCode::Enter)]);
    assert_eq!(typed(b"\x1b]11;rgb\x1b[A"), [press(KeyCode::Up)]);
    assert_eq!(typed(b"\x1b[24;8\x1b[Bk"), [press(KeyCode::Down), press(KeyCode::Char('k'))]);
    assert_eq!(typed(b"\x1b]11;rgb\x1b"), [press(KeyCode::Esc)]);
}

#[test]
fn an_esc_alone_is_escape_and_alt_is_alt() {
    let mut desk = Desk::new();
    assert_eq!(desk.read(b"\x1b").wait(49).events(), []);
    assert_eq!(desk.wait(1).events(), [press(KeyCode::Esc)]);
    assert_eq!(typed(b"\x1b\x1b"), [press(KeyCode::Esc), press(KeyCode::Esc)]);
    assert_eq!(typed(b"\x1b\x1b[A"), [press(KeyCode::Esc), press(KeyCode::Up)]);
    assert_eq!(typed(b"\x1be"), [alt('e')]);
    assert_eq!(typed("\x1b\u{e9}".as_bytes()), [alt('\u{e9}')]);
    for opener in ['[', 'O', ']', 'P', 'X', '^', '_'] {
        let mut desk = Desk::new();
        desk.read(format!("\x1b{opener}").as_bytes()).wait(60).read(b"k");
        assert_eq!(desk.events(), [alt(opener), press(KeyCode::Char('k'))]);
    }
}

#[test]
fn every_key_of_a_terminal_is_read() {
    let with = |code, modifiers| key(code, modifiers);
    for (bytes, event) in [
        (&b"k"[..], press(KeyCode::Char('k'))),
        (b"G", with(KeyCode::Char('G'), KeyModifiers::SHIFT)),
        ("界".as_bytes(), press(KeyCode::Char('界'))),
        (b"\r", press(KeyCode::Enter)),
        (b"\t", press(KeyCode::Tab)),
        (b"\x7f", press(KeyCode::Backspace)),
        (b"\0", with(KeyCode::Char(' '), KeyModifiers::CONTROL)),
        (b"\x13", with(KeyCode::Char('s'), KeyModifiers::CONTROL)),
        (b"\x1f", with(KeyCode::Char('7'), KeyModifiers::CONTROL)),
        (b"\x1b[A", press(KeyCode::Up)),
        (b"\x1bOA", press(KeyCode::Up)),
        (b"\x1b[1;5C", with(KeyCode::Right, KeyModifiers::CONTROL)),
        (b"\x1b[1;3D", with(KeyCode::Left, KeyModifiers::ALT)),
        (b"\x1b[H", press(KeyCode::Home)),
        (b"\x1b[4~", press(KeyCode::End)),
        (b"\x1b[5~", press(KeyCode::PageUp)),
        (b"\x1b[6;5~", with(KeyCode::PageDown, KeyModifiers::CONTROL)),
        (b"\x1b[3~", press(KeyCode::Delete)),
        (b"\x1b[Z", with(KeyCode::BackTab, KeyModifiers::SHIFT)),
        (b"\x1bOP", press(KeyCode::F(1))),
        (b"\x1bOR", press(KeyCode::F(3))),
        (b"\x1b[[E", press(KeyCode::F(5))),
        (b"\x1b[15~", press(KeyCode::F(5))),
        (b"\x1b[20~", press(KeyCode::F(9))),
        (b"\x1b[24;2~", with(KeyCode::F(12), KeyModifiers::SHIFT)),
        (b"\x1b[115;5u", with(KeyCode::Char('s'), KeyModifiers::CONTROL)),
        (b"\x1b[103:71;2u", with(KeyCode::Char('G'), KeyModifiers::SHIFT)),
        (b"\x1b[27u", press(KeyCode::Esc)),
        (b"\x1b[27;5;115~", with(KeyCode::Char('s'), KeyModifiers::CONTROL)),
        (b"\x1b[57414u", press(KeyCode::Enter)),
        (b"\x1b[I", Event::FocusGained),
        (b"\x1b[O", Event::FocusLost),
    ] {
        let shown = String::from_utf8_lossy(bytes).escape_debug().to_string();
        assert_eq!(typed(bytes), std::slice::from_ref(&event), "{shown}");
        for at in 1..bytes.len() {
            let mut desk = Desk::new();
            desk.read(&bytes[..at]).wait(10).read(&bytes[at..]);
            assert_eq!(desk.wait(5_000).events(), std::slice::from_ref(&event), "{shown} at {at}");
        }
    }
    let [Event::Key(released)] = typed(b"\x1b[97;1:3u")[..] else { panic!("one key") };
    assert_eq!(released.kind, KeyEventKind::Release);
}

#[test]
fn the_mouse_is_read_in_all_three_of_its_forms() {
    for bytes in [&b"\x1b[<0;11;6M"[..], b"\x1b[32;11;6M", b"\x1b[M +&"] {
        let [Event::Mouse(mouse)] = typed(bytes)[..] else { panic!("{bytes:?}") };
        assert_eq!(mouse.kind, MouseEventKind::Down(MouseButton::Left));
        assert_eq!((mouse.column, mouse.row), (10, 5));
    }
    let [Event::Mouse(mouse)] = typed(b"\x1b[<65;1;1M")[..] else { panic!("the wheel") };
    assert_eq!(mouse.kind, MouseEventKind::ScrollDown);
    assert_eq!(typed(b"\x1b[<0;11;6m\x1b[<35;11;6M\x1b[<0;0;0Mk"), [press(KeyCode::Char('k'))]);
}

#[test]
fn a_paste_is_everything_between_its_marks_and_one_without_an_end_is_not_lost() {
    let paste = |text: &str| [Event::Paste(text.to_owned())];
    assert_eq!(typed(b"\x1b[200~a\x1b]11;x\x07\r\nb\x1b[201~"), paste("a\x1b]11;x\x07\r\nb"));
    let mut desk = Desk::new();
    desk.read(b"\x1b[200~karibu\x1b[20").wait(900).read(b"1~k");
    assert_eq!(desk.events(), [Event::Paste("karibu".into()), press(KeyCode::Char('k'))]);
    desk.read(b"\x1b[200~karibu").wait(1_000).read(b"k");
    assert_eq!(desk.events(), [Event::Paste("karibu".into()), press(KeyCode::Char('k'))]);
    // However long it is, its end is found and little more than the most is kept.
    let mut desk = Desk::new();
    desk.read(b"\x1b[200~").read(&vec![b'x'; 3 * LARGEST_PASTE]).read(b"\x1b[201~k");
    let events = desk.events();
    let Event::Paste(text) = &events[0] else { panic!("a paste") };
    assert!(text.len() <= LARGEST_PASTE && text.bytes().all(|b| b == b'x'));
    assert_eq!(events[1..], [press(KeyCode::Char('k'))]);
}

#[test]
fn a_letter_that_is_no_utf_8_is_seen_and_costs_no_other() {
    let strange = press(KeyCode::Char('\u{fffd}'));
    let k = press(KeyCode::Char('k'));
    assert_eq!(typed(b"\xe9k"), [strange.clone(), k.clone()]);
    assert_eq!(typed(b"\xffk"), [strange.clone(), k]);
    assert_eq!(typed(b"\xe7\x95"), [strange]);
}

proptest! {
    /// Whatever arrives, a second of silence later every key is a key again.
    #[test]
    fn no_bytes_can_take_the_keys_away(
        reads in prop::collection::vec(
            (prop::collection::vec(prop_oneof![2 => any::<u8>(), 1 => Just(0x1b), 1 => Just(b'['), 1 => Just(b']')], 0..12), 0_u64..700),
            0..12,
        ),
    ) {
        let mut desk = Desk::new();
        for (bytes, pause) in &reads {
            desk.read(bytes).wait(*pause);
        }
        desk.wait(1_000).events();
        prop_assert_eq!(desk.input.deadline(), None);
        prop_assert_eq!(desk.read(b"k").events(), [press(KeyCode::Char('k'))]);
    }
}
