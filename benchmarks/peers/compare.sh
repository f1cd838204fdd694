#!/usr/bin/env bash
# Measures odot beside PyTorch, JAX and, where it is installed (Debian: libdlib-dev), dlib, and prints one Markdown
# table. Puts torch, numpy and jax into a Python environment outside the repository ($ODOT_PEERS_VENV, by default
# ~/.cache/odot-peers), builds odot's programs in Release, and runs compare.py.
#
# usage: benchmarks/peers/compare.sh [options of compare.py]        for instance --list, --quick, 'step/*', --threads 1
#        benchmarks/peers/compare.sh attention [options of attention_cost.py]        what attention costs as L grows:
#        for instance --quick, --max-length 2048, --svg FILE

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/../../scripts/setup.sh"

peers=$odot_root/benchmarks/peers
program=compare.py
if [ "${1-}" = attention ]; then
  program=attention_cost.py
  shift
fi
if odot_help "$peers/compare.sh" "$@"; then
  printf '\n'
  python3 -B "$peers/$program" --help
  exit
fi
odot_have python3 || odot_die "python3 is needed"
# Before anything is installed.
case " $* " in *" --list "*) exec python3 -B "$peers/$program" --build "$peers" "$@" ;; esac
python3 -B "$peers/$program" --build "$peers" --check "$@"

venv=${ODOT_PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/odot-peers}
build=$odot_root/build/peers

# Standard output is the table's.
{
  odot_setup build
  if [ ! -x "$venv/bin/python" ]; then
    python3 -c 'import ensurepip' 2> /dev/null || odot_install python3-venv || odot_die "python3-venv is needed"
    odot_say "making a Python environment in $venv"
    python3 -m venv "$venv"
  fi
  for package in torch numpy jax; do
    if ! "$venv/bin/python" -c "import importlib.util, sys; sys.exit(not importlib.util.find_spec('$package'))"; then
      (odot_step "installing $package into $venv" "$build/logs/$package.log" "$venv/bin/pip" install "$package") ||
        odot_say "going on without $package"
    fi
  done
  odot_step "configuring" "$build/logs/configure.log" cmake -S "$odot_root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DODOT_BUILD_TESTS=OFF -DODOT_BUILD_EXAMPLES=OFF
  odot_step "building; a few minutes at first" "$build/logs/build.log" \
    cmake --build "$build" --target peers --parallel "$(odot_jobs)"
} >&2

exec "$venv/bin/python" "$peers/$program" --build "$build" "$@"
