#!/usr/bin/env bash
# Builds odot and runs all its tests; ends with ctest's summary.
#
# usage: scripts/test.sh [--preset PRESET] [options of ctest]
#   --preset PRESET   release (the default), dev, asan-ubsan, ci, gpu-on-host, gpu-on-one-thread or cuda

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/setup.sh"
! odot_help "$odot_root/scripts/test.sh" "$@" || exit 0

preset=release
case ${1-} in
  --preset)
    preset=${2-}
    shift $(($# < 2 ? $# : 2))
    ;;
  --preset=*)
    preset=${1#*=}
    shift
    ;;
esac
case $preset in
  release | dev | asan-ubsan | ci | gpu-on-host | gpu-on-one-thread | cuda) ;;
  *) odot_refuse "--preset: expected release, dev, asan-ubsan, ci, gpu-on-host, gpu-on-one-thread or cuda, found '$preset'" ;;
esac

odot_setup build tests
cd -- "$odot_root"
# ctest passes over what it does not know, and would then run everything.
known=" $(ctest --help | grep -oE -- '-[-A-Za-z0-9]+' | tr '\n' ' ') "
for argument in "$@"; do
  case $argument$known in
    -j[0-9]* | [!-]*) ;;
    *" ${argument%%=*} "*) ;;
    *) odot_refuse "ctest has no option '$argument'" ;;
  esac
done
jobs=$(odot_jobs)
logs=build/logs/$preset
odot_step "configuring ($preset)" "$logs/configure.log" cmake --preset "$preset"
odot_step "building; a few minutes at first" "$logs/build.log" cmake --build --preset "$preset" --parallel "$jobs"
exec ctest --preset "$preset" --parallel "$jobs" --progress "$@"
