# check.sh: what every rig says and counts. Sourced; inside() runs a command on the rig's machine.

passed=0
failed=0

# check SENTENCE COMMAND...: returns what the command did.
check() {
  local sentence=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "  ok: $sentence"
  else
    failed=$((failed + 1))
    echo "  FAILED: $sentence: $*"
    inside journalctl -b --no-pager -n 12 -o cat 2> /dev/null | sed 's/^/    | /'
    return 1
  fi
}

# Not a check: what this machine cannot show.
not_shown() { echo "  not shown here: $*"; }

patience=1  # more on a machine that is emulated

# wait_until SECONDS COMMAND...: whether the command succeeded in time, or in `patience` times that.
wait_until() { within $(($1 * patience)) "${@:2}"; }

# within SECONDS COMMAND...: the same for a time that is promised.
within() {
  local end=$((SECONDS + $1))
  shift
  while ! "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}
