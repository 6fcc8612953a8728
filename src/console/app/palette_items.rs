//! What can be done at the moment: the facts that decide it, the hints, the rows of the palette and
//! the help, and whom a command would be for. Everything here only reads the state.

use super::{App, Overlay, live::answers_live};
use crate::{
    catalog::Target,
    console::{
        actions::{Action, ActionRow, Answerable, Facts, KeyContext, risk_word},
        keymap::KeyPress,
        layout::Pane,
        msg::List,
        pane::{
            feed::{FeedRow, LEGEND},
            form::{Form, sheet::Sheet},
            inspector::Tab,
            outbox::OutboxRow,
            picker::{Kind, PickerChoice, PickerItem},
        },
    },
    model::{
        CustomerRef, CustomerState, Direction, Entry, Event, EventKind, FoundCustomer, FoundThing,
        SessionId, UssdSession, VoiceCall, fold::fold,
    },
};
use crossterm::event::KeyEvent;

/// A key and what it does, for the hint bar and for the menu of a leader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The keys as the screen names them.
    pub keys: String,
    /// The same keys, for a click on the hint.
    pub press: Vec<KeyEvent>,
    pub title: String,
    /// Why the action is not possible now; `None` if it is.
    pub reason: Option<&'static str>,
    /// A hint with a higher priority stays longer when room is short.
    pub priority: u8,
}

impl App {
    /// The context that the next key is pressed in.
    #[must_use]
    pub fn context(&self) -> KeyContext {
        match (&self.overlay, &self.filter) {
            (Some(Overlay::Picker(_)), _) => KeyContext::Picker,
            (Some(Overlay::Leaving), _) => KeyContext::Leaving,
            (Some(Overlay::ThrowAway(_)), _) => KeyContext::ThrowingAway,
            (Some(Overlay::Welcome), _) => KeyContext::Welcome,
            (None, Some(_)) => KeyContext::Filter,
            (None, None) => self.context_below(),
        }
    }

    /// The context that keys have when nothing lies on top.
    fn context_below(&self) -> KeyContext {
        match (self.focus, &self.form) {
            (Pane::Form, Some(form)) if form.is_review() => KeyContext::Review,
            (Pane::Form, Some(_)) => KeyContext::Form,
            (Pane::Inspector, _) => KeyContext::Inspector,
            (Pane::Activity, _) => KeyContext::Activity,
            (Pane::Lists, _) if self.lists.people().is_some() => KeyContext::Lists,
            (Pane::Lists, _) if matches!(self.lists.tab(), List::Works | List::Carriers) => {
                KeyContext::Works
            }
            (Pane::Lists, _) => KeyContext::Lists,
            (Pane::Feed | Pane::Form, _) => KeyContext::Feed,
        }
    }

