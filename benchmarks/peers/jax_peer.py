# SPDX-License-Identifier: MIT
"""Training steps of an attention model in JAX, gradients and Adam in one jit'd function, at the pace of a driver:
pace.py.

usage: jax_peer.py MODEL BATCH        MODEL: b, d, f, h, cifar10-attention; threads: as many as the process may run on
"""
import sys

import jax
import jax.numpy as jnp
from jax import lax, random

import pace

HEADS_LAYERS = {"b": (8, 2), "d": (16, 2), "f": (8, 4), "h": (16, 4), "cifar10-attention": (8, 4)}
EPS, MOMENTUM = 1e-5, 0.1  # of the batch norm


def initial_parameters(key, shape, heads, layers):
    channels = shape[0]
    normal = lambda key, *shape: 0.02 * random.normal(key, shape)

    def layer(key):
        kx, ky, kc = random.split(key, 3)
        return {"wx": normal(kx, heads, *shape), "wy": normal(ky, heads, *shape),
                "conv": normal(kc, channels, heads * channels, 3, 3), "bias": jnp.zeros(channels)}

    keys = random.split(key, layers + 1)
    size = shape[0] * shape[1] * shape[2]
    return {"layers": [layer(key) for key in keys[1:]], "weight": normal(keys[0], 10, size), "bias": jnp.zeros(10)}


def initial_statistics(shape, heads, layers):
    return [{"mean": jnp.zeros((heads, shape[0])), "var": jnp.ones((heads, shape[0]))} for _ in range(layers)]


def attention_wise(p, running, x):
    z = x[:, None]
    relevance = jax.nn.softmax(z * p["wx"], -1) * jax.nn.softmax(z * p["wy"], -2)
    mean, var = relevance.mean((0, 3, 4)), relevance.var((0, 3, 4))
    spread = lambda per_map: per_map[None, :, :, None, None]
    heads = (relevance - spread(mean)) * spread(lax.rsqrt(var + EPS)) * z
    n = relevance.shape[0] * relevance.shape[3] * relevance.shape[4]
    running = {"mean": (1 - MOMENTUM) * running["mean"] + MOMENTUM * mean,
               "var": (1 - MOMENTUM) * running["var"] + MOMENTUM * var * n / (n - 1)}
    flat = heads.reshape(x.shape[0], -1, *x.shape[2:])
    convolved = lax.conv_general_dilated(flat, p["conv"], (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
    return jax.nn.relu(convolved + p["bias"][None, :, None, None] + x), running


def loss_of(parameters, statistics, x, labels):
    updated = []
    for p, running in zip(parameters["layers"], statistics):
        x, running = attention_wise(p, running, x)
        updated.append(running)
    logits = x.reshape(x.shape[0], -1) @ parameters["weight"].T + parameters["bias"]
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
    return -chosen.mean(), updated


def adam(parameters, gradients, m, v, t, rate=pace.LEARNING_RATE, beta1=0.9, beta2=0.999, eps=1e-8):
    each = jax.tree_util.tree_map
    m = each(lambda m, g: beta1 * m + (1 - beta1) * g, m, gradients)
    v = each(lambda v, g: beta2 * v + (1 - beta2) * g * g, v, gradients)
    update = lambda p, m, v: p - rate * (m / (1 - beta1**t)) / (jnp.sqrt(v / (1 - beta2**t)) + eps)
    return each(update, parameters, m, v), m, v


def step(state, x, labels):
    parameters, statistics, m, v, t = state
    (loss, statistics), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters, statistics, x, labels)
    parameters, m, v = adam(parameters, gradients, m, v, t)
    return (parameters, statistics, m, v, t + 1), loss


def main():
    name, batch = sys.argv[1], int(sys.argv[2])
    shape = (3, 32, 32) if name.startswith("cifar10") else (1, 28, 28)
    heads, layers = HEADS_LAYERS[name]
    key, kx, kl = random.split(random.key(1), 3)
    x, labels = random.uniform(kx, (batch, *shape)), random.randint(kl, (batch,), 0, 10)
    parameters = initial_parameters(key, shape, heads, layers)
    zeros = lambda: jax.tree_util.tree_map(jnp.zeros_like, parameters)
    state = (parameters, initial_statistics(shape, heads, layers), zeros(), zeros(), 1.0)
    compiled = jax.jit(step, donate_argnums=0)

    def call():
        nonlocal state
        state, loss = jax.block_until_ready(compiled(state, x, labels))
        return loss

    count = sum(leaf.size for leaf in jax.tree_util.tree_leaves(parameters))
    pace.serve(count, f"JAX {jax.__version__}", call, float)


if __name__ == "__main__":
    pace.run(main)
