//! One program for all targets of `src/trust/fuzz`, because each would take as long to link: the variable `TARGET` says
//! which one is fuzzed. `run.sh` builds and runs it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::{env, sync::LazyLock};
use switchboard::trust::fuzz::{FuzzTarget, TARGETS, named};

static FUZZED: LazyLock<&FuzzTarget> = LazyLock::new(|| {
    let name = env::var("TARGET").unwrap_or_default();
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    named(&name).unwrap_or_else(|| panic!("TARGET is one of {}", names.join(", ")))
});

fuzz_target!(|bytes: &[u8]| (FUZZED.run)(bytes));
