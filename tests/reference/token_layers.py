# SPDX-License-Identifier: MIT
"""Layers of sequences of tokens: the attentions, a transformer's block and what it is made of."""

import math

import torch
import torch.nn.functional as F

from arrays import File, drawn
from image_layers import layer_case, norm_parameters


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
