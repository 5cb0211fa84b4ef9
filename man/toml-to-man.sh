#!/bin/bash
# toml-to-man.sh FILE.toml: its manual page of section 5 on stdout. Comments become paragraphs, keys stand as they are.
set -euo pipefail
name=$(basename "$1")
if [ "$name" = sensor-recover.toml ]; then
  reader='sensorctl(1) doctor \-\-recover'
  change='A change counts from the next run on, which is within 5 minutes.'
  refused='the run then does nothing, and says so.'
  see='sensorctl(1), sensor-project(7)'
else
  reader="${name%.toml}(8)"
  change=$(printf 'A change counts after\n.PP\n.RS\nsystemctl restart %s\n.RE' "${name%.toml}")
  refused='the service then ends with exit code 78 and is not started again.'
  see="$reader, sensor-project(7)"
fi
cat << END
.TH ${name@U} 5 "" "Sensor Project" "Configuration files"
.SH NAME
$name \\- configuration of $reader
.SH SYNOPSIS
.I /etc/sensor-project/$name
.SH DESCRIPTION
TOML. What follows is the file as it is shipped: every key with its unit, its range and what it trades.
$change
.PP
Unknown keys and values out of range are refused, with the line;
$refused
.SH FILE
END
# roff: a backslash, a leading dot and a leading quote have meanings; "-" is a hyphen unless escaped.
awk '
  function roff(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); sub(/^[.\x27]/, "\\\\\\&&", text); return text }
  function leave_keys() { if (in_keys) print ".fi\n.RE"; in_keys = 0 }
  /^[[:space:]]*$/ { leave_keys(); print ".PP"; next }
  /^# ---- / { leave_keys(); sub(/^# ---- /, ""); sub(/ ----$/, ""); print ".SS " roff($0); next }
  /^# / { if (in_keys) { leave_keys(); print ".PP" } print roff(substr($0, 3)); next }
  { if (!in_keys) print ".RS\n.nf"; in_keys = 1; print roff($0) }
  END { leave_keys() }
' "$1"
cat << END
.SH SEE ALSO
$see
END