    /// Everything that decides whether actions are possible.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let target = self.target(false);
        Facts {
            selected: target.as_ref().is_some_and(|target| target.customer.is_some()),
            hidden: self.focus == Pane::Feed && self.feed.hides_selection(),
            customer: target.is_some(),
            answer: self.answer().0,
            menu: self.waiting_menu().is_some(),
            plan: self.waiting_plan().is_some(),
            line: self.strip.waiting(self.now).iter().any(|prompt| {
                Some(&prompt.session) != self.answered_session() || self.focus != Pane::Form
            }),
            work: self.lists.work_state(),
            carrier_paused: self.lists.carrier().map(|carrier| carrier.pause.is_some()),
            row: self.listed_row(),
            listed: self.opens_listed(),
            again: self.again_to_failed(),
            greeted: self.connection.hello().is_some(),
            live: self.connection.is_live(),
            held: self.outbox.held().next().is_some(),
            sent: self.outbox.selected().is_some(),
            undone: self.focus == Pane::Activity
                && self.outbox.selected().is_some_and(OutboxRow::is_undone),
            message: self.selected_status(),
            unknown: self.undecided().is_some(),
            form: self.form.is_some(),
            no_reply: self.form.as_ref().and_then(Form::takes_no_reply),
            no_later: self.form.as_ref().and_then(Form::leaves_only_now),
            no_editor: self.form.as_ref().and_then(Form::is_written_here),
            pasted: self.pasted.is_some(),
            draft: self.selected_draft().is_some(),
            last: self.again.last(),
            reversible: self.reversible().is_some(),
            inspected: self.inspector.view().is_some(),
            past: self.inspector.is_past(),
            compared: self.inspector.compared().is_some(),
            of_past: self.is_of_past(target.as_ref()),
        }
    }

    /// Whom a command would be for now. While the feed has the keys and its selected event is in
    /// view, that is the event's customer; otherwise it is the one in the inspector. Neither
    /// changes by itself (R-CONSOLE-2), and the agent can always see who it is: while a list has the
    /// keys, the answer is the customer of the selected row, or `None`. While the filter hides the
    /// selected event it is nobody.
    ///
    /// With `answer`, the target also names the customer's last message as the one to reply to.
    #[must_use]
    pub fn target(&self, answer: bool) -> Option<Target> {
        let view = self.inspector.view();
        if self.focus == Pane::Feed && (self.feed.hides_selection() || self.selects_nobody()) {
            return None;
        }
        let listed = match self.focus {
            Pane::Lists => Some(self.lists.target()?),
            Pane::Feed | Pane::Inspector | Pane::Form | Pane::Activity => None,
        };
        let feed = self.focus == Pane::Feed && (self.feed.selection_in_view() || view.is_none());
        let row = self.feed.selected().filter(|_| feed);
        let selected = row.as_ref().and_then(FeedRow::event);
        let hello = self.connection.said();
        let of_row = || selected.and_then(|event| Target::of_event(event, &hello));
        let target = match (listed.or_else(of_row), view) {
            (Some(target), Some(view)) => target.completed(&view.customer),
            (Some(target), None) => target,
            (None, Some(view)) => Target::of(&view.customer, None, None),
            (None, None) => return None,
        };
        let same = view.filter(|view| target.customer.as_ref() == Some(&view.customer.id));
        let (None, Some(view)) = (&target.reply_to, same) else { return Some(target) };
        let last = view.customer.messages.iter().rev().find(|m| m.direction == Direction::Inbound);
        match last {
            Some(message) if answer => Some(Target::of_message(&view.customer, message)),
            Some(message) if target.channel.is_none() => {
                Some(Target::of(&view.customer, Some(&message.number), Some(&message.channel)))
            }
            _ => Some(target),
        }
    }

    /// What `Reply` would answer, and to whom: what waits on the line for this customer, else what the selected row
    /// or the open tab is about, else their last message that nobody has answered, else their last message.
    pub(super) fn answer(&self) -> (Answerable, Option<Target>) {
        let target = self.target(false);
        let whose = target.as_ref().and_then(|target| target.customer.as_ref());
        if let Some(prompt) = whose.and_then(|customer| self.live_of(customer)) {
            let menu = prompt.call.is_none();
            let talk = if menu { Answerable::Menu } else { Answerable::Plan };
            return (talk, Some(Target::of_prompt(prompt)));
        }
        let row = match self.focus {
            Pane::Feed => self.feed.selected().filter(|_| self.feed.selection_in_view()),
            _ => None,
        };
        let event = row.as_ref().and_then(FeedRow::event);
        let talk = match self.focus {
            Pane::Inspector if self.inspector.tab() == Tab::Live => self.open_talk(),
            _ => event.and_then(|event| talk_of(&event.kind)).map(|(talk, _)| talk),
        };
        let waits = match talk {
            Some(Answerable::Menu) => self.waiting_menu(),
            Some(_) => self.waiting_plan(),
            None => None,
        };
        if let (Some(talk), Some(target)) = (talk, waits) {
            return (talk, Some(target));
        }
        if target.as_ref().is_some_and(|target| target.reply_to.is_some()) {
            return (Answerable::Message, target);
        }
        let view = self.inspector.view().filter(|view| whose == Some(&view.customer.id));
        if let Some(target) = view.and_then(|view| Target::of_unanswered(&view.customer)) {
            return (Answerable::Unanswered, Some(target));
        }
        if talk.is_some() {
            return (Answerable::Over, None);
        }
        let target = self.target(true).filter(|target| target.reply_to.is_some());
        (if target.is_some() { Answerable::Last } else { Answerable::Nothing }, target)
    }

    /// The USSD session that waits for a menu: the one of the selected row, or else the customer's newest.
    pub(super) fn waiting_menu(&self) -> Option<Target> {
        let hello = self.connection.said();
        self.waiting(Answerable::Menu, |customer, wanted| {
            let waits = customer.ussd.iter().rev().filter(|session| session.awaits_menu());
            let named = |session: &&UssdSession| Some(&session.id) == wanted;
            let session = waits.clone().find(named).or_else(|| waits.clone().next())?;
            Some(Target::of_ussd(customer, session, &hello))
        })
    }

    /// The call that waits for a plan: the one of the selected row, or else the customer's newest.
    pub(super) fn waiting_plan(&self) -> Option<Target> {
        let hello = self.connection.said();
        self.waiting(Answerable::Plan, |customer, wanted| {
            let waits = customer.calls.iter().rev().filter(|call| call.awaits_plan());
            let named = |call: &&VoiceCall| Some(&call.id) == wanted;
            let call = waits.clone().find(named).or_else(|| waits.clone().next())?;
            Some(Target::of_call(customer, call, &hello))
        })
    }

    /// Finds what waits. If the customer is known, the customer's state decides. If nothing is
    /// known yet, the row itself is taken for the prompt, and the hub says so if the answer
    /// comes too late.
    fn waiting(
        &self,
        talk: Answerable,
        find: impl Fn(&CustomerState, Option<&SessionId>) -> Option<Target>,
    ) -> Option<Target> {
        let target = self.target(false)?;
        let row = self.feed.selected().filter(|_| self.focus == Pane::Feed);
        let event = row.as_ref().and_then(FeedRow::event);
        let named = event.and_then(|event| talk_of(&event.kind)).filter(|(t, _)| *t == talk);
        let session = named.map(|(_, session)| session);
        let view = self.inspector.view();
        match view.filter(|view| target.customer.as_ref() == Some(&view.customer.id)) {
            Some(view) => find(&view.customer, session),
            None => Some(target)
                .filter(|target| target.session.as_ref().map(|s| &s.id) == session)
                .filter(|target| target.session.is_some()),
        }
    }

    /// Whether the review sheet waits for a word, so that letters are letters.
    pub(super) fn sheet_takes_letters(&self) -> bool {
        let sheet = self.form.as_ref().and_then(Form::sheet);
        sheet.is_some_and(Sheet::wants_letters)
    }

    /// What the keys do here, the most important first.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let (context, facts) = (self.context(), self.facts());
        // A sheet on which a word has to be typed takes letters as letters, and says so itself.
        let sheet = self.form.as_ref().and_then(Form::sheet);
        let letters = context == KeyContext::Review && self.sheet_takes_letters();
        let swaps = sheet.is_some_and(Sheet::can_swap);
        let title = |row: &ActionRow| match (row.action, &self.form) {
            (Action::ReviewSend, Some(form)) => form.spec().risk.verb(),
            (Action::FormReview, Some(form)) if form.is_live() => form.spec().risk.verb(),
            _ => row.title,
        };
        let is_letter =
            |row: &ActionRow| matches!(row.action, Action::ReviewSend | Action::ReviewEdit);
        let mut hints: Vec<_> = Action::table()
            .filter(|row| row.hint > 0 && row.contexts.contains(&context))
            .filter(|row| !(letters && is_letter(row)))
            // The sheet itself names this key where there is something to swap.
            .filter(|row| row.action != Action::ReviewSwap || (swaps && !letters))
            // Elsewhere the key before it does the same.
            .filter(|row| row.action != Action::FormSheet || answers_live(self.form.as_ref()))
            .filter(|row| row.enabled(&facts).is_ok())
            .filter_map(|row| {
                let chord = self.keymap.shown(row.action, context)?;
                let (keys, press) = (chord.to_string(), chord.events());
                Some(Hint {
                    keys,
                    press,
                    title: title(&row).into(),
                    reason: None,
                    priority: row.hint,
                })
            })
            .collect();
        hints.extend(self.keymap.leaders(context).map(|(key, title)| Hint {
            keys: key.to_string(),
            press: vec![key.event()],
            title: format!("{title}…"),
            reason: None,
            priority: 65,
        }));
        hints.sort_by_key(|hint| std::cmp::Reverse(hint.priority));
        hints
    }

    /// The menu of the leader that was pressed, once it has waited long enough.
    #[must_use]
    pub fn menu(&self) -> Option<(KeyPress, Vec<Hint>)> {
        let (leader, _) = self.leader.filter(|_| self.menu_shown)?;
        let facts = self.facts();
        // An action that several keys reach from here has one row.
        let mut rows = self.keymap.following(self.context(), leader);
        let mut seen = Vec::new();
        rows.retain(|(_, action)| {
            let first = !seen.contains(action);
            seen.push(*action);
            first
        });
        let rows = rows.into_iter().map(|(key, action)| Hint {
            keys: key.to_string(),
            press: vec![key.event()],
            title: action.row().title.into(),
            reason: action.row().enabled(&facts).err(),
            priority: action.row().hint,
        });
        Some((leader, rows.collect()))
    }

    /// The rows of a searchable list. In the palette, `query` can name a customer that nobody
    /// has searched for.
    pub(super) fn items(&self, kind: Kind, query: &str) -> Vec<PickerItem> {
        let here = self.context_below();
        let facts = self.facts();
        let of_here = |row: &ActionRow| row.contexts.contains(&here);
        let item = |section: &'static str| {
            move |row: ActionRow| PickerItem {
                choice: PickerChoice::Run(row.action),
                section,
                title: row.title.into(),
                detail: row.help.into(),
                synonyms: row.synonyms.into(),
                keys: self.keys_of(&row),
                risk: risk_word(row.risk),
                reason: row.enabled(&facts).err(),
                found: false,
            }
        };
        let table = Action::table();
        match kind {
            Kind::Export => self.export_items(),
            Kind::Clauses => self.clauses(),
            Kind::RowClauses => self.row_clauses(),
            Kind::Views => self.view_items(),
            Kind::Time => self.time_items(query),
            Kind::Differences => self.differences(),
            Kind::Marks => self.mark_items(),
            Kind::Drafts => self.draft_items(),
            Kind::Replies => self.reply_items(),
            Kind::Gap => self.gap_items(query),
            Kind::Help => {
                let everywhere = |row: &ActionRow| row.contexts.len() == KeyContext::ALL.len();
                let mut items: Vec<_> = table
                    .clone()
                    .filter(of_here)
                    .filter(|r| !everywhere(r))
                    .map(item("here"))
                    .collect();
                items.extend(table.clone().filter(everywhere).map(item("everywhere")));
                items.extend(
                    table.filter(|row| !row.contexts.contains(&here)).map(item("elsewhere")),
                );
                items.extend(LEGEND.iter().map(explained));
                items
            }
            Kind::Palette => {
                let mut items: Vec<_> = table
                    .filter(|row| {
                        of_here(row)
                            || row.contexts.contains(&KeyContext::Feed)
                            || row.contexts.contains(&KeyContext::Inspector)
                    })
                    .map(item("actions"))
                    .collect();
                let words = query.trim().trim_start_matches('@').trim();
                let found = &self.customers.found;
                let is_for_it = !words.is_empty() && self.customers.found_for == words;
                // Whom the hub found stands for what was typed.
                let known = is_for_it && !found.customers.is_empty();
                items.extend(direct(words).filter(|_| !known));
                items.extend(unknown_number(words).filter(|_| is_for_it && !known));
                items.extend(
                    found.customers.iter().map(|c| PickerItem { found: is_for_it, ..customer(c) }),
                );
                let recent = self.customers.recent.iter();
                let others = recent.filter(|c| !found.customers.iter().any(|f| f.id == c.id));
                items.extend(others.map(customer));
                if is_for_it {
                    items.extend(found.things.iter().map(thing));
                    let sought: Vec<_> = words.split_whitespace().map(fold).collect();
                    items.extend(found.entries.iter().filter_map(|e| self.written(e, &sought)));
                }
                items
            }
        }
    }

    fn keys_of(&self, row: &ActionRow) -> String {
        let all: Vec<_> = self.keymap.keys(row.action).iter().map(ToString::to_string).collect();
        all.join(" ")
    }

    /// A row for an entry whose text has the words: who it is about, when it was, and what it says.
    fn written(&self, entry: &Entry, words: &[String]) -> Option<PickerItem> {
        let about = |event: &&Event| event.customer.is_some();
        let has = |event: &&Event| {
            let said = fold(&event.sentence());
            about(event) && words.iter().all(|word| said.contains(word.as_str()))
        };
        let event = entry.events.iter().find(has).or_else(|| entry.events.iter().find(about))?;
        let number = || event.number.as_ref().map(ToString::to_string);
        let name = event.name.clone().filter(|name| !name.is_empty());
        let at = event.at.in_zone(&self.zone).map(|at| {
            let now = self.now.in_zone(&self.zone);
            let today = now.is_some_and(|now| now.date() == at.date());
            at.strftime(if today { "%H:%M" } else { "%-d %b %H:%M" }).to_string()
        });
        Some(PickerItem {
            choice: PickerChoice::Open(CustomerRef::Id(event.customer.clone()?)),
            section: "written",
            title: name.or_else(number).unwrap_or_default(),
            detail: event.sentence(),
            synonyms: String::new(),
            keys: at.unwrap_or_default(),
            risk: "",
            reason: None,
            found: true,
        })
    }
}

