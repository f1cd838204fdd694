#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Training steps on the GPU, odot and PyTorch by turns: medians of paired ratios by the device's events, as a table.

usage: measure.py GPU_STEP [ROUNDS]        exit code 1 if a result is not finite or a side does other work
"""
import math
import statistics
import subprocess
import sys
from pathlib import Path

# model, batch, arithmetic, {PyTorch's variant: ratio to reach}
WORK = [
    ("b", 4096, "float", {"eager": 20, "compile": 5}),
    ("h", 4096, "float", {"eager": 20, "compile": 5}),
    ("cifar10-attention", 1024, "float", {"eager": 20, "compile": 5}),
    ("control", 4096, "tf32", {"eager": 1}),
    ("control", 4096, "float", {"eager": 1}),
    ("control", 1024, "tf32", {"eager": 1}),
    ("control", 1024, "float", {"eager": 1}),
]
TORCH = Path(__file__).resolve().parent / "torch_step.py"


class Side:
    """A program that answers a number of calls with seconds, loss and largest gradient."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split(maxsplit=2)
        if not words or words[0] != "ready":
            raise RuntimeError(f"{command[0]} did not start")
        self.parameters, self.name = int(words[1]), words[2].strip()

    def seconds(self, calls):
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 3 or not all(math.isfinite(float(number)) for number in answer) or float(answer[2]) == 0:
            raise RuntimeError(f"{self.name}: not a finite result: {answer}")
        return float(answer[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def row(program, rounds, model, batch, arithmetic, variant, goal):
    ours = Side([program, model, str(batch), arithmetic])
    theirs = Side([sys.executable, str(TORCH), variant, model, str(batch), arithmetic])
    try:
        if ours.parameters != theirs.parameters:
            raise RuntimeError(f"{model}: {ours.parameters} parameters, PyTorch's has {theirs.parameters}")
        slowest = 0
        for side in (ours, theirs):
            side.seconds(5)  # warm-up
            slowest = max(slowest, side.seconds(3))
        steps = max(3, min(50, int(0.3 / slowest)))
        pairs = [(ours.seconds(steps), theirs.seconds(steps)) for _ in range(rounds)]
        ratio = statistics.median(theirs / ours for ours, theirs in pairs)
        mine, peer = (1e3 * statistics.median(values) for values in zip(*pairs))
        return (f"| {model}, batch {batch}, {arithmetic} | {theirs.name} {variant} | {mine:.3f} ms | {peer:.3f} ms | "
                f"{ratio:.2f}x | {goal}x |"), ours.name
    finally:
        ours.close()
        theirs.close()


def main():
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 7
    rows, failed, device = [], False, ""
    for model, batch, arithmetic, peers in WORK:
        for variant, goal in peers.items():
            try:
                line, device = row(program, rounds, model, batch, arithmetic, variant, goal)
            except (RuntimeError, OSError, ValueError) as error:
                line, failed = f"| {model}, batch {batch}, {arithmetic} | {variant} | FAILED: {error} | | | {goal}x |", True
            print(line, file=sys.stderr, flush=True)
            rows.append(line)
    print(f"{device}; medians of {rounds} paired rounds of 3 to 50 steps\n")
    print("| training step | peer | odot | peer | ratio | to reach |\n|---|---|---|---|---|---|")
    print("\n".join(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
