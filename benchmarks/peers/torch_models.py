# SPDX-License-Identifier: MIT
"""The papers' models and some small ones as a PyTorch user would write them: heads side by side in one tensor, modules
from torch.nn."""
import torch
from torch import nn
from torch.nn.functional import cross_entropy, nll_loss, pad

import torch_forms

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


def perceptron(*widths):
    hidden = [layer for i, o in zip((784, *widths), widths) for layer in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(widths[-1], 10), nn.LogSoftmax(dim=1))


def small_conv():
    halving = lambda i, o: nn.Conv2d(i, o, 3, stride=2, padding=1)
    return nn.Sequential(halving(1, 16), nn.ReLU(), halving(16, 32), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 7 * 7, 10),
                         nn.LogSoftmax(dim=1))


def pooling():
    return nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1), nn.MaxPool2d(2), nn.AvgPool2d(2),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10), nn.LogSoftmax(dim=1))


def depthwise():
    each_channel = lambda: nn.Conv2d(32, 32, 3, padding=1, groups=32)
    return nn.Sequential(each_channel(), nn.ReLU(), each_channel(), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(32, 10), nn.LogSoftmax(dim=1))


IMAGE, MAPS = (1, 28, 28), (32, 28, 28)
SMALL_MODELS = {"perceptron": (lambda: perceptron(128), IMAGE), "deep-perceptron": (lambda: perceptron(512, 512), IMAGE),
                "small-conv": (small_conv, IMAGE), "pooling": (pooling, MAPS), "depthwise": (depthwise, MAPS)}

TOKEN_FEATURES, TOKEN_HEADS = 64, 4
BYTES, WINDOW = 256, 256  # of the language model


class SelfAttention(nn.Module):
    def __init__(self, bias):
        super().__init__()
        self.heads = nn.MultiheadAttention(TOKEN_FEATURES, TOKEN_HEADS, bias=bias, batch_first=True)

    def forward(self, x):
        return self.heads(x, x, x, need_weights=False)[0]


class SeriesAttention(nn.Module):
    def __init__(self, order, causal=False):
        super().__init__()
        self.qkv = nn.Linear(TOKEN_FEATURES, 3 * TOKEN_FEATURES)
        self.series = torch_forms.Series(order, causal)
        self.out = nn.Linear(TOKEN_FEATURES, TOKEN_FEATURES)

    def forward(self, x):
        return self.out(self.series(*self.qkv(x).chunk(3, dim=-1)))


class Block(nn.Module):
    """A transformer's block, norms before or after the sums."""
    def __init__(self, attention, norm_first):
        super().__init__()
        self.norm_first = norm_first
        self.attention, self.norm1, self.norm2 = attention, nn.LayerNorm(TOKEN_FEATURES), nn.LayerNorm(TOKEN_FEATURES)
        self.mlp = nn.Sequential(nn.Linear(TOKEN_FEATURES, 4 * TOKEN_FEATURES), nn.GELU(),
                                 nn.Linear(4 * TOKEN_FEATURES, TOKEN_FEATURES))

    def forward(self, x):
        if self.norm_first:
            x = x + self.attention(self.norm1(x))
            return x + self.mlp(self.norm2(x))
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.mlp(x))


class MinimalTransformer(nn.Module):
    """models::MinimalTransformer<MnistImage, 6, 4>."""
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, 1, 1))
        self.register_buffer("deviation", torch.ones(1, 1, 1))
        self.patch = nn.Conv2d(1, TOKEN_FEATURES, 7, stride=7)
        self.token = nn.Parameter(torch.randn(1, 1, TOKEN_FEATURES) * 0.02)
        self.position = nn.Parameter(torch.randn(17, TOKEN_FEATURES) * 0.02)
        self.encoders = nn.Sequential(*[Block(SelfAttention(bias=False), norm_first=True) for _ in range(6)])
        self.norm = nn.LayerNorm(TOKEN_FEATURES)
        self.head = nn.Linear(TOKEN_FEATURES, 10)

    def forward(self, x):
        patches = self.patch((x - self.mean) / self.deviation).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), patches], dim=1) + self.position
        return torch.log_softmax(self.head(self.norm(self.encoders(x))[:, 0]), dim=1)


class VowelClassifier(nn.Module):
    """models::VowelClassifier without dropout, all tokens valid."""
    def __init__(self, attention):
        super().__init__()
        self.embedding = nn.Linear(12, TOKEN_FEATURES)
        self.position = nn.Parameter(torch.randn(29, TOKEN_FEATURES) * 0.02)
        self.blocks = nn.Sequential(*[Block(attention(), norm_first=False) for _ in range(2)])
        self.head = nn.Linear(TOKEN_FEATURES, 9)

    def forward(self, x):
        return torch.log_softmax(self.head(self.blocks(self.embedding(x) + self.position).mean(1)), dim=1)


class RecentTokens(nn.Module):
    """nn::RecentTokens<4> with its linear layer: a causal convolution."""
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(TOKEN_FEATURES, TOKEN_FEATURES, 4)

    def forward(self, x):
        return self.conv(pad(x.transpose(1, 2), (3, 0))).transpose(1, 2)


class LanguageModel(nn.Module):
    """models::LanguageModel<256>: logits of the byte after each."""
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(BYTES, TOKEN_FEATURES)
        self.recent = nn.ModuleList(nn.Sequential(nn.LayerNorm(TOKEN_FEATURES), RecentTokens()) for _ in range(2))
        self.blocks = nn.ModuleList(Block(SeriesAttention(6, causal=True), norm_first=True) for _ in range(2))
        self.head = nn.Sequential(nn.LayerNorm(TOKEN_FEATURES), nn.Linear(TOKEN_FEATURES, BYTES))

    def forward(self, x):
        x = self.embedding(x)
        for recent, block in zip(self.recent, self.blocks):
            x = block(x + recent(x))
        return self.head(x)


SEQUENCE_MODELS = {"minimal-transformer": (MinimalTransformer, (1, 28, 28)),
                   "ea6-vowels": (lambda: VowelClassifier(lambda: SeriesAttention(6)), (29, 12)),
                   "self-vowels": (lambda: VowelClassifier(lambda: SelfAttention(bias=True)), (29, 12)),
                   "characters": (LanguageModel, (WINDOW,))}


def classes(name):
    return 9 if name.endswith("vowels") else 10


def build(name):
    """The model and the shape of its input."""
    if name in SEQUENCE_MODELS:
        model, shape = SEQUENCE_MODELS[name]
        return model(), shape
    if name in SMALL_MODELS:
        model, shape = SMALL_MODELS[name]
        return model(), shape
    shape = (3, 32, 32) if name.startswith("cifar10") else (1, 28, 28)
    if name in HEADS_LAYERS:
        return attention(shape, *HEADS_LAYERS[name]), shape
    return control(shape), shape


def batch_of(name, shape, samples):
    """Random samples and their labels."""
    if name == "characters":
        return torch.randint(0, BYTES, (samples, *shape)), torch.randint(0, BYTES, (samples, *shape))
    return torch.rand(samples, *shape), torch.randint(0, 10, (samples,))


def loss_of(name):
    """The loss of a model's outputs."""
    if name == "characters":
        return lambda y, labels: cross_entropy(y.flatten(0, 1), labels.flatten())
    return nll_loss
