#!/bin/sh
# A run in the background: SIGINT, which the shell has it ignore, stays ignored; SIGTERM ends it with its result; while
# it lives, no other run may write to its folder. What else lies in the folder stays as it is.
#
# usage: check_runs.sh TIME_SERIES FOLDER
set -u
program=$1 folder=$2 pid=
rm -rf "$folder"
mkdir -p "$folder" || exit 1

train() { exec "$program" --data synthetic --threads 1 --out "$folder/logs" --epochs "$1"; }
fail() {
  echo "$*"
  cat "$folder"/*.txt
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null
  exit 1
}

train 1000000 > "$folder/output.txt" 2> "$folder/errors.txt" &
pid=$!
waited=0
until [ -s "$folder/output.txt" ]; do
  waited=$((waited + 1))
  [ $waited -lt 60 ] || fail "the run has not begun within a minute"
  sleep 1
done

(train 1) > "$folder/second.txt" 2>&1
code=$?
[ $code -eq 1 ] || fail "a second run in the same folder: expected exit code 1, found $code"
grep -q '^error: .*another run is writing to this folder' "$folder/second.txt" || fail "the second run must say why"

kill -INT "$pid"
sleep 1
kill -0 "$pid" 2> /dev/null || fail "a background job must not end by SIGINT, which it has been told to ignore"
kill -TERM "$pid"
wait "$pid"
code=$?
pid=
[ $code -eq 143 ] || fail "after SIGTERM: expected exit code 143, found $code"
tail -n 1 "$folder/output.txt" | grep -q '^result .* interrupted=1$' || fail "after SIGTERM: expected a result"

(train 1) > "$folder/third.txt" 2>&1 || fail "a run after the others must have the folder"

# What lies in the folder and is none of the run's own files stays as it is.
for file in can-be-written .odot-can-be-written-1 notes.txt; do echo mine > "$folder/logs/$file"; done
(train 1) > "$folder/fourth.txt" 2>&1 || fail "a run in a folder with other files must do its work"
for file in can-be-written .odot-can-be-written-1 notes.txt; do
  [ "$(cat "$folder/logs/$file")" = mine ] || fail "$file was the user's, and has been replaced or removed"
done
[ "$(find "$folder/logs" -name '.odot-can-be-written*' | wc -l)" -eq 1 ] || fail "a file of the run's own is left behind"
