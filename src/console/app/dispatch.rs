//! Keys, pastes and the mouse: to the action they mean, or to the text that is being typed.

use super::{App, MENU_AFTER, Overlay, SEARCH_AFTER};
use crate::{
    console::{
        actions::{Action, Context},
        keymap::{Key, Meaning},
        layout::{Class, Pane},
        msg::Effect,
    },
    model::Tone,
};
use crossterm::event::{Event, KeyEvent, MouseEvent, MouseEventKind};
use tui_input::{Input, backend::crossterm::EventHandler as _};

/// Rows that one step of the wheel moves.
const WHEEL: i32 = 3;
/// Longest filter; more is cut.
const LONGEST_FILTER: usize = 256;

impl App {
    pub(super) fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let key = Key::of(event);
        let context = self.context();
        let mut typed: Vec<Key> =
            self.leader.take().map(|(leader, _)| leader).into_iter().collect();
        self.menu_shown = false;
        typed.push(key);
        let meaning = self.keymap.find(context, &typed);
        let leaves = matches!(meaning, Meaning::Action(Action::Interrupt | Action::Quit));
        if !leaves {
            self.armed = None;
        }
        // Too small to see what a key does: only ways out work.
        if Class::of(self.size.width, self.size.height) == Class::Card && !leaves {
            return Vec::new();
        }
        match meaning {
            Meaning::Action(action) => self.attempt(action, Some(event)),
            Meaning::Leader => {
                self.leader = Some((key, self.now));
                Vec::new()
            }
            Meaning::Nothing if typed.len() > 1 => Vec::new(),
            Meaning::Nothing => self.text(context, event),
        }
    }

    /// Does an action if it is possible now, else says why not.
    pub(super) fn attempt(&mut self, action: Action, key: Option<KeyEvent>) -> Vec<Effect> {
        match action.row().enabled(&self.facts()) {
            Ok(()) => self.perform(action, key),
            Err(reason) => self.say(format!("{}: {reason}", action.row().title), Tone::Plain),
        }
    }

    /// A key that is no action: text for whatever is being typed.
    fn text(&mut self, context: Context, key: KeyEvent) -> Vec<Effect> {
        match context {
            Context::Form | Context::Review => self.form_key(key),
            Context::Filter => {
                if let Some(line) = &mut self.filter {
                    line.input.handle_event(&Event::Key(key));
                }
                self.filter_typed();
                Vec::new()
            }
            Context::Picker => {
                if let Some(Overlay::Picker(picker)) = &mut self.overlay
                    && picker.key(key)
                {
                    self.picker_typed();
                }
                Vec::new()
            }
            Context::Feed
            | Context::Inspector
            | Context::Activity
            | Context::Lists
            | Context::Leaving => Vec::new(),
        }
    }

    pub(super) fn form_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let at = self.hub_time();
        let wish = self.form.as_mut().and_then(|form| form.key(key, at));
        self.wish(wish)
    }

    fn filter_typed(&mut self) {
        let Some(line) = &mut self.filter else { return };
        if line.input.value().chars().count() > LONGEST_FILTER {
            line.input = Input::new(line.input.value().chars().take(LONGEST_FILTER).collect());
        }
        self.feed.set_filter(line.input.value());
        self.follow_selection();
    }

    /// The list's rows depend on what is typed; the hub is asked when typing rests.
    fn picker_typed(&mut self) {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return };
        let words = picker.customer_query().unwrap_or(picker.query()).trim();
        self.customers.wanted =
            (words.len() > 1).then(|| (words.to_owned(), self.now.after(SEARCH_AFTER)));
        self.refill_picker();
    }

    pub(super) fn refill_picker(&mut self) {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return };
        let items = self.items(picker.kind(), picker.query());
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.refill(items);
        }
    }

    /// Pasted text is text, never keys (H5); where nothing is typed it is swallowed, and it says so.
    pub(super) fn paste(&mut self, text: &str) -> Vec<Effect> {
        match self.context() {
            Context::Form | Context::Review => {
                let at = self.hub_time();
                if let Some(form) = &mut self.form {
                    form.paste(text, at);
                }
                Vec::new()
            }
            Context::Filter => {
                if let Some(line) = &mut self.filter {
                    let flat: String = text
                        .chars()
                        .take(LONGEST_FILTER)
                        .map(|c| if c.is_control() { ' ' } else { c })
                        .collect();
                    line.input = Input::new(format!("{}{flat}", line.input.value()));
                }
                self.filter_typed();
                Vec::new()
            }
            Context::Picker => {
                if let Some(Overlay::Picker(picker)) = &mut self.overlay {
                    picker.paste(text);
                }
                self.picker_typed();
                Vec::new()
            }
            _ => self.say("paste ignored: open a form or the filter first", Tone::Plain),
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

    /// Moves what a pane shows.
    pub(super) fn scroll(&mut self, pane: Pane, rows: i32) {
        match pane {
            Pane::Feed => {
                self.feed.move_by(rows);
                self.follow_selection();
            }
            Pane::Inspector => self.inspector.scroll(rows),
            Pane::Activity => self.outbox.scroll(rows),
            Pane::Lists => self.lists.scroll(rows),
            Pane::Form => {}
        }
    }

    /// Whether the menu of a leader is due.
    pub(super) fn menu_due(&self) -> bool {
        !self.menu_shown
            && self.leader.is_some_and(|(_, since)| since.after(MENU_AFTER) <= self.now)
    }
}
