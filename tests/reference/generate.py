#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the reference vectors of the tests: the same arithmetic by PyTorch, in double precision.

Usage: python3 tests/reference/generate.py        (needs PyTorch; the files are committed, so a build does not)

A file holds named arrays, two lines each: name and extents; then the values in row-major order. Inputs are short
decimal numbers, results have 12 digits. An array marked `float32` is one string of hexadecimal digits, eight a value.
Lines that start with # are comments. tests/support/reference.hpp reads it all.

A layer's case holds x, dy and the parameters and buffers by name; then y, running statistics after the training
forward (`after.`), the prediction with them (`predicted`), and the gradients (`dx`, `grad.`) of Σ dy ⊙ y.
"""

import math
import pathlib
import struct

import numpy
import torch
import torch.nn.functional as F

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


# ---- layers


def layer_case(file, case, layer, x, parameters, buffers=None):
    """layer(x, parameters, buffers, training) → y; changes the buffers in training."""
    buffers = {name: value.clone() for name, value in (buffers or {}).items()}
    file.put(f"{case}.x", x)
    for name, value in {**parameters, **buffers}.items():
        file.put(f"{case}.{name}", value)
    x = x.clone().requires_grad_()
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    y = layer(x, leaves, buffers, True)
    dy = drawn(*y.shape)
    (y * dy).sum().backward()
    file.put(f"{case}.dy", dy)
    file.put(f"{case}.y", y)
    for name, value in buffers.items():
        file.put(f"{case}.after.{name}", value)
    file.put(f"{case}.predicted", layer(x, leaves, buffers, False))
    file.put(f"{case}.dx", x.grad)
    for name, value in leaves.items():
        file.put(f"{case}.grad.{name}", value.grad)


def norm_parameters(channels, affine, prefix=""):
    if not affine:
        return {}
    return {prefix + "weight": drawn(channels, mean=1, deviation=0.3), prefix + "bias": drawn(channels, deviation=0.3)}


def norm_buffers(channels, prefix=""):
    """Statistics as they are some way into a training, so that the new share and the old both count."""
    return {prefix + "running_mean": drawn(channels, deviation=0.2),
            prefix + "running_var": drawn(channels, deviation=0.3).abs() + 0.5}


def batch_norm(x, parameters, buffers, training, prefix=""):
    return F.batch_norm(x, buffers[prefix + "running_mean"], buffers[prefix + "running_var"],
                        parameters.get(prefix + "weight"), parameters.get(prefix + "bias"), training, 0.1, 1e-5)


def heads(x, parameters, buffers, training, prefix=""):
    """Element-Wise Attention Layers, section 3: Â_h ⊙ X of every head h, side by side as channels."""
    wx, wy = parameters[prefix + "weight_x"], parameters[prefix + "weight_y"]
    bx, by = parameters.get(prefix + "bias_x"), parameters.get(prefix + "bias_y")
    relevance = []
    for h in range(wx.shape[0]):
        row_scores, column_scores = x * wx[h], x * wy[h]
        if bx is not None:
            row_scores, column_scores = row_scores + bx[h], column_scores + by[h]
        relevance.append(torch.softmax(row_scores, dim=3) * torch.softmax(column_scores, dim=2))
    relevance = torch.cat(relevance, dim=1)
    if prefix + "running_mean" in buffers:
        relevance = batch_norm(relevance, parameters, buffers, training, prefix)
    return torch.cat([part * x for part in relevance.split(x.shape[1], dim=1)], dim=1)


def head_parameters(count, shape, bias=False, affine=False, prefix=""):
    arrays = ["weight_x", "weight_y"] + (["bias_x", "bias_y"] if bias else [])
    result = {prefix + name: drawn(count, *shape) for name in arrays}
    return result | norm_parameters(count * shape[0], affine, prefix)


def attention_wise(skip, norm):
    def layer(x, parameters, buffers, training):
        z = F.conv2d(heads(x, parameters, buffers, training, "heads."), parameters["conv.weight"],
                     parameters["conv.bias"], padding=1)
        if skip:
            z = z + x
        if norm:
            z = batch_norm(z, parameters, buffers, training, "norm.")
        return torch.relu(z)

    return layer


def attention_wise_parameters(count, shape, norm=False, affine=False):
    channels = shape[0]
    return (head_parameters(count, shape, affine=affine, prefix="heads.")
            | {"conv.weight": drawn(channels, count * channels, 3, 3, deviation=0.4), "conv.bias": drawn(channels)}
            | norm_parameters(channels, norm, "norm."))


def write_linear():
    with File("linear.txt") as file:
        def layer(x, p, _, __):
            return F.linear(x, p["weight"], p.get("bias"))

        layer_case(file, "bias", layer, drawn(3, 7), {"weight": drawn(5, 7), "bias": drawn(5)})
        layer_case(file, "no_bias", layer, drawn(1, 4), {"weight": drawn(3, 4)})
        layer_case(file, "many_samples", layer, drawn(130, 2), {"weight": drawn(1, 2), "bias": drawn(1)})


def write_conv2d():
    cases = {  # batch, input, out_channels, kernel, stride, padding, bias
        "3x3_pad1": (3, (3, 5, 4), 5, 3, 1, 1, True),
        "3x3_pad0": (2, (2, 7, 6), 3, 3, 1, 0, True),
        "2x2_stride2": (3, (3, 6, 8), 5, 2, 2, 0, False),
        "3x3_stride2_pad1": (2, (2, 7, 6), 3, 3, 2, 1, True),
        "1x1": (5, (3, 4, 5), 1, 1, 1, 0, True),
        "1x1_pad1": (2, (2, 3, 4), 3, 1, 1, 1, True),
        "5x5_pad2": (1, (2, 6, 7), 3, 5, 1, 2, True),
        "5x5_stride3_pad2": (2, (1, 8, 7), 5, 5, 3, 2, True),
    }
    with File("conv2d.txt") as file:
        for case, (n, shape, out, kernel, stride, padding, bias) in cases.items():
            def layer(x, p, _, __):
                return F.conv2d(x, p["weight"], p.get("bias"), stride=stride, padding=padding)

            parameters = {"weight": drawn(out, shape[0], kernel, kernel)} | ({"bias": drawn(out)} if bias else {})
            layer_case(file, case, layer, drawn(n, *shape), parameters)


def write_batch_norm():
    with File("batch_norm.txt") as file:
        for case, n, affine in [("affine", 3, True), ("plain", 5, False), ("batch_of_one", 1, True)]:
            layer_case(file, case, batch_norm, drawn(n, 3, 4, 5, mean=0.7, deviation=2), norm_parameters(3, affine),
                       norm_buffers(3))


def write_attention_heads():
    cases = {  # batch, bias arrays, norm, affine norm
        "none": (3, False, False, False),
        "plain": (3, False, True, False),
        "affine": (3, False, True, True),
        "none_bias": (3, True, False, False),
        "plain_bias": (3, True, True, False),
        "affine_bias": (3, True, True, True),
        "plain_batch_of_one": (1, False, True, False),
        "plain_17_samples": (17, False, True, False),
        "affine_bias_17_samples": (17, True, True, True),
    }
    count, shape = 3, (2, 5, 3)
    with File("attention_heads.txt") as file:
        for case, (n, bias, norm, affine) in cases.items():
            layer_case(file, case, heads, drawn(n, *shape), head_parameters(count, shape, bias, affine),
                       norm_buffers(count * shape[0]) if norm else {})


def write_attention_wise():
    count, shape = 2, (2, 4, 5)
    with File("attention_wise.txt") as file:
        for case, skip, norm in [("skip", True, False), ("skip_norm", True, True), ("no_skip", False, False),
                                 ("no_skip_norm", False, True)]:
            buffers = norm_buffers(count * shape[0], "heads.") | (norm_buffers(shape[0], "norm.") if norm else {})
            layer_case(file, case, attention_wise(skip, norm), drawn(3, *shape),
                       attention_wise_parameters(count, shape, norm), buffers)


def element_wise_attention(order, causal):
    """Element-wise Attention Is All You Need: the definition, pair by pair; order 0: without a series."""
    def layer(x, p, _, __):
        q, k, v = (F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias")) for name in "qkv")
        q, k, v = q[:, :, None], k[:, None], v[:, None]  # [N, L, 1, D], [N, 1, L, D]
        if order == 0:
            weights = torch.exp(-(q - k) ** 2)
        else:
            weights = torch.exp(-k ** 2) * sum((2 * q * k) ** n / math.factorial(n) for n in range(order + 1))
        if causal:
            tokens = x.shape[1]
            weights = weights * torch.ones(tokens, tokens).tril()[None, :, :, None]
        y = (weights * v).sum(2) / weights.sum(2)
        return F.linear(y, p["out.weight"], p.get("out.bias")) if "out.weight" in p else y

    return layer


def write_element_wise_attention():
    cases = {  # batch, tokens, channels, order, causal, projections' biases, output projection
        "full": (2, 5, 3, 0, False, True, True),
        "full_causal": (2, 5, 3, 0, True, True, True),
        "series_2": (2, 5, 3, 2, False, True, True),
        "series_6": (3, 4, 5, 6, False, True, True),
        "series_6_causal": (2, 5, 3, 6, True, True, True),
        "bare": (1, 5, 3, 2, True, False, False),
    }
    with File("element_wise_attention.txt") as file:
        for case, (n, tokens, d, order, causal, bias, out) in cases.items():
            names = ["q", "k", "v"] + (["out"] if out else [])
            parameters = {f"{name}.weight": drawn(d, d, deviation=0.5) for name in names}
            if bias:
                parameters |= {f"{name}.bias": drawn(d, deviation=0.3) for name in names}
            layer_case(file, case, element_wise_attention(order, causal), drawn(n, tokens, d), parameters)


def write_residual():
    with File("residual.txt") as file:
        def layer(x, p, _, __):
            return torch.relu(F.conv2d(x, p["0.weight"], p["0.bias"], padding=1)) + x

        layer_case(file, "conv_relu", layer, drawn(3, 2, 5, 4),
                   {"0.weight": drawn(2, 2, 3, 3), "0.bias": drawn(2)})


def write_activations():
    with File("activations.txt") as file:
        x = drawn(3, 2, 5, 3)
        x[1, 0] = 0.0  # where the gradient is 0 by convention
        layer_case(file, "relu", lambda x, *_: torch.relu(x), x, {})
        layer_case(file, "log_softmax", lambda x, *_: torch.log_softmax(x, dim=1), drawn(4, 6, deviation=3), {})
        logits, labels = drawn(5, 4, deviation=2).requires_grad_(), torch.tensor([3, 0, 2, 2, 1])
        loss = F.nll_loss(torch.log_softmax(logits, dim=1), labels)
        loss.backward()
        file.put("nll.logits", logits)
        file.put("nll.labels", labels)
        file.put("nll.loss", loss)
        file.put("nll.gradient", logits.grad)


def self_attention(heads, causal, lengths):
    """torch.nn.functional.multi_head_attention_forward, [N, L, D]; padding, where its output is set to 0, at the end."""
    def layer(x, p, _, __):
        n, tokens, features = x.shape
        bias = "q.bias" in p
        y, _ = F.multi_head_attention_forward(
            *[x.transpose(0, 1)] * 3, features, heads, torch.cat([p["q.weight"], p["k.weight"], p["v.weight"]]),
            torch.cat([p["q.bias"], p["k.bias"], p["v.bias"]]) if bias else None, None, None, False, 0.0,
            p["out.weight"], p.get("out.bias"), training=False, need_weights=False,
            key_padding_mask=None if lengths is None else ~valid_tokens(lengths, tokens),
            attn_mask=torch.triu(torch.ones(tokens, tokens, dtype=torch.bool), diagonal=1) if causal else None)
        y = y.transpose(0, 1)
        return y if lengths is None else y * valid_tokens(lengths, tokens).unsqueeze(2)

    return layer


def valid_tokens(lengths, tokens):
    return torch.arange(tokens).unsqueeze(0) < torch.tensor(lengths).unsqueeze(1)


def self_attention_parameters(features, bias):
    weights = {name + ".weight": drawn(features, features, deviation=0.6) for name in ["q", "k", "v", "out"]}
    return weights | ({name + ".bias": drawn(features) for name in ["q", "k", "v", "out"]} if bias else {})


def encoder(heads):
    """torch.nn.TransformerEncoderLayer: pre-norm, GELU, no dropout."""
    def layer(x, p, _, __):
        features = x.shape[2]
        block = torch.nn.TransformerEncoderLayer(features, heads, 4 * features, dropout=0.0, activation="gelu",
                                                 batch_first=True, norm_first=True)
        own = {f"self_attn.in_proj_{kind}": torch.cat([p[f"attention.{name}.{kind}"] for name in "qkv"])
               for kind in ["weight", "bias"]}
        names = {"norm1": "attention.norm", "self_attn.out_proj": "attention.out", "norm2": "mlp.norm",
                 "linear1": "mlp.0", "linear2": "mlp.2"}
        own |= {f"{theirs}.{kind}": p[f"{ours}.{kind}"] for theirs, ours in names.items() for kind in ["weight", "bias"]}
        return torch.func.functional_call(block, own, x)

    return layer


def encoder_parameters(features):
    return (norm_parameters(features, True, "attention.norm.")
            | {"attention." + name: value for name, value in self_attention_parameters(features, True).items()}
            | norm_parameters(features, True, "mlp.norm.")
            | {"mlp.0.weight": drawn(4 * features, features, deviation=0.6), "mlp.0.bias": drawn(4 * features),
               "mlp.2.weight": drawn(features, 4 * features, deviation=0.6), "mlp.2.bias": drawn(features)})


def write_self_attention():
    cases = {  # heads, causal, bias, lengths
        "two_heads": (2, False, False, None),
        "bias": (4, False, True, None),
        "causal": (2, True, True, None),
        "padded": (2, False, False, [4, 2, 1]),
        "causal_padded": (2, True, False, [2, 4, 3]),
    }
    with File("self_attention.txt") as file:
        for case, (count, causal, bias, lengths) in cases.items():
            layer_case(file, case, self_attention(count, causal, lengths), drawn(3, 4, 4),
                       self_attention_parameters(4, bias))
            if lengths is not None:
                file.put(f"{case}.lengths", lengths)
        layer_case(file, "encoder", encoder(2), drawn(2, 3, 4), encoder_parameters(4))


def write_tokens():
    """Layers of sequences [N, tokens, features]."""
    with File("tokens.txt") as file:
        def linear(x, p, _, __):
            return F.linear(x, p["weight"], p.get("bias"))

        def layer_norm(x, p, _, __):
            return F.layer_norm(x, x.shape[-1:], p.get("weight"), p.get("bias"), 1e-5)

        def patch_embedding(x, p, _, __):
            return F.conv2d(x, p["weight"], p["bias"], stride=p["weight"].shape[-1]).flatten(2).transpose(1, 2)

        def mlp(x, p):
            return F.linear(F.gelu(F.linear(x, p["mlp.0.weight"], p["mlp.0.bias"])), p["mlp.2.weight"], p["mlp.2.bias"])

        def norm(x, p):
            return F.layer_norm(x, x.shape[-1:], p["norm.weight"], p["norm.bias"], 1e-5)

        layer_case(file, "linear", linear, drawn(3, 4, 5), {"weight": drawn(2, 5), "bias": drawn(2)})
        layer_case(file, "layer_norm", layer_norm, drawn(3, 2, 5, mean=0.7, deviation=2), norm_parameters(5, True))
        layer_case(file, "layer_norm_plain", layer_norm, drawn(2, 3, 4, mean=-3, deviation=2), {})
        layer_case(file, "layer_norm_rank1", layer_norm, drawn(4, 7), norm_parameters(7, True))
        layer_case(file, "gelu", lambda x, *_: F.gelu(x), drawn(3, 4, 5, deviation=3), {})
        layer_case(file, "patches", patch_embedding, drawn(2, 2, 4, 6), {"weight": drawn(3, 2, 2, 2), "bias": drawn(3)})
        layer_case(file, "patch_is_image", patch_embedding, drawn(3, 1, 3, 3),
                   {"weight": drawn(2, 1, 3, 3), "bias": drawn(2)})
        block = {"norm.weight": drawn(3, mean=1, deviation=0.3), "norm.bias": drawn(3, deviation=0.3),
                 "mlp.0.weight": drawn(5, 3), "mlp.0.bias": drawn(5),
                 "mlp.2.weight": drawn(3, 5), "mlp.2.bias": drawn(3)}
        layer_case(file, "pre_norm", lambda x, p, *_: x + mlp(norm(x, p), p), drawn(2, 4, 3), block)
        layer_case(file, "post_norm", lambda x, p, *_: norm(x + mlp(x, p), p), drawn(2, 4, 3), block)


def write_losses():
    with File("losses.txt") as file:
        def case(name, loss, outputs, targets):
            outputs.requires_grad_()
            value = loss(outputs, targets)
            value.backward()
            for key, array in {"y": outputs, "targets": targets, "loss": value, "gradient": outputs.grad}.items():
                file.put(f"{name}.{key}", array)

        case("cross_entropy", F.cross_entropy, drawn(5, 4, deviation=3), torch.tensor([3, 0, 2, 2, 1]))
        case("squared", F.mse_loss, drawn(4, 2, 3), drawn(4, 2, 3))
        y, targets = drawn(4, 2, 3), drawn(4, 2, 3)
        targets[1, 0] = y[1, 0]  # where the gradient is 0 by convention
        case("absolute", F.l1_loss, y, targets)


# ---- optimizers


def optimizer_case(file, case, make, sizes, max_norm=None):
    """Ten steps along given gradients, clipped to `max_norm` where given; `make` gets the parameters as a list."""
    parameters = [drawn(*size).requires_grad_() for size in sizes]
    optimizer = make(parameters)
    file.put(f"{case}.start", torch.cat([p.flatten() for p in parameters]))
    gradients, results, norms = [], [], []
    for _ in range(10):
        for p in parameters:
            p.grad = drawn(*p.shape)
        gradients.append(torch.cat([p.grad.flatten() for p in parameters]))
        if max_norm:
            norms.append(torch.nn.utils.clip_grad_norm_(parameters, max_norm))
        optimizer.step()
        results.append(torch.cat([p.detach().flatten() for p in parameters]))
    file.put(f"{case}.gradients", torch.stack(gradients))
    file.put(f"{case}.results", torch.stack(results))
    if norms:
        file.put(f"{case}.norms", torch.stack(norms))


LINEAR_PAIR = [(3, 4), (3,), (2, 3), (2,)]  # two linear layers: 4 → 3 → 2


def write_optimizers():
    with File("adam.txt") as file:
        optimizer_case(file, "defaults", lambda p: torch.optim.Adam(p), LINEAR_PAIR)
        optimizer_case(file, "weight_decay", lambda p: torch.optim.Adam(
            p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1), LINEAR_PAIR)
        optimizer_case(file, "two_groups", lambda p: torch.optim.Adam(
            [{"params": [p[0], p[2]], "lr": 0.1}, {"params": [p[1], p[3]], "lr": 1e-3}]), LINEAR_PAIR)
    with File("sgd.txt") as file:
        optimizer_case(file, "plain", lambda p: torch.optim.SGD(p, lr=0.1), LINEAR_PAIR)
        optimizer_case(file, "momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), LINEAR_PAIR)
        optimizer_case(file, "nesterov", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), LINEAR_PAIR)
        optimizer_case(file, "weight_decay", lambda p: torch.optim.SGD(
            p, lr=0.1, momentum=0.8, weight_decay=0.2), LINEAR_PAIR)


def write_adamw():
    with File("adamw.txt") as file:
        optimizer_case(file, "defaults", lambda p: torch.optim.AdamW(p), LINEAR_PAIR)
        optimizer_case(file, "options", lambda p: torch.optim.AdamW(
            p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.3), LINEAR_PAIR)
        optimizer_case(file, "two_groups", lambda p: torch.optim.AdamW(
            [{"params": [p[0], p[2]], "weight_decay": 0.1},
             {"params": [p[1], p[3]], "weight_decay": 0.0}]), LINEAR_PAIR)
        # The norms of the gradients are about √23 = 4.8: some steps are clipped, some are not.
        optimizer_case(file, "clipped", lambda p: torch.optim.SGD(p, lr=0.1), LINEAR_PAIR, max_norm=4.8)


# ---- whole models


def small_model(x, p, buffers, training):
    """Attention-wise layer with an affine head norm and a norm, strided convolution, batch norm, ReLU, classifier."""
    def part(values, prefix):
        return {k[len(prefix):]: v for k, v in values.items() if k.startswith(prefix)}

    mine = part(buffers, "0.")  # the same tensors: batch_norm changes them in place
    x = attention_wise(True, True)(x, part(p, "0."), mine, training)
    x = F.conv2d(x, p["1.weight"], p["1.bias"], stride=2, padding=1)
    x = torch.relu(batch_norm(x, p, buffers, training, "2."))
    return torch.log_softmax(F.linear(x.flatten(1), p["5.weight"], p["5.bias"]), dim=1)


def write_small_model():
    count, shape, classes = 3, (2, 6, 5), 4
    parameters = {f"0.{k}": v for k, v in attention_wise_parameters(count, shape, norm=True, affine=True).items()}
    parameters |= {"1.weight": drawn(3, 2, 3, 3), "1.bias": drawn(3)} | norm_parameters(3, True, "2.")
    parameters |= {"5.weight": drawn(classes, 27, deviation=0.3), "5.bias": drawn(classes)}
    buffers = (norm_buffers(count * shape[0], "0.heads.") | norm_buffers(shape[0], "0.norm.") | norm_buffers(3, "2."))
    with File("small_model.txt") as file:
        for name, value in {**parameters, **buffers}.items():
            file.put(name, value)
        leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
        adam = torch.optim.Adam(leaves.values(), lr=0.01)
        for step, n in enumerate([5, 3], start=1):
            x, labels = drawn(n, *shape), torch.randint(classes, (n,))
            adam.zero_grad()
            loss = F.nll_loss(small_model(x, leaves, buffers, True), labels)
            loss.backward()
            adam.step()
            file.put(f"step{step}.x", x)
            file.put(f"step{step}.labels", labels)
            file.put(f"step{step}.loss", loss)
            for name, leaf in leaves.items():
                file.put(f"step{step}.grad.{name}", leaf.grad)
                file.put(f"step{step}.after.{name}", leaf)
            for name, value in buffers.items():
                file.put(f"step{step}.after.{name}", value)
            file.put(f"step{step}.predicted", small_model(x, leaves, buffers, False))


def write_model_b():
    """One training step of model B. Initial weights and pixels are formulas, see tests/models/model_b_step.cpp."""
    shapes = {}
    for i in range(2):
        shapes |= {f"{i}.heads.weight_x": (8, 1, 28, 28), f"{i}.heads.weight_y": (8, 1, 28, 28),
                   f"{i}.conv.weight": (1, 8, 3, 3), f"{i}.conv.bias": (1,)}
    shapes |= {"3.weight": (10, 784), "3.bias": (10,)}
    parameters, offset = {}, 0
    for name, shape in shapes.items():
        count = int(numpy.prod(shape))
        scale = 1.0 if ".heads." in name else 0.125
        parameters[name] = (hash_uniform(count, offset) * scale).reshape(shape).requires_grad_()
        offset += count
    start = {name: value.detach().clone() for name, value in parameters.items()}
    samples, labels, rate = 5, torch.tensor([3, 0, 9, 9, 4]), 1e-3
    pixels = torch.floor((hash_uniform(samples * 784, 1_000_000) + 1) * 128)
    x = (pixels / 255).reshape(samples, 1, 28, 28)
    buffers = {f"{i}.heads.{name}": torch.full((8,), value) for i in range(2)
               for name, value in [("running_mean", 0.0), ("running_var", 1.0)]}

    adam = torch.optim.Adam(parameters.values(), lr=rate)
    y = x
    for i in range(2):
        z = F.conv2d(heads(y, parameters, buffers, True, f"{i}.heads."), parameters[f"{i}.conv.weight"],
                     parameters[f"{i}.conv.bias"], padding=1)
        y = torch.relu(z + y)
    y = torch.log_softmax(F.linear(y.flatten(1), parameters["3.weight"], parameters["3.bias"]), dim=1)
    loss = F.nll_loss(y, labels)
    loss.backward()
    adam.step()
    with File("model_b_step.txt") as file:
        file.put("labels", labels)
        file.put("loss", loss)
        file.put("y", y)
        for name, value in buffers.items():
            file.put(f"after.{name}", value)
        for name, value in parameters.items():
            file.put_float32(f"grad.{name}", value.grad)
            file.put_float32(f"move.{name}", (value - start[name]) / rate)  # in learning rates


WRITERS = [write_linear, write_conv2d, write_batch_norm, write_attention_heads, write_attention_wise, write_residual,
           write_activations, write_optimizers, write_small_model, write_model_b, write_tokens, write_losses,
           write_adamw, write_element_wise_attention, write_self_attention]

if __name__ == "__main__":
    for seed, write in enumerate(WRITERS, start=1):  # a seed each, so that one file's change leaves the others alone
        torch.manual_seed(seed)
        write()
