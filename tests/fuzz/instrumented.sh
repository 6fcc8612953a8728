#!/usr/bin/env bash
# A wrapper of rustc (RUSTC_WRAPPER) by which our own crate counts which ways it goes, for libFuzzer to see. What it is
# built on is left as it is, so that it need not be built anew.
set -euo pipefail
if [[ " $* " == *" --crate-name switchboard --edition"* ]]; then
  set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
fi
exec "$@"
