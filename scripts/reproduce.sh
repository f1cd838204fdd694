#!/usr/bin/env bash
# Trains the three papers' models again, and writes the results beside the papers': a page, and the tables of
# docs/paper.md and docs/sequences.md. Builds what is missing, finds or downloads the data. A row that has been run is not
# run again; one that was stopped (Ctrl-C) continues where it stopped.
#
# usage: scripts/reproduce.sh [--quick | --full] [--only NAMES] [--docs] [--list] [--rerun NAMES] [--runs FOLDER]
#                             [--data FOLDER] [--build FOLDER] [--threads N]
#   --quick        the short form: most rows with few epochs; says little about
#                  the papers. The default
#   --full         all rows as the documentation has them: by estimate 16 hours of one processor; then writes the documentation
#   --only NAMES   some rows: names, groups (table1 appendix cifar10 control vowels etth2 claims grid) or patterns such as
#                  'grid-mnist-*', with commas between
#   --docs         write the tables of the documentation from the full rows that there are; --docs --only none runs nothing
#   --list         what would be run, how long it takes, what is there already; runs and builds nothing
#   --rerun NAMES  run these rows again; what they had is kept under FOLDER/old
#   --runs FOLDER  where runs are kept (default: build/reproduce-runs); the page is FOLDER/report.html, that of the short
#                  form FOLDER/report-quick.html
#   --data FOLDER  where the data sets are (default: $ODOT_DATA); what is not there is looked for in ./data and odot's own
#                  data/, into which it is downloaded if need be
#   --build FOLDER the build folder (default: build/reproduce)
#   --threads N    of each program (default: all processors); the results are the same
# The rows: scripts/reproduce_rows.txt. Exit code: 0; 1 if a row failed or has no data; 2 for a wrong command line; 130 when
# stopped.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -eu
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/setup.sh"
! odot_help "$odot_root/scripts/reproduce.sh" "$@" || exit 0

form=quick only='' docs='' list='' rerun='' data=${ODOT_DATA-}
runs=$odot_root/build/reproduce-runs build=$odot_root/build/reproduce
threads=$(odot_jobs)
while [ $# -gt 0 ]; do
  case $1 in
    --quick) form=quick ;;
    --full) form=full ;;
    --docs) docs=yes ;;
    --list) list=yes ;;
    --only | --rerun | --runs | --data | --build | --threads)
      [ -n "${2-}" ] || odot_refuse "$1 needs a value"
      case $1 in
        --only) only=$2 ;;
        --rerun) rerun=$2 ;;
        --runs) runs=$2 ;;
        --data) data=$2 ;;
        --build) build=$2 ;;
        --threads) threads=$2 ;;
      esac
      shift
      ;;
    *) odot_refuse "unknown option '$1'" ;;
  esac
  shift
