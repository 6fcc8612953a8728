//! The past of the customer in the inspector: going there, coming back, and comparing. While it is shown nothing
//! can be done about this customer, because whoever decides must see what is so now (R-CONSOLE-15).

use super::App;
use crate::{
    catalog::Target,
    console::{
        layout::Pane,
        msg::{Effect, LookBack},
        pane::{
            inspector::{LookedBack, StateDifference, differences},
            picker::{PickerChoice, PickerItem},
        },
    },
    model::{ClientError, CustomerState, Timestamp, Tone, client::PastView},
};

impl App {
    /// Whether a command would be for the customer whose past is shown.
    pub(super) fn is_of_past(&self, target: Option<&Target>) -> bool {
        let customer = target.and_then(|target| target.customer.as_ref());
        self.inspector.is_past() && customer.is_some_and(|id| self.inspector.is_about(id))
    }
    pub(super) fn step(&mut self, back: bool) -> Vec<Effect> {
        let went = if back { self.inspector.step_back() } else { self.inspector.step_forward() };
        match went {
            Ok(()) => Vec::new(),
            Err(why) => self.say(why, Tone::Plain),
        }
    }
    /// Shows the customer in the inspector as of a time.
    pub(super) fn travel_to(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.form.is_some() {
            return self.say("a form is open: finish or leave it first", Tone::Plain);
        }
        match self.inspector.go_to_time(at) {
            Ok(()) => Vec::new(),
            Err(why) => self.say(why, Tone::Plain),
        }
    }
    pub(super) fn looked_back(
        &mut self,
        asked: &LookBack,
        result: Result<Option<PastView>, ClientError>,
    ) -> Vec<Effect> {
        match self.inspector.looked_back(asked, result) {
            LookedBack::Failed(why) => self.say(format!("the past is not shown: {why}"), Tone::Bad),
            LookedBack::Ignored | LookedBack::Reading | LookedBack::Shown => Vec::new(),
        }
    }
    pub(super) fn mark_past(&mut self) {
        let words = match self.inspector.mark_past() {
            Some(true) => "this point is marked: D compares another one with it",
            Some(false) => "the mark is gone: D compares with now",
            None => "go to the past first, to mark a point there: [ goes back",
        };
        drop(self.say(words, Tone::Plain));
    }
    /// Goes back to the customer that was looked at before, or forward again.
    pub(super) fn turn_back(&mut self, back: bool) -> Vec<Effect> {
        match self.inspector.turn_back(back, self.now) {
            Some((customer, effects)) => {
                self.focus = Pane::Inspector;
                self.followed = Some(customer);
                effects
            }
            None if back => self.say("no customer was looked at before this one", Tone::Plain),
            None => self.say("no customer was gone back from", Tone::Plain),
        }
    }

    /// What differs between the two states that are compared, each in a row.
    pub(super) fn differences(&self) -> Vec<PickerItem> {
        let Some([(from, old), (to, new)]) = self.inspector.compared() else { return Vec::new() };
        let when = |at: Timestamp| {
            let at = at.in_zone(&self.zone);
            at.map(|at| at.strftime("%-d %b %H:%M:%S").to_string()).unwrap_or_default()
        };
        let name = |at: Option<Timestamp>| at.map_or_else(|| "now".to_owned(), when);
        let nothing = CustomerState::default();
        let [old, new] = [old, new].map(|view| view.map_or(&nothing, |view| &*view.customer));
        let mut items = vec![item("compared", format!("{} with {}", name(from), name(to)))];
        items.extend(differences(old, new, &when).iter().map(|one| item(&one.what, words(one))));
        if items.len() == 1 {
            items.push(item("nothing differs", String::new()));
        }
        items
    }
}

/// `basic -> gold`, and for what was not there before, or is not there any more, words that say so.
fn words(difference: &StateDifference) -> String {
    match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (Some(before), None) => format!("{before} -> gone"),
        (None, Some(after)) => format!("new: {after}"),
        (None, None) => String::new(),
    }
}

fn item(title: &str, detail: String) -> PickerItem {
    PickerItem::new(PickerChoice::Close, "what differs", title, detail)
}
