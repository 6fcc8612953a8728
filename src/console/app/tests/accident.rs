//! Nothing leaves by accident (R-CONSOLE-1, R-CONSOLE-2): 100,000 random keys, pastes, clicks and drags, while customers
//! and colleagues write, hubs come and go, and the screen changes its size. Whatever is sent was on a sheet, for that
//! recipient, and a key or a click confirmed it there, with the word where one is asked for.

use super::desk::{Desk, START, sends};
use crate::{
    catalog::{Asks, Risk, Spec},
    console::{
        msg::{Click, Effect, Msg},
        pane::outbox::OutboxRow,
        view::draw_context::clicked,
    },
    model::{
        Audience, CallId, ClientError, CustomerCommand, Finding, Level, MessageReceipt,
        MessageStatus, Outlook, Receipt, TagPair, WorkReceipt,
        receipt::{self},
    },
};
use crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const EVENTS: u32 = 100_000;
const PASTES: [&str; 6] = ["s", "\r\ns\u{1b}[201~", "now", "delete", "1500", "habari\n\ns"];

/// A generator of Marsaglia's family, which gives the same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }
}

/// What could be confirmed before an event: what is on the sheet, or the answer to somebody on the line.
struct Before {
    sheet: Option<SheetNow>,
    is_live: bool,
}

struct SheetNow {
    command: CustomerCommand,
    to: String,
    is_ready: bool,
    typed: String,
    then: Vec<CustomerCommand>,
    risk: Risk,
    /// Whether it is a message to one customer at an hour that speaks against it.
    warns: bool,
}

/// The desk, and what was confirmed there so far.
struct Watched {
    desk: Desk,
    dice: Dice,
    /// Under one key there may be several: what did not get as far as the hub may be written again.
    confirmed: BTreeMap<CallId, Vec<CustomerCommand>>,
    /// What follows messages that were confirmed.
    steps: Vec<CustomerCommand>,
    zones: Vec<(Rect, Click)>,
    risks: BTreeSet<Risk>,
    sent: usize,
}

impl Watched {
    fn new() -> Self {
        let mut desk = Desk::open(120, 40);
        desk.answer_timeline();
        Self {
            desk,
            dice: Dice(0x9e37_79b9_7f4a_7c15),
            confirmed: BTreeMap::new(),
            steps: Vec::new(),
            zones: Vec::new(),
            risks: BTreeSet::new(),
            sent: 0,
        }
    }

    fn before(&self) -> Before {
        let form = self.desk.app.form();
        let sheet = form.and_then(|form| form.sheet()).map(|sheet| SheetNow {
            command: sheet.command.clone(),
            to: sheet.to.line(),
            is_ready: sheet.is_armed(self.desk.now) && sheet.is_confirmed(),
            typed: sheet.typed.clone(),
            then: sheet.then.iter().map(|ready| ready.command.clone()).collect(),
            risk: form.map_or(Risk::R0, |form| form.spec().risk),
            warns: form.is_some_and(|form| form.spec().is_message())
                && sheet.dry_run.findings().iter().any(|finding| finding.text == "23:10 there"),
        });
        Before { sheet, is_live: form.is_some_and(|form| form.is_live() && !form.is_review()) }
    }

    /// Lets something happen, and checks whatever is new in the activity, and whatever leaves.
    fn step(&mut self, msg: Msg) {
        let before = self.before();
        let keys = match &msg {
            Msg::Key(key) => vec![*key],
            Msg::Click(Click::Keys(keys)) => keys.clone(),
            _ => Vec::new(),
        };
        let effects = self.desk.send(msg);
        self.check(&before, &keys, &effects);
        self.answer(effects);
    }

    fn check(&mut self, before: &Before, keys: &[KeyEvent], effects: &[Effect]) {
        // What is new comes last.
        let rows: Vec<OutboxRow> = self.desk.app.outbox().rows().rev().take(4).cloned().collect();
        for row in rows {
            let known = self.confirmed.get(&row.call);
            let is_known = |command| known.is_some_and(|all| all.contains(command));
            let Some(sent) = row.sent.as_ref().filter(|sent| !is_known(&sent.command)) else {
                continue;
            };
            self.confirms(before, keys, &row.to, &sent.command);
            self.confirmed.entry(row.call.clone()).or_default().push(sent.command.clone());
        }
        for (call, command) in sends(effects) {
            let newest = self.confirmed.get(&call).and_then(|all| all.last());
            assert_eq!(newest, Some(&command), "nobody confirmed this");
            self.sent += 1;
        }
    }

