#!/usr/bin/env bash
# Everything that needs a GPU, in one call for whoever has one for a few minutes: builds the CUDA backend, runs its tests,
# the tests of kernels and layers under compute-sanitizer, an epoch of models B and control beside the CPU's, ten epochs of
# model B against the clock, the attention block beside its floors, training steps beside PyTorch.
# With cuDNN where CMake finds it (CUDNN_ROOT helps). The short table comes last. Logs: build/gpu/.
#
# usage: benchmarks/gpu/measure.sh [--quick] [--no-build]
#   --quick       without compute-sanitizer and the CPU's epochs, and with three rounds
#   --no-build    with what is in build/cuda
# PyTorch for CUDA comes from $ODOT_PEERS_PYTHON, by default python3.
set -u
cd "$(dirname "$0")/../.."
python=${ODOT_PEERS_PYTHON:-python3} rounds=7 quick='' build=yes
for option in "$@"; do
  case $option in
    --quick) quick=yes rounds=3 ;;
    --no-build) build='' ;;
    *)
      echo "usage: benchmarks/gpu/measure.sh [--quick] [--no-build]" >&2
      exit 2
      ;;
  esac
done
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
train() { # train <name> <options of the trainer...>: an epoch, its batches in build/gpu/<name>/batches.csv
  local name=$1
  shift
  run "$name" build/cuda/examples/fashion_mnist "$@" --epochs 1 --out $logs/"$name" --quiet
}

nvidia-smi -L || { say "there is no NVIDIA GPU here"; exit 1; }
if [ -n "$build" ]; then
  configure="cmake --preset cuda -DCMAKE_CUDA_ARCHITECTURES=native"
  $configure -DODOT_CUDNN=ON > $logs/configure.log 2>&1 || run configure $configure -DODOT_CUDNN=OFF || exit 1
  run build cmake --build --preset cuda --parallel "$(nproc)" \
    --target odot_gpu_tests gpu_step gpu_attention_block fashion_mnist || exit 1
fi
tests=build/cuda/tests/odot_gpu_tests benchmarks=build/cuda/benchmarks status=0
run tests $tests || status=1
tail -n 3 $logs/tests.log
if [ -z "$quick" ]; then
  for tool in memcheck racecheck initcheck; do
    run $tool compute-sanitizer --tool $tool --error-exitcode 1 $tests \
      --source-file='*kernels.cpp,*attention*,*layers*,*losses*,*sequences.cpp' || status=1
    grep -h 'ERROR SUMMARY\|RACECHECK SUMMARY\|test cases' $logs/$tool.log
  done
  for model in b control; do
    train $model-on-gpu --model $model --batch-size 512 --device gpu || status=1
    train $model-on-cpu --model $model --batch-size 512 --device cpu || status=1
    "$python" benchmarks/gpu/compare_curves.py $logs/$model-on-gpu/batches.csv $logs/$model-on-cpu/batches.csv || status=1
  done
fi
start=$(date +%s%N)
run train-model-b build/cuda/examples/fashion_mnist --device gpu --model b --batch-size 4096 --quiet || status=1
say "model B, ten epochs, from the program's start to its end: $((($(date +%s%N) - start) / 1000000)) ms"
tail -n 1 $logs/train-model-b.log
run attention-block $benchmarks/gpu_attention_block || status=1
cat $logs/attention-block.log
"$python" benchmarks/gpu/measure.py $benchmarks/gpu_step $rounds 2> $logs/measure.log || { status=1; tail -n 5 $logs/measure.log; }
exit $status
