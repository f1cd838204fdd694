# SPDX-License-Identifier: MIT
"""The same as gpu_attention, in PyTorch on the GPU, in full float: torch_attention.py eager|compile FORM L SAMPLES

A line FORM L SAMPLES on standard input goes on to that work."""
import sys
from pathlib import Path

import torch

import device_pace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))
import torch_forms  # noqa: E402


def outcome(results):
    return torch_forms.mean_square(results), max(float(gradient.abs().max()) for gradient in results[1:])


def main():
    torch.backends.cuda.matmul.allow_tf32 = False
    variant = sys.argv[1]
    device_pace.serve_all(
        variant, sys.argv[2:],
        lambda form, length, samples: (0, torch_forms.work(form, int(length), int(samples), "cuda",
                                                           compiled=variant == "compile"), outcome))


if __name__ == "__main__":
    main()
