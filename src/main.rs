//! The binary: everything is in `switchboard::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    switchboard::cli::run()
}
