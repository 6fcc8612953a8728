//! What each action does. No action sends anything by itself: only a form does that, after
//! its review (R-CONSOLE-1).

use super::{App, LEAVE_WITHIN, Overlay, TWICE};
use crate::{
    catalog::{self, Needs},
    console::{
        actions::{Action, KeyContext},
        layout::{Class, Pane},
        msg::{Effect, List},
        pane::picker::{Kind, Picker, PickerChoice},
    },
    model::{FoundCustomers, Tone},
};
use crossterm::event::KeyEvent;

impl App {
    /// Does an action that is possible now. `key` is the key that was pressed for it, or `None` if
    /// it was chosen from a list.
    #[expect(clippy::too_many_lines, reason = "one arm for each action")]
    pub(super) fn perform(&mut self, action: Action, key: Option<KeyEvent>) -> Vec<Effect> {
        match action {
            Action::Pause => self.feed.pause(),
            Action::Follow => self.feed.follow(),
            Action::Filter => self.open_filter(),
            Action::FilterToggle => self.toggle_filter(),
            Action::Clauses => self.open_clauses(),
            Action::Views => self.open_picker(Kind::Views, ""),
            Action::NextOfCustomer => self.find_of_customer(true),
            Action::PreviousOfCustomer => self.find_of_customer(false),
            Action::StepBack | Action::StepForward => return self.step(action == Action::StepBack),
            Action::Differences => self.open_picker(Kind::Differences, ""),
            Action::CustomerBefore | Action::CustomerAfter => {
                return self.turn_back(action == Action::CustomerBefore);
            }
            Action::GoToTime => self.open_picker(Kind::Time, ""),
            Action::MarkRow if self.focus == Pane::Inspector => self.mark_past(),
            Action::MarkRow => self.mark_row(),
            Action::MarkedRows => self.open_picker(Kind::Marks, ""),
            Action::Related => self.show_related(),
            Action::RowClause => self.open_row_clauses(),
            Action::Depth => self.turn_depth(),
            Action::Times => self.feed.set_times(self.feed.times().next()),
            Action::NextProblem => self.find_problem(true),
            Action::PreviousProblem => self.find_problem(false),
            Action::Open => return self.inspect_selected(),
            Action::NextTab => self.inspector.next_tab(),
            Action::PreviousTab => self.previous_tab(),
            Action::Customer => self.open_picker(Kind::Palette, "@"),
            Action::CopyRow
            | Action::CopyNumber
            | Action::CopyId
            | Action::CopyCustomer
            | Action::CopyText
            | Action::CopyJson
            | Action::CopyCommand => return self.copy(action),
            Action::Export => self.open_picker(Kind::Export, ""),
            Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::Top
            | Action::Bottom => self.travel(action),
            Action::Command(spec) if self.is_about_row(spec) => return self.act_on_row(spec),
            Action::Command(spec) if *spec == catalog::NO_ANSWER => return self.need_no_answer(),
            Action::Command(spec) if *spec == catalog::UNKNOWN => return self.decide_unknown(),
            Action::Command(spec) if spec.needs == Needs::Message && self.return_to_selection() => {
            }
            Action::Command(spec) => self.open_form(spec),
            Action::AnswerLive => return self.answer_most_urgent(),
            Action::WorkPause | Action::WorkResume => return self.steer(action),
            Action::CancelListed => return self.cancel_listed(),
            Action::EditListed => return self.edit_listed(),
            Action::LongestWaiting => return self.ask_who_waits(),
            Action::OpenListed if self.lists.opens_people() => return self.open_people(),
            Action::OpenListed if self.lists.carrier().is_some() => self.list(List::Unknown),
            Action::OpenListed => return self.inspect_listed(),
            Action::NextList | Action::PreviousList => {
                self.lists.turn(action == Action::NextList);
                self.follow_listed();
            }
            Action::InsertPaste => self.insert_paste(),
            Action::Undo => self.take_back(),
            Action::SendNow => return self.outbox.send_now(self.now),
            Action::Fix => return self.fix(),
            Action::SendAgain if self.again_to_failed().is_some() => {
                return self.send_to_failed();
            }
            Action::SendAgain => return self.send_again(),
            Action::NextPane
            | Action::PreviousPane
            | Action::FeedPane
            | Action::InspectorPane
            | Action::FormPane
            | Action::ActivityPane
            | Action::Waiting
            | Action::Works
            | Action::Scheduled
            | Action::Reminders
            | Action::Leases
            | Action::Purses
            | Action::Carriers
            | Action::Unknown => self.change_pane(action),
            Action::Zoom => self.zoom = !self.zoom,
            Action::Retry => {
                self.connection.trying();
                return vec![Effect::RetryNow];
            }
            Action::Palette => self.open_picker(Kind::Palette, ""),
            Action::Help => self.open_picker(Kind::Help, ""),
            Action::Welcome => self.overlay = Some(Overlay::Welcome),
            Action::Back | Action::WelcomeClose => self.back(),
            Action::Quit | Action::Interrupt => return self.press_to_leave(action),
            Action::Suspend => return self.suspend(),
            Action::Redraw => return vec![Effect::Redraw],
            Action::Mouse => return self.toggle_mouse(),
            Action::FilterAccept => self.accept_filter(),
            Action::FilterCancel => self.cancel_filter(),
            Action::FilterComplete | Action::FilterCompleteBack => {
                self.complete_filter(action == Action::FilterComplete);
            }
            Action::FilterOlder | Action::FilterNewer => {
                self.recall_filter(action == Action::FilterOlder);
            }
            Action::FormReview
            | Action::FormSheet
            | Action::FormNext
            | Action::FormPrevious
            | Action::FormPlain
            | Action::FormLeave
            | Action::ReviewSend
            | Action::ReviewEdit
            | Action::ReviewSwap => return self.form_action(action, key),
            Action::FormReplies => return self.list_replies(),
            Action::FormEditor => return self.write_elsewhere(),
            Action::FormLater => self.send_later(),
            Action::ReviewCopy => match (self.sheet_takes_letters(), key) {
                (true, Some(key)) => return self.form_key(key),
                _ => return self.copy_reviewed(),
            },
            Action::Repeat => self.repeat(),
            Action::Reverse => return self.reverse(),
            Action::DraftList => self.list_drafts(),
            Action::DraftAsk => self.ask_to_throw_away(),
            Action::DraftThrowAway => self.throw_away(),
            Action::PickRun => return self.pick(),
            Action::PickDown => self.pick_by(1),
            Action::PickUp => self.pick_by(-1),
            Action::LeaveSend => return self.leave_sending(),
            Action::LeaveDraft => return self.terminate(),
        }
        Vec::new()
    }