    /// Checks that a command that is new in the activity was confirmed by this event.
    fn confirms(
        &mut self,
        before: &Before,
        keys: &[KeyEvent],
        to: &str,
        command: &CustomerCommand,
    ) {
        if let Some(at) = self.steps.iter().position(|step| step == command) {
            self.steps.remove(at);
            return;
        }
        let answers = matches!(command, CustomerCommand::AnswerPrompt { .. });
        let control = |key: &KeyEvent| key.modifiers.contains(KeyModifiers::CONTROL);
        if before.sheet.is_none() && answers && before.is_live {
            assert!(keys.iter().any(control), "an answer to somebody on the line: {keys:?}");
            return;
        }
        let sheet = before.sheet.as_ref().unwrap_or_else(|| panic!("no sheet: {command:?}"));
        assert!(sheet.is_ready, "{command:?} was not read, or its word not typed");
        assert_eq!(keys, [KeyEvent::from(KeyCode::Char('s'))], "{command:?}");
        assert_eq!((&sheet.command, sheet.to.as_str()), (command, to), "what was on the sheet");
        if sheet.warns {
            assert!(["now", "anyway"].contains(&sheet.typed.as_str()), "{command:?}");
        }
        if sheet.risk >= Risk::R3 {
            let asks = Spec::of(command).map(|spec| spec.confirm.asks(command, None));
            assert!(asks != Some(Asks::Nothing) && !sheet.typed.is_empty(), "{command:?}");
        }
        self.risks.insert(sheet.risk);
        self.steps.extend(sheet.then.iter().cloned());
    }

    /// Answers as a hub that is well most of the time.
    fn answer(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let msg = match effect {
                Effect::DryRun { token, .. } => {
                    let lost = self.dice.roll(12) == 0;
                    let outlook = outlook(self.dice.roll(4));
                    let result = if lost { Err(lost_it()) } else { Ok(Box::new(outlook)) };
                    Msg::Outlook { token, result }
                }
                Effect::Send { call, command, .. } => {
                    let lost = self.dice.roll(8) == 0;
                    let nth = self.confirmed.len();
                    let result = if lost { Err(lost_it()) } else { Ok(accepts(&command, nth)) };
                    Msg::Sent { call, result }
                }
                Effect::Quit => return self.restart(),
                _ => continue,
            };
            let before = self.before();
            let effects = self.desk.send(msg);
            self.check(&before, &[], &effects);
            self.answer(effects);
        }
        self.desk.answer_timeline();
    }

    fn restart(&mut self) {
        self.desk = Desk::open(120, 40);
        self.confirmed.clear();
        self.steps.clear();
    }

    fn key(&mut self) -> KeyEvent {
        const PLAIN: &str = "mrabgsedculSUA.$Pywhjk1234 5qnvtxioR?[]-=zpf0e!m";
        const OTHERS: [KeyCode; 14] = [
            KeyCode::Enter,
            KeyCode::Tab,
            KeyCode::Esc,
            KeyCode::Backspace,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::End,
            KeyCode::PageDown,
            KeyCode::F(5),
            KeyCode::F(6),
            KeyCode::F(7),
            KeyCode::F(8),
        ];
        let letters: Vec<char> = PLAIN.chars().collect();
        let code = match self.dice.roll(3) {
            0 => self.dice.of(&OTHERS),
            _ => KeyCode::Char(self.dice.of(&letters)),
        };
        let modifiers = match self.dice.roll(14) {
            0 => KeyModifiers::ALT,
            1 => KeyModifiers::SHIFT,
            2 => KeyModifiers::CONTROL,
            _ => KeyModifiers::NONE,
        };
        // A terminal tells a letter with Shift as the capital one.
        let code = match code {
            KeyCode::Char(c) if modifiers == KeyModifiers::SHIFT => {
                KeyCode::Char(c.to_ascii_uppercase())
            }
            code => code,
        };
        let mut key = KeyEvent::new(code, modifiers);
        key.kind = match self.dice.roll(20) {
            0 => KeyEventKind::Repeat,
            1 => KeyEventKind::Release,
            _ => KeyEventKind::Press,
        };
        key
    }

    fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.step(Msg::Key(KeyCode::Char(c).into()));
        }
    }

    /// Goes on with a form as an agent does, or types the word that a sheet asks for.
    fn works(&mut self) {
        let form = self.desk.app.form();
        match form.map(|form| form.sheet().map(|sheet| (sheet.asks(), form.is_review()))) {
            None => {
                let keys = self.dice.of(&["m", "r", "a t", "a d", "b m", "$", "a g", "a v", "a c"]);
                for key in keys.split(' ') {
                    self.types(key);
                }
            }
            Some(None) => {
                let text = self.dice.of(&["habari", "tier=vip", "1500", "+254711000002", "name"]);
                self.types(text);
                self.step(Msg::Key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL)));
            }
            Some(Some((Asks::Type(word), _))) => {
                self.pass(600);
                self.types(&word);
                self.types("s");
            }
            Some(Some(_)) => {
                self.pass(600);
                self.types("s");
            }
        }
    }

    fn pass(&mut self, millis: u64) {
        let (before, end) = (self.before(), self.desk.now.after(Duration::from_millis(millis)));
        let effects = self.desk.after(end.since(self.desk.now));
        self.check(&before, &[], &effects);
        self.answer(effects);
    }

    /// Something that the agent has nothing to do with.
    fn world(&mut self) {
        let (before, who) = (self.before(), self.dice.roll(3));
        let effects = match self.dice.roll(5) {
            0 => self.desk.says(who, "haraka!"),
            1 => self.desk.answers(who, "brian", "It comes today.", None),
            2 => self.desk.dials(who, 7),
            3 => {
                self.desk.down(Some(Duration::from_secs(1)), lost_it());
                self.desk.up()
            }
            _ => {
                self.desk.answer_inspection();
                Vec::new()
            }
        };
        self.check(&before, &[], &effects);
        self.answer(effects);
    }

    fn mouse(&mut self) {
        let area = (self.dice.roll(130), self.dice.roll(45));
        let [column, row] = [area.0, area.1].map(|n| u16::try_from(n).expect("small"));
        let kind = match self.dice.roll(6) {
            0 => MouseEventKind::Drag(MouseButton::Left),
            1 => MouseEventKind::ScrollDown,
            2 => MouseEventKind::Down(MouseButton::Right),
            3 => MouseEventKind::Up(MouseButton::Left),
            _ => MouseEventKind::Down(MouseButton::Left),
        };
        if kind == MouseEventKind::Down(MouseButton::Left) {
            // A picture each time would take minutes, so that most clicks meet an older one, as fast hands do.
            if self.dice.roll(8) == 0 {
                self.zones = self.desk.zones();
            }
            let some = self.dice.roll(self.zones.len().max(1));
            let zone = self.zones.get(some).map(|(_, click)| click.clone());
            let zone = if self.dice.roll(2) == 0 {
                clicked(&self.zones, column, row).cloned()
            } else {
                zone
            };
            if let Some(click) = zone {
                return self.step(Msg::Click(click));
            }
        }
        self.step(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }
}

