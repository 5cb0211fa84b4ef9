#!/bin/bash
# deps_test.sh DEV: what `./dev deps` asks apt for, with a dpkg and an apt of the test's own.
set -euo pipefail
# shellcheck source=tests/dev_script/copy_of_dev.sh
. "$(dirname "${BASH_SOURCE[0]}")/copy_of_dev.sh"

# The system: what is installed, what apt has, and whether the first installation fails.
program dpkg-query << END
#!/bin/sh
sed 's/^/installed /' $folder/installed
END
program apt-cache << END
#!/bin/sh
[ "\$2" != libnew-dev ] || printf 'python3-libnew-dev:\n  Candidate: 1.0\n' # as apt takes a name for a pattern
echo "\$2:"
if grep -qx "\$2" $folder/available; then echo "  Candidate: 1.0"; else echo "  Candidate: (none)"; fi
END
program apt-get << END
#!/bin/sh
case " \$* " in *" --assume-no "*)
  echo "0 upgraded, 3 newly installed, 0 to remove and 9 not upgraded."
  echo "Need to get 1,234 kB/5,678 kB of archives."
  echo "After this operation, 17.5 MB of additional disk space will be used."
  exit 1 ;;
esac
[ "\$1" != update ] || { cp $folder/after_update $folder/available; exit 0; }
for package; do :; done
echo "\$package" >> $folder/asked
grep -qx "\$package" $folder/available
END
program sudo << 'END'
#!/bin/sh
exec "$@"
END
printf 'cmake\nlibnew-dev | libold-dev   # one of them\n' > "$folder/packages-build.txt"
touch "$folder"/packages-{headers,demo,tests,sanitizers,style}.txt
system

# deps INSTALLED AVAILABLE [AFTER_UPDATE]: each a list; prints what apt-get was asked to install.
deps() {
  tr ' ' '\n' <<< "$1" > "$folder/installed"
  tr ' ' '\n' <<< "$2" > "$folder/available"
  tr ' ' '\n' <<< "${3:-$2}" > "$folder/after_update"
  : > "$folder/asked"
  PATH=$folder/bin:$PATH "$folder/dev" deps > "$folder/said" 2>&1 || echo failed
  cat "$folder/asked"
}
expect() { [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'; it said: $(cat "$folder/said")"; }

expect "the first that apt has" "$(deps cmake 'libold-dev libnew-dev')" libnew-dev
expect "another where apt has no first" "$(deps cmake libold-dev)" libold-dev
expect "what it will take is said" "$(sed -n 's/^dev: installing/installing/p' "$folder/said")" \
  "installing with apt-get$([ "$(id -u)" -eq 0 ] || echo ' (sudo)') 3 packages, 1,234 kB to fetch, 17.5 MB on disk: libold-dev and what these need"
expect "nothing where the first is installed" "$(deps 'cmake libnew-dev' libold-dev)" ''
expect "nothing where another is installed" "$(deps 'cmake libold-dev' 'libold-dev libnew-dev')" ''
expect "a package whose name begins like an installed one" "$(deps 'cmake libold-dev-more' libold-dev)" libold-dev
expect "one of no choice" "$(deps libold-dev cmake)" cmake
# apt's lists were old: the choice is made again once they are new.
expect "a choice by new lists" "$(deps cmake nothing libold-dev | tail -n 1)" libold-dev

# A system that this is not for: one line, and apt is asked nothing.
refused() {
  printf '%s\n' "$@" > "$folder/os-release"
  expect "$*" "$(deps cmake libold-dev)" failed
  expect "what it says to $*" "$(cat "$folder/said")" \
    "dev: this builds on Debian 12 and 13, and Raspberry Pi OS of these; here is $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' "$folder/os-release"). With Docker it runs anywhere: compose/README.md"
}
refused ID=ubuntu VERSION_CODENAME=noble 'PRETTY_NAME="Ubuntu 24.04.1 LTS"'
refused ID=debian VERSION_CODENAME=bullseye 'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"'
refused ID=debian 'PRETTY_NAME="Debian GNU/Linux forky/sid"'
refused ID=arch 'PRETTY_NAME="Arch Linux"'
# There, without dpkg.
mkdir "$folder/few"
for tool in bash dirname sed sort grep cat nproc awk; do ln -s "$(command -v $tool)" "$folder/few/$tool"; done
PATH=$folder/few "$folder/dev" deps > "$folder/said" 2>&1 && fail "without dpkg it ends well"
expect "what it says without dpkg" "$(wc -l < "$folder/said") $(grep -c 'here is Arch Linux\. With Docker' "$folder/said")" "1 1"

# Raspberry Pi OS of 32 bits has an ID of its own; each suite is taken.
printf '%s\n' ID=raspbian VERSION_CODENAME=trixie > "$folder/os-release"
expect "Raspberry Pi OS" "$(deps cmake libnew-dev)" libnew-dev

# What Debian starts with a package is told of what is installed, and of nothing else.
printf 'mosquitto\nprometheus\n' >> "$folder/packages-build.txt"
notes() { deps "cmake libold-dev $1" 'mosquitto prometheus' > /dev/null; sed -n 's/^dev: note: .* starts \(.*\) with the package .*/\1/p' "$folder/said"; }
expect "a broker is told of" "$(notes prometheus)" "a broker of its own on port 1883"
expect "Prometheus is told of" "$(notes mosquitto)" "Prometheus on port 9090"
expect "what is there already is not told of" "$(notes 'mosquitto prometheus')" ''
