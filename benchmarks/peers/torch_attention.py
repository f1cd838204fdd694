# SPDX-License-Identifier: MIT
"""The attention of one sequence in PyTorch, forward and backward, at the pace of a driver: pace.py. Queries, keys and
values are given, [1, L, 256] each: no projections.

usage: torch_attention.py FORM L THREADS
FORM: ea2, ea6: element-wise attention, the series as the paper writes it; ea6-compile: through torch.compile;
      self: scaled_dot_product_attention of 4 heads; linear: linear attention of 4 heads, feature map elu + 1
"""
import math
import sys

import torch
from torch.nn.functional import elu, scaled_dot_product_attention

import pace

FEATURES, HEADS = 256, 4


def series(order):
    """Feng, "Element-wise Attention Is All You Need", 2025, equations 5 to 8: powers stacked, then sums."""
    def attention(q, k, v):
        powers = range(order + 1)
        c = torch.tensor([2 ** n / math.factorial(n) for n in powers])
        weight = torch.exp(-k ** 2).unsqueeze(-1)
        keys = torch.stack([k ** n for n in powers], dim=-1) * weight  # [1, L, D, order + 1]
        queries = torch.stack([q ** n for n in powers], dim=-1) * c
        numerator = (queries * (keys * v.unsqueeze(-1)).sum(1, keepdim=True)).sum(-1)
        return numerator / (queries * keys.sum(1, keepdim=True)).sum(-1)
    return attention


def heads(x):
    return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)  # [1, H, L, D/H]


def tokens(y):
    return y.transpose(1, 2).flatten(2)


def dot_product(q, k, v):
    return tokens(scaled_dot_product_attention(heads(q), heads(k), heads(v)))


def linear(q, k, v):
    """Katharopoulos et al., "Transformers are RNNs", 2020, equation 7."""
    q, k, v = elu(heads(q)) + 1, elu(heads(k)) + 1, heads(v)
    return tokens(q @ (k.transpose(-2, -1) @ v) / (q @ k.sum(-2).unsqueeze(-1)))


FORMS = {"ea2": lambda: series(2), "ea6": lambda: series(6), "ea6-compile": lambda: torch.compile(series(6)),
         "self": lambda: dot_product, "linear": lambda: linear}


def numbers(first, count):
    """From −1 to 1, those of odot_attention.cpp."""
    return (torch.arange(first, first + count) * 40503 % 65536).float() / 32768 - 1


def work(form, length):
    attention = FORMS[form]()
    qkv = numbers(0, length * 3 * FEATURES).view(1, length, 3, FEATURES)
    dy = numbers(qkv.numel(), length * FEATURES).view(1, length, FEATURES)
    inputs = [qkv[:, :, part].contiguous().requires_grad_() for part in range(3)]

    def call():
        for x in inputs:
            x.grad = None
        y = attention(*inputs)
        y.backward(dy)
        return y.detach(), *(x.grad for x in inputs)

    return call


def mean_square(results):
    return float(sum(x.double().square().sum() for x in results) / sum(x.numel() for x in results))


def main():
    form, length, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    work("ea6" if form == "ea6-compile" else form, 64)()  # what is loaded and started once does not count
    pace.serve(0, f"PyTorch {torch.__version__}", work(form, length), mean_square)


if __name__ == "__main__":
    pace.run(main)
