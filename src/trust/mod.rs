//! What the project promises of the hub's reliability, and how each promise is shown. `promises` is the table, from which
//! docs/TRUST.md is made; `sim` is the simulation, which one of its rows runs. `main.rs` is the binary `trust` that runs
//! the rows. Nothing here is in the program that users install: it is compiled for tests and with the feature `trust`.

pub mod fuzz;
pub mod promises;
pub mod sim;
