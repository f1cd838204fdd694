# SPDX-License-Identifier: MIT
"""Named arrays in a text file, and the numbers that go into them."""

import pathlib
import struct

import numpy
import torch

FOLDER = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


class File:
    """The arrays of one file; written when the `with` block ends."""

    def __init__(self, name):
        self.path = FOLDER / name
        self.lines = [f"# Written by generate.py with PyTorch {torch.__version__}, float64."]

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure is None:
            self.path.write_text("\n".join(self.lines) + "\n")

    def put(self, name, values):
        values = torch.as_tensor(values, dtype=torch.float64).detach()
        numbers = " ".join(f"{v:.12g}" for v in values.flatten().tolist())
        self.lines += [" ".join([name, *map(str, values.shape)]), numbers]

    def put_float32(self, name, values):
        digits = "".join(struct.pack(">f", v).hex() for v in values.detach().flatten().tolist())
        self.lines += [f"{name} {values.numel()} float32", digits]


def drawn(*shape, mean=0.0, deviation=1.0):
    """Normal numbers of four decimals, so that their text is exact."""
    return torch.round((torch.randn(*shape) * deviation + mean) * 1e4) / 1e4


def hash_uniform(count, start):
    """Numbers in [-1, 1) that are a formula of their position; the same in tests/support/hash_uniform.hpp."""
    mask = numpy.uint64(0xFFFFFFFF)
    h = (numpy.arange(start, start + count, dtype=numpy.uint64) * numpy.uint64(0x9E3779B1)) & mask
    h ^= h >> numpy.uint64(15)
    h = (h * numpy.uint64(0x85EBCA77)) & mask
    h ^= h >> numpy.uint64(13)
    return torch.from_numpy(h.astype(numpy.float64) / 2.0**31 - 1.0)
