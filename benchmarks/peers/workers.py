# SPDX-License-Identifier: MIT
"""Programs that work at the driver's pace (pace.hpp, pace.py), each on a fixed number of threads."""
import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CPUS = sorted(os.sched_getaffinity(0))
MIB = 1 << 20


class NotMeasured(Exception):
    """A peer that can't be had here, or that failed; the text says why."""


@dataclass(frozen=True)
class Peer:
    name: str
    command: tuple  # MODEL, BATCH and THREADS are filled in
    needs_module: str = ""
    comes_with: str = ""  # what the program is built from, where it is not always


def python_peer(name, module, program, *arguments):
    return Peer(name, (sys.executable, str(HERE / program), *arguments), module)


def cpp_peer(name, program, comes_with):
    return Peer(name, (f"BUILD/benchmarks/{program}", "MODE", "MODEL", "BATCH", "THREADS"), comes_with=comes_with)


PEERS = {
    "eager": python_peer("PyTorch eager", "torch", "torch_peer.py", "eager", "MODEL", "BATCH", "THREADS"),
    "compile": python_peer("torch.compile", "torch", "torch_peer.py", "compile", "MODEL", "BATCH", "THREADS"),
    "inference-mode": python_peer("PyTorch inference_mode", "torch", "torch_peer.py", "inference-mode", "MODEL",
                                  "BATCH", "THREADS"),
    "jit": python_peer("torch.jit, traced and frozen", "torch", "torch_peer.py", "jit", "MODEL", "BATCH", "THREADS"),
    "jax": python_peer("JAX jit", "jax", "jax_peer.py", "MODEL", "BATCH"),
    "libtorch": cpp_peer("libtorch (C++)", "libtorch_peer", "PyPI's torch"),
    "mlpack": cpp_peer("mlpack", "mlpack_peer", "mlpack 4 (Debian from 13, Ubuntu: libmlpack-dev)"),
    "dlib": cpp_peer("dlib", "dlib_peer", "dlib (Debian, Ubuntu: libdlib-dev)"),
    "odot": Peer("odot", ("BUILD/benchmarks/odot_step", "MODE", "MODEL", "BATCH", "THREADS")),
}

# Programs of attention_cost.py. MODEL is the form of attention, BATCH the number of tokens.
ATTENTION = {
    "odot": Peer("odot", ("BUILD/benchmarks/odot_attention", "MODEL", "BATCH", "THREADS")),
    "torch": python_peer("PyTorch", "torch", "torch_attention.py", "MODEL", "BATCH", "THREADS"),
}


class Worker:
    """A running program. `version` and `parameters` are what it says of itself."""

    def __init__(self, peer, build, mode, model, batch, threads, log):
        if peer.needs_module and not importlib.util.find_spec(peer.needs_module):
            raise NotMeasured(f"no {peer.needs_module} in this Python")
        values = {"MODE": mode, "MODEL": model, "BATCH": str(batch), "THREADS": str(threads)}
        command = [values.get(word, word.replace("BUILD", str(build))) for word in peer.command]
        if not Path(command[0]).exists():
            raise NotMeasured(f"{command[0]} has not been built" +
                              (f"; it needs {peer.comes_with}" if peer.comes_with else ""))
        self.peer = peer
        self.log = log
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                        env=environment(threads),
                                        preexec_fn=lambda: os.sched_setaffinity(0, CPUS[:threads]))
        try:
            parameters, self.version = self._answer("ready").split(maxsplit=1)
        except BaseException:
            self.close()
            raise
        self.parameters = int(parameters)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self, calls=1):
        """(seconds of one call, loss of the last)."""
        time.sleep(0.05)  # threads of the process asked before may still be spinning
        try:
            self.process.stdin.write(f"{calls}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self._failure() from None
        seconds, loss = self._answer().split()
        return float(seconds), float(loss)

    def resident(self, peak=False):
        """Bytes of memory that the process holds, or has held at most since reset_peak."""
        field = "VmHWM:" if peak else "VmRSS:"
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) * 1024
        raise NotMeasured(f"no {field} in /proc")

    def reset_peak(self):
        try:
            Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")
        except OSError as error:
            raise NotMeasured(f"the peak of resident memory can't be reset: {error}") from None

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _answer(self, word=""):
        line = self.process.stdout.readline()
        if line.startswith("failed "):
            raise NotMeasured(line.removeprefix("failed ").strip())
        if not line.startswith(word) or not line.endswith("\n"):
            raise self._failure()
        return line.removeprefix(word).strip()

    def _failure(self):
        return NotMeasured(f"{self.peer.name} ended with exit code {self.process.wait()}; see {self.log.name}")


def openblas_core():
    """The kernels for this processor: OpenBLAS takes one that is newer than itself for a Prescott, with SSE3."""
    flags = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")), "").split()
    if {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"} <= set(flags):
        return {"OPENBLAS_CORETYPE": "SkylakeX"}
    return {"OPENBLAS_CORETYPE": "Haswell"} if {"avx2", "fma"} <= set(flags) else {}


def environment(threads):
    """As many threads for OpenMP, the BLAS libraries and XLA, which also goes by the processors that it may use."""
    count = str(threads)
    xla = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    return {**openblas_core(), **os.environ, "OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count,
            "NPROC": count, "XLA_FLAGS": xla.strip(), "JAX_PLATFORMS": "cpu"}
