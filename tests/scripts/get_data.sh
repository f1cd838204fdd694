#!/usr/bin/env bash
# scripts/get_data.sh against a server of this machine's: good files, bad ones, none; what is there already; two runs at
# once; a run that is ended. No network; a copy of the scripts in a folder whose name has spaces.
#
# usage: tests/scripts/get_data.sh        77: it could not be tested here
set -u
root=$(cd -- "$(dirname -- "$0")/../.." > /dev/null && pwd)
for tool in python3 curl unzip; do
  command -v $tool > /dev/null || { echo "no $tool here" && exit 77; }
done
place=$(mktemp -d "${TMPDIR:-/tmp}/odot get data.XXXXXX") || exit 1
server='' failed=0
trap '[ -z "$server" ] || kill "$server"; rm -rf "$place"' EXIT

mkdir -p "$place/check out" "$place/served"
cp -R "$root/scripts" "$place/check out/"
get="$place/check out/scripts/get_data.sh" data="$place/the data"
# Samples of CIFAR-10 are 10,000 to a file; here, one.
sed 's/30730000/3073/g' "$root/scripts/get_data.sh" > "$get"
python3 "$root/tests/scripts/make_data.py" "$place/served" "$place/check out/scripts/data.sha256" || exit 1
python3 "$root/tests/scripts/server.py" "$place/served" > "$place/port" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -s "$place/port" ] || sleep 1
done
address=http://127.0.0.1:$(cat "$place/port")

export no_proxy=127.0.0.1
all='fashion-mnist mnist cifar-10 japanese-vowels ett'
run() { # run <exit code> <what the server has> <argument>...: output is in $output
  local expected=$1 code
  output=$(ODOT_DATA_URL=$address/$2 "$get" --to "$data" "${@:3}" 2>&1)
  code=$?
  check "exit code $expected of: $2 ${*:3}" [ $code -eq "$expected" ]
}
check() { # check <what> <command>...
  "${@:2}" && return
  printf 'FAILED: %s (%s)\n%s\n' "$1" "${*:2}" "${output-}"
  failed=1
}
says() { check "says: $1" grep -qF -- "$1" <<< "$output"; }
files() { (cd "$data" 2> /dev/null && find . -type f | sort); }
right() { # right <number of files that are there>
  check "$1 files" [ "$(files | wc -l)" -eq "$1" ]
  check "no file of a run's own is left" [ -z "$(find "$data" -name '.get_data*')" ]
}

# Everything, and again without a server.
# shellcheck disable=SC2086
run 0 good $all
right 17
# shellcheck disable=SC2086
run 0 missing $all
check "what is right is not loaded again" [ "$(grep -c downloading <<< "$output")" -eq 0 ]
check "nothing leaves the folder" [ -z "$(find "$place" -name 'escaped*')" ]
check "files are as readable as others" [ "$(find "$data" -type f -perm -u=r,g=r ! -perm -u=x | wc -l)" -eq 17 ]

# Bad ones are refused, and nothing of them is kept, nor is anything lost that was right.
for kind in page truncated empty flipped trailing missing; do
  rm -rf "$data"
  # shellcheck disable=SC2086
  run 1 $kind $all
  if [ $kind = trailing ]; then  # a zip archive with bytes after it has the right samples
    says "could not get: fashion-mnist mnist cifar-10 ett"
    right 2
  else
    says "could not get: fashion-mnist mnist cifar-10 japanese-vowels ett"
    right 0
  fi
  # What came is named: a page is one, else it is said where to get it all the same.
  case $kind in
    page) check "5 pages" [ "$(grep -c 'this is a web page' <<< "$output")" -eq 5 ] ;;
    missing) ;;
    *)
      check "no page" [ "$(grep -c 'web page' <<< "$output")" -eq 0 ]
      says "get $address/$kind/ett/ETTh2.csv by hand, for $data/ett/ETTh2.csv"
      ;;
  esac
  run 0 good ett
  check "nothing is lost" [ -f "$data/ett/ETTh2.csv" ]
done

# A set that has been changed where it lies: one's own copy of it stays where it is.
rm -rf "$data"
mkdir -p "$data/japanese-vowels" "$place/served/changed/japanese-vowels"
python3 - "$place/served" << 'PYTHON'
import sys, zipfile
from pathlib import Path
served = Path(sys.argv[1])
with zipfile.ZipFile(served / "good/japanese-vowels/JapaneseVowels.zip") as old, \
     zipfile.ZipFile(served / "changed/japanese-vowels/JapaneseVowels.zip", "w") as new:
    for name in ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts"):
        new.writestr(name, old.read(name).replace(b"1,2:", b"1.0,2.0:"))
PYTHON
echo 'a copy' > "$data/japanese-vowels/JapaneseVowels_TRAIN.ts"
run 1 changed japanese-vowels
says "JapaneseVowels_TRAIN.ts is not the file that was expected: SHA-256"
says "it has been changed where it"
says "get $address/changed/japanese-vowels/JapaneseVowels.zip by hand, for $data/japanese-vowels/JapaneseVowels_TRAIN.ts"
check "the copy stays" [ "$(cat "$data/japanese-vowels/JapaneseVowels_TRAIN.ts")" = 'a copy' ]
right 1

