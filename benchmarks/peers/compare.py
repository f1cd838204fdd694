#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""odot beside its peers: the same work in turn on the same threads, one Markdown table of medians of paired ratios.

Every round measures odot, then the peer; the first round is a warm-up (peak memory: up to three rounds, each in new
processes, without one). A ratio is the peer's seconds (or bytes) over odot's. A peer that can't be had is named as not
measured. compare.sh makes the Python environment and builds the programs.

WORK is a name of --list, a pattern such as 'step/*' or 'memory/b/*', or 'small': perceptrons, a small convolutional net
and predictions of one sample, which the peers in C++ can do too.
Exit code: 0; 1 if a peer turned out to do different work or nothing could be measured; 2 for a wrong command line.
"""
import argparse
import fnmatch
import os
import platform
import statistics
import sys
from pathlib import Path

import work as works
from measure import ROOT, Settings, measure
from workers import CPUS, PEERS, Peer

HEADER = "| work | peer | odot | peer's | ratio | min … max | ratio to reach |\n|---|---|---|---|---|---|---|"


def thread_counts(text):
    counts = [int(word) for word in text.split(",")]
    if not all(1 <= count <= len(CPUS) for count in counts):
        raise argparse.ArgumentTypeError(f"expected 1 to {len(CPUS)}, the processors of this machine, found {text}")
    return counts


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", nargs="*", metavar="WORK", help="what to measure (default: everything)")
    parser.add_argument("--list", action="store_true", help="print the names of all work and of its peers")
    parser.add_argument("--peer", action="append", metavar="PEER",
                        help=f"measure this peer alone: {', '.join(name for name in PEERS if name != 'odot')}, or the name "
                        "of a file of --also; may be given more than once")
    parser.add_argument("--also", action="append", default=[], type=Path, metavar="FILE",
                        help="a peer's program of your own, of program.hpp's usage, beside the small works")
    parser.add_argument("--threads", type=thread_counts, default=[min(2, len(CPUS))], metavar="N[,N...]",
                        help="of every program; a table for each number, such as 1,2 (default: 2)")
    parser.add_argument("--rounds", type=int, help="pairs after the warm-up (default: 7; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="small batches, one round: whether all runs, no figures")
    parser.add_argument("--check", action="store_true", help="check the command line and do no more")
    parser.add_argument("--build", type=Path, default=ROOT / "build/peers", help="where the programs have been built")
    arguments = parser.parse_args()
    if not arguments.build.is_dir():
        parser.error(f"--build: there is no folder {arguments.build}; benchmarks/peers/compare.sh makes one")
    for path in arguments.also:
        if not path.is_file():
            parser.error(f"--also: there is no file {path}")
        PEERS[path.name] = Peer(path.name, (str(path.resolve()), "MODE", "MODEL", "BATCH", "THREADS"))
    for peer in arguments.peer or []:
        if peer not in PEERS or peer == "odot":
            parser.error(f"--peer: no peer is called '{peer}'; there are {', '.join(name for name in PEERS if name != 'odot')}")
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.quick else 7
    if arguments.rounds < 1:
        parser.error(f"--rounds: expected 1 or more, found {arguments.rounds}")
    arguments.work = [pattern for word in arguments.work for pattern in (works.SMALL if word == "small" else [word])]
    names = [work.name for work in works.ALL]
    for pattern in arguments.work:
        if not fnmatch.filter(names, pattern):
            parser.error(f"no work is called '{pattern}'; there are {', '.join(names)}")
    return arguments


def is_small(work):
    return any(fnmatch.fnmatch(work.name, pattern) for pattern in works.SMALL)


def chosen(arguments):
    """(work, peer) pairs that the command line asks for."""
    for work in works.ALL:
        if arguments.work and not any(fnmatch.fnmatch(work.name, pattern) for pattern in arguments.work):
            continue
        also = [path.name for path in arguments.also] if is_small(work) else []
        for peer in [*work.peers, *also] or [None]:
            if not arguments.peer or peer in arguments.peer:
                yield (work.quick() if arguments.quick else work), peer


def milliseconds(values):
    return f"{1e3 * statistics.median(values):.4g} ms"


def line_of(row):
    goal = "–" if row.goal is None else f"{row.goal:g}x"
    if row.note:
        cells = ["–", "–", f"{'FAILED' if row.failed else 'not measured'}: {row.note}", "–", goal]
    elif not row.pairs:
        ours, theirs, goal = row.texts
        cells = [ours, theirs, "–", "–", goal]
    else:
        ours, theirs, goal = row.texts or (milliseconds(o for o, _ in row.pairs), milliseconds(t for _, t in row.pairs),
                                           goal)
        cells = [ours, theirs, f"{row.ratio:.2f}x", f"{min(row.ratios):.2f} … {max(row.ratios):.2f}", goal]
    return "| " + " | ".join([row.work.title, row.peer, *cells]) + " |"


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def say(text):
    print(text, file=sys.stderr, flush=True)


def measure_all(pairs, settings, versions):
    rows = []
    for number, (work, peer) in enumerate(pairs, 1):
        say(f"[{number}/{len(pairs)}] {work.name}{f' beside {peer}' if peer else ''}")
        rows.append(measure(work, peer, settings, versions))
        say(f"    {line_of(rows[-1])}")
    return rows


def print_table(rows, threads, arguments):
    load = os.getloadavg()[1]  # of the last five minutes
    notes = [f"{threads} thread(s)", f"medians of {arguments.rounds} paired round(s) after one", f"load {load:.1f}"]
    if load > 1.5 * threads:
        notes.append("MUCH OTHER WORK: only ratios count, and those of several threads don't")
    if arguments.quick:
        notes.append("QUICK: small batches, no figures to quote")
    print(f"\n{processor()}, {len(CPUS)} processors; {', '.join(notes)}\n\n" + HEADER)
    for row in rows:
        print(line_of(row), flush=True)


def main():
    arguments = parse_arguments()
    if arguments.list:
        for work in works.ALL:
            print(work.name, *work.peers)
        return 0
    pairs = list(chosen(arguments))
    if not pairs:
        say("compare.py: none of this work has such a peer; see --list")
        return 2
    if arguments.check:
        return 0
    rows, versions = [], {}
    log_path = arguments.build / "logs/compare.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    say(f"what the programs say besides: {log_path}")
    with log_path.open("w") as log:
        for threads in arguments.threads:
            table = measure_all(pairs, Settings(arguments.build, threads, arguments.rounds, arguments.quick, log), versions)
            print_table(table, threads, arguments)
            rows += table
    print("\n" + "; ".join(versions or ["nothing measured"]))
    missed = [f"{row.work.name} beside {row.peer}" for row in rows if row.reached is False]
    if missed and not arguments.quick:
        say("below the ratio to reach: " + ", ".join(missed))
    for row in rows:
        if row.failed:
            say(f"error: {row.work.name}: {row.note}")
    return 1 if any(row.failed for row in rows) or all(row.note for row in rows) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
