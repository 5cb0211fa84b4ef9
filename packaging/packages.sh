# packages.sh: what this machine lacks of the lists packages*.txt. Sourced.
# A line of a list is a package, or several of which one will do: `libboost1.83-dev | libboost1.81-dev`.

# wanted_packages LIST...: their lines, without comments and spaces.
wanted_packages() { sed -E 's/#.*//; s/[[:space:]]//g; /^$/d' "$@" | sort -u; }

# missing_packages LIST...: one package for each line of which none is installed.
missing_packages() {
  local installed line
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
  for line in $(wanted_packages "$@"); do
    grep -qxF "${line//|/$'\n'}" <<< "$installed" || first_that_apt_has "${line//|/ }"
  done
}

# first_that_apt_has "PACKAGE...": the first of them where apt has none: then apt says so. What apt has not, it takes for a pattern:
# g++-14 is python3-clang-14 to it.
first_that_apt_has() {
  local package packages
  read -ra packages <<< "$1"
  [ ${#packages[@]} -eq 1 ] || for package in "${packages[@]}"; do
    if LC_ALL=C apt-cache policy "$package" 2> /dev/null |
      awk -v name="$package:" '/^[^ ]/ { here = $0 == name } here && /^ *Candidate: [^(]/ { found = 1 } END { exit !found }'; then
      echo "$package"
      return
    fi
  done
  echo "${packages[0]}"
}
