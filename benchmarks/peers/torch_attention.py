# SPDX-License-Identifier: MIT
"""The attention of one sequence in PyTorch, forward and backward, at the pace of a driver: pace.py. Queries, keys and
values are given, [1, L, 256] each: no projections.

usage: torch_attention.py FORM L THREADS
FORM: ea2, ea6: element-wise attention, the series as the paper writes it; self: scaled_dot_product_attention of 4 heads;
      linear: linear attention of 4 heads, feature map elu + 1; ea6-causal, self-causal: every token sees those up to it;
      <form>-compile: through torch.compile
"""
import sys

import torch

import pace
import torch_forms


def main():
    form, length, threads = sys.argv[1].removesuffix("-compile"), int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch_forms.work(form, 64)()  # what is loaded and started once does not count
    call = torch_forms.work(form, length, compiled=sys.argv[1].endswith("-compile"))
    pace.serve(0, f"PyTorch {torch.__version__}", call, torch_forms.mean_square)


if __name__ == "__main__":
    pace.run(main)
