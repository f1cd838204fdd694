#!/usr/bin/env bash
# Downloads the data sets into data/, each file verified by its SHA-256 (scripts/data.sha256). What is there already is
# verified too: what is right is left alone; what is not is said, replaced, and kept as FILE.bad.
#
# usage: scripts/get_data.sh [--to FOLDER] [fashion-mnist] [mnist] [cifar-10] [japanese-vowels] [ett]
# Without a name: fashion-mnist, 30 MB. mnist takes 11 MB, cifar-10 163 MB, the series less than 3 MB each.
# $ODOT_DATA_URL: the address of a mirror to take all from, with fashion-mnist/train-images-idx3-ubyte.gz …, mnist/…,
# cifar-10-binary.tar.gz, japanese-vowels/JapaneseVowels.zip and ett/ETTh2.csv; what it has is verified in the same way.
# Exit code: 0; 1 if a set is missing; 2 for a wrong command line.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu -o pipefail
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/setup.sh"
! odot_help "$odot_root/scripts/get_data.sh" "$@" || exit 0

to=$odot_root/data
names=()
while [ $# -gt 0 ]; do
  case $1 in
    --to)
      to=${2-}
      [ $# -eq 1 ] || shift
      ;;
    --to=*) to=${1#*=} ;;
    *) names+=("$1") ;;
  esac
  shift
done
[ -n "$to" ] || odot_refuse "--to: expected a folder"
case $to in /*) ;; *) to=$PWD/$to ;; esac
[ ${#names[@]} -gt 0 ] || names=(fashion-mnist)
set -- "${names[@]}"
for name in "$@"; do
  case $name in
    fashion-mnist | mnist | cifar-10 | japanese-vowels | ett) ;;
    -*) odot_refuse "unknown option '$name'" ;;
    *) odot_refuse "unknown data set '$name'; there are fashion-mnist, mnist, cifar-10, japanese-vowels and ett" ;;
  esac
done

# A folder of this run's own in the data's: what is whole is moved from there, what is not goes with it.
work=
trap 'rm -rf "${work:-/nonexistent}"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
make_work() {
  [ -z "$work" ] || return 0
  mkdir -p "$to" 2> /dev/null || odot_die "can't make the folder $to; choose another one with --to"
  work=$(mktemp -d "$to/.get_data.XXXXXX") || odot_die "can't write to $to; choose another folder with --to"
}

# content <file> <name>: what a checksum is of. The readers take a .gz file that is not compressed, too.
content() {
  case $2 in
    *.tar.gz) cat < "$1" ;;
    *.gz) gzip -dcf < "$1" ;;
    *.csv) tr -d '\r' < "$1" ;;
    *.ts) tr -d '\r' < "$1" | LC_ALL=C sed -e '1,/^@data/d' -e '/^[[:space:]]*$/d' ;;
    *) cat < "$1" ;;
  esac
}

# is_right <file> <name>: whether it is what the name in data.sha256 is for; else $found says what it is.
is_right() {
  local expected
  expected=$(sed -n "s|^\([0-9a-f]\{64\}\)  ${2//./\\.}\$|\1|p" "$odot_root/scripts/data.sha256")
  [ -n "$expected" ] || odot_die "scripts/data.sha256 has no checksum of $2"
  found=$(content "$1" "$2" 2> /dev/null | odot_sha256) || found="an unreadable file"
  [ "$found" = "$expected" ] || {
    found="SHA-256 $expected expected, $found found"
    return 1
  }
}

# download <url> <file>. The user's .curlrc or .wgetrc is for other downloads.
download() {
  local code=0 can_not_write
  if odot_have curl; then
    can_not_write=23
    curl -q --fail --silent --show-error --location --connect-timeout 10 --retry 1 --speed-limit 1000 --speed-time 30 \
      --output "$2" -- "$1" || code=$?
  else
    can_not_write=3
    wget --no-config --quiet --connect-timeout=10 --read-timeout=30 --tries=2 --output-document="$2" -- "$1" || code=$?
  fi
  [ $code -ne $can_not_write ] || odot_die "can't write to $to; is the disk full? Choose another folder with --to"
  [ $code -eq 0 ] || no_download=yes
  return $code
}

# fetch <url> <path under a mirror's address>: downloads into $work, under the file's name.
fetch() {
  local url=$1
  [ -z "${ODOT_DATA_URL-}" ] || url=${ODOT_DATA_URL%/}/$2
  make_work
  odot_say "downloading $url"
  downloaded=$url
  download "$url" "$work/${2##*/}" || return 1
}

# refuse <downloaded file> <name>: says why, after is_right.
refuse() {
  case $(LC_ALL=C sed -n '/[^[:space:]]/{s/^[[:space:]]*\(.\).*/\1/p;q;}' "$1" 2> /dev/null | tr -d '\0') in
    '<') odot_say "this is a web page, perhaps of the network's login, not the file that was expected" ;;
    *)
      odot_say "this is not the file that was expected: $found. It was damaged on its way, or it has been changed where it"
      odot_say "lies. To use it all the same, get $downloaded by hand, for $to/$2: the programs don't look at checksums"
      ;;
  esac
}

