# SPDX-License-Identifier: MIT
"""odot's layers and models as PyTorch modules, with the same names of parameters and buffers: state dicts are exchanged as
they are. Layers that PyTorch has are PyTorch's."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class AttentionHeads(nn.Module):
    """odot::nn::AttentionHeads: norm(softmax_W(x * Wx) * softmax_H(x * Wy)) * x, the heads side by side as channels."""

    def __init__(self, shape, heads, norm=True, eps=1e-5, scaled=False):
        super().__init__()
        channels, height, width = shape
        self.heads = heads
        self.eps = eps / (height * width) ** 2 if scaled else eps
        self.weight_x = nn.Parameter(0.02 * torch.randn(heads, *shape))
        self.weight_y = nn.Parameter(0.02 * torch.randn(heads, *shape))
        # A variance of 0 means that there was no batch yet.
        self.register_buffer("running_mean", torch.zeros(heads * channels) if norm else None)
        self.register_buffer("running_var", torch.zeros(heads * channels) if norm else None)

    def forward(self, x):
        rows = torch.softmax(x[:, None] * self.weight_x, dim=-1)
        columns = torch.softmax(x[:, None] * self.weight_y, dim=-2)
        relevance = (rows * columns).flatten(1, 2)  # [N, heads * C, H, W]
        if self.running_var is not None:
            first = self.training and not self.running_var.any()
            relevance = F.batch_norm(relevance, self.running_mean, self.running_var, training=self.training,
                                     momentum=1.0 if first else 0.1, eps=self.eps)
        return relevance * x.repeat(1, self.heads, 1, 1)


class AttentionWise(nn.Module):
    """odot::nn::AttentionWise: ReLU([BatchNorm](Conv3x3(heads of x) [+ x]))."""

    def __init__(self, shape, heads, norm=False, skip=True, scaled=False):
        super().__init__()
        self.skip = skip
        self.heads = AttentionHeads(shape, heads, scaled=scaled)
        self.conv = nn.Conv2d(heads * shape[0], shape[0], 3, padding=1)
        self.norm = nn.BatchNorm2d(shape[0]) if norm else None

    def forward(self, x):
        y = self.conv(self.heads(x))
        if self.skip:
            y = y + x
        return torch.relu(y if self.norm is None else self.norm(y))


def attention_model(shape, heads, layers, **options):
    """odot::models::ElementWiseAttention: attention-wise layers and a linear classifier."""
    stack = [AttentionWise(shape, heads, **options) for _ in range(layers)]
    return nn.Sequential(*stack, nn.Flatten(), nn.Linear(math.prod(shape), 10), nn.LogSoftmax(dim=1))


def control(shape):
    """odot::models::Control: the VGG-like control model."""
    channels, height, width = shape
    layers = []
    for first, last in ((channels, 100), (100, 200)):
        layers += [nn.Conv2d(first, last, 3, padding=1), nn.ReLU(), nn.Conv2d(last, last, 3, padding=1), nn.ReLU(),
                   nn.Conv2d(last, last, 2, stride=2, bias=False), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(200 * (height // 4) * (width // 4), 10), nn.LogSoftmax(dim=1))


def valid_tokens(x, lengths):
    """[N, L], true where a token is not padding."""
    if lengths is None:
        return torch.ones(x.shape[:2], dtype=torch.bool)
    return torch.arange(x.shape[1])[None] < lengths[:, None]


class ElementWiseAttention(nn.Module):
    """odot::nn::ElementWiseAttention: a series of the given order, or the full form (order 0)."""

    def __init__(self, features, order=6, causal=False):
        super().__init__()
        self.order, self.causal = order, causal
        self.q, self.k, self.v, self.out = (nn.Linear(features, features) for _ in range(4))

    def forward(self, x, lengths=None):
        q, k, v = self.q(x), self.k(x), self.v(x)
        valid = valid_tokens(x, lengths)[..., None].to(x.dtype)
        y = self.series(q, k, v, valid) if self.order else self.full(q, k, v, valid)
        return self.out(y * valid)

    def series(self, q, k, v, valid):
        over = (lambda t: t.cumsum(dim=1)) if self.causal else (lambda t: t.sum(dim=1, keepdim=True))
        weight = torch.exp(-k * k) * valid
        numerator = denominator = 0
        for n in range(self.order + 1):
            term = 2**n / math.factorial(n) * q**n
            numerator = numerator + term * over(k**n * weight * v)
            denominator = denominator + term * over(k**n * weight)
        return numerator / denominator

    def full(self, q, k, v, valid):
        weight = torch.exp(-((q[:, :, None] - k[:, None]) ** 2)) * valid[:, None]  # [N, query, key, D]
        if self.causal:
            weight = weight * torch.ones(weight.shape[1:3], dtype=weight.dtype).tril()[..., None]
        return (weight * v[:, None]).sum(dim=2) / weight.sum(dim=2)


class SelfAttention(nn.Module):
    """odot::nn::SelfAttention. Forms: full, wqk, wqk_only, symmetric, symmetric_tt, symmetric_tt_only."""

    def __init__(self, features, heads=1, form="full", causal=False, bias=False):
        super().__init__()
        self.heads, self.form, self.causal = heads, form, causal
        linear = lambda: nn.Linear(features, features, bias=bias)
        if form.startswith("symmetric_tt"):
            self.qk = nn.Module()
            self.qk.triangle = nn.Parameter(torch.randn(features * (features + 1) // 2) / features**0.5)
        elif form.startswith("wqk"):
            self.qk = linear()
        else:
            self.q = linear()
        if form == "full":
            self.k = linear()
        if not form.endswith("_only"):
            self.v, self.out = linear(), linear()

    def forward(self, x, lengths=None):
        count, tokens, features = x.shape
        if self.form.startswith("symmetric_tt"):
            lower = x.new_zeros(features, features)
            row, column = torch.tril_indices(features, features)
            lower[row, column] = self.qk.triangle
            q = k = x @ lower
        elif self.form.startswith("wqk"):
            q, k = self.qk(x), x
        else:
            q = self.q(x)
            k = self.k(x) if self.form == "full" else q
        v = self.v(x) if hasattr(self, "v") else x
        split = lambda t: t.view(count, tokens, self.heads, features // self.heads).transpose(1, 2)
        valid = valid_tokens(x, lengths)
        mask = valid[:, None, None]
        if self.causal:
            mask = mask & torch.ones(tokens, tokens, dtype=torch.bool).tril()
        y = F.scaled_dot_product_attention(split(q), split(k), split(v), attn_mask=mask)
        y = y.transpose(1, 2).reshape(x.shape) * valid[..., None]
        return self.out(y) if hasattr(self, "out") else y


class Normalize(nn.Module):
    """odot::nn::Normalize: fixed statistics of each channel, kept with the weights."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("deviation", torch.ones(channels))

    def forward(self, x):
        return (x - self.mean[:, None, None]) / self.deviation[:, None, None]


