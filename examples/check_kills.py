#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A trainer's run that is killed by SIGKILL many times and resumed, on changing numbers of threads, ends with the files
of one that was left alone: weights, batches.csv and, times aside, epochs.csv, byte by byte. Every second kill comes at a
random moment, the others while a checkpoint is being written. Each start must continue from the newest checkpoint.

usage: check_kills.py FOLDER KILLS LEAST PROGRAM [OPTIONS...]    LEAST: kills that must break off a checkpoint's writing;
                                                                 OPTIONS: with --epochs and --checkpoint-every"""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time


def fail(what, output=b""):
    sys.exit(f"{what}\n{output.decode(errors='replace')}")


def checkpoints(folder):
    """The steps of the checkpoints in a folder, and whether one is being written."""
    steps, writing = [0], False
    for name in os.listdir(folder) if folder.exists() else ():
        found = re.fullmatch(r"checkpoint-(\d+)\.safetensors(\.partial.*)?", name)
        if found and found[2]:
            writing = writing or found[1] != "0"  # 0: the file with which the folder is tried
        elif found:
            steps.append(int(found[1]))
    return max(steps), writing


class Training:
    """A run in a folder, that can be killed and goes on."""

    def __init__(self, program, folder):
        self.program, self.folder, self.weights = program, folder, folder.with_suffix(".safetensors")

    def start(self, *more):
        return subprocess.Popen([*self.program, *more, "--out", self.folder, "--save", self.weights],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def result(self):
        """What must be the same."""
        epochs = (self.folder / "epochs.csv").read_text().splitlines()
        return {"weights": self.weights.read_bytes(), "batches.csv": (self.folder / "batches.csv").read_bytes(),
                "epochs.csv": [line.rsplit(",", 2)[0] for line in epochs]}  # without the columns of time

    def remove(self):
        shutil.rmtree(self.folder)
        self.weights.unlink()


def end(run, kill):
    """Whether the run has ended before `kill()` was true; it is killed otherwise."""
    while run.poll() is None and not kill():
        pass
    run.kill()
    output = run.stdout.read()
    if run.wait() not in (0, -signal.SIGKILL):
        fail(f"a run has ended with exit code {run.returncode}", output)
    if b"skipped: " in output:
        fail("a kill has left a broken checkpoint under its own name", output)
    return run.returncode == 0, output


def main(folder, kills, least, program):
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    whole, killed = Training(program, folder / "whole"), Training(program, folder / "killed")
    begin = time.monotonic()
    end(whole.start(), lambda: time.sleep(0.01))
    alone, expected = time.monotonic() - begin, whole.result()

    done = broken = resumed = trainings = 0
    while done < kills or broken < least or trainings == 0:
        newest, _ = checkpoints(killed.folder)
        deadline = time.monotonic() + random.uniform(0, alone / 2)
        in_writing, enough = done % 2 == 1, done >= kills and broken >= least
        seen, before = set(), random.randint(1, 4)

        def is_time():
            if in_writing and not enough:  # after some other checkpoints
                step, writing = checkpoints(killed.folder)
                seen.add(step)
                return writing and len(seen) > before
            time.sleep(0.001)
            return not enough and time.monotonic() > deadline

        ended, output = end(killed.start("--resume", "--threads", str(random.randint(1, 3))), is_time)
        told = re.search(rb"goes on after .*checkpoint-(\d+)\.safetensors", output)
        if told:
            resumed += 1
            if int(told[1]) != newest:
                fail(f"a start continued from another checkpoint than the newest, {newest}", output)
        if ended:
            trainings += 1
            for what, content in killed.result().items():
                if content != expected[what]:
                    fail(f"{what} of the run that was killed are others")
            killed.remove()
        else:
            done += 1
            broken += checkpoints(killed.folder)[1]
    print(f"{done} kills in {trainings} trainings: {resumed} starts continued from a checkpoint; {broken} kills broke off "
          "the writing of a checkpoint; the same bytes at the end of each")
    shutil.rmtree(folder)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
