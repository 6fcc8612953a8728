//! What `y` takes along: a text of whatever is selected, for the clipboard, or what the feed shows, for a file.

use super::{App, Overlay};
use crate::{
    catalog::{Spec, Values, command_line::command_line},
    console::{
        actions::Action,
        export::{ExportOrder, FileFormat},
        layout::Pane,
        msg::{Effect, ExportNews, FileOrder},
        pane::{
            feed::FeedRow,
            inspector::Tab,
            outbox::{Followed, OutboxRow},
            picker::{PickerChoice, PickerItem},
        },
    },
    model::{
        CustomerState, ListedWaiting, Tone,
        client::TimeSpan,
        event::{Event, EventKind},
        event_line::{EventLine, json_line, without_hidden},
        thing::{EventPart, Thing},
    },
};
use std::path::{Path, PathBuf};

/// How an export that was ordered stands.
#[derive(Clone, Debug)]
pub(super) struct Exporting {
    path: PathBuf,
    percent: u64,
    events: u64,
}

/// What is selected, in all the forms in which it can be taken along. What it has not is `None`.
#[derive(Default)]
struct Selected {
    row: Option<String>,
    number: Option<String>,
    id: Option<String>,
    customer: Option<String>,
    text: Option<String>,
    json: Option<String>,
    command: Option<String>,
}

impl App {
    /// Takes a text of the selected row along, or says that it has none of that kind.
    pub(super) fn copy(&mut self, action: Action) -> Vec<Effect> {
        let Some(selected) = self.selected_to_copy() else {
            return self.say("nothing is selected", Tone::Plain);
        };
        let (what, text) = match action {
            Action::CopyNumber => ("number", selected.number),
            Action::CopyId => ("id", selected.id),
            Action::CopyCustomer => ("customer's id", selected.customer),
            Action::CopyText => ("text", selected.text),
            Action::CopyJson => ("JSON", selected.json),
            Action::CopyCommand => ("command", selected.command),
            _ => ("row", selected.row),
        };
        match text.filter(|text| !text.is_empty()) {
            Some(text) => vec![Effect::Copy { what, text: without_hidden(&text) }],
            None => self.say(format!("what is selected has no {what} to copy"), Tone::Plain),
        }
    }

    /// Takes along the shell command that does what the review sheet shows.
    pub(super) fn copy_reviewed(&mut self) -> Vec<Effect> {
        let sheet = self.form.as_ref().and_then(|form| form.sheet());
        let Some(text) = sheet.map(|sheet| without_hidden(&sheet.command_line())) else {
            return Vec::new();
        };
        vec![Effect::Copy { what: "command", text }]
    }

    /// Says where a text has gone. If no program has taken it, the terminal is asked.
    pub(super) fn copied(
        &mut self,
        what: &'static str,
        text: String,
        by: Option<&'static str>,
    ) -> Vec<Effect> {
        /// What terminals take at most by OSC 52, before it is encoded.
        const MOST: usize = 74_994;
        match by {
            Some(program) => self.say(format!("{what} copied with {program}"), Tone::Good),
            None if text.len() > MOST => self.say(
                format!("the {what} is too long for the terminal: y f writes a file"),
                Tone::Bad,
            ),
            None => {
                let words = format!("{what} sent to the terminal (OSC 52), which may not take it");
                self.say(words, Tone::Plain);
                vec![Effect::CopyByTerminal(text)]
            }
        }
    }

