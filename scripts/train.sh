#!/usr/bin/env bash
# Trains the paper's model B on Fashion-MNIST: installs what is missing, builds the trainer, finds or downloads the
# data, trains for 10 epochs. The last line is the trainer's result.
#
# usage: scripts/train.sh [options of the trainer]       for instance --epochs 1, --model control, --data FOLDER
# Data is looked for in --data, $ODOT_DATA, ./data and odot's own data/. The trainer's options: --help, once it is built.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/setup.sh"

build=$odot_root/build/train
trainer=$build/examples/fashion_mnist
if odot_help "$odot_root/scripts/train.sh" "$@"; then
  printf '\n'
  [ ! -x "$trainer" ] || exec "$trainer" --help
  printf 'The trainer has not been built yet: scripts/train.sh without --help builds it, and trains.\n'
  exit
fi

# given <option>: whether the user's arguments have it.
arguments=("$@")
given() {
  local argument
  for argument in ${arguments[@]+"${arguments[@]}"}; do
    case $argument in "$1" | "$1"=*) return 0 ;; esac
  done
  return 1
}

has_fashion_mnist() {
  local file
  for file in "$1"/fashion-mnist/train-images*; do
    [ ! -e "$file" ] || return 0
  done
  return 1
}

odot_setup build
odot_step "configuring the trainer" "$build/logs/configure.log" cmake -S "$odot_root" -B "$build" \
  -DCMAKE_BUILD_TYPE=Release -DODOT_BUILD_TESTS=OFF -DODOT_BUILD_BENCHMARKS=OFF
odot_step "building the trainer; about a minute at first" "$build/logs/build.log" \
  cmake --build "$build" --target fashion_mnist --parallel "$(odot_jobs)"

given --model || set -- --model b "$@"
given --epochs || set -- --epochs 10 "$@"
given --batch-size || set -- --batch-size 4096 "$@"
if ! given --data && [ -z "${ODOT_DATA-}" ] && ! has_fashion_mnist data; then
  if has_fashion_mnist "$odot_root/data" || "$odot_root/scripts/get_data.sh" fashion-mnist; then
    set -- --data "$odot_root/data" "$@"
  else
    odot_say "There is no Fashion-MNIST here, and it could not be downloaded. Training on the built-in synthetic set"
    odot_say "instead: the result says nothing about Fashion-MNIST. With a network, run scripts/get_data.sh first."
    set -- --data synthetic "$@"
  fi
fi

exec "$trainer" "$@"
