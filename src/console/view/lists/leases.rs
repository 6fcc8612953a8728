//! A lease: on what of whom, who holds it, and how many wait for it.

use super::super::{
    DrawContext,
    line_builder::{LineBuilder, holder},
};
use crate::model::{ListedLease, Tone};
use ratatui::text::Line;

pub(super) fn row(listed: &ListedLease, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let ListedLease { customer, name, lease, waiting } = listed;
    let right = if lease.expires_at > ctx.now {
        let words = format!("{} left", ctx.until(lease.expires_at));
        LineBuilder::new().own(words, ctx.tone(Tone::Pending))
    } else {
        LineBuilder::new().own("over", ctx.dim())
    };
    let mut line = LineBuilder::new().pad_to(1).identity(&lease.key, width / 3, ctx.title());
    line = line.own(" of ", ctx.dim());
    let room = width.saturating_sub(line.width() + right.width() + 2);
    line.append(super::customer(name, customer.as_str(), room, ctx));
    let waits = match waiting {
        0 => String::new(),
        1 => ", 1 waits for it".into(),
        n => format!(", {n} wait for it"),
    };
    let below = LineBuilder::new().pad_to(5).own("held by ", ctx.dim());
    let room = width.saturating_sub(below.width() + waits.len());
    let below = below.identity(&holder(lease), room, ctx.plain());
    vec![line.and_right(right, width), below.own(waits, ctx.tone(Tone::Pending)).line()]
}
