//! The console seen from its keys and its screen: keys go in, effects and the text of the screen
//! come out, and the test decides what time it is.

mod accident;
mod again;
mod alerts;
mod bulk;
mod conflict;
mod copying;
mod desk;
mod drafts;
mod earlier;
mod editor;
mod filter;
mod find;
mod gallery;
mod jobs;
mod keys;
mod later;
mod listed;
mod live;
mod live_only;
mod mouse;
mod networks;
mod nobody;
mod outcomes;
mod over_form;
mod past;
mod plaintext;
mod replies;
mod screens;
mod send_again;
mod storms;
mod undecided;
mod views;
mod waiting;
mod welcome;
mod work;
