# backup.sh: the parts of the systemd rig about `sensorctl backup` and `restore`, and about moving to another disk, as
# docs/guides/backup-and-moving.md has them. After the account: a restored store starts another one. Sourced by run.sh, after
# checks.sh and doctor.sh.

rig_store=/var/lib/sensor-project/persistence/store.db
rig_backup=/root/rig-backup

store_id() { sql "$1" 'SELECT id FROM store'; }
stored() { sql "$1" 'SELECT count(*) FROM reading' 2> /dev/null || echo 0; }
owner_and_mode() { inside stat -c '%U:%G %a' "$1"; }
# With the services: of a target alone systemctl does not wait for what belongs to it.
stop_all() { inside systemctl stop sensor-recover.timer sensor-project.target sensor-publisher sensor-persistence sensor-http-bridge; }
start_all() { inside systemctl start sensor-project.target sensor-recover.timer; }

part_backup() {
  local before_id before_owner
  inside rm -rf $rig_backup
  check "sensorctl backup copies outbox and store while they are in use" inside sensorctl backup $rig_backup
  check "the copies are whole" copies_are_whole
  check "and say what they are" inside grep -q '^\[store\]' $rig_backup/manifest.toml
  check "only root may read them" [ "$(owner_and_mode $rig_backup/store.db)" = 'root:root 600' ]
  check "a backup overwrites nothing" refuses 'is there already' sensorctl backup $rig_backup
  check "sensorctl restore refuses while a service has the files" refuses 'is in use by sensor-' sensorctl restore $rig_backup
  before_id=$(store_id $rig_store)
  before_owner=$(owner_and_mode $rig_store)
  stop_all
  inside rm -f $rig_store $rig_store-wal $rig_store-shm
  check "it restores both while they are stopped" inside sensorctl restore $rig_backup
  check "the restored store is another store" [ "$(store_id $rig_store)" != "$before_id" ]
  check "with the owner and the mode that a store has" [ "$(owner_and_mode $rig_store)" = "${before_owner% *} 600" ]
  check "the outbox is put beside the one that is there" there_is /var/lib/sensor-project/publisher/outbox.db.restored
  start_all
  check "readings flow after that" readings_flow 60
  check "the publisher has joined the two" inside test ! -e /var/lib/sensor-project/publisher/outbox.db.restored
  check "the outbox that was there is moved aside" there_is '/var/lib/sensor-project/publisher/outbox.db.before-restore-*'
  part_backup_of_what_was_planted
  inside rm -rf $rig_backup
}

refuses() {
  local wanted=$1 said
  shift
  ! said=$(inside "$@" 2>&1) && grep -qF "$wanted" <<< "$said"
}

copies_are_whole() {
  local file
  for file in outbox store; do [ "$(sql -readonly $rig_backup/$file.db 'PRAGMA integrity_check')" = ok ] || return 1; done
}

# What a service may have put in the place of its database leads root nowhere.
part_backup_of_what_was_planted() {
  local kind
  inside systemctl stop sensor-recover.timer sensor-persistence
  inside mv $rig_store $rig_store.kept
  for kind in 'mkfifo' 'ln -s /etc/shadow' 'mkdir' 'truncate -s 100G'; do
    inside runuser -u sensor-persistence -- sh -c "$kind $rig_store"
    check "backup of a store made by '$kind' copies nothing" refuses 'no backup was made' timeout 30 sensorctl backup $rig_backup.planted
    check "and the doctor ends in time" doctor_ends_in_time
    inside rm -rf $rig_store $rig_backup.planted.partial
  done
  inside mv $rig_store.kept $rig_store
  inside systemctl start sensor-persistence sensor-recover.timer
  check "readings flow after what was planted" readings_flow 30
}

doctor_ends_in_time() { inside timeout 60 sensorctl doctor > /dev/null; [ $? -ne 124 ]; }

# A small file system takes the part of the disk.
part_another_disk() {
  local configuration=/etc/sensor-project/sensor-persistence.toml disk=/mnt/ssd count
  inside mkdir -p $disk
  inside mount -t tmpfs -o size=64m tmpfs $disk
  inside systemctl stop sensor-recover.timer sensor-persistence
  inside install -d -o sensor-persistence -g sensor-persistence -m 0750 $disk/persistence
  inside sh -c "cp -a $rig_store* $disk/persistence/"
  inside cp -p $configuration /root/persistence.toml
  inside sed -i "s|^path = .*|path = \"$disk/persistence/store.db\"|" $configuration
  inside systemctl start --no-block sensor-persistence
  check "a path that the sandbox forbids is refused with the drop-in that allows it" wait_until 20 \
    journal_has sensor-persistence "systemctl edit sensor-persistence, \[Service\], ReadWritePaths=$disk/persistence"
  inside systemctl stop sensor-persistence
  put /etc/systemd/system/sensor-persistence.service.d/override.conf < <(guide_drop_in)
  inside systemctl daemon-reload
  count=$(stored $rig_store)
  inside systemctl start sensor-persistence
  check "with the drop-in of the guide the store is on the other disk" wait_until 20 is_active sensor-persistence
  check "and has what it had" [ "$(stored $disk/persistence/store.db)" -ge "$count" ]
  check "readings flow there" readings_flow 30
  check "the service says that a tmpfs is in memory" journal_has sensor-persistence 'store.db is in memory \(tmpfs\)'
  check "and the doctor" finds storage warning $disk/persistence
  inside systemctl stop sensor-persistence
  inside sh -c "cp -a $disk/persistence/store.db* ${rig_store%/*}/ && mv /root/persistence.toml $configuration"
  inside rm -r /etc/systemd/system/sensor-persistence.service.d
  inside systemctl daemon-reload
  inside umount $disk
  inside systemctl start sensor-persistence sensor-recover.timer
  check "readings flow after that" readings_flow 30
}

guide_drop_in() { sed -n '/^## On another disk/,/^## Another name/p' docs/guides/backup-and-moving.md | awk '/^```/ { block = $0 == "```ini"; next } block'; }
