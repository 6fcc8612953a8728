//! The way from a filled form over its review sheet to the outbox: the check of the fields, the
//! keys of the sheet, and the questions to the hub what the command would lead to.

use super::{
    Form, FormWish, Ready,
    audience::is_same,
    sheet::{Recipient, Sheet, Verdict},
};
use crate::{
    catalog::{BuildContext, FieldKind, command_line::summary},
    console::msg::DryRunToken,
    model::{
        Actor, Caller, ClientError, CustomerCommand, Finding, Level, Outlook, Timestamp, when,
    },
    rules,
};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

impl Form {
    /// Checks the fields. If they are right, the sheet opens and a dry run is asked for; otherwise
    /// the errors are shown.
    pub fn review(&mut self, at: Timestamp) -> Option<FormWish> {
        let command = self.checked(at)?;
        let then = self.follow(at)?;
        let cx = self.context(at);
        let mut sheet = Sheet::new(self.spec, &self.target, &self.values(), command, &cx);
        sheet.follow(then, &cx);
        if let Some((view, _)) = &self.known {
            sheet.knows(&view.customer, &cx);
        }
        if let Some(answer) = &self.conflict {
            sheet.overtaken(answer, at);
        }
        self.arms_at = Some(sheet.armed_at());
        self.sheet = Some(Box::new(sheet));
        self.guess(at);
        self.ask(at)
    }

    /// Checks the fields and lets the answer to somebody on the line go, without a sheet. One that nobody
    /// waits for any more stays here.
    pub(super) fn send_at_once(&mut self, at: Timestamp) -> Option<FormWish> {
        if self.over {
            self.notice = Some("nobody waits for this any more: Esc leaves");
            return None;
        }
        // What follows is read before it goes.
        if !self.then.is_empty() {
            return self.review(at);
        }
        let command = self.checked(at)?;
        Some(FormWish::Ready(Box::new(self.ready(command, at))))
    }

    /// The command that the fields make; `None` if something is wrong with them, which is shown then.
    pub(super) fn checked(&mut self, at: Timestamp) -> Option<CustomerCommand> {
        for field in &mut self.fields {
            field.was_left = true;
        }
        self.check(at);
        let command = self.build(at).ok().map(|command| command.having_seen(self.seen));
        if command.is_none() {
            let wrong = self.fields.iter().position(|field| field.error.is_some());
            self.focus = wrong.unwrap_or(self.focus);
        }
        command
    }

    pub(super) fn sheet_key(&mut self, key: KeyEvent, at: Timestamp) -> Option<FormWish> {
        let sheet = self.sheet.as_mut().filter(|_| key.kind == KeyEventKind::Press)?;
        let verdict = match key.code {
            KeyCode::Esc if sheet.is_armed(at) => Verdict::Edit,
            KeyCode::Backspace => {
                sheet.backspace();
                Verdict::Stay
            }
            KeyCode::Char(c) if key.modifiers.is_empty() => sheet.char(c, at),
            code => {
                match code {
                    KeyCode::Down => sheet.scroll.away(1),
                    KeyCode::PageDown => sheet.scroll.away(8),
                    KeyCode::Up => sheet.scroll.back(1),
                    KeyCode::PageUp => sheet.scroll.back(8),
                    _ => {}
                }
                Verdict::Stay
            }
        };
        self.arms_at = Some(sheet.armed_at()).filter(|arms| *arms > at);
        match verdict {
            Verdict::Stay => None,
            Verdict::Edit => {
                self.sheet = None;
                None
            }
            Verdict::Later(until) => self.put_off(until, at),
            Verdict::Swap => self.swap(at),
            Verdict::Send => self.confirm(at),
        }
    }

    /// Has the message leave at another time, and reviews it anew. The time stands in its field then.
    fn put_off(&mut self, until: Timestamp, at: Timestamp) -> Option<FormWish> {
        let text = when::exact(until, at, &self.zone)?;
        let field = self.fields.iter_mut().find(|field| field.spec.kind == FieldKind::Moment)?;
        field.fill(&text);
        self.sheet = None;
        self.refresh();
        self.review(at)
    }

    /// Swaps the sides of an adoption. What the hub said about one direction says nothing about the
    /// other, so it is asked again.
    fn swap(&mut self, at: Timestamp) -> Option<FormWish> {
        let (hello, zone, purses) = (&self.hello, &self.zone, &self.purses);
        let cx = BuildContext { hello, at, zone, purses };
        let sheet = self.sheet.as_mut()?;
        sheet.swap(&cx);
        self.arms_at = Some(sheet.armed_at());
        self.guess(at);
        self.ask(at)
    }

