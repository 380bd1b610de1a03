"""Memory: sizes as SQL says them, and what functions may take of a limit for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Condition
from typing import Any

from recsql.errors import InputError

POWERS = {letter: power for power, letter in enumerate(" KMGT")}
LIBRARIES = 300 * 10**6  # what Python holds before a function works
PYTHON_SHARE = 3  # of what is left a third is for functions, the rest DuckDB's
COPIES = 2  # of vectors: as they are learned, and as SQL reads them
PYTHON_MEMORY = "python_memory"  # the name of this part among settings of a file
LIMITS = ("memory_limit", "max_memory")  # DuckDB has two names for it
SIZE = re.compile(r"\s*(\d+\.?\d*|\.\d+)\s*(?:([KMGT])(i?)B?|B|bytes?)\s*", re.I | re.A)


def bytes_of(size: str) -> int:
    """Return the bytes of a size as DuckDB writes its memory_limit.

    Raises:
        ValueError: it is no size, or has no unit.

    >>> bytes_of("1.5 KiB"), bytes_of("2GB"), bytes_of("12 bytes")
    (1536, 2000000000, 12)
    """
    found = SIZE.fullmatch(size)
    if not found:
        raise ValueError(f'"{size}" is no amount of memory: write e.g. 2GB')
    number, unit, binary = found.groups()
    power = POWERS[(unit or " ").upper()]
    return int(float(number) * (1024 if binary else 1000) ** power)


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


def without_limits(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without DuckDB's limit, whichever name it goes by."""
    return {k: v for k, v in settings.items() if k.lower() not in LIMITS}


def of_duckdb(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what DuckDB knows of settings: all but Python's part of a limit.

    >>> of_duckdb({"threads": 1, "python_memory": 300000000})
    {'threads': 1}
    """
    return {k: v for k, v in settings.items() if k != PYTHON_MEMORY}


def in_megabytes(size: int) -> str:
    """Return a size as messages say it: never less than it is.

    >>> in_megabytes(1_000_001)
    '2MB'
    """
    return f"{-(-size // 10**6)}MB"


class Room:
    """What functions may hold at once; who finds too little waits for the others."""

    def __init__(self, size: int) -> None:
        self.size, self.used, self.freed = size, 0, Condition()
        self.stops = 0  # how often those who wait were told to give up

    @contextmanager
    def taken(self, name: str, need: int) -> Iterator[None]:
        """Keep bytes for one call of a function.

        Raises:
            ValueError: they are more than all functions may hold; with what to change.
                Or it was told to give up while it waited.
        """
        if need > self.size:
            total = in_megabytes(LIBRARIES + PYTHON_SHARE * need)
            raise ValueError(
                f"{name} needs about {in_megabytes(need)}, and --memory-limit leaves "
                f"{in_megabytes(self.size)} for it beside DuckDB. Allow "
                f"--memory-limit {total}, or give it less: vars "
                "rows_per_block, core_min_items_per_user, fewer factors or neighbours."
            )
        with self.freed:
            stops = self.stops
            self.freed.wait_for(
                lambda: self.used + need <= self.size or self.stops != stops
            )
            if self.stops != stops:
                raise ValueError(f"{name}: interrupted.")
            self.used += need
        try:
            yield
        finally:
            with self.freed:
                self.used -= need
                self.freed.notify_all()

    def interrupt(self) -> None:
        """Let those who wait give up, as DuckDB cannot: they would work first."""
        with self.freed:
            self.stops += 1
            self.freed.notify_all()

    def guarded(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of rows that says before it starts whether it fits.

        It holds what it is given, and one row at a time in a form of its own.
        """

        def careful(*columns: Any) -> Any:
            given = sum(column.nbytes for column in columns)
            own = largest_row(columns) + vector_bytes(name, columns)
            with self.taken(name, given + own):
                return call(*columns)

        return careful


def largest_row(columns: Sequence[Any]) -> int:
    """Return the bytes of the largest row of arrays that are equally long."""
    rows = range(len(columns[0]))
    return max(
        (sum(c.slice(row, 1).nbytes for c in columns) for row in rows), default=0
    )


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
