#!/usr/bin/env bash
# Checks how exact float is, docs/accuracy.md, on every instruction set and with and without fused multiply-adds: builds
# tests/accuracy for each, runs it, and says which bounds did not hold. AArch64 runs in an emulator.
#
# usage: scripts/accuracy.sh [--rows FILE] [configuration...]
#   --rows FILE   append what was measured, a line a row: configuration|layer|device|size|length|output|gradients|bounds
#   configurations: sse2 avx2 avx512 scalar aarch64 clang, each with -off or -fast behind it (-ffp-contract); default: all
#   that this machine can run
set -eu

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; }
case ${1-} in -h | --help) usage && exit 0 ;; esac

# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"

rows=
if [ "${1-}" = --rows ]; then
  rows=${2:?--rows needs a file}
  case $rows in /*) ;; *) rows=$PWD/$rows ;; esac
  shift 2
fi

odot_setup build tests
cd "$odot_root"
folder=build/accuracy
mkdir -p "$folder"
eigen=/usr/include/eigen3
for place in /usr/local/include/eigen3 /usr/include/eigen3; do [ ! -e "$place/Eigen/Core" ] || eigen=$place; done
sources=(tests/main.cpp tests/accuracy/*.cpp)
[ -n "${JOBS-}" ] || JOBS=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 1)

# compiler_of, flags_of, runner_of <configuration without -off and -fast>; empty: not to be had here.
compiler_of() {
  case $1 in
    aarch64) echo aarch64-linux-gnu-g++ ;;
    clang) for name in clang++-19 clang++; do ! odot_have "$name" || { echo "$name" && return; }; done ;;
    *) echo "${CXX:-c++}" ;;
  esac
}
flags_of() {
  case $1 in
    sse2) echo -march=x86-64 ;;
    avx2 | clang) echo -march=haswell ;;
    avx512) echo -march=skylake-avx512 ;;
    scalar) echo "-march=haswell -DEIGEN_DONT_VECTORIZE" ;;
    aarch64) echo -static ;;
  esac
}
has() { grep -qw "$1" /proc/cpuinfo 2> /dev/null; }
runs_here() {
  case $1 in
    aarch64) odot_have aarch64-linux-gnu-g++ && odot_have qemu-aarch64 ;;
    avx512) has avx512f && has avx512bw && has avx512dq && has avx512vl && has avx512cd ;;
    avx2 | scalar) has avx2 && has fma ;;
    clang) has avx2 && has fma && [ -n "$(compiler_of clang)" ] ;;
    sse2) has sse2 ;;
    *) odot_die "unknown configuration '$1'; there are sse2, avx2, avx512, scalar, aarch64 and clang, with -off or -fast" ;;
  esac
}

if [ $# = 0 ]; then
  odot_have aarch64-linux-gnu-g++ && odot_have qemu-aarch64 ||
    odot_install g++-aarch64-linux-gnu qemu-user || odot_say "going on without AArch64"
  set --
  for kind in sse2 avx2 avx512 scalar aarch64 clang; do
    if runs_here "$kind"; then
      set -- "$@" "$kind-off" "$kind-fast"
    else
      odot_say "NOT CHECKED: $kind can't run here"
    fi
  done
fi

# One object a source and configuration, as many at a time as there are processors.
commands=$folder/commands.txt
: > "$commands"
for configuration in "$@"; do
  kind=${configuration%-*} contract=${configuration##*-}
  case $contract in off | fast) ;; *) odot_die "configuration '$configuration': -off or -fast is missing" ;; esac
  runs_here "$kind" || odot_die "$kind can't run here"
  mkdir -p "$folder/$configuration"
  for source in "${sources[@]}"; do
    printf '%s -std=c++20 -O1 -DNDEBUG %s -ffp-contract=%s -Iinclude -Itests -isystem %s -c %s -o %s\n' \
      "$(compiler_of "$kind")" "$(flags_of "$kind")" "$contract" "$eigen" "$source" \
      "$folder/$configuration/$(basename "$source" .cpp).o" >> "$commands"
  done
done
# shellcheck disable=SC2016  # the inner shell expands it
odot_step "compiling $# configurations" "$folder/compile.log" \
  xargs -P "$JOBS" -d '\n' -n 1 -a "$commands" sh -c 'eval "$0" || exit 255'

failed=
for configuration in "$@"; do
  kind=${configuration%-*}
  program=$folder/$configuration/accuracy
  # shellcheck disable=SC2046  # flags are words
  "$(compiler_of "$kind")" $(flags_of "$kind") "$folder/$configuration"/*.o -o "$program"
  runner=() most=
  if [ "$kind" = aarch64 ]; then
    runner=(env ODOT_ACCURACY_LONGEST=4000 qemu-aarch64) most=", sums of at most 4,000 terms, since it is emulated"
  fi
  found=$folder/$configuration/rows.txt
  rm -f "$found"
  start=$SECONDS
  if ODOT_ACCURACY_ROWS=$found ${runner[@]+"${runner[@]}"} "$program" > "$folder/$configuration/log.txt" 2>&1; then
    odot_say "$configuration: $(grep -c . "$found") rows within their bounds$most ($((SECONDS - start)) s)"
  else
    failed="$failed $configuration"
    tail -n 30 "$folder/$configuration/log.txt"
    odot_say "$configuration: FAILED (log: $folder/$configuration/log.txt)"
  fi
  [ -z "$rows" ] || [ ! -e "$found" ] || sed "s/^/$configuration|/" "$found" >> "$rows"
done
[ -z "$failed" ] || odot_die "bounds did not hold:$failed"
