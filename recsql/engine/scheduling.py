"""Which node is built when, on whatever engine: parents first, several at once.

Yields a result per node and prints nothing. A failed model skips its descendants; one
that ran out of memory beside others is built again, alone.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal, Protocol

from recsql.compilation.compiler import Plan
from recsql.errors import DiskFull, Interrupted, OutOfMemory, RecsqlError

Status = Literal["done", "unchanged", "failed", "skipped"]
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


@dataclass(frozen=True)
class Built:
    """What an engine says of a node: its rows, as `ModelResult` has them."""

    rows: int
    note: str = ""
    is_same: bool = False
    status: Status = "done"


class Worker(Protocol):
    """What one thread works with: a cursor, a tag for its jobs ..."""

    def interrupt(self) -> object:
        """Stop what runs on it; called from another thread, maybe more than once."""

    def close(self) -> None:
        """Give back what it holds."""


class Builder(Protocol):
    """What an engine is to a plan that is being built."""

    def worker(self) -> Worker:
        """Return what a thread works with."""

    def build(self, name: str, worker: Worker) -> Built:
        """Build one node, or find that it need not be built.

        Raises:
            RecsqlError: it failed; what was there before is still there.
        """

    def door(self, names: Collection[str]) -> Collection[str]:
        """Return those of the nodes that are built, and looked at, before all else."""

    def look(self, names: Collection[str]) -> None:
        """Refuse to go on after what the door has shown.

        Raises:
            InputError: values cannot be read, or ids never meet.
        """

    def complete(self, names: Collection[str]) -> None:
        """Note that all were built that were asked for."""


def schedule(
    plan: Plan, builder: Builder, names: tuple[str, ...], threads: int
) -> Generator[ModelResult, None, None]:
    """Build the named nodes and yield each result as it is known.

    Args:
        plan: the compiled project.
        builder: the engine.
        names: which, in build order.
        threads: how many at once.

    Raises:
        InputError: too many values of a column cannot be read, or ids never meet.
        Interrupted: ctrl-C; running queries are stopped, finished tables stay.
    """
    return _Run(plan, builder, names, threads).results()


class _Run:
    def __init__(
        self, plan: Plan, builder: Builder, names: tuple[str, ...], threads: int
    ) -> None:
        self.plan, self.builder, self.threads = plan, builder, max(threads, 1)
        self.names = names
        self.waiting = list(names)
        self.unfinished = set(names)
        self.door = {*builder.door(names)}
        self.broken: set[str] = set()
        self.alone: set[str] = set()  # memory ran out when they were not
        self.is_full = False  # the disk: no other model can be stored
        self.running: dict[Future[ModelResult], Worker] = {}

    def results(self) -> Generator[ModelResult, None, None]:
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                while self.waiting or self.running:
                    yield from self._start(pool)
                    if self.running:
                        yield from self._finish()
                if not self.broken:
                    self.builder.complete(self.names)
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
                worker = self.builder.worker()
                self.running[pool.submit(self._build, name, worker)] = worker

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
                self.builder.look(names)

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

    def _build(self, name: str, worker: Worker) -> ModelResult:
        started = time.perf_counter()
        error: RecsqlError | None = None
        built = Built(0)
        try:
            built = self.builder.build(name, worker)
        except RecsqlError as failure:
            error = failure
        return ModelResult(
            name=name,
            layer=self._layer(name),
            status="failed" if error else built.status,
            rows=built.rows,
            seconds=time.perf_counter() - started,
            error=error,
            note="; ".join(filter(None, (built.note, ALONE * (name in self.alone)))),
            is_same=built.is_same,
        )