    fn selected_to_copy(&self) -> Option<Selected> {
        match self.focus {
            Pane::Feed => {
                let row = self.feed.selected()?;
                row.event().map(|event| self.of_event(&row, event))
            }
            Pane::Inspector
                if self.inspector.tab() == Tab::Timeline
                    && let Some(item) = self.inspector.timeline().selected() =>
            {
                let item = self.inspector.timeline().as_shown(item);
                Some(self.of_event(&item.row(), item.lead()))
            }
            Pane::Inspector if self.inspector.is_past() => {
                let view = self.inspector.past().shown()?.view.as_ref()?;
                Some(of_customer(&view.customer))
            }
            Pane::Inspector | Pane::Form => {
                self.inspector.view().map(|view| of_customer(&view.customer))
            }
            Pane::Activity => self.outbox.selected().map(of_sent),
            Pane::Lists => match (self.lists.waiting(), self.lists.customer()) {
                (Some(waiting), _) => Some(of_waiting(waiting)),
                (None, Some(customer)) => Some(Selected::of_id(customer.to_string())),
                (None, None) => self.lists.work().map(|work| Selected {
                    id: Some(work.id.to_string()),
                    text: Some(work.summary()),
                    row: Some(format!("{} {}", work.id, work.summary())),
                    json: json_line(work).ok(),
                    command: Some("switchboard works".into()),
                    ..Selected::default()
                }),
            },
        }
    }

    fn of_event(&self, row: &FeedRow, event: &Event) -> Selected {
        let customer = event.customer.as_ref().map(ToString::to_string);
        let number = event.number.as_ref().map(ToString::to_string);
        let at =
            event.at.in_zone(&self.zone).map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
        let channel = event.channel.as_ref().map(ToString::to_string);
        let parts = [at, event.name.clone(), number.clone(), channel, Some(event.sentence())];
        let line = EventLine::new(row.seq, row.index, &self.org, event.clone());
        let thing = thing_id(&event.kind);
        Selected {
            row: Some(parts.into_iter().flatten().collect::<Vec<_>>().join("  ")),
            number,
            id: thing.or_else(|| customer.clone()),
            text: Some(event.content()),
            json: Some(line.json()),
            command: Some(match &customer {
                Some(customer) => format!("switchboard get {customer}"),
                None => format!("switchboard tail --after {} -n 1", row.seq.0.saturating_sub(1)),
            }),
            customer,
        }
    }

    /// Offers the ways to write what the feed shows, or to stop that.
    pub(super) fn export_items(&self) -> Vec<PickerItem> {
        if let Some(items) = self.people_items() {
            return items;
        }
        let what = "every event that the filter finds, at any depth, over the whole log";
        let item =
            |choice, title: &str, detail: String| PickerItem::new(choice, what, title, detail);
        if let Some(now) = &self.exporting {
            let detail = format!(
                "{} events so far, {} % of the log: {}",
                now.events,
                now.percent,
                now.path.display()
            );
            return vec![item(PickerChoice::StopExport, "stop the export", detail)];
        }
        let ways = [
            (FileFormat::Csv, true, "CSV, masked", "names, numbers and texts are only shapes"),
            (FileFormat::Ndjson, true, "NDJSON, masked", "the same, for --replay and programs"),
            (FileFormat::Csv, false, "CSV, whole", "with what customers wrote and who they are"),
            (FileFormat::Ndjson, false, "NDJSON, whole", "the same, for --replay and programs"),
        ];
        let ways = ways.into_iter().map(|(format, masked, title, detail)| {
            item(PickerChoice::Export { format, masked }, title, detail.into())
        });
        ways.collect()
    }

    /// Orders a file of what the feed shows, in the folder in which the console was started.
    pub(super) fn export(&mut self, format: FileFormat, masked: bool) -> Vec<Effect> {
        let now = self.now.in_zone(&self.zone);
        let now = now.map(|now| now.strftime("%Y%m%d-%H%M%S").to_string()).unwrap_or_default();
        let name = format!("switchboard-{now}.{}", format.ending());
        let path = std::path::absolute(Path::new(&name)).unwrap_or_else(|_| name.into());
        let filter = self.feed.asked();
        self.exporting = Some(Exporting { path: path.clone(), percent: 0, events: 0 });
        vec![Effect::Export(FileOrder {
            order: ExportOrder { filter, span: TimeSpan::default(), format, masked },
            path,
        })]
    }

    pub(super) fn stop_export(&mut self) -> Vec<Effect> {
        if self.exporting.take().is_none() {
            return self.say("the export is over already", Tone::Plain);
        }
        self.say("the export was stopped, and nothing is left of its file", Tone::Plain);
        vec![Effect::StopExport]
    }

