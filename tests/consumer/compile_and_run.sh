#!/bin/sh
# compile_and_run.sh PROGRAM COMPILER ARGUMENTS...: compiles, with what pkg-config says of odot if $PKG_CONFIG is set,
# and runs the program.
set -eu
program=$1
shift
flags=
[ -z "${PKG_CONFIG-}" ] || flags=$("$PKG_CONFIG" --cflags --libs odot)
# shellcheck disable=SC2086  # the flags are words
"$@" $flags -o "$program"
"$program"
