#!/usr/bin/env bash
# Builds the fuzzers and runs them one after the other, for so many seconds each: run.sh [SECONDS [TARGET...]].
# What breaks a promise is kept in target/fuzz, and said with how to see it again.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-5}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls tests/data/corpus)

RUSTC_WRAPPER=$PWD/tests/fuzz/instrumented.sh CARGO_INCREMENTAL=0 \
  cargo build --locked --quiet --manifest-path tests/fuzz/Cargo.toml --target-dir target
fuzz=target/debug/fuzz kept=target/fuzz broken=0
mkdir -p "$kept"

for target in "${targets[@]}"; do
  log=$kept/$target.log new=$kept/$target
  mkdir -p "$new"
  if TARGET=$target "$fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$new-" "$new" "tests/data/corpus/$target" >"$log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
  else
    broken=1
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    grep -A3 -E 'panicked at|ERROR: libFuzzer' "$log" || tail -20 "$log"
    echo "$target: what is promised breaks. To see it again: TARGET=$target $fuzz $input"
    echo "To keep it: cp $input tests/data/corpus/$target/ && UPDATE_CORPUS=1 cargo test --lib corpus"
  fi
done
exit $broken
