#!/bin/sh
# TensorBoard's files of a trainer, read by the package `tensorboard`: of a whole run, and of one that is killed twice and
# resumed.
#
# usage: check.sh FASHION_MNIST FOLDER [PYTHON]      PYTHON: with the packages tensorboard and pillow; without: exit code 77
set -u
program=$1 folder=$2 python=${3:-python3}
check=$(dirname -- "$0")/check.py
"$python" -c 'import tensorboard, PIL' 2> /dev/null || {
  echo "NOT CHECKED: pip install tensorboard pillow"
  exit 77
}
rm -rf "$folder"
mkdir -p "$folder" || exit 1

fail() {
  echo "$*"
  exit 1
}
train() { # train RUN [OPTION...]
  run=$1
  shift
  exec "$program" --model b --data synthetic --batch-size 256 --threads 1 --epochs 4 --quiet --checkpoint-every 7b --keep 100 \
    --out "$folder/$run" --tensorboard "$folder/$run/events" "$@" > "$folder/$run.txt" 2>&1
}

(train whole) || fail "the run failed"
"$python" "$check" "$folder/whole" "$folder/whole/events" || fail "a whole run"

for step in 21 70; do
  train killed --resume &
  until [ -e "$folder/killed/checkpoint-$step.safetensors" ]; do
    kill -0 $! || fail "the run ended before batch $step"
    sleep 0.05
  done
  sleep 0.1
  kill -KILL $! 2> /dev/null
  wait $! 2> /dev/null
done
(train killed --resume) || fail "the resumed run failed"
cmp "$folder/whole/batches.csv" "$folder/killed/batches.csv" || fail "the resumed run is not the whole one"
"$python" "$check" "$folder/killed" "$folder/killed/events" || fail "a killed and resumed run"
ls "$folder/killed/events"
