#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ratios of benchmarks named op/pass/by/scalar/shape/samples: ours (by = cpu) to each other `by`.

    for subject in element_wise swish reductions rows; do
        build/release/benchmarks/expressions_${subject}_benchmark --benchmark_repetitions=15 --benchmark_min_time=0.002 \\
            --benchmark_enable_random_interleaving=true --benchmark_format=json > ${subject}.json
    done
    benchmarks/ratios.py element_wise.json swish.json reductions.json rows.json

Of the repetitions' processor times the lowest fifth counts, which another process's work disturbs least.
"""

import json
import sys


def main():
    times = {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            runs = json.load(file)["benchmarks"]
        for run in runs:
            if run.get("error_occurred"):
                sys.exit(f"{run['name']}: {run['error_message']}")
            if run["run_type"] == "iteration":
                op, stage, by, *rest = run["name"].split("/")[:5]
                times.setdefault((f"{op}/{stage}", *rest), {}).setdefault(by, []).append(run["cpu_time"])
    print("| expression | us | / loop | / Eigen | / naive |\n|---|---|---|---|---|")
    for key, of in sorted(times.items()):
        time = {by: sorted(all_times)[len(all_times) // 5] for by, all_times in of.items()}
        ratios = " | ".join(f"{time['cpu'] / time[by]:.2f}" for by in ("loop", "eigen", "naive"))
        print(f"| {' '.join(key)} | {time['cpu']:.1f} | {ratios} |")


if __name__ == "__main__":
    main()
