#!/bin/bash
# name_test.sh DEV: which program `./dev test NAME` builds and runs, with a cmake and programs of the test's own.
set -euo pipefail
# shellcheck source=tests/dev_script/copy_of_dev.sh
source "$(dirname "$0")/copy_of_dev.sh"
mkdir -p "$folder/build/dev/tests/unit"
touch "$folder/CMakePresets.json" "$folder"/packages-{build,headers,demo,tests,sanitizers,style}.txt "$folder/build/dev/build.ninja"
for tool in cmake ninja dpkg-query; do
  printf '#!/bin/sh\necho "%s $*" >> %q\n' "$tool" "$folder/calls" > "$folder/bin/$tool"
done
for program in unit_fruit unit_trees; do
  printf '#!/bin/sh\necho "%s $*" >> %q\n' "$program" "$folder/calls" > "$folder/build/dev/tests/unit/$program"
done
chmod +x "$folder"/bin/* "$folder"/build/dev/tests/unit/*
export PATH=$folder/bin:$PATH
printf 'TEST(Apple, falls)\nTEST_F(Pear, hangs) {\nTEST(Shared, x)\n' > "$folder/fruit_test.cpp"
printf '  RC_GTEST_PROP(Oak, grows, ())\nTEST(OakTest, stands)\nTEST_P(Shared, y)\n' > "$folder/a tree_test.cpp"
printf '%s\n' "tests/unit/unit_fruit $folder/fruit_test.cpp" "tests/unit/unit_trees $folder/a tree_test.cpp" > "$folder/build/dev/tests/programs.txt"

expect() { [ "$2" = "$3" ] || fail "$1: '$2' instead of '$3'; it said: $(cat "$folder/said")"; }
# What is built and run for the arguments.
calls() {
  : > "$folder/calls"
  "$folder/dev" test "$@" > "$folder/said" 2>&1 || echo failed
  sed -nE 's/^cmake --build --preset dev -j [0-9]+ --target/build/p; /^unit_/p' "$folder/calls"
}

expect "a program" "$(calls unit_fruit)" $'build unit_fruit\nunit_fruit --gtest_brief=1'
expect "a program, and what GoogleTest gets" "$(calls unit_fruit --gtest_repeat=2)" $'build unit_fruit\nunit_fruit --gtest_brief=1 --gtest_repeat=2'
expect "a suite" "$(calls Pear)" $'build unit_fruit\nunit_fruit --gtest_brief=1 --gtest_filter=Pear*:*/Pear*'
expect "a suite that begins so" "$(calls Appl)" $'build unit_fruit\nunit_fruit --gtest_brief=1 --gtest_filter=Appl*:*/Appl*'
expect "a property" "$(calls Oak)" $'build unit_trees\nunit_trees --gtest_brief=1 --gtest_filter=Oak*:*/Oak*'
expect "a test of a suite" "$(calls Apple.falls)" $'build unit_fruit\nunit_fruit --gtest_brief=1 --gtest_filter=Apple.falls*:*/Apple.falls*'
expect "a suite of two programs" "$(calls Shared)" $'build unit_fruit unit_trees
unit_fruit --gtest_brief=1 --gtest_filter=Shared*:*/Shared*\nunit_trees --gtest_brief=1 --gtest_filter=Shared*:*/Shared*'
expect "a program that is configured is not configured again" "$(grep -c -- '--preset dev' "$folder/calls")" 1

list=build/dev/tests/programs.txt
expect "a name like a program's" "$(calls unit_friut)" failed
expect "what it says to it" "$(tail -n 1 "$folder/said")" \
  "dev: no program of tests and no suite of one is called 'unit_friut'; did you mean 'unit_fruit'? $list lists the programs"
expect "what may be new is looked for once more" "$(grep -c '^ninja -C build/dev build.ninja$' "$folder/calls")" 1
expect "a name like a suite's" "$(calls Appel.falls)" failed
expect "what it says to it" "$(tail -n 1 "$folder/said")" \
  "dev: no program of tests and no suite of one is called 'Appel.falls'; did you mean 'Apple'? $list lists the programs"
expect "a name like none" "$(calls 'Kitchen.*|x')" failed
expect "what it says to it" "$(tail -n 1 "$folder/said")" \
  "dev: no program of tests and no suite of one is called 'Kitchen.*|x'; $list lists the programs"

printf '#!/bin/sh\nexit 3\n' > "$folder/build/dev/tests/unit/unit_fruit"
expect "a program that fails" "$(calls unit_fruit)" $'failed\nbuild unit_fruit'
