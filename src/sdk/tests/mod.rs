//! The client against a scripted hub, in virtual time; and against things that are no hub.

mod calls;
mod fake;
mod feed;
mod live_only;
mod options;
