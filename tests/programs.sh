# programs.sh: which program of tests is meant by a name, as ./dev test takes it. Sourced. CMake writes the list that it reads,
# with a line "PROGRAM SOURCE" for each source of each program.

# programs_of LIST NAME: the programs that are called so, or else have the suite NAME, or else have suites that begin so;
# "Outbox.keeps_order" is of Outbox.
programs_of() {
  local suite=${2%%.*}
  [[ $suite =~ ^[A-Za-z0-9_]+$ ]] || return 0
  if cut -d ' ' -f 1 "$1" | sort -u | grep -E "(^|/)$suite\$"; then return; fi
  programs_with_suite "$1" "$suite" | grep . || programs_with_suite "$1" "$suite[A-Za-z0-9_]*" || true
}

programs_with_suite() {
  { sources_of "$1" | xargs -0 grep -lE "^ *(TYPED_)?(TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\($2," || true; } |
    awk 'NR == FNR { chosen[$0] = 1; next } substr($0, index($0, " ") + 1) in chosen { print $1 }' - "$1" | sort -u
}

# names_of_tests LIST: all names that programs_of knows.
names_of_tests() {
  cut -d ' ' -f 1 "$1" | sed 's|.*/||' | sort -u
  sources_of "$1" |
    xargs -0 sed -nE 's/^ *(TYPED_)?(TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(([A-Za-z0-9_]+),.*/\3/p' | sort -u
}

sources_of() { cut -d ' ' -f 2- "$1" | sort -u | tr '\n' '\0'; }
