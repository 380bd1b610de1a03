"""Whole commands as a user runs them: help, compile, the demo's refresh and backtest.

Run: python benchmarks/bench_commands.py [--runs 5] [--demo-runs 1]
Targets (2 cores): `recsql --help` 0.3 s; `recsql compile` of the whole project 1.0 s;
the demo from load to publish 30 s and 3 GB, with the backtest 75 s. The demo prints its
own seconds and peak memory; they are repeated here.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

COMMAND = [sys.executable, "-m", "recsql"]


def seconds_of(arguments: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run([*COMMAND, *arguments], check=True, capture_output=True)
    return time.perf_counter() - started


def report(name: str, seconds: list[float], target: float) -> None:
    each = " ".join(f"{s:.2f}" for s in seconds)
    missed = " MISSED" if median(seconds) > target else ""
    print(
        f"{name:30} {median(seconds):7.2f} s  <= {target:5.1f} s{missed}   runs: {each}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--demo-runs", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = str(folder / "shop")
        seconds_of(["init", shop])
        compiling = ["compile", "--out", str(folder / "out"), "--project", shop]
        report("help", [seconds_of(["--help"]) for _ in range(asked.runs)], 0.3)
        report("compile", [seconds_of(compiling) for _ in range(asked.runs)], 1.0)
        published, whole, memory = [], [], []
        for _ in range(asked.demo_runs):
            done = subprocess.run(
                [*COMMAND, "demo", "--project", name],
                check=True,
                capture_output=True,
                text=True,
            )
            found = re.search(
                r"publish ([\d.]+) s, with the backtest ([\d.]+) s, peak memory "
                r"([\d.]+) GB",
                done.stdout,
            )
            assert found
            published.append(float(found[1]))
            whole.append(float(found[2]))
            memory.append(float(found[3]))
        if published:
            report("demo, load to publish", published, 30.0)
            report("demo, with the backtest", whole, 75.0)
            print(f"{'demo, peak memory':30} {max(memory):7.2f} GB  <= {3.0:5.1f} GB")


if __name__ == "__main__":
    main()
