# account.sh: compares what left the machine (files taken.* and published.* of vm.sh) with what the API has. Sourced.

# account_published: every reading that the broker ever had must be at the API. A line is cut short by the power cut at most.
account_published_are_there() {
  sed -nE 's/.*"seq":([0-9]+),"stream":"([^"]+)".*\}$/\2 \1/p' "$vm_folder"/published.* | sort -u > "$api_folder/published"
  api_sql -separator ' ' 'SELECT stream, seq FROM readings' | sort -u > "$api_folder/has"
  comm -23 "$api_folder/published" "$api_folder/has" > "$api_folder/missing"
  echo "      the broker had $(wc -l < "$api_folder/published") single readings; $(wc -l < "$api_folder/missing") of them are not at the API"
  [ -s "$api_folder/published" ] && [ ! -s "$api_folder/missing" ]
}

# A value of the counter names one reading, and the API counts what it was given twice.
account_has_none_twice() {
  local twice
  twice=$(api_sql "SELECT count(*) - count(DISTINCT value) FROM readings WHERE sensor = 'rig.counter'")
  [ "$twice" = 0 ] && [ "$(api_sql "SELECT coalesce(sum(value), 0) FROM counters WHERE name = 'duplicates'")" = 0 ]
}

# Prints for each start of the counter: NAME TAKEN AT_API MISSING HOLES AGE, where HOLES are missing numbers with a later one
# at the API, and AGE is how long before the last sign of life the first of the missing ones was taken, in ms.
account_of_counters() {
  api_sql "SELECT trim(value, '\"') FROM readings WHERE sensor = 'rig.counter'" > "$api_folder/counted"
  awk '
    FNR == NR { split($1, part, "-"); has[$1] = 1; if (part[2] > newest[part[1]]) newest[part[1]] = part[2] + 0; next }
    NF == 3 && $3 ~ /^[0-9]+\.[0-9][0-9]$/ {
      if (!($1 in last)) order[++starts] = $1
      last[$1] = $2 + 0
      seen[$1] = $3
      if (!(($1 "-" $2) in has)) {
        if (!missing[$1]++) first[$1] = $3
        if ($2 < newest[$1]) holes[$1]++
      }
    }
    END {
      for (i = 1; i <= starts; i++) {
        n = order[i]
        printf "%s %d %d %d %d %d\n", n, last[n], newest[n], missing[n], holes[n], missing[n] ? (seen[n] - first[n]) * 1000 : 0
      }
    }' "$api_folder/counted" $(ls -v "$vm_folder"/taken.*)
}

# account_lacks_only_the_last AGE_MS [KILLED KILLED_AGE_MS]: no start of the counter has holes, and what its end lacks was taken
# within AGE_MS; within KILLED_AGE_MS for the first KILLED starts, whose publisher was killed while its sensor spoke on.
account_lacks_only_the_last() {
  account_of_counters > "$api_folder/counters"
  awk '{ taken += $2; missing += $4; holes += $5; if ($4 > most) most = $4; if ($6 > age) age = $6 }
    END { printf "      %d starts of the sensor, %d numbers taken, %d not at the API, at most %d of one start, the oldest of those taken %d ms before its end\n", NR, taken, missing, most, age }' "$api_folder/counters"
  awk -v limit="$1" -v killed="${2:-0}" -v killed_limit="${3:-0}" '
    $5 > 0 || $6 > (NR <= killed ? killed_limit : limit) { bad = 1; print "      " $0 }
    END { exit bad || NR == 0 }' "$api_folder/counters"
}

# The positions of an outbox count everything that it ever took, through all starts; those behind the watermark are in the
# store as well, and wait only for the word that they are.
everything_is_delivered() {
  local taken through gaps
  taken=$(sql /var/lib/sensor-project/publisher/outbox.db "SELECT max(coalesce((SELECT max(position) FROM reading), 0), (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'confirmed'))")
  through=$(sql /var/lib/sensor-project/persistence/store.db 'SELECT sum(through) FROM stream')
  gaps=$(sql /var/lib/sensor-project/persistence/store.db 'SELECT coalesce(sum(last - first + 1), 0) FROM gap')
  [ "$gaps" = 0 ] && [ "$taken" = "$through" ] && [ "$(api_count)" = "$through" ]
}

# Without its words nothing could be compared.
sensor_told_of_starts() { [ "$(find "$vm_folder" -name 'taken.*' -size +0 | wc -l)" -ge "$1" ]; }

# account_check STARTS AGE_MS [KILLED KILLED_AGE_MS]: the checks at the end of a rig. Nothing is taken any more, and all that was taken must have come
# through; the sensor must have spoken after STARTS starts of the machine. The ages: account_lacks_only_the_last.
account_check() {
  inside systemctl stop sensor-publisher
  check "everything that the outbox ever took is at the API, without a gap record" wait_until 120 everything_is_delivered
  check "every reading that the broker had, and the outbox had synced before, is at the API" account_published_are_there
  check "none is there twice, and the API was given none twice" account_has_none_twice
  check "the sensor told of its numbers after each of $1 starts" sensor_told_of_starts "$1"
  check "of what it told only the last is missing, of at most $2 ms" account_lacks_only_the_last "${@:2}"
  check "no database was damaged" [ "$(inside sh -c 'ls /var/lib/sensor-project/*/*.corrupt-* 2> /dev/null | wc -l')" = 0 ]
  echo "      $(api_count) readings at the API"
}
