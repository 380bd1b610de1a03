"""Signals that ask recsql to end: heard once, and no more once readers have the work.

ctrl-C, SIGTERM (systemd, Kubernetes, Airflow), SIGHUP (a terminal that went away) and a
time limit that is up all end work in the same way: by KeyboardInterrupt in the main
thread. From `hold` on a signal is only noted: what began to be public is finished.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsql.errors import (
    Interrupted,
    RecsqlError,
    TimedOut,
    Unexpected,
    WarehouseError,
    first_line,
    reason,
)

GRACE_SECONDS = 30
PATIENCE = 3  # signals until a process that does not end is left as by kill -9
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


@dataclass
class _Heard:
    """What was heard since somebody listens."""

    first: int | None = None
    count: int = 0
    rings: int = 0
    late: str = ""
    is_held: bool = False
    is_listening: bool = False
    leaving: Callable[[RecsqlError], None] | None = None


_heard = _Heard()


@contextmanager
def listening() -> Iterator[None]:
    """Let signals end the block; one inside another changes nothing.

    A signal that is ignored (`nohup`) stays ignored.
    """
    global _heard
    if _heard.is_listening or threading.current_thread() is not threading.main_thread():
        yield
        return
    _heard = _Heard(is_listening=True)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, _hear)
    try:
        yield
    finally:
        _heard.is_listening = False
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Stop the block after so many seconds; None: never.

    A query is interrupted at once, a numeric kernel when it returns. What has not ended
    GRACE_SECONDS later is left as by kill -9, which the next refresh copes with.
    """
    if seconds is None:
        yield
        return
    _heard.late = f"not done after {seconds:g} s (--timeout). Nothing was published."
    before = signal.signal(signal.SIGALRM, _hear)
    signal.setitimer(signal.ITIMER_REAL, seconds, GRACE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def hold() -> None:
    """From here on readers see the work: finish it, whatever is heard.

    Raises:
        KeyboardInterrupt: a signal was heard before, where Python could not raise it.
    """
    if _heard.is_listening and _heard.first is not None and not _heard.is_held:
        raise KeyboardInterrupt
    _heard.is_held = True


def leave() -> None:
    """From here on what is heard is noted only: the work has failed, and is told of."""
    _heard.is_held = True


def on_leaving(tell: Callable[[RecsqlError], None]) -> None:
    """Have somebody told where the process is left as by kill -9."""
    _heard.leaving = tell


def as_error(error: BaseException) -> RecsqlError:
    """Return what is told of anything that was raised: one line, an exit code."""
    if isinstance(error, KeyboardInterrupt | Interrupted):
        return _interrupted(error)
    if isinstance(error, RecsqlError):
        return error
    if isinstance(error, OSError):
        where = error.filename or "standard output"
        return WarehouseError(f"{where}: {reason(error.strerror)}.")
    if isinstance(error, MemoryError):
        return WarehouseError("out of memory. Allow more, or use --threads 1.")
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return Unexpected(f"unexpected {type(error).__name__}: {first_line(error)}{where}")


def _interrupted(error: BaseException) -> RecsqlError:
    if _heard.first == signal.SIGALRM and _heard.late:
        return TimedOut(f"refresh: {_heard.late}")
    number = _heard.first or signal.SIGINT
    said = str(error) if isinstance(error, Interrupted) else "interrupted."
    by = f" by {signal.Signals(number).name}"
    if number != signal.SIGINT and by not in said:
        said = said.replace("interrupted", f"interrupted{by}", 1)
    told = Interrupted(said)
    told.exit_code = 128 + number
    return told


def _hear(number: int, frame: Any) -> None:
    """End the work at the first signal; leave it where it does not end."""
    if _heard.is_held:
        return
    _heard.count += 1
    _heard.rings += number == signal.SIGALRM
    if _heard.first is None:
        _heard.first = number
        raise KeyboardInterrupt
    if _heard.rings > 1 or _heard.count >= PATIENCE:
        error = _interrupted(KeyboardInterrupt())
        print(f"Error: {error}", file=sys.stderr, flush=True)
        if _heard.leaving:
            _heard.leaving(error)
        os._exit(error.exit_code)
