//! Checks of messages and menus. They find what the rules may allow: words that are not filled in,
//! characters that double the price, the same message twice, somebody else's answer, and the hour.

use super::{Preflight, short};
use crate::{
    model::{
        Audience, Body, Channel, ChannelNumber, CustomerId, CustomerNumber, CustomerRef,
        CustomerState, Direction, Level, Message, MessageId, MessageStatus, Seq, TagMessage,
        TagPair, Task, Template, Timestamp, UssdMenu, Work,
        canned::{self, Gap},
        plain::plain,
        segments::{Encoding, measure, measure_menu, named},
    },
    rules::{addressing, limits},
};
use std::time::Duration;

/// The same message to the same number within this time is probably a mistake.
const TWICE: Duration = Duration::from_mins(2);
/// Somebody else's answer within this time has probably not been seen yet.
const LATELY: Duration = Duration::from_mins(1);
/// Whoever wrote within this time is awake, whatever the hour.
const AWAKE: Duration = Duration::from_hours(1);
/// A short message with this many parts or more is a warning, because each part is paid for.
const LONG: usize = 4;

impl Preflight<'_> {
    /// Checks a message that is not an answer.
    pub(in crate::rules) fn sending(
        &mut self,
        to: &CustomerNumber,
        from: &ChannelNumber,
        body: &Body,
        seen: Option<Seq>,
    ) {
        let from = ChannelNumber::new(from.channel, &from.number);
        let customer = self.by_number(to, &from).cloned();
        self.reaching(to, &from, customer.as_deref());
        if let Some(customer) = customer {
            self.pair(&customer, to, &from, body, None);
            self.twice(&customer, to, body);
            self.beside_scheduled(&customer, to, body);
            // Without a hub it is not known in which app's name this is sent.
            let theirs = |m: &&Message| {
                m.app.is_some() && m.app != self.caller.app && !is_checked(&customer, m, seen)
            };
            let other = lately(&customer, self.now).find(theirs).filter(|_| !self.is_part);
            if let Some(ago) = other.map(|m| short(self.now.since(m.created_at))) {
                self.warn(
                    "conflict",
                    format!("another app wrote to them {ago} ago: read it first"),
                );
            }
        }
        self.body(&from, body);
        let customer = self.by_number(to, &from).cloned();
        self.hours(customer.as_deref(), to);
    }

    /// Checks a message that leaves later as what it will be then. Until then the customer may write and open a
    /// window, so that a closed one forbids nothing yet.
    pub(in crate::rules) fn scheduling(
        &mut self,
        (to, from): (&CustomerNumber, &ChannelNumber),
        body: &Body,
        at: Timestamp,
        in_reply_to: Option<&MessageId>,
        seen: Option<Seq>,
    ) {
        self.leaves = at.max(self.now);
        let from = ChannelNumber::new(from.channel, &from.number);
        let customer = self.by_number(to, &from).map(|customer| customer.id.clone());
        match customer.zip(in_reply_to) {
            Some((customer, message)) => self.replying(&customer, message, body, seen),
            None => self.sending(to, &from, body, seen),
        }
        let closed = self.out.findings.iter_mut().filter(|finding| finding.code == "window-closed");
        for finding in closed {
            finding.level = Level::Warn;
            "no window is open then, unless they write before: a template always goes"
                .clone_into(&mut finding.text);
        }
    }

    /// Checks the new content and time of a message that leaves later.
    pub(in crate::rules) fn rescheduling(
        &mut self,
        customer: &CustomerRef,
        message: &MessageId,
        body: &Body,
        at: Timestamp,
    ) {
        let Some(customer) = self.who(customer).cloned() else { return };
        let Some(old) = customer.scheduled(message) else { return };
        self.edited = Some(message.clone());
        let pair = (&old.number, &old.channel);
        self.scheduling(pair, body, at, old.in_reply_to.as_ref(), None);
    }

    /// Checks a call.
    pub(in crate::rules) fn calling(&mut self, to: &CustomerNumber, from: &ChannelNumber) {
        let customer = self.by_number(to, from).cloned();
        self.hours(customer.as_deref(), to);
    }

    /// Says whose number it is.
    fn reaching(
        &mut self,
        to: &CustomerNumber,
        from: &ChannelNumber,
        customer: Option<&CustomerState>,
    ) {
        if let Some(customer) = customer {
            let id = customer.id.as_str();
            let end = id.get(id.len().saturating_sub(4)..).unwrap_or(id);
            self.good("number", format!("the number is that of …{end}"));
        } else if !self.is_part {
            let is_new = addressing::by_number(self.world, to, from.channel).is_ok();
            if is_new && !to.number.trim().is_empty() {
                self.note("new-customer", "nobody has this number yet: it makes a new customer");
            }
        } else if self.world.customers().next().is_some() {
            self.warn("new-customer", "the number is not among this customer's numbers");
        }
    }

    /// Checks an answer to a message.
    pub(in crate::rules) fn replying(
        &mut self,
        customer: &CustomerId,
        message: &MessageId,
        body: &Body,
        seen: Option<Seq>,
    ) {
        let Some(customer) = self.world.by_id(customer).cloned() else { return };
        let Some(answered) = customer.message(message) else { return };
        let (number, channel) = (&answered.number, &answered.channel);
        self.pair(&customer, number, channel, body, Some(answered));
        self.twice(&customer, number, body);
        self.beside_scheduled(&customer, number, body);
        let newer =
            |m: &&Message| m.created_at > answered.created_at && !is_checked(&customer, m, seen);
        let faster = lately(&customer, self.now).find(newer);
        if let Some(ago) = faster.map(|m| short(self.now.since(m.created_at))) {
            let text = format!("an answer went out {ago} ago: read it before you send another");
            self.warn("conflict", text);
        }
        self.body(channel, body);
        if self.leaves.since(answered.created_at) > AWAKE {
            self.hours(Some(&customer), number);
        }
    }

    /// Checks a message to everyone with a tag.
    pub(in crate::rules) fn spreading(&mut self, tag: &TagPair, message: &TagMessage) {
        let TagMessage { from, body, fill, .. } = message;
        let fill = *fill;
        let Some(audience) = self.reached(tag, Some(message)) else {
            return self.body(from, body);
        };
        if fill {
            let known =
                |gap: &Gap| (!gap.is_asked && canned::is_known(gap)).then(|| "x".to_owned());
            let open = body.text.as_deref().map(|text| canned::filled(text, known));
            self.unresolved(open.as_deref());
            // The longest of the texts is what a message costs at most.
            if let (Channel::Sms, Some(longest)) = (from.channel, &audience.longest) {
                self.parts(&longest.text);
            }
        } else {
            self.body(from, body);
        }
        self.network(from);
        self.nobody(&audience);
        let invalid = audience.skipped.get(&MessageStatus::InvalidRequest.code()).copied();
        if let Some(n) = invalid.filter(|_| fill) {
            let text = format!(
                "{n} of {} have no value for a gap of the text, or one that makes it too long",
                audience.matching
            );
            self.warn("unresolved-variable", text);
        }
        let is_other = |w: &&Work| {
            w.tag == *tag && !w.state.is_final() && Some(&w.id) != message.instead_of.as_ref()
        };
        let mut works = self.world.works().rev().filter(is_other);
        if let Some(work) = works.find(|w| matches!(w.task, Task::Message { .. })) {
            let text = format!("{} to the same people is still {}", work.id, work.state.words());
            self.warn("overlap", text);
        }
        let then = if message.at.is_some() { "then" } else { "now" };
        let some = |n: u64| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
        if audience.quiet > 0 && message.keeps_quiet {
            let text = "who will get it when that is over";
            self.note("quiet-hours", format!("{} left alone {then}, {text}", some(audience.quiet)));
        } else if audience.quiet > 0 {
            let text = format!("{} to be left alone {then} would get it", some(audience.quiet));
            self.warn("quiet-hours", text);
        }
        if audience.hour_unknown > 0 {
            let some = some(audience.hour_unknown);
            let text =
                format!("{some} of whom nobody knows what time it is there will get it {then}");
            self.warn("zone-unknown", text);
        }
    }

    /// Says if nobody, or not everybody, would get it, and why.
    pub(super) fn nobody(&mut self, audience: &Audience) {
        let reasons = || {
            let words = audience.skipped.iter().map(|(code, n)| {
                let why = MessageStatus::from_code(*code).map_or("other", MessageStatus::words);
                format!("{n} {why}")
            });
            words.collect::<Vec<_>>().join(", ")
        };
        match (audience.matching, audience.reached) {
            (0, _) => {
                self.warn(
                    "nobody",
                    format!("nobody would get it: no one has {} now", audience.tag),
                );
            }
            (_, 0) => self.warn("nobody", format!("nobody would get it: {}", reasons())),
            (all, some) if some < all => {
                self.note("skipped", format!("{some} of {all} would get it; not: {}", reasons()));
            }
            _ => {}
        }
    }

    /// Checks what is known about a pair of numbers: consent, the session, and whether the last message
    /// could be received.
    fn pair(
        &mut self,
        customer: &CustomerState,
        number: &CustomerNumber,
        channel: &ChannelNumber,
        body: &Body,
        answered: Option<&Message>,
    ) {
        let state = customer.channel(number, channel);
        let (now, leaves) = (self.now, self.leaves);
        let late = answered.filter(|m| m.created_at.after(limits::REPLY_WINDOW) <= leaves);
        if let Some(late) = late {
            let ago = short(now.since(late.created_at));
            let text = format!("answers a message of {ago} ago: after 24 h it needs their consent");
            self.note("late-answer", text);
        }
        self.network(channel);
        self.consent(state, answered.is_some() && late.is_none());
        self.opted_out_elsewhere(customer, number, channel);
        let session = state.and_then(|s| s.session.as_ref()).filter(|s| leaves < s.expires_at);
        if let Some(session) = session {
            let left = short(session.expires_at.since(leaves));
            self.good("session", format!("session open, {left} left"));
        } else if channel.channel.needs_session() && body.template.is_none() {
            self.window(customer, number, channel);
        }
        let mut earlier = customer.messages.iter().rev();
        let last = earlier.find(|m| {
            m.direction == Direction::Outbound && m.number == *number && m.channel == *channel
        });
        if last.is_some_and(|m| m.status == MessageStatus::NoCapability) {
            let text =
                format!("the last message by {} could not be received", channel.channel.word());
            self.warn("no-capability", text);
        }
    }

    /// Blocks a message outside a session, and says since when the session is over.
    fn window(
        &mut self,
        customer: &CustomerState,
        number: &CustomerNumber,
        channel: &ChannelNumber,
    ) {
        let wrote = customer.messages.iter().rev().find(|m| {
            m.direction == Direction::Inbound && m.number == *number && m.channel == *channel
        });
        let since = wrote.map(|m| m.created_at.after(self.settings.session_on(channel)));
        // How long a session lasts is a setting of the org's, which only a hub knows.
        let text = match since.filter(|closed| *closed <= self.now && !self.is_part) {
            Some(closed) => {
                format!("closed {} ago: pick a template", short(self.now.since(closed)))
            }
            None => "no window is open: pick a template, or wait until they write".to_owned(),
        };
        self.block("window-closed", text);
    }

    /// Warns if the same message went out a moment ago. Text, template, media and place must all
    /// be the same.
    fn twice(&mut self, customer: &CustomerState, number: &CustomerNumber, body: &Body) {
        let mut sent = customer.messages.iter().rev();
        let same = sent.find(|m| {
            m.direction == Direction::Outbound
                && m.number.number == number.number.trim()
                && m.body == *body
                && self.now.since(m.created_at) <= TWICE
        });
        if let Some(ago) = same.map(|m| short(self.now.since(m.created_at))) {
            self.warn(
                "duplicate-recent",
                format!("the same message went to this number {ago} ago"),
            );
        }
    }

    /// Says what is going to leave to this customer besides, and warns if it says the same.
    fn beside_scheduled(&mut self, customer: &CustomerState, number: &CustomerNumber, body: &Body) {
        let others = customer.scheduled.iter().filter(|m| Some(&m.id) != self.edited.as_ref());
        let others: Vec<_> = others.collect();
        let same =
            others.iter().find(|m| m.number.number == number.number.trim() && m.body == *body);
        if let Some(same) = same {
            let text = format!("the same message to this number leaves {}", same.at.minute());
            self.warn("duplicate-recent", text);
        } else if let Some(next) = others.iter().min_by_key(|m| m.at) {
            let n = limits::count(others.len(), "message");
            let (at, text) = (next.at.minute(), next.body.summary());
            self.note("scheduled", format!("{n} to them wait, the next leaves {at}: {text}"));
        }
    }

    /// Checks the content itself: template values, words that are not filled in, and length.
    fn body(&mut self, from: &ChannelNumber, body: &Body) {
        if let Some(Template { name, params }) = &body.template {
            let n = limits::count(params.len(), "value");
            let text = format!("the template {name} is not known here: its {n} cannot be checked");
            self.note("template-params", text);
            if let Some(place) = params.iter().position(|value| value.trim().is_empty()) {
                self.warn("template-params", format!("value {} is empty", place + 1));
            }
        }
        let params = body.template.iter().flat_map(|template| &template.params);
        self.unresolved(body.text.iter().chain(params).map(String::as_str));
        if let (Channel::Sms, Some(text)) = (from.channel, &body.text) {
            self.parts(text);
        }
    }

    /// Blocks if a variable is left in one of these texts.
    fn unresolved<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) {
        if let Some(name) = texts.into_iter().find_map(variable) {
            self.block("unresolved-variable", format!("{{{{{name}}}}} has no value: fill it in"));
        }
    }

    /// Says how many parts a short message takes, and which character is to blame (R-TEXT-1).
    fn parts(&mut self, text: &str) {
        let meter = measure(text);
        let (encoding, left) = (meter.encoding.word(), meter.left);
        if meter.parts < 2 {
            self.good("parts", format!("1 part, {encoding}, {left} left in it"));
            return;
        }
        if let Some((c, place)) = meter.culprit {
            let plain = measure(&plain(text, true));
            if plain.encoding == Encoding::Gsm7 && plain.parts < meter.parts {
                let text = format!(
                    "{} parts because of {} at {place}: {} without such characters",
                    meter.parts,
                    named(c),
                    plain.parts
                );
                self.warn("unicode-flip", text);
                return;
            }
            let text = format!("written as {encoding} because of {} at {place}", named(c));
            self.note("unicode-flip", text);
        }
        let text = format!(
            "{} parts, {encoding}, {left} left in the last; each is paid for: shorten it if you can",
            meter.parts
        );
        if meter.parts >= LONG { self.warn("too-long", text) } else { self.note("too-long", text) }
    }

    /// Blocks a USSD menu that no phone can show whole (R-TEXT-2), and one that is not filled in.
    pub(in crate::rules) fn answering(&mut self, menu: Option<&UssdMenu>) {
        let Some(menu) = menu else { return };
        if let Some(why) = measure_menu(&menu.text).refusal() {
            self.block("too-long", why);
        }
        if let Some(name) = variable(&menu.text) {
            self.block("unresolved-variable", format!("{{{{{name}}}}} has no value: fill it in"));
        }
    }
}

/// The outbound messages of the last minute, the newest first.
fn lately(customer: &CustomerState, now: Timestamp) -> impl Iterator<Item = &Message> {
    let outbound = customer.messages.iter().rev().filter(|m| m.direction == Direction::Outbound);
    outbound.take_while(move |m| now.since(m.created_at) <= LATELY).map(AsRef::as_ref)
}

/// Whether a message is as old as the last answer of a person or older, and the sender says that they have seen
/// that answer (R-CONFLICT-1). Then they have seen the message too, and nothing has to be suspected.
fn is_checked(customer: &CustomerState, message: &Message, seen: Option<Seq>) -> bool {
    let last = customer.answers.first().filter(|last| seen.is_some_and(|seen| last.seq <= seen));
    last.is_some_and(|last| message.created_at <= last.at)
}

/// The name in the first `{{name}}` of a text, without the braces.
fn variable(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("{{")?;
    let (name, _) = rest.split_once("}}")?;
    Some(name.trim())
}
