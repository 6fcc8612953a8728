//! Checks of consent: what is known about a pair of numbers, an opt-out from another of the org's numbers,
//! and a request for an opt-in.

use super::{Preflight, short};
use crate::model::{
    ChannelNumber, ChannelState, ConsentAction, ConsentStatus, CustomerNumber, CustomerState,
};

fn opted_out(state: &ChannelState) -> bool {
    matches!(state.consent, Some((ConsentStatus::OptOutCompleted, _)))
}

impl Preflight<'_> {
    /// Says what consent there is for a pair of numbers, once, whatever it is. `excused` is true for an
    /// answer to a message so recent that it needs no consent (R-REPLYTO-1).
    pub(super) fn consent(&mut self, state: Option<&ChannelState>, excused: bool) {
        use ConsentStatus as S;
        let ago = |at| short(self.now.since(at));
        let asked = state.and_then(|s| s.asked.as_ref()).map(|asked| ago(asked.at));
        let (status, at) = state.and_then(|s| s.consent).unwrap_or((S::Unspecified, self.now));
        let ago = ago(at);
        match status {
            S::OptOutCompleted if excused => {
                let text = format!("opted out {ago} ago, but wrote since: an answer may go");
                self.note("no-consent", text);
            }
            S::OptOutCompleted => {
                let text = format!("opted out {ago} ago: only they can opt in again");
                self.block("no-consent", text);
            }
            S::OptInCompleted => self.good("consent", format!("opted in {ago} ago")),
            S::OptInRequestSent if asked.is_none() => self.pending(&ago),
            S::Unspecified if asked.is_none() => {
                self.good("consent", "no consent record, which allows it");
            }
            S::OptInRequestSent | S::Unspecified => {}
            S::InvalidChannelNumber | S::DecommissionedCustomerId | S::ApplicationError => {
                self.note("consent", format!("consent: {}, {ago} ago", status.words()));
            }
        }
        if let Some(ago) = asked {
            self.pending(&ago);
        }
    }

    /// Warns if this number opted out on another of the org's numbers of the same channel. Consent is per
    /// pair (R-CONSENT-7), but whoever wrote STOP rarely knows that the org has two numbers.
    pub(super) fn opted_out_elsewhere(
        &mut self,
        customer: &CustomerState,
        number: &CustomerNumber,
        here: &ChannelNumber,
    ) {
        let agreed = customer.channel(number, here).and_then(|state| state.consent);
        if matches!(agreed, Some((ConsentStatus::OptInCompleted, _))) {
            return;
        }
        let elsewhere = customer.channels.iter().filter(|state| {
            state.number == *number
                && state.channel != *here
                && state.channel.channel == here.channel
                && opted_out(state)
        });
        let latest = elsewhere.filter_map(|state| Some((state.consent?.1, &state.channel)));
        if let Some((at, channel)) = latest.max_by_key(|(at, _)| *at) {
            let ago = short(self.now.since(at));
            let text = format!("opted out of {channel} {ago} ago: they may not want this either");
            self.warn("opted-out-elsewhere", text);
        }
    }

    fn pending(&mut self, ago: &str) {
        self.warn("consent-pending", format!("asked to opt in {ago} ago, not answered yet"));
    }

    /// Checks a request for an opt-in. An opt-out needs no warning.
    pub(in crate::rules) fn consenting(
        &mut self,
        number: &CustomerNumber,
        channel: &ChannelNumber,
        action: ConsentAction,
    ) {
        let customer = self.by_number(number, channel);
        let Some(state) = customer.and_then(|c| c.channel(number, channel)) else { return };
        if action != ConsentAction::OptIn {
            return;
        }
        let ago = |at| short(self.now.since(at));
        let asked = state.asked.as_ref().map(|asked| ago(asked.at));
        let out = state.consent.filter(|_| opted_out(state)).map(|(_, at)| ago(at));
        if let Some(ago) = asked {
            self.warn("consent-pending", format!("asked {ago} ago already, not answered yet"));
        }
        if let Some(ago) = out {
            let text = format!("opted out {ago} ago: ask only if they said that they want to");
            self.warn("no-consent", text);
        }
    }
}
