//! What pictures and the loop may see of the state. Nothing here changes it.

use super::{App, FilterLine, Overlay};
use crate::{
    console::{
        drafts::Drafts,
        layout::{Class, Layout, Pane, Wish},
        pane::{
            connection::Connection, feed::Feed, form::Form, inspector::Inspector, lists::Lists,
            outbox::Outbox, toast::Toasts,
        },
    },
    model::OrgId,
};
use ratatui::layout::Rect;

impl App {
    /// Counts changes of the picture: nothing is drawn while it stays the same.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }
    /// Whose traffic this is.
    #[must_use]
    pub const fn org(&self) -> &OrgId {
        &self.org
    }
    /// The live feed.
    #[must_use]
    pub const fn feed(&self) -> &Feed {
        &self.feed
    }
    /// The customer.
    #[must_use]
    pub const fn inspector(&self) -> &Inspector {
        &self.inspector
    }
    /// Works, reminders, leases and purses.
    #[must_use]
    pub const fn lists(&self) -> &Lists {
        &self.lists
    }
    /// What was sent.
    #[must_use]
    pub const fn outbox(&self) -> &Outbox {
        &self.outbox
    }
    /// The open form.
    #[must_use]
    pub const fn form(&self) -> Option<&Form> {
        self.form.as_ref()
    }
    /// What was written and not sent: to be saved when its revision changes.
    #[must_use]
    pub const fn drafts(&self) -> &Drafts {
        &self.drafts
    }
    /// The connection.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }
    /// The notices.
    #[must_use]
    pub const fn toasts(&self) -> &Toasts {
        &self.toasts
    }
    /// The pane that has the keys, unless something lies on top.
    #[must_use]
    pub const fn focus(&self) -> Pane {
        self.focus
    }
    /// What lies on top.
    #[must_use]
    pub const fn overlay(&self) -> Option<&Overlay> {
        self.overlay.as_ref()
    }
    /// The filter line, while it is typed.
    #[must_use]
    pub const fn filter_line(&self) -> Option<&FilterLine> {
        self.filter.as_ref()
    }
    /// Whether one more press of the same key leaves.
    #[must_use]
    pub const fn leaves_on_next(&self) -> bool {
        self.armed.is_some()
    }
    /// Where everything is on the screen.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout_of(self.size)
    }
    /// Where everything is on a screen of that size.
    #[must_use]
    pub fn layout_of(&self, screen: Rect) -> Layout {
        let wide = self.form.as_ref().is_some_and(Form::compares);
        let width = match Class::of(screen.width, screen.height) {
            _ if wide => screen.width,
            Class::M => screen.width * 42 / 100,
            Class::L => screen.width * 24 / 100,
            _ => screen.width,
        };
        let wish = Wish {
            focus: self.focus,
            zoom: self.zoom,
            form: self.form.as_ref().map_or(0, |form| form.rows(width) + 1),
            wide,
            held: self.outbox.held().count(),
            lists: self.lists.is_open(),
            sent: self.outbox.rows().len() > 0,
        };
        Layout::of(screen, wish)
    }
}

impl FilterLine {
    /// What is typed; raw.
    #[must_use]
    pub fn text(&self) -> &str {
        self.input.value()
    }
    /// The column of the cursor in it.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.input.visual_cursor()
    }
}