# place <file in $work> <name>: puts it where the name says, if it is right.
place() {
  local file=$to/$2
  if ! is_right "$work/$1" "$2"; then
    refuse "$work/$1" "$2"
    rm -f "${work:?}/$1"
    return 1
  fi
  mkdir -p "$(dirname -- "$file")" || return 1
  if [ -e "$file" ]; then
    ! is_right "$file" "$2" || return 0  # another run was faster
    mv -f -- "$file" "$file.bad" || return 1
  fi
  mv -f -- "$work/$1" "$file"
}

# has <name>: whether the file is there and right.
has() {
  [ -e "$to/$1" ] || return 1
  ! is_right "$to/$1" "$1" || return 0
  odot_say "$to/$1 is not the file that was expected: $found. Getting it anew"
  return 1
}

# The readers take unpacked files too, and take them first.
has_idx() {
  local plain=$to/${1%.gz}
  if [ -e "$plain" ]; then
    ! is_right "$plain" "$1" || return 0
    odot_say "$plain is not the file that was expected: $found. Getting it anew"
    mv -f -- "$plain" "$plain.bad" || return 1
  fi
  has "$1"
}

get_idx() { # get_idx <set> <base url>
  local kind name
  for kind in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    name=$1/$kind-ubyte.gz
    has_idx "$name" || { fetch "$2/$kind-ubyte.gz" "$name" && place "$kind-ubyte.gz" "$name"; } || return 1
  done
}

get_japanese_vowels() {
  local name file
  ! { has japanese-vowels/JapaneseVowels_TRAIN.ts && has japanese-vowels/JapaneseVowels_TEST.ts; } || return 0
  odot_have unzip || odot_have python3 || {
    odot_say "japanese-vowels comes as a zip archive; install unzip"
    return 1
  }
  fetch https://www.timeseriesclassification.com/aeon-toolkit/JapaneseVowels.zip japanese-vowels/JapaneseVowels.zip ||
    return 1
  for name in JapaneseVowels_TRAIN.ts JapaneseVowels_TEST.ts; do
    file=$work/$name
    if odot_have unzip; then
      unzip -p "$work/JapaneseVowels.zip" "$name" > "$file" 2> /dev/null < /dev/null
    else
      python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
        "$work/JapaneseVowels.zip" "$name" > "$file" 2> /dev/null
    fi || {
      found="no archive with $name"
      refuse "$work/JapaneseVowels.zip" "japanese-vowels/$name"
      return 1
    }
    place "$name" "japanese-vowels/$name" || return 1
  done
}

get_ett() {
  has ett/ETTh2.csv ||
    { fetch https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh2.csv ett/ETTh2.csv &&
      place ETTh2.csv ett/ETTh2.csv; }
}

# The files have no checksums, for their samples may be in another order, but they have one size; the archive has one.
has_cifar_10() {
  local file all=yes
  for file in $cifar_files; do
    if [ ! -e "$to/$file" ]; then
      all=
    elif [ "$(wc -c < "$to/$file" | tr -d ' ')" != 30730000 ]; then
      odot_say "$to/$file is not the file that was expected: 30730000 bytes expected. Getting it anew"
      mv -f -- "$to/$file" "$to/$file.bad" || return 1
      all=
    fi
  done
  [ -n "$all" ]
}

get_cifar_10() {
  local archive=cifar-10-binary.tar.gz file
  cifar_files=
  for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    cifar_files="$cifar_files cifar-10-batches-bin/$file.bin"
  done
  ! has_cifar_10 || return 0
  # An archive that was put there by hand.
  if [ -e "$to/$archive" ] && is_right "$to/$archive" "$archive"; then
    make_work
    cp -- "$to/$archive" "$work/$archive" || return 1
  else
    fetch "https://www.cs.toronto.edu/~kriz/$archive" "$archive" || return 1
    is_right "$work/$archive" "$archive" || {
      refuse "$work/$archive" cifar-10-batches-bin
      return 1
    }
  fi
  # shellcheck disable=SC2086
  tar -xzf "$work/$archive" -C "$work" $cifar_files || return 1
  mkdir -p "$to/cifar-10-batches-bin" || return 1
  for file in $cifar_files; do
    [ -e "$to/$file" ] || mv -f -- "$work/$file" "$to/$file" || return 1
  done
  has_cifar_10
}

odot_have gzip || odot_die "gzip is needed; install it"
odot_sha256 < /dev/null > /dev/null || exit 1
odot_setup data
failed='' no_download=''
for name in "$@"; do
  case $name in
    fashion-mnist) get_idx fashion-mnist http://fashion-mnist.s3-website.eu-central-1.amazonaws.com ;;
    mnist) get_idx mnist https://ossci-datasets.s3.amazonaws.com/mnist ;;
    cifar-10) get_cifar_10 ;;
    japanese-vowels) get_japanese_vowels ;;
    ett) get_ett ;;
  esac || failed="$failed $name"
done
[ -z "$failed" ] ||
  odot_die "could not get:$failed.${no_download:+ Is there a network?} The files may also be put into $to by hand."
odot_say "in $to: $*"
