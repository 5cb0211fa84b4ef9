#!/bin/bash
# next-version.sh TREE: makes of a copy of the sources what a next version could be: each schema has one more migration, which
# adds a column, an index and a table, as ADR 9 allows. For PREPARE= of packaging/build-deb.sh.
set -euo pipefail
cd "$1"

# add_migration SCHEMA SQL
add_migration() {
  sed -i "s|)sql\"};|)sql\", R\"sql($2)sql\"};|" "$1"
  grep -qF "$2" "$1" || { echo "next-version: $1 has no list of migrations that ends as this one expects" >&2; exit 1; }
}

add_migration services/sensor-publisher/outbox/schema.cpp.in \
  'ALTER TABLE reading ADD COLUMN quality INTEGER; CREATE TABLE next_version(x)'
add_migration services/sensor-persistence/store/schema.cpp.in \
  'ALTER TABLE reading ADD COLUMN quality INTEGER; ALTER TABLE stream ADD COLUMN colour TEXT; CREATE INDEX reading_by_quality ON reading(stream, quality); CREATE TABLE next_version(x)'