    /// Stops the process. A stopped process must not send late, so what is held becomes drafts first.
    fn suspend(&mut self) -> Vec<Effect> {
        self.keep_unsent_as_drafts();
        vec![Effect::Suspend]
    }

    /// Shows more or less of what happens.
    fn turn_depth(&mut self) {
        self.feed.set_depth(self.feed.depth().next());
        self.seek_soon();
        self.follow_selection();
    }

    fn find_problem(&mut self, forward: bool) {
        if self.feed.next_problem(forward) {
            self.follow_selection();
        } else {
            let way = if forward { "newer" } else { "older" };
            self.say(format!("no {way} problem is loaded"), Tone::Plain);
        }
    }

    pub(super) fn open_picker(&mut self, kind: Kind, query: &str) {
        self.customers.found = FoundCustomers::default();
        self.filter = None;
        self.overlay = Some(Overlay::Picker(Picker::open(kind, self.items(kind, query), query)));
    }

    fn pick_by(&mut self, rows: i32) {
        if let Some(Overlay::Picker(picker)) = &mut self.overlay {
            picker.move_by(rows);
        }
    }

    pub(super) fn pick(&mut self) -> Vec<Effect> {
        let Some(Overlay::Picker(picker)) = &self.overlay else { return Vec::new() };
        match picker.choice() {
            None => Vec::new(),
            Some(Err(reason)) => self.say(reason, Tone::Plain),
            // What a sheet shows goes by the key that the sheet names, and by no other (R-CONSOLE-1).
            Some(Ok(PickerChoice::Run(Action::ReviewSend))) => {
                self.say("Esc closes this list; the sheet says which key sends", Tone::Plain)
            }
            Some(Ok(PickerChoice::Close)) if picker.kind() == Kind::Time => {
                let words = "not gone there: 14:00, yesterday 14:00, -2h or a date that has been";
                self.say(words, Tone::Plain)
            }
            // Its row says what is wanted.
            Some(Ok(PickerChoice::FillGap)) if picker.query().trim().is_empty() => Vec::new(),
            Some(Ok(choice)) => {
                let typed = picker.query().trim().to_owned();
                self.overlay = None;
                self.customers.wanted = None;
                match choice {
                    PickerChoice::Open(customer) => self.inspect(customer),
                    PickerChoice::WriteTo(number) => {
                        self.write_first(number);
                        Vec::new()
                    }
                    PickerChoice::Draft(call) => self.open_draft(&call),
                    PickerChoice::Work(work) => {
                        self.list(List::Works);
                        self.lists.select_work(work);
                        Vec::new()
                    }
                    PickerChoice::Run(action) => self.attempt(action, None),
                    PickerChoice::Export { format, masked } => self.export(format, masked),
                    PickerChoice::StopExport => self.stop_export(),
                    PickerChoice::ExportPeople(format) => self.export_people(format),
                    PickerChoice::SwitchClause(at) => self.switch_clause(at),
                    PickerChoice::GoTo(at) if self.focus == Pane::Inspector => self.travel_to(at),
                    PickerChoice::GoTo(at) => self.go_to(at),
                    PickerChoice::Mark(at) => self.go_to_mark(at),
                    PickerChoice::View(view) => self.show_view(view),
                    PickerChoice::AddClause(clause) => self.add_clause(&clause),
                    PickerChoice::Reply(name) => self.choose_reply(&name),
                    PickerChoice::FillGap => self.fill_gap(&typed),
                    PickerChoice::DropSteps => {
                        self.drop_steps();
                        Vec::new()
                    }
                    PickerChoice::Close => Vec::new(),
                }
            }
        }
    }

