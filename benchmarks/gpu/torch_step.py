# SPDX-License-Identifier: MIT
"""The same as gpu_step, in PyTorch on the GPU: torch_step.py eager|compile MODEL BATCH float|tf32

A line MODEL BATCH float|tf32 on standard input goes on to that work."""
import sys
from pathlib import Path

import torch
from torch.nn.functional import nll_loss

import device_pace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))
import torch_models  # noqa: E402


def training(variant, name, batch, arithmetic):
    """Parameters, a step, and what came of it."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = arithmetic == "tf32"
    torch.manual_seed(1)
    model, shape = torch_models.build(name)
    model = model.cuda()
    x = torch.rand(batch, *shape, device="cuda")
    labels = torch.randint(0, torch_models.classes(name), (batch,), device="cuda")
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    loss_of = lambda x, labels: nll_loss(model(x), labels)
    if variant == "compile":
        loss_of = torch.compile(loss_of)

    def step():
        adam.zero_grad()
        loss = loss_of(x, labels)
        loss.backward()
        adam.step()
        return loss.detach()

    def outcome(loss):
        return float(loss), max(float(p.grad.abs().max()) for p in model.parameters())

    return sum(p.numel() for p in model.parameters()), step, outcome


def main():
    torch.backends.cudnn.benchmark = True
    variant = sys.argv[1]
    device_pace.serve_all(
        variant, sys.argv[2:],
        lambda name, batch, arithmetic: training(variant, name, int(batch), arithmetic))


if __name__ == "__main__":
    main()