/// The USSD session or call that an event is part of, and what would answer it.
fn talk_of(kind: &EventKind) -> Option<(Answerable, &SessionId)> {
    match kind {
        EventKind::UssdInput { session, .. }
        | EventKind::UssdMenuShown { session, .. }
        | EventKind::UssdEnded { session, .. } => Some((Answerable::Menu, session)),
        EventKind::CallChanged { session, .. }
        | EventKind::CallPlanned { session, .. }
        | EventKind::PromptMissed { session } => Some((Answerable::Plan, session)),
        _ => None,
    }
}

/// A row of the help that says what a sign or word of the feed means.
fn explained((sign, meaning): &(&str, &str)) -> PickerItem {
    PickerItem {
        synonyms: "legend sign word".into(),
        ..PickerItem::new(PickerChoice::Close, "signs and words of the feed", *sign, *meaning)
    }
}

fn customer(found: &FoundCustomer) -> PickerItem {
    let numbers: Vec<_> = found.numbers.iter().map(ToString::to_string).collect();
    let title = if found.name.is_empty() {
        numbers.first().cloned().unwrap_or_default()
    } else {
        found.name.clone()
    };
    let open = PickerChoice::Open(CustomerRef::Id(found.id.clone()));
    PickerItem {
        synonyms: format!("{} {}", found.id, found.tags.join(" ")),
        ..PickerItem::new(open, "customers", title, numbers.join(" "))
    }
}

