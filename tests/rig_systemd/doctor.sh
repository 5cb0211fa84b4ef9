# doctor.sh: the parts of the systemd rig about `sensorctl doctor`: faults are planted one by one, it must find each, and
# --recover must mend those that it may. Sourced by run.sh, after checks.sh.

# Its exit code says how bad it is, which is no matter here.
doctor() { inside sensorctl doctor --json "$@" || true; }
finds() { grep -qF "\"check\":\"$1\",\"severity\":\"$2\",\"object\":\"$3\"" < <(doctor); }
finds_nothing_critical() { ! doctor | grep -F '"severity":"critical"'; }
recovers() { grep -qE "$1" < <(doctor --recover); }
does_not_touch() { local said; said=$(doctor --recover | grep -oE '"recovery":.*') && ! grep -F "$1" <<< "$said"; }

# What the timer runs, with no more rights than it has there.
recovers_as_unit() {
  inside systemctl start sensor-recover.service
  grep -qF "recovery: $1" < <(inside journalctl -b -u sensor-recover --no-pager -o cat)
}

# The hour of the budget is not waited for.
forget_actions() { inside rm -f /var/lib/sensor-project/recover/actions.log; }

# A status a second, so that the doctor listens for four; the database checks of a busy machine get their time.
part_doctor() {
  inside systemctl stop sensor-recover.timer  # what is planted here is found by hand
  inside sed -i -E 's|^#?status_interval = .*|status_interval = "1s"|' /etc/sensor-project/sensor-{publisher,persistence,http-bridge}.toml
  inside systemctl restart sensor-publisher sensor-persistence sensor-http-bridge
  wait_until 30 readings_flow 20
  check "doctor finds nothing critical where all is well" wait_until 20 finds_nothing_critical
  doctor > build/rig/doctor-healthy.json
  check "it says that there is no default route here" finds route warning network
  check "each unit's limits are in force" limits_are_in_force
}

limits_are_in_force() {
  [ "$(doctor | grep -oE '"check":"limits","severity":"ok","object":"sensor-[a-z-]*.service"' | wc -l)" = "${#units[@]}" ]
}

part_doctor_units() {
  inside systemctl stop sensor-http-bridge
  timer_comes_soon
  check "the timer fires, and what it runs starts a unit that is stopped" wait_until 30 is_active sensor-http-bridge
  check "systemd says when it did" [ -n "$(property sensor-recover.timer LastTriggerUSec)" ]
  timer_is_as_shipped
  inside systemctl stop sensor-publisher
  check "doctor finds a unit that is stopped" finds unit critical sensor-publisher.service
  check "a dry run leaves it so" dry_run_does_nothing
  check "the unit of the timer starts it again" recovers_as_unit 'restart sensor-publisher.service: is stopped'
  check "with its few rights it could check everything" unit_checked_everything
  check "and left no file of root's beside a database" no_file_of_root
  check "readings flow after that" readings_flow 30

  inside systemctl kill --signal=SIGSTOP sensor-persistence
  check "doctor finds a service that is stopped by a signal" finds process critical sensor-persistence.service
  inside systemctl kill --signal=SIGCONT sensor-persistence

  inside systemctl kill --signal=SIGSTOP sensor-broker
  check "--recover restarts a broker that is stopped, which no watchdog does" recovers 'restart sensor-broker.service'
  check "readings flow after that" readings_flow 60
}

# What it waits for after its start is 2 s instead of 2 min.
timer_comes_soon() {
  put /run/systemd/system/sensor-recover.timer.d/rig.conf <<< $'[Timer]\nOnActiveSec=\nOnActiveSec=2s\nOnUnitActiveSec=5min\nAccuracySec=1s'
  inside systemctl daemon-reload
  inside systemctl start sensor-recover.timer
}

timer_is_as_shipped() {
  inside systemctl stop sensor-recover.timer
  wait_until 20 recovery_has_ended
  inside rm -r /run/systemd/system/sensor-recover.timer.d
  inside systemctl daemon-reload
}

recovery_has_ended() { [ "$(property sensor-recover ActiveState)" = inactive ]; }

dry_run_does_nothing() { grep -qF 'this is a dry run' < <(doctor --recover --dry-run) && ! is_active sensor-publisher; }
unit_checked_everything() { ! inside journalctl -b -u sensor-recover --no-pager -o cat | grep -F 'cannot be checked'; }

no_file_of_root() { [ -z "$(inside find /var/lib/sensor-project/publisher /var/lib/sensor-project/persistence -user root)" ]; }

