//! What an agent does with a work by tag beside steering it: looks at whom it reached (R-CONSOLE-33), writes that to a
//! file, and sends it again to those for whom it failed (R-CONSOLE-34).

use super::{App, listed::by_tag};
use crate::{
    catalog::{self, FAILED_OF_WORDS, Target},
    console::{
        actions::Reason,
        drafts::{FormDraft, KeptDraft, key_of},
        export::FileFormat,
        layout::Pane,
        msg::{Effect, List, PeopleNews, PeopleOrder},
        pane::{
            outbox::{Followed, OutboxRow, SendState},
            picker::{PickerChoice, PickerItem},
        },
    },
    model::{
        CallId, MessageStatus, RecipientOutcome, Task, Tone, Work, WorkId, advice::RetryChance,
    },
};
use std::path::Path;

/// How many of the messages of a work failed and can be tried again (R-CODE-3).
fn can_go_again(work: &Work) -> u64 {
    let may = |code: &i32| {
        let status = MessageStatus::from_code(*code);
        status.is_some_and(|status| !matches!(status.retry(), RetryChance::Not(_)))
    };
    work.outcomes.failed.iter().filter(|(code, _)| may(code)).map(|(_, n)| n).sum()
}

impl App {
    /// The work by tag that is selected in the lists or in the activity.
    fn selected_work(&self) -> Option<WorkId> {
        match self.focus {
            Pane::Lists => self.lists.work().map(|work| work.id.clone()),
            Pane::Activity => self
                .outbox
                .selected()
                .and_then(OutboxRow::followed)
                .and_then(Followed::work)
                .cloned(),
            Pane::Feed | Pane::Inspector | Pane::Form => None,
        }
    }

    /// Whether the selected work can go again to those for whom it failed; `None` if no work is selected.
    pub(super) fn again_to_failed(&self) -> Option<Result<(), Reason>> {
        let id = self.selected_work()?;
        let paces = self.connection.hello().is_some_and(|hello| hello.paces_works);
        let Some(work) = self.lists.work_of(&id) else {
            return Some(Err("it is not known yet what became of it: w lists it"));
        };
        let is_message = matches!(work.task, Task::Message(_));
        Some(match (is_message, work.state.is_final(), can_go_again(work)) {
            (false, ..) => Err("a reminder by tag is not sent again"),
            (_, false, _) => Err("it is not over yet: wait for its end, or c cancels it"),
            (_, _, 0) => Err("there is nobody for whom it failed and could be tried again"),
            _ if !paces => Err("this hub does not know for whom it failed"),
            _ => Ok(()),
        })
    }

    /// Opens the form of the selected message by tag again, for those alone for whom it failed. Its key follows from
    /// the work, so that two agents who do the same do it once.
    pub(super) fn send_to_failed(&mut self) -> Vec<Effect> {
        let work = self.selected_work().and_then(|id| self.lists.work_of(&id)).cloned();
        let Some(work) = work else { return Vec::new() };
        let Task::Message(message) = &work.task else { return Vec::new() };
        let mut values = by_tag(&work, message);
        values.push(("failed-of".to_owned(), format!("{FAILED_OF_WORDS} {}", work.id)));
        let why = |(code, n): (&i32, &u64)| {
            let words = MessageStatus::from_code(*code).map_or("other", MessageStatus::words);
            format!("{n} {words} ({code})")
        };
        let why: Vec<_> = work.outcomes.failed.iter().map(why).collect();
        let written = FormDraft {
            form: catalog::MESSAGE_BY_TAG.id.to_owned(),
            values,
            saved_at: self.hub_time(),
            because: Some(format!("not delivered: {}", why.join(", "))),
            ..FormDraft::default()
        };
        let Some(key) = self.key_to_failed(&work.id) else {
            return self.say("it went again since: see its newer row", Tone::Plain);
        };
        let written = self.drafts.get(&key).map_or(written, |kept| kept.written.clone());
        self.keep_draft(&key, written.clone());
        let kept = Some(KeptDraft::new(key, written));
        self.begin(&catalog::MESSAGE_BY_TAG, Target::default(), kept, "a new attempt");
        Vec::new()
    }

