"""How many records and values a file has, counted without reading it as a table.

Independent of the reader whose result it checks: ends of lines and delimiters are
counted where an even number of quotes stands before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from recsql.texts.dialect import Dialect
from recsql.texts.streams import BLOCK

NEWLINE, RETURN = 10, 13


@dataclass
class Counted:
    """Records and delimiters up to some byte of a file, and what stands there."""

    records: int = 0
    delimiters: int = 0
    end: bytes = b""  # of its lines
    inside: bool = False  # of quotes
    at_start: bool = True  # of a line
    has_space: bool = False  # between a delimiter and a quote

    @property
    def is_plain(self) -> bool:
        """Say whether DuckDB reads such a file as Python does."""
        return not self.has_space and self.end != b"\r"


def count_records(stream: IO[bytes], dialect: Dialect) -> Counted | None:
    r"""Return what a stream of UTF-8 has, or None where that is not plain to see.

    Plain is: quotes are doubled and closed, and one kind of line ends. A line without
    a value is no record.

    >>> import io
    >>> counted = count_records(io.BytesIO(b'a,b\n1,"x\n,"\n\n'), Dialect())
    >>> counted.records, counted.delimiters
    (2, 2)
    >>> count_records(io.BytesIO(b"a,b\n1,2\r\n"), Dialect())
    """
    quote, counted = dialect.quote.encode(), Counted()
    before, after = re.escape(dialect.delimiter), re.escape(dialect.quote)
    spaced = re.compile(f"(?:^|[{before}\r\n]) +{after}".encode())
    while block := stream.read(BLOCK):
        while block.endswith(b"\r") and (more := stream.read(1)):
            block += more
        is_quoted = counted.inside or quote in block
        counted.has_space |= is_quoted and spaced.search(block) is not None
        if (is_quoted or not _add_plain(counted, block, dialect)) and not _add_any(
            counted, block, dialect
        ):
            return None
    counted.records += not counted.at_start
    return None if counted.inside else counted


def _add_plain(counted: Counted, block: bytes, dialect: Dialect) -> bool:
    """Add bytes without quotes; False where a line is empty or ends vary."""
    lines, returns = block.count(b"\n"), block.count(b"\r")
    end = b"\r\n" if returns else b"\n"
    if returns and not lines == returns == block.count(end):
        return False
    if counted.end not in (b"", end) or end * 2 in block:
        return False
    if counted.at_start and block.startswith(end):
        return False
    counted.end = end if lines else counted.end
    counted.at_start = block.endswith(b"\n")
    counted.records += lines
    counted.delimiters += block.count(dialect.delimiter.encode())
    return True


def _add_any(counted: Counted, block: bytes, dialect: Dialect) -> bool:
    """Add bytes with quotes or empty lines; False where ends of lines vary."""
    letters = np.frombuffer(block, np.uint8)
    quotes = np.flatnonzero(letters == ord(dialect.quote))
    lines, returns, delimiters = (
        _outside(np.flatnonzero(letters == letter), quotes, counted.inside)
        for letter in (NEWLINE, RETURN, ord(dialect.delimiter))
    )
    if len(lines) and len(returns):
        end, ends = b"\r\n", lines
        if len(returns) != len(lines) or not (returns + 1 == lines).all():
            return False
    else:
        end, ends = (b"\r", returns) if len(returns) else (b"\n", lines)
    counted.inside ^= bool(len(quotes) % 2)
    counted.delimiters += len(delimiters)
    if not len(ends):
        counted.at_start = False
        return True
    if counted.end not in (b"", end):
        return False
    lengths = np.diff(ends, prepend=-1) - len(end)
    empty = int((lengths == 0).sum()) - int(lengths[0] == 0 and not counted.at_start)
    counted.records += len(ends) - empty
    counted.end, counted.at_start = end, bool(ends[-1] == len(block) - 1)
    return True


def _outside(places: Any, quotes: Any, inside: bool) -> Any:
    """Return the places that have an even number of quotes before them."""
    if not len(quotes) and not inside:
        return places
    return places[(np.searchsorted(quotes, places) + inside) % 2 == 0]
