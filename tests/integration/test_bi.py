"""docs/bi.md to the letter: the clients people use read what is published."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.project import builtin_root, load_project
from recsql.operation import pipeline

PAGE = (builtin_root() / "docs/bi.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


@pytest.fixture(scope="module")
def read(built_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the names that the page's blocks define, run in a project's folder."""
    for client in ("sqlalchemy", "duckdb_engine", "pandas", "polars"):
        pytest.importorskip(client, reason="needs the extra dev")
    pytest.importorskip("adbc_driver_manager", reason="needs the extra dev")
    folder = tmp_path_factory.mktemp("bi")
    vars_given = {"publish_also": ["parquet"]}
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv("RECSQL_WAREHOUSE", str(folder / "warehouse"))
        (folder / "warehouse").mkdir()
        build = built_shop / "warehouse/build.duckdb"
        (folder / "warehouse/build.duckdb").write_bytes(build.read_bytes())
        project = load_project(built_shop, vars_given)
        pipeline.publish_tables(project, lambda event: None)
        patch.chdir(folder)
        for block in BLOCKS:
            exec(block, names)
    names["path"] = str(folder / "warehouse/recsql.duckdb")
    return names


def count(read: dict[str, Any], table: str) -> int:
    with duckdb.connect(read["path"], read_only=True) as file:
        return int(file.execute(f"select count(*) from {table}").fetchall()[0][0])


def test_catalog_and_manifest(read: dict[str, Any]) -> None:
    assert len(read["columns"]) == count(read, "catalog")
    assert [version for version, _ in read["made_of"]] == [1]


def test_sqlalchemy(read: dict[str, Any]) -> None:
    assert [row.item_rank for row in read["rows"]] == list(
        range(1, len(read["rows"]) + 1)
    )
    assert read["comment"].startswith("One row per (user_id, surface, item_rank)")


def test_pandas_and_polars(read: dict[str, Any]) -> None:
    assert len(read["popular"]) == count(read, "rec_popular")
    assert read["popular"]["score"].dtype == "float64"
    assert read["complements"].height == count(read, "rec_complements")


def test_adbc(read: dict[str, Any]) -> None:
    assert read["arrow"].num_rows == count(read, "rec_for_user")
    assert read["arrow"].column_names == ["user_id", "item_id", "score"]


def test_parquet(read: dict[str, Any]) -> None:
    assert read["lists"].height == count(read, "rec_for_user")
    assert {"surface", "item_rank"} <= set(read["lists"].columns)
    assert len(read["frame"]) == count(read, "rec_popular")


def test_a_tool_that_writes_is_refused(read: dict[str, Any]) -> None:
    assert not Path(read["path"]).stat().st_mode & 0o222
