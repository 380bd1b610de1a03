"""Memory: sizes as SQL says them, and what functions may take of a limit for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any

from recsql.errors import InputError

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LIBRARIES = 300 * 10**6  # what Python holds before a function works
PYTHON_SHARE = 3  # of what is left a third is for functions, the rest DuckDB's
COPIES = 2  # of what a function is given: in its own form, and what it makes of it
PYTHON_MEMORY = "python_memory"  # the name of this part among settings of a file
SIZE = re.compile(r"\s*([\d.]+)\s*([KMGT]?)(i?)(?:B|bytes?)?\s*", re.I)


def bytes_of(size: str) -> int:
    """Return the bytes of a size as DuckDB writes its memory_limit.

    Raises:
        ValueError: it is no size.

    >>> bytes_of("1.5 KiB"), bytes_of("2GB"), bytes_of("12 bytes")
    (1536, 2000000000, 12)
    """
    found = SIZE.fullmatch(size)
    if not found:
        raise ValueError(f'"{size}" is no amount of memory')
    number, unit, binary = found.groups()
    units = BINARY if binary else UNITS
    return int(float(number) * units[unit.upper()])


def divided(size: str) -> dict[str, Any]:
    """Return the settings by which DuckDB and Python keep to a size together.

    Raises:
        InputError: it is no size, or too little for Python alone.

    >>> divided("1.2GB")
    {'memory_limit': '600000000B', 'python_memory': 300000000}
    """
    try:
        left = bytes_of(size) - LIBRARIES
    except ValueError as error:
        raise InputError(f"--memory-limit: {error}.") from None
    if left < LIBRARIES:
        least = f"{2 * LIBRARIES // 10**6} MB"
        raise InputError(f"--memory-limit: {size} is too little: from {least} on.")
    ours = left // PYTHON_SHARE
    return {"memory_limit": f"{left - ours}B", PYTHON_MEMORY: ours}


class Room:
    """What functions may hold at once; who finds too little waits for the others."""

    def __init__(self, size: int) -> None:
        self.size, self.used, self.freed = size, 0, Condition()

    @contextmanager
    def taken(self, name: str, need: int) -> Iterator[None]:
        """Keep bytes for one call of a function.

        Raises:
            ValueError: they are more than all functions may hold; with what to change.
        """
        if need > self.size:
            total = LIBRARIES + PYTHON_SHARE * need
            raise ValueError(
                f"{name} needs about {need / 1e9:.1f} GB, and --memory-limit leaves "
                f"{self.size / 1e9:.1f} GB for it beside DuckDB. Allow "
                f"--memory-limit {total / 1e9:.1f}GB, or give it less: vars "
                "rows_per_block, core_min_items_per_user, fewer factors or neighbours."
            )
        with self.freed:
            self.freed.wait_for(lambda: self.used + need <= self.size)
            self.used += need
        try:
            yield
        finally:
            with self.freed:
                self.used -= need
                self.freed.notify_all()

    def guarded(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of arrays that says before it starts whether it fits."""

        def careful(*columns: Any) -> Any:
            given = sum(column.nbytes for column in columns)
            with self.taken(name, COPIES * given + vector_bytes(name, columns)):
                return call(*columns)

        return careful


def vector_bytes(name: str, columns: tuple[Any, ...]) -> int:
    """Return the bytes of the vectors that a fit of factors makes, while it does."""
    import pyarrow as pa
    import pyarrow.compute as pc

    settings = columns[-1]
    if not name.endswith("_fit") or not pa.types.is_struct(settings.type):
        return 0
    if settings.type.get_field_index("factors") < 0:
        return 0
    indexes = (pc.max(pc.list_flatten(column)).as_py() for column in columns[:2])
    numbers = pc.max(pc.struct_field(settings, "factors")).as_py() + 2
    return int(4 * COPIES * numbers * sum((index or 0) + 1 for index in indexes))
