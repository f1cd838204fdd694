# SPDX-License-Identifier: MIT
"""Seconds and peak memory of a command."""
import os
import subprocess
import time
from typing import NamedTuple


class Usage(NamedTuple):
    code: int  # exit code
    seconds: float  # by the clock
    cpu_seconds: float  # of all its processes
    peak: int  # bytes: the most resident memory of its largest process


def measured_run(command, log, **options):
    """Runs `command` with its output in the open file `log`; returns its Usage."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(process.returncode, time.perf_counter() - start, usage.ru_utime + usage.ru_stime,
                 usage.ru_maxrss * 1024)
