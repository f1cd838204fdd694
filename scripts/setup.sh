#!/usr/bin/env bash
# Gets this machine ready to build odot: installs what is missing, and nothing where all is there. For Debian and
# Ubuntu; elsewhere it says what is needed and goes on.
#
# usage: scripts/setup.sh [build] [tests] [benchmarks] [data] [format]      (default: build tests)
# The other scripts source it and call odot_setup themselves.

odot_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

odot_say() { printf 'odot: %s\n' "$*"; }
odot_die() {
  printf 'odot: %s\n' "$*" >&2
  exit 1
}

odot_have() { command -v "$1" > /dev/null 2>&1; }

odot_have_header() {
  local folder
  for folder in /usr/include /usr/include/eigen3 /usr/local/include /usr/local/include/eigen3; do
    [ ! -e "$folder/$1" ] || return 0
  done
  return 1
}

odot_as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif odot_have sudo; then
    sudo "$@"
  else
    odot_say "not root, and there is no sudo"
    return 1
  fi
}

# Installs Debian packages; says which.
odot_install() {
  if ! odot_have apt-get; then
    odot_say "missing here: $* (names of Debian packages); there is no apt-get to install them with"
    return 1
  fi
  local log="$odot_root/build/setup.log"
  mkdir -p "$odot_root/build"
  odot_say "installing with apt-get: $*"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
  # The package lists of a fresh machine are empty or old.
  if ! odot_as_root "${install[@]}" > "$log" 2>&1; then
    odot_as_root apt-get update -qq >> "$log" 2>&1 || true
    if ! odot_as_root "${install[@]}" >> "$log" 2>&1; then
      tail -n 5 "$log" >&2
      odot_say "apt-get could not install $* (log: $log)"
      return 1
    fi
  fi
}

odot_cmake_is_new_enough() {
  local version
  odot_have cmake || return 1
  version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
  [ "$(printf '3.24\n%s\n' "$version" | sort -V | head -n 1)" = 3.24 ]
}

# Older distributions have a CMake older than 3.24: one from PyPI then goes into build/cmake, and nowhere else.
odot_local_cmake() {
  local venv="$odot_root/build/cmake"
  if [ ! -x "$venv/bin/cmake" ]; then
    odot_say "CMake 3.24 or later is needed; putting one from PyPI into $venv"
    python3 -c 'import ensurepip' 2> /dev/null || odot_install python3-venv || return 1
    python3 -m venv "$venv" && "$venv/bin/pip" install --quiet 'cmake>=3.24,<4' || return 1
  fi
  PATH="$venv/bin:$PATH"
}

# The compiler must know C++20: GCC 10, Clang 14 or later.
odot_check_compiler() {
  local compiler=${CXX:-c++}
  printf 'template <class T> concept Any = true;\nint main() { return [](Any auto x) { return x; }(0); }\n' |
    "$compiler" -std=c++20 -fsyntax-only -x c++ - 2> /dev/null ||
    odot_die "the compiler '$compiler' does not know C++20; install GCC 11 or later, or name another one in \$CXX"
}

# odot_setup [build] [tests] [benchmarks] [data] [format]: what is needed to build the programs, to test them, to build
# the benchmarks, to download data, to check the format of the sources.
odot_setup() {
  local part packages=()
  for part in "$@"; do
    case $part in
      build)
        odot_have "${CXX:-c++}" || packages+=(g++)
        odot_have make || packages+=(make)
        odot_have cmake || packages+=(cmake)
        odot_have_header Eigen/Core || packages+=(libeigen3-dev)
        odot_have_header zlib.h || packages+=(zlib1g-dev)
        odot_have_header CLI/CLI.hpp || packages+=(libcli11-dev)
        ;;
      tests)
        odot_have_header doctest/doctest.h || packages+=(doctest-dev)
        odot_have pkg-config || packages+=(pkg-config)
        ;;
      benchmarks)
        odot_have_header benchmark/benchmark.h || packages+=(libbenchmark-dev)
        ;;
      data)
        odot_have curl || odot_have wget || packages+=(curl ca-certificates)
        ;;
      format)
        odot_have clang-format-19 || packages+=(clang-format-19)
        ;;
      *) odot_die "setup: unknown part '$part'; there are build, tests, benchmarks, data, format" ;;
    esac
  done
  # What can't be installed may still be found or downloaded by CMake, which says so if not.
  [ ${#packages[@]} = 0 ] || odot_install "${packages[@]}" || odot_say "going on without: ${packages[*]}"
  case " $* " in
    *" build "*)
      odot_cmake_is_new_enough || odot_local_cmake ||
        odot_die "CMake 3.24 or later is needed; see https://cmake.org/download"
      odot_have "${CXX:-c++}" || odot_die "a C++ compiler is needed; install g++"
      odot_check_compiler
      ;;
  esac
}

# odot_step <what> <log> <command...>: runs a long command with its output in a log; says how long it took, and shows
# the end of the log if it failed.
odot_step() {
  local what=$1 log=$2 start=$SECONDS
  shift 2
  mkdir -p "$(dirname "$log")"
  odot_say "$what"
  if ! "$@" > "$log" 2>&1; then
    tail -n 60 "$log" >&2
    odot_die "failed: $what (log: $log)"
  fi
  grep -E -A 4 '^CMake Warning' "$log" || true
  odot_say "  done in $((SECONDS - start)) s"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -eu
  [ $# -gt 0 ] || set -- build tests
  odot_setup "$@"
  odot_say "ready: $*"
fi