# Without its watchdog the bridge stays silent until somebody notices.
part_doctor_silence() {
  put /run/systemd/system/sensor-http-bridge.service.d/rig.conf <<< $'[Service]\nWatchdogSec=0'
  inside systemctl daemon-reload
  inside systemctl restart sensor-http-bridge
  check "doctor finds a service without a watchdog" finds watchdog warning sensor-http-bridge.service
  inside systemctl kill --signal=SIGSTOP sensor-http-bridge
  check "doctor finds a status that is not renewed" finds status critical sensor-http-bridge
  check "--recover restarts its service" recovers 'restart sensor-http-bridge.service'
  inside rm -r /run/systemd/system/sensor-http-bridge.service.d
  inside systemctl daemon-reload
  inside systemctl restart sensor-http-bridge
  check "readings flow after that" readings_flow 30
}

part_doctor_descriptors() {
  local pid open
  pid=$(main_pid sensor-http-bridge)
  open=$(inside sh -c "ls /proc/$pid/fd | wc -l")
  inside prlimit --pid "$pid" --nofile="$open"
  check "doctor finds a service near its limit of descriptors" finds files critical sensor-http-bridge.service
  check "--recover restarts it" recovers 'restart sensor-http-bridge.service'
  check "it has its descriptors again" wait_until 10 finds files ok sensor-http-bridge.service
}

part_doctor_machine() {
  forget_actions
  local acl=/etc/sensor-project/acl
  inside cp -a $acl /root/acl
  inside sh -c "printf 'user monitor\ntopic write sensors/+/committed/+\n' >> $acl"
  check "doctor finds an access rule that would let readings be deleted" finds access critical $acl
  inside sed -i '/topic write sensors\/+\/reading/d' $acl
  check "doctor finds an access rule that is missing" doctor_says 'lacks user sensor-publisher: topic write sensors/+/reading/+'
  inside cp -a /root/acl $acl

  inside systemctl stop rig-api
  check "doctor finds a breaker that is open" wait_until 30 finds breaker warning sensor-http-bridge
  start_api
  check "and one that is closed again" wait_until 30 finds breaker ok sensor-http-bridge

  openssl req -x509 -newkey rsa:2048 -nodes -days 10 -subj /CN=hub -keyout /dev/null 2> /dev/null | put /root/hub.pem
  inside cp -a /etc/sensor-project/mosquitto.conf /root/mosquitto.conf
  inside sh -c "echo 'certfile /root/hub.pem' >> /etc/sensor-project/mosquitto.conf"
  check "doctor finds a certificate that ends in 10 days" finds certificate warning /root/hub.pem
  inside cp -a /root/mosquitto.conf /etc/sensor-project/mosquitto.conf

  inside sed -i 's|^trust = .*|trust = "kernel"|' /etc/sensor-project/sensor-persistence.toml
  if finds clock ok 'wall clock'; then
    not_shown "a clock that is not synchronised (this host's is)"
  else
    check "doctor finds a clock that is not synchronised" finds clock warning 'wall clock'
  fi
  inside sed -i 's|^trust = .*|trust = "always"|' /etc/sensor-project/sensor-persistence.toml
  not_shown "a kernel without the memory cgroup, under-voltage (unit tests have them)"
}

doctor_says() { grep -qF "$1" < <(doctor); }

# What an owner, a broken file or a broken neighbour does to a service.
part_doctor_faults() {
  local group configuration=/etc/sensor-project/sensor-http-bridge.toml
  forget_actions
  inside sensorctl breaker isolate sensor-http-bridge > /dev/null
  check "doctor finds a breaker that an operator isolated" doctor_says 'was isolated by hand'
  check "--recover leaves it" does_not_touch sensor-http-bridge
  inside sensorctl breaker close sensor-http-bridge > /dev/null

  refusing_api
  check "doctor finds readings that the API refused" wait_until 40 finds dead-letters warning sensor-persistence
  inside systemctl stop rig-refuses
  start_api
  inside sensorctl dead-letters requeue --all > /dev/null
  check "and none when they are sent again" wait_until 40 finds dead-letters ok sensor-persistence

  inside systemctl stop sensor-broker
  check "doctor finds that the broker does not answer" finds broker critical 'MQTT broker'
  check "--recover starts it" recovers 'restart sensor-broker.service'
  check "readings flow after that" readings_flow 60

  group=/sys/fs/cgroup$(machine_is_cgroup_v1 && echo /pids)$(property sensor-publisher ControlGroup)
  inside sh -c "echo 99 > $group/pids.max"
  check "doctor finds a limit that is not in force" finds limits warning sensor-publisher.service
  inside sh -c "echo 200 > $group/pids.max"

  inside cp -a $configuration /root/bridge.toml
  inside sh -c "echo 'no_such_key = 1' >> $configuration"
  inside systemctl restart sensor-http-bridge 2> /dev/null
  check "doctor finds a unit that ended because of its configuration" doctor_says 'a mistake in its configuration'
  check "--recover does not start it again" does_not_touch sensor-http-bridge
  inside cp -a /root/bridge.toml $configuration
  inside systemctl restart sensor-http-bridge

  put /run/systemd/system/sensor-http-bridge.service.d/rig.conf <<< $'[Service]\nExecStart=\nExecStart=/bin/false\nRestartSec=200ms'
  inside systemctl daemon-reload
  inside systemctl restart sensor-http-bridge 2> /dev/null
  check "doctor finds a unit that starts again and again" wait_until 10 finds unit critical sensor-http-bridge.service
  inside systemctl disable --quiet --now sensor-http-bridge
  check "and of one that is disabled it says nothing" finds unit ok sensor-http-bridge.service
  check "--recover leaves it" does_not_touch sensor-http-bridge
  inside rm -r /run/systemd/system/sensor-http-bridge.service.d
  inside systemctl daemon-reload
  inside systemctl enable --quiet --now sensor-http-bridge
  check "readings flow after that" readings_flow 30
}

