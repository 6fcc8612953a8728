//! What the pictures and the loop may see of the state. Nothing here changes it.

use super::{App, Overlay};
use crate::{
    console::{
        actions::Action,
        drafts::Drafts,
        layout::{Class, Layout, LayoutInput, Pane},
        pane::{
            connection::HubConnection, feed::LiveFeed, filter_line::FilterLine, form::Form,
            inspector::Inspector, lists::Lists, outbox::Outbox, toast::Toasts,
        },
    },
    model::{CustomerId, OrgId},
};
use ratatui::layout::Rect;

impl App {
    /// A counter of changes to what is shown, and one of changes to nothing but numbers. Nothing is
    /// drawn while both stay the same.
    #[must_use]
    pub const fn versions(&self) -> (u64, u64) {
        (self.version, self.figures)
    }
    /// The org whose traffic is shown.
    #[must_use]
    pub const fn org(&self) -> &OrgId {
        &self.org
    }
    #[must_use]
    pub const fn feed(&self) -> &LiveFeed {
        &self.feed
    }
    #[cfg(test)]
    pub const fn feed_mut(&mut self) -> &mut LiveFeed {
        &mut self.feed
    }
    #[must_use]
    pub const fn inspector(&self) -> &Inspector {
        &self.inspector
    }
    /// The customer that the inspector shows; `None` if it shows nobody.
    #[must_use]
    pub fn inspected(&self) -> Option<&CustomerId> {
        self.inspector.view().map(|view| &view.customer.id)
    }
    #[cfg(test)]
    pub const fn inspector_mut(&mut self) -> &mut Inspector {
        &mut self.inspector
    }
    #[must_use]
    pub const fn lists(&self) -> &Lists {
        &self.lists
    }
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }
    #[must_use]
    pub const fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }
    /// What was written and not sent. The loop saves it when its revision changes.
    #[must_use]
    pub const fn drafts(&self) -> &Drafts {
        &self.drafts
    }
    /// The file of the drafts shows them as they are.
    pub fn drafts_are_saved(&mut self) {
        self.drafts.saved();
    }
    #[must_use]
    pub const fn connection(&self) -> &HubConnection {
        &self.connection
    }
    #[must_use]
    pub const fn toasts(&self) -> &Toasts {
        &self.toasts
    }
    /// The pane that has the keys, unless something lies on top.
    #[must_use]
    pub const fn focus(&self) -> Pane {
        self.focus
    }
    /// What lies on top of the panes, if anything does.
    #[must_use]
    pub const fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }
    /// The filter line while it is being typed; `None` otherwise.
    #[must_use]
    pub const fn filter_line(&self) -> Option<&FilterLine> {
        self.filter.as_ref()
    }
    /// The keys that answer whoever waits on the line; `None` if the agent took them away.
    #[must_use]
    pub fn live_keys(&self) -> Option<String> {
        self.keymap.keys(Action::AnswerLive).first().map(ToString::to_string)
    }
    /// The keys of an action as the screen names them; empty if the agent took them away.
    #[must_use]
    pub fn key_of(&self, action: Action) -> String {
        self.keymap.keys(action).first().map(ToString::to_string).unwrap_or_default()
    }
    /// Whether one more press of the same key leaves the console.
    #[must_use]
    pub const fn leaves_on_next(&self) -> bool {
        self.armed.is_some()
    }
    /// Where everything is on the present screen.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout_of(self.size)
    }
    /// Where everything is on a screen of this size.
    #[must_use]
    pub fn layout_of(&self, screen: Rect) -> Layout {
        let wide = self.form.as_ref().is_some_and(Form::compares);
        let width = match Class::of(screen.width, screen.height) {
            _ if wide => screen.width,
            Class::M | Class::L => screen.width * 42 / 100,
            Class::Card | Class::Xs | Class::S => screen.width,
        };
        let input = LayoutInput {
            focus: self.focus,
            zoom: self.zoom,
            form: self.form.as_ref().map_or(0, |form| form.rows(width) + 1),
            sheet: self.form.as_ref().is_some_and(Form::is_review),
            wide,
            held: self.outbox.held().count(),
            live: self.live().len(),
            lists: self.lists.is_open() && (self.lists_lie_on_feed || self.focus == Pane::Lists),
            sent: self.outbox.rows().len() > 0,
        };
        Layout::of(screen, input)
    }
}
