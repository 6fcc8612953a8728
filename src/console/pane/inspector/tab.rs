//! The tabs of the inspector, and what on each of them counts down or ages by itself.

use super::super::countdown::{age_changes, left_changes};
use crate::model::{
    CustomerNumber, CustomerState, Direction, Hello, Timestamp, UssdSession, VoiceCall,
};
use strum::{IntoStaticStr, VariantArray};

/// A page of what is known about the customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum Tab {
    /// Everything that happened, in one order.
    #[default]
    Timeline,
    /// Numbers, consent, tags, metadata and secondary ids.
    Profile,
    /// Wallets, purses and payments.
    Money,
    /// USSD sessions and calls that are open.
    Live,
}

impl Tab {
    /// The tabs in the order in which they are shown.
    pub const ALL: &[Self] = Self::VARIANTS;

    #[must_use]
    pub fn title(self) -> &'static str {
        self.into()
    }
    pub(super) fn beside(self, steps: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL[(at + steps) % Self::ALL.len()]
    }
}

/// The USSD sessions of a customer that are open.
pub fn open_sessions(state: &CustomerState) -> impl DoubleEndedIterator<Item = &UssdSession> {
    state.ussd.iter().filter(|session| session.end.is_none())
}

/// The calls with a customer that are not over.
pub fn open_calls(state: &CustomerState) -> impl DoubleEndedIterator<Item = &VoiceCall> {
    state.calls.iter().filter(|call| !call.status.is_final())
}

/// When the window to answer a session with a menu closes (R-HOOK-1); `None` if the session
/// waits for none.
#[must_use]
pub fn menu_due(session: &UssdSession, hello: &Hello) -> Option<Timestamp> {
    let hop = session.hops.last().filter(|_| session.awaits_menu())?;
    Some(hop.at.after(hello.answer_within(&session.channel)))
}

/// When the window to answer a call with a plan closes (R-HOOK-1); `None` if the call
/// waits for none.
#[must_use]
pub fn plan_due(call: &VoiceCall, hello: &Hello) -> Option<Timestamp> {
    let asked = call.hops.iter().rev().find(|hop| hop.prompt).filter(|_| call.awaits_plan())?;
    Some(asked.at.after(hello.answer_within(&call.channel)))
}

/// When the windows to answer whoever waits on the line with the customer close (R-HOOK-1).
pub fn dues(state: &CustomerState, hello: &Hello) -> impl Iterator<Item = Timestamp> {
    let menus = open_sessions(state).filter_map(|session| menu_due(session, hello));
    menus.chain(open_calls(state).filter_map(|call| plan_due(call, hello)))
}

/// The next moment at which a number on this tab changes by itself.
pub(super) fn counting(
    state: &CustomerState,
    tab: Tab,
    hello: &Hello,
    now: Timestamp,
) -> Option<Timestamp> {
    let left = |end: Timestamp| left_changes(end, now);
    // Open sessions are in the header of every tab.
    let sessions = state.channels.iter().filter_map(|pair| pair.session.as_ref());
    let header = sessions.filter_map(|session| left(session.expires_at)).min();
    let own = match tab {
        Tab::Timeline => dues(state, hello).filter_map(left).min(),
        Tab::Profile => {
            let leases = state.leases.iter().filter_map(|lease| left(lease.expires_at));
            let asked = state.channels.iter().filter_map(|pair| pair.asked.as_ref());
            let asked = asked.map(|asked| age_changes(asked.at, now));
            let reminders = state.reminders.iter().filter_map(|r| left(r.remind_at));
            let scheduled = state.scheduled.iter().filter_map(|m| left(m.at));
            leases.chain(reminders).chain(scheduled).chain(asked).min()
        }
        Tab::Live => {
            let ages = open_calls(state).map(|call| age_changes(call.created_at, now));
            dues(state, hello).filter_map(left).chain(ages).min()
        }
        Tab::Money => {
            let pending = state.payments.iter().filter(|payment| payment.status.is_pending());
            pending.map(|payment| age_changes(payment.created_at, now)).min()
        }
    };
    // Whoever waits on the line is in the title of a tab, until their time is over.
    let due = dues(state, hello).filter(|due| *due > now).min();
    header.into_iter().chain(own).chain(due).min()
}

/// The number that a command would be for if no other is chosen: that of the customer's last message, else the
/// first that became known.
#[must_use]
pub fn number_used(state: &CustomerState) -> Option<&CustomerNumber> {
    let last = state.messages.iter().rev().find(|m| m.direction == Direction::Inbound);
    last.map(|message| &message.number).or(state.numbers.first())
}