class PositionEmbedding(nn.Module):
    """odot::nn::PositionEmbedding: a learned vector for each position."""

    def __init__(self, tokens, features):
        super().__init__()
        self.weight = nn.Parameter(0.02 * torch.randn(tokens, features))

    def forward(self, x):
        return x + self.weight


class PreNormAttention(SelfAttention):
    """x + attention(LayerNorm(x))"""

    def __init__(self, features, **options):
        super().__init__(features, **options)
        self.norm = nn.LayerNorm(features)

    def forward(self, x):
        return x + super().forward(self.norm(x))


class PreNormMlp(nn.Sequential):
    """x + Linear(GELU(Linear(LayerNorm(x))))"""

    def __init__(self, features):
        super().__init__(nn.Linear(features, 4 * features), nn.GELU(), nn.Linear(4 * features, features))
        self.norm = nn.LayerNorm(features)

    def forward(self, x):
        return x + self[2](self[1](self[0](self.norm(x))))


class MinimalTransformer(nn.Module):
    """odot::models::MinimalTransformer."""

    def __init__(self, shape, encoders, heads=1, form="full", mlp=True, features=64):
        super().__init__()
        patch = shape[1] // 4
        self.normalize = Normalize(shape[0])
        self.patch = nn.Conv2d(shape[0], features, patch, stride=patch)
        self.token = nn.Parameter(0.02 * torch.randn(features))
        self.position = PositionEmbedding(17, features)
        self.encoders = nn.Sequential()
        for i in range(encoders):
            block = nn.Sequential()
            block.add_module("attention", PreNormAttention(features, heads=heads, form=form))
            if mlp:
                block.add_module("mlp", PreNormMlp(features))
            self.encoders.add_module(str(i), block)
        self.norm = nn.LayerNorm(features)
        self.head = nn.Linear(features, 10)

    def forward(self, x):
        tokens = self.patch(self.normalize(x)).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(x), 1, -1), tokens], dim=1)
        tokens = self.encoders(self.position(tokens))
        return torch.log_softmax(self.head(self.norm(tokens)[:, 0]), dim=1)


