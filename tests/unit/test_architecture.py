"""Which module may import which, and what `import recsql` may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import recsql

PACKAGE = Path(recsql.__file__).parent
# From the bottom up: a module imports only from floors below its own.
FLOORS = [
    {
        "errors",
        "git",
        "factorize",
        "neighbours",
        "chunks",
        "distributions",
        "spark_changes",
        "templates",
    },
    {"eligible", "latent", "functions", "resampling", "diversity", "lock"},
    {"best", "ranking", "terms"},
    {"arrow_lists", "linear", "similarity"},
    {"arrow_ranking", "arrow_terms"},
    {"udfs", "properties"},
    {"profile", "dbt_plugin", "versions"},
    {"project"},
    {"render", "graph", "shapes", "settings", "experiments", "surfaces", "hooks"},
    {"lineage", "contracts", "strategies"},
    {"spark", "compiler", "warehouse", "malformed"},
    {"incremental"},
    {"runner", "checks", "inputs", "loader", "manifest", "shows", "scaffold"}
    | {"space", "targets"},
    {"unit_tests", "inspection", "queries", "catalog", "published", "history"}
    | {"records"},
    {"postgres"},
    {"destinations"},
    {"publish"},
    {"pipeline"},
    {"past", "console", "outcome", "logs", "report_data", "forget"},
    {"backtest", "metrics", "training", "differences"}
    | {"report_content", "demo_experiment"},
    {"scoreboard", "operate", "bench", "report_page"},
    {"trials"},
    {"tune"},
    {"recipes"},
    {"demo"},
    {"options"},
    {
        "cli_backtest",
        "cli_refresh",
        "cli_ranker",
        "cli_report",
        "cli_tune",
        "cli_forget",
    },
    {"cli"},
    {"__main__"},
]
HEAVY = ("scipy", "implicit", "dbt", "duckdb", "numpy", "sqlglot", "rich", "pyarrow")
HEAVY += ("lightgbm", "optuna", "vl_convert")


def floor(module: str) -> int:
    return next(i for i, names in enumerate(FLOORS) if module in names)


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "recsql"
        ):
            module = (node.module or "").removeprefix("recsql").strip(".")
            names |= {module} if module else {alias.name for alias in node.names}
    return {name for name in names if (PACKAGE / f"{name}.py").exists()}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.glob("[a-z]*.py")), ids=lambda p: p.stem
)
def test_imports_point_down(path: Path) -> None:
    for name in imported(path):
        assert floor(name) < floor(path.stem), f"{path.stem} imports {name}"


def test_only_the_seam_knows_the_numerics() -> None:
    numeric = {
        "arrow_lists",
        "arrow_ranking",
        "arrow_terms",
        "best",
        "distributions",
        "diversity",
        "eligible",
        "factorize",
        "latent",
        "linear",
        "neighbours",
        "ranking",
        "resampling",
        "similarity",
        "terms",
    }
    users = {p.stem for p in PACKAGE.glob("*.py") if numeric & imported(p)}
    # a ranker learns from several moments, which no one query can see
    assert users - numeric == {"udfs", "training"}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda p: p.stem)
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("arguments", ["import recsql", "import recsql.cli"])
def test_import_is_light(arguments: str) -> None:
    code = f"{arguments}; import sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(HEAVY) & set(loaded)


def test_every_public_name_is_there() -> None:
    for name in dir(recsql):
        assert getattr(recsql, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'refesh'"):
        recsql.refesh  # noqa: B018
