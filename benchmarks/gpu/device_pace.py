# SPDX-License-Identifier: MIT
"""A PyTorch program measured on the GPU at the pace of measure.py, as pace.hpp is in C++."""
import gc
import sys

import torch


def serve(parameters, call, outcome):
    """Answers every line, a number of calls, with the seconds of one by the device's events, and the outcome of the
    last result, two numbers. Returns the words of a line that is something else; at the end, none."""
    print("ready", parameters, f"PyTorch {torch.__version__}", flush=True)
    for line in sys.stdin:
        if not line.strip().isdigit():
            return line.split()
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        for _ in range(int(line)):
            result = call()
        end.record()
        torch.cuda.synchronize()
        loss, largest = outcome(result)
        print(f"{1e-3 * start.elapsed_time(end) / int(line):.9f} {loss:.9g} {largest:.3e}", flush=True)
    return []


def serve_all(variant, words, work):
    """serve() of work(*words), which makes its arguments, then of the words that a line holds, and so on."""
    while words:
        if variant == "compile":
            torch.compiler.reset()  # else a second shape would be compiled for any
        words = serve(*work(*words))
        gc.collect()
        torch.cuda.empty_cache()