    /// Closes what is on top, one layer at a time. It never leaves the console and never drops text.
    fn back(&mut self) {
        if matches!(self.overlay, Some(Overlay::ThrowAway(_))) {
            self.list_drafts();
        } else if self.overlay.take().is_some() {
            self.customers.wanted = None;
        } else if self.inspector.return_to_now() {
            self.toasts.clear();
        } else if self.toasts.clear() || self.feed.stop_search() || self.feed.stop_going() {
        } else if self.zoom {
            self.zoom = false;
        } else if self.focus == Pane::Lists && self.lists.close_people() {
        } else if self.focus == Pane::Lists {
            self.lists.close();
            self.return_to_feed();
        } else if self.focus != Pane::Feed {
            self.return_to_feed();
        }
    }

    fn toggle_mouse(&mut self) -> Vec<Effect> {
        self.mouse = !self.mouse;
        let words = if self.mouse {
            "mouse on: wheel scrolls, a click selects"
        } else {
            "mouse off: the terminal selects text; F2 turns it on again"
        };
        self.say(words, Tone::Plain);
        vec![Effect::CaptureMouse(self.mouse)]
    }

    /// Ctrl-C cancels what is on top. When Ctrl-C or `q` is pressed a second time within 1.5 s, the
    /// console is left.
    fn press_to_leave(&mut self, action: Action) -> Vec<Effect> {
        if self.armed.take().is_some_and(|until| until > self.now) {
            return self.leave();
        }
        if action == Action::Quit && self.zoom {
            self.zoom = false;
            return Vec::new();
        }
        if action == Action::Interrupt {
            match self.context() {
                KeyContext::Picker | KeyContext::Leaving | KeyContext::ThrowingAway => self.back(),
                KeyContext::Filter => self.cancel_filter(),
                _ => {}
            }
        }
        self.armed = Some(self.now.after(TWICE));
        Vec::new()
    }

    fn leave(&mut self) -> Vec<Effect> {
        if self.outbox.held().next().is_none() {
            return self.leave_sending();
        }
        if Class::of(self.size.width, self.size.height) == Class::Card {
            return self.terminate();
        }
        self.overlay = Some(Overlay::Leaving);
        Vec::new()
    }

    /// Sends what is held, waits for the answers, and leaves.
    fn leave_sending(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        while self.outbox.held().next().is_some() {
            let sent = self.outbox.send_now(self.now);
            if sent.is_empty() {
                break;
            }
            effects.extend(sent);
        }
        self.overlay = None;
        self.leaving = Some(self.now.after(LEAVE_WITHIN));
        self.keep_unsent_as_drafts();
        if self.is_sending() {
            let words = "leaves when the hub has answered, in 5 s at the latest; \
                         what it has not answered stays a draft";
            self.say(words, Tone::Plain);
        }
        effects
    }
}
