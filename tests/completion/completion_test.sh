#!/bin/bash
# completion_test.sh SENSORCTL COMPLETION: that the completion of bash offers what the program has, verb by verb, and the
# sensors, nodes, bridges and tokens that there are. A sensorctl of the test's own tells it of the sensors.
set -euo pipefail
program=$1
# shellcheck source=/dev/null
. "$2"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# What is offered for the last of these words.
offered() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _sensorctl
  echo "${COMPREPLY[*]}"
}

# Every verb and option of the program's help is offered; `$@`: the verb and the action.
agrees() {
  local help all word
  help=$("$program" "$@" --help)
  all=" $(offered sensorctl "$@" '') $(offered sensorctl "$@" --) "
  for word in $(grep -oE '^ +--[a-z-]+' <<< "$help") $(sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p' <<< "$help"); do
    [[ $all == *" $word "* ]] || fail "sensorctl $*: $word is not offered, but$all"
  done
}
verbs=$("$program" --help | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p')
[ "$(wc -w <<< "$verbs")" -ge 11 ] || fail "verbs: $verbs"
agrees
for verb in $verbs; do
  [ "$verb" != demo ] || continue # a program of its own
  [ "$verb" != help ] || continue # its help is the program's
  agrees "$verb"
  for action in $("$program" "$verb" --help | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z-]*\) .*/\1/p'); do
    agrees "$verb" "$action"
  done
done

# A broker that knows two machines.
cat > "$folder/sensorctl" << END
#!/bin/sh
[ "\$*" = "--port 1884 --timeout 1 status --json" ] || [ "\$*" = "--timeout 1 status --json" ] || exit 2
echo '{"readings":[{"node":"attic","sensor":"bme280.temperature"},{"node":"attic","sensor":"bme280.humidity"},{"node":"kitchen","sensor":"load1"}]}'
END
chmod +x "$folder/sensorctl"
export SENSORCTL_CONFIGURATION=$folder
expect() {
  local wanted=$1 got
  shift
  got=$(offered "$@")
  [ "$got" = "$wanted" ] || fail "$*: '$got' instead of '$wanted'"
}
expect 'bme280.humidity bme280.temperature load1' "$folder/sensorctl" query --sensor ''
expect 'bme280.temperature' "$folder/sensorctl" --port 1884 query --sensor bme280.t
expect 'bme280.humidity bme280.temperature load1 bme280.*' "$folder/sensorctl" tail --sensor ''
expect 'attic kitchen' "$folder/sensorctl" status --node ''
expect '' "$folder/no-such-program" query --sensor ''
touch "$folder/sensor-http-bridge@weather.toml"
expect 'sensor-http-bridge sensor-publisher sensor-http-bridge-weather' sensorctl breaker isolate sensor
printf '[http]\n#[http.tokens.example]\n[http.tokens.garden]\n[ http.tokens.page ] # x\n' > "$folder/sensor-http-bridge.toml"
expect 'garden page --bridge --configuration --owner --help' sensorctl token remove ''
expect 'garden' sensorctl token remove g
expect 'weather' sensorctl page --bridge ''
expect 'page' sensorctl help pa
expect '0.0.0.0:8080 127.0.0.1:8080' sensorctl page --listen ''
expect 'outbox store' sensorctl restore /mnt/x --only ''
