# operator.sh: the part of the systemd rig about sensorctl as an operator uses it. Sourced by run.sh, after checks.sh.

part_operator() {
  check "sensorctl says that all is well" wait_until 60 inside sensorctl status
  inside useradd --groups sensorctl rig-operator
  inside useradd rig-visitor
  check "a member of the group sensorctl may use it" inside runuser -u rig-operator -- sensorctl query --latest
  check "another user may not, and is told what to do" visitor_is_refused
  check "it prints stored readings as CSV" prints_csv
  check "it isolates the bridge's breaker" isolates_bridge
  check "readings flow when it is closed again" closes_bridge
  check "a support bundle has the journal and no secret" bundle_is_useful_and_harmless
}

visitor_is_refused() {
  local said status=0
  said=$(inside runuser -u rig-visitor -- sensorctl status 2>&1) || status=$?
  [ "$status" -eq 2 ] && grep -q 'adduser' <<< "$said"
}

prints_csv() { [ "$(inside sensorctl query --limit 5 --csv | wc -l)" -eq 6 ]; }

isolates_bridge() {
  local said
  inside sensorctl breaker isolate sensor-http-bridge || return 1
  said=$(inside sensorctl status)  # ends with 1: not all is well
  grep -q 'isolated by operator' <<< "$said"
}

closes_bridge() { inside sensorctl breaker close sensor-http-bridge && readings_flow 60; }

bundle_is_useful_and_harmless() {
  local secret
  inside sensorctl support-bundle --output /tmp/rig-bundle.tar.gz || return 1
  inside tar -xzOf /tmp/rig-bundle.tar.gz > build/rig/bundle.txt || return 1
  grep -q 'sensor-publisher\[' build/rig/bundle.txt || return 1
  while read -r secret; do
    ! grep -qF -- "$secret" build/rig/bundle.txt || return 1
  done < <(inside sh -c 'cat /etc/sensor-project/*.password /etc/sensor-project/api.token')
}
