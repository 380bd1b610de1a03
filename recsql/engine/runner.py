"""Runs a plan on DuckDB: how its file builds a node, or finds that it need not."""

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import Any

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.blocks import blocks_of
from recsql.engine.contents import Contents, SameRows
from recsql.engine.ids import WHO, require_ids
from recsql.engine.incremental import prepare, refresh_model
from recsql.engine.runs import complete, sign
from recsql.engine.scheduling import Built, ModelResult, schedule
from recsql.engine.values import VALUES, require_values, value_rows
from recsql.engine.warehouse import Warehouse, named, transaction, translated
from recsql.seam.memory import Room

# What shows whether values can be read and ids can meet is built before all else.
DOOR = {VALUES, *(f"stg_{table}" for tables in WHO.values() for table in tables)}


def run_models(
    plan: Plan,
    warehouse: Warehouse,
    names: tuple[str, ...],
    threads: int,
    contents: Contents | None = None,
) -> Generator[ModelResult, None, None]:
    """Build the named nodes in a DuckDB file; see `schedule`.

    The staging models come first, to see whether values can be read and ids can meet.

    Args:
        plan: the compiled project.
        warehouse: where they are built.
        names: which, in build order.
        threads: how many at once.
        contents: what need not be built; without it all are, and nothing is noted.

    Raises:
        InputError: too many values of a column cannot be read, or ids never meet.
        Interrupted: ctrl-C; running queries are stopped, finished tables stay.
    """
    prepare(plan, warehouse)
    return schedule(plan, _Builder(plan, warehouse, contents), names, threads)


def door_of(plan: Plan, names: Collection[str]) -> set[str]:
    """Return what is built first, where values are going to be looked at."""
    door = plan.graph.with_ancestors({*names} & DOOR)
    return {*names} & set(door) if VALUES in names else set()


@dataclass(frozen=True)
class _Worker:
    """A cursor, and the room where the functions that it calls may have to wait."""

    cursor: duckdb.DuckDBPyConnection
    room: Room | None

    def interrupt(self) -> None:
        self.cursor.interrupt()
        if self.room:
            self.room.interrupt()

    def close(self) -> None:
        self.cursor.close()


class _Builder:
    def __init__(
        self, plan: Plan, warehouse: Warehouse, contents: Contents | None
    ) -> None:
        self.plan, self.warehouse, self.contents = plan, warehouse, contents

    def worker(self) -> _Worker:
        return _Worker(self.warehouse.cursor(), self.warehouse.room)

    def door(self, names: Collection[str]) -> Collection[str]:
        return door_of(self.plan, names)

    def look(self, names: Collection[str]) -> None:
        require_ids(self.plan, self.warehouse, tuple(names))
        require_values(self.plan, value_rows(self.warehouse))

    def complete(self, names: Collection[str]) -> None:
        complete(self.warehouse, self.plan.renderer.invocation_id, names)

    def build(self, name: str, worker: Any) -> Built:
        kept = self._kept(name, worker.cursor)
        if kept is not None:
            return Built(kept, is_same=True, status="unchanged")
        return self._store(name, worker.cursor)

    def _kept(self, name: str, cursor: duckdb.DuckDBPyConnection) -> int | None:
        """Return the rows of a table that can be left as it is."""
        if self.contents is None:
            return None
        with translated(name):
            kept = self.contents.kept(cursor, name)
        return kept.rows if kept else None

    def _store(self, name: str, cursor: duckdb.DuckDBPyConnection) -> Built:
        """Build a node; return its rows, what is to be said, and if it is as it was."""
        model = self.plan.models.get(name)
        if model and not model.incremental:
            return self._replace(model, cursor)
        if model:
            rows, note = refresh_model(self.plan, self.warehouse, cursor, name)
        else:
            rows = self.warehouse.load_seed(cursor, self.plan.project.seeds[name])
            note = self._reason(name)
        with translated(name):
            is_same = bool(self.contents and self.contents.built(cursor, name, rows))
        return Built(rows, note, is_same)

    def _replace(self, model: Compiled, cursor: duckdb.DuckDBPyConnection) -> Built:
        """Put a model in its table's place, where that would hold other rows."""
        name, is_same, rows = model.name, False, 0
        try:
            with named(model), transaction(cursor):
                blocks = blocks_of(self.plan, cursor, model)
                rows = self.warehouse.materialize(cursor, model, blocks)
                if self.warehouse.kinds[name] == "table":
                    sign(cursor, name, self.plan.renderer.invocation_id)
                if self.contents is not None:
                    is_same = self.contents.built(cursor, name, rows)
        except SameRows:
            is_same = True
            with translated(name):
                assert self.contents is not None
                self.contents.stays(cursor, name, rows)
        note = self._reason(name)
        return Built(
            rows, f"{note}; the same rows" if note and is_same else note, is_same
        )

    def _reason(self, name: str) -> str:
        return self.contents.reasons.get(name, "") if self.contents else ""
