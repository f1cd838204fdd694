#!/bin/sh
# A run in the background: SIGINT, which the shell has it ignore, stays ignored; SIGTERM ends it with its result; while
# it lives, no other run may write to its folder. What else lies in the folder stays as it is. The folder is whole after
# each run, and its page says what has become of it. A page that can't be written costs no result.
#
# usage: check_runs.sh TIME_SERIES FOLDER
set -u
program=$1 folder=$2 pid=
rm -rf "$folder"
mkdir -p "$folder" || exit 1

train() { # train <epochs> [<argument>...]
  epochs=$1
  shift
  exec "$program" --data synthetic --threads 1 --out "$folder/logs" --epochs "$epochs" "$@"
}
fail() {
  echo "$*"
  cat "$folder"/*.txt
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null
  exit 1
}

# whole <folder>: what a run leaves in any case, and that the page needs nothing else.
whole() {
  for file in config.json log.txt result.json report.html; do
    [ -s "$folder/$1/$file" ] || fail "$1/$file is missing or empty"
  done
  tail -n 1 "$folder/$1/log.txt" | grep -q '^result ' || fail "$1/log.txt: expected the result as its last line"
  if LC_ALL=C grep -q "$(printf '[\r\033]')" "$folder/$1/log.txt"; then fail "$1/log.txt has control codes"; fi
  tail -n 1 "$folder/$1/report.html" | grep -q '^</html>$' || fail "$1/report.html does not end"
  if grep -v 'xmlns' "$folder/$1/report.html" | grep -q 'http:\|https:\|<script\|<link'; then
    fail "$1/report.html: expected a page that needs nothing else"
  fi
}
says() { # says <file> <text>
  grep -q -- "$2" "$folder/$1" || fail "$1: expected $2"
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

whole logs
whole logs/seed-1
says logs/seed-1/report.html 'The training was interrupted: '
says logs/report.html 'The run was interrupted'
says logs/seed-1/result.json '"interrupted": true'
[ -s "$folder/logs/seed-1/weights.safetensors" ] || fail "the weights of the interrupted run are missing"

(train 1) > "$folder/third.txt" 2>&1 || fail "a run after the others must have the folder"
whole logs
whole logs/seed-1
if grep -q 'interrupted' "$folder/logs/seed-1/report.html"; then fail "the page is still the earlier run's"; fi
[ "$(grep -c '^result ' "$folder/logs/log.txt")" -eq 2 ] || fail "log.txt: expected this run alone"
says logs/seed-1/config.json '"seed": 1'
says logs/seed-1/report.html '<h2>Worst mistakes</h2>'
says logs/report.html 'href="seed-1/report.html"'
[ -s "$folder/logs/seed-1/weights.safetensors.earlier" ] || fail "the earlier run's weights must be set aside"

(train 2 --resume) > "$folder/resumed.txt" 2>&1 || fail "the run must be resumed"
whole logs/seed-1
[ "$(grep -c '^epoch ' "$folder/logs/seed-1/log.txt")" -eq 2 ] || fail "log.txt: expected an epoch of each run"
says logs/seed-1/report.html '2 of 2 epochs'

# In the way of the page, since the run has begun.
train 1000000 > "$folder/blocked.txt" 2> "$folder/blocked-errors.txt" &
pid=$!
waited=0
until [ -s "$folder/logs/seed-1/report.html" ] && grep -q '1000000 epochs' "$folder/logs/seed-1/report.html"; do
  waited=$((waited + 1))
  [ $waited -lt 60 ] || fail "the page of the run that has begun has not come within a minute"
  sleep 1
done
rm -f "$folder/logs/seed-1/report.html"
until mkdir "$folder/logs/seed-1/report.html" 2> /dev/null; do rm -f "$folder/logs/seed-1/report.html"; done
kill -TERM "$pid"
wait "$pid"
code=$?
pid=
[ $code -eq 1 ] || fail "a page that can't be written: expected exit code 1, found $code"
tail -n 1 "$folder/blocked.txt" | grep -q '^result .* interrupted=1$' || fail "the result must be printed all the same"
[ "$(grep -c '^error: .*seed-1/report.html' "$folder/blocked-errors.txt")" -eq 1 ] || fail "it must say why, once"
rmdir "$folder/logs/seed-1/report.html"

# What lies in the folder and is none of the run's own files stays as it is.
for file in can-be-written .odot-can-be-written-1 notes.txt; do echo mine > "$folder/logs/$file"; done
(train 1) > "$folder/fourth.txt" 2>&1 || fail "a run in a folder with other files must do its work"
for file in can-be-written .odot-can-be-written-1 notes.txt; do
  [ "$(cat "$folder/logs/$file")" = mine ] || fail "$file was the user's, and has been replaced or removed"
done
[ "$(find "$folder/logs" -name '.odot-can-be-written*' | wc -l)" -eq 1 ] || fail "a file of the run's own is left behind"