fn lost_it() -> ClientError {
    ClientError::Unreachable { endpoint: "hub".into(), reason: "nobody answers".into() }
}

/// What the hub says of a command; now and then that the customer is left alone, or that nobody knows the hour.
fn outlook(nth: usize) -> Outlook {
    let tag = TagPair { key: "tier".into(), value: "vip".into() };
    let audience = Audience { tag, matching: 3, reached: 3, ..Audience::default() };
    let findings = ["quiet-hours", "zone-unknown"].get(nth).map(|code| Finding {
        code: (*code).to_owned(),
        level: Level::Warn,
        text: "23:10 there".into(),
    });
    let quiet_until = (nth == 0).then(|| START.after(Duration::from_hours(1_000)));
    let (findings, audience) = (findings.into_iter().collect(), Some(audience));
    Outlook { findings, audience, quiet_until, ..Outlook::default() }
}

fn accepts(command: &CustomerCommand, nth: usize) -> Receipt {
    use CustomerCommand as C;
    match command {
        C::SendMessage { .. } | C::ReplyToMessage { .. } | C::ScheduleMessage { .. } => {
            Receipt::Message(MessageReceipt {
                status: match command {
                    C::ScheduleMessage { .. } => MessageStatus::Scheduled,
                    _ => MessageStatus::Sent,
                },
                description: "taken".into(),
                message: Some(format!("el_msg_s{nth}").into()),
                customer: None,
                conflict: None,
            })
        }
        C::SendMessageByTag { .. } | C::AddReminderByTag { .. } => Receipt::Work(WorkReceipt {
            ok: true,
            description: "3 customers".into(),
            work: Some(format!("el_wrk_{nth}").into()),
        }),
        _ => receipt::state(true, "done", None),
    }
}

#[test]
fn r_console_1_nothing_leaves_by_accident_in_100_000_keys_pastes_and_mouse_events() {
    let mut watched = Watched::new();
    for nth in 0..EVENTS {
        if nth % 1_000 == 0 {
            watched.restart();
        }
        match watched.dice.roll(100) {
            0..=54 => {
                let key = watched.key();
                watched.step(Msg::Key(key));
            }
            55..=64 => watched.works(),
            65..=69 => {
                let text = watched.dice.of(&PASTES).to_owned();
                watched.step(Msg::Paste(text));
            }
            70..=84 => watched.mouse(),
            85..=89 => watched.world(),
            90 => {
                let (width, height) = watched.dice.of(&[(80, 24), (120, 40), (40, 12)]);
                watched.desk.resize(width, height);
            }
            _ => {
                let millis = watched.dice.roll(1_500);
                watched.pass(u64::try_from(millis).expect("small"));
            }
        }
    }
    // The events do come so far that something can go wrong.
    assert!(watched.sent > 500, "{} were sent", watched.sent);
    let all = [Risk::R1, Risk::R2, Risk::R3, Risk::R4].into();
    assert_eq!(watched.risks, all, "each kind was confirmed");
}
