//! The binary. Everything it does is in `switchboard::cli`, so that tests can reach it.

use std::process::ExitCode;

/// A hub runs for months, and what many clients needed for a minute has to go back to the system after it.
/// The allocator of glibc keeps most of that, because it frees an arena from its end only, and one small
/// block that stays holds all before it. jemalloc gives back what was not used for ten seconds, with a
/// thread of its own, so that it does not wait for somebody who allocates.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    switchboard::cli::run()
}