/// A row for something that was asked for by its id.
fn thing(found: &FoundThing) -> PickerItem {
    let (choice, title) = match &found.customer {
        Some(customer) => (PickerChoice::Open(CustomerRef::Id(customer.clone())), &found.name),
        None => (PickerChoice::Work(found.id.as_str().into()), &found.id),
    };
    PickerItem {
        synonyms: found.id.clone(),
        keys: found.kind.words().to_owned(),
        found: true,
        ..PickerItem::new(choice, "has this id", title, &found.text)
    }
}

/// Offers to write to a telephone number that the hub finds nobody with. `None` if this is none.
fn unknown_number(text: &str) -> Option<PickerItem> {
    let looks_like = text.starts_with('+') || text.bytes().all(|b| b.is_ascii_digit());
    let number = match CustomerRef::parse(text).filter(|_| looks_like && text.len() > 2)? {
        CustomerRef::Number(number) => number,
        CustomerRef::Id(_) | CustomerRef::Secondary(_) => return None,
    };
    let write = PickerChoice::WriteTo(number);
    let item =
        PickerItem::new(write, "customers", text, "write to them: nobody has this number yet");
    Some(PickerItem { found: true, ..item })
}

/// Reads what was typed as a customer's id, a number or a `key:value`; `None` if it is
/// none of these.
fn direct(text: &str) -> Option<PickerItem> {
    let looks_like = text.starts_with('+') || text.starts_with("el_cst_") || text.contains(':');
    let is_number = text.len() > 2 && text.bytes().all(|b| b.is_ascii_digit());
    let reference = CustomerRef::parse(text).filter(|_| looks_like || is_number)?;
    let open = PickerChoice::Open(reference);
    Some(PickerItem::new(open, "customers", text, "open this customer"))
}
