#!/bin/bash
# machine-access.sh DIR add NODE [FORMER_NAME...]: a user of the broker for a machine that has a sensor-publisher only.
# machine-access.sh DIR remove NODE: takes it away.
# machine-access.sh DIR add-bridge NAME, remove-bridge NAME: the same for a further bridge of this machine.
#
# The user is called as the machine's node. It may write that node's readings and states, read its watermark and its orders,
# and nothing of another machine. FORMER_NAME: readings that the machine took under another name come under that name.
#
# The user of a bridge is called sensor-http-bridge-NAME. It may do what the user sensor-http-bridge may, under its own name,
# and nothing with Home Assistant. DIR/sensor-http-bridge@NAME.password is its password, and DIR/api@NAME.token, an empty
# file, awaits the token of its API; both stay at remove-bridge, where only root may read them.
#
#   DIR/machines/NODE.password  the password, made where there is none; copy it to the machine, then delete it here
#   DIR/mosquitto.passwords     gets its hash
#   DIR/acl                     gets its rules, between two lines that name it
#
# Each file is on the disk before it gets its name, and keeps its owner and mode. Exit code 65, and nothing is changed, where a
# user of that name is not a machine's, or where the lines of a machine in the acl file are not as this made them.
#
# Then: systemctl reload sensor-broker. To change a password: delete NODE.password, add again, reload.
set -euo pipefail
umask 077

usage() { sed -n '2,4s/^# //p' "$0" >&2; exit 64; }
case ${1:+${2-add}} in
  add | remove | add-bridge | remove-bridge | '') ;;
  *) echo "$0: '$2' is none of add, remove, add-bridge, remove-bridge" >&2; usage ;;
esac
[ $# -ge 3 ] || usage
dir=$1 verb=$2 node=$3
names=("${@:3}")
ours='sensor-publisher|sensor-persistence|sensor-http-bridge|sensor-alerts|sensorctl|home-assistant|monitor'
case $verb in
  add-bridge | remove-bridge)
    [ $# -eq 3 ] || usage
    if ! [[ $node =~ ^[A-Za-z0-9_.-]{1,40}$ ]]; then
      echo "$0: '$node' cannot be the name of a bridge: 1 to 40 of A-Z a-z 0-9 _ . -" >&2
      exit 64
    fi
    password=$dir/sensor-http-bridge@$node.password token=$dir/api@$node.token
    node=sensor-http-bridge-$node
    names=()
    ;;
  *) password=$dir/machines/$node.password token= ;;
esac
for name in "${names[@]}"; do
  if ! [[ $name =~ ^[A-Za-z0-9_.-]{1,64}$ ]] || [[ $name =~ ^($ours|sensor-http-bridge-.*)$ ]]; then
    echo "$0: '$name' cannot be the name of a machine: 1 to 64 of A-Z a-z 0-9 _ . -, and no user of the pipeline's own" >&2
    exit 64
  fi
done
acl=$dir/acl hashes=$dir/mosquitto.passwords
for file in "$acl" "$hashes"; do
  [ -f "$file" ] || { echo "$0: $file: there is no such file; is the broker's configuration in $dir?" >&2; exit 66; }
done

exec 9< "$dir"
flock 9  # of two at once the second would take back what the first did

# Standard input becomes file $1, which keeps its owner and mode; on the disk before it gets its name, and then that.
replace() {
  cp -p "$1" "$1.new"
  cat > "$1.new"
  sync "$1.new"
  mv "$1.new" "$1"
  sync "$dir"
}

refuse() { echo "$0: $1; nothing was changed" >&2; exit 65; }

# Says which line of the acl file is missing or too many, if one is: what is deleted must end where the machine's rules do.
broken_block() {
  awk '
    function missing(place) {
      printf "line %d: \"# end of machine %s\" is missing %s; put it back behind the last rule of %s\n", NR, machine, place, machine
      machine = ""
      exit
    }
    /^# machine [A-Za-z0-9_.-]+: / { if (machine != "") missing("above"); machine = substr($3, 1, length($3) - 1); next }
    /^# end of machine / {
      if ($5 != machine) { printf "line %d: \"%s\" ends nothing that begins above; remove that line\n", NR, $0; machine = ""; exit }
      machine = ""
      next
    }
    /^user / && machine != "" && $2 != machine { missing("above") }
    END { if (machine != "") missing("at the end") }' "$acl"
}

