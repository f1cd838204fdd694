# SPDX-License-Identifier: MIT
"""Losses, optimizers, and steps of whole models."""

import numpy
import torch
import torch.nn.functional as F

from arrays import File, drawn, hash_uniform
from image_layers import (attention_wise, attention_wise_parameters, batch_norm, heads, norm_buffers,
                          norm_parameters)


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


def write_loss_options():
    """Losses with options. `gradient` is that of the mean, `loss` the mean itself."""
    with File("loss_options.txt") as file:
        def case(name, loss, outputs, targets, **options):
            outputs = outputs.clone().requires_grad_()
            value = loss(outputs, targets, **options)
            value.backward()
            arrays = {"y": outputs, "targets": targets, "loss": value, "gradient": outputs.grad}
            for key, array in arrays.items():
                file.put(f"{name}.{key}", array)

        y, labels = drawn(7, 5, deviation=3), torch.tensor([3, 0, 2, 2, 1, 4, 0])
        some = torch.tensor([3, -100, 2, 2, -100, 4, 0])
        weights = torch.tensor([0.5, 2.0, 0.0, 1.25, 4.0])
        file.put("weights", weights)
        case("smoothed", F.cross_entropy, y, labels, label_smoothing=0.1)
        case("weighted", F.cross_entropy, y, labels, weight=weights)
        case("ignored", F.cross_entropy, y, some)
        case("all", F.cross_entropy, y, some, weight=weights, label_smoothing=0.3)
        case("nll", F.nll_loss, F.log_softmax(y, 1), some, weight=weights)
        probabilities = torch.softmax(drawn(7, 5, deviation=2), 1).mul(1e4).round().div(1e4)
        probabilities[1] = torch.tensor([0, 0.25, 0, 0.75, 0])
        case("soft", F.cross_entropy, y, probabilities)
        case("soft_all", F.cross_entropy, y, probabilities, weight=weights, label_smoothing=0.2)

        logits, wanted = drawn(4, 2, 3, deviation=4), torch.rand(4, 2, 3).mul(1e4).round().div(1e4)
        wanted[0] = torch.tensor([[0, 1, 0], [1, 1, 0]])
        positive = torch.tensor([[0.5, 1, 3], [2, 0, 1.5]])
        file.put("positive", positive)
        case("binary", F.binary_cross_entropy_with_logits, logits, wanted)
        case("binary_one", F.binary_cross_entropy_with_logits, logits, wanted, pos_weight=torch.tensor(2.5))
        case("binary_each", F.binary_cross_entropy_with_logits, logits, wanted, pos_weight=positive)

        y, targets = drawn(4, 2, 3), drawn(4, 2, 3)
        targets[1, 0] = y[1, 0]
        targets[2, 1, 1] = y[2, 1, 1] - 0.75
        for delta in (0.75, 1.0):
            case(f"huber_{delta}", F.huber_loss, y, targets, delta=delta)

        y, labels = drawn(2, 5, 3, 7, deviation=3), torch.arange(42).mul(7).remainder(5).reshape(2, 3, 7)
        some = torch.where(torch.arange(42).reshape(2, 3, 7) % 4 == 1, -100, labels)
        case("pixels", F.cross_entropy, y, labels)
        case("pixels_smoothed", F.cross_entropy, y, labels, label_smoothing=0.1)
        case("pixels_all", F.cross_entropy, y, some, weight=weights, label_smoothing=0.3)


def write_schedules():
    """Learning rates of PyTorch's OneCycleLR where the largest one is 1, and the cases' options."""
    with File("schedules.txt") as file:
        def case(name, total, **options):
            parameter = torch.nn.Parameter(torch.zeros(1))
            optimizer = torch.optim.SGD([parameter], lr=1)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1, total_steps=total,
                                                           cycle_momentum=False, **options)
            rates = []
            for step in range(total):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                if step + 1 < total:
                    schedule.step()
            file.put(name, torch.tensor(rates))

        case("defaults", 20)
        case("linear", 23, anneal_strategy="linear", pct_start=0.4, div_factor=10, final_div_factor=100)
        case("three_phases", 30, three_phase=True, pct_start=0.35)
        case("rise_alone", 9, pct_start=1.0)


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
