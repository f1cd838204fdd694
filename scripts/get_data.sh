#!/usr/bin/env bash
# Downloads the data sets into data/ and verifies them. What is there already is left alone.
#
# usage: scripts/get_data.sh [--to FOLDER] [fashion-mnist] [mnist] [cifar-10] [japanese-vowels] [ett]
# Without a name: fashion-mnist, 30 MB. mnist takes 11 MB, cifar-10 163 MB, the series less than 3 MB each.
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname "$0")/setup.sh"

to=$odot_root/data
if [ "${1-}" = --to ]; then
  to=${2:?--to needs a folder}
  shift 2
fi
[ $# -gt 0 ] || set -- fashion-mnist

# download <url> <file>
download() {
  if odot_have curl; then
    curl --fail --silent --show-error --location --connect-timeout 10 --retry 1 --speed-limit 1000 --speed-time 30 \
      --output "$2" "$1"
  else
    wget --quiet --connect-timeout=10 --read-timeout=30 --tries=2 --output-document="$2" "$1"
  fi
}

# fetch <url> <file> [<md5>]: downloads to a temporary name, verifies, renames. Without an MD5, the readers check the file.
fetch() {
  local url=$1 file=$2 md5=${3-} part=$2.part found
  odot_say "downloading $url"
  if ! download "$url" "$part"; then
    rm -f "$part"
    return 1
  fi
  found=$(md5sum "$part" | cut -d ' ' -f 1)
  if [ -n "$md5" ] && [ "$found" != "$md5" ]; then
    rm -f "$part"
    odot_say "$url is not the expected file: MD5 $md5 expected, $found found"
    return 1
  fi
  mv "$part" "$file"
}

# get_idx <base url> <folder>: the files whose names and MD5s are on standard input.
get_idx() {
  local base=$1 folder=$2 name md5
  mkdir -p "$folder"
  while read -r name md5; do
    [ -s "$folder/$name" ] || [ -s "$folder/${name%.gz}" ] || fetch "$base/$name" "$folder/$name" "$md5" || return 1
  done
}

get_fashion_mnist() {
  get_idx http://fashion-mnist.s3-website.eu-central-1.amazonaws.com "$to/fashion-mnist" << FILES
train-images-idx3-ubyte.gz 8d4fb7e6c68d591d4c3dfef9ec88bf0d
train-labels-idx1-ubyte.gz 25c81989df183df01b3e8a0aad5dffbe
t10k-images-idx3-ubyte.gz bef4ecab320f06d8554ea6380940ec79
t10k-labels-idx1-ubyte.gz bb300cfdad3c16e7a12a480ee83cd310
FILES
}

get_mnist() {
  get_idx https://ossci-datasets.s3.amazonaws.com/mnist "$to/mnist" << FILES
train-images-idx3-ubyte.gz f68b3c2dcbeaaa9fbdd348bbdeb94873
train-labels-idx1-ubyte.gz d53e105ee54ea40749a09fcbcd1e9432
t10k-images-idx3-ubyte.gz 9fb629c4189551a2d022fa330f9573f3
t10k-labels-idx1-ubyte.gz ec29112dd5afa0611ce80d1b7f02629c
FILES
}

get_japanese_vowels() {
  local folder=$to/japanese-vowels archive=$to/JapaneseVowels.zip name
  [ ! -s "$folder/JapaneseVowels_TEST.ts" ] || return 0
  odot_have unzip || odot_have python3 || {
    odot_say "japanese-vowels comes as a zip archive; install unzip"
    return 1
  }
  mkdir -p "$folder"
  [ -s "$archive" ] || fetch https://www.timeseriesclassification.com/aeon-toolkit/JapaneseVowels.zip "$archive" || return 1
  for name in JapaneseVowels_TRAIN.ts JapaneseVowels_TEST.ts; do
    if odot_have unzip; then
      unzip -p "$archive" "$name" > "$folder/$name.part"
    else
      python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
        "$archive" "$name" > "$folder/$name.part"
    fi || return 1
    mv "$folder/$name.part" "$folder/$name"
  done
  rm -f "$archive"
}

get_ett() {
  [ -s "$to/ett/ETTh2.csv" ] || {
    mkdir -p "$to/ett" &&
      fetch https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh2.csv "$to/ett/ETTh2.csv"
  }
}

get_cifar_10() {
  local url=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz folder=$to/cifar-10-batches-bin
  local archive=$to/cifar-10-binary.tar.gz unpacked=$to/cifar-10.part
  [ ! -s "$folder/test_batch.bin" ] || return 0
  mkdir -p "$to"
  [ -s "$archive" ] || fetch "$url" "$archive" c32a1d4ab5d03f1284b67883e8d87530 || return 1
  rm -rf "$unpacked"
  mkdir "$unpacked"
  tar -xzf "$archive" -C "$unpacked" || return 1
  rm -rf "$folder"
  mv "$unpacked/cifar-10-batches-bin" "$folder"
  rmdir "$unpacked"
  rm -f "$archive"
}

odot_setup data
failed=
for set in "$@"; do
  case $set in
    fashion-mnist) get_fashion_mnist || failed="$failed $set" ;;
    mnist) get_mnist || failed="$failed $set" ;;
    cifar-10) get_cifar_10 || failed="$failed $set" ;;
    japanese-vowels) get_japanese_vowels || failed="$failed $set" ;;
    ett) get_ett || failed="$failed $set" ;;
    *) odot_die "unknown data set '$set'; there are fashion-mnist, mnist, cifar-10, japanese-vowels and ett" ;;
  esac
done
[ -z "$failed" ] || odot_die "could not get:$failed. Is there a network? The files may also be put into $to by hand."
odot_say "in $to: $*"
