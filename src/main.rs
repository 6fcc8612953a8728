//! The binary. Everything it does is in `switchboard::cli`, so that tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchboard::cli::run()
}