class PostNorm(nn.Sequential):
    """LayerNorm(x + layers(x)), the layers in a row."""

    def __init__(self, features, *layers):
        super().__init__(*layers)
        self.count = len(layers)
        self.norm = nn.LayerNorm(features)

    def forward(self, x, lengths=None):
        y = x
        for i in range(self.count):
            y = self[i](y, lengths) if isinstance(self[i], (ElementWiseAttention, SelfAttention)) else self[i](y)
        return self.norm(x + y)


class SeriesTransformer(nn.Module):
    """odot::models::VowelClassifier and Forecaster: two post-norm blocks around the attention that is given."""

    def __init__(self, tokens, variables, attention, outputs, classifies, features=64):
        super().__init__()
        self.classifies = classifies
        self.embedding = nn.Linear(variables, features)
        self.position = PositionEmbedding(tokens, features)
        for i in range(2):
            block = nn.Module()
            block.attention = PostNorm(features, attention(features))
            block.mlp = PostNorm(features, nn.Linear(features, 4 * features), nn.GELU(),
                                 nn.Linear(4 * features, features))
            self.add_module(str(i), block)
        self.head = nn.Linear(features, outputs)

    def forward(self, x, lengths=None):
        tokens = self.position(self.embedding(x))
        for block in (self.get_submodule("0"), self.get_submodule("1")):
            tokens = block.mlp(block.attention(tokens, lengths))
        if not self.classifies:
            return self.head(tokens[:, -1])
        valid = valid_tokens(x, lengths)[..., None].to(x.dtype)
        mean = (tokens * valid).sum(dim=1) / valid.sum(dim=1)
        return torch.log_softmax(self.head(mean), dim=1)


class SqueezeExcitation(nn.Module):
    """odot::nn::SqueezeExcitation, as in torchvision.ops."""

    def __init__(self, channels, squeeze):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, channels, 1)

    def forward(self, x):
        mean = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(mean))))


class MeanTokens(nn.Module):
    """odot::nn::MeanTokens, where all tokens are valid."""

    def forward(self, x):
        return x.mean(dim=1)


def layers_images():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.GroupNorm(4, 8), nn.SiLU(), nn.MaxPool2d(3, stride=2, padding=1),
                          nn.Conv2d(8, 8, 3, padding=1, groups=4), nn.BatchNorm2d(8), nn.LeakyReLU())
    model.add_module("se", SqueezeExcitation(8, 2))
    rest = (nn.ConvTranspose2d(8, 6, 3, stride=2, padding=1, output_padding=1), nn.ELU(), nn.AvgPool2d(2),
            nn.Upsample(scale_factor=2, mode="bilinear"), nn.Dropout2d(0.2), nn.Flatten(), nn.Linear(6 * 12 * 8, 12),
            nn.BatchNorm1d(12), nn.Tanh(), nn.Linear(12, 10), nn.LogSoftmax(dim=1))
    for layer in rest:  # positions count the named layer too
        model.add_module(str(len(model)), layer)
    return model


