#!/usr/bin/env bash
# Everything that needs a GPU, in one call for whoever has one for a few minutes: builds the CUDA backend, runs its tests,
# runs the layers' tests under compute-sanitizer, trains model B for ten epochs, measures training steps beside PyTorch.
# With cuDNN where CMake finds it (CUDNN_ROOT helps). The short table comes last. Logs: build/gpu/.
#
# usage: benchmarks/gpu/measure.sh [--quick]      --quick: without compute-sanitizer and with three rounds
# PyTorch for CUDA comes from $ODOT_PEERS_PYTHON, by default python3.
set -u
cd "$(dirname "$0")/../.."
python=${ODOT_PEERS_PYTHON:-python3} rounds=7 quick=
[ "${1:-}" != --quick ] || { quick=yes rounds=3; }
logs=build/gpu
mkdir -p $logs

say() { printf 'odot: %s\n' "$*"; }
run() { # run <name> <command...>: says whether it passed; its output goes to a log
  local name=$1 start=$SECONDS
  shift
  if "$@" > "$logs/$name.log" 2>&1; then say "$name: passed in $((SECONDS - start)) s"; else
    say "$name: FAILED; the end of $logs/$name.log:"
    tail -n 15 "$logs/$name.log"
    return 1
  fi
}

nvidia-smi -L || { say "there is no NVIDIA GPU here"; exit 1; }
configure="cmake --preset cuda -DCMAKE_CUDA_ARCHITECTURES=native" convolutions="convolutions by cuDNN"
if ! $configure -DODOT_CUDNN=ON > $logs/configure.log 2>&1; then
  convolutions="convolutions without cuDNN"
  run configure $configure -DODOT_CUDNN=OFF || exit 1
fi
say "$convolutions"
run build cmake --build --preset cuda --parallel "$(nproc)" --target odot_gpu_tests gpu_step fashion_mnist || exit 1
tests=build/cuda/tests/odot_gpu_tests step=build/cuda/benchmarks/gpu_step status=0
run tests ctest --preset cuda -L '^gpu$' --no-tests=error || status=1
if [ -z "$quick" ]; then
  for tool in memcheck racecheck initcheck; do
    run $tool compute-sanitizer --tool $tool --error-exitcode 1 $tests --source-file='*layers*' || status=1
  done
fi
run train-model-b build/cuda/examples/fashion_mnist --device gpu --model b --quiet && tail -n 1 $logs/train-model-b.log
printf '%s; ' "$convolutions"  # begins the table's first line
"$python" benchmarks/gpu/measure.py $step $rounds 2> $logs/measure.log || { status=1; tail -n 5 $logs/measure.log; }
exit $status
