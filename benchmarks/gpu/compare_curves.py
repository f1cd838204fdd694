#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two trainings' losses, batch by batch: compare_curves.py GPU.csv CPU.csv

Prints how far they are apart; exit code 1 if by more than the tolerance of the first batches, where rounding has not grown
yet, or of an epoch, where training has magnified it."""
import csv
import sys

FIRST, FIRST_TOLERANCE, TOLERANCE = 10, 1e-3, 0.1  # batches; nats


def losses(path):
    with open(path, newline="") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def main():
    ours, theirs = losses(sys.argv[1]), losses(sys.argv[2])
    if len(ours) != len(theirs) or not ours:
        sys.exit(f"{sys.argv[1]} has {len(ours)} batches, {sys.argv[2]} {len(theirs)}")
    apart = [abs(a - b) for a, b in zip(ours, theirs)]
    first, all_of_them = max(apart[:FIRST]), max(apart)
    print(f"losses of {len(ours)} batches, {ours[0]:.4f} to {ours[-1]:.4f}: apart by {first:.1e} at most in the first "
          f"{min(FIRST, len(ours))}, {all_of_them:.1e} in all; mean {sum(apart) / len(apart):.1e}")
    return 0 if first <= FIRST_TOLERANCE and all_of_them <= TOLERANCE else 1


if __name__ == "__main__":
    sys.exit(main())
