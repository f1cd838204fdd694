#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the accuracy that weights of odot's have in PyTorch on a test set, and may write them for odot again.

usage: evaluate.py MODEL WEIGHTS DATA [SAVE]      MODEL: a name of models.py with images of 28 × 28 pixels, such as b
                                                  DATA: a folder with t10k-images-idx3-ubyte.gz and t10k-labels-…
                                                  SAVE: a file for the state dict, its arrays in reverse order

    fashion_mnist --epochs 3 --save b.safetensors
    evaluate.py b b.safetensors data/fashion-mnist back.safetensors
    fashion_mnist --epochs 0 --weights back.safetensors          # the same accuracy

Needs torch and safetensors."""

import gzip
import json
import pathlib
import struct
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from models import MODELS


def read_idx(folder, name):
    """The numbers of an IDX file, gzipped or not."""
    for path in (pathlib.Path(folder) / name, pathlib.Path(folder) / (name + ".gz")):
        if path.exists():
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            shape = struct.unpack_from(f">{content[3]}I", content, 4)
            return torch.frombuffer(bytearray(content[4 + 4 * len(shape):]), dtype=torch.uint8).view(shape)
    sys.exit(f"error: {folder} has no {name}, gzipped or not")


def save_reversed(state, path):
    """A safetensors file whose arrays come in the reverse order of the module; safetensors.torch.save_file sorts them."""
    header, content = {}, b""
    for name, array in reversed(state.items()):
        bytes_of = array.contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}[array.dtype]
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [len(content), len(content) + len(bytes_of)]}
        content += bytes_of
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + content)


def main(name, weights, data, save=None):
    with safe_open(weights, framework="pt") as file:
        print("names:", *file.keys())
        print("facts:", file.metadata())
    module = MODELS[name]()
    module.load_state_dict(load_file(weights))
    module.eval()
    images, labels = read_idx(data, "t10k-images-idx3-ubyte"), read_idx(data, "t10k-labels-idx1-ubyte")
    with torch.no_grad():
        hits = sum((module(x[:, None] / 255.0).argmax(dim=1) == y).sum().item()
                   for x, y in zip(images.split(500), labels.split(500)))
    print(f"accuracy={100 * hits / len(labels):.2f}")
    if save:
        save_reversed(module.state_dict(), save)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    main(*sys.argv[1:])
