# guide.sh: the part of the systemd rig that runs the commands of docs/operations.md and of docs/guides, as they stand there. Sourced by run.sh,
# after checks.sh and doctor.sh.

# All lines of its blocks without a language, comments and sudo taken off.
guide_commands() {
  awk '/^```/ { block = block ? 0 : $0 == "```" ? 1 : 2; next } block == 1 && NF' docs/operations.md docs/guides/*.md |
    sed -e ':join' -e '/\\$/{N;s/\\\n *//;b join' -e '}' -e '/|$/{N;s/\n */ /;b join' -e '}' -e 's/ \{2,\}# .*//; s/^sudo //'
}

# The commands of the table of questions that no block has.
guide_answers() {
  sed -n '/^## Questions, and/,/^## Does/p' docs/guides/troubleshooting.md | sed -nE '/^\| (question|---)/!s/^\|.*\| `([^`]*)`.*/\1/p' | sed 's/\\|/|/g; s/^sudo //' |
    sort -u | grep -vxFf <(guide_commands)
}

# Why a command is not run here; nothing when it is.
guide_excuse() {
  case $1 in
    *'<version>'*) echo "part rollback" ;;
    *SIGSTOP*) echo "part watchdog" ;;
    *packages.example.org* | 'apt update') echo "./dev rig apt" ;;
    influx* | *8428*) echo "./dev peers" ;;
    'sensorctl alerts test '*) echo "integration_alerts: a channel is somebody's phone" ;;
  esac
}

# guide_may_end COMMAND CODE: whether the guide's reader would find the exit code in order.
guide_may_end() {
  case $1 in
    *--watch | *' -f' | 'sensorctl tail'*) [ "$2" -eq 124 ] ;; # ended by the rig: they go on until Ctrl-C
    'systemctl status '*) [ "$2" -eq 0 ] || [ "$2" -eq 3 ] ;; # 3: the service of the timer does not run just now
    'sensorctl status'*) [ "$2" -le 1 ] ;; # 1: not all is well
    'sensorctl node forget '*) [ "$2" -eq 1 ] ;; # there is no such machine here
    *'sensorctl doctor'*) [[ " 0 10 11 12 " = *" $2 "* ]] ;;
    *) [ "$2" -eq 0 ] ;;
  esac
}

# What it must print, as an extended regular expression; nothing: whatever.
guide_must_print() {
  case $1 in
    'sensorctl status'*) echo 'sensor-publisher' ;;
    'sensorctl node forget '*) echo 'nobody is known under the node' ;;
    *'systemctl status '*) echo 'sensor-(publisher|http-bridge)\.service - ' ;;
    *WatchdogUSec*) echo '^WatchdogUSec=30s$' ;;
    *MemoryMax*) echo '^MemoryMax=[0-9]+$' ;;
    'systemctl edit '*) echo 'sensor-publisher.service.d/override.conf' ;;
    *'-d '*'/v1/readings') echo '"stored":1' ;;
    *'format=csv'*) echo 'time' ;;
    *http-bridge*' -f') echo 'Circuit breaker OPEN - API failures exceeded threshold \(3\): ' ;;
    curl*http_code*) echo '^[1-5][0-9][0-9]$' ;;
    *'Circuit breaker'*) echo 'Circuit breaker (OPEN|HALF_OPEN|CLOSED) - ' ;;
    'sensorctl tail') echo ' uptime ' ;;
    *'--latest') echo ' uptime ' ;;
    *'doctor --json') echo '^\{"severity":' ;;
    *'--dry-run') echo 'recovery' ;;
    *'sensorctl doctor'*) echo 'checks are ok' ;;
    *support-bundle*) echo 'tar\.gz' ;;
    *actions.log*) echo ' restart sensor-' ;;
    *list-timers*) echo 'timers listed' ;;
    systemd-cgtop*) echo 'sensor-publisher\.service' ;;
    'journalctl -u sensor-recover'*) echo 'recovery' ;;
    df*) echo '%' ;;
  esac
}

part_guide() {
  local command excuse commands=0
  guide_listens
  while IFS= read -r command; do
    commands=$((commands + 1))
    excuse=$(guide_excuse "$command")
    if [ -n "$excuse" ]; then
      echo "      not run here ($excuse): $command"
    else
      check "the guide's command does what it says: $command" guide_runs "$command"
    fi
  done < <(guide_commands; guide_answers)
  guide_is_silent
  check "the guide has commands" [ "$commands" -gt 40 ]
  check "readings flow after all of them" readings_flow 60
}

guide_runs() {
  local said status=0
  said=$(inside timeout 20 env USER=rig-operator SYSTEMD_PAGER= SYSTEMD_COLORS=0 bash -o pipefail -c "cd /tmp; sudo() { \"\$@\"; }; $(guide_for_the_rig "$1")" 2>&1 < /dev/null) || status=$?
  guide_may_end "$1" "$status" && grep -qE -- "$(guide_must_print "$1")" <<< "$said" && return
  echo "      exit code $status: ${said:0:800}"
  return 1
}

# The guide's token.
guide_listens() {
  inside cp -p /etc/sensor-project/sensor-http-bridge.toml /root/before-the-guide.toml
  check "sensorctl says where the page is" page_is_told
  check "sensorctl makes a token, and restarts the bridge" inside sensorctl token add garden --write
  check "only the bridge may read it" [ "$(inside stat -c '%U %a' /etc/sensor-project/garden.token)" = 'sensor-http-bridge 400' ]
}

guide_is_silent() {
  inside cp -p /root/before-the-guide.toml /etc/sensor-project/sensor-http-bridge.toml
  inside rm /etc/sensor-project/garden.token
  inside systemctl restart sensor-http-bridge
}

# What would go on until Ctrl-C ends after 3 s. An editor leaves what it is given.
guide_for_the_rig() {
  case $1 in
    'systemctl edit '*) echo "SYSTEMD_EDITOR=true script -qec '$1' /dev/null" ;;
    'sudoedit '*) echo "test -e ${1#sudoedit }" ;;
    *http-bridge*' -f') echo "timeout 8 $1" ;;
    *--watch | *' -f' | 'sensorctl tail'*) echo "timeout 3 $1" ;;
    *) echo "$1" ;;
  esac
}

# docs/guides/first-sensor.md: its program and its driver, as an owner pastes them.
part_first_sensor() {
  local configuration=/etc/sensor-project/sensor-publisher.toml
  inside cp -p $configuration /root/before-the-sensor.toml
  put /opt/rig/first-sensor < <(echo 'sudo() { "$@"; }'; awk '/^```/ { block = $0 == "```sh"; next } block' docs/guides/first-sensor.md)
  check "the guide's first sensor can be pasted" inside bash -e /opt/rig/first-sensor
  check "its readings are stored" wait_until 30 first_sensor_is_stored
  inside cp -p /root/before-the-sensor.toml $configuration
  inside systemctl restart sensor-publisher
  check "readings flow after that" readings_flow 30
}

first_sensor_is_stored() { grep -qF machine.tasks < <(inside sensorctl query --latest); }

page_is_told() { grep -qF http://127.0.0.1:8080 < <(inside sensorctl page); }
