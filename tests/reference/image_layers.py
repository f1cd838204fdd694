# SPDX-License-Identifier: MIT
"""Layers of images, and the case that every layer writes."""

import torch
import torch.nn.functional as F

from arrays import File, drawn


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
