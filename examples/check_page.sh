#!/bin/sh
# The page of a trainer of images has the pictures that the network is most wrong about, the confusion matrix with the
# classes' names, and the settings; it is small, and needs nothing but itself.
#
# usage: check_page.sh TRAINER FOLDER
set -u
program=$1 folder=$2
rm -rf "$folder"
mkdir -p "$folder" || exit 1
out="$folder/a & <b>"

fail() {
  echo "$*"
  exit 1
}
says() { # says <file> <text>
  grep -q -F -- "$2" "$out/$1" || fail "$1: expected $2"
}

"$program" --data synthetic --epochs 1 --batch-size 256 --threads 1 --quiet --metrics --out "$out" > "$folder/output.txt" ||
  fail "the run must end"
page="$out/report.html"
[ "$(grep -c '<img ' "$page")" -eq 24 ] || fail "report.html: expected 24 pictures"
[ "$(grep -c '<img ' "$page")" -eq "$(grep -c ' src="data:image/png;base64,iVBOR' "$page")" ] || fail "report.html: a picture of another file"
[ "$(wc -c < "$page")" -lt 500000 ] || fail "report.html: expected a page of less than 500 kB"
for text in '<table class="matrix">' '<th scope="col">disc</th>' 'expected calibration error' 'Figures of the paper' \
  '--batch-size' 'href="weights.safetensors"' 'a &amp; &lt;b&gt;'; do
  says report.html "$text"
done
if grep -q 'http:\|https:\|<script\|<link' "$page"; then fail "report.html: expected a page that needs nothing else"; fi
says log.txt 'epoch 1/1 '
says config.json '"batch-size": 256'
says config.json '"attention-learning-rate": null'
says result.json '"dataset": "synthetic"'
tail -n 1 "$out/log.txt" | cmp -s - "$folder/output.txt" || fail "log.txt must end with the result line"
