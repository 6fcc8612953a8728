//! Where everything is on the screen, at every size (R-CONSOLE-7). This is pure geometry: sizes go
//! in and rectangles come out, and both the picture and the mouse use the same answer.
//!
//! Panes have no boxes around them. Each begins with a header row of its own, and a single line
//! parts the columns, so that more rows and columns are left for the traffic.

use ratatui::layout::Rect;

/// A part of the screen that can have the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pane {
    #[default]
    Feed,
    Inspector,
    Form,
    /// The list of what was sent and what became of it.
    Activity,
    /// Who waits, works, reminders, leases and purses. They take the feed's place.
    Lists,
}

/// How much room there is (R-CONSOLE-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// There is only room for a card that says how large the terminal has to be.
    Card,
    /// One pane is shown at a time, and the conversation over an open form.
    Xs,
    /// The feed lies over the inspector, or the inspector over an open form.
    S,
    /// Feed and inspector stand side by side, and an open form is under the inspector.
    M,
    /// The same with more room.
    L,
}

impl Class {
    /// The class of a screen of so many columns and rows.
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

/// What the layout depends on besides the size of the screen.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each with a name")]
pub struct LayoutInput {
    /// The pane that has the keys.
    pub focus: Pane,
    /// Whether that pane is shown alone.
    pub zoom: bool,
    /// The rows that the open form would like, its header included; 0 if no form is open.
    pub form: u16,
    /// Whether it is the review sheet of the form, which says what will be done and needs room for it.
    pub sheet: bool,
    /// Whether that form compares two customers side by side and therefore wants every column.
    pub wide: bool,
    /// How many sends are held back. As many as there is room for get a row each.
    pub held: usize,
    /// How many wait on the line. As many as there is room for get a row each.
    pub live: usize,
    /// Whether the lists are open.
    pub lists: bool,
    /// Whether anything was sent, so that there is something to list.
    pub sent: bool,
}

/// The rectangles of all parts. The rectangle of a part that is not shown is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub class: Class,
    /// The status line: the connection, the org and the counts.
    pub status: Rect,
    /// Who waits on the line: rows on top of the left pane.
    pub strip: Rect,
    pub feed: Rect,
    pub inspector: Rect,
    /// The lists, which take the feed's place.
    pub lists: Rect,
    pub form: Rect,
    /// The list of what was sent.
    pub activity: Rect,
    /// The held sends. They have a fixed place, and nothing ever covers them.
    pub held: Rect,
    /// The hint bar.
    pub hints: Rect,
    /// The line between the columns.
    pub rule: Rect,
}

/// How many rows a form gets beside other panes. It never gets fewer than the ten in which it can
/// be filled in.
const fn sheet(wanted: u16, most: u16) -> u16 {
    match wanted {
        0 => 0,
        1..10 => 10,
        rows if rows > most => most,
        rows => rows,
    }
}

/// The rows that the pane under the strip keeps at least: its header and four more.
const LEFT_UNDER_STRIP: u16 = 5;

/// The rows of the conversation that stay visible above a form: four of the header and four of what was said.
const LEFT_OVER_FORM: u16 = 8;
/// The same over a review sheet.
const LEFT_OVER_SHEET: u16 = 6;

impl Layout {
    /// Lays out a screen.
    #[must_use]
    pub fn of(screen: Rect, input: LayoutInput) -> Self {
        let class = Class::of(screen.width, screen.height);
        let none = Rect::new(screen.x, screen.y, 0, 0);
        let mut out = Self {
            class,
            status: none,
            strip: none,
            feed: none,
            inspector: none,
            lists: none,
            form: none,
            activity: none,
            held: none,
            hints: none,
            rule: none,
        };
        if class == Class::Card {
            return out;
        }
        let status = if class == Class::Xs { 2 } else { 1 };
        let most = if class == Class::Xs { 1 } else { 3 };
        let held = u16::try_from(input.held).unwrap_or(most).min(most);
        let (top, rest) = cut_top(screen, status);
        let (rest, hints) = cut_bottom(rest, 1);
        let (body, held) = cut_bottom(rest, held);
        (out.status, out.held, out.hints) = (top, held, hints);
        match class {
            _ if input.zoom => *out.pane_mut(input.focus) = body,
            Class::Xs => out.narrow(body, input),
            Class::S => out.stacked(body, input),
            Class::M | Class::L if input.wide && input.form > 0 => out.under_all(body, input),
            Class::M | Class::L | Class::Card => out.two_columns(body, input),
        }
        if input.lists && input.focus != Pane::Feed && out.lists.is_empty() {
            (out.lists, out.feed) = (out.feed, none);
        }
        out.put_strip(input);
        out
    }

