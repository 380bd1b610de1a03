"""Threads: ours take some rows each, on all cores; BLAS has one.

That one is for the whole process, from the first call on and for good.

How many threads share a sum decides in which order it is added, and so its last bits.
That number belongs to the process, not to a call: what lowers it for one call and puts
it back changes the sums of the calls beside it. So it is set and never put back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Any

SETTING = Lock()
ROWS_AT_ONCE = 128  # whole tiles of every BLAS
ROOM_AT_ONCE = 2**20  # entries that a part may return


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_parts(
    part: Callable[[int, int], tuple[Any, ...]], rows: int, room: int
) -> list[Any]:
    """Return the columns that `part(start, end)` makes of all rows, in their order.

    Each core takes some rows at a time; `room` is how many entries one may return.

    >>> import numpy as np
    >>> in_parts(lambda start, end: (np.arange(start, end),), 300, 1)[0].shape
    (300,)
    """
    import numpy as np

    at_once = max(min(ROWS_AT_ONCE, ROOM_AT_ONCE // max(room, 1)), 1)
    starts = range(0, rows, at_once)
    if len(starts) < 2:
        return list(part(0, rows))
    with ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(lambda at: part(at, min(at + at_once, rows)), starts))
    return [np.concatenate(column) for column in zip(*found, strict=True)]


def single_blas() -> None:
    """Let BLAS, as numpy and scipy call it, use one thread from now on.

    >>> single_blas()
    >>> {library.num_threads for library in _libraries()}
    {1}
    """
    with SETTING:
        for library in _libraries():
            if library.num_threads != 1:
                _let_go(library)
                library.set_num_threads(1)
                _let_go(library)


def _let_go(library: Any) -> None:
    """Take control of OpenBLAS from whichever thread set it last.

    From threadpoolctl 3.8 on that thread has it to itself: what others set is ignored,
    without a word.
    """
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)


@cache
def _libraries() -> tuple[Any, ...]:
    """Return numpy's BLAS and scipy's; looking for them takes milliseconds."""
    import numpy  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas")
    return tuple(found.lib_controllers)
