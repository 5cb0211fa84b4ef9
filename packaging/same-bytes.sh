#!/bin/bash
# same-bytes.sh DEB DEB: whether two packages are the same to the byte; where not, names the files that differ, and ends with 1.
set -euo pipefail
! cmp --silent "$1" "$2" || exit 0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dpkg-deb --raw-extract "$1" "$folder/a"
dpkg-deb --raw-extract "$2" "$folder/b"
echo "same-bytes: $1 and $2 differ:"
# Names, owners, modes and times first, then contents.
list() { dpkg-deb --fsys-tarfile "$1" | LC_ALL=C TZ=UTC tar --list --verbose --full-time --file -; }
differences=$({
  diff <(list "$1") <(list "$2") | sed -n 's/^[<>] /  listed: /p'
  (cd "$folder" && diff -rq --no-dereference a b) | sed -E 's/^Files a(.*) and b.* differ$/  content: \1/; s/^Only in a/  only in the first: /; s/^Only in b/  only in the second: /'
} || true)
echo "${differences:-  the archives alone, by what compressed them}"
exit 1
