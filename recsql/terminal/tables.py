"""Rows as aligned text, as wide as a terminal is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from recsql.errors import visible

GAP = 2
NARROWEST = 8


def table_lines(
    headers: Sequence[str], rows: Sequence[Sequence[Any]], width: int | None = None
) -> Iterator[str]:
    """Return a line of headers and one for each row; numbers to the right.

    Args:
        headers: names of the columns.
        rows: their values.
        width: of the terminal; texts that do not fit are cut. None: nothing is.

    >>> print(*table_lines(["n", "text"], [[1, "one"], [20, "twenty"]]), sep="|")
     n  text| 1  one|20  twenty
    >>> print(*table_lines(["n", "text"], [[1, "a text of many words"]], 14), sep="|")
    n  text|1  a text of…
    """
    cells = [[cell(value) for value in row] for row in rows]
    right = [
        all(isinstance(row[i], int | float) or row[i] is None for row in rows)
        for i in range(len(headers))
    ]
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    if width is not None:
        widths = fitted(widths, right, width)
    for row in [headers, *cells]:
        parts = [
            value.rjust(room) if to_right else cut(value, room).ljust(room)
            for value, room, to_right in zip(row, widths, right, strict=True)
        ]
        yield (" " * GAP).join(parts).rstrip()


def fitted(widths: Sequence[int], fixed: Sequence[bool], width: int) -> list[int]:
    """Return widths that fit: the widest columns that may be cut give most.

    Where even narrow ones do not fit, the terminal wraps.

    >>> fitted([3, 40, 10], [True, False, False], 40)
    [3, 23, 10]
    """
    fitting = list(widths)
    room = width - GAP * (len(widths) - 1)
    while sum(fitting) > room:
        free = [
            (size, -i)
            for i, size in enumerate(fitting)
            if not fixed[i] and size > NARROWEST
        ]
        if not free:
            return fitting
        fitting[-max(free)[1]] -= 1
    return fitting


def cut(text: str, width: int) -> str:
    """Return a text that is no longer than a width; what is cut ends in "…".

    >>> cut("a long text", 6), cut("short", 6)
    ('a lon…', 'short')
    """
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def cell(value: Any) -> str:
    """Show a value as a person would write it; control characters are made visible."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return str(value)
    return visible(str(value))
