//! What each part of the screen knows. This is state only: it draws nothing and has no I/O and no
//! clock. Panes do not know which keys there are. `App` calls their methods, hands them the time,
//! and passes on the effects that they return.

pub mod alert;
pub mod connection;
pub mod countdown;
pub mod feed;
pub mod filter_line;
pub mod form;
pub mod inspector;
pub mod lists;
pub mod outbox;
pub mod picker;
pub mod replies;
pub mod scroll;
pub mod strip;
mod table_file;
pub mod toast;
pub mod views;
