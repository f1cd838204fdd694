#!/usr/bin/env bash
# A tool of compute-sanitizer over a doctest program: a process a test case, several at once, each with a time limit, so
# that what crashes or hangs costs its own case only. Prints one line, then the cases that are not clean.
#
# usage: benchmarks/gpu/sanitize.sh TOOL PROGRAM FOLDER
#   TOOL     memcheck, racecheck, initcheck, synccheck
#   FOLDER   for the logs, one a case
# ODOT_SANITIZE_JOBS: processes at once (half the processors, at most 8); ODOT_SANITIZE_CASE and ODOT_SANITIZE_ALL:
# seconds that a case and all of them may take (60, 150). Exit code 1 unless every case was done, passed and is clean but
# for reports in other libraries' kernels.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/../../scripts/setup.sh"
! odot_help "$odot_root/benchmarks/gpu/sanitize.sh" "$@" || exit 0
[ $# -eq 3 ] || odot_refuse "expected TOOL PROGRAM FOLDER, found $# arguments"
case $1 in
  memcheck | racecheck | initcheck | synccheck) ;;
  *) odot_refuse "TOOL: expected memcheck, racecheck, initcheck or synccheck, found '$1'" ;;
esac
tool=$1 program=$2 folder=$3
case_limit=${ODOT_SANITIZE_CASE:-60} limit=${ODOT_SANITIZE_ALL:-150}

# doctest's filter for exactly this case: a comma and a backslash have a meaning there, a question mark is any character.
filter() {
  local LC_ALL=C  # a question mark is one byte
  printf '%s' "--test-case=${1//[^A-Za-z0-9 .:_<>()=+\/-]/?}"
}

sanitizer() { # sanitizer <number>: the command before the program. API errors: the library checks each call itself.
  printf '%s\n' compute-sanitizer --tool "$tool" --error-exitcode 99 --target-processes application-only \
    --require-cuda-init no --check-exit-code no --show-backtrace device --print-limit 1000 --port $((49152 + 16 * $1))
  [ "$tool" != memcheck ] || printf '%s\n' --report-api-errors no
}

# A kernel of this library has its namespace in its name. Reports of initcheck and racecheck in other libraries' kernels
# alone are told apart: initcheck has some in cuDNN's conversions between layouts.
verdict() { # verdict <exit code> <log>
  local tests reports own
  tests=$(grep -c '^\[doctest\] test cases: *[1-9]' "$2")
  reports=$(grep -c '^=========     at \|^========= [A-Z][a-z]*: Race' "$2")
  own=$(grep '^=========' "$2" | grep -v 'Host Frame' | grep -c odot)
  if [ "$1" -eq 124 ] || [ "$1" -eq 137 ]; then echo 'timed out'
  elif [ "$tests" -gt 0 ] && ! grep -q '^\[doctest\] test cases:.* 0 failed' "$2"; then echo 'test failed'
  elif [ "$tests" -eq 0 ] && [ "$reports" -eq 0 ]; then echo "crashed ($1)"
  elif [ "$tests" -gt 0 ] && [ "$reports" -gt 0 ] && [ "$own" -eq 0 ] && [ "$tool" != memcheck ]; then echo foreign
  elif [ "$reports" -gt 0 ] || grep -q 'SUMMARY: [1-9]' "$2"; then echo errors
  elif ! grep -q 'SUMMARY: 0' "$2"; then echo 'without a summary'
  else echo clean; fi
}

check_case() { # check_case <number> <name>: its verdict goes to <number>.verdict
  local log=$folder/$1.log left=$((limit - SECONDS)) command
  if [ $left -le 0 ]; then
    echo 'not started' > "$folder/$1.verdict"
    return
  fi
  mapfile -t command < <(sanitizer "$1")
  # In the background, so that what stops this script stops the sanitizer, which timeout puts in a group of its own.
  timeout -k 5 $((left < case_limit ? left : case_limit)) \
    "${command[@]}" "$program" "$(filter "$2")" --no-colors=1 > "$log" 2>&1 &
  trap 'kill $!; exit 130' INT TERM
  wait $!
  verdict $? "$log" > "$folder/$1.verdict"
}

trap 'kill $(jobs -rp) 2> /dev/null; exit 130' INT TERM
mkdir -p "$folder"
rm -f "$folder"/*.verdict "$folder"/*.log
mapfile -t names < <("$program" --list-test-cases --no-colors=1 | grep -v '^\[doctest\]\|^===\|^$' | sort -u)
jobs=$(($(odot_jobs) / 2)) && jobs=${ODOT_SANITIZE_JOBS:-$((jobs < 1 ? 1 : jobs < 8 ? jobs : 8))}
for number in "${!names[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  check_case "$number" "${names[number]}" 2> /dev/null &  # the shell says what crashed
done
wait

count() { cat "$folder"/*.verdict | grep -c "$1"; }
clean=$(count '^clean$') errors=$(count '^errors$') foreign=$(count '^foreign$') failed=$(count '^test failed$')
unfinished=$((${#names[@]} - clean - errors - foreign - failed))
echo "$tool: $clean cases clean, $errors with errors, $failed failed, $unfinished not finished, $foreign with reports in" \
  "other libraries' kernels alone; $SECONDS s, $jobs at once"
for number in "${!names[@]}"; do
  verdict=$(cat "$folder/$number.verdict")
  [ "$verdict" = clean ] || echo "  $verdict: \"${names[number]}\" ($folder/$number.log)"
  case $verdict in
    crashed*)
      echo "    for a core: ulimit -c unlimited;" \
        "$(sanitizer "$number" | paste -sd ' ') $program '$(filter "${names[number]}")'"
      ;;
    errors | foreign)
      sed -n 's/^=========     at \(.*\)+0x.*/    in \1/p' "$folder/$number.log" | cut -c 1-160 |
        sort | uniq -c | sort -rn | head -n 3
      ;;
  esac
done
[ ${#names[@]} -gt 0 ] && [ "$((clean + foreign))" -eq ${#names[@]} ]
