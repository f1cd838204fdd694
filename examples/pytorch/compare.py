#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exchanges the weights of every model between odot and PyTorch, both ways, and prints the largest difference of outputs.

usage: compare.py EXCHANGE FOLDER [MODEL...]     EXCHANGE: the program built from exchange.cpp; FOLDER: for the files

odot trains each model a little, writes its weights, a batch and its outputs; PyTorch loads them by their names and
predicts. PyTorch trains each model a little and does the same; odot loads and predicts. Differences are relative to the
largest output. In float, what PyTorch computes in double from the same weights is the truth, and the table has how far
odot's float and PyTorch's float are from it, for both directions. Needs torch and safetensors."""

import copy
import pathlib
import subprocess
import sys

import torch
from safetensors.torch import load_file, save_file

from models import MODELS

TYPES = {"F32": torch.float32, "F64": torch.float64}


def tolerance(name, kind):
    return 1e-12 if kind == "F64" else 5e-5 if "control" in name else 1e-5  # Winograd's convolutions round more


def difference(y, expected):
    largest = expected.abs().max()
    # What does not depend on the samples would compare nothing.
    assert expected.std(dim=0).max() > 5e-3 * largest, "the outputs are nearly the same for all samples"
    return ((y.double() - expected.double()).abs().max() / largest).item()


def truth(module, samples):
    """What the module computes in double."""
    if "x" in samples and samples["x"].dtype == torch.float32:
        samples = {**samples, "x": samples["x"].double()}
    return predict(copy.deepcopy(module).double(), samples)


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
        elif name.endswith("weight") and parameter.dim() == 4:
            torch.nn.init.kaiming_normal_(parameter)  # with PyTorch's own, deep networks' outputs are nearly constant
        elif name.endswith("weight") and parameter.dim() == 2:
            torch.nn.init.xavier_normal_(parameter)
    module.train()
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3)
    for _ in range(steps):
        y = module(samples["x"], samples["lengths"]) if "lengths" in samples else module(samples["x"])
        labels = torch.arange(len(y)) % y.shape[1]
        loss = -y.gather(1, labels[:, None]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main(program, folder, wanted):
    models = {name: MODELS[name] for name in wanted or MODELS}
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    subprocess.run([program, "save", folder, *models], check=True)
    to_torch, to_odot, known = {}, {}, {}
    for name, make in models.items():
        for kind, dtype in TYPES.items():
            torch.manual_seed(1)
            torch.set_default_dtype(dtype)
            stem = str(pathlib.Path(folder) / f"{name}.{kind}")
            samples = load_file(stem + ".samples.safetensors")
            module = make()
            module.load_state_dict(load_file(stem + ".safetensors"))  # strict: every name must have its counterpart
            exact = truth(module, samples)
            to_torch[name, kind] = difference(samples["y"], exact), difference(predict(module, samples), exact)

            module = make()
            train(module, samples)
            save_file(module.state_dict(), stem + ".safetensors")
            save_file(samples, stem + ".samples.safetensors")
            exact = truth(module, samples)
            known[name, kind] = exact, difference(predict(module, samples), exact)
    subprocess.run([program, "evaluate", folder, *models], check=True)
    for (name, kind), (exact, torchs) in known.items():
        outputs = load_file(str(pathlib.Path(folder) / f"{name}.{kind}.outputs.safetensors"))
        to_odot[name, kind] = difference(outputs["y"], exact), torchs

    print(f"{'':38}odot → PyTorch     PyTorch → odot")
    print(f"{'model':30}type     odot   PyTorch      odot   PyTorch")
    worst, fine = 0, True
    for name, kind in to_torch:
        (one, torchs), (other, torchs_own) = to_torch[name, kind], to_odot[name, kind]
        theirs = (f"{torchs:9.1e}", f"{torchs_own:9.1e}") if kind == "F32" else (" " * 9, "")
        print(f"{name:30}{kind}  {one:9.1e} {theirs[0]} {other:9.1e} {theirs[1]}".rstrip())
        for share in (one / tolerance(name, kind), other / tolerance(name, kind)):
            worst, fine = max(worst, share), fine and share <= 1  # NaN is not fine
    print(f"largest of odot's, as a share of what is allowed: {worst:.2f}")
    return 0 if fine else 1


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