# A bad file that is there already is found; it is kept under another name. Other ends of lines are not bad.
rm -rf "$data"
run 0 good ett mnist fashion-mnist japanese-vowels
echo '<html>' > "$data/ett/ETTh2.csv"
echo '<html>' > "$data/mnist/t10k-labels-idx1-ubyte.gz"
echo '<html>' > "$data/japanese-vowels/JapaneseVowels_TEST.ts"
run 1 missing ett mnist japanese-vowels
says "ETTh2.csv is not the file that was expected"
says "t10k-labels-idx1-ubyte.gz is not the file that was expected"
says "JapaneseVowels_TEST.ts is not the file that was expected"
run 0 good ett mnist japanese-vowels
for file in ett/ETTh2.csv mnist/t10k-labels-idx1-ubyte.gz japanese-vowels/JapaneseVowels_TEST.ts; do
  check "the bad file is kept" [ "$(cat "$data/$file.bad")" = '<html>' ]
done
check "the right one is left alone" [ ! -e "$data/japanese-vowels/JapaneseVowels_TRAIN.ts.bad" ]
sed 's/$/\r/' "$place/served/good/ett/ETTh2.csv" > "$data/ett/ETTh2.csv"
run 0 missing ett
gzip -d "$data"/fashion-mnist/*.gz
run 0 missing fashion-mnist
echo '<html>' > "$data/fashion-mnist/train-labels-idx1-ubyte"
run 0 good fashion-mnist
check "the bad plain file is out of the way" [ -e "$data/fashion-mnist/train-labels-idx1-ubyte.bad" ]

# CIFAR-10: sizes of what is there; an archive put there by hand, and a bad one.
rm -rf "$data"
mkdir -p "$data"
cp "$place/served/good/cifar-10-binary.tar.gz" "$data"
run 0 missing cifar-10
right 7
echo '<html>' > "$data/cifar-10-batches-bin/test_batch.bin"
echo '<html>' > "$data/cifar-10-binary.tar.gz"
run 1 missing cifar-10
run 0 good cifar-10

# Two at once.
rm -rf "$data"
ODOT_DATA_URL=$address/good "$get" --to "$data" ett mnist cifar-10 > "$place/first" 2>&1 &
first=$!
run 0 good ett mnist cifar-10
check "the other run, too" wait $first
right 11

# Ended in the middle.
rm -rf "$data"
ODOT_DATA_URL=$address/slow python3 - "$get" "$data" << 'PYTHON'
import os, signal, subprocess, sys, time
run = subprocess.Popen([sys.argv[1], "--to", sys.argv[2], "ett"], start_new_session=True)
time.sleep(2)
os.killpg(run.pid, signal.SIGTERM)
run.wait()
PYTHON
right 0

# Without sha256sum: by other means, or it says what is missing.
mkdir "$place/tools"
for tool in bash env sed gzip tr cat cut rm mv mkdir mktemp dirname readlink curl tail id printf wc find sort grep; do
  ln -s "$(command -v $tool)" "$place/tools/$tool" 2> /dev/null
done
rm -rf "$data"
for other in openssl shasum python3; do
  command -v $other > /dev/null || continue
  printf '#!/bin/sh\nPATH=%s\nexec %s "$@"\n' "$PATH" $other > "$place/tools/$other"
  chmod +x "$place/tools/$other"
  PATH=$place/tools run 0 good ett
  rm "$place/tools/$other"
done
PATH=$place/tools run 1 good ett
says "sha256sum"

# The command line, from elsewhere, through a link, with a folder beginning with a dash.
cd "$place" || exit 1
ln -s "$get" "$place/a link"
ln -s "a link" "$place/another"
get="$place/another" data=-data
run 0 good ett
check "a folder beginning with a dash" [ -f "$place/-data/ett/ETTh2.csv" ]
run 2 good imagenet
says "unknown data set 'imagenet'"
run 2 good ett --verbose
says "unknown option '--verbose'"
output=$(ODOT_DATA_URL=$address/good "$get" ett --to "$place/behind" 2>&1)
check "--to may follow the names" [ -f "$place/behind/ett/ETTh2.csv" ]
output=$(ODOT_DATA_URL=$address/good "$get" ett --to="$place/with =" 2>&1)
check "--to=FOLDER, too" [ -f "$place/with =/ett/ETTh2.csv" ]
output=$("$get" --to 2>&1)
check "exit code 2 without a folder" [ $? -eq 2 ]
output=$("$get" --to "$place/-data" ett 2>&1 > /dev/full)
check "output that is not taken is an error" [ $? -ne 0 ]

# Settings of the user's for other downloads.
mkdir "$place/home"
echo 'proxy = http://127.0.0.1:1' > "$place/home/.curlrc"
output=$(unset no_proxy && HOME=$place/home ODOT_DATA_URL=$address/good "$get" --to "$place/no settings" ett 2>&1)
check "settings for other downloads are not used" [ -f "$place/no settings/ett/ETTh2.csv" ]

# A limit on the size of files is the full disk that a test can have.
output=$(trap '' XFSZ && ulimit -f 0 && ODOT_DATA_URL=$address/good "$get" --to "$place/full" ett mnist 2>&1 | cat)
says "is the disk full?"
check "a full disk is no matter of the network" [ "$(grep -c network <<< "$output")" -eq 0 ]
output=$(ODOT_DATA_URL=http://127.0.0.1:1 "$get" --to "$place/none" ett 2>&1)
says "Is there a network?"
output=$(ODOT_DATA_URL=$address/flipped "$get" --to "$place/flipped" ett 2>&1)
check "a wrong file is no matter of the network" [ "$(grep -c 'Is there a network' <<< "$output")" -eq 0 ]

exit $failed
