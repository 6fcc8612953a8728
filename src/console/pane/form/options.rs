//! What a form offers: the choices of its fields, which of its fields are shown, and what of
//! it a phone will show.

use super::{Field, Form, meter::Carrier};
use crate::{
    catalog::{
        ChannelUse, FieldChoice, FieldKind, FieldSpec, PaymentSide, Values, choice, commands,
        entry, party,
    },
    console::msg::EditOrder,
    model::{CustomerNumber, PurseBalance, Timestamp},
};

impl Form {
    /// What can be chosen in a field of this kind, or is suggested for it.
    pub(super) fn choices(&self, kind: FieldKind) -> Vec<FieldChoice> {
        let plain = |value: String| FieldChoice { value, refused: None };
        match kind {
            FieldKind::Number => choice::numbers(&self.target, self.telephones()),
            FieldKind::Channel(lines) => {
                let number = self.chosen_number();
                let mut all = choice::channels(&self.target, &self.hello, number.as_ref(), lines);
                for choice in all.iter_mut().filter(|_| lines == ChannelUse::Messages) {
                    let channel = choice::parse_channel(&choice.value, &self.hello, lines);
                    if let (None, Some(number), Ok(channel)) = (&choice.refused, &number, channel) {
                        choice.refused = self.barred(number, &channel).map(str::to_owned);
                    }
                }
                all
            }
            FieldKind::Reminder => self.target.reminders.iter().cloned().map(plain).collect(),
            FieldKind::Choice(words) => words.iter().map(|word| plain((*word).into())).collect(),
            FieldKind::Party(side) => {
                let known = (&self.hello, &self.purses[..]);
                party::suggestions(&self.target, known, side).into_iter().map(plain).collect()
            }
            FieldKind::Purse => {
                choice::purses(&self.hello, &self.purses).into_iter().map(plain).collect()
            }
            _ => Vec::new(),
        }
    }
    /// What a choice begins with: the channel of the conversation if it works, or else the first
    /// choice that does.
    pub(super) fn first_choice(&self, spec: &FieldSpec, all: &[FieldChoice]) -> String {
        let preferred = match spec.kind {
            FieldKind::Channel(_) => self.target.channel.as_ref().map(ToString::to_string),
            FieldKind::Number | FieldKind::Choice(_) | FieldKind::Purse => None,
            FieldKind::Party(side) => return self.first_party(side, all),
            _ => return spec.initial().to_owned(),
        };
        all.iter()
            .find(|c| c.refused.is_none() && preferred.as_ref() == Some(&c.value))
            .or_else(|| all.iter().find(|c| c.refused.is_none()))
            .or(all.first())
            .map_or_else(String::new, |choice| choice.value.clone())
    }
    /// Who stands in a side as long as nothing else is written: the first purse pays the customer of the form.
    fn first_party(&self, side: PaymentSide, all: &[FieldChoice]) -> String {
        let first = match side {
            PaymentSide::Pays => all.iter().find(|party| party.value.starts_with("purse:")),
            PaymentSide::Receives => {
                let ours = all.iter().filter(|_| self.target.customer.is_some());
                ours.into_iter().find(|party| party.value == party::CUSTOMER)
            }
        };
        first.map_or_else(String::new, |party| party.value.clone())
    }
    /// Takes in what the hub says of the org's purses. What is written stays.
    pub fn learn_purses(&mut self, purses: &[PurseBalance]) {
        purses.clone_into(&mut self.purses);
        for n in 0..self.fields.len() {
            let spec = self.fields[n].spec;
            if matches!(spec.kind, FieldKind::Purse | FieldKind::Party(_)) {
                let choices = self.choices(spec.kind);
                let first = self.first_choice(spec, &choices);
                self.fields[n].set_choices(choices);
                if let FieldKind::Party(_) = spec.kind {
                    self.fields[n].begin_with(&first);
                }
            }
        }
        self.refresh();
    }
    /// Whether it asks for an amount, so that the balances of purses matter.
    #[must_use]
    pub fn moves_money(&self) -> bool {
        self.fields.iter().any(|field| field.spec.kind == FieldKind::Amount)
    }
    /// Whether only the customer's telephone numbers will do, because the command is a call or takes
    /// money over a payment channel.
    fn telephones(&self) -> bool {
        let only = |f: &FieldSpec| matches!(f.kind, FieldKind::Channel(l) if l.only().is_some());
        self.spec.fields.iter().any(only)
    }
    pub(super) fn chosen_number(&self) -> Option<CustomerNumber> {
        let names = |field: &FieldSpec| field.kind == FieldKind::Number;
        match self.fields.iter().find(|field| names(field.spec)) {
            Some(field) => {
                let (number, needed) = (field.value(), ChannelUse::Messages);
                choice::parse_number(&number, &self.target, needed, &self.hello).ok()
            }
            // For work by tag there is no number to check against, because everybody who is meant
            // has their own.
            None if self.spec.needs == crate::catalog::Needs::Nothing => None,
            None => self.target.numbers.first().cloned(),
        }
    }
    /// Brings the form up to date after a change: the reasons beside the choices, and which
    /// fields are shown.
    pub(super) fn refresh(&mut self) {
        for lines in [ChannelUse::Messages, ChannelUse::Calls, ChannelUse::Payments] {
            let kind = FieldKind::Channel(lines);
            if self.fields.iter().any(|field| field.spec.kind == kind) {
                let channels = self.choices(kind);
                let fields = self.fields.iter_mut().filter(|field| field.spec.kind == kind);
                fields.for_each(|field| field.set_choices(channels.clone()));
            }
        }
        let mut values = Values::default();
        let decides =
            |f: &&Field| matches!(f.spec.kind, FieldKind::Choice(_) | FieldKind::Party(_));
        for field in self.fields.iter().filter(decides) {
            values.set(field.spec.name, field.value());
        }
        for field in &mut self.fields {
            let is_unasked =
                field.spec.on_demand && !self.shows_all && field.value().trim().is_empty();
            field.hidden = is_unasked || !self.spec.is_shown(field.spec, &values);
        }
    }
    /// The field that says when a message leaves. It is there on demand, but for a message that waits already.
    fn time_field(&self) -> Option<usize> {
        let writes = self.fields.iter().any(|field| field.spec.kind == FieldKind::Text);
        let says = |field: &Field| field.spec.kind == FieldKind::Moment;
        self.fields.iter().position(says).filter(|_| writes)
    }
    /// Why what the form writes cannot leave later; `None` if it can.
    #[must_use]
    pub fn leaves_only_now(&self) -> Option<&'static str> {
        match self.time_field() {
            Some(_) => None,
            None if self.is_live() => Some("somebody waits on the line: the answer goes at once"),
            None => Some("only a message can leave later"),
        }
    }
    /// Why no text of the form can be written in an editor; `None` if one can.
    #[must_use]
    pub fn is_written_here(&self) -> Option<&'static str> {
        self.long_field().err()
    }
    /// The text to write in an editor.
    ///
    /// # Errors
    ///
    /// Why none can be.
    pub fn to_edit(&self) -> Result<EditOrder, &'static str> {
        let field = self.long_field()?;
        let (call, text) = (self.call.clone(), field.value());
        Ok(EditOrder { call, field: field.spec.name, text, room: field.spec.max })
    }
    /// The field whose text is written in an editor: the one that has the keys, or the first that takes several lines.
    fn long_field(&self) -> Result<&Field, &'static str> {
        if self.is_live() {
            return Err("somebody waits on the line: write the answer here");
        }
        let several = |field: &&Field| field.spec.kind.is_multiline() && !field.hidden;
        let own = self.fields.get(self.focus).filter(several);
        let field = own.or_else(|| self.fields.iter().find(several));
        field.ok_or("no field of this form takes several lines")
    }
    /// Shows the fields that are there on demand, and enters the one that says when the message leaves.
    pub fn ask_when(&mut self) {
        self.shows_all = true;
        self.refresh();
        self.focus = self.time_field().unwrap_or(self.focus);
    }
    fn shown_of(&self, kind: impl Fn(FieldKind) -> bool) -> Option<&Field> {
        self.shown().map(|(_, field)| field).find(|field| kind(field.spec.kind))
    }
    /// The text as the customer will read it, with a template's values filled in; `None` if the
    /// form has no text.
    #[must_use]
    pub fn rendered(&self) -> Option<String> {
        let text = self.shown_of(|kind| kind == FieldKind::Text)?.value();
        Some(match self.shown_of(|kind| kind == FieldKind::Items) {
            Some(field) => commands::filled_in(&text, &entry::items(&field.value())),
            None => text,
        })
    }
    /// The text that a phone will show, with what carries it; `None` if the form has no such text.
    #[must_use]
    pub fn arriving(&self) -> Option<(String, Carrier)> {
        if let Some(menu) = self.shown_of(|kind| kind == FieldKind::Menu) {
            return Some((menu.value().trim_end().to_owned(), Carrier::Ussd));
        }
        let text = self.rendered()?;
        let messages = FieldKind::Channel(ChannelUse::Messages);
        let channel = match self.fields.iter().find(|field| field.spec.kind == messages) {
            Some(field) => {
                let (value, messages) = (field.value(), ChannelUse::Messages);
                choice::parse_channel(&value, &self.hello, messages).ok().map(|on| on.channel)
            }
            None => self.target.reply_to.as_ref().map(|quoted| quoted.channel.channel),
        };
        Some((text, channel.map_or(Carrier::Internet, Carrier::of)))
    }
    /// Whether the text is made from a template.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.shown_of(|kind| kind == FieldKind::Items).is_some()
    }
    /// Replaces what has a plain equivalent in all that the customer will read (R-TEXT-3).
    pub(super) fn write_plainly(&mut self, at: Timestamp) {
        let Some((_, carrier)) = self.arriving() else {
            self.say("nothing here is a text for a customer");
            return;
        };
        let reads = |kind| matches!(kind, FieldKind::Text | FieldKind::Menu | FieldKind::Items);
        let (mut here, mut others) = (false, 0);
        for (n, field) in self.fields.iter_mut().enumerate() {
            if field.hidden || !reads(field.spec.kind) || !field.write_plainly(carrier.is_phone()) {
                continue;
            }
            if n == self.focus { here = true } else { others += 1 }
        }
        match (here, others) {
            (false, 0) => {
                return self.say("nothing to replace: all of it is as plain as it can be");
            }
            // The field says it itself.
            (true, 0) => {}
            _ => self.say("written plainly: Ctrl-Z in each field takes it back there"),
        }
        self.changed(at);
    }
    /// Says something below the focused field until the next key.
    fn say(&mut self, words: &str) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.notice = Some(words.to_owned());
        }
    }
}
