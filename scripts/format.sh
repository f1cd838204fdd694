#!/usr/bin/env bash
# Lays out the C++ sources as .clang-format says.
#
# usage: scripts/format.sh [--check]        --check: changes nothing, shows what would change, exit code 1 if anything
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"

odot_setup format
odot_have clang-format-19 || odot_die "clang-format-19 is needed: other versions lay out some lines differently"

cd "$odot_root"
mkdir -p build
find include tests examples benchmarks -name '*.[ch]pp' -print0 | sort -z > build/sources.txt
if [ "${1-}" = --check ]; then
  xargs -0 clang-format-19 --dry-run -Werror < build/sources.txt || odot_die "run scripts/format.sh"
else
  xargs -0 clang-format-19 -i < build/sources.txt
fi
