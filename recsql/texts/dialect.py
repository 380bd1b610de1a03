"""How a file of text is written: decided once, from its first records, and checked.

The header is the first record (after a byte-order mark or a line `sep=;`). The
delimiter is the one that divides the header and most records after it alike; a quote is
doubled inside quotes. Nothing later in the file changes that: what does not fit is
refused or counted.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recsql.errors import InputError
from recsql.texts.kinds import looks_like_data
from recsql.texts.streams import as_lines, open_bytes

csv.field_size_limit(1 << 27)
DELIMITERS = (",", ";", "\t", "|")
RARE = "^~:!*+=¦§ "  # delimiters that are named, never guessed
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
SAMPLE = 100  # records that the choice of a delimiter looks at
SEP = re.compile(r"sep=(.)\r?\n?", re.I)


@dataclass(frozen=True)
class Dialect:
    """How values are told apart; `escape` is None where quotes are doubled."""

    delimiter: str = ","
    quote: str = '"'
    escape: str | None = None
    skip_space: bool = False

    @property
    def is_plain(self) -> bool:
        """Say whether DuckDB reads it as Python's csv module does."""
        return self.escape is None and not self.skip_space

    def reader(self, lines: Iterator[str]) -> Any:
        """Return the exact reader of these lines."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
            skipinitialspace=self.skip_space,
            strict=True,
        )


@dataclass(frozen=True)
class Given:
    """What the user says of the files; None is for us to see."""

    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    encoding: str | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """The dialect of one file and the names of its columns."""

    dialect: Dialect
    names: tuple[str, ...]
    lines_before: int  # the line `sep=`
    has_header: bool
    renamed: tuple[str, ...]  # columns that have no name, or that of another


def read_layout(shown: str, path: str, given: Given) -> Layout:
    """Decide how a file in UTF-8 is written.

    Args:
        shown: the file's name as the user knows it.
        path: where its text in UTF-8 is.
        given: what the user said; `.tsv` files are told by their name.

    Raises:
        InputError: it is empty, or its first record is no header.
    """
    with open_bytes(path) as stream:
        lines = as_lines(stream)
        first = _first_line(shown, lines)
        separator = SEP.fullmatch(first)
        if separator:
            given = replace(given, delimiter=given.delimiter or separator[1])
            first = ""
        head = list(itertools.islice(lines, SAMPLE))
        text = [first, *head] if first else head
        dialect = _choose(text, given)
        header = next(iter(_records(dialect, iter([*text, *lines]))), None)
    if not header:
        raise InputError(
            f"load: {shown} line 1: no header can be read here: a quote opens in it "
            "and does not close, or there is nothing. Is it text with columns?"
        )
    _require_text(shown, header)
    names, renamed = _distinct(list(given.columns) or header)
    _require_width(shown, header, given)
    if not given.columns:
        if len(header) == 1:
            records = [dialect.delimiter.join(r) for r in _records(dialect, iter(text))]
            _require_one_column(shown, records, given)
        _require_header(shown, header)
    return Layout(dialect, names, 1 if separator else 0, not given.columns, renamed)


def _first_line(shown: str, lines: Iterator[str]) -> str:
    """Return the first line that is not empty."""
    for line in lines:
        if line.strip("\r\n"):
            return line
    raise InputError(f"load: {shown}: the file is empty: it has no header.")


def _choose(text: Sequence[str], given: Given) -> Dialect:
    """Return the dialect under which the header and most records agree."""
    quote = given.quote or ("'" if _is_single_quoted(text[:1]) else '"')
    delimiters = (given.delimiter,) if given.delimiter else DELIMITERS
    plain = [Dialect(delimiter, quote, given.escape) for delimiter in delimiters]
    spaced = [replace(dialect, skip_space=True) for dialect in plain]
    found = max(plain, key=lambda dialect: _agreement(dialect, text))
    wider = max(spaced, key=lambda dialect: _agreement(dialect, text))
    has_spaces = any(f"{wider.delimiter} {quote}" in line for line in text)
    return wider if has_spaces else found


def _is_single_quoted(first: Sequence[str]) -> bool:
    """Say whether every name of a header stands in single quotes."""
    for delimiter in DELIMITERS:
        names = "".join(first).strip("\r\n").split(delimiter)
        if all(len(n) > 1 and n[0] == n[-1] == "'" for n in names):
            return True
    return False


def _agreement(dialect: Dialect, text: Sequence[str]) -> tuple[bool, int, int]:
    """Return how well a dialect fits: several columns, records as wide, columns."""
    widths = [len(record) for record in _records(dialect, iter(text))]
    if not widths or widths[0] == 1:
        return (False, 0, 0)
    return (True, sum(width == widths[0] for width in widths), widths[0])


def _records(dialect: Dialect, lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield the records of a sample up to the first that cannot be read."""
    try:
        yield from (record for record in dialect.reader(lines) if record)
    except csv.Error:
        return


