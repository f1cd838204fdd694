# SPDX-License-Identifier: MIT
"""A program measured at the pace of a driver, as pace.hpp is in C++."""
import sys
import time
import traceback

LEARNING_RATE = 1e-7  # program.hpp says why


def serve(parameters, name, call, loss_of):
    """Answers every line, a number of calls, with the seconds of one and the loss of the last result."""
    print("ready", parameters, name, flush=True)
    for line in sys.stdin:
        calls = int(line)
        start = time.perf_counter()
        for _ in range(calls):
            result = call()
        seconds = (time.perf_counter() - start) / calls
        print(f"{seconds:.9f} {loss_of(result):.6f}", flush=True)


def run(main):
    """Runs main; what goes wrong is told to the driver in one line, and to standard error in full."""
    try:
        main()
    except Exception as error:
        traceback.print_exc()
        lines = str(error).strip().splitlines() or [""]
        print(f"failed {type(error).__name__}: {lines[0]}", flush=True)
        sys.exit(1)
