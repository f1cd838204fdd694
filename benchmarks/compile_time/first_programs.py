# SPDX-License-Identifier: MIT
"""What a first program costs the compiler: a perceptron with Adam in odot and its C++ peers, README's program, and the
headers alone, each beside Eigen/Core in turn."""
import importlib.util
import os
import re
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEADER = ("| program | seconds | CPU seconds | Eigen/Core | ratio | min … max | peak memory, MB |\n"
          "|---|---|---|---|---|---|---|")


@dataclass(frozen=True)
class Program:
    title: str
    text: str
    includes: tuple = ()
    missing: str = ""  # why it can't be measured


def including(header):
    return f"#include <{header}>\nint main() {{}}\n"


def readme_program():
    """The first block of C++ in README.md."""
    return re.search(r"^```cpp\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL).group(1)


def torch_folder():
    """The folder of the package torch in the environment of benchmarks/peers/compare.sh, or in this Python."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    python = Path(os.environ.get("ODOT_PEERS_VENV") or Path(cache) / "odot-peers") / "bin/python"
    find = "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    if python.exists():
        return subprocess.run([python, "-c", find], capture_output=True, text=True, check=False).stdout.strip()
    spec = importlib.util.find_spec("torch")
    return spec.submodule_search_locations[0] if spec else ""


def peer(name, header, comes_with, includes):
    text = (HERE / "perceptrons" / f"{name}.cpp").read_text()
    searched = [Path("/usr/include"), Path("/usr/local/include"), *map(Path, includes)]
    found = any((folder / header).exists() for folder in searched)
    return Program(f"perceptron in {name}", text, tuple(map(str, includes)),
                   "" if found else f"there is no {header}; it comes with {comes_with}")


def all_programs(includes, others):
    """`includes`: further folders of peers' headers; `others`: files to measure likewise."""
    torch = torch_folder()
    torch_includes = [f"{torch}/include", f"{torch}/include/torch/csrc/api/include"] if torch else []
    return [Program("odot.hpp alone", including("odot/odot.hpp")),
            Program("perceptron in odot", (HERE / "perceptrons/odot.cpp").read_text()),
            Program("README's program", readme_program()),
            peer("libtorch", "torch/torch.h", "PyPI's torch", torch_includes),
            peer("mlpack", "mlpack.hpp", "libmlpack-dev", includes),
            peer("dlib", "dlib/dnn.h", "libdlib-dev", includes),
            *[Program(path.name, path.read_text(), (*map(str, includes), str(path.parent))) for path in others]]


def on_one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def print_table(compile_text, includes, others, only, rounds):
    """`compile_text(text, includes, options)` compiles a program and gives its Usage, None where it fails; programs whose
    titles contain `only`. Returns the number of failures."""
    print(HEADER, flush=True)
    failures = 0
    for program in all_programs(includes, others):
        if only not in program.title:
            continue
        if program.missing:
            print(f"| {program.title} | – | – | – | not measured: {program.missing} | – | – |", flush=True)
            continue
        pairs = []
        for _ in range(rounds):
            pairs.append((compile_text(including("Eigen/Core"), (), {"preexec_fn": on_one_core}),
                          compile_text(program.text, program.includes, {"preexec_fn": on_one_core})))
            if None in pairs[-1]:
                break
        if None in pairs[-1]:
            failures += 1
            print(f"| {program.title} | FAILED | – | – | – | – | – |", flush=True)
            continue
        ratios = [own.cpu_seconds / eigen.cpu_seconds for eigen, own in pairs]
        median = lambda values: statistics.median(list(values))
        print(f"| {program.title} | {median(own.seconds for _, own in pairs):.1f} | "
              f"{median(own.cpu_seconds for _, own in pairs):.1f} | {median(e.cpu_seconds for e, _ in pairs):.2f} | "
              f"{median(ratios):.2f}x | {min(ratios):.2f} … {max(ratios):.2f} | "
              f"{max(own.peak for _, own in pairs) / 1e6:.0f} |", flush=True)
    return failures
