# shellcheck shell=bash
# copy_of_dev.sh: sourced by a test that is called with DEV. Makes $folder with ./dev and what it sources, which goes
# with the test, with $folder/bin for programs of the test's own; and fail(), program(), system().
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/packaging" "$folder/tests"
cp "$1" "$folder/dev"
cp "${1%/*}"/packaging/*.sh "$folder/packaging/"
cp "${1%/*}/tests/programs.sh" "$folder/tests/"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# program NAME: a program of the test's own, from stdin.
program() { cat > "$folder/bin/$1" && chmod +x "$folder/bin/$1"; }

# system: what runs here is Debian 12.
system() {
  printf 'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n' > "$folder/os-release"
  export OS_RELEASE=$folder/os-release
}
