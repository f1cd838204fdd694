# SPDX-License-Identifier: MIT
"""The attentions as a PyTorch user would write them, of given queries, keys and values, [N, L, 256] each."""
import math

import torch
from torch import nn
from torch.nn.functional import elu, scaled_dot_product_attention

FEATURES, HEADS = 256, 4


class Series(nn.Module):
    """Feng, "Element-wise Attention Is All You Need", 2025, equations 5 to 10: powers stacked, then sums; causal: the
    sums up to each token."""
    def __init__(self, order, causal=False):
        super().__init__()
        self.powers, self.causal = range(order + 1), causal
        self.register_buffer("c", torch.tensor([2 ** n / math.factorial(n) for n in self.powers]), persistent=False)

    def total(self, x):
        return x.cumsum(1) if self.causal else x.sum(1, keepdim=True)

    def forward(self, q, k, v):
        weight = torch.exp(-k ** 2).unsqueeze(-1)
        keys = torch.stack([k ** n for n in self.powers], dim=-1) * weight  # [N, L, D, order + 1]
        queries = torch.stack([q ** n for n in self.powers], dim=-1) * self.c
        numerator = (queries * self.total(keys * v.unsqueeze(-1))).sum(-1)
        return numerator / (queries * self.total(keys)).sum(-1)


def heads(x):
    return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)  # [N, H, L, D/H]


def tokens(y):
    return y.transpose(1, 2).flatten(2)


class DotProduct(nn.Module):
    def __init__(self, causal=False):
        super().__init__()
        self.causal = causal

    def forward(self, q, k, v):
        return tokens(scaled_dot_product_attention(heads(q), heads(k), heads(v), is_causal=self.causal))


class Linear(nn.Module):
    """Katharopoulos et al., "Transformers are RNNs", 2020, equation 7."""
    def forward(self, q, k, v):
        q, k, v = elu(heads(q)) + 1, elu(heads(k)) + 1, heads(v)
        return tokens(q @ (k.transpose(-2, -1) @ v) / (q @ k.sum(-2).unsqueeze(-1)))


FORMS = {"ea2": lambda: Series(2), "ea6": lambda: Series(6), "ea6-causal": lambda: Series(6, causal=True),
         "self": DotProduct, "self-causal": lambda: DotProduct(causal=True), "linear": Linear}


def numbers(first, count):
    """From −1 to 1, those of odot_attention.cpp and gpu_attention."""
    return (torch.arange(first, first + count) * 40503 % 65521).float() / 32760.5 - 1


def work(form, length, samples=1, device="cpu", compiled=False):
    """A function that goes forward and backward and returns outputs and gradients."""
    attention = FORMS[form]().to(device)
    if compiled:
        attention = torch.compile(attention, dynamic=False)
    qkv = numbers(0, samples * length * 3 * FEATURES).view(samples, length, 3, FEATURES)
    dy = numbers(qkv.numel(), samples * length * FEATURES).view(samples, length, FEATURES).to(device)
    inputs = [qkv[:, :, part].contiguous().to(device).requires_grad_() for part in range(3)]

    def call():
        for x in inputs:
            x.grad = None
        y = attention(*inputs)
        y.backward(dy)
        return y.detach(), *(x.grad for x in inputs)

    return call


def mean_square(results):
    return float(sum(x.double().square().sum() for x in results) / sum(x.numel() for x in results))
