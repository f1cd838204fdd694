#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tables of docs/accuracy.md from what was measured.

usage: table.py ROWS TORCH_ROWS
  ROWS        of scripts/accuracy.sh --rows, and of the Gpu's tests with ODOT_ACCURACY_ROWS (without a configuration)
  TORCH_ROWS  of torch_rows.py
"""
import collections
import sys


def worst(values):
    return max(values, key=float) if values else "–"


def main(rows_path, torch_path):
    measured = collections.defaultdict(lambda: collections.defaultdict(list))
    bounds = {}
    for line in open(rows_path, encoding="utf-8"):
        fields = line.rstrip("\n").split("|")
        configuration = fields.pop(0) if len(fields) == 9 else "host"
        layer, device, size, length, output, gradients, output_bound, gradient_bound = fields
        key = (layer, size, length)
        measured[key][device].append((output, gradients, configuration))
        bounds[key] = (output_bound, gradient_bound)
    torch = {}
    for line in open(torch_path, encoding="utf-8"):
        layer, size, length, output, gradients = line.rstrip("\n").split("|")
        torch[layer, size, length] = (output, gradients)

    layers = list(dict.fromkeys(key[0] for key in measured))
    for layer in layers:
        print(f"\n### {layer}\n")
        print("| size of inputs | terms of a sum | bound: output, gradients | Cpu | Gpu, on the host | PyTorch float32 |")
        print("|---|---|---|---|---|---|")
        for key in (key for key in measured if key[0] == layer):
            cells = [
                ", ".join(worst([row[i] for row in measured[key][device]]) for i in (0, 1)) if measured[key][device] else "–"
                for device in ("Cpu", "Gpu")
            ]
            length = f"{int(key[2]):,}" if key[2] != "0" else "–"
            print(f"| {key[1]} | {length} | {', '.join(bounds[key])} | {cells[0]} | {cells[1]} | "
                  f"{', '.join(torch.get(key, ('–',)))} |")


main(*sys.argv[1:])
