#!/bin/sh
# A run that is killed and resumed ends with the files of one that was not interrupted, apart from times. A run that is
# asked to end leaves a checkpoint of its position. A broken checkpoint is skipped, and the one before is taken. If a
# checkpoint can't be written, the run ends with one line, and the last checkpoint is still there.
#
# usage: check_resume.sh TIME_SERIES FOLDER
set -u
program=$1 folder=$2 pid=
rm -rf "$folder"
mkdir -p "$folder" || exit 1

fail() {
  echo "$*"
  cat "$folder"/*.txt
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null
  exit 1
}
# start <run> <argument>...: replaces the shell that calls it; writes to <run>.txt, adds errors to <run>-errors.txt.
start() {
  run=$1
  shift
  exec "$program" --task etth2-6 --data synthetic --threads 1 --out "$folder/$run" "$@" > "$folder/$run.txt" \
    2> "$folder/$run-errors.txt"
}
newest() { find "$folder/$1" -name "checkpoint-*.safetensors" 2> /dev/null | sed 's/.*checkpoint-\([0-9]*\).*/\1/' | sort -n | tail -n 1; }
checkpoint_of() { echo "$folder/$1/seed-1/checkpoint-$2.safetensors"; }
# The table of epochs without the columns of time.
epochs_of() { sed 's/,[^,]*,[^,]*$//' "$folder/$1/seed-1/epochs.csv"; }

# ---- killed at any moment

(start whole --epochs 5 --save "$folder/whole.safetensors") || fail "the run must end"
for delay in 0.1 0.4 0.9 0.6; do
  start killed --epochs 5 --checkpoint-every 7b --resume &
  pid=$!
  sleep $delay
  kill -KILL "$pid" 2> /dev/null
  wait "$pid" 2> /dev/null
  pid=
done
(start killed --epochs 5 --checkpoint-every 7b --resume --save "$folder/killed.safetensors") ||
  fail "the resumed run must end"
cmp "$folder/whole.safetensors" "$folder/killed.safetensors" || fail "the weights differ"
cmp "$folder/whole/seed-1/batches.csv" "$folder/killed/seed-1/batches.csv" || fail "batches.csv differs"
[ "$(epochs_of whole)" = "$(epochs_of killed)" ] || fail "epochs.csv differs"
[ -z "$(find "$folder/killed" -name '*.partial*')" ] || fail "an unfinished file of a killed run is left"

# ---- asked to end, in the middle of an epoch

start asked --epochs 1000000 --checkpoint-every 1000 &
pid=$!
waited=0
until [ -n "$(newest asked)" ] || [ "$waited" -ge 60 ]; do
  waited=$((waited + 1))
  sleep 1
done
kill -TERM "$pid"
wait "$pid"
code=$?
pid=
[ "$code" -eq 143 ] || fail "after SIGTERM: expected exit code 143, found $code"
rows=$(($(wc -l < "$folder/asked/seed-1/batches.csv") - 1))
[ "$(newest asked)" -eq "$rows" ] || fail "$rows batches were done, and the newest checkpoint is after $(newest asked)"
(start asked --epochs 1 --resume) || fail "the run that was asked to end must be resumed"
grep -q "^continues from $(checkpoint_of asked "$rows"), after epoch " "$folder/asked.txt" ||
  fail "a resumed run must say from where it continues"

# ---- a newest checkpoint that is broken

last=$(newest whole)
head -c 1000 "$(checkpoint_of whole "$last")" > "$folder/cut" && mv "$folder/cut" "$(checkpoint_of whole "$last")"
(start whole --epochs 5 --resume --save "$folder/again.safetensors") || fail "the checkpoint before must be taken"
grep -q "^skipped: $(checkpoint_of whole "$last"): at byte " "$folder/whole-errors.txt" || fail "it must say which it skipped"
cmp "$folder/whole.safetensors" "$folder/again.safetensors" || fail "the weights differ after a broken checkpoint"

# ---- a checkpoint that can't be written

before=$(newest killed)
(
  ulimit -f 200 || exit 1 # of 512 bytes, or of 1024
  start killed --epochs 8 --resume
)
code=$?
[ "$code" -eq 1 ] || fail "where files may not be that large: expected exit code 1, found $code"
[ "$(grep -c '^error: .*checkpoint-.*: writing broke off: File too large' "$folder/killed-errors.txt")" -eq 1 ] ||
  fail "it must say why"
[ "$(newest killed)" = "$before" ] || fail "the last checkpoint must still be the newest"
(start killed --epochs 6 --resume) || fail "the run must continue from the last good checkpoint"
