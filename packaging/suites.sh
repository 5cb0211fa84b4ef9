# suites.sh: the releases of Debian that this project is built, tested and packaged on. Sourced.

# suite_number SUITE: as package versions carry it, ~deb12; fails for one that is not among them.
suite_number() {
  case $1 in
    bookworm) echo 12 ;;
    trixie) echo 13 ;;
    *) return 1 ;;
  esac
}

# of_this_system NAME: a line of os-release. OS_RELEASE: another file, for a test.
of_this_system() (
  # shellcheck disable=SC1090
  . "${OS_RELEASE:-/etc/os-release}" 2> /dev/null && echo "${!1:-}"
)

# The suite of this machine: Debian's, or that of the Raspberry Pi OS made of it. Fails where it is not among them.
suite_here() {
  local suite
  [[ $(of_this_system ID) =~ ^(debian|raspbian)$ ]] || return 1
  suite=$(of_this_system VERSION_CODENAME)
  suite_number "$suite" > /dev/null || return 1
  echo "$suite"
}
