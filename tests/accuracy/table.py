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
    return max(values, key=float)


def cell(pairs):
    """The worst outputs and gradients of several runs; NaN: there are no gradients."""
    if not pairs:
        return "–"
    output, gradients = (worst([pair[i] for pair in pairs]) for i in (0, 1))
    return output if gradients == "nan" else f"{output}, {gradients}"


def main(rows_path, torch_path):
    measured = collections.defaultdict(lambda: collections.defaultdict(list))
    bounds = {}
    for line in open(rows_path, encoding="utf-8"):
        fields = line.rstrip("\n").split("|")
        if len(fields) == 9:
            fields.pop(0)  # the configuration
        layer, device, size, length, output, gradients, output_bound, gradient_bound = fields
        key = (layer, size, length)
        measured[key][device].append((output, gradients))
        bounds[key] = (output_bound, gradient_bound)
    torch = {}
    for line in open(torch_path, encoding="utf-8"):
        layer, size, length, output, gradients = line.rstrip("\n").split("|")
        torch[layer, size, length] = [(output, gradients)]

    layers = list(dict.fromkeys(key[0] for key in measured))
    for layer in layers:
        print(f"\n### {layer}\n")
        print("| size of inputs | terms of a sum | bound: output, gradients | Cpu | Gpu, on the host | PyTorch float32 |")
        print("|---|---|---|---|---|---|")
        for key in sorted((key for key in measured if key[0] == layer), key=lambda key: (float(key[1]), int(key[2]))):
            length = f"{int(key[2]):,}" if key[2] != "0" else "–"
            devices = " | ".join(cell(measured[key][device]) for device in ("Cpu", "Gpu"))
            print(f"| {key[1]} | {length} | {cell([bounds[key]])} | {devices} | {cell(torch.get(key))} |")


main(*sys.argv[1:])
