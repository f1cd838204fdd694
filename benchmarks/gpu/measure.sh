#!/usr/bin/env bash
# What needs a GPU, for whoever has one for a few minutes. Every stage has its time limits, says how far it came, and
# leaves the next ones alone if it fails; exit code 1 if any did. Logs: build/gpu/.
#
# usage: benchmarks/gpu/measure.sh [--quick] [--no-build] [STAGE...]
#   build        tests, benchmarks and a trainer; with cuDNN where CMake finds it (CUDNN_ROOT helps)
#   tests        the backend's tests
#   sanitizers   the same case by case under compute-sanitizer (sanitize.sh)
#   curves       an epoch of models B and control beside the CPU's
#   epochs       ten epochs of model B against the clock
#   block        the attention block beside its floors
#   attention    attention over tokens beside PyTorch
#   steps        training steps beside PyTorch
# Without a stage: all of them; with --no-build all but the first, with --quick all but sanitizers and curves. --quick
# means three rounds in place of seven.
#
# PyTorch for CUDA comes from $ODOT_PEERS_PYTHON, by default python3; programs from $ODOT_GPU_BUILD, by default
# build/cuda; both are looked for from the repository's folder.
# An epoch on a CPU may take minutes; where build/gpu/<model>-on-cpu/batches.csv is there, that is taken. To make it
# beforehand, on any machine, with a trainer of any build: ODOT_GPU_BUILD=… benchmarks/gpu/measure.sh cpu-curves

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
set -u
# shellcheck source=scripts/setup.sh
. "$(dirname -- "$(readlink -f -- "$0" 2> /dev/null || printf %s "$0")")/../../scripts/setup.sh"
! odot_help "$odot_root/benchmarks/gpu/measure.sh" "$@" || exit 0
cd -- "$odot_root" || exit 1
python=${ODOT_PEERS_PYTHON:-python3} build=${ODOT_GPU_BUILD:-build/cuda} logs=build/gpu
gpu=benchmarks/gpu tests=$build/tests/odot_gpu_tests trainer=$build/examples/fashion_mnist
all=(build tests sanitizers curves epochs block attention steps)
rounds=7 quick='' no_build='' stages=()
for word in "$@"; do
  case $word in
    --quick) quick=yes rounds=3 ;;
    --no-build) no_build=yes ;;
    build | tests | sanitizers | curves | cpu-curves | epochs | block | attention | steps) stages+=("$word") ;;
    *) odot_refuse "unknown stage or option '$word'" ;;
  esac
done
if [ ${#stages[@]} -eq 0 ]; then
  for stage in "${all[@]}"; do
    case $stage in
      build) [ -n "$no_build" ] || stages+=("$stage") ;;
      sanitizers | curves) [ -n "$quick" ] || stages+=("$stage") ;;
      *) stages+=("$stage") ;;
    esac
  done
fi

child=''
trap '[ -z "$child" ] || kill "$child"; exit 130' INT TERM
run() { # run <seconds> <name> <command...>: says whether it passed; its output goes to logs
  local limit=$1 name=$2 start=$SECONDS code=0
  shift 2
  timeout -k 10 "$limit" "$@" > "$logs/$name.log" 2> "$logs/$name.errors" &
  child=$!  # in the background, so that the trap comes through
  wait "$child" || code=$?
  child=''
  case $code in
    0) odot_say "$name: passed in $((SECONDS - start)) s" ;;
    124 | 137) odot_say "$name: STOPPED after $limit s; the end of $logs/$name.log:" ;;
    *) odot_say "$name: FAILED after $((SECONDS - start)) s with code $code; the end of $logs/$name.log:" ;;
  esac
  [ $code -eq 0 ] || tail -q -n 10 "$logs/$name.log" "$logs/$name.errors"
  return $code
}
shown() { # shown <seconds> <name> <command...>: a table, of which every row that was reached is shown
  local code=0
  run "$@" > "$logs/$2.verdict" || code=$?
  head -n 1 "$logs/$2.verdict"
  cat "$logs/$2.log"
  [ $code -eq 0 ] || tail -n 5 "$logs/$2.errors"
  return $code
}

stage_build() {
  local native=() programs=(odot_gpu_tests gpu_step gpu_attention gpu_attention_block fashion_mnist)
  ! nvidia-smi -L > /dev/null 2>&1 || native=(-DCMAKE_CUDA_ARCHITECTURES=native)
  local configure=(run 120 configure cmake --preset cuda -B "$build" "${native[@]}")
  { "${configure[@]}" -DODOT_CUDNN=ON > /dev/null || "${configure[@]}" -DODOT_CUDNN=OFF; } &&
    run 1800 build cmake --build "$build" --parallel "$(odot_jobs)" --target "${programs[@]}"
}
stage_tests() {
  run 240 tests "$tests" && tail -n 3 $logs/tests.log
}
stage_sanitizers() {
  local tool code=0
  for tool in memcheck racecheck initcheck; do
    shown 200 $tool $gpu/sanitize.sh $tool "$tests" $logs/$tool || code=1
  done
  return $code
}
epoch() { # epoch <seconds> <model> <device>: its batches in build/gpu/<model>-on-<device>, complete if they are there
  local folder=$logs/$2-on-$3
  rm -rf "$folder" "$folder.part"
  run "$1" "$2-on-$3" "$trainer" --model "$2" --device "$3" --batch-size 512 --epochs 1 --out "$folder.part" --quiet &&
    mv "$folder.part" "$folder"
}
epoch_on_cpu() { # epoch_on_cpu <seconds> <model>
  local batches=$logs/$2-on-cpu/batches.csv
  if [ -f "$batches" ]; then
    odot_say "$2-on-cpu: taken from $batches of $(date -r "$batches" '+%F %R')"
  else
    epoch "$1" "$2" cpu
  fi
}
stage_cpu_curves() {
  epoch_on_cpu 600 b && epoch_on_cpu 7200 control
}
stage_curves() {
  local model code=0
  for model in b control; do
    epoch 120 $model gpu && epoch_on_cpu 240 $model &&
      timeout 60 "$python" $gpu/compare_curves.py $logs/$model-on-gpu/batches.csv $logs/$model-on-cpu/batches.csv || code=1
  done
  return $code
}
stage_epochs() {
  local start
  start=$(date +%s%N)
  run 60 train-model-b "$trainer" --device gpu --model b --batch-size 4096 --quiet || return
  odot_say "model B, ten epochs, from the program's start to its end: $((($(date +%s%N) - start) / 1000000)) ms"
  tail -n 1 $logs/train-model-b.log
}
stage_block() {
  shown 120 attention-block "$build/benchmarks/gpu_attention_block"
}
stage_attention() {
  shown 240 attention "$python" $gpu/measure.py attention "$build/benchmarks/gpu_attention" $rounds
}
stage_steps() {
  shown 420 steps "$python" $gpu/measure.py steps "$build/benchmarks/gpu_step" $rounds
}

mkdir -p $logs
nvidia-smi -L 2> /dev/null || case "${stages[*]}" in
  build | cpu-curves | 'build cpu-curves') ;;
  *) odot_say "there is no NVIDIA GPU here" && exit 1 ;;
esac
passed=() failed=()
for stage in "${stages[@]}"; do
  if "stage_${stage//-/_}"; then passed+=("$stage"); else failed+=("$stage"); fi
done
odot_say "passed: ${passed[*]:-none}; failed: ${failed[*]:-none}; $SECONDS s"
[ ${#failed[@]} -eq 0 ]
