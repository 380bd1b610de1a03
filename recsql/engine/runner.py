"""Runs a plan: seeds and models in order, independent ones in parallel.

Yields a result per node and prints nothing. A failed model skips its descendants; one
that ran out of memory beside others is built again, alone.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.blocks import blocks_of
from recsql.engine.contents import Contents, SameRows
from recsql.engine.ids import WHO, require_ids
from recsql.engine.incremental import prepare, refresh_model
from recsql.engine.runs import complete, sign
from recsql.engine.values import VALUES, require_values
from recsql.engine.warehouse import Warehouse, named, transaction, translated
from recsql.errors import DiskFull, Interrupted, OutOfMemory, RecsqlError

Status = Literal["done", "unchanged", "failed", "skipped"]
# What shows whether values can be read and ids can meet is built before all else.
DOOR = {VALUES, *(f"stg_{table}" for tables in WHO.values() for table in tables)}
ALONE = "alone, as memory ran out beside others"


@dataclass(frozen=True)
class ModelResult:
    """How one model or seed went; `error` is set where it failed.

    What is unchanged was left as it is, as nothing it is made of has changed.
    `is_same`: it holds what it held before, built again or not. `note` says why it was
    built, of an incremental model what was added, and of any that it was built alone.
    """

    name: str
    layer: str
    status: Status
    rows: int = 0
    seconds: float = 0.0
    error: RecsqlError | None = None
    note: str = ""
    is_same: bool = False


def run_models(
    plan: Plan,
    warehouse: Warehouse,
    names: tuple[str, ...],
    threads: int,
    contents: Contents | None = None,
) -> Generator[ModelResult, None, None]:
    """Build the named nodes and yield each result as it is known.

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
    return _Run(plan, warehouse, names, threads, contents).results()


class _Run:
    def __init__(
        self,
        plan: Plan,
        warehouse: Warehouse,
        names: tuple[str, ...],
        threads: int,
        contents: Contents | None = None,
    ) -> None:
        self.plan, self.warehouse, self.threads = plan, warehouse, max(threads, 1)
        self.contents = contents
        self.names = names
        self.waiting = list(names)
        self.unfinished = set(names)
        door = plan.graph.with_ancestors(self.unfinished & DOOR)
        self.door = self.unfinished & set(door) if VALUES in names else set()
        self.broken: set[str] = set()
        self.alone: set[str] = set()  # memory ran out when they were not
        self.is_full = False  # the disk: no other model can be stored
        self.running: dict[Future[ModelResult], duckdb.DuckDBPyConnection] = {}

    def results(self) -> Generator[ModelResult, None, None]:
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                while self.waiting or self.running:
                    yield from self._start(pool)
                    if self.running:
                        yield from self._finish()
                if not self.broken:
                    run_id = self.plan.renderer.invocation_id
                    complete(self.warehouse, run_id, self.names)
            except (KeyboardInterrupt, GeneratorExit) as stop:
                self.waiting.clear()
                self._stop()
                if isinstance(stop, GeneratorExit):
                    raise
                raise Interrupted(
                    "interrupted; the published tables are unchanged."
                ) from None

    def _start(self, pool: ThreadPoolExecutor) -> Iterator[ModelResult]:
        for name in list(self.waiting):
            parents = self.plan.graph.nodes[name].parents
            if self.is_full or any(parent in self.broken for parent in parents):
                self._done(name, broken=True)
                yield ModelResult(name, self._layer(name), "skipped")
            elif self._may_start(name) and not self.unfinished & set(parents):
                self.waiting.remove(name)
                cursor = self.warehouse.cursor()
                self.running[pool.submit(self._build, name, cursor)] = cursor

    def _may_start(self, name: str) -> bool:
        """Say whether a model may start; those that must be alone go first."""
        if self.door & self.unfinished and name not in self.door:
            return False
        if self.alone & self.unfinished:
            return name in self.alone and not self.running
        return len(self.running) < self.threads

    def _finish(self) -> Iterator[ModelResult]:
        finished, _ = wait(self.running, return_when=FIRST_COMPLETED)
        for future in finished:
            self.running.pop(future).close()
            result = future.result()
            if isinstance(result.error, Interrupted):
                raise KeyboardInterrupt
            if isinstance(result.error, OutOfMemory) and self._again(result.name):
                continue
            self.is_full |= isinstance(result.error, DiskFull)
            self._done(result.name, broken=result.status == "failed")
            yield result
            if self.door and not self.door & (self.unfinished | self.broken):
                names, self.door = tuple(self.door), set()
                require_ids(self.plan, self.warehouse, names)
                require_values(self.plan, self.warehouse)

    def _again(self, name: str) -> bool:
        """Let a model be built once more, when nothing else is."""
        if self.threads == 1 or name in self.alone:
            return False
        self.alone.add(name)
        self.waiting.append(name)
        return True

    def _stop(self) -> None:
        """Interrupt until all have ended: a query that has yet to begin misses one."""
        unfinished = set(self.running)
        while unfinished:
            for future in unfinished:
                self.running[future].interrupt()
            unfinished = wait(unfinished, timeout=0.1).not_done

    def _done(self, name: str, *, broken: bool) -> None:
        self.unfinished.discard(name)
        if name in self.waiting:
            self.waiting.remove(name)
        if broken:
            self.broken.add(name)

    def _layer(self, name: str) -> str:
        return self.plan.graph.nodes[name].folder

    def _build(self, name: str, cursor: duckdb.DuckDBPyConnection) -> ModelResult:
        started = time.perf_counter()
        error: RecsqlError | None = None
        rows, note, is_same = 0, "", False
        status: Status = "done"
        try:
            kept = self._kept(name, cursor)
            if kept is not None:
                rows, status, is_same = kept, "unchanged", True
            else:
                rows, note, is_same = self._store(name, cursor)
        except RecsqlError as failure:
            error, status = failure, "failed"
        return ModelResult(
            name=name,
            layer=self._layer(name),
            status=status,
            rows=rows,
            seconds=time.perf_counter() - started,
            error=error,
            note="; ".join(filter(None, (note, ALONE * (name in self.alone)))),
            is_same=is_same,
        )

    def _kept(self, name: str, cursor: duckdb.DuckDBPyConnection) -> int | None:
        """Return the rows of a table that can be left as it is."""
        if self.contents is None:
            return None
        with translated(name):
            kept = self.contents.kept(cursor, name)
        return kept.rows if kept else None

    def _store(
        self, name: str, cursor: duckdb.DuckDBPyConnection
    ) -> tuple[int, str, bool]:
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
        return rows, note, is_same

    def _replace(
        self, model: Compiled, cursor: duckdb.DuckDBPyConnection
    ) -> tuple[int, str, bool]:
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
        return rows, f"{note}; the same rows" if note and is_same else note, is_same

    def _reason(self, name: str) -> str:
        return self.contents.reasons.get(name, "") if self.contents else ""
