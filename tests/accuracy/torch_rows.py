#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PyTorch's float32 against its float64 on the rows of docs/accuracy.md: the same layers, sizes and lengths as
tests/accuracy/*.hpp, with numbers of the same formulas. Prints layer|size|length|output|gradients.

usage: torch_rows.py [GROUP...] > torch_rows.txt         (needs PyTorch and NumPy; minutes)
  GROUP   images, rows, …, as the functions below; default: all
"""
import sys

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


def write(name, size, length, output, gradients):
    print(f"{name}|{size:.0e}|{length}|{output:.1e}|{gradients:.1e}", flush=True)


def row(name, size, length, layer, arrays, dy, terms=0.0, backward=True):
    """layer(*arrays) in both scalars; arrays and dy are float64 arrays of numbers that float32 holds."""
    results = []
    for dtype in (torch.float32, torch.float64):
        inputs = [torch.tensor(as_float(a), dtype=dtype, requires_grad=True) for a in arrays]
        y = layer(*inputs)
        if not backward:
            results.append((y.detach(), None))
            continue
        y.backward(torch.tensor(as_float(dy), dtype=dtype).reshape(y.shape))
        results.append((y.detach(), [i.grad for i in inputs]))
    (y32, g32), (y64, g64) = results
    floor = max(1e-35 * size, 1e-37)
    y = relative_error(y32, y64, floor)
    if not backward:
        write(name, size, length, y, float("nan"))
        return
    gradient_floor = max(floor, terms)
    dx = relative_error(g32[0], g64[0], gradient_floor)
    rest32, rest64 = [torch.cat([g.flatten() for g in gs[1:]]) if gs[1:] else torch.zeros(0) for gs in (g32, g64)]
    dp = relative_error(rest32, rest64.double(), gradient_floor)
    write(name, size, length, y, max(dx, dp))


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


def normed_heads(heads):
    def layer(x, wx, wy):
        a = (x[:, None] * wx).softmax(-1) * (x[:, None] * wy).softmax(-2)
        return F.batch_norm(a.flatten(1, 2), None, None, training=True) * x.repeat(1, heads, 1, 1)

    return layer


def attention_wise(heads):
    def layer(x, wx, wy, weight, bias):
        return F.relu(F.conv2d(normed_heads(heads)(x, wx, wy), weight, bias.abs(), padding=1) + x)

    return layer


def terms_of_maps(size):
    return 0 if size < 1e3 else size**2


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
            *uniform(size, (33, 2, 7, 5), (33, 6, 7, 5), [arrays, arrays]), terms=terms_of_maps(size))
        arrays = (2, 2, 7, 5)
        row("AttentionHeads, bias, no norm", size, 35, attention_heads(2, True),
            *uniform(size, (33, 2, 7, 5), (33, 4, 7, 5), [arrays] * 4), terms=terms_of_maps(size))
    for size in (1e-3, 1.0, 1e3, 1e10):
        arrays = (3, 2, 7, 5)
        row("AttentionHeads", size, 35, normed_heads(3), *uniform(size, (33, 2, 7, 5), (33, 6, 7, 5), [arrays, arrays]),
            terms=terms_of_maps(size))
        row("AttentionWise", size, 35, attention_wise(3),
            *uniform(size, (33, 2, 7, 5), (33, 2, 7, 5), [arrays, arrays, (2, 6, 3, 3), (2,)]),
            terms=terms_of_maps(size))
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10):
        row("BatchNorm2d", size, 1155, lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
            *uniform(size, (33, 3, 7, 5), (33, 3, 7, 5), [(3,), (3,)]))


def rows():
    for size in (1e-30, 1e-10, 1e-3, 1.0, 10.0, 1e3, 1e10, 1e30):
        row("GELU", size, 0, F.gelu, *uniform(size, (21, 37), (21, 37), []))
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15):
        for n, tokens, features in ((21, 3, 64), (2, 1, 100_000)):
            row("LayerNorm", size, features, lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b),
                *uniform(size, (n, tokens, features), (n, tokens, features), [(features,), (features,)]))
    for size in (1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30):
        for n, classes in ((21, 10), (2, 100_000)):
            row("LogSoftmax", size, classes, lambda x: x.log_softmax(-1), *uniform(size, (n, classes), (n, classes), []))
    for length in (1_000, 100_000, 1_000_000, 10_000_000):
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



def numbers(size, count, start=0):
    return as_float(size * hash_uniform(start, count))


def both(compute):
    """compute(dtype) in float32 and float64."""
    return compute(torch.float32), compute(torch.float64)


def loss_row(name, size, length, loss, outputs, targets):
    """loss(outputs, targets): a mean, as odot's divided by the samples. Of the loss, any difference counts."""

    def compute(dtype):
        y = torch.tensor(outputs, dtype=dtype, requires_grad=True)
        target = torch.tensor(targets, dtype=None if targets.dtype == np.int64 else dtype)
        value = loss(y, target)
        value.backward()
        return float(value.detach()), y.grad

    (loss32, g32), (loss64, g64) = both(compute)
    error = abs(loss32 - loss64) / abs(loss64) if np.isfinite(loss32) else float("inf")
    write(name, size, length, error, relative_error(g32, g64, max(1e-35 * size, 1e-37)))


def losses():
    labels = lambda n, k: np.arange(n) * 5 % k
    for size in (1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30):
        for n, k in ((21, 10), (2, 100_000)):
            loss_row("CrossEntropy", size, k, F.cross_entropy, numbers(size, n * k).reshape(n, k), labels(n, k))
        loss_row("NegativeLogLikelihood", size, 21, F.nll_loss, -np.abs(numbers(size, 210)).reshape(21, 10), labels(21, 10))
    for n in (10_000, 1_000_000):
        loss_row("CrossEntropy", 1, 10 * n, F.cross_entropy, numbers(1, n * 10).reshape(n, 10), labels(n, 10))
        loss_row("NegativeLogLikelihood", 1, n, F.nll_loss, numbers(1, n * 2).reshape(n, 2), labels(n, 2))
    cases = [(size, 100) for size in ANY_SIZE] + [(1, n) for n in (1, 100_000, 1_000_000, 10_000_000)]
    for size, n in cases:
        for name, loss in (("MeanSquaredError", F.mse_loss), ("MeanAbsoluteError", F.l1_loss)):
            loss_row(name, size, n, loss, numbers(size, n), numbers(size, n, n))


def update_row(name, size, steps, optimizer, start):
    def compute(dtype):
        p = torch.nn.Parameter(torch.tensor(numbers(start, 100), dtype=dtype))
        optimize = optimizer([p])
        for step in range(1, steps + 1):
            p.grad = torch.tensor(numbers(size, 100, step * 100), dtype=dtype)
            optimize.step()
        state = optimize.state[p]
        return [p.detach()] + [state[key] for key in ("exp_avg", "exp_avg_sq", "momentum_buffer") if key in state]

    single, exact = both(compute)
    floor = max(1e-35 * size, 1e-37)
    errors = [relative_error(a, b, floor) for a, b in zip(single, exact)]
    write(name, size, steps, errors[0], max(errors[1:]))


def updates():
    adam = lambda p: torch.optim.Adam(p)
    adamw = lambda p: torch.optim.AdamW(p, weight_decay=0.01)
    sgd = lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.9)
    nesterov = lambda p: torch.optim.SGD(p, lr=1e-2, momentum=0.9, nesterov=True)
    steps = [(1, 1), (1, 1_000), (1, 100_000)]
    for size, n in [(size, 10) for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e18)] + steps:
        update_row("Adam", size, n, adam, 0)
        update_row("AdamW", size, n, adamw, 0.5)
    for size, n in [(size, 10) for size in ANY_SIZE] + steps:
        update_row("SGD, momentum", size, n, sgd, 0)
        update_row("SGD, Nesterov's momentum", size, n, nesterov, 0)
    for size, n in [(size, 1_000) for size in ANY_SIZE] + [(1, n) for n in (1, 100_000, 1_000_000, 10_000_000)]:

        def clip(dtype):
            p = torch.zeros(n, dtype=dtype)
            p.grad = torch.tensor(numbers(size, n), dtype=dtype)
            return float(torch.nn.utils.clip_grad_norm_([p], 1.0)), p.grad

        (norm32, g32), (norm64, g64) = both(clip)
        error = abs(norm32 - norm64) / norm64 if np.isfinite(norm32) else float("inf")
        write("Gradient norm and clipping", size, n, error, relative_error(g32, g64, 1e-37))


def sinusoidal(x):
    """As in the transformer tutorial, in the scalar of x; of the first feature pairs sine and cosine."""
    length, features = x.shape[1:]
    position = torch.arange(length, dtype=x.dtype)[:, None]
    angles = position * torch.exp(torch.arange(0, features, 2, dtype=x.dtype) * (-np.log(10000.0) / features))
    return x + torch.stack((angles.sin(), angles.cos()), -1).flatten(1)


def patch_embedding(x, w, b):
    return F.conv2d(x, w, b, stride=4).flatten(2).transpose(1, 2)


def elements():
    for size in ANY_SIZE:
        row("Residual: x + y", size, 2, torch.add, [numbers(size, 777), numbers(1, 777, 777)], None, backward=False)
        row("PositionEmbedding", size, 33, torch.add, *uniform(size, (33, 5, 7), (33, 5, 7), [(5, 7)]))
        row("ClassToken", size, 33, lambda x, w: torch.cat((w.expand(33, 1, 7), x), 1),
            *uniform(size, (33, 5, 7), (33, 6, 7), [(7,)]))
        row("PatchEmbedding", size, 48, patch_embedding, *uniform(size, (33, 3, 12, 8), (33, 6, 16), [(16, 3, 4, 4), (16,)]))
        row("SinusoidalPosition", size, 37, sinusoidal, *uniform(size, (1, 37, 6), (1, 37, 6), []))
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15):
        mean, deviation = [as_float(size * np.array(a)) for a in ((0.5, 0.2, -0.1), (0.1, 0.3, 0.5))]
        constant = lambda a, x: torch.tensor(a, dtype=x.dtype)[:, None, None]
        row("Normalize", size, 0, lambda x: (x - constant(mean, x)) / constant(deviation, x),
            *uniform(size, (21, 3, 7, 5), (21, 3, 7, 5), []))
    for n in (1_000, 10_000, 100_000, 1_000_000):
        def positive(x_shape, y_shape, shapes):
            arrays, dy = uniform(1, x_shape, y_shape, shapes)
            return arrays, np.abs(dy)

        row("PositionEmbedding", 1, n, torch.add, *positive((n, 1, 2), (n, 1, 2), [(1, 2)]))
        row("ClassToken", 1, n, lambda x, w: torch.cat((w.expand(n, 1, 2), x), 1), *positive((n, 1, 2), (n, 2, 2), [(2,)]))
        row("Linear, many samples", 1, n, F.linear, *positive((n, 2), (n, 3), [(3, 2), (3,)]))
    for length in (1_000, 100_000, 1_000_000):
        row("SinusoidalPosition", 1, length, sinusoidal, *uniform(1, (1, length, 6), (1, length, 6), []))
    # Dropout of the same elements: what is left is a product.
    for size in ANY_SIZE:
        row("Dropout", size, 0, lambda x: x * (1 / (1 - 0.3)), *uniform(size, (21, 37), (21, 37), []))


def of_one_sign(x_shape, y_shape, shapes):
    arrays, dy = uniform(1, x_shape, y_shape, shapes, 1)
    return [np.abs(a) for a in arrays], np.abs(dy)


def sums():
    for k in (1, 100_000, 1_000_000):
        row("Linear, of one sign", 1, k, F.linear, *of_one_sign((3, k), (3, 2), [(2, k), (2,)]))
    k = 1_000_000
    row("LayerNorm", 1, k, lambda x, w, b: F.layer_norm(x, x.shape[-1:], w, b), *uniform(1, (2, k), (2, k), [(k,), (k,)]))
    row("LogSoftmax", 1, k, lambda x: x.log_softmax(-1), *uniform(1, (2, k), (2, k), []))
    for n in (10_000, 100_000, 1_000_000):
        row("BatchNorm2d", 1, n, lambda x, w, b: F.batch_norm(x, None, None, w, b, True),
            *uniform(1, (n, 2, 1, 1), (n, 2, 1, 1), [(2,), (2,)]))
    padded = lambda x, w, b: F.conv2d(x, w, b, padding=1)
    row("Conv2d, direct, of one sign", 1, 600_000, padded,
        *of_one_sign((20, 1, 100, 300), (20, 2, 100, 300), [(2, 1, 3, 3), (2,)]))
    row("Conv2d, im2col, of one sign", 1, 100_000, lambda x, w, b: F.conv2d(x, w, b, stride=3),
        *of_one_sign((20, 1, 150, 300), (20, 2, 50, 100), [(2, 1, 3, 3), (2,)]))
    row("Conv2d, Winograd, of one sign", 1, 32_000, padded,
        *of_one_sign((20, 16, 40, 40), (20, 16, 40, 40), [(16, 16, 3, 3), (16,)]))
    for length in (1_000, 100_000):
        for name, shape in (("row", (1, length)), ("column", (length, 1))):
            row(f"AttentionHeads, no norm, one {name}", 1, length, attention_heads(1, False),
                *uniform(1, (3, 1, *shape), (3, 1, *shape), [(1, 1, *shape)] * 2))


def streams():
    """The causal form of all tokens at once: PyTorch has no recurrent one."""
    for order in (2, 6):
        for size in (1e-30, 1e-10, 1e-3, 1.0, 3.0, 10.0, 1e3, 1e6, 1e15, 1e30):
            x = hash_uniform(0, 300).reshape(1, 100, 3) * np.array([size, size, 1])
            row(f"Stream, order {order}", size, 100, element_wise(order, True), [x], None, backward=False)
        for length in (1, 1_000, 10_000, 100_000, 1_000_000, 10_000_000):
            x = hash_uniform(0, 3 * length).reshape(1, length, 3) * np.array([0.5, 0.5, 0.02])
            x[..., 2] += np.where(np.arange(length) < length // 2, 0.1, 0.9)
            row(f"Stream, order {order}", 0.5, length, element_wise(order, True), [x], None, backward=False)


def activations():
    for size in (1e-30, 1e-10, 1e-3, 1.0, 10.0, 1e3, 1e10, 1e30):
        terms = 0 if size < 1e3 else 1
        for name, layer, of in (("Sigmoid", torch.sigmoid, terms), ("Tanh", torch.tanh, terms), ("SiLU", F.silu, 0),
                                ("LeakyReLU", F.leaky_relu, 0), ("ELU", F.elu, 0)):
            row(name, size, 0, layer, *uniform(size, (21, 37), (21, 37), []), terms=of)
    for size in (1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30):
        for n, classes in ((21, 10), (2, 100_000)):
            row("Softmax", size, classes, lambda x: x.softmax(-1), *uniform(size, (n, classes), (n, classes), []),
                terms=0 if size < 30 else 1)
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e15):
        for n, tokens, features in ((21, 3, 64), (2, 1, 100_000)):
            row("RMSNorm", size, features, lambda x, w: F.rms_norm(x, x.shape[-1:], w, 1e-6),
                *uniform(size, (n, tokens, features), (n, tokens, features), [(features,)]))


def convnets():
    for size in ANY_SIZE:
        row("Conv2d, 3 groups", size, 18, lambda x, w, b: F.conv2d(x, w, b, padding=1, groups=3),
            *uniform(size, (33, 6, 14, 11), (33, 6, 14, 11), [(6, 2, 3, 3), (6,)]))
        row("Conv2d, depthwise", size, 9, lambda x, w, b: F.conv2d(x, w, b, padding=1, groups=5),
            *uniform(size, (33, 5, 14, 11), (33, 5, 14, 11), [(5, 1, 3, 3), (5,)]))
        row("Conv1d", size, 20, lambda x, w, b: F.conv1d(x, w, b, padding=2),
            *uniform(size, (33, 4, 29), (33, 6, 29), [(6, 4, 5), (6,)]))
        row("ConvTranspose2d", size, 20, lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1),
            *uniform(size, (33, 5, 7, 6), (33, 4, 13, 11), [(5, 4, 3, 3), (4,)]))
        image, enlarged = (21, 3, 14, 11), lambda mode: lambda x: F.interpolate(x, scale_factor=2, mode=mode)
        row("AvgPool2d", size, 9, lambda x: F.avg_pool2d(x, 3, 2, 1), *uniform(size, image, (21, 3, 7, 6), []))
        row("AdaptiveAvgPool2d", size, 154, lambda x: F.adaptive_avg_pool2d(x, 1), *uniform(size, image, (21, 3, 1, 1), []))
        row("Upsample2d, nearest", size, 4, enlarged("nearest"), *uniform(size, (21, 3, 7, 5), image[:2] + (14, 10), []))
        row("Upsample2d, bilinear", size, 4, enlarged("bilinear"), *uniform(size, (21, 3, 7, 5), image[:2] + (14, 10), []))
    batch_norm = lambda x, w, b: F.batch_norm(x, None, None, w, b, True)
    for size in (1e-30, 1e-10, 1e-3, 1.0, 1e3, 1e10):
        row("GroupNorm", size, 105, lambda x, w, b: F.group_norm(x, 2, w, b),
            *uniform(size, (33, 6, 7, 5), (33, 6, 7, 5), [(6,), (6,)]))
        row("BatchNorm1d", size, 957, batch_norm, *uniform(size, (33, 3, 29), (33, 3, 29), [(3,), (3,)]))
        row("BatchNorm1d", size, 33, batch_norm, *uniform(size, (33, 7), (33, 7), [(7,), (7,)]))


def losses_with_options():
    labels = np.arange(21) * 5 % 10
    weights = [1, 2, 0.5, 1, 3, 1, 0.25, 1, 1, 4]
    weighted = lambda y, t: F.cross_entropy(y, t, torch.tensor(weights, dtype=y.dtype), reduction="sum") / len(y)
    smoothed = lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1)
    for size in (1e-30, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30):
        outputs = numbers(size, 210).reshape(21, 10)
        loss_row("CrossEntropy, label smoothing 0.1", size, 10, smoothed, outputs, labels)
        loss_row("CrossEntropy, class weights", size, 10, weighted, outputs, labels)
        loss_row("CrossEntropy, of tokens", size, 10, F.cross_entropy, outputs, labels)
    for size, n in [(size, 100) for size in (1e-30, 1e-10, 1e-3, 1.0, 30.0, 1e3, 1e10, 1e30)] + [(1, 1), (1, 100_000)]:
        probabilities = as_float(numbers(0.5, n, n) + 0.5)
        loss_row("BinaryCrossEntropy", size, n, F.binary_cross_entropy_with_logits, numbers(size, n), probabilities)
        loss_row("Huber", size, n, F.huber_loss, numbers(size, n), numbers(size, n, n))


groups = (images, rows, tokens, losses, updates, elements, sums, streams, activations, convnets, losses_with_options)
wanted = sys.argv[1:] or [group.__name__ for group in groups]
for name in wanted:
    if name not in [group.__name__ for group in groups]:
        sys.exit(f"torch_rows.py: there is no group {name}")
for group in groups:
    if group.__name__ in wanted:
        group()
