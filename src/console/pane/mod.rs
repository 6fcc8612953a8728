//! What each part of the screen knows: state only, no drawing, no I/O, no clock. Panes know no
//! keys; `App` calls their methods, hands them the time, and passes their effects on.

pub mod connection;
pub mod countdown;
pub mod feed;
pub mod form;
pub mod inspector;
pub mod lists;
pub mod outbox;
pub mod picker;
pub mod scroll;
pub mod toast;
