//! Where everything is, at every size. Pure geometry: sizes in, rectangles out; the picture and
//! the mouse read the same answer.
//!
//! There are no boxes: each pane begins with a header row of its own, columns are parted by one
//! line. That leaves rows and columns for the traffic.

use ratatui::layout::Rect;

/// A part of the screen that can have the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The live feed.
    #[default]
    Feed,
    /// The customer.
    Inspector,
    /// The open form.
    Form,
    /// What was sent.
    Activity,
    /// Works, reminders, leases and purses, where the inspector is otherwise.
    Lists,
}

/// How much room there is (console.md C2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Not enough for anything but a card that says so.
    Card,
    /// One pane at a time.
    Xs,
    /// Feed over inspector.
    S,
    /// Two columns.
    M,
    /// Three columns.
    L,
}

impl Class {
    /// The class of a screen.
    #[must_use]
    pub const fn of(width: u16, height: u16) -> Self {
        match (width, height) {
            (180.., 50..) => Self::L,
            (110.., 34..) => Self::M,
            (80.., 24..) => Self::S,
            (40.., 12..) => Self::Xs,
            _ => Self::Card,
        }
    }
}

/// What the layout depends on besides the size.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name")]
pub struct Wish {
    /// Who has the keys.
    pub focus: Pane,
    /// Only that pane.
    pub zoom: bool,
    /// Rows that the open form would like, its header included; 0 without one.
    pub form: u16,
    /// Whether that form compares side by side, and wants every column.
    pub wide: bool,
    /// How many sends are held back; few of them get a row each.
    pub held: usize,
    /// Whether the lists are open.
    pub lists: bool,
    /// Whether anything was sent, so that there is something to list.
    pub sent: bool,
}

/// The rectangles. A part that is not shown is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How much room there is.
    pub class: Class,
    /// Connection, org, counts.
    pub status: Rect,
    /// The live feed.
    pub feed: Rect,
    /// The customer.
    pub inspector: Rect,
    /// The lists: they take the inspector's place.
    pub lists: Rect,
    /// The open form.
    pub form: Rect,
    /// What was sent.
    pub activity: Rect,
    /// Held sends: a fixed place, never covered.
    pub held: Rect,
    /// What the keys do.
    pub hints: Rect,
    /// Lines between columns.
    pub rules: [Rect; 2],
}

/// Rows of a form's sheet beside other panes; a form never gets less than it can be filled in.
const fn sheet(wanted: u16, most: u16) -> u16 {
    match wanted {
        0 => 0,
        1..10 => 10,
        rows if rows > most => most,
        rows => rows,
    }
}

/// Live rows that stay visible over a form, with the header of the feed.
const FEED_UNDER_FORM: u16 = 6;

impl Layout {
    /// Lays out a screen.
    #[must_use]
    pub fn of(screen: Rect, wish: Wish) -> Self {
        let class = Class::of(screen.width, screen.height);
        let none = Rect::new(screen.x, screen.y, 0, 0);
        let mut out = Self {
            class,
            status: none,
            feed: none,
            inspector: none,
            lists: none,
            form: none,
            activity: none,
            held: none,
            hints: none,
            rules: [none; 2],
        };
        if class == Class::Card {
            return out;
        }
        let status = if class == Class::Xs { 2 } else { 1 };
        let most = if class == Class::Xs { 1 } else { 3 };
        let held = u16::try_from(wish.held).unwrap_or(most).min(most);
        let (top, rest) = cut_top(screen, status);
        let (rest, hints) = cut_bottom(rest, 1);
        let (body, held) = cut_bottom(rest, held);
        (out.status, out.held, out.hints) = (top, held, hints);
        match class {
            _ if wish.zoom => *out.pane_mut(wish.focus) = body,
            Class::Xs => out.narrow(body, wish),
            Class::S => out.stacked(body, wish),
            Class::M | Class::L if wish.wide && wish.form > 0 => out.under_all(body, wish),
            Class::M => out.two_columns(body, wish),
            // A rail with nothing on it would only take room from the traffic.
            Class::L if wish.form == 0 && !wish.sent => out.two_columns(body, wish),
            Class::L | Class::Card => out.three_columns(body, wish),
        }
        if wish.lists && wish.focus != Pane::Inspector && out.lists.is_empty() {
            (out.lists, out.inspector) = (out.inspector, none);
        }
        out
    }

    /// One pane at a time; a form leaves live rows above it where they fit.
    fn narrow(&mut self, body: Rect, wish: Wish) {
        if wish.focus == Pane::Form && body.height >= 12 + 3 {
            (self.feed, self.form) = cut_top(body, body.height - 12);
        } else {
            *self.pane_mut(wish.focus) = body;
        }
    }

    /// Feed over inspector, the focused one larger; a form is a sheet over the inspector.
    fn stacked(&mut self, body: Rect, wish: Wish) {
        if wish.form > 0 && matches!(wish.focus, Pane::Form | Pane::Feed) {
            let sheet = wish.form.clamp(10, 30).min(body.height.saturating_sub(FEED_UNDER_FORM));
            let (feed, form) = cut_bottom(body, sheet);
            (self.feed, self.form) = (feed, form);
            return;
        }
        let large = body.height * 3 / 5;
        let feed = if wish.focus == Pane::Feed { large } else { body.height - large };
        let (top, below) = cut_top(body, feed);
        self.feed = top;
        if wish.focus == Pane::Activity {
            self.activity = below;
        } else {
            self.inspector = below;
        }
    }

