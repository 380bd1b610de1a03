"""Each preset on Spark: its files loaded, its inputs staged and its facts as on DuckDB.

What comes after them is the same for all, and test_spark.py compares it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recsql.config.project import load_project
from recsql.engine.warehouse import open_warehouse
from recsql.spark.tables import Tables
from tests.integration.conftest import Recsql
from tests.integration.spark_session import (
    MASTER,
    columns_of,
    compare,
    sorted_rows,
    start_spark,
)
from tests.integration.test_presets import WRITERS

pytestmark = [pytest.mark.slow, pytest.mark.nightly]
FACTS = ("int_events", "int_items", "int_rejected_events", "int_user_items")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    session = start_spark(tmp_path_factory.mktemp("spark"), MASTER)
    yield session
    session.stop()


@pytest.mark.parametrize("preset", sorted(WRITERS))
def test_preset(session: Any, recsql: Recsql, tmp_path: Path, preset: str) -> None:
    for schema in ("raw", "recsql_build"):  # of the preset before
        session.sql(f"drop schema if exists {schema} cascade")
    WRITERS[preset](tmp_path)
    done = recsql("init", tmp_path, "--preset", preset)
    lines = [line.replace("'", "").split() for line in done.out.splitlines()]
    loads = [words[2:] for words in lines if words[:2] == ["recsql", "load"]]
    selected = [word for name in FACTS for word in ("-s", f"+{name}")]
    for target in (("--target", "spark"), ()):
        for name, *files in loads:
            where = (tmp_path / file for file in files)
            loaded = recsql("load", name, *where, "--project", tmp_path, *target)
            assert loaded.code == 0, loaded.err
        built = recsql("run", *selected, "--project", tmp_path, *target)
        assert built.code == 0, built.err
    profile = load_project(tmp_path, target="spark").profile
    spark = Tables.of(session, profile)
    build = tmp_path / "warehouse/build.duckdb"
    with open_warehouse(build, {"access_mode": "read_only"}) as warehouse:
        for name in FACTS:
            query = f"select {columns_of(warehouse, name)} from main.{name}"
            expected = sorted_rows(warehouse.arrow(query))
            assert expected or name == "int_rejected_events"
            compare(expected, sorted_rows(spark.arrow(query)))
