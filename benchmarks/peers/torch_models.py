# SPDX-License-Identifier: MIT
"""The paper's models as a PyTorch user would write them: heads side by side in one tensor, modules from torch.nn."""
import torch
from torch import nn

HEADS_LAYERS = {"b": (8, 2), "d": (16, 2), "f": (8, 4), "h": (16, 4), "cifar10-attention": (8, 4)}


class AttentionWise(nn.Module):
    def __init__(self, shape, heads):
        super().__init__()
        channels = shape[0]
        self.wx = nn.Parameter(torch.randn(heads, *shape) * 0.02)
        self.wy = nn.Parameter(torch.randn(heads, *shape) * 0.02)
        self.head_norm = nn.BatchNorm2d(heads * channels, affine=False)
        self.conv = nn.Conv2d(heads * channels, channels, 3, padding=1)

    def forward(self, x):
        z = x.unsqueeze(1)
        relevance = torch.softmax(z * self.wx, dim=-1) * torch.softmax(z * self.wy, dim=-2)
        heads = self.head_norm(relevance.flatten(1, 2)).view_as(relevance) * z
        return torch.relu(self.conv(heads.flatten(1, 2)) + x)


def attention(shape, heads, layers):
    size = shape[0] * shape[1] * shape[2]
    body = [AttentionWise(shape, heads) for _ in range(layers)]
    return nn.Sequential(*body, nn.Flatten(), nn.Linear(size, 10), nn.LogSoftmax(dim=1))


def control(shape):
    conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
    down = lambda c: nn.Conv2d(c, c, 2, stride=2, bias=False)
    size = 200 * (shape[1] // 4) * (shape[2] // 4)
    return nn.Sequential(conv(shape[0], 100), nn.ReLU(), conv(100, 100), nn.ReLU(), down(100), nn.ReLU(),
                         conv(100, 200), nn.ReLU(), conv(200, 200), nn.ReLU(), down(200), nn.ReLU(),
                         nn.Flatten(), nn.Linear(size, 10), nn.LogSoftmax(dim=1))


def build(name):
    """The model and the shape of its input."""
    shape = (3, 32, 32) if name.startswith("cifar10") else (1, 28, 28)
    if name in HEADS_LAYERS:
        return attention(shape, *HEADS_LAYERS[name]), shape
    return control(shape), shape
