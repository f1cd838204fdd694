#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What attention costs as the sequence grows: seconds and memory of forward and backward, odot beside PyTorch.

One sequence of L tokens, 256 features; queries, keys and values are given (no projections), and their gradients are
wanted. Every program first works once in a new process: its peak of resident memory over that before, which has the
inputs, is the memory. Then all programs work in turn, round after round, on the same threads; a ratio is that of one
round. Of what takes longer than 5 s, that first call is all there is. Both sides must come to the same numbers.

Prints Markdown tables; --svg writes them as curves. compare.sh attention makes the Python environment, builds and runs.
Exit code: 0; 1 if two sides came to different numbers or nothing was measured; 2 for a wrong command line.
"""
import argparse
import math
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from compare import processor, say
from measure import ROOT, calls_per_block
from workers import ATTENTION, CPUS, MIB, NotMeasured, Worker

LENGTHS = [256 << i for i in range(7)]
SLOW = 5  # seconds a call

METHODS = {"odot EA-2": ("odot", "ea2"), "odot EA-6": ("odot", "ea6"), "odot self-attention": ("odot", "self"),
           "PyTorch EA-2": ("torch", "ea2"), "PyTorch EA-6": ("torch", "ea6"),
           "PyTorch EA-6, compiled": ("torch", "ea6-compile"), "PyTorch self-attention": ("torch", "self"),
           "PyTorch linear attention": ("torch", "linear")}
# Whose seconds over whose.
RATIOS = [("PyTorch EA-2", "odot EA-2"), ("PyTorch EA-6", "odot EA-6"), ("PyTorch EA-6, compiled", "odot EA-6"),
          ("PyTorch self-attention", "odot self-attention"), ("PyTorch self-attention", "odot EA-6"),
          ("PyTorch linear attention", "odot EA-6")]


@dataclass
class Cost:
    """Of one method at one length."""
    memory: float = math.nan  # bytes
    rounds: list = field(default_factory=list)  # seconds a call
    result: float = math.nan  # mean square of outputs and gradients

    @property
    def seconds(self):
        return statistics.median(self.rounds) if self.rounds else math.nan


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--max-length", type=int, default=LENGTHS[-1], help="largest L (default: 16384)")
    parser.add_argument("--method", action="append", choices=list(METHODS), help="this one; may be given more than once")
    parser.add_argument("--threads", type=int, default=min(2, len(CPUS)), help="of every program (default: 2)")
    parser.add_argument("--rounds", type=int, help="in turn (default: 5; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="L up to 512, one round: whether all runs, no figures")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="write the curves of seconds and memory")
    parser.add_argument("--check", action="store_true", help="check the command line and do no more")
    parser.add_argument("--build", type=Path, default=ROOT / "build/peers", help="where the programs have been built")
    arguments = parser.parse_args()
    if not arguments.build.is_dir():
        parser.error(f"--build: there is no folder {arguments.build}; benchmarks/peers/compare.sh attention makes one")
    if not 1 <= arguments.threads <= len(CPUS):
        parser.error(f"--threads: expected 1 to {len(CPUS)}, the processors of this machine, found {arguments.threads}")
    if arguments.max_length < LENGTHS[0]:
        parser.error(f"--max-length: expected {LENGTHS[0]} or more, found {arguments.max_length}")
    if arguments.svg and not arguments.svg.absolute().parent.is_dir():
        parser.error(f"--svg: there is no folder {arguments.svg.absolute().parent}")
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.quick else 5
    if arguments.rounds < 1:
        parser.error(f"--rounds: expected 1 or more, found {arguments.rounds}")
    if arguments.quick:
        arguments.max_length = min(arguments.max_length, LENGTHS[1])
    return arguments


def start(method, length, arguments, log):
    """The method's program, and its cost so far: the memory of its first call, and its seconds if they are many."""
    side, form = METHODS[method]
    worker = Worker(ATTENTION[side], arguments.build, "", form, length, arguments.threads, log)
    try:
        before = worker.resident()
        worker.reset_peak()
        seconds, result = worker.run()
        memory = max(worker.resident(peak=True) - before, 1)
    except BaseException:
        worker.close()
        raise
    if form.endswith("compile"):  # the first call compiles
        return worker, Cost(result=result)
    return worker, Cost(memory, [seconds] if seconds > SLOW else [], result)


