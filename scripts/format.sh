#!/usr/bin/env bash
# Lays out the C++ sources as .clang-format says.
#
# usage: scripts/format.sh [--check]        --check: changes nothing, shows what would change, exit code 1 if anything

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/setup.sh"
! odot_help "$odot_root/scripts/format.sh" "$@" || exit 0
case $#-${1-} in
  0- | 1---check) ;;
  *) odot_refuse "expected --check or nothing, found: $*" ;;
esac

odot_setup format
odot_have clang-format-19 || odot_die "clang-format-19 is needed: other versions lay out some lines differently"

cd -- "$odot_root"
sources() { find include tests examples benchmarks -name '*.[ch]pp' -print0; }
if [ "${1-}" = --check ]; then
  sources | xargs -0 clang-format-19 --dry-run -Werror || odot_die "run scripts/format.sh"
else
  sources | xargs -0 clang-format-19 -i
fi
