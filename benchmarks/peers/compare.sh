#!/usr/bin/env bash
# Measures odot beside PyTorch (Python and C++), JAX, mlpack and dlib, those that are there, and prints Markdown tables.
# Builds odot's programs and the C++ peers' in Release in build/peers, and runs compare.py. Installs nothing, and says
# which packages are missing; what they are needed for is "not measured".
#
# usage: benchmarks/peers/compare.sh [--install] [options of compare.py]        for instance --list, --quick, 'step/*',
#        small --threads 1,2
#        benchmarks/peers/compare.sh attention [options of attention_cost.py]        what attention costs as L grows:
#        for instance --quick, --max-length 2048, --svg FILE
#
# --install gets what is missing: by apt-get what builds odot, libdlib-dev, libopenblas-dev and, where the distribution
# has it, libmlpack-dev; from PyPI torch, numpy and jax into a Python environment outside the repository. That is
# $ODOT_PEERS_VENV, by default ~/.cache/odot-peers; without one, python3's packages count.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/../../scripts/setup.sh"

peers=$odot_root/benchmarks/peers
program=compare.py
may_install=
words=()
for word in "$@"; do
  case $word in
    attention) program=attention_cost.py ;;
    --install) may_install=yes ;;
    *) words+=("$word") ;;
  esac
done
set -- ${words[@]+"${words[@]}"}
if odot_help "$peers/compare.sh" "$@"; then
  printf '\n'
  python3 -B "$peers/$program" --help
  exit
fi
odot_have python3 || odot_die "python3 is needed"
# Before anything is installed.
case " $* " in *" --list "*) exec python3 -B "$peers/$program" --build "$peers" "$@" ;; esac
python3 -B "$peers/$program" --build "$peers" --check "$@"

build=$odot_root/build/peers
venv=${ODOT_PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/odot-peers}
missing=()

if [ -z "$may_install" ]; then
  # In place of setup.sh's: the names alone.
  odot_install() { missing+=("$@") && return 1; }
  odot_local_cmake() { return 1; }
fi

odot_has_module() { "$python" -c "import importlib.util, sys; sys.exit(not importlib.util.find_spec('$1'))"; }

# The peers' packages by apt-get.
odot_get_cpp_peers() {
  odot_have_header dlib/dnn.h || odot_install libdlib-dev || true
  odot_have_header cblas.h || odot_have_header x86_64-linux-gnu/cblas.h || odot_install libopenblas-dev || true
  if ! odot_have_header mlpack.hpp && ! grep -q '^ODOT_MLPACK_INCLUDE:PATH=/' "$build/CMakeCache.txt" 2> /dev/null; then
    if [ -n "$(apt-cache search --names-only '^libmlpack-dev$' 2> /dev/null)" ]; then
      odot_install libmlpack-dev || true
    else
      odot_say "apt-get knows no libmlpack-dev here; -DODOT_MLPACK_INCLUDE=… for CMake in $build names a folder of headers"
    fi
  fi
}

# Packages from PyPI.
odot_get_python_peers() {
  local package
  if [ -n "$may_install" ] && [ ! -x "$venv/bin/python" ]; then
    python3 -c 'import ensurepip' 2> /dev/null || odot_install python3-venv || odot_die "python3-venv is needed"
    odot_say "making a Python environment in $venv"
    python3 -m venv "$venv"
  fi
  python=$venv/bin/python
  [ -x "$python" ] || python=$(command -v python3)
  for package in torch numpy jax; do
    if ! odot_has_module "$package"; then
      if [ -n "$may_install" ]; then
        (odot_step "installing $package into $venv" "$build/logs/$package.log" "$venv/bin/pip" install "$package") ||
          odot_say "going on without $package"
      else
        missing+=("$package (PyPI)")
      fi
    fi
  done
}

odot_torch_folder() {
  odot_has_module torch || return 0
  "$python" -c "import importlib.util; print(importlib.util.find_spec('torch').submodule_search_locations[0])"
}

# Standard output is the tables'.
{
  odot_setup build
  odot_get_cpp_peers
  odot_get_python_peers
  if [ ${#missing[@]} != 0 ]; then
    list=$(printf ', %s' "${missing[@]}")
    odot_say "not installed: ${list:2}. compare.sh --install gets them; going on without"
  fi
  odot_step "configuring" "$build/logs/configure.log" cmake -S "$odot_root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DODOT_BUILD_TESTS=OFF -DODOT_BUILD_EXAMPLES=OFF -DODOT_TORCH="$(odot_torch_folder)"
  odot_step "building; a few minutes at first" "$build/logs/build.log" \
    cmake --build "$build" --target peers --parallel "$(odot_jobs)"
  if [ "$program" = compare.py ]; then
    while read -r target; do
      (odot_step "building $target" "$build/logs/$target.log" cmake --build "$build" --target "$target") ||
        odot_say "going on without $target"
    done < "$build/benchmarks/cpp_peers"
  fi
} >&2

exec "$python" "$peers/$program" --build "$build" "$@"
