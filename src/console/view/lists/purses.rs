//! A purse: what is in it, and what can be spent.

use super::super::{DrawContext, line_builder::LineBuilder};
use crate::model::PurseBalance;
use ratatui::text::Line;

pub(super) fn row(purse: &PurseBalance, width: usize, ctx: &DrawContext) -> Vec<Line<'static>> {
    let line = LineBuilder::new().pad_to(1).identity(&purse.id, width / 2, ctx.title());
    let right = LineBuilder::new().own(format!("available {}", purse.available), ctx.title());
    let pending = match purse.pending {
        0 => "nothing pending".to_owned(),
        1 => "1 payment pending".into(),
        n => format!("{n} payments pending"),
    };
    let below = format!("actual {}, {pending}", purse.actual);
    vec![line.and_right(right, width), LineBuilder::new().pad_to(5).own(below, ctx.dim()).line()]
}
