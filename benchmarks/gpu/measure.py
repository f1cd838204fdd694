#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Training steps or attention on the GPU, odot and PyTorch by turns: medians of paired ratios by the device's events, as
a table, row by row.

usage: measure.py steps GPU_STEP [ROUNDS]
       measure.py attention GPU_ATTENTION [ROUNDS]
Exit code 1 if a result is not finite, a side does other work, or there is no PyTorch. Without PyTorch, odot is measured
alone.
"""
import importlib.util
import math
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
# model, batch, arithmetic, {PyTorch's variant: ratio to reach; None: there is no aim}
STEPS = [
    ("b", 4096, "float", {"eager": 20, "compile": 5}),
    ("h", 4096, "float", {"eager": 20, "compile": 5}),
    ("cifar10-attention", 1024, "float", {"eager": 20, "compile": 5}),
    ("control", 4096, "tf32", {"eager": 1}),
    ("control", 4096, "float", {"eager": 1}),
    ("control", 1024, "tf32", {"eager": 1}),
    ("control", 1024, "float", {"eager": 1}),
    ("minimal-transformer", 512, "float", {"eager": None, "compile": None}),
    ("ea6-vowels", 512, "float", {"eager": None, "compile": None}),
    ("self-vowels", 512, "float", {"eager": None, "compile": None}),
]
# L, samples, {PyTorch's variant: forms}: as many tokens in all
ATTENTION = [
    (256, 64, {"eager": ["ea6", "ea6-causal", "self", "self-causal"]}),
    (1024, 16, {"eager": ["ea6", "ea6-causal", "self", "self-causal"]}),
    (4096, 4, {"eager": ["ea2", "ea6", "ea6-causal", "self", "self-causal"], "compile": ["ea6", "ea6-causal"]}),
    (16384, 1, {"eager": ["ea6", "ea6-causal", "self", "self-causal"]}),
]


@dataclass
class Work:
    title: str
    arguments: list  # of both programs
    variant: str  # of PyTorch
    goal: float | None = None


def steps():
    for model, batch, arithmetic, peers in STEPS:
        for variant, goal in peers.items():
            yield Work(f"{model}, batch {batch}, {arithmetic}", [model, str(batch), arithmetic], variant, goal)


def attention():
    for length, samples, peers in ATTENTION:
        for variant, forms in peers.items():
            for form in forms:
                yield Work(f"{form}, {samples} x {length} tokens", [form, str(length), str(samples)], variant)


class Side:
    """A program that answers a number of calls with seconds, loss and largest gradient."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.command = command
        self.start()

    def start(self):
        words = self.process.stdout.readline().split(maxsplit=2)
        if not words or words[0] != "ready":
            self.process.kill()
            raise RuntimeError(f"{' '.join(self.command)} did not start")
        self.parameters, self.name = int(words[1]), words[2].strip()

    def send(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def seconds(self, calls):
        self.send(calls)
        answer = self.process.stdout.readline().split()
        if len(answer) != 3 or not all(math.isfinite(float(number)) for number in answer) or float(answer[2]) == 0:
            raise RuntimeError(f"{self.name}: not a finite result: {answer}")
        self.loss = float(answer[1])
        return float(answer[0])

    def close(self):
        try:
            self.process.communicate(timeout=20)
        except (subprocess.TimeoutExpired, OSError):
            self.process.kill()


class Peers:
    """PyTorch's sides, a process a variant: it goes on from row to row, since PyTorch takes long to load."""

    def __init__(self, script):
        self.script, self.sides = script, {}

    def take(self, work):
        side = self.sides.pop(work.variant, None)
        if side is None:
            return Side([sys.executable, str(HERE / self.script), work.variant, *work.arguments])
        side.send(" ".join(work.arguments))
        side.start()
        return side

    def give_back(self, side, work):
        self.sides[work.variant] = side

    def close(self):
        for side in self.sides.values():
            side.close()


def check_same_work(ours, theirs, kind):
    if ours.parameters != theirs.parameters:
        raise RuntimeError(f"{ours.parameters} parameters, PyTorch's model has {theirs.parameters}")
    if kind == "attention" and not abs(ours.loss - theirs.loss) <= 1e-3 * abs(theirs.loss):
        raise RuntimeError(f"odot comes to {ours.loss}, PyTorch to {theirs.loss}")


def warm_up(sides):
    """How many calls take about 0.3 s, at most 50, on the slowest side."""
    slowest = 0
    for side in sides:
        for _ in range(3):  # load, compile and capture; warm up
            last = side.seconds(1)
        slowest = max(slowest, last)
    calls = max(1, min(50, int(0.3 / slowest)))
    for side in sides:
        side.seconds(calls)
    return calls


def measure_alone(program, work, rounds):
    ours = Side([program, *work.arguments])
    try:
        calls = warm_up([ours])
        mine = 1e3 * statistics.median(ours.seconds(calls) for _ in range(rounds))
    finally:
        ours.close()
    return f"– | {mine:.4g} ms | – | –", ours.name


def measure_pairs(program, peers, work, kind, rounds):
    ours = Side([program, *work.arguments])
    theirs = None
    try:
        theirs = peers.take(work)
        calls = warm_up([ours, theirs])
        check_same_work(ours, theirs, kind)
        pairs = [(ours.seconds(calls), theirs.seconds(calls)) for _ in range(rounds)]
    except (RuntimeError, OSError, ValueError):
        if theirs:
            theirs.close()
        raise
    finally:
        ours.close()
    peers.give_back(theirs, work)
    ratio = statistics.median(theirs / ours for ours, theirs in pairs)
    mine, peer = (1e3 * statistics.median(values) for values in zip(*pairs))
    return f"{theirs.name} {work.variant} | {mine:.4g} ms | {peer:.4g} ms | {ratio:.2f}x", ours.name


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[1] not in ("steps", "attention"):
        sys.exit(__doc__.split("\n\n")[1])
    kind, program, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 7
    title, works, script = {"steps": ("training step", steps, "torch_step.py"),
                            "attention": ("attention", attention, "torch_attention.py")}[kind]
    alone = not importlib.util.find_spec("torch")
    failed, device, peers = alone, "no device", Peers(script)
    print(f"| {title} | peer | odot | peer | ratio | to reach |\n|---|---|---|---|---|---|", flush=True)
    measured = set()
    for work in works():
        if alone and tuple(work.arguments) in measured:  # for another variant of PyTorch
            continue
        measured.add(tuple(work.arguments))
        try:
            columns, device = (measure_alone(program, work, rounds) if alone else
                               measure_pairs(program, peers, work, kind, rounds))
        except (RuntimeError, OSError, ValueError) as error:
            columns, failed = f"{work.variant} | FAILED: {error} | | ", True
        print(f"| {work.title} | {columns} | {f'{work.goal}x' if work.goal else '–'} |", flush=True)
    peers.close()
    print(f"\n{device}; medians of {rounds} {'rounds; there is no PyTorch here' if alone else 'paired rounds'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
