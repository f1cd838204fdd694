#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What networks cost the compiler: seconds (by the clock, and of the processor) and peak memory for chains of 2, 10 and
50 layers, as a Markdown table.

Each program makes a network of the chain and an Adam, takes one training step and one prediction. The rows "odot.hpp"
and "Eigen/Core" stand for a program that only includes it. The compiler is $CXX (default: c++), its flags -std=c++20,
-O2 for what a user waits for or -O0 for the cost of the templates, and $CXXFLAGS.

"compile_time.py programs" measures first programs instead: a perceptron with Adam in odot and, where their headers are
found, in libtorch, mlpack and dlib; README's program; odot.hpp alone. Each is compiled from nothing at -O2 on one core
in turn with a program that only includes Eigen/Core; the ratios are of CPU seconds, medians of the pairs. dlib and
libtorch are libraries, so that only their headers and templates are compiled here.
"""
import argparse
import os
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import first_programs  # noqa: E402
from child_usage import measured_run  # noqa: E402

INCLUDES = HERE.parent.parent / "include"
PROGRAM = """#include <odot/odot.hpp>
using namespace odot;
using Model = nn::Sequential<Shape<{shape}>, {layers}, nn::Flatten, nn::Linear<10>, nn::LogSoftmax>;
int main() {{
  Network<Model> network{{Seed{{1}}}};
  optim::Adam adam;
  Batch<Model::input_shape> x(2);
  const std::vector<std::int32_t> labels{{0, 1}};
  network.compute_gradients(x, labels);
  adam.step(network);
  return network.predict(x).samples() == 2 ? 0 : 1;
}}
"""


def attention(i):
    return "nn::AttentionWise<2>"


def linear(i):
    return f"nn::Linear<{32 + i // 2}>" if i % 2 == 0 else "nn::ReLU"


def conv(i):
    return f"nn::Conv2d<{4 + i}, nn::Conv2dOptions{{.kernel_size = 3, .padding = 1}}>"


# Chain → shape of its input, its layer number i. Linear and Conv2d layers all differ, so that none comes for free.
CHAINS = {"attention": ("1, 12, 12", attention), "linear": ("64", linear), "conv": ("3, 12, 12", conv)}
TITLES = {"attention": "AttentionWise", "linear": "Linear, ReLU", "conv": "Conv2d, all different"}


def programs(chains, counts):
    """(what it is, number of layers, source text), the headers first."""
    yield "Eigen/Core", "–", "#include <Eigen/Core>\nint main() {}\n"
    yield "odot.hpp", "–", "#include <odot/odot.hpp>\nint main() {}\n"
    for chain in chains:
        shape, layer = CHAINS[chain]
        for count in counts:
            layers = ", ".join(layer(i) for i in range(count))
            yield TITLES[chain], count, PROGRAM.format(shape=shape, layers=layers)


def find_eigen(given):
    """The folder with Eigen/Core, None where the compiler finds it by itself or not at all."""
    for folder in [given] if given else [Path("/usr/include/eigen3"), Path("/usr/local/include/eigen3")]:
        if (folder / "Eigen/Core").exists():
            return folder
    return None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chain", nargs="*", help=f"{', '.join(CHAINS)} (default: all), or programs")
    parser.add_argument("--layers", type=int, nargs="+", default=[2, 10, 50], help="(default: 2 10 50)")
    parser.add_argument("--optimise", nargs="+", default=["-O2", "-O0"], metavar="LEVEL", type=lambda o: "-O" + o[-1],
                        help="2, 0, ... (default: 2 0)")
    parser.add_argument("--eigen", type=Path, help="the folder that Eigen/Core lies in")
    programs = parser.add_argument_group("of programs")
    programs.add_argument("--rounds", type=int, default=3, help="pairs (default: 3)")
    programs.add_argument("--include", type=Path, action="append", default=[], metavar="FOLDER",
                          help="where mlpack's or ensmallen's headers lie; may be given more than once")
    programs.add_argument("--also", type=Path, action="append", default=[], metavar="FILE",
                          help="a program of your own; may be given more than once")
    programs.add_argument("--only", default="", metavar="TEXT", help="the rows that contain this text")
    arguments = parser.parse_args()
    arguments.programs = arguments.chain == ["programs"]
    for chain in [] if arguments.programs else arguments.chain:
        if chain not in CHAINS:
            parser.error(f"no chain is called '{chain}'; there are {', '.join(CHAINS)}; or programs alone")
    if arguments.rounds < 1:
        parser.error("--rounds: expected 1 or more")
    for path in [*arguments.include, *arguments.also]:
        if not path.exists():
            parser.error(f"there is no {path}")
    if min(arguments.layers) < 1:
        parser.error("--layers: expected numbers of 1 or more")
    if arguments.eigen and not find_eigen(arguments.eigen):
        parser.error(f"--eigen: there is no {arguments.eigen}/Eigen/Core")
    return arguments


def compiled(folder, command, text, level, includes=(), options=None):
    """The Usage of compiling `text`; None, with the reason on standard error, where it fails."""
    source, log_path = folder / "network.cpp", folder / "log"
    source.write_text(text)
    further = [word for include in includes for word in ("-isystem", include)]
    command = [*command, *further, level, "-c", str(source), "-o", str(folder / "network.o")]
    with log_path.open("w") as log:
        used = measured_run(command, log, **(options or {}))
    if used.code == 0:
        return used
    print(f"{shlex.join(command)}\n{text}\n" + log_path.read_text()[-2000:], file=sys.stderr)
    return None


def print_chains(compile_text, arguments):
    """Returns the number of failures."""
    print("| program | layers | level | seconds | CPU seconds | peak memory, MB |\n|---|---|---|---|---|---|", flush=True)
    failures = 0
    for what, count, text in programs(arguments.chain or CHAINS, arguments.layers):
        for level in arguments.optimise:
            used = compile_text(text, level)
            failures += used is None
            cells = f"{used.seconds:.1f} | {used.cpu_seconds:.1f} | {used.peak / 1e6:.0f}" if used else "FAILED | – | –"
            print(f"| {what} | {count} | {level} | {cells} |", flush=True)
    return failures


def main():
    arguments = parse_arguments()
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    if not shutil.which(compiler[0]):
        print(f"compile_time.py: there is no compiler {compiler[0]}; name one in $CXX", file=sys.stderr)
        return 1
    eigen = find_eigen(arguments.eigen)
    flags = ["-std=c++20", "-I", str(INCLUDES), *(["-isystem", str(eigen)] if eigen else []),
             *shlex.split(os.environ.get("CXXFLAGS", ""))]
    print(f"{' '.join(compiler)} {os.environ.get('CXXFLAGS', '')}".strip() + "\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        compile_text = lambda *arguments: compiled(Path(folder), [*compiler, *flags], *arguments)
        if arguments.programs:
            failures = first_programs.print_table(lambda text, *rest: compile_text(text, "-O2", *rest),
                                                  arguments.include, arguments.also, arguments.only,
                                                  arguments.rounds)
        else:
            failures = print_chains(compile_text, arguments)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
