#!/usr/bin/env bash
# Downloads the data sets into data/ and verifies them. What is there already is left alone.
#
# usage: scripts/get_data.sh [--to FOLDER] [fashion-mnist] [cifar-10]
# Without a name: fashion-mnist, 30 MB. cifar-10 takes 163 MB.
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

# fetch <url> <file> <md5>: downloads to a temporary name, verifies, renames.
fetch() {
  local url=$1 file=$2 md5=$3 part=$2.part found
  odot_say "downloading $url"
  if ! download "$url" "$part"; then
    rm -f "$part"
    return 1
  fi
  found=$(md5sum "$part" | cut -d ' ' -f 1)
  if [ "$found" != "$md5" ]; then
    rm -f "$part"
    odot_say "$url is not the expected file: MD5 $md5 expected, $found found"
    return 1
  fi
  mv "$part" "$file"
}

get_fashion_mnist() {
  local base=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com folder=$to/fashion-mnist name md5
  mkdir -p "$folder"
  while read -r name md5; do
    [ -s "$folder/$name" ] || [ -s "$folder/${name%.gz}" ] || fetch "$base/$name" "$folder/$name" "$md5" || return 1
  done << FILES
train-images-idx3-ubyte.gz 8d4fb7e6c68d591d4c3dfef9ec88bf0d
train-labels-idx1-ubyte.gz 25c81989df183df01b3e8a0aad5dffbe
t10k-images-idx3-ubyte.gz bef4ecab320f06d8554ea6380940ec79
t10k-labels-idx1-ubyte.gz bb300cfdad3c16e7a12a480ee83cd310
FILES
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
    cifar-10) get_cifar_10 || failed="$failed $set" ;;
    *) odot_die "unknown data set '$set'; there are fashion-mnist and cifar-10" ;;
  esac
done
[ -z "$failed" ] || odot_die "could not get:$failed. Is there a network? The files may also be put into $to by hand."
odot_say "in $to: $*"
