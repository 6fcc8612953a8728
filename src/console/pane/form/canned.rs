//! Canned replies in a form (R-CANNED-2): a reply is written into the text with its gaps filled for the customer,
//! what only the agent knows is asked for, and what follows the reply is checked and shown before anything goes.

use super::{Form, Ready};
use crate::{
    catalog::{FieldKind, MESSAGE_BY_TAG, Spec, choice, entry},
    console::drafts::{self, FormDraft},
    model::{
        CannedReply, CustomerNumber, ReplyStep, StepValue, Timestamp,
        canned::{self, Gap, filled},
    },
};

/// A canned reply that was written into a form.
#[derive(Clone, Debug)]
pub(super) struct InsertedReply {
    name: String,
    /// The text of the form with it.
    text: String,
    /// Whether nothing else was written.
    is_alone: bool,
    /// The text before it, and what followed that.
    before: String,
    then_before: Vec<ReplyStep>,
}

impl Form {
    /// The field that takes replies. The error says why there is none.
    fn reply_field(&self) -> Result<usize, &'static str> {
        match self.text_field() {
            None => Err("canned replies are for messages: this form has no text"),
            Some(at) if self.fields[at].hidden => {
                Err("this body has no text: choose body text or template first")
            }
            Some(at) => Ok(at),
        }
    }
    fn text_field(&self) -> Option<usize> {
        let is_text = |kind| matches!(kind, FieldKind::Text | FieldKind::Menu);
        self.fields.iter().position(|field| is_text(field.spec.kind))
    }
    /// Why no reply can be chosen now; `None` if one can.
    #[must_use]
    pub fn takes_no_reply(&self) -> Option<&'static str> {
        self.reply_field().err()
    }
    /// Whether the hub fills the gaps, for each customer (R-CANNED-4).
    fn is_filled_later(&self) -> bool {
        *self.spec == MESSAGE_BY_TAG
    }
    /// A text with the gaps filled that this customer has values for.
    #[must_use]
    pub fn filled_for(&self, text: &str, at: Timestamp) -> String {
        if self.is_filled_later() {
            return text.to_owned();
        }
        self.filled_with(text, false, at)
    }
    /// The same for a field of a step. In a list of values, a value with the signs of the list stands in quotes.
    fn filled_with(&self, text: &str, is_list: bool, at: Timestamp) -> String {
        let Some((view, _)) = &self.known else { return filled(text, |_| None) };
        let number = self.writes_to();
        filled(text, |gap| {
            let value = canned::value_of(gap, &view.customer, number.as_ref(), at)?;
            let value = without_gaps(&value);
            Some(if is_list { entry::quoted_if_needed(&value) } else { value })
        })
    }
    /// The customer's number that is written to.
    fn writes_to(&self) -> Option<CustomerNumber> {
        let values = self.values();
        let numbers = &self.target.numbers;
        let chosen = numbers.iter().find(|number| choice::number_text(number) == values.get("to"));
        let quoted = self.target.reply_to.as_ref().map(|quoted| &quoted.number);
        let session = self.target.session.as_ref().map(|session| &session.number);
        chosen.or(session.filter(|_| self.is_live())).or(quoted).cloned()
    }
    /// Writes a reply where the cursor is in the text, and takes over what follows it. Returns the gaps that nothing is
    /// known for, as they are written. While a customer's profile is on its way only the agent could say what is in
    /// it, so the error says to wait.
    pub fn insert_reply(
        &mut self,
        reply: &CannedReply,
        at: Timestamp,
    ) -> Result<Vec<String>, &'static str> {
        let all = std::iter::once(&reply.text).chain(&reply.params).chain(texts(&reply.then));
        let mut gaps = all.flat_map(|text| canned::gaps(text));
        if gaps.any(|gap| !gap.is_asked) && self.known.is_none() && self.target.customer.is_some() {
            return Err("what is known of this customer is still on its way: try again");
        }
        let text = self.filled_for(&reply.text, at);
        let field = self.reply_field()?;
        let (before, then_before) = (self.fields[field].value(), self.then.clone());
        if reply.template.is_empty() {
            if text.chars().count() > self.fields[field].room() {
                return Err("no room for this reply: shorten what is written first");
            }
            self.focus = field;
            self.change(at, |field| field.insert(&text));
        } else {
            self.insert_template(reply, &text, at)?;
        }
        // What follows is about one customer.
        if !reply.then.is_empty() && !self.is_filled_later() {
            let mut then = reply.then.clone();
            for step in &mut then {
                let form = step.form.clone();
                for value in &mut step.values {
                    value.text = self.filled_with(&value.text, is_list(&form, &value.field), at);
                }
            }
            self.then.extend(then);
        }
        let text = self.fields[field].value();
        let is_alone = before.is_empty();
        self.reply =
            Some(InsertedReply { name: reply.name.clone(), text, is_alone, before, then_before });
        self.changed(at);
        let mut left: Vec<String> = Vec::new();
        let written: Vec<_> = self.texts_of_customers().map(|n| self.fields[n].value()).collect();
        let own = written.iter().chain(texts(&self.then));
        for gap in own.flat_map(|text| canned::gaps(text)) {
            let is_ours = gap.is_asked || !self.is_filled_later();
            if is_ours && !left.iter().any(|known| known == gap.written) {
                left.push(gap.written.to_owned());
            }
        }
        Ok(left)
    }
    /// The fields whose texts a customer reads.
    fn texts_of_customers(&self) -> impl Iterator<Item = usize> + use<> {
        let read = |kind| matches!(kind, FieldKind::Text | FieldKind::Menu | FieldKind::Items);
        let fields = self.fields.iter().enumerate();
        let shown = fields.filter(|(_, field)| !field.hidden && read(field.spec.kind));
        shown.map(|(n, _)| n).collect::<Vec<_>>().into_iter()
    }
    /// Writes an approved template with its values into the form, which must have no other text.
    fn insert_template(
        &mut self,
        reply: &CannedReply,
        text: &str,
        at: Timestamp,
    ) -> Result<(), &'static str> {
        let named =
            |form: &Self, name: &str| form.fields.iter().position(|field| field.spec.name == name);
        let (Some(body), Some(template), Some(params), Some(field)) = (
            named(self, "body"),
            named(self, "template"),
            named(self, "params"),
            named(self, "text"),
        ) else {
            return Err("this form sends no templates");
        };
        if !self.fields[field].value().trim().is_empty() {
            return Err("a template stands alone: empty the text first");
        }
        // In quotes a value is one, whatever it is filled with.
        let values: Vec<_> =
            reply.params.iter().map(|param| entry::quoted(&self.filled_for(param, at))).collect();
        self.fields[body].fill("template");
        self.refresh();
        self.fields[template].fill(&reply.template);
        self.fields[params].fill(&values.join("\n"));
        self.focus = field;
        self.change(at, |field| {
            field.fill(text);
            true
        });
        Ok(())
    }
    /// Writes a value in place of a gap, wherever that is. If it does not fit into the text, nothing is changed and the
    /// error says so.
    pub fn fill_gap(
        &mut self,
        written: &str,
        value: &str,
        at: Timestamp,
    ) -> Result<(), &'static str> {
        let value = &without_gaps(value);
        let mut changed = Vec::new();
        for n in self.texts_of_customers() {
            let field = &self.fields[n];
            let is_list = field.spec.kind == FieldKind::Items;
            let value = if is_list { &entry::within_quotes(value) } else { value };
            let text = field.value().replace(written, value);
            if text.chars().count() > field.spec.max {
                return Err("no room for this value: shorten it, or what is written");
            }
            if text != field.value() {
                changed.push((n, text));
            }
        }
        for (n, text) in changed {
            self.focus = n;
            self.change(at, |field| {
                field.refill(&text);
                true
            });
        }
        if let (Ok(field), Some(reply)) = (self.reply_field(), &mut self.reply) {
            reply.text = self.fields[field].value();
        }
        for step in &mut self.then {
            for field in &mut step.values {
                let is_list = is_list(&step.form, &field.field);
                let value = if is_list { &entry::quoted_if_needed(value) } else { value };
                field.text = field.text.replace(written, value);
            }
        }
        Ok(())
    }
    /// Looks what is left of the reply after a change. What followed it goes with it when it is taken back, and
    /// nothing follows where nothing is written.
    pub(super) fn settle_reply(&mut self) {
        let Some(field) = self.text_field() else { return };
        // What is hidden does not go.
        let is_hidden = self.fields[field].hidden;
        let text = if is_hidden { String::new() } else { self.fields[field].value() };
        if let Some(reply) = self.reply.take_if(|reply| reply.text != text && reply.before == text)
        {
            self.then = reply.then_before;
        }
        if text.is_empty() {
            (self.reply, self.then) = (None, Vec::new());
        }
    }
    /// The name of the reply that is all that is written, as it was written; `None` if the agent has changed it.
    pub(super) fn untouched_reply(&self) -> Option<String> {
        let text = self.fields[self.reply_field().ok()?].value();
        let reply = self.reply.as_ref().filter(|reply| reply.is_alone && reply.text == text)?;
        Some(reply.name.clone())
    }
    /// What follows the reply, in words; raw.
    #[must_use]
    pub fn steps(&self) -> Vec<String> {
        self.then.iter().map(in_words).collect()
    }
    /// Lets nothing follow.
    pub fn drop_steps(&mut self, at: Timestamp) {
        self.then.clear();
        self.changed(at);
    }
    /// What follows the reply, as their own forms make it; `None` if something is wrong with it, which is shown then.
    pub fn follow(&mut self, at: Timestamp) -> Option<Vec<Ready>> {
        let planned = self.then.iter().enumerate().map(|(nth, step)| self.planned(nth, step, at));
        match planned.collect::<Result<Vec<_>, _>>() {
            Ok(ready) => Some(ready),
            Err(why) => {
                if let Ok(at) = self.reply_field() {
                    self.focus = at;
                    self.fields[at].error = Some(format!("what follows: {why}"));
                }
                None
            }
        }
    }
    fn planned(&self, nth: usize, step: &ReplyStep, at: Timestamp) -> Result<Ready, String> {
        let spec = Spec::by_id(&step.form);
        let spec = spec.ok_or_else(|| format!("{} is no form of this version", step.form))?;
        if let Some(gap) = step.values.iter().find_map(|value| Gap::first(&value.text)) {
            return Err(format!("{}: {} has no value", spec.title, gap.1.written));
        }
        let pairs = step.values.iter().map(|value| (value.field.clone(), value.text.clone()));
        let draft = FormDraft {
            form: step.form.clone(),
            target: self.target.clone(),
            values: pairs.collect(),
            saved_at: at,
            ..FormDraft::default()
        };
        // The same reply under the same key makes the same keys, so that nothing is done twice.
        let call = drafts::key_of(format!("{} then {nth}", self.call).as_bytes());
        let cx = self.context(at);
        let mut form = Self::open(spec, self.target.clone(), cx, call, Some(draft));
        if let Some(command) = form.checked(at) {
            return Ok(form.ready(command, at));
        }
        let wrong = form.fields.iter().find_map(|f| Some((f.spec.label, f.error.as_ref()?)));
        let (field, why) = wrong.map_or(("", "it makes no command"), |(f, why)| (f, why.as_str()));
        Err(format!("{} {field}: {why}", spec.title))
    }
}

