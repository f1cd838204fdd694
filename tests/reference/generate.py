#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the reference vectors of the tests: the same arithmetic by PyTorch, in double precision.

Usage: python3 tests/reference/generate.py        (needs PyTorch; the files are committed, so a build does not)

A file holds named arrays, two lines each: name and extents; then the values in row-major order. Inputs are short
decimal numbers, results have 12 digits. An array marked `float32` is one string of hexadecimal digits, eight a value.
Lines that start with # are comments. tests/support/reference.hpp reads it all.

A layer's case holds x, dy and the parameters and buffers by name; then y, running statistics after the training
forward (`after.`), the prediction with them (`predicted`), and the gradients (`dx`, `grad.`) of Σ dy ⊙ y.
"""

import torch

from convnet_layers import (write_branches, write_convolutions, write_embedding, write_functions, write_norms, write_pooling,
                            write_upsample)
from image_layers import (write_activations, write_attention_heads, write_attention_wise, write_batch_norm, write_conv2d,
                          write_linear, write_residual)
from token_layers import write_element_wise_attention, write_self_attention, write_tokens
from training import (write_adamw, write_loss_options, write_losses, write_model_b, write_optimizers,
                      write_schedules, write_small_model)

WRITERS = [write_linear, write_conv2d, write_batch_norm, write_attention_heads, write_attention_wise, write_residual,
           write_activations, write_optimizers, write_small_model, write_model_b, write_tokens, write_losses,
           write_adamw, write_element_wise_attention, write_self_attention, write_functions,
           write_pooling, write_branches, write_upsample, write_norms, write_convolutions,
           write_embedding, write_loss_options, write_schedules]

if __name__ == "__main__":
    for seed, write in enumerate(WRITERS, start=1):  # a seed each, so that one file's change leaves the others alone
        torch.manual_seed(seed)
        write()