    /// Feed over activity on the left, inspector over form on the right.
    fn two_columns(&mut self, body: Rect, wish: Wish) {
        let (left, right) = self.split(body, body.width * 58 / 100, 0);
        let activity = match wish.focus {
            Pane::Activity => left.height / 2,
            _ if wish.sent => 8,
            _ => 2,
        };
        (self.feed, self.activity) = cut_bottom(left, activity);
        let sheet = sheet(wish.form, right.height * 2 / 3);
        (self.inspector, self.form) = cut_bottom(right, sheet);
    }

    /// A form that compares needs every column: it lies under the others.
    fn under_all(&mut self, body: Rect, wish: Wish) {
        let (body, form) = cut_bottom(body, sheet(wish.form, body.height * 3 / 5));
        self.two_columns(body, Wish { form: 0, sent: false, ..wish });
        self.form = form;
    }

    /// Feed, inspector, and a rail with the form over the activity.
    fn three_columns(&mut self, body: Rect, wish: Wish) {
        let (feed, rest) = self.split(body, body.width * 43 / 100, 0);
        let (inspector, rail) = self.split(rest, rest.width * 57 / 100, 1);
        (self.feed, self.inspector) = (feed, inspector);
        let sheet = sheet(wish.form, rail.height * 2 / 3);
        (self.form, self.activity) = cut_top(rail, sheet);
    }

    /// Two columns with a line between them.
    fn split(&mut self, body: Rect, columns: u16, rule: usize) -> (Rect, Rect) {
        let (left, right) = cut_left(body, columns);
        (self.rules[rule], _) = cut_left(right, 1);
        (left, cut_left(right, 1).1)
    }

    /// Where a pane is.
    #[must_use]
    pub const fn pane(&self, pane: Pane) -> Rect {
        match pane {
            Pane::Feed => self.feed,
            Pane::Inspector => self.inspector,
            Pane::Form => self.form,
            Pane::Activity => self.activity,
            Pane::Lists => self.lists,
        }
    }

    fn pane_mut(&mut self, pane: Pane) -> &mut Rect {
        match pane {
            Pane::Feed => &mut self.feed,
            Pane::Inspector => &mut self.inspector,
            Pane::Form => &mut self.form,
            Pane::Activity => &mut self.activity,
            Pane::Lists => &mut self.lists,
        }
    }

    /// The pane at a place of the screen.
    #[must_use]
    pub fn at(&self, x: u16, y: u16) -> Option<Pane> {
        [Pane::Feed, Pane::Inspector, Pane::Form, Pane::Activity, Pane::Lists]
            .into_iter()
            .find(|pane| self.pane(*pane).contains((x, y).into()))
    }
}

fn cut_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

fn cut_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    cut_top(area, area.height - rows)
}

/// The left columns, and the rest.
#[must_use]
pub fn cut_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let right = Rect { x: area.x + columns, width: area.width - columns, ..area };
    (Rect { width: columns, ..area }, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PANES: [Pane; 5] = [Pane::Feed, Pane::Inspector, Pane::Form, Pane::Activity, Pane::Lists];

    fn every_wish() -> impl Iterator<Item = Wish> {
        PANES.into_iter().flat_map(|focus| {
            [false, true].into_iter().flat_map(move |zoom| {
                [0_u16, 12, 40].into_iter().flat_map(move |form| {
                    (0..5).map(move |held| {
                        let lists = focus == Pane::Lists || held == 1;
                        Wish { focus, zoom, form, held, lists, sent: held > 0, wide: held > 1 }
                    })
                })
            })
        })
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_screen() {
        for (width, height) in
            [(0, 0), (39, 12), (40, 12), (79, 40), (80, 24), (120, 40), (180, 50), (250, 70)]
        {
            let screen = Rect::new(0, 0, width, height);
            for wish in every_wish() {
                let l = Layout::of(screen, wish);
                let parts = [
                    l.status,
                    l.feed,
                    l.inspector,
                    l.lists,
                    l.form,
                    l.activity,
                    l.held,
                    l.hints,
                    l.rules[0],
                    l.rules[1],
                ];
                for (i, a) in parts.iter().enumerate() {
                    assert_eq!(a.intersection(screen).area(), a.area(), "{wish:?} {l:?}");
                    for b in &parts[i + 1..] {
                        assert!(
                            !a.intersects(*b) || a.area() == 0 || b.area() == 0,
                            "{wish:?} {l:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn held_sends_get_a_row_each_up_to_three_and_one_where_there_is_little_room() {
        let rows = |width, height, held| {
            Layout::of(Rect::new(0, 0, width, height), Wish { held, ..Wish::default() }).held.height
        };
        assert_eq!([0, 1, 3, 9].map(|held| rows(80, 24, held)), [0, 1, 3, 3]);
        assert_eq!([0, 1, 3, 9].map(|held| rows(40, 12, held)), [0, 1, 1, 1]);
    }

    #[test]
    fn a_form_leaves_five_live_rows_at_80x24() {
        for held in 0..3 {
            let wish = Wish { focus: Pane::Form, form: 40, held, sent: true, ..Wish::default() };
            let l = Layout::of(Rect::new(0, 0, 80, 24), wish);
            assert!(l.feed.height > 5, "header and five rows: {l:?}");
            assert!(l.form.height >= 12, "{l:?}");
        }
    }

    #[test]
    fn the_pane_that_has_the_keys_is_always_shown() {
        for (width, height) in [(40, 12), (60, 30), (80, 24), (120, 40), (200, 60)] {
            for wish in every_wish() {
                let wish =
                    Wish { form: if wish.focus == Pane::Form { 12 } else { wish.form }, ..wish };
                let l = Layout::of(Rect::new(0, 0, width, height), wish);
                assert!(l.pane(wish.focus).height > 3, "{width}x{height} {wish:?} {l:?}");
            }
        }
    }
}
