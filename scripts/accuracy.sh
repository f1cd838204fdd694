#!/usr/bin/env bash
# Checks how exact float is, docs/accuracy.md, on every instruction set and with and without fused multiply-adds: builds
# tests/accuracy for each, runs it, and says which bounds did not hold. AArch64 runs in an emulator.
#
# usage: scripts/accuracy.sh [--rows FILE] [CONFIGURATION...]
#   --rows FILE     appends what was measured: configuration|layer|device|size|length|output|gradients|bounds
#   CONFIGURATION   sse2, avx2, avx512, scalar, aarch64 or clang, with -off or -fast behind it, which is -ffp-contract;
#                   default: all that this machine can run

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/setup.sh"
! odot_help "$odot_root/scripts/accuracy.sh" "$@" || exit 0

rows=
if [ "${1-}" = --rows ]; then
  [ -n "${2-}" ] || odot_refuse "--rows needs a file"
  case $2 in /*) rows=$2 ;; *) rows=$PWD/$2 ;; esac
  shift 2
fi
for configuration in "$@"; do
  case $configuration in
    sse2-off | avx2-off | avx512-off | scalar-off | aarch64-off | clang-off) ;;
    sse2-fast | avx2-fast | avx512-fast | scalar-fast | aarch64-fast | clang-fast) ;;
    *) odot_refuse "expected configurations such as avx2-off and aarch64-fast, found '$configuration'" ;;
  esac
done

odot_setup build tests
odot_find_compiler
cd -- "$odot_root"
folder=build/accuracy
mkdir -p "$folder"
eigen=/usr/include/eigen3
[ ! -e /usr/local/include/eigen3/Eigen/Core ] || eigen=/usr/local/include/eigen3
# All of the tests in one source: half of each one's time to compile is the library and Eigen.
sources=(tests/main.cpp "$folder/tests.cpp")
printf '#include "%s"\n' "$odot_root"/tests/accuracy/*.cpp > "$folder/tests.cpp.new"
cmp -s "$folder/tests.cpp.new" "$folder/tests.cpp" || mv "$folder/tests.cpp.new" "$folder/tests.cpp"

# compiler_of, flags_of, runner_of <configuration without -off and -fast>; empty: not available.
compiler_of() {
  case $1 in
    aarch64) echo aarch64-linux-gnu-g++ ;;
    clang) for name in clang++-19 clang++; do ! odot_have "$name" || { echo "$name" && return; }; done ;;
    *) echo "${compiler[*]}" ;;
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
  esac
}

[ $# -gt 0 ] || set -- {sse2,avx2,avx512,scalar,aarch64,clang}-{off,fast}
case " $* " in
  *" aarch64-"*) runs_here aarch64 || odot_install g++-aarch64-linux-gnu qemu-user || true ;;
esac
configurations=()
for configuration in "$@"; do
  if runs_here "${configuration%-*}"; then
    configurations+=("$configuration")
  else
    odot_say "NOT CHECKED: $configuration can't run here"
  fi
done
[ ${#configurations[@]} -gt 0 ] || odot_die "none of these configurations can run here: $*"
set -- "${configurations[@]}"

# As many objects or programs at a time as there are processors, the emulated ones first, which take longest; objects that
# have not changed stay.
makefile=$folder/makefile
printf 'all:\n-include %s/*/*.d\n' "$folder" > "$makefile"
for configuration in $(printf '%s\n' "$@" | grep aarch64 || true) $(printf '%s\n' "$@" | grep -v aarch64 || true); do
  kind=${configuration%-*} contract=${configuration##*-} here=$folder/$configuration
  command="$(compiler_of "$kind") $(flags_of "$kind")"
  # GCC's garbage collection takes a twelfth of the time to compile.
  [ "$kind" = clang ] || command="$command --param=ggc-min-expand=100 --param=ggc-min-heapsize=600000"
  mkdir -p "$here"
  rm -f "$here/outcome.txt" "$here/rows.txt"
  for source in "${sources[@]}"; do
    object=$here/$(basename "$source" .cpp).o
    printf '%s: %s scripts/accuracy.sh\n\t%s -std=c++20 -O1 -DNDEBUG -ffp-contract=%s -Iinclude -Itests -isystem %s -MMD -MP -c %s -o %s\n' \
      "$object" "$source" "$command" "$contract" "$eigen" "$source" "$object" >> "$makefile"
  done
  runner="ODOT_ACCURACY_ROWS=$here/rows.txt"
  [ "$kind" != aarch64 ] || runner="$runner ODOT_ACCURACY_WORK=2e7 qemu-aarch64"
  printf 'all: %s/outcome.txt\n%s/outcome.txt: %s/main.o %s/tests.o\n\t%s %s/main.o %s/tests.o -o %s/accuracy\n' \
    "$here" "$here" "$here" "$here" "$command" "$here" "$here" "$here" >> "$makefile"
  # shellcheck disable=SC2016  # the shell's variables are the recipe's
  printf '\tstart=$$(date +%%s); %s %s/accuracy > %s/log.txt 2>&1; echo "$$? $$(($$(date +%%s) - start))" > $@\n' \
    "$runner" "$here" "$here" >> "$makefile"
done
odot_step "compiling and running $# configurations" "$folder/compile.log" make -f "$makefile" -j "$(odot_jobs)" all

failed=
for configuration in "$@"; do
  found=$folder/$configuration/rows.txt most=
  [ "${configuration%-*}" != aarch64 ] || most=", without the longest sequences, since it is emulated"
  read -r status seconds < "$folder/$configuration/outcome.txt"
  if [ "$status" = 0 ]; then
    odot_say "$configuration: $(grep -c . "$found") rows within their bounds$most ($seconds s)"
  else
    failed="$failed $configuration"
    tail -n 30 "$folder/$configuration/log.txt"
    odot_say "$configuration: FAILED (log: $folder/$configuration/log.txt)"
  fi
  [ -z "$rows" ] || [ ! -e "$found" ] || sed "s/^/$configuration|/" "$found" >> "$rows"
done
[ -z "$failed" ] || odot_die "bounds did not hold:$failed"