has_block() { grep -q "^# machine ${node//./\\.}: " "$acl"; }
acl_without_node() { sed "/^# machine ${node//./\\.}: /,/^# end of machine ${node//./\\.}\$/d" "$acl"; }
hashes_without_node() { grep -v "^${node//./\\.}:" "$hashes" || true; }

is_somebody_elses() {
  local rules
  # Not with grep -q: it ends at the first match, and with it, by pipefail, what writes to it, as a failure.
  rules=$(acl_without_node | grep -E "^user[[:space:]]+${node//./\\.}[[:space:]]*\$") || true
  [ -n "$rules" ] || { ! has_block && grep -q "^${node//./\\.}:" "$hashes"; }
}

broken=$(broken_block)
[ -z "$broken" ] || refuse "$acl, $broken"
if is_somebody_elses; then
  otherwise="the machine otherwise (\`node\` in its sensor-publisher.toml)"
  [[ $verb != *-bridge ]] || otherwise="the bridge otherwise (\`name\` in its .toml)"
  refuse "'$node' is a user of this broker already, and not one that this made: call $otherwise; or, when nobody needs that user, remove it with mosquitto_passwd -D $hashes $node, and its lines in $acl"
fi

rules() {
  local name kind
  printf '# machine %s: made by machine-access.sh\nuser %s\n' "$node" "$node"
  for name in "${names[@]}"; do
    printf 'topic write sensors/%s/reading/+\n' "$name"
    for kind in backlog status queue event clock silent; do printf 'topic write sensors/%s/%s/sensor-publisher\n' "$name" "$kind"; done
    for kind in committed control status; do printf 'topic read sensors/%s/%s/sensor-publisher\n' "$name" "$kind"; done
  done
  for kind in status queue; do
    printf 'topic read sensors/+/%s/sensor-persistence\ntopic read sensors/+/%s/sensor-http-bridge\n' "$kind" "$kind"
  done
  printf '# end of machine %s\n' "$node"
}

# Of the user sensor-http-bridge as they stand in the acl file, but under the bridge's own name where that is in a topic.
# What is handed in over HTTP is published as sensor-http-bridge, whichever bridge it comes by.
bridge_rules() {
  printf '# machine %s: made by machine-access.sh\nuser %s\n' "$node" "$node"
  acl_without_node | awk '/^user / { is_bridge = $2 == "sensor-http-bridge" } is_bridge && /^topic / && $3 !~ /^homeassistant/' |
    sed -E "s,/(rpc-reply|control|status|queue|event)/sensor-http-bridge\$,/\1/$node,"
  printf '# end of machine %s\n' "$node"
}

make_password() {
  local file=$password
  mkdir -p "$dir/machines"
  [ -s "$file" ] && return
  head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$file.new"
  sync "$file.new"
  mv "$file.new" "$file"
}

# What a power cut leaves of either is a machine with rules and without a password, which may be added or removed again.
case $verb in
  add | add-bridge)
    make_password
    [ -z "$token" ] || [ -e "$token" ] || : > "$token"
    { acl_without_node; if [ -z "$token" ]; then rules; else bridge_rules; fi; } > "$dir/machines/acl"
    replace "$acl" < "$dir/machines/acl"
    hash=$dir/machines/$node.hash
    echo "$node:$(head -n 1 "$password")" > "$hash"
    mosquitto_passwd -U "$hash"  # hashes the file in place; no password is on a command line
    { hashes_without_node; cat "$hash"; } > "$hash.all"
    replace "$hashes" < "$hash.all"
    rm "$hash" "$hash.all" "$dir/machines/acl"
    echo "$password"
    ;;
  remove | remove-bridge)
    [ $# -eq 3 ] || usage
    mkdir -p "$dir/machines"
    hashes_without_node > "$dir/machines/hashes"
    replace "$hashes" < "$dir/machines/hashes"
    acl_without_node > "$dir/machines/acl"
    replace "$acl" < "$dir/machines/acl"
    rm -f "$dir/machines/acl" "$dir/machines/hashes"
    [ -n "$token" ] || rm -f "$password"
    ;;
  *) usage ;;
esac
