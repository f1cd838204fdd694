#!/bin/sh
# A program whose output is not taken must end with exit code 1 and one line on standard error that says so.
#
# usage: check_output.sh PROGRAM [ARGUMENTS...]
set -u
folder=$(mktemp -d "${TMPDIR:-/tmp}/odot-output.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0

check() { # check <situation>: exit code and standard error are in the folder
  code=$(cat "$folder/code")
  if [ "$code" != 1 ] || [ "$(wc -l < "$folder/errors")" -ne 1 ] ||
    ! grep -q '^error: standard output ' "$folder/errors"; then
    echo "$1: expected exit code 1 and one line about standard output, found exit code $code and:"
    cat "$folder/errors"
    failed=1
  fi
}

if [ -c /dev/full ]; then
  "$@" > /dev/full 2> "$folder/errors"
  echo $? > "$folder/code"
  check "the disk is full"
fi

"$@" >&- 2> "$folder/errors"
echo $? > "$folder/code"
check "standard output is closed"

# The reader is gone before the first write, and SIGPIPE is ignored, as under many servers.
{
  trap '' PIPE
  sleep 1
  "$@" 2> "$folder/errors"
  echo $? > "$folder/code"
} | true
check "the reader is gone"

exit $failed
