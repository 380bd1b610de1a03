"""The best few of many scores, in compiled loops: a heap whose root is the worst kept.

A score comes before another if it is larger, or equal and of a smaller item. So what is
kept, and its order, follows from the scores alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Loop = TypeVar("Loop", bound=Callable[..., Any])
config: Any = numba.config
SETTING = Lock()


def compiled(loop: Loop) -> Loop:
    """Compile a loop at its first call; other threads run beside it.

    Machine code is kept for the next process, beside other caches of the user. Where
    that cannot be written, each process compiles for itself.
    """
    with SETTING:
        before = config.CACHE_DIR
        try:
            config.CACHE_DIR = _cache_folder()
            return cast(Loop, numba.njit(nogil=True, cache=True)(loop))
        except (OSError, RuntimeError):  # there is no place for a cache
            return cast(Loop, numba.njit(nogil=True)(loop))
        finally:
            config.CACHE_DIR = before


@cache
def _cache_folder() -> str:
    """Name a folder by what all loops say; Numba only sees the one that is called.

    NUMBA_CACHE_DIR says where; else it is with other caches of the user.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    said = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(config.CACHE_DIR or Path(home) / "recsql") / said[:16]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)


class Heaps(NamedTuple):
    """Some heaps of equal room: arrays of shape (heaps, room), and how full each is."""

    scores: npt.NDArray[np.float64]
    items: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int64]


@compiled
def new_heaps(count: int, room: int) -> Heaps:
    """Return empty heaps."""
    shape = (count, room)
    scores, items = np.empty(shape, np.float64), np.empty(shape, np.int32)
    return Heaps(scores, items, np.zeros(count, np.int64))


@compiled
def is_before(score: float, item: int, other: float, other_item: int) -> bool:
    """Say whether one item of a list comes before another."""
    return bool(score > other or (score == other and item < other_item))


@compiled
def offer(heaps: Heaps, heap: int, score: float, item: int) -> None:
    """Keep an item if there is room, or instead of the worst that is kept."""
    size = heaps.sizes[heap]
    scores, items = heaps.scores, heaps.items
    if size == scores.shape[1]:
        if is_before(score, item, scores[heap, 0], items[heap, 0]):
            _sink(heaps, heap, score, item)
        return
    place = size
    while place > 0:
        above = (place - 1) // 2
        if not is_before(scores[heap, above], items[heap, above], score, item):
            break
        scores[heap, place] = scores[heap, above]
        items[heap, place] = items[heap, above]
        place = above
    scores[heap, place], items[heap, place] = score, item
    heaps.sizes[heap] = size + 1


@compiled
def _sink(heaps: Heaps, heap: int, score: float, item: int) -> None:
    """Put an item in place of the root, and let it sink to where it belongs."""
    scores, items, size = heaps.scores, heaps.items, heaps.sizes[heap]
    place, below = 0, 1
    while below < size:
        other = below + 1
        if other < size and is_before(
            scores[heap, below],
            items[heap, below],
            scores[heap, other],
            items[heap, other],
        ):
            below = other
        if not is_before(score, item, scores[heap, below], items[heap, below]):
            break
        scores[heap, place] = scores[heap, below]
        items[heap, place] = items[heap, below]
        place, below = below, 2 * below + 1
    scores[heap, place], items[heap, place] = score, item


@compiled
def take_worst(heaps: Heaps, heap: int) -> tuple[float, int]:
    """Take the worst item out of a heap that is not empty."""
    score, item = heaps.scores[heap, 0], heaps.items[heap, 0]
    last = heaps.sizes[heap] - 1
    heaps.sizes[heap] = last
    if last > 0:
        _sink(heaps, heap, heaps.scores[heap, last], heaps.items[heap, last])
    return score, item
