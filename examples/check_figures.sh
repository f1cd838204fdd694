#!/bin/sh
# draw_figures draws what a small run has left, and refuses files that are no weights with one line.
#
# usage: check_figures.sh FASHION_MNIST DRAW_FIGURES FOLDER
set -u
train=$1 draw=$2 folder=$3
rm -rf "$folder"
mkdir -p "$folder" || exit 1
fail() {
  echo "$*"
  exit 1
}

"$train" --model single-head --data synthetic --epochs 1 --batch-size 256 --threads 1 --quiet --out "$folder/run" \
  --save "$folder/weights.safetensors" > /dev/null || fail "the training failed"
result=$("$draw" --weights "$folder/weights.safetensors" --run "$folder/run" --data synthetic --sample 3 --out "$folder") ||
  fail "the figures failed"
[ "$result" = "result model=single-head layers=2 heads=1 sample=3" ] || fail "found $result"
for figure in heads-1 heads-2 layers curves; do
  grep -q "^<svg xmlns=" "$folder/$figure.svg" || fail "$figure.svg has no beginning"
  [ "$(tail -n 1 "$folder/$figure.svg")" = "</svg>" ] || fail "$figure.svg has no end"
done
grep -q "softmax, rows" "$folder/heads-1.svg" || fail "heads-1.svg has no labels"
grep -q "with the skip" "$folder/layers.svg" || fail "layers.svg has no labels"

# refused <pattern> <argument>...
refused() {
  pattern=$1
  shift
  ! "$draw" --data synthetic --out "$folder/bad" "$@" > "$folder/output.txt" 2> "$folder/errors.txt" || fail "$*: not refused"
  [ "$(wc -l < "$folder/errors.txt")" -eq 1 ] || fail "$*: expected one line of error"
  grep -q -- "$pattern" "$folder/errors.txt" || fail "$*: expected '$pattern', found $(cat "$folder/errors.txt")"
}
refused 'no-such-file' --weights "$folder/no-such-file"
: > "$folder/empty"
refused 'at byte 0: expected' --weights "$folder/empty"
refused '--sample: expected 0 to ' --weights "$folder/weights.safetensors" --sample 1000000