/// A value in which nothing can be taken for a gap.
fn without_gaps(value: &str) -> String {
    value.replace("{{", "{ {")
}

/// Whether a field of a form has a list of values.
fn is_list(form: &str, field: &str) -> bool {
    let kind = Spec::by_id(form).and_then(|spec| spec.field(field)).map(|field| field.kind);
    matches!(kind, Some(FieldKind::Pairs | FieldKind::Ids | FieldKind::Keys | FieldKind::Items))
}

fn texts(steps: &[ReplyStep]) -> impl Iterator<Item = &String> {
    steps.iter().flat_map(|step| &step.values).map(|StepValue { text, .. }| text)
}

/// A step in words: the title of its form, and what is in its fields; raw.
#[must_use]
pub fn in_words(step: &ReplyStep) -> String {
    let Some(spec) = Spec::by_id(&step.form) else { return step.form.clone() };
    let title = spec.title;
    let mut values: Vec<_> = step.values.iter().collect();
    values.sort_by_key(|value| spec.fields.iter().position(|field| field.name == value.field));
    let values: Vec<_> = values.into_iter().map(|value| value.text.as_str()).collect();
    format!("{title} {}", values.join(" ")).trim_end().to_owned()
}

/// What a gap asks for, for the list that takes its value: its name, and what is offered.
#[must_use]
pub fn asked_for(written: &str) -> (String, String) {
    let gap = Gap::first(written).map(|(_, gap)| gap);
    let name = gap.map_or(written, |gap| gap.name).to_owned();
    (name, gap.and_then(|gap| gap.fallback).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
