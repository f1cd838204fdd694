# SPDX-License-Identifier: MIT
"""Activations, pooling, branches and the other layers that convolutional networks are made of."""

import torch
import torch.nn.functional as F

from arrays import File, drawn
from image_layers import batch_norm, layer_case, norm_buffers, norm_parameters


def write_functions():
    functions = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "silu": F.silu,
        "leaky_relu": F.leaky_relu,
        "leaky_relu_0.2": lambda x: F.leaky_relu(x, 0.2),
        "leaky_relu_negative": lambda x: F.leaky_relu(x, -0.5),
        "elu": F.elu,
        "elu_0.5": lambda x: F.elu(x, 0.5),
    }
    with File("functions.txt") as file:
        for case, function in functions.items():
            layer_case(file, case, lambda x, *_: function(x), drawn(3, 2, 5, 3, deviation=2), {})
        layer_case(file, "softmax", lambda x, *_: torch.softmax(x, dim=-1), drawn(4, 6, deviation=3), {})
        layer_case(file, "softmax_tokens", lambda x, *_: torch.softmax(x, dim=-1), drawn(3, 4, 5, deviation=3), {})


def write_pooling():
    cases = {  # batch, input, kernel, stride, padding
        "2": (2, (2, 6, 8), 2, 2, 0),
        "2_odd": (1, (2, 5, 35), 2, 2, 0),
        "3_stride2_pad1": (1, (2, 7, 20), 3, 2, 1),
        "3_stride1_pad1": (1, (2, 5, 18), 3, 1, 1),
        "2_stride3": (2, (1, 8, 7), 2, 3, 0),
        "5_stride2_pad2": (1, (2, 9, 6), 5, 2, 2),
        "3_stride1": (2, (1, 4, 5), 3, 1, 0),
    }
    with File("pooling.txt") as file:
        for case, (n, shape, kernel, stride, padding) in cases.items():
            x = drawn(n, *shape)
            x[:, :, 1:3, 1:4] = x[0, 0, 0, 0]  # equal numbers
            layer_case(file, "max_" + case, lambda x, *_: F.max_pool2d(x, kernel, stride, padding), x, {})
            layer_case(file, "avg_" + case, lambda x, *_: F.avg_pool2d(x, kernel, stride, padding), drawn(n, *shape), {})
            if padding > 0:
                layer_case(file, "avg_not_counted_" + case,
                           lambda x, *_: F.avg_pool2d(x, kernel, stride, padding, count_include_pad=False),
                           drawn(n, *shape), {})
        layer_case(file, "global", lambda x, *_: F.adaptive_avg_pool2d(x, 1), drawn(3, 2, 5, 7), {})


def write_branches():
    with File("branches.txt") as file:
        def conv(x, p, name, **options):
            return F.conv2d(x, p[name + ".weight"], p[name + ".bias"], **options)

        def added(x, p, *_):
            return torch.relu(conv(x, p, "1.0", padding=1)) + x + conv(x, p, "short")

        def side_by_side(x, p, *_):
            return torch.cat([x, torch.sigmoid(conv(x, p, "1.0", padding=1)), conv(x, p, "2")], dim=1)

        def features(x, p, *_):
            return torch.cat([F.linear(x, p["0.weight"], p["0.bias"]), torch.tanh(x)], dim=-1)

        def squeeze_excitation(x, p, *_):
            means = F.adaptive_avg_pool2d(x, 1)
            return x * torch.sigmoid(conv(torch.relu(conv(means, p, "fc1")), p, "fc2"))

        layer_case(file, "add", added, drawn(2, 2, 5, 4),
                   {"1.0.weight": drawn(2, 2, 3, 3), "1.0.bias": drawn(2), "short.weight": drawn(2, 2, 1, 1),
                    "short.bias": drawn(2)})
        layer_case(file, "concat", side_by_side, drawn(2, 2, 5, 4),
                   {"1.0.weight": drawn(3, 2, 3, 3), "1.0.bias": drawn(3), "2.weight": drawn(1, 2, 1, 1), "2.bias": drawn(1)})
        layer_case(file, "concat_features", features, drawn(4, 5), {"0.weight": drawn(3, 5), "0.bias": drawn(3)})
        layer_case(file, "concat_tokens", features, drawn(2, 3, 4), {"0.weight": drawn(3, 4), "0.bias": drawn(3)})
        layer_case(file, "gate", lambda x, p, *_: x * torch.sigmoid(F.linear(x, p["0.weight"], p["0.bias"])), drawn(3, 5),
                   {"0.weight": drawn(5, 5), "0.bias": drawn(5)})
        layer_case(file, "squeeze_excitation", squeeze_excitation, drawn(3, 4, 3, 5),
                   {"fc1.weight": drawn(2, 4, 1, 1), "fc1.bias": drawn(2), "fc2.weight": drawn(4, 2, 1, 1),
                    "fc2.bias": drawn(4)})