def _distinct(header: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names of columns that differ, and which of them are ours."""
    names: list[str] = []
    renamed = []
    for place, given in enumerate(header):
        wanted = given.strip() or f"column{place}"
        name, number = wanted, 0
        while name.lower() in {other.lower() for other in names}:
            number += 1
            name = f"{wanted}_{number}"
        if name != given.strip():
            renamed.append(name)
        names.append(name)
    return tuple(names), tuple(renamed)


def _require_text(shown: str, header: Sequence[str]) -> None:
    for name in header:
        if not name.isascii() and any(
            "\udc80" <= letter <= "\udcff" for letter in name
        ):
            raise InputError(
                f"load: {shown} line 1: the header is no UTF-8. {other_encoding()}"
            )


def other_encoding() -> str:
    """Return what to do where a file is no UTF-8."""
    return (
        "Name the encoding that the file has, e.g. --encoding cp1252 (Windows), "
        "latin-1 or utf-16."
    )


def _require_width(shown: str, header: Sequence[str], given: Given) -> None:
    if given.columns and len(given.columns) != len(header):
        raise InputError(
            f"load: {shown} line 1: {len(header)} columns, and --columns names "
            f"{len(given.columns)}."
        )


def _require_one_column(shown: str, records: Sequence[str], given: Given) -> None:
    """Refuse one column that should be several: each record has a divider as often."""
    header = records[0]
    for letter in dict.fromkeys(header):
        count = header.count(letter)
        is_one = letter in DELIMITERS or (
            not given.delimiter
            and (letter in RARE or not letter.isprintable())
            and (letter != " " or count > 1 < len(records))
            and all(record.count(letter) == count for record in records)
        )
        if is_one and letter not in "\r\n":
            named = letter if letter.isprintable() else repr(letter)[1:-1]
            named = ";" if letter in DELIMITERS else named
            raise InputError(
                f'load: {shown} line 1: the header is one column, "{cut(header)}", '
                f"whose name holds a delimiter. Name the delimiter (--delimiter "
                f"'{named}') or take the name out of its quotes."
            )


def _require_header(shown: str, header: Sequence[str]) -> None:
    """Refuse a header that is none."""
    if any(CONTROL.search(name) for name in header):
        raise InputError(
            f'load: {shown} line 1: the header, "{cut(header[0])}", holds bytes that '
            "are no text. Is it text with columns?"
        )
    data = next((name for name in header if looks_like_data(name)), None)
    if data is not None:
        raise InputError(
            f'load: {shown} line 1: this is read as the header, and "{cut(data)}" '
            "looks like data. Where the file has no header, name the columns: "
            f"--columns {','.join('abcdefghij'[: len(header)])}."
        )


def cut(text: str) -> str:
    r"""Return a text that is short enough for a message, on one line, printable.

    >>> cut("a\tb")
    'a b'
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return plain if len(plain) <= 80 else plain[:77] + "..."