# In place of the API: answers 400 to everything.
refusing_api() {
  put /opt/rig/refuses.pl << 'END'
use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 8090, Listen => 8, ReuseAddr => 1) or die $!;
while (my $client = $listener->accept) {
  my ($length, $body) = (0, '');
  while (my $line = <$client>) {
    $length = $1 if $line =~ /^content-length: *(\d+)/i;
    last if $line =~ /^\r?$/;
  }
  read($client, $body, $length);
  print $client "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  close($client);
}
END
  inside systemctl stop rig-api
  inside systemd-run --quiet --unit=rig-refuses perl /opt/rig/refuses.pl
}

# The outbox moves to a small disk, and back.
part_doctor_disk() {
  local folder=/var/lib/sensor-project/publisher
  inside systemctl stop sensor-publisher
  inside cp -a $folder /root/publisher
  inside mount -t tmpfs -o size=24m,mode=750 tmpfs $folder
  inside sh -c "chown --reference=/root/publisher $folder && cp -a /root/publisher/. $folder/"
  # While the publisher runs it would make room itself, by giving up its reserve.
  inside sh -c "head -c 100M /dev/zero > $folder/filler 2> /dev/null"
  check "doctor finds a disk that is full" finds disk critical $folder
  check "--recover gives up the reserve that its service needs to start" recovers "release $folder/outbox.db.reserve"
  inside rm -f $folder/filler
  wait_until 10 is_active sensor-publisher
  check "and one that has room again" finds disk ok $folder
  inside mount -o remount,bind,ro $folder
  check "doctor finds a file system that is read-only" finds mount critical $folder
  inside mount -o remount,bind,rw $folder
  inside systemctl stop sensor-publisher
  inside sh -c "rm -rf /root/publisher && cp -a $folder /root/publisher && umount $folder && rm -rf $folder && mv /root/publisher $folder"
  inside systemctl start sensor-publisher
  check "readings flow after that" readings_flow 30
}

part_doctor_budget() {
  local time
  forget_actions
  for time in 1 2 3; do
    inside systemctl stop sensor-publisher
    inside /usr/share/sensor-project/monitor_and_recover.sh > build/rig/monitor_and_recover.log
    check "monitor_and_recover.sh starts a stopped unit, time $time" wait_until 10 is_active sensor-publisher
  done
  inside systemctl stop sensor-publisher
  check "a fourth time within the hour it only says so" recovers '3 times within an hour already'
  check "and leaves it" unit_is_left sensor-publisher
  forget_actions
  inside systemctl start sensor-publisher
  check "readings flow after that" readings_flow 30
}

unit_is_left() { ! is_active "$1"; }

# After the account: what is damaged in the store is at the API already, and the store that is salvaged starts another account.
part_doctor_damage() {
  local store=/var/lib/sensor-project/persistence/store.db
  inside systemctl start sensor-publisher
  inside systemctl disable --quiet --now sensor-persistence
  # Over some pages in the middle.
  inside sh -c "dd if=/dev/urandom of=$store bs=4096 seek=3 count=3 conv=notrunc status=none"
  check "doctor finds a damaged database" finds database critical $store
  check "--recover leaves a service that is disabled, whatever its database is like" does_not_touch sensor-persistence
  inside systemctl enable --quiet sensor-persistence
  check "--recover restarts one that is enabled, because of the damage too" recovers 'restart sensor-persistence.service: [^"]*is damaged'
  check "which keeps the damaged one aside" wait_until 30 aside_exists
  check "and has a sound one" wait_until 30 finds database ok $store
  check "readings flow after that" readings_flow 60
}

aside_exists() { there_is '/var/lib/sensor-project/persistence/store.db.corrupt-*'; }