def measure_length(length, methods, arguments, log, versions):
    """{method: Cost}; what can't be had is named on standard error and left out."""
    costs, workers = {}, {}
    try:
        for method in methods:
            try:
                worker, costs[method] = start(method, length, arguments, log)
            except NotMeasured as why:
                say(f"    not measured: {method}: {why}")
                continue
            versions[worker.version] = None
            if costs[method].rounds:
                worker.close()
            else:
                workers[method] = worker
        calls = {method: calls_per_block(worker, 0.2) for method, worker in workers.items()}
        for _ in range(arguments.rounds):
            for method, worker in workers.items():
                costs[method].rounds.append(worker.run(calls[method])[0])
    finally:
        for worker in workers.values():
            worker.close()
    return costs


def disagreements(length, costs):
    """Pairs of the same form on both sides that came to different numbers."""
    for theirs, ours in RATIOS:
        if theirs in costs and ours in costs and METHODS[theirs][1].split("-")[0] == METHODS[ours][1]:
            a, b = costs[theirs].result, costs[ours].result
            if not abs(a - b) <= 1e-3 * abs(b):
                yield f"L = {length}: {theirs} comes to {a}, {ours} to {b}"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] +
                     ["| " + " | ".join(row) + " |" for row in rows])


def number(value, pattern="{:.4g}"):
    return "–" if math.isnan(value) else pattern.format(value)


def ratio(costs, theirs, ours):
    if theirs not in costs or ours not in costs:
        return "–"
    ratios = [t / o for t, o in zip(costs[theirs].rounds, costs[ours].rounds)]
    if len(ratios) == 1:  # of one with many rounds, the median
        return f"{costs[theirs].seconds / costs[ours].seconds:.1f}x"
    return f"{statistics.median(ratios):.1f}x ({min(ratios):.1f} … {max(ratios):.1f})"


def print_tables(results, methods):
    print("\nforward and backward, ms\n")
    print(table(["L", *methods], [[str(length), *(number(1e3 * costs.get(m, Cost()).seconds) for m in methods)]
                                  for length, costs in results.items()]))
    print("\npeak memory over that of the inputs, MiB\n")
    print(table(["L", *methods], [[str(length), *(number(costs.get(m, Cost()).memory / MIB, "{:.1f}") for m in methods)]
                                  for length, costs in results.items()]))
    pairs = [(t, o) for t, o in RATIOS if t in methods and o in methods]
    print("\nseconds, ratio of each round: median (min … max)\n")
    print(table(["L", *(f"{t} / {o}" for t, o in pairs)],
                [[str(length), *(ratio(costs, t, o) for t, o in pairs)] for length, costs in results.items()]))


def write_svg(path, results, methods, build):
    lines = [f"{panel}\t{m}\t{length}\t{value(costs[m])}"
             for panel, value in (("forward and backward, ms", lambda cost: 1e3 * cost.seconds),
                                  ("peak memory, MiB", lambda cost: cost.memory / MIB))
             for m in methods for length, costs in results.items() if m in costs and not math.isnan(value(costs[m]))]
    subprocess.run([build / "benchmarks/plot", "tokens", path], input="\n".join(lines), text=True, check=True)


def main():
    arguments = parse_arguments()
    if arguments.check:
        return 0
    methods = arguments.method or list(METHODS)
    results, versions, different = {}, {}, []
    log_path = arguments.build / "logs/attention_cost.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("w") as log:
        for length in [length for length in LENGTHS if length <= arguments.max_length]:
            say(f"L = {length}")
            results[length] = measure_length(length, methods, arguments, log, versions)
            different += disagreements(length, results[length])
            for method, cost in results[length].items():
                say(f"    {method}: {1e3 * cost.seconds:.4g} ms, {number(cost.memory / MIB, '{:.1f}')} MiB")
    print(f"{processor()}, {len(CPUS)} processors; {arguments.threads} thread(s), medians of {arguments.rounds} "
          f"round(s){'; QUICK: no figures to quote' if arguments.quick else ''}  ")
    print("; ".join(versions or ["nothing measured"]))
    print_tables(results, methods)
    if arguments.svg:
        write_svg(arguments.svg, results, methods, arguments.build)
    for text in different:
        say(f"error: {text}")
    return 1 if different or not any(results.values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
