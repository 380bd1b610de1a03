"""Memory as SQL says it, in bytes."""

from __future__ import annotations

import re

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
BINARY = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
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
