#!/usr/bin/env bash
# Gets this machine ready to build odot: installs what is missing, and nothing where all is there. For Debian and
# Ubuntu; elsewhere it says what is needed and goes on.
#
# usage: scripts/setup.sh [build] [tests] [benchmarks] [data] [format]      (default: build tests)

# The other scripts source it and call odot_setup themselves.
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# What would change the meaning of cd, of grep and of bash itself.
unset CDPATH GREP_OPTIONS POSIXLY_CORRECT

odot_root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}" 2> /dev/null || printf %s "${BASH_SOURCE[0]}")")/.." && pwd)

odot_say() { printf 'odot: %s\n' "$*"; }
odot_die() {
  printf 'odot: %s\n' "$*" >&2
  exit 1
}
# A wrong command line.
odot_refuse() {
  printf 'odot: %s; see --help\n' "$*" >&2
  exit 2
}

# odot_help <script> [<arguments>...]: whether the arguments ask for help, which is the comment that the script begins
# with.
odot_help() {
  local script=$1 argument
  shift
  for argument in "$@"; do
    case $argument in
      -h | --help)
        sed -n '2,/^$/s/^# \{0,1\}//p' "$script"
        return 0
        ;;
    esac
  done
  return 1
}

odot_have() { command -v "$1" > /dev/null 2>&1; }

odot_have_header() {
  local folder
  for folder in /usr/include /usr/include/eigen3 /usr/local/include /usr/local/include/eigen3; do
    [ ! -e "$folder/$1" ] || return 0
  done
  return 1
}

# The number of processors.
odot_jobs() { nproc 2> /dev/null || getconf _NPROCESSORS_ONLN 2> /dev/null || sysctl -n hw.ncpu 2> /dev/null || echo 1; }

# The SHA-256 of standard input.
odot_sha256() {
  if odot_have sha256sum; then
    sha256sum
  elif odot_have shasum; then
    shasum -a 256
  elif odot_have openssl; then
    openssl dgst -sha256 -r
  elif odot_have python3; then
    python3 -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest(), "-")'
  else
    odot_die "checksums need sha256sum, shasum, openssl or python3; install one of them"
  fi | cut -d ' ' -f 1
}

# Makes folders in the repository's.
odot_make_folder() {
  { mkdir -p "$1" 2> /dev/null && [ -w "$1" ]; } ||
    odot_die "can't write to $1; copy the repository to a folder that you can write to"
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
  odot_make_folder "$odot_root/build"
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
  [ "${version%%.*}" -gt 3 ] || { [ "${version%%.*}" -eq 3 ] && [ "${version#*.}" -ge 24 ]; }
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

# The compiler's command, in the array `compiler`: like CMake's, $CXX may have arguments.
odot_find_compiler() {
  compiler=("${CXX:-c++}")
  # shellcheck disable=SC2206
  odot_have "${compiler[0]}" || compiler=(${CXX:-c++})
}

# It must know C++20: GCC 10, Clang 14 or later.
odot_check_compiler() {
  printf 'template <class T> concept Any = true;\nint main() { return [](Any auto x) { return x; }(0); }\n' |
    "${compiler[@]}" -std=c++20 -fsyntax-only -x c++ - 2> /dev/null ||
    odot_die "the compiler '${compiler[*]}' does not know C++20; install GCC 11 or later, or name another one in \$CXX"
}

odot_parts='build tests benchmarks data format'

# odot_setup <part>...: what is needed to build the programs, to test them, to build the benchmarks, to download data, to
# check the format of the sources.
odot_setup() {
  local part compiler packages=()
  odot_find_compiler
  for part in "$@"; do
    case $part in
      build)
        odot_have "${compiler[0]}" || packages+=(g++)
        odot_have make || packages+=(make)
        odot_have cmake || packages+=(cmake)
        odot_have_header Eigen/Core || packages+=(libeigen3-dev)
        odot_have_header zlib.h || packages+=(zlib1g-dev)
        odot_have_header CLI/CLI.hpp || packages+=(libcli11-dev)
        odot_have_header nlohmann/json.hpp || packages+=(nlohmann-json3-dev)
        odot_have_header protozero/pbf_writer.hpp || packages+=(libprotozero-dev)
        odot_have_header stb/stb_image.h || odot_have_header stb_image.h || packages+=(libstb-dev)
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
    esac
  done
  # What can't be installed may still be found or downloaded by CMake, which says so if not.
  [ ${#packages[@]} = 0 ] || odot_install "${packages[@]}" || odot_say "going on without: ${packages[*]}"
  case " $* " in
    *" build "*)
      odot_cmake_is_new_enough || odot_local_cmake ||
        odot_die "CMake 3.24 or later is needed; see https://cmake.org/download"
      odot_have "${compiler[0]}" || odot_die "there is no C++ compiler '${compiler[0]}'; install g++"
      odot_check_compiler
      ;;
  esac
}

# odot_step <what> <log> <command...>: runs a long command with its output in a log; says how long it took, and shows
# the end of the log if it failed.
odot_step() {
  local what=$1 log=$2 start=$SECONDS
  shift 2
  odot_make_folder "$(dirname -- "$log")"
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
  ! odot_help "${BASH_SOURCE[0]}" "$@" || exit 0
  [ $# -gt 0 ] || set -- build tests
  for part in "$@"; do
    case " $odot_parts " in
      *" $part "*) ;;
      *) odot_refuse "unknown part '$part'; there are $odot_parts" ;;
    esac
  done
  odot_setup "$@"
  odot_say "ready: $*"
fi
