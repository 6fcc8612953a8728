# What the checks in shell count with: those of packages, of the image and of a real terminal read this. `$work` is theirs.

checks=0
failed=0
# check WHAT COMMAND...: counts it, and shows what the command said if it fails.
check() {
  local what=$1
  shift
  checks=$((checks + 1))
  if "$@" >"$work/said" 2>&1; then
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
    tail -20 "$work/said" | sed 's/^/        /'
  fi
}

# within SECONDS COMMAND...: asks until it is so.
within() {
  local last=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$last" ] || return 1
    sleep 0.2
  done
}
is_not() { ! "$@"; }
# says TEXT COMMAND...: whether it succeeds or not.
says() {
  local said
  said=$("${@:2}" 2>&1) || true
  echo "$said"
  grep -qF -- "$1" <<<"$said"
}
is() {
  local said
  said=$("${@:2}") && [ "$said" = "$1" ] || { echo "it is $said"; false; }
}
finished() {
  echo "$checks checks, $failed failed"
  [ "$failed" = 0 ]
}