    /// Takes in how an export goes. News of one that was stopped meanwhile are of no interest.
    pub(super) fn export_news(&mut self, news: ExportNews) -> Vec<Effect> {
        let Some(now) = &mut self.exporting else { return Vec::new() };
        match news {
            ExportNews::Progress(progress) => {
                (now.percent, now.events) = (progress.percent(), progress.events);
            }
            ExportNews::Done { path, events } => {
                self.exporting = None;
                self.say(format!("{events} events are in {}", path.display()), Tone::Good);
            }
            ExportNews::Failed(why) => {
                self.exporting = None;
                self.say(format!("nothing was exported: {why}"), Tone::Bad);
            }
        }
        if matches!(self.overlay, Some(Overlay::Picker(_))) {
            self.refill_picker();
        }
        Vec::new()
    }

    /// How much of the log an export has looked at, in percent; `None` if none is under way.
    #[must_use]
    pub fn exporting(&self) -> Option<u64> {
        self.exporting.as_ref().map(|now| now.percent)
    }
}

impl Selected {
    fn of_id(customer: String) -> Self {
        Self {
            id: Some(customer.clone()),
            row: Some(customer.clone()),
            command: Some(format!("switchboard get {customer}")),
            customer: Some(customer),
            ..Self::default()
        }
    }
}

fn of_customer(customer: &CustomerState) -> Selected {
    let numbers: Vec<_> = customer.numbers.iter().map(ToString::to_string).collect();
    let name = customer.name().map(str::to_owned);
    let row: Vec<_> = name.into_iter().chain(numbers.clone()).collect();
    Selected {
        row: Some(row.join("  ")),
        number: numbers.into_iter().next(),
        json: json_line(customer).ok(),
        ..Selected::of_id(customer.id.to_string())
    }
}

fn of_waiting(waiting: &ListedWaiting) -> Selected {
    let (text, number) = (waiting.unanswered.text.clone(), waiting.unanswered.number.to_string());
    Selected {
        row: Some(format!("{}  {number}  {text}", waiting.name)),
        number: Some(number),
        text: Some(text),
        ..Selected::of_id(waiting.customer.to_string())
    }
}

fn of_sent(row: &OutboxRow) -> Selected {
    let draft = row.sent.as_ref().map(|sent| &sent.draft);
    let spec = draft.and_then(|draft| Some((Spec::by_id(&draft.form)?, draft)));
    let command = spec.map(|(spec, draft)| {
        let mut values = Values::default();
        for (name, value) in &draft.values {
            if let Some(field) = spec.field(name) {
                values.set(field.name, value);
            }
        }
        command_line(spec, &draft.target, &values)
    });
    Selected {
        row: Some(format!("{}  {}  {}", row.title, row.to, row.summary)),
        number: draft.and_then(|draft| draft.target.numbers.first()).map(ToString::to_string),
        id: row.followed().and_then(Followed::id).map(str::to_owned),
        customer: row.customer.as_ref().map(ToString::to_string),
        text: Some(row.summary.clone()),
        json: None,
        command,
    }
}

/// The id of what an event is about besides its customer; `None` if it is about nothing that has one.
fn thing_id(kind: &EventKind) -> Option<String> {
    match (kind, kind.part()) {
        (EventKind::MessageReceived { id, .. }, _) => Some(id.to_string()),
        (EventKind::WorkAdded(work), _) => Some(work.id.to_string()),
        (
            EventKind::WorkStarted { work, .. }
            | EventKind::WorkAdvanced { work, .. }
            | EventKind::WorkChanged { work, .. },
            _,
        ) => Some(work.to_string()),
        (_, EventPart::Of { thing, .. }) => Some(match thing {
            Thing::Message(id) => id.to_string(),
            Thing::Payment(id) => id.to_string(),
            Thing::Session(id) => id.to_string(),
        }),
        (_, EventPart::Word | EventPart::Record) => None,
    }
}