done
[ "$form" != full ] || [ -n "$only" ] || docs=yes
case $threads in '' | *[!0-9]*) odot_refuse "--threads: expected a number, found '$threads'" ;; esac
[ "$form" = full ] || [ -z "$docs" ] || [ "$only" = none ] || odot_refuse "--docs: the short form never writes the documentation; take --full, or --only none"
[ -z "$docs" ] || form=full
for name in runs data build; do
  case ${!name} in '' | /*) ;; *) printf -v "$name" %s "$PWD/${!name}" ;; esac
done

version=$(sed -n 's/^#define ODOT_VERSION_STRING "\(.*\)"/\1/p' "$odot_root/include/odot/core/config.hpp")
rows_file=$odot_root/scripts/reproduce_rows.txt
folder=$runs/$form

# matches <name> <group> <names>: whether a row is one of these, which have commas between.
matches() {
  local pattern patterns
  IFS=, read -r -a patterns <<< "$3"
  for pattern in "${patterns[@]}"; do
    # shellcheck disable=SC2254  # the pattern is one
    case $1 in $pattern) return 0 ;; esac
    [ "$2" != "$pattern" ] || return 0
  done
  return 1
}

trim() {
  trimmed=${1#"${1%%[![:space:]]*}"}
  trimmed=${trimmed%"${trimmed##*[![:space:]]}"}
}

# ---- the rows: parallel arrays

names=() groups=() minutes=() programs=() commands=()
known=
while IFS='|' read -r name group least program options full quick; do
  case $name in '#'* | '') continue ;; esac
  for field in name group least program options full quick; do
    trim "${!field}"
    printf -v "$field" %s "$trimmed"
  done
  known="$known $name $group"
  [ "$form" = full ] || [ "$quick" != - ] || continue
  [ -z "$only" ] || matches "$name" "$group" "$only" || continue
  names+=("$name") groups+=("$group") programs+=("$program")
  if [ "$form" = full ]; then
    minutes+=("$least") commands+=("$program $options $full")
  else
    minutes+=(0.2) commands+=("$program $options $quick")
  fi
done < "$rows_file"
if [ ${#names[@]} -eq 0 ] && [ "$only" != none ]; then
  odot_refuse "--only: no row of the $form form is called '$only'; see --list"
fi

# Names that are none are refused.
set -f
for name in ${only//,/ } ${rerun//,/ }; do
  [ "$name" != none ] || continue
  found=
  # shellcheck disable=SC2254  # the name may be a pattern
  for word in $known; do case $word in $name) found=yes ;; esac; done
  [ -n "$found" ] || odot_refuse "no row or group is called '$name'; see --list"
done
set +f

# state <i>: done, stopped, other (of another command or version), new.
state() {
  local row=$folder/${names[$1]} kept
  [ -e "$row/command.txt" ] || { echo new; return; }
  kept=$(cat "$row/command.txt")
  if [ "$kept" != "${commands[$1]}" ] || [ "$(cat "$row/version.txt" 2> /dev/null)" != "$version" ]; then
    echo other
  elif [ -s "$row/result.txt" ]; then
    echo "done"
  else
    echo stopped
  fi
}

# The sum of numbers of minutes as text.
duration() { awk -v m="$1" 'BEGIN { if (m < 1.5) printf "%d s", m * 60; else if (m < 90) printf "%.0f min", m; else printf "%.1f h", m / 60 }'; }
add() { awk -v a="$1" -v b="$2" 'BEGIN { print a + b }'; }

left=0 todo=0
for i in "${!names[@]}"; do
  # shellcheck disable=SC2154  # set by the options
  [ -z "$rerun" ] || ! matches "${names[i]}" "${groups[i]}" "$rerun" || [ ! -e "$folder/${names[i]}" ] || [ -n "$list" ] || {
    mkdir -p "$runs/old"
    mv -- "$folder/${names[i]}" "$runs/old/${names[i]}.$(date +%Y%m%d-%H%M%S)"
  }
  found=$(state "$i")
  [ "$found" = "done" ] || { left=$(add "$left" "${minutes[i]}"); todo=$((todo + 1)); }
  [ -z "$list" ] || printf '%-32s %8s  %-8s %s\n' "${names[i]}" "$(duration "${minutes[i]}")" "$found" "${commands[i]}"
done
odot_say "${#names[@]} rows of the $form form, $todo of them to be run: about $(duration "$left") of one processor"
[ -z "$list" ] || exit 0

# ---- the programs

odot_setup build
targets=(paper_report draw_figures)
for i in "${!names[@]}"; do
  case " ${targets[*]} " in *" ${programs[i]} "*) ;; *) [ "$(state "$i")" = "done" ] || targets+=("${programs[i]}") ;; esac
done
mkdir -p "$folder" 2> /dev/null || odot_die "can't make the folder $folder; choose another one with --runs"
odot_step "configuring" "$build/logs/configure.log" cmake -S "$odot_root" -B "$build" \
  -DCMAKE_BUILD_TYPE=Release -DODOT_BUILD_TESTS=OFF -DODOT_BUILD_BENCHMARKS=OFF
odot_step "building ${targets[*]}; minutes at first" "$build/logs/build.log" \
  cmake --build "$build" --target "${targets[@]}" --parallel "$(odot_jobs)"

# ---- the data

# data_of <i>: the data set's name for get_data.sh, and its folder's name.
data_of() {
  case "${commands[$1]}" in
    fashion_mnist*) set_name=fashion-mnist set_folder=fashion-mnist ;;
    cifar10* | *'--dataset cifar10'*) set_name=cifar-10 set_folder=cifar-10-batches-bin ;;
    *'--dataset mnist'*) set_name=mnist set_folder=mnist ;;
    *japanese-vowels*) set_name=japanese-vowels set_folder=japanese-vowels ;;
    *) set_name=ett set_folder=ett ;;
  esac
}
missing_sets=
# find_data <i>: sets $found_data to the folder that holds the row's data set; downloads it if need be.
find_data() {
  local place
  data_of "$1"
  case " $missing_sets " in *" $set_name "*) return 1 ;; esac
  for place in ${data:+"$data"} data "$odot_root/data"; do
    [ ! -d "$place/$set_folder" ] || { found_data=$(cd -- "$place" && pwd) && return 0; }
  done
  if "$odot_root/scripts/get_data.sh" "$set_name"; then
    found_data=$odot_root/data
    return 0
  fi
  missing_sets="$missing_sets $set_name"
  odot_say "There is no $set_name here, and it could not be downloaded: its rows are left out"
  return 1
}

# ---- the runs

failed=() speed=1
run_row() {
  local i=$1 row=$folder/${names[$1]} started code arguments more
  find_data "$i" || { failed+=("${names[i]}"); return 0; }
  if [ "$(state "$i")" = other ]; then
    mkdir -p "$runs/old"
    mv -- "$row" "$runs/old/${names[i]}.$(date +%Y%m%d-%H%M%S)"
  fi
  mkdir -p "$row"
  printf '%s\n' "${commands[i]}" > "$row/command.txt"
  printf '%s\n' "$version" > "$row/version.txt"
  read -r -a arguments <<< "${commands[i]#* }"
  more=(--save "$row/weights.safetensors" --checkpoint-every 300s)
  case ${programs[i]} in time_series) more=() ;; esac
  started=$(date +%s)
  code=0
  # A run that is stopped keeps its checkpoint; the pipe's reader must outlive Ctrl-C.
  set +e
  "$build/examples/${programs[i]}" "${arguments[@]}" --threads "$threads" --data "$found_data" --out "$row/run" \
    --resume ${more[@]+"${more[@]}"} 2> "$row/errors.txt" | tee -i "$row/log.txt"
  code=${PIPESTATUS[0]}
  set -e
  case $code in
    129 | 130 | 143) # hung up, Ctrl-C, terminated
      odot_say "stopped; the same command continues from here"
      exit 130
      ;;
  esac
  grep '^result ' "$row/log.txt" | tail -n 1 > "$row/result.new" || true
  if [ "$code" -ne 0 ] || [ ! -s "$row/result.new" ]; then
    odot_say "${names[i]} FAILED: $(head -n 1 "$row/errors.txt")"
    failed+=("${names[i]}")
    return 0
  fi
  date +%Y-%m-%d > "$row/date.txt"
  mv -- "$row/result.new" "$row/result.txt"
  speed=$(awk -v s=$(($(date +%s) - started)) -v m="${minutes[i]}" -v v="$speed" 'BEGIN { print (v + s / 60 / m) / 2 }')
}

number=0
for i in "${!names[@]}"; do
  [ "$(state "$i")" != "done" ] || continue
  number=$((number + 1))
  odot_say "row $number of $todo, ${names[i]}: ${commands[i]}"
  odot_say "about $(duration "$(awk -v m="${minutes[i]}" -v s="$speed" 'BEGIN { print m * s }')"), with all that follow $(duration "$(awk -v m="$left" -v s="$speed" 'BEGIN { print m * s }')")"
  run_row "$i"
  left=$(add "$left" "-${minutes[i]}")
done

# ---- the figures, the page, the documentation

find_any() { # of a row by its program's set, for a picture
  local place
  for place in ${data:+"$data"} data "$odot_root/data"; do
    [ ! -d "$place/$1" ] || { found_data=$(cd -- "$place" && pwd) && return 0; }
  done
  return 1
}
drawn=0
for weights in "$folder"/*/weights.safetensors; do
  row=${weights%/*}
  [ -s "$row/result.txt" ] || continue
  case $(cat "$row/command.txt") in
    *scaled*) continue ;; # whose steps draw_figures does not know
    fashion_mnist*) set_folder=fashion-mnist ;;
    cifar10*) set_folder=cifar-10-batches-bin ;;
    *) continue ;;
  esac
  [ ! -e "$row/figures/curves.svg" ] || [ "$weights" -nt "$row/figures/curves.svg" ] || continue
  find_any "$set_folder" || continue
  "$build/examples/draw_figures" --weights "$weights" --run "$row/run" --data "$found_data" --out "$row/figures" \
    > /dev/null || { odot_say "the figures of ${row##*/} could not be drawn" && continue; }
  drawn=$((drawn + 1))
done
[ "$drawn" -eq 0 ] || odot_say "drew the figures of $drawn models, in the folders figures of their runs"

page=$runs/report.html
[ "$form" = full ] || page=$runs/report-quick.html
arguments=(--rows "$rows_file" --runs "$folder" --page "$page" --version-of-runs "$version")
[ "$form" = full ] || arguments+=(--short)
[ -z "$docs" ] || arguments+=(--docs "$odot_root/docs")
"$build/examples/paper_report" "${arguments[@]}"
if [ ${#failed[@]} -gt 0 ]; then odot_die "without a result: ${failed[*]}"; fi
