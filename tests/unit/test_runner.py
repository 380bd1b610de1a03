"""The runner's threads: ctrl-C, and memory that is too little for two models."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from recsql.engine.scheduling import ALONE, ModelResult, _Run
from recsql.engine.warehouse import Warehouse
from recsql.errors import ModelError, OutOfMemory
from recsql.operation import pipeline
from recsql.operation.events import Event as Told
from recsql.seam import udfs
from tests.unit.test_incremental import PROFILE, PROJECT, lines, project
from tests.worlds import plan_with


class SlowStarter:
    """A cursor whose query begins only after some interrupts have been missed."""

    def __init__(self, missed: int) -> None:
        self.future: Future[Any] = Future()
        self.missed = missed

    def interrupt(self) -> None:
        """Miss an interrupt, or end."""
        if self.missed == 0 and not self.future.done():
            self.future.set_result(None)
        self.missed -= 1


def test_an_interrupt_before_a_query_begins_is_repeated() -> None:
    nobody = SimpleNamespace(door=lambda names: names)
    run = _Run(plan_with(), cast(Any, nobody), (), threads=2)
    cursors = [SlowStarter(missed=0), SlowStarter(missed=3)]
    run.running = {cursor.future: cast(Any, cursor) for cursor in cursors}
    run._stop()
    assert all(cursor.future.done() for cursor in cursors)


@pytest.fixture
def greedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with two models that need 70 MB each, and less than two times that.

    Whoever has its 70 MB holds them until the other has found none left.
    """
    one_failed = Event()
    register, materialize = udfs.register, Warehouse.materialize

    def held(connection: duckdb.DuckDBPyConnection, limit: int | None) -> None:
        register(connection, limit)
        connection.create_function(
            "held", lambda _: one_failed.wait(60), ["bigint"], "boolean"
        )

    def noted(*arguments: Any) -> int:
        try:
            return materialize(*arguments)
        except OutOfMemory:
            one_failed.set()
            raise

    monkeypatch.setattr(udfs, "register", held)
    monkeypatch.setattr(Warehouse, "materialize", noted)
    (tmp_path / "sql").mkdir()
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    settings = "build.duckdb, settings: {memory_limit: 110MB, threads: 1}"
    (tmp_path / "profiles.yml").write_text(PROFILE.replace("build.duckdb", settings))
    for name in ("int_one", "int_other"):
        (tmp_path / f"sql/{name}.sql").write_text(
            "-- One row: many numbers.\n"
            "with final as (select list(hash(range)) as numbers from range(3000000))\n"
            "select *\nfrom final\nwhere held(len(numbers))\n"
        )
    lines(tmp_path, "(1, 'a', 1.0)")
    return tmp_path


def run(shop: Path) -> dict[str, ModelResult]:
    events: list[Told] = []
    selection = pipeline.Selection(("int_one", "int_other"))
    try:
        pipeline.run(project(shop), selection, 2, events.append)
    except ModelError:
        assert any(isinstance(e, ModelResult) and e.error for e in events)
    return {event.name: event for event in events if isinstance(event, ModelResult)}


def test_a_model_without_memory_is_built_again_alone(greedy: Path) -> None:
    results = run(greedy)
    assert {result.status for result in results.values()} == {"done"}
    assert ALONE in {result.note for result in results.values()}


def test_a_model_that_has_too_little_memory_alone_fails(greedy: Path) -> None:
    model = greedy / "sql/int_one.sql"
    model.write_text(model.read_text().replace("3000000", "9000000"))
    results = run(greedy)
    assert "Allow more by --memory-limit" in str(results["int_one"].error)
    assert results["int_other"].status == "done"
