//! Round trips and edges of every conversion.

mod entries;
mod hera;
mod money;
mod sandbox;
mod state;