def write_upsample():
    with File("upsample.txt") as file:
        for mode, scale, shape in [("nearest", 2, (2, 2, 3, 19)), ("nearest", 3, (2, 2, 2, 5)), ("bilinear", 2, (2, 2, 3, 10)),
                                   ("bilinear", 3, (2, 1, 4, 5)), ("bilinear", 4, (2, 2, 1, 2))]:
            layer_case(file, f"{mode}_{scale}", lambda x, *_: F.interpolate(x, scale_factor=scale, mode=mode),
                       drawn(*shape), {})


def write_norms():
    with File("norms.txt") as file:
        def group_norm(x, p, *_):
            return F.group_norm(x, groups, p.get("weight"), p.get("bias"))

        for case, groups, channels, affine in [("group", 2, 6, True), ("group_plain", 3, 6, False), ("group_1", 1, 2, True)]:
            layer_case(file, case, group_norm, drawn(3, channels, 3, 5, mean=0.7, deviation=2),
                       norm_parameters(channels, affine))
        for case, shape, affine in [("rms", (4, 7), True), ("rms_tokens", (2, 3, 5), True), ("rms_plain", (3, 6), False)]:
            layer_case(file, case, lambda x, p, *_: F.rms_norm(x, x.shape[-1:], p.get("weight"), 1e-3),
                       drawn(*shape, deviation=2),
                       {"weight": drawn(shape[-1], mean=1, deviation=0.3)} if affine else {})
        for case, shape, affine in [("batch1d", (5, 3), True), ("batch1d_series", (3, 3, 7), True),
                                    ("batch1d_plain", (4, 3), False)]:
            layer_case(file, case, batch_norm, drawn(*shape, mean=0.7, deviation=2), norm_parameters(3, affine),
                       norm_buffers(3))


def write_convolutions():
    with File("convolutions.txt") as file:
        def biased(parameters, channels, bias):
            return parameters | ({"bias": drawn(channels)} if bias else {})

        grouped = {  # batch, input, out_channels, kernel, stride, padding, groups, bias
            "depthwise": (3, (4, 5, 6), 4, 3, 1, 1, 4, True),
            "depthwise_stride2": (2, (3, 7, 6), 6, 3, 2, 1, 3, True),
            "depthwise_5": (1, (2, 9, 18), 2, 5, 1, 2, 2, False),
            "groups2": (2, (4, 5, 6), 6, 3, 1, 0, 2, True),
            "groups2_stride2": (2, (6, 6, 5), 4, 2, 2, 1, 2, False),
            "groups2_pointwise": (2, (6, 3, 4), 4, 1, 1, 1, 2, True),
        }
        for case, (n, shape, out, kernel, stride, padding, groups, bias) in grouped.items():
            layer_case(file, case,
                       lambda x, p, *_: F.conv2d(x, p["weight"], p.get("bias"), stride=stride, padding=padding,
                                                 groups=groups),
                       drawn(n, *shape), biased({"weight": drawn(out, shape[0] // groups, kernel, kernel)}, out, bias))
        lines = {
            "line": (3, (3, 9), 5, 3, 1, 1, 1, True),
            "line_stride2": (2, (2, 20), 3, 5, 2, 2, 1, False),
            "line_depthwise": (2, (4, 7), 4, 3, 1, 0, 4, True),
        }
        for case, (n, shape, out, kernel, stride, padding, groups, bias) in lines.items():
            layer_case(file, case,
                       lambda x, p, *_: F.conv1d(x, p["weight"], p.get("bias"), stride=stride, padding=padding,
                                                 groups=groups),
                       drawn(n, *shape), biased({"weight": drawn(out, shape[0] // groups, kernel)}, out, bias))
        transposed = {  # batch, input, out_channels, kernel, stride, padding, output_padding, bias
            "transposed": (2, (3, 4, 5), 2, 3, 1, 0, 0, True),
            "transposed_2": (3, (2, 3, 4), 3, 2, 2, 0, 0, True),
            "transposed_padded": (2, (2, 4, 3), 2, 3, 2, 1, 1, False),
        }
        for case, (n, shape, out, kernel, stride, padding, more, bias) in transposed.items():
            layer_case(file, case,
                       lambda x, p, *_: F.conv_transpose2d(x, p["weight"], p.get("bias"), stride=stride, padding=padding,
                                                           output_padding=more),
                       drawn(n, *shape), biased({"weight": drawn(shape[0], out, kernel, kernel)}, out, bias))


def write_embedding():
    with File("embedding.txt") as file:
        x = torch.tensor([[0, 3, 1, 3], [4, 4, 3, 0]])
        weight, dy = drawn(6, 5).requires_grad_(), drawn(2, 4, 5)
        y = F.embedding(x, weight)
        (y * dy).sum().backward()
        for name, values in {"x": x, "weight": weight, "dy": dy, "y": y, "grad.weight": weight.grad}.items():
            file.put(name, values)
