#!/usr/bin/env bash
# Builds odot and runs all its tests; ends with ctest's summary.
#
# usage: scripts/test.sh [--preset release|dev|asan-ubsan|ci] [options of ctest]
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"

preset=release
if [ "${1-}" = --preset ]; then
  preset=${2:?--preset needs a name}
  shift 2
fi

odot_setup build tests
cd "$odot_root"
jobs=$(nproc)
logs=build/logs/$preset
odot_step "configuring ($preset)" "$logs/configure.log" cmake --preset "$preset"
odot_step "building; a few minutes at first" "$logs/build.log" cmake --build --preset "$preset" --parallel "$jobs"
exec ctest --preset "$preset" --parallel "$jobs" --progress "$@"
