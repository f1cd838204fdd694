#!/usr/bin/env bash
# The scripts' manners: --help is answered at once, unknown words are refused before anything is done, from any folder,
# through links, by any shell, in unusual environments. Nothing is installed or built.
#
# usage: tests/scripts/manners.sh
set -u
root=$(cd -- "$(dirname -- "$0")/../.." > /dev/null && pwd)
place=$(mktemp -d "${TMPDIR:-/tmp}/odot manners.XXXXXX") || exit 1
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT
failed=0
fail() {
  printf 'FAILED: %s\n%s\n' "$1" "$output"
  failed=1
}

# A copy whose path has a space, where nothing may be written.
copy="$place/check out"
mkdir -p "$copy/benchmarks" "$copy/elsewhere"
cp -R "$root/scripts" "$copy/"
cp -R "$root/benchmarks/peers" "$root/benchmarks/gpu" "$root/benchmarks/support" "$copy/benchmarks/"
find "$copy" -name __pycache__ -prune -exec rm -rf {} +
before=$(cd "$copy" && find . | sort)

cd "$place" || exit 1
for script in scripts/setup.sh scripts/train.sh scripts/test.sh scripts/get_data.sh scripts/format.sh scripts/accuracy.sh \
  scripts/reproduce.sh benchmarks/peers/compare.sh benchmarks/gpu/measure.sh benchmarks/gpu/sanitize.sh; do
  ln -sf "$copy/$script" "$place/link"
  for command in "$copy/$script" "bash $copy/$script" "sh $copy/$script" "$place/link" "check out/$script" "bash link"; do
    case $command in
      bash\ * | sh\ *) words=("${command%% *}" "${command#* }") ;;
      *) words=("$command") ;;
    esac
    for help in --help -h; do
      [ $help = --help ] || [ "$command" = "$copy/$script" ] || continue
      output=$(CDPATH=$copy/elsewhere:/tmp GREP_OPTIONS=--color=always POSIXLY_CORRECT=1 LC_ALL=xx_XX.utf8 TMPDIR=/nowhere \
        "${words[@]}" "$help" 2>&1) || fail "$command $help: exit code $?"
      [[ $output == *"usage: $script"* ]] || fail "$command $help: expected its usage"
    done
    [ "$(uname)" = Linux ] || break
  done
  case $script in
    scripts/train.sh) continue ;;                                        # its options are the trainer's
    */compare.sh) command -v python3 > /dev/null || continue ;;  # its options are a Python program's
  esac
  output=$("$copy/$script" --no-such-option 2>&1 > /dev/null)
  code=$?
  [ $code = 2 ] || fail "$script --no-such-option: expected exit code 2, found $code"
  [[ $output == *--no-such-option* ]] || [ $script = benchmarks/gpu/sanitize.sh ] || fail "$script: must name the option"
done
output=$(diff <(printf '%s\n' "$before") <(cd "$copy" && find . | sort)) || fail "something was written"

# Help comes whatever else is asked for.
for words in "test.sh --preset nonsense --help" "get_data.sh imagenet -h" "setup.sh nonsense --help" \
  "train.sh --epochs nan --help" "format.sh x --help" \
  "reproduce.sh --only nothing --help"; do
  # shellcheck disable=SC2086
  output=$("$copy"/scripts/$words 2>&1) || fail "$words: expected help"
done
for words in "test.sh --preset nonsense" "test.sh --preset" "test.sh --preset=" "setup.sh build nonsense" \
  "format.sh --check x" "reproduce.sh --only" "reproduce.sh --quick --docs" "reproduce.sh --only nothing --list" \
  "reproduce.sh --threads two"; do
  # shellcheck disable=SC2086
  output=$("$copy"/scripts/$words 2>&1)
  code=$?
  [ $code = 2 ] || fail "$words: expected exit code 2, found $code"
done

# Without nproc, and without anything to count processors by.
mkdir "$place/tools"
for tool in bash dirname readlink getconf; do ln -s "$(command -v $tool)" "$place/tools/"; done
jobs=". '$copy/scripts/setup.sh'; odot_jobs"
output=$(PATH=$place/tools bash -eu -c "$jobs" 2>&1)
[ "$output" -ge 1 ] || fail "processors without nproc"
rm "$place/tools/getconf"
output=$(PATH=$place/tools bash -eu -c "$jobs" 2>&1)
[ "$output" = 1 ] || fail "processors without nproc and getconf"

# A compiler with arguments; none.
output=$(CXX="env c++ -O1" bash -eu -c ". '$copy/scripts/setup.sh'; odot_find_compiler; odot_check_compiler" 2>&1) ||
  ! command -v c++ > /dev/null || fail "a compiler with arguments"
output=$(CXX=no-such-compiler bash -eu -c ". '$copy/scripts/setup.sh'; odot_find_compiler; odot_check_compiler" 2>&1) &&
  fail "a compiler that is not there"

# A checkout where nothing may be written: said so. (Root may write anywhere.)
if [ "$(id -u)" != 0 ]; then
  chmod -R a-w "$copy"
  output=$(bash -eu -c ". '$copy/scripts/setup.sh'; odot_step something '$copy/build/logs/x.log' true" 2>&1) &&
    fail "a log that can't be written"
  [[ $output == *"can't write to $copy/build/logs"* ]] || fail "must say what can't be written"
fi

if command -v shellcheck > /dev/null; then
  cd "$root" || exit 1
  output=$(shellcheck -x .ci/run scripts/*.sh benchmarks/*/*.sh examples/*.sh tests/*/*.sh 2>&1) || fail "shellcheck"
fi
exit $failed