    /// Puts who waits on the line over the left pane, or over the only pane there is.
    fn put_strip(&mut self, input: LayoutInput) {
        let panes = [Pane::Lists, Pane::Feed, Pane::Inspector, input.focus];
        let Some(under) = panes.into_iter().find(|pane| !self.pane(*pane).is_empty()) else {
            return;
        };
        let area = self.pane(under);
        let most = area.height.saturating_sub(LEFT_UNDER_STRIP).min(3);
        let rows = u16::try_from(input.live).unwrap_or(most).min(most);
        let (strip, rest) = cut_top(area, rows);
        (self.strip, *self.pane_mut(under)) = (strip, rest);
    }

    /// One pane at a time. A form is under the conversation if both fit.
    fn narrow(&mut self, body: Rect, input: LayoutInput) {
        if input.focus == Pane::Form && body.height >= 12 + 3 {
            (self.inspector, self.form) = cut_top(body, body.height - 12);
        } else {
            *self.pane_mut(input.focus) = body;
        }
    }

    /// The feed over the inspector, of which the one with the keys is larger. A form is under the conversation, or
    /// under the list or the feed while that has the keys.
    fn stacked(&mut self, body: Rect, input: LayoutInput) {
        if input.form > 0 && input.focus != Pane::Activity {
            let left = if input.sheet { LEFT_OVER_SHEET } else { LEFT_OVER_FORM };
            let sheet = input.form.clamp(10, 30).min(body.height.saturating_sub(left));
            let over = if input.focus == Pane::Form { Pane::Inspector } else { input.focus };
            (*self.pane_mut(over), self.form) = cut_bottom(body, sheet);
            return;
        }
        let large = body.height * 3 / 5;
        let feed = if input.focus == Pane::Feed { large } else { body.height - large };
        let (top, below) = cut_top(body, feed);
        self.feed = top;
        if input.focus == Pane::Activity {
            self.activity = below;
        } else {
            self.inspector = below;
        }
    }

    /// The feed over the activity on the left, the inspector over the form on the right.
    fn two_columns(&mut self, body: Rect, input: LayoutInput) {
        // The text of a form needs room, and so does that of the feed while there is no form.
        let share = if input.form > 0 { 58 } else { 65 };
        let (left, right) = self.split(body, body.width * share / 100);
        let activity = match input.focus {
            Pane::Activity => left.height / 2,
            _ if input.sent => 8,
            _ => 2,
        };
        (self.feed, self.activity) = cut_bottom(left, activity);
        let sheet = sheet(input.form, right.height * 2 / 3);
        (self.inspector, self.form) = cut_bottom(right, sheet);
    }

    /// A form that compares two customers needs every column, so it lies under all the others.
    fn under_all(&mut self, body: Rect, input: LayoutInput) {
        let (body, form) = cut_bottom(body, sheet(input.form, body.height * 3 / 5));
        self.two_columns(body, LayoutInput { form: 0, sent: false, ..input });
        self.form = form;
    }

    /// Two columns with a line between them. `columns` is the width of the left one.
    fn split(&mut self, body: Rect, columns: u16) -> (Rect, Rect) {
        let (left, right) = cut_left(body, columns);
        (self.rule, _) = cut_left(right, 1);
        (left, cut_left(right, 1).1)
    }

    /// The rectangle of a pane; it is empty if the pane is not shown.
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

    /// The pane at a position of the screen; `None` if no pane is there.
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

/// Cuts an area into the left `columns` and the rest.
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