    /// Lets the command go. If what stands against it is out of sight, the first `s` shows it, and only
    /// the next one counts (R-CONSOLE-1).
    fn confirm(&mut self, at: Timestamp) -> Option<FormWish> {
        let sheet = self.sheet.as_mut()?;
        if sheet.scroll.show_needed() {
            sheet.disarm(at);
            self.arms_at = Some(sheet.armed_at());
            self.notice = Some("this stands against it: read it, then s again");
            return None;
        }
        let sheet = self.sheet.take()?;
        // Whoever typed the word has read what was answered up to there.
        self.seen = sheet.command.seen();
        let ready = self.ready(sheet.command, at);
        Some(FormWish::Ready(Box::new(Ready { to: sheet.to.line(), then: sheet.then, ..ready })))
    }

    pub(super) fn ready(&self, command: CustomerCommand, at: Timestamp) -> Ready {
        let summary = summary(self.spec, &self.values());
        Ready {
            call: self.call.clone(),
            to: Recipient::of(&self.target, &command).line(),
            title: self.spec.title,
            summary: summary.chars().take(400).collect(),
            // What the hub keeps for later can be taken back there.
            hold: self.spec.hold && !command.is_for_later(),
            draft: self.whole_draft(at),
            command,
            then: Vec::new(),
        }
    }

    /// Asks what exactly the command on the sheet would lead to.
    fn ask(&mut self, at: Timestamp) -> Option<FormWish> {
        let token = DryRunToken { call: self.call.clone(), nth: self.asked + 1 };
        let sheet = self.sheet.as_mut()?;
        if !sheet.dry_run.asked(token.clone(), at) {
            return None;
        }
        self.asked += 1;
        Some(FormWish::Ask { token, command: sheet.command.clone() })
    }

    /// Asks again if the answer on the sheet is old, was overtaken or never came.
    pub(super) fn ask_again(&mut self, at: Timestamp) -> Option<FormWish> {
        let due = self.sheet.as_ref()?.dry_run.due()?;
        if due <= at { self.ask(at) } else { None }
    }

    /// Takes in the answer to `Effect::DryRun`. An answer to an older question, or about a command
    /// that is no longer on the sheet, is dropped. If the sheet reads differently now, it has to be
    /// read before keys count again.
    pub fn outlook(
        &mut self,
        token: &DryRunToken,
        result: Result<Box<Outlook>, ClientError>,
        at: Timestamp,
    ) {
        let Some(sheet) = &mut self.sheet else { return };
        let before = sheet.audience().cloned();
        if sheet.dry_run.answered(token, result, at) {
            sheet.disarm(at);
            self.arms_at = Some(sheet.armed_at());
        }
        // A number that was typed for others does not confirm it for these.
        let others = |before| sheet.audience().is_none_or(|now| !is_same(before, now));
        if before.as_ref().is_some_and(others) {
            sheet.typed.clear();
        }
        sheet.learn();
        self.learn_conflict(at);
    }

    /// Works out what can be said before the hub has answered. It is not known here in which app's
    /// name the command will go.
    pub(super) fn guess(&mut self, at: Timestamp) {
        let Some(sheet) = &mut self.sheet else { return };
        let known = self.known.as_ref().map(|(view, _)| &view.customer);
        let caller = Caller { app: None, actor: Actor::Key(self.hello.caller.clone()) };
        sheet.dry_run.guessed(rules::guess(known, &sheet.command, &caller, at));
    }
}

/// How many rows a sheet would like if its texts get `wide` columns.
pub(super) fn rows(sheet: &Sheet, wide: usize) -> usize {
    let tall = |text: &str| -> usize {
        text.split('\n').map(|line| 1 + line.chars().count() / wide).sum()
    };
    let sentences: usize = sheet.sentences.iter().map(|(_, text)| 1 + tall(text)).sum();
    let finding = |f: &Finding| if f.level == Level::Good { 1 } else { 1 + tall(&f.text) };
    let findings: usize = sheet.dry_run.findings().iter().map(finding).sum();
    let outlook = sheet.dry_run.outlook().map_or(0, |outlook| {
        let merge = outlook.merge.as_ref().map_or(0, |merge| merge.rows.len() + 3);
        let audience =
            outlook.audience.as_ref().map_or(0, |a| 6 + a.skipped.len() + a.sample.len());
        merge + audience + 2 * outlook.balances.len()
    });
    let payment = sheet.payment().map_or(0, |words| tall(&words) + 1);
    let conflict = sheet.conflict.as_ref().map_or(0, |answer| 2 + tall(&answer.text));
    8 + conflict + sentences + findings + outlook + payment + tall(&sheet.command_line())
}

#[cfg(test)]
pub(crate) mod tests;
