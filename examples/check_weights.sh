#!/bin/sh
# Weights that a trainer has saved give the same accuracy when they are loaded; files that are no such weights are refused
# with one line, and a file that can't be written before the training.
#
# usage: check_weights.sh FASHION_MNIST FOLDER
set -u
program=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder" || exit 1

train() { "$program" --data synthetic --threads 1 --quiet "$@"; }
fail() {
  echo "$*"
  exit 1
}
accuracy() { sed -n 's/^result .* accuracy=\([0-9.]*\) .*/\1/p'; }

# refused <pattern> <argument>...: exit code 1, one line on standard error that has the pattern.
refused() {
  pattern=$1
  shift
  train "$@" > "$folder/output.txt" 2> "$folder/errors.txt"
  code=$?
  [ $code -eq 1 ] || fail "$*: expected exit code 1, found $code"
  [ "$(wc -l < "$folder/errors.txt")" -eq 1 ] || fail "$*: expected one line of error"
  grep -q -- "^error: .*$pattern" "$folder/errors.txt" || fail "$*: expected '$pattern', found $(cat "$folder/errors.txt")"
  ! grep -q '^result' "$folder/output.txt" || fail "$*: there must be no result"
}

trained=$(train --epochs 2 --save "$folder/b.safetensors" | accuracy)
[ -n "$trained" ] || fail "the training gave no result"
loaded=$(train --epochs 0 --seed 7 --weights "$folder/b.safetensors" | accuracy)
[ "$trained" = "$loaded" ] || fail "accuracy: $trained % when saved, $loaded % when loaded"
train --epochs 0 --seed 7 --weights "$folder/b.safetensors" --save "$folder/again.safetensors" > /dev/null ||
  fail "weights must be loaded and saved"
for seed in 7 8; do  # which matters to no network of loaded weights
  train --epochs 0 --seed $seed --weights "$folder/b.safetensors" --onnx "$folder/$seed.onnx" > /dev/null ||
    fail "loaded weights must be exported"
done
[ "$(wc -c < "$folder/7.onnx")" -gt 132336 ] || fail "the exported file is smaller than its weights"
[ "$(wc -c < "$folder/7.onnx")" -eq "$(wc -c < "$folder/8.onnx")" ] || fail "exported files of one network differ"

refused 'expected weights of .* found those of ' --epochs 0 --model a --weights "$folder/b.safetensors"
refused 'no-such-file: ' --epochs 0 --weights "$folder/no-such-file"
: > "$folder/empty"
refused 'at byte 0: expected 8 bytes' --epochs 0 --weights "$folder/empty"
head -c 100000 "$folder/b.safetensors" > "$folder/cut"
refused "cut: at byte [0-9]*: expected offsets within " --epochs 0 --weights "$folder/cut"
refused 'no/such/folder' --epochs 1000000 --save "$folder/no/such/folder/b.safetensors"
refused 'no/such/folder' --epochs 1000000 --onnx "$folder/no/such/folder/b.onnx"
