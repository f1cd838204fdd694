# SPDX-License-Identifier: MIT
"""The measurements of compare.py, each in pairs: odot, then the peer, by turns."""
import math
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workers import CPUS, HERE, MIB, PEERS, NotMeasured, Worker

sys.path.insert(0, str(HERE.parent / "support"))
from child_usage import measured_run  # noqa: E402

ROOT = HERE.parent.parent
BUILD_SECONDS, BUILD_BYTES = 30, 1.5e9  # to stay below


class DifferentWork(Exception):
    """odot and the peer turned out to do different things."""


@dataclass
class Row:
    """One line of the table; where `pairs` is empty, `note` says why."""
    work: object
    peer: str
    goal: float | None = None
    pairs: tuple = ()
    note: str = ""
    failed: bool = False
    texts: tuple | None = None  # odot's column, the peer's, the goal, where they are no ratio
    reached: bool | None = None

    @property
    def ratios(self):
        return [theirs / ours for ours, theirs in self.pairs]

    @property
    def ratio(self):
        return statistics.median(self.ratios)


@dataclass(frozen=True)
class Settings:
    build: Path
    threads: int
    rounds: int
    quick: bool
    log: object


def check_same_work(ours, theirs, work):
    if ours.parameters != theirs.parameters:
        raise DifferentWork(f"odot's model has {ours.parameters} parameters, {theirs.peer.name}'s {theirs.parameters}")
    if work.kind == "memory":
        return
    expected = math.log(work.classes)
    for worker in (ours, theirs):
        loss = worker.run()[1]
        if not abs(loss - expected) < (0.5 if work.batch >= 16 else 2):  # few labels may happen to be likely ones
            raise DifferentWork(f"the first loss of {worker.peer.name} is {loss:.4f}, not near ln {work.classes} = "
                                f"{expected:.4f}")


def calls_per_block(worker, seconds):
    """Calls that take about `seconds` together."""
    calls = 1
    while (took := worker.run(calls)[0] * calls) < seconds / 4:
        calls *= 4
    return max(1, round(calls * seconds / took))


def time_pairs(ours, theirs, work, settings):
    check_same_work(ours, theirs, work)
    block = 0.5 if work.kind == "predict" else 0.15  # seconds; a step above half of that is a block
    calls = [calls_per_block(worker, 0.05 if settings.quick else block) for worker in (ours, theirs)]
    rounds = [(ours.run(calls[0])[0], theirs.run(calls[1])[0]) for _ in range(settings.rounds + 1)]
    return rounds[1:]


def peak_of_training(worker):
    before = worker.resident()
    worker.reset_peak()
    worker.run(3)
    return max(worker.resident(peak=True) - before, 1)


def pairs_of(work, peer, settings):
    """[(odot's, the peer's)] and the peer's version."""
    mode = "predict" if work.kind == "predict" else "train"
    threads, peer_threads = settings.threads, settings.threads
    if work.kind == "threads":
        threads, peer_threads = 2, 1
        if len(CPUS) < 2:
            raise NotMeasured("there is but one processor")

    def start(which, threads):
        return Worker(which, settings.build, mode, work.model, work.batch, threads, settings.log)

    if work.kind != "memory":
        with start(PEERS["odot"], threads) as ours, start(peer, peer_threads) as theirs:
            return time_pairs(ours, theirs, work, settings), (ours.version, theirs.version)
    pairs = []
    for _ in range(1 if settings.quick else min(settings.rounds, 3)):
        with start(PEERS["odot"], threads) as ours, start(peer, peer_threads) as theirs:
            check_same_work(ours, theirs, work)
            pairs.append((peak_of_training(ours), peak_of_training(theirs)))
    return pairs, (ours.version, theirs.version)


def measure_build(work, settings):
    """Builds an example in a new folder; configuring is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        configure = ["cmake", "-S", str(ROOT), "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DODOT_BUILD_TESTS=OFF",
                     "-DODOT_BUILD_BENCHMARKS=OFF"]
        if subprocess.run(configure, stdout=settings.log, stderr=settings.log).returncode:
            raise NotMeasured(f"CMake failed; see {settings.log.name}")
        used = measured_run(["cmake", "--build", folder, "--target", work.model], settings.log)
        if used.code:
            raise NotMeasured(f"the build failed; see {settings.log.name}")
    return used


def build_row(work, settings):
    used = measure_build(work, settings)
    goal = f"< {BUILD_SECONDS} s, < {BUILD_BYTES / 1e9:.1f} GB"
    texts = (f"{used.seconds:.1f} s, {used.peak / 1e9:.2f} GB", "–", goal)
    return Row(work, "–", texts=texts, reached=used.seconds < BUILD_SECONDS and used.peak < BUILD_BYTES)


def measure(work, peer_name, settings, versions):
    """The row of one piece of work beside one peer, None for work without a peer; adds to `versions`."""
    if peer_name is None:
        try:
            if not shutil.which("cmake"):
                raise NotMeasured("there is no cmake")
            return build_row(work, settings)
        except NotMeasured as why:
            return Row(work, "–", note=str(why))
    peer = PEERS[peer_name]
    goal = work.peers.get(peer_name)
    title = "odot, 1 thread" if work.kind == "threads" else peer.name
    try:
        pairs, found = pairs_of(work, peer, settings)
        versions.update(dict.fromkeys(found))
        row = Row(work, title, goal, tuple(pairs))
        row.reached = None if goal is None else row.ratio >= goal
        if work.kind == "memory":
            row.texts = (f"{statistics.median(o for o, _ in pairs) / MIB:.0f} MiB",
                         f"{statistics.median(t for _, t in pairs) / MIB:.0f} MiB", f"{goal:g}x")
        return row
    except NotMeasured as why:
        return Row(work, title, goal, note=str(why))
    except DifferentWork as error:
        return Row(work, title, goal, note=str(error), failed=True)
