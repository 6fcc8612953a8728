//! Where keys, pastes and the mouse go: to the action that they mean, or into the text that
//! is being typed.

use super::{App, MENU_AFTER, Overlay, SEARCH_AFTER};
use crate::{
    catalog,
    console::{
        actions::{Action, KeyContext},
        keymap::{KeyPress, Meaning},
        layout::{Class, Pane},
        msg::{Click, Effect},
        pane::{
            inspector::Tab,
            picker::{Kind, PickerChoice},
        },
    },
    model::Tone,
};
use crossterm::event::{KeyEvent, MouseEvent, MouseEventKind};
use std::time::Duration;

/// How many rows one step of the wheel moves.
const WHEEL: i32 = 3;
/// Pieces of a paste that follow one another so soon are one.
const ONE_PASTE: Duration = Duration::from_secs(1);

impl App {
    pub(super) fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let key = KeyPress::of(event);
        if self.again.awaited.take().is_some() {
            self.pinned_before = None;
        }
        let context = self.context();
        let mut typed: Vec<KeyPress> =
            self.leader.take().map(|(leader, _)| leader).into_iter().collect();
        self.menu_shown = false;
        typed.push(key);
        let meaning = self.keymap.find(context, &typed);
        let leaves = matches!(meaning, Meaning::Action(Action::Interrupt | Action::Quit));
        if !leaves {
            self.armed = None;
        }
        // The terminal is too small to show what a key does, so only the keys that leave work.
        if Class::of(self.size.width, self.size.height) == Class::Card && !leaves {
            return Vec::new();
        }
        match meaning {
            Meaning::Action(action) => self.attempt(action, Some(event)),
            Meaning::Leader => {
                self.leader = Some((key, self.now));
                Vec::new()
            }
            Meaning::Nothing if typed.len() > 1 => self.not_here(&typed),
            Meaning::Nothing => self.text(context, event),
        }
    }

    /// Does an action if it is possible now, and otherwise says why it is not.
    pub(super) fn attempt(&mut self, action: Action, key: Option<KeyEvent>) -> Vec<Effect> {
        match action.row().enabled(&self.facts()) {
            Ok(()) => self.perform(action, key),
            Err(reason) => self.say(format!("{}: {reason}", action.row().title), Tone::Plain),
        }
    }

    /// A key that means no action is text for whatever is being typed.
    fn text(&mut self, context: KeyContext, key: KeyEvent) -> Vec<Effect> {
        match context {
            KeyContext::Form | KeyContext::Review => self.form_key(key),
            KeyContext::Filter => {
                if self.filter.as_mut().is_some_and(|line| line.key(key)) {
                    self.filter_typed();
                }
                Vec::new()
            }
            KeyContext::Picker => {
                if let Some(PickerChoice::View(view)) = self.view_of_key(key) {
                    self.overlay = None;
                    return self.show_view(view);
                }
                if let Some(Overlay::Picker(picker)) = &mut self.overlay
                    && picker.key(key)
                {
                    self.picker_typed();
                }
                Vec::new()
            }
            KeyContext::Feed
            | KeyContext::Inspector
            | KeyContext::Activity
            | KeyContext::Lists
            | KeyContext::Works => self.not_here(&[KeyPress::of(key)]),
            KeyContext::Leaving | KeyContext::ThrowingAway | KeyContext::Welcome => Vec::new(),
        }
    }

    /// Says where keys would do something that do nothing here.
    fn not_here(&mut self, typed: &[KeyPress]) -> Vec<Effect> {
        let Some((action, context)) = self.keymap.elsewhere(typed) else { return Vec::new() };
        let place = match context {
            KeyContext::Feed => "feed",
            KeyContext::Inspector => "inspector",
            KeyContext::Activity => "activity",
            KeyContext::Lists | KeyContext::Works => "lists",
            KeyContext::Filter
            | KeyContext::Form
            | KeyContext::Review
            | KeyContext::Picker
            | KeyContext::Leaving
            | KeyContext::ThrowingAway
            | KeyContext::Welcome => return Vec::new(),
        };
        self.say(format!("{}: not here, but in the {place}", action.row().title), Tone::Plain)
    }

    pub(super) fn form_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let at = self.hub_time();
        let wish = self.form.as_mut().and_then(|form| form.key(key, at));
        self.wish(wish)
    }

    /// Offers other rows for what is typed now. The hub is asked once typing rests.
    fn picker_typed(&mut self) {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return };
        let words = picker.customer_query().unwrap_or(picker.query()).trim();
        let is_sought = words.len() > 1 && matches!(picker.kind(), Kind::Palette | Kind::Help);
        self.customers.wanted = is_sought.then(|| (words.to_owned(), self.now.after(SEARCH_AFTER)));
        self.refill_picker();
    }

    pub(super) fn refill_picker(&mut self) {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return };
        let items = self.items(picker.kind(), picker.query());
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.refill(items);
        }
    }

    /// Pasted text is text and never keys (R-CONSOLE-5). Where nothing is typed it is kept, with
    /// a notice that says which key puts it into a message.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        // It is not the second key of a chord either.
        self.leader = None;
        self.menu_shown = false;
        match self.context() {
            KeyContext::Form | KeyContext::Review => {
                let at = self.hub_time();
                if let Some(form) = &mut self.form {
                    form.paste(text, at);
                }
                Vec::new()
            }
            KeyContext::Filter => {
                if let Some(line) = &mut self.filter {
                    line.paste(text);
                }
                self.filter_typed();
                Vec::new()
            }
            KeyContext::Picker => {
                if let Some(Overlay::Picker(picker)) = &mut self.overlay {
                    picker.paste(text);
                }
                self.picker_typed();
                Vec::new()
            }
            KeyContext::Feed
            | KeyContext::Inspector
            | KeyContext::Activity
            | KeyContext::Lists
            | KeyContext::Works
            | KeyContext::Leaving
            | KeyContext::ThrowingAway
            | KeyContext::Welcome => self.set_aside(text),
        }
    }

    /// Keeps a paste that landed where nothing is typed. A long one may arrive in pieces.
    fn set_aside(&mut self, text: &str) -> Vec<Effect> {
        let at = self.now;
        let whole = match self.pasted.take() {
            Some((first, then)) if at.since(then) < ONE_PASTE => first + text,
            _ => text.to_owned(),
        };
        let count = match whole.chars().count() {
            1 => "1 character".to_owned(),
            n => format!("{n} characters"),
        };
        self.pasted = Some((whole, at));
        let key = self.keymap.shown(Action::InsertPaste, KeyContext::Feed);
        let key = key.map_or_else(|| "the palette".to_owned(), ToString::to_string);
        let words = format!("arrived at once and were not run as keys: {key} inserts them");
        self.toasts.retract(&words);
        self.say(format!("{count} {words}"), Tone::Plain)
    }

    /// Puts the paste that was kept into the answer to what waits here, or into a new message.
    pub(super) fn insert_paste(&mut self) {
        let Some((text, at)) = self.pasted.take() else { return };
        let answers = self.answer().0.is_open();
        if answers && self.return_to_selection() {
            self.pasted = Some((text, at));
            return;
        }
        self.open_form(if answers { &catalog::REPLY } else { &catalog::MESSAGE });
        let now = self.hub_time();
        match &mut self.form {
            Some(form) => form.paste(&text, now),
            None => self.pasted = Some((text, at)),
        }
    }

    /// Does what a click on a part of the picture means. Buttons and hints are keys.
    pub(super) fn click(&mut self, click: Click) -> Vec<Effect> {
        match click {
            Click::Keys(keys) => keys.into_iter().flat_map(|key| self.key(key)).collect(),
            Click::Tab(n) => {
                self.focus = Pane::Inspector;
                if let Some(tab) = Tab::ALL.get(n) {
                    self.inspector.set_tab(*tab);
                }
                Vec::new()
            }
            Click::Event(seq, index) => {
                self.focus_on(Pane::Inspector);
                self.inspector.select((seq, index));
                Vec::new()
            }
            Click::List(list) => {
                self.list(list);
                Vec::new()
            }
            Click::People(outcome) => {
                self.focus_on(Pane::Lists);
                self.lists.show_people(outcome);
                Vec::new()
            }
            Click::Listed(row) => {
                if self.focus == Pane::Lists && self.lists.selected() == row {
                    if self.lists.opens_people() {
                        return self.open_people();
                    }
                    return self.inspect_listed();
                }
                self.focus_on(Pane::Lists);
                self.lists.select(row);
                self.follow_listed();
                Vec::new()
            }
            Click::Sent(back) => {
                self.focus_on(Pane::Activity);
                self.outbox.select(back);
                Vec::new()
            }
            Click::Pick(row) => {
                let Some(Overlay::Picker(picker)) = &mut self.overlay else { return Vec::new() };
                if picker.selected() == row {
                    return self.pick();
                }
                picker.select(row);
                Vec::new()
            }
            Click::Live(session) => self.answer_session(&session),
        }
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let rows = match mouse.kind {
            MouseEventKind::ScrollDown => WHEEL,
            MouseEventKind::ScrollUp => -WHEEL,
            _ => 0,
        };
        if let Some(overlay) = &mut self.overlay {
            if let Overlay::Picker(picker) = overlay {
                picker.move_by(rows.signum());
            }
            return Vec::new();
        }
        let layout = self.layout();
        let Some(pane) = layout.at(mouse.column, mouse.row) else { return Vec::new() };
        if rows != 0 {
            self.scroll(pane, rows);
        } else if matches!(mouse.kind, MouseEventKind::Down(_)) {
            self.filter = None;
            self.focus = pane;
            if pane == Pane::Feed {
                self.feed.select_at(mouse.row - layout.feed.y, layout.feed.height);
                self.follow_selection();
            }
        }
        Vec::new()
    }

    /// Moves what a pane shows by so many rows; a negative number moves up.
    pub(super) fn scroll(&mut self, pane: Pane, rows: i32) {
        match pane {
            Pane::Feed => {
                self.feed.move_by(rows);
                self.follow_selection();
            }
            Pane::Inspector => self.inspector.scroll(rows),
            Pane::Activity => self.outbox.scroll(rows),
            Pane::Lists => {
                self.lists.scroll(rows);
                self.follow_listed();
            }
            Pane::Form => {}
        }
    }

    /// Whether the menu of the pressed leader has to be shown now.
    pub(super) fn menu_due(&self) -> bool {
        !self.menu_shown
            && self.leader.is_some_and(|(_, since)| since.after(MENU_AFTER) <= self.now)
    }
}