def layers_series():
    return nn.Sequential(nn.Conv1d(4, 6, 5, stride=2, groups=2), nn.BatchNorm1d(6), nn.Sigmoid(), nn.Flatten(),
                         nn.RMSNorm(6 * 14), nn.Dropout(0.2), nn.Linear(6 * 14, 10), nn.LogSoftmax(dim=1))


def layers_tokens():
    return nn.Sequential(nn.Embedding(60, 8), nn.RMSNorm(8), nn.Linear(8, 8), nn.LayerNorm(8), nn.GELU(), MeanTokens(),
                         nn.Linear(8, 10), nn.LogSoftmax(dim=1))


MNIST, CIFAR10 = (1, 28, 28), (3, 32, 32)


def series_attention(order, causal):
    return lambda features: ElementWiseAttention(features, order, causal)


def headed_attention(causal):
    return lambda features: SelfAttention(features, heads=4, causal=causal, bias=True)


def vowels(attention):
    return lambda: SeriesTransformer(29, 12, attention, 9, True)


def forecaster(attention, horizon):
    return lambda: SeriesTransformer(6, 7, attention, horizon * 7, False)


def transformer(*arguments, **options):
    return lambda: MinimalTransformer(*arguments, **options)


# The names are those of examples/pytorch/exchange.*.cpp.
MODELS = {
    "layers-images": layers_images,
    "layers-series": layers_series,
    "layers-tokens": layers_tokens,
    "a": lambda: attention_model(MNIST, 8, 2, norm=True),
    "b": lambda: attention_model(MNIST, 8, 2),
    "c": lambda: attention_model(MNIST, 16, 2, norm=True),
    "d": lambda: attention_model(MNIST, 16, 2),
    "e": lambda: attention_model(MNIST, 8, 4, norm=True),
    "f": lambda: attention_model(MNIST, 8, 4),
    "g": lambda: attention_model(MNIST, 16, 4, norm=True),
    "h": lambda: attention_model(MNIST, 16, 4),
    "single-head": lambda: attention_model(MNIST, 1, 2),
    "no-skip": lambda: attention_model(MNIST, 8, 2, skip=False),
    "b-scaled": lambda: attention_model(MNIST, 8, 2, scaled=True),
    "control": lambda: control(MNIST),
    "cifar10-attention": lambda: attention_model(CIFAR10, 8, 4),
    "cifar10-attention-scaled": lambda: attention_model(CIFAR10, 8, 4, scaled=True),
    "cifar10-control": lambda: control(CIFAR10),
    "transformer": transformer(MNIST, 6),
    "transformer-4-heads": transformer(MNIST, 6, heads=4),
    "transformer-no-mlp": transformer(MNIST, 6, heads=4, mlp=False),
    "transformer-symmetric": transformer(MNIST, 6, heads=4, form="symmetric"),
    "transformer-wqk": transformer(MNIST, 6, form="wqk"),
    "transformer-wqk-only": transformer(MNIST, 6, form="wqk_only", mlp=False),
    "transformer-symmetric-tt": transformer(MNIST, 6, form="symmetric_tt"),
    "transformer-symmetric-tt-only": transformer(MNIST, 6, form="symmetric_tt_only", mlp=False),
    "transformer-12": transformer(MNIST, 12),
    "cifar10-transformer": transformer(CIFAR10, 6, heads=4),
    "vowels-ea-2": vowels(series_attention(2, False)),
    "vowels-ea-6": vowels(series_attention(6, False)),
    "vowels-ea-full": vowels(series_attention(0, False)),
    "vowels-self": vowels(headed_attention(False)),
    "etth2-6-ea-2": forecaster(series_attention(2, True), 6),
    "etth2-6-ea-6": forecaster(series_attention(6, True), 6),
    "etth2-6-ea-full": forecaster(series_attention(0, True), 6),
    "etth2-6-self": forecaster(headed_attention(True), 6),
    "etth2-12-ea-6": forecaster(series_attention(6, True), 12),
}
