"""Reading a file of text record by record, as Python's csv module defines it.

Slower than DuckDB and exact: it decides where the fast reader's number of rows is not
the number of records, and it says which line is wrong. A line that cannot be read is
given up alone: reading goes on at the next line, not behind the next quote.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recsql.texts.dialect import Layout
from recsql.texts.streams import as_lines, open_bytes


@dataclass(frozen=True)
class Record:
    """One record, or one line that is none."""

    line: int
    values: Sequence[str]
    text: str = ""
    reason: str = ""


def write_readable(
    path: str, layout: Layout, target: Path, unreadable: Mapping[int, str]
) -> Iterator[Record]:
    """Write what can be read as plain CSV; yield what cannot, as it is met.

    Args:
        path: the file, in UTF-8.
        layout: how it is written.
        target: the plain file: UTF-8, commas, every value in quotes, no header.
        unreadable: reasons to leave out records that can be read, by their number
            among these, from 1.
    """
    number = 0
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for record in read_records(path, layout):
            number += not record.reason
            reason = record.reason or unreadable.get(number, "")
            if reason:
                yield Record(record.line, record.values, record.text, reason)
            else:
                writer.writerow(record.values)


def read_records(path: str, layout: Layout) -> Iterator[Record]:
    """Yield the records after the header, with the lines that are none."""
    with open_bytes(path) as stream:
        source = _Lines(as_lines(stream))
        for _ in range(layout.lines_before):
            next(source.after_empty_lines())
        reader = layout.dialect.reader(source)
        header = list(next(reader)) if layout.has_header else None
        while header == []:
            header = list(next(reader))
        source.taken.clear()
        while True:
            first = source.number + 1
            try:
                values = next(reader, None)
            except csv.Error as error:
                yield Record(first, [], source.give_back(), _reason(error))
                reader = layout.dialect.reader(source)
                continue
            if values is None:
                return
            reason = _wrong(values, layout, source.taken) if values else ""
            if reason:
                yield Record(first, values, source.give_back(), reason)
                reader = layout.dialect.reader(source)
            elif values:
                again = values == header and len(values) > 1
                text = "".join(source.taken)
                yield Record(first, values, text, "header again" if again else "")
            source.taken.clear()


class _Lines(Iterator[str]):
    """Lines that can be given back, and which of them the reader has taken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = 0

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        self.number += 1
        return line

    def after_empty_lines(self) -> Iterator[str]:
        """Yield lines that hold something."""
        return (line for line in self if line.strip("\r\n"))

    def give_back(self) -> str:
        """Keep the first line that was taken, give back the others; return it."""
        first, *others = self.taken
        self._again.extendleft(reversed(others))
        self.number -= len(others)
        self.taken.clear()
        return first


def _reason(error: csv.Error) -> str:
    return "text after a quote" if "expected after" in str(error) else "unclosed quote"


def _wrong(values: Sequence[str], layout: Layout, taken: Sequence[str]) -> str:
    """Return why a record is none, or nothing."""
    if len(values) < len(layout.names):
        return "missing columns"
    if len(values) > len(layout.names):
        return "too many columns"
    text = "".join(taken)
    if not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text):
        return "invalid encoding"
    return ""