    fn every_input() -> impl Iterator<Item = LayoutInput> {
        PANES.into_iter().flat_map(|focus| {
            [false, true].into_iter().flat_map(move |zoom| {
                [0_u16, 12, 40].into_iter().flat_map(move |form| {
                    (0..5).map(move |held| {
                        let lists = focus == Pane::Lists || held == 1;
                        LayoutInput {
                            focus,
                            zoom,
                            form,
                            held,
                            live: held,
                            lists,
                            sent: held > 0,
                            wide: held > 1,
                            sheet: held > 2,
                        }
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
            for input in every_input() {
                let l = Layout::of(screen, input);
                let parts = [
                    l.status,
                    l.strip,
                    l.feed,
                    l.inspector,
                    l.lists,
                    l.form,
                    l.activity,
                    l.held,
                    l.hints,
                    l.rule,
                ];
                for (i, a) in parts.iter().enumerate() {
                    assert_eq!(a.intersection(screen).area(), a.area(), "{input:?} {l:?}");
                    for b in &parts[i + 1..] {
                        assert!(
                            !a.intersects(*b) || a.area() == 0 || b.area() == 0,
                            "{input:?} {l:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn held_sends_get_a_row_each_up_to_three_and_one_where_there_is_little_room() {
        let rows = |width, height, held| {
            Layout::of(
                Rect::new(0, 0, width, height),
                LayoutInput { held, ..LayoutInput::default() },
            )
            .held
            .height
        };
        assert_eq!([0, 1, 3, 9].map(|held| rows(80, 24, held)), [0, 1, 3, 3]);
        assert_eq!([0, 1, 3, 9].map(|held| rows(40, 12, held)), [0, 1, 1, 1]);
    }

    #[test]
    fn who_waits_on_the_line_is_over_the_left_pane_at_every_size() {
        for (width, height) in [(40, 12), (80, 24), (120, 40), (200, 60)] {
            for input in every_input() {
                let l =
                    Layout::of(Rect::new(0, 0, width, height), LayoutInput { live: 9, ..input });
                assert!((1..=3).contains(&l.strip.height), "{width}x{height} {input:?} {l:?}");
                let none =
                    Layout::of(Rect::new(0, 0, width, height), LayoutInput { live: 0, ..input });
                assert!(none.strip.is_empty());
            }
        }
    }

    #[test]
    fn r_console_23_a_form_is_under_the_conversation_at_every_size() {
        for (width, height) in [(60, 30), (80, 24), (120, 40), (200, 60)] {
            for input in every_input() {
                let input = LayoutInput { focus: Pane::Form, form: 40, zoom: false, ..input };
                let l = Layout::of(Rect::new(0, 0, width, height), input);
                let over = (l.inspector.x, l.inspector.bottom()) == (l.form.x, l.form.y);
                assert!(over || input.wide, "{width}x{height} {input:?} {l:?}");
                assert!(l.inspector.height >= 5, "{width}x{height} {input:?} {l:?}");
                assert!(l.form.height >= 10, "{width}x{height} {input:?} {l:?}");
            }
        }
    }

    #[test]
    fn a_list_or_the_feed_that_has_the_keys_is_over_the_form_where_there_is_one_column() {
        for focus in [Pane::Lists, Pane::Feed, Pane::Inspector] {
            let input = LayoutInput { focus, form: 40, lists: true, ..LayoutInput::default() };
            let l = Layout::of(Rect::new(0, 0, 80, 24), input);
            assert_eq!(l.pane(focus).bottom(), l.form.y, "{focus:?} {l:?}");
            assert!(l.pane(focus).height >= 8 && l.form.height >= 10, "{focus:?} {l:?}");
        }
    }

    #[test]
    fn the_pane_that_has_the_keys_is_always_shown() {
        for (width, height) in [(40, 12), (60, 30), (80, 24), (120, 40), (200, 60)] {
            for input in every_input() {
                let input = LayoutInput {
                    form: if input.focus == Pane::Form { 12 } else { input.form },
                    ..input
                };
                let l = Layout::of(Rect::new(0, 0, width, height), input);
                assert!(l.pane(input.focus).height > 3, "{width}x{height} {input:?} {l:?}");
            }
        }
    }
}
