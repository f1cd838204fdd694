#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's float32 against its float64 on the rows of docs/accuracy.md: the same layers, sizes and lengths as
tests/accuracy/*.hpp, with numbers of the same formulas. Prints layer|size|length|output|gradients.

usage: torch_rows.py > torch_rows.txt         (needs PyTorch and NumPy; minutes)
"""
import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(2)
torch.backends.mkldnn.enabled = True


def hash_uniform(start, count):
    h = (np.arange(start, start + count, dtype=np.uint64) & 0xFFFFFFFF) * 0x9E3779B1 & 0xFFFFFFFF
    h ^= h >> np.uint64(15)
    h = h * 0x85EBCA77 & 0xFFFFFFFF
    h ^= h >> np.uint64(13)
    return h.astype(np.float64) / 2.0**31 - 1.0


def as_float(a):
    return a.astype(np.float32).astype(np.float64)


def relative_error(actual, expected, floor):
    actual, expected = actual.double().flatten(), expected.flatten()
    held = expected.abs() <= torch.finfo(torch.float32).max
    actual, expected = actual[held], expected[held]
    if expected.numel() == 0:
        return 0.0
    if not actual.isfinite().all():
        return float("inf")
    return float((actual - expected).abs().max()) / max(float(expected.abs().max()), floor)


def row(name, size, length, layer, arrays, dy, terms=0.0):
    """layer(*arrays) in both scalars; arrays and dy are float64 arrays of numbers that float32 holds."""
    results = []
    for dtype in (torch.float32, torch.float64):
        inputs = [torch.tensor(as_float(a), dtype=dtype, requires_grad=True) for a in arrays]
        y = layer(*inputs)
        y.backward(torch.tensor(as_float(dy), dtype=dtype).reshape(y.shape))
        results.append((y.detach(), [i.grad for i in inputs]))
    (y32, g32), (y64, g64) = results
    floor = max(1e-35 * size, 1e-37)
    y = relative_error(y32, y64, floor)
    gradient_floor = max(floor, terms)
    dx = relative_error(g32[0], g64[0], gradient_floor)
    rest32, rest64 = [torch.cat([g.flatten() for g in gs[1:]]) if gs[1:] else torch.zeros(0) for gs in (g32, g64)]
    dp = relative_error(rest32, rest64.double(), gradient_floor)
    print(f"{name}|{size:.0e}|{length}|{y:.1e}|{max(dx, dp):.1e}", flush=True)


def uniform(size, x_shape, y_shape, shapes, weight=0.5):
    numbers = [size * hash_uniform(0, int(np.prod(x_shape)))]
    at = numbers[0].size
    dy = hash_uniform(at, int(np.prod(y_shape)))
    at += dy.size
    arrays = [numbers[0].reshape(x_shape)]
    for shape in shapes:
        count = int(np.prod(shape))
        arrays.append((weight * hash_uniform(at, count)).reshape(shape))
        at += count
    return arrays, dy


ANY_SIZE = (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e30)


def attention_heads(heads, bias):
    def layer(x, wx, wy, *b):
        sx, sy = x[:, None] * wx, x[:, None] * wy
        if bias:
            sx, sy = sx + b[0], sy + b[1]
        return (sx.softmax(-1) * sy.softmax(-2) * x[:, None]).flatten(1, 2)

    return layer


def images():
    for size in ANY_SIZE:
        row("Linear, 512 → 64", size, 512, F.linear, *uniform(size, (33, 512), (33, 64), [(64, 512), (64,)]))
        row("Conv2d, direct", size, 27, lambda x, w, b: F.conv2d(x, w, b, padding=1),
            *uniform(size, (33, 3, 14, 11), (33, 8, 14, 11), [(8, 3, 3, 3), (8,)]))
        row("Conv2d, im2col", size, 45, lambda x, w, b: F.conv2d(x, w, b, stride=3),
            *uniform(size, (33, 5, 14, 11), (33, 8, 4, 3), [(8, 5, 3, 3), (8,)]))
        row("Conv2d, Winograd", size, 144, lambda x, w, b: F.conv2d(x, w, b, padding=1),
            *uniform(size, (33, 16, 13, 12), (33, 16, 13, 12), [(16, 16, 3, 3), (16,)]))
        arrays = (3, 2, 7, 5)
        row("AttentionHeads, no norm", size, 35, attention_heads(3, False),
            *uniform(size, (33, 2, 7, 5), (33, 6, 7, 5), [arrays, arrays]))
        arrays = (2, 2, 7, 5)
        row("AttentionHeads, bias, no norm", size, 35, attention_heads(2, True),
            *uniform(size, (33, 2, 7, 5), (33, 4, 7, 5), [arrays] * 4))
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10):
        row("BatchNorm2d", size, 1155, lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
            *uniform(size, (33, 3, 7, 5), (33, 3, 7, 5), [(3,), (3,)]))


def rows():
    for size in (1e-30, 1e-10, 1e-3, 1.0, 10.0, 1e3, 1e10, 1e30):
        row("Gelu", size, 0, F.gelu, *uniform(size, (21, 37), (21, 37), []))
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15):
        for n, tokens, features in ((21, 3, 64), (2, 1, 100_000)):
            row("LayerNorm", size, features, lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b),
                *uniform(size, (n, tokens, features), (n, tokens, features), [(features,), (features,)]))
    for size in (1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30):
        for n, classes in ((21, 10), (2, 100_000)):
            row("LogSoftmax", size, classes, lambda x: x.log_softmax(-1), *uniform(size, (n, classes), (n, classes), []))
    for length in (1_000, 100_000, 10_000_000):
        row("MeanTokens", 1, length, lambda x: x.mean(0), [0.9 + 0.1 * hash_uniform(0, length)], np.array([0.7]))


def self_attention(causal):
    def layer(x, wq, wk, wv, wo):
        n, tokens, features = x.shape
        split = lambda a: a.view(n, tokens, 2, features // 2).transpose(1, 2)
        y = F.scaled_dot_product_attention(split(x @ wq.T), split(x @ wk.T), split(x @ wv.T), is_causal=causal)
        return y.transpose(1, 2).reshape(n, tokens, features) @ wo.T

    return layer


def element_wise(order, causal):
    def layer(x):
        q, k, v = x[..., 0], x[..., 1], x[..., 2]
        if order == 0:
            scores = -((q[:, :, None] - k[:, None, :]) ** 2)
            if causal:
                scores = scores.masked_fill(torch.ones(scores.shape[1:], dtype=torch.bool).triu(1), -torch.inf)
            return (scores.softmax(-1) @ v[..., None])[..., 0]
        coefficients = np.cumprod([1.0] + [2.0 / n for n in range(1, order + 1)])
        n = torch.arange(order + 1)
        powers = k[..., None] ** n * torch.exp(-(k**2))[..., None] * torch.tensor(coefficients, dtype=x.dtype)
        sums = (lambda t: t.cumsum(1)) if causal else (lambda t: t.sum(1, keepdim=True))
        queries = q[..., None] ** n
        return (queries * sums(powers * v[..., None])).sum(-1) / (queries * sums(powers)).sum(-1)

    return layer


def element_wise_name(order, causal):
    return "Element-wise attention, " + ("full" if order == 0 else f"order {order}") + (", causal" if causal else "")


def tokens():
    squares = [(8, 8)] * 4
    for causal in (False, True):
        for power in (-100, -30, -10, 0, 10, 20, 30, 50):
            size = 2.0**power
            (x, *weights), dy = uniform(1, (5, 37, 8), (5, 37, 8), squares, 1)
            name = "SelfAttention, causal, exact scores" if causal else "SelfAttention, exact scores"
            rounded = lambda a: np.copysign(np.floor(np.abs(a) + 0.5), a)
            row(name, size, 37, self_attention(causal), [size * rounded(2 * x)] + [rounded(w) for w in weights], dy,
                terms=size**3)
    for size in (1e-30, 1e-10, 1e-3, 1.0, 10.0):
        row("SelfAttention", size, 37, self_attention(False), *uniform(size, (5, 37, 8), (5, 37, 8), squares))
    for length in (1, 100, 1_000, 10_000):
        row("SelfAttention", 1, length, self_attention(False), *uniform(1, (1, length, 8), (1, length, 8), squares))
    for order, causal in ((0, False), (0, True), (2, False), (6, False), (6, True), (16, False)):
        for size in (1e-30, 1e-10, 1e-3, 1.0, 3.0, 10.0, 1e3, 1e6, 1e15, 1e30):
            x = hash_uniform(0, 5 * 37 * 3).reshape(5, 37, 3) * np.array([size, size, 1])
            row(element_wise_name(order, causal), size, 37, element_wise(order, causal), [x],
                hash_uniform(5 * 37 * 3, 5 * 37), terms=size if size >= 1e3 else 0)
    for length, order, causal in ((1, 6, False), (100, 6, False), (1_000, 2, False), (1_000, 6, True),
                                  (100_000, 2, True), (100_000, 6, False), (100_000, 6, True), (100_000, 16, False),
                                  (1_000_000, 2, False), (1_000_000, 2, True), (10_000_000, 6, False),
                                  (10_000_000, 6, True), (100, 0, False), (4_000, 0, False)):
        x = hash_uniform(0, 3 * length).reshape(1, length, 3) * np.array([0.5, 0.5, 0.02])
        x[..., 2] += np.where(np.arange(length) < length // 2, 0.1, 0.9)
        row(element_wise_name(order, causal), 0.5, length, element_wise(order, causal), [x],
            0.5 + hash_uniform(3 * length, length))


images()
rows()
tokens()
