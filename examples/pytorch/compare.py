#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exchanges the weights of every model between odot and PyTorch, both ways, and prints the largest difference of outputs.

usage: compare.py EXCHANGE [FOLDER]        EXCHANGE: the program built from exchange.cpp; FOLDER: for the files

odot trains each model a little, writes its weights, a batch and its outputs; PyTorch loads them by their names and
predicts. PyTorch trains each model a little and does the same; odot loads and predicts. Differences are relative to the
largest output. Needs torch and safetensors."""

import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file

from models import MODELS

TYPES = {"F32": torch.float32, "F64": torch.float64}


def tolerance(name, kind):
    # Winograd's convolutions round more. The scaled norm divides by a deviation of about a hundredth of the mean, which
    # multiplies float's rounding, in PyTorch as in odot, by as much.
    return 1e-12 if kind == "F64" else 5e-5 if "control" in name or "scaled" in name else 1e-5


def difference(y, expected):
    largest = expected.abs().max()
    # What does not depend on the samples would compare nothing.
    assert expected.std(dim=0).max() > 1e-3 * largest, "the outputs are the same for all samples"
    return ((y - expected).abs().max() / largest).item()


def predict(module, samples):
    module.eval()
    with torch.no_grad():
        return module(samples["x"], samples["lengths"]) if "lengths" in samples else module(samples["x"])


def train(module, samples, steps=3):
    for name, parameter in module.named_parameters():
        if ".heads.weight_" in name:
            torch.nn.init.normal_(parameter)  # relevances that differ
        elif name.endswith("conv.bias"):
            torch.nn.init.constant_(parameter, 0.1)  # without a skip connection, a layer of negative biases is dead
    module.train()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    for _ in range(steps):
        y = module(samples["x"], samples["lengths"]) if "lengths" in samples else module(samples["x"])
        labels = torch.arange(len(y)) % y.shape[1]
        loss = -y.gather(1, labels[:, None]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main(program, folder):
    subprocess.run([program, "save", folder], check=True)
    to_torch = {}
    for name, make in MODELS.items():
        for kind, dtype in TYPES.items():
            torch.manual_seed(1)
            torch.set_default_dtype(dtype)
            stem = str(pathlib.Path(folder) / f"{name}.{kind}")
            samples = load_file(stem + ".samples.safetensors")
            module = make()
            module.load_state_dict(load_file(stem + ".safetensors"))  # strict: every name must have its counterpart
            to_torch[name, kind] = difference(predict(module, samples), samples["y"])

            module = make()
            train(module, samples)
            save_file(module.state_dict(), stem + ".safetensors")
            y = predict(module, samples)
            difference(y, y)
            save_file({**samples, "y": y}, stem + ".samples.safetensors")
    checked = subprocess.run([program, "check", folder], check=True, capture_output=True, text=True)
    to_odot = {tuple(line.split()[:2]): float(line.split()[2]) for line in checked.stdout.splitlines()}

    print(f"{'model':32}type  odot → PyTorch  PyTorch → odot")
    worst, fine = 0, True
    for name, kind in to_torch:
        one, other = to_torch[name, kind], to_odot[name, kind]
        print(f"{name:32}{kind}   {one:14.1e}  {other:14.1e}")
        for share in (one / tolerance(name, kind), other / tolerance(name, kind)):
            worst, fine = max(worst, share), fine and share <= 1  # NaN is not fine
    print(f"largest, as a share of what is allowed: {worst:.2f}")
    return 0 if fine and to_torch.keys() == to_odot.keys() else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    if len(sys.argv) == 3:
        sys.exit(main(*sys.argv[1:]))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(sys.argv[1], folder))
