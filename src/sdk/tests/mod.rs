//! The client against a scripted hub, in virtual time; and against things that are no hub.

mod calls;
pub(crate) mod fake;
mod feed;
mod foreign;
mod listen;
mod live_only;
mod operations;
mod operator;
mod options;
mod prompts;
mod tls;
mod typed_notifications;