    /// The key under which a work goes again. A try that was refused is over under its key.
    fn key_to_failed(&self, work: &WorkId) -> Option<CallId> {
        // Two agents who do it at once have the same key, and whoever does it once more has another.
        let tried = self.lists.retry_of(work).map_or("", WorkId::as_str);
        let mut key = key_of(format!("again to the failed of {work} after {tried}").as_bytes());
        while let Some(SendState::Refused { .. }) = self.outbox.state_of(&key) {
            key = key_of(key.as_str().as_bytes());
        }
        match self.outbox.state_of(&key) {
            None | Some(SendState::TakenBack | SendState::NotSent { .. }) => Some(key),
            Some(
                SendState::Held { .. }
                | SendState::Sending
                | SendState::Unknown { .. }
                | SendState::Done
                | SendState::Refused { .. }
                | SendState::Accepted(_),
            ) => None,
        }
    }

    /// Opens the people of the selected work, in the lists.
    pub(super) fn open_people(&mut self) -> Vec<Effect> {
        let Some(id) = self.selected_work() else { return Vec::new() };
        if !self.connection.hello().is_some_and(|hello| hello.paces_works) {
            return self.say("this hub does not know whom a work reached", Tone::Plain);
        }
        let title = self.lists.work_of(&id).map(|work| work.tag.to_string());
        if self.focus != Pane::Lists {
            self.list(List::Works);
            self.lists.select_work(id.clone());
        }
        self.lists.open_people(id, title.unwrap_or_else(|| "its tag".into()));
        Vec::new()
    }

    /// Offers the ways to write the people of a work, all of them or those that are shown.
    pub(super) fn people_items(&self) -> Option<Vec<PickerItem>> {
        let people = self.lists.people().filter(|_| self.focus == Pane::Lists)?;
        let whom = people.outcome().map_or("all", RecipientOutcome::word);
        let detail = format!("{whom} of the people of {}, for you alone", people.work());
        let ways = [(FileFormat::Csv, "CSV"), (FileFormat::Ndjson, "NDJSON")];
        let item = |(format, title): (FileFormat, &str)| {
            let choice = PickerChoice::ExportPeople(format);
            PickerItem::new(choice, "the people of a work by tag", title, detail.clone())
        };
        Some(ways.map(item).into())
    }

    /// Orders a file of the people that are shown, in the folder in which the console was started.
    pub(super) fn export_people(&mut self, format: FileFormat) -> Vec<Effect> {
        let Some(people) = self.lists.people() else { return Vec::new() };
        let (work, outcome) = (people.work().clone(), people.outcome());
        let now = self.now.in_zone(&self.zone);
        let now = now.map(|now| now.strftime("%Y%m%d-%H%M%S").to_string()).unwrap_or_default();
        let name = format!("switchboard-people-{now}.{}", format.ending());
        let path = std::path::absolute(Path::new(&name)).unwrap_or_else(|_| name.into());
        self.say("the people are being written to a file", Tone::Plain);
        vec![Effect::ExportPeople(PeopleOrder { work, outcome, format, path })]
    }

    /// Takes in whom a work reached, or says what became of a file of them.
    pub(super) fn people_news(&mut self, news: PeopleNews) -> Vec<Effect> {
        match news {
            PeopleNews::Piece { question, result } => {
                self.lists.people_listed(&question, result);
                Vec::new()
            }
            PeopleNews::Written { path, result: Ok(n) } => {
                self.say(format!("{n} people are in {}", path.display()), Tone::Good)
            }
            PeopleNews::Written { result: Err(why), .. } => {
                self.say(format!("nothing was written: {why}"), Tone::Bad)
            }
        }
    }
}
