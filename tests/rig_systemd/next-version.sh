#!/bin/bash
# next-version.sh TREE: makes of a copy of the sources what a next version could be: each schema has one more migration, which
# adds a column, an index and a table, as ADR 9 allows. For PREPARE= of packaging/build-deb.sh.
set -euo pipefail
cd "$1"

# add_migration FOLDER SQL: the newest of the migrations in FOLDER.
add_migration() {
  compgen -G "$1/001_*.sql" > /dev/null || { echo "next-version: $1 has no migrations" >&2; exit 1; }
  echo "$2;" > "$1/999_next.sql"
}

add_migration services/sensor-publisher/outbox/schema \
  'ALTER TABLE reading ADD COLUMN quality INTEGER; CREATE TABLE next_version(x)'
add_migration services/sensor-persistence/store/schema \
  'ALTER TABLE reading ADD COLUMN quality INTEGER; ALTER TABLE stream ADD COLUMN colour TEXT; CREATE INDEX reading_by_quality ON reading(stream, quality); CREATE TABLE next_version(x)'
