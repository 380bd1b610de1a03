"""The runner's threads: what ctrl-C does to queries that are not running yet."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, cast

from recsql.engine.runner import _Run
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
    run = _Run(plan_with(), cast(Any, None), (), threads=2)
    cursors = [SlowStarter(missed=0), SlowStarter(missed=3)]
    run.running = {cursor.future: cast(Any, cursor) for cursor in cursors}
    run._stop()
    assert all(cursor.future.done() for cursor in cursors)
