//! What a form answers, and how many rows it would like.

use super::{Form, field::Field, review};
use crate::catalog::Needs;

/// How many rows of what is answered a form has at most.
pub const QUOTED: usize = 20;

/// How many rows of why it is written again a form has at most.
pub const BECAUSE: usize = 3;

impl Form {
    /// Writes what the form begins with, and puts the cursor into a field. It is nothing of the agent's, so that
    /// it leaves no draft as it is. Returns whether the fields can hold it exactly.
    pub fn begin(&mut self, values: &[(&str, String)], at: &str) -> bool {
        let mut exact = true;
        for (name, value) in values {
            let field = self.fields.iter_mut().find(|field| field.spec.name == *name);
            exact &= field.is_some_and(|field| field.settle(value));
        }
        self.refresh();
        self.focus = self.fields.iter().position(|f| f.spec.name == at).unwrap_or(self.focus);
        exact
    }
    /// Whether the form writes a text to the customer.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.fields.iter().any(|field| field.spec.kind.is_multiline())
    }
    /// What the customer said that is answered, as it came from outside; `None` if nothing is answered.
    #[must_use]
    pub fn answers(&self) -> Option<&str> {
        let quoted = self.target.reply_to.as_ref().filter(|_| self.spec.needs == Needs::Message);
        let session = self.target.session.as_ref().filter(|_| self.is_live());
        quoted.map(|quoted| &*quoted.text).or_else(|| session.map(|session| &*session.said))
    }
    /// Why it is written again, for the head of the form; raw. `None` if it is written for the first time.
    #[must_use]
    pub fn because(&self) -> Option<&str> {
        self.because.as_deref()
    }
    /// How many rows the form would like in a pane of this width.
    #[must_use]
    pub fn rows(&self, width: u16) -> u16 {
        let wide = usize::from(width.saturating_sub(12)).max(10);
        let rows: usize = if let Some(sheet) = &self.sheet {
            review::rows(sheet, wide)
        } else {
            let tall = |f: &Field| if f.spec.kind.is_multiline() { 4 } else { 1 };
            let lines = self.answers().into_iter().flat_map(str::lines);
            let quoted: usize = lines.map(|line| line.chars().count() / wide).sum();
            let quoted = quoted + self.answers().map_or(0, |text| text.lines().count());
            let because = self.because().map_or(0, |why| 1 + why.chars().count() / wide);
            6 + because.min(BECAUSE)
                + quoted.clamp(1, QUOTED)
                + self.shown().map(|(_, field)| tall(field)).sum::<usize>()
                + self.then.len()
                + usize::from(self.window().is_some())
                + 2 * self.errors()
        };
        u16::try_from(rows.min(40)).unwrap_or(40)
    }
}
