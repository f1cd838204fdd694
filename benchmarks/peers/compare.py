#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Training steps of odot against PyTorch's, the same work in turn on the same threads, as medians of paired ratios.

usage: python benchmarks/peers/compare.py [--program build/.../odot_step] [--threads 2] [--rounds 7] [MODEL:BATCH ...]

Needs a Python with torch and numpy. Every round times one odot step, then one PyTorch step; the ratio is
PyTorch's seconds over odot's. The PyTorch models are written as a PyTorch user would: heads side by side in one tensor,
modules from torch.nn, eager mode.
"""
import argparse
import statistics
import subprocess
import time

import torch
from torch import nn

HEADS_LAYERS = {"b": (8, 2, False), "d": (16, 2, False), "e": (8, 4, True), "f": (8, 4, False), "h": (16, 4, False)}


class AttentionWise(nn.Module):
    def __init__(self, shape, heads, norm):
        super().__init__()
        channels = shape[0]
        self.wx = nn.Parameter(torch.randn(heads, *shape) * 0.02)
        self.wy = nn.Parameter(torch.randn(heads, *shape) * 0.02)
        self.head_norm = nn.BatchNorm2d(heads * channels, affine=False)
        self.conv = nn.Conv2d(heads * channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels) if norm else nn.Identity()

    def forward(self, x):
        z = x.unsqueeze(1)
        relevance = torch.softmax(z * self.wx, dim=-1) * torch.softmax(z * self.wy, dim=-2)
        heads = self.head_norm(relevance.flatten(1, 2)).view_as(relevance) * z
        return torch.relu(self.norm(self.conv(heads.flatten(1, 2)) + x))


def attention(shape, heads, layers, norm=False):
    size = shape[0] * shape[1] * shape[2]
    body = [AttentionWise(shape, heads, norm) for _ in range(layers)]
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(size, 10), nn.LogSoftmax(dim=1))


def control(shape):
    conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
    down = lambda c: nn.Conv2d(c, c, 2, stride=2, bias=False)
    size = 200 * (shape[1] // 4) * (shape[2] // 4)
    return nn.Sequential(conv(shape[0], 100), nn.ReLU(), conv(100, 100), nn.ReLU(), down(100), nn.ReLU(),
                         conv(100, 200), nn.ReLU(), conv(200, 200), nn.ReLU(), down(200), nn.ReLU(),
                         nn.Flatten(), nn.Linear(size, 10), nn.LogSoftmax(dim=1))


def peer(name):
    """The PyTorch model and its input shape."""
    if name in HEADS_LAYERS:
        heads, layers, norm = HEADS_LAYERS[name]
        return attention((1, 28, 28), heads, layers, norm), (1, 28, 28)
    if name == "cifar10-attention":
        return attention((3, 32, 32), 8, 4), (3, 32, 32)
    shape = (1, 28, 28) if name == "control" else (3, 32, 32)
    return control(shape), shape


class TorchSteps:
    def __init__(self, name, batch):
        torch.manual_seed(1)
        self.model, shape = peer(name)
        self.x, self.labels = torch.rand(batch, *shape), torch.randint(0, 10, (batch,))
        self.adam = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.parameters = sum(p.numel() for p in self.model.parameters())

    def step(self):
        start = time.perf_counter()
        self.adam.zero_grad()
        loss = nn.functional.nll_loss(self.model(self.x), self.labels)
        loss.backward()
        self.adam.step()
        return time.perf_counter() - start


class OdotSteps:
    def __init__(self, program, name, batch, threads):
        self.process = subprocess.Popen([program, name, str(batch), str(threads)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def step(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/benchmarks/odot_step")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("work", nargs="*", default=["b:4096", "f:4096", "control:256", "cifar10-attention:1024"])
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {arguments.threads} threads, medians of {arguments.rounds} paired rounds after one")
    print(f"{'model':<18} {'batch':>6} {'odot ms':>10} {'torch ms':>10} {'torch/odot':>11}  (min … max)")
    for work in arguments.work:
        name, batch = work.split(":")
        ours = OdotSteps(arguments.program, name, int(batch), arguments.threads)
        theirs = TorchSteps(name, int(batch))
        pairs = [(ours.step(), theirs.step()) for _ in range(arguments.rounds + 1)][1:]
        ours.close()
        ratios = [t / o for o, t in pairs]
        print(f"{name:<18} {batch:>6} {1e3 * statistics.median(o for o, _ in pairs):>10.1f} "
              f"{1e3 * statistics.median(t for _, t in pairs):>10.1f} {statistics.median(ratios):>10.2f}x"
              f"  ({min(ratios):.2f} … {max(ratios):.2f})", flush=True)


if __name__ == "__main__":
    main()
