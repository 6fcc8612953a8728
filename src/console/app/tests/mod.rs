//! The console by its keys and its screen: keys in, effects and screen text out, time as wanted.

mod desk;
mod gallery;
mod keys;
mod live_only;
mod screens;
mod storms;
mod work;
