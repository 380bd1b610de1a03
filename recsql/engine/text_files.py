"""CSV and TSV files into a table of text, every record of them, or a refusal.

DuckDB reads each file by a dialect that is fixed beforehand, with nothing left to its
sniffer, and its number of rows has to be the number of records that were counted apart
from it. Where it is not, or a record cannot be read, `texts.exact` reads the file: it
says which line is wrong, or writes plainly what is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb

from recsql.compilation.render import literal
from recsql.engine.malformed import LeftOut
from recsql.errors import InputError
from recsql.texts.counting import count_records
from recsql.texts.dialect import (
    Dialect,
    Given,
    Layout,
    cut,
    other_encoding,
    read_layout,
)
from recsql.texts.exact import Record, write_readable
from recsql.texts.streams import encoding_of, open_bytes, write_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator

LINES = "lines_of_text"  # a temporary table: what the files say, as text
FILE = "number of its file"
LONGEST = 16_777_216  # bytes of a line


@dataclass(frozen=True)
class TextFile:
    """A file as the user names it, where its UTF-8 is, and how it is written."""

    name: str
    path: str
    layout: Layout


@dataclass(frozen=True)
class Texts:
    """What was read: columns of text in `lines_of_text`, and what was left out."""

    files: tuple[TextFile, ...]
    columns: tuple[str, ...]
    rows: int
    left_out: LeftOut = field(default_factory=LeftOut)


@contextmanager
def read_texts(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[str],
    given: Given,
    types: Mapping[str, str],
    most: float,
) -> Iterator[Texts]:
    """Read files into the temporary table `lines_of_text`, which goes afterwards.

    Args:
        connection: of the warehouse.
        files: their names; `.tsv` has tabs.
        given: what the user said of them.
        types: columns whose values must be readable as a type.
        most: above 0, lines that cannot be read are left out, not refused.

    Raises:
        InputError: a file, or a line of it, cannot be read.
    """
    with TemporaryDirectory(prefix="recsql-load-") as folder:
        texts = [_open_text(name, given, Path(folder)) for name in files]
        columns = _columns(texts)
        created = ", ".join(f"{column(name)} varchar" for name in columns)
        connection.execute(
            f"create or replace temp table {LINES} ({column(FILE)} integer, {created})"
        )
        try:
            left_out = LeftOut()
            for number, text in enumerate(texts):
                reading = _Reading(connection, number, text, types, Path(folder))
                reading.read(left_out, most)
            ((rows,),) = connection.execute(f"select count(*) from {LINES}").fetchall()
            yield Texts(tuple(texts), columns, rows, left_out)
        finally:
            connection.execute(f"drop table if exists {LINES}")


def _open_text(name: str, given: Given, folder: Path) -> TextFile:
    encoding = encoding_of(name, given.encoding)
    path = name
    if encoding not in ("utf-8", "utf-8-sig"):
        path = str(folder / f"utf8-{len(list(folder.iterdir()))}")
        write_utf8(name, encoding, Path(path))
    tabs = ".tsv" in Path(name).suffixes[-2:] and not given.delimiter
    own = Given("\t", *list(vars(given).values())[1:]) if tabs else given
    return TextFile(name, path, read_layout(name, path, own))


def _columns(texts: Sequence[TextFile]) -> tuple[str, ...]:
    """Return the columns of all files by name, in the order they are met."""
    found: dict[str, str] = {}
    for text in texts:
        for name in text.layout.names:
            found.setdefault(name.lower(), name)
    return tuple(found.values())


@dataclass(frozen=True)
class _Reading:
    """One file on its way into the table."""

    connection: duckdb.DuckDBPyConnection
    number: int
    text: TextFile
    types: Mapping[str, str]
    folder: Path

    def read(self, left_out: LeftOut, most: float) -> None:
        """Insert every record of the file that can be read."""
        found = LeftOut()
        if not self._read_fast():
            found = self._read_exactly({}, most)
        unreadable = self._unreadable()
        if unreadable:
            found = self._read_exactly(unreadable, most)
        left_out.join(found)

    def _read_fast(self) -> bool:
        """Say whether DuckDB read as many records as there are."""
        path, layout = self.text.path, self.text.layout
        with open_bytes(path) as stream:
            counted = count_records(stream, layout.dialect)
        if counted is None or not (counted.is_plain and layout.dialect.is_plain):
            return False
        records = counted.records - layout.lines_before
        if counted.delimiters - layout.lines_before != records * (
            len(layout.names) - 1
        ):
            return False
        rows = self._insert(path, layout, counted.end)
        return rows == records - layout.has_header and not self._repeats_header()

    def _insert(self, path: str, layout: Layout, end: bytes) -> int | None:
        """Insert a file as it is; None where DuckDB cannot read it so."""
        self.connection.execute(
            f"delete from {LINES} where {column(FILE)} = {self.number}"
        )
        try:
            ((rows,),) = self.connection.execute(
                f"insert into {LINES} by name select {self.number} as {column(FILE)}, "
                f"* from {_reader(path, layout, end)}"
            ).fetchall()
        except duckdb.InvalidInputException:
            return None
        return int(rows)

    def _read_exactly(self, unreadable: Mapping[int, str], most: float) -> LeftOut:
        """Insert what the exact reader can read; return what it cannot."""
        target, found = self.folder / f"plain-{self.number}", LeftOut()
        layout = self.text.layout
        for record in write_readable(self.text.path, layout, target, unreadable):
            if not most:
                raise InputError(self._refusal(record))
            found.add(self.text.name, record)
        plain = Layout(Dialect(), layout.names, 0, False, ())
        with open_bytes(str(target)) as stream:
            written = count_records(stream, plain.dialect)
        if not written or written.records != self._insert(str(target), plain, b"\n"):
            raise InputError(f"{self._where()}: it cannot be read as it is written.")
        target.unlink()
        return found

    def _repeats_header(self) -> bool:
        names = self.text.layout.names
        if not self.text.layout.has_header or len(names) == 1:
            return False
        same = " and ".join(f"{column(name)} = {literal(name)}" for name in names)
        return bool(self._rows(f"select 1 from {LINES} where {same} and {{}} limit 1"))

    def _unreadable(self) -> dict[int, str]:
        """Return why records cannot be taken, by their number from 1."""
        own = {name.lower() for name in self.text.layout.names}
        wrong = [
            f"when {column(name)} is not null and try_cast({column(name)} as {kind}) "
            f"is null then {literal(f'no {kind} in {name}')}"
            for name, kind in self.types.items()
            if name.lower() in own
        ]
        if not wrong:
            return {}
        numbered = "row_number() over (order by rowid) as place"
        found = self._rows(
            f"select place, reason from (select {numbered}, case {' '.join(wrong)} "
            f"end as reason from {LINES} where {{}}) where reason is not null"
        )
        return dict(found)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        own = f"{column(FILE)} = {self.number}"
        return self.connection.execute(sql.replace("{}", own)).fetchall()

    def _where(self) -> str:
        return f"load: {self.text.name}"

    def _refusal(self, record: Record) -> str:
        """Return which line is wrong, what stands there and what to do."""
        names = self.text.layout.names
        said, advice = record.reason, "Mend it, or leave such lines out and count them"
        advice += ": --max-malformed 0.01."
        if record.reason in ("missing columns", "too many columns"):
            said = f"{len(record.values)} columns where the header has {len(names)}"
            if len(names) == 1:
                advice = "The header is the first record: delete what stands above it. "
                advice += "One column of text needs a delimiter that it does not hold: "
                advice += "--delimiter '|'."
            elif set(names) <= set(record.values):
                advice = "It looks like a second header: make it a file of its own; "
                advice += "files of one load are joined by the names of their columns."
        elif record.reason == "invalid encoding":
            return (
                f"{self._where()} line {record.line}: its bytes are no UTF-8: "
                f'"{_shown(record)}". {other_encoding()} The table is unchanged.'
            )
        elif record.reason == "header again":
            said = "the header stands here again"
        return (
            f'{self._where()} line {record.line}: {said}: "{_shown(record)}". '
            f"The table is unchanged. {advice}"
        )


def column(name: str) -> str:
    """Return a column's name in quotes.

    >>> column('or"der')
    '"or""der"'
    """
    return '"' + name.replace('"', '""') + '"'


def _shown(record: Record) -> str:
    return cut(record.text.rstrip("\r\n").encode("utf-8", "replace").decode())


def _reader(path: str, layout: Layout, end: bytes) -> str:
    r"""Return the call that reads a file with nothing left to be guessed.

    The option new_line knows "\n"; for "\r\n" DuckDB must find it, and does.
    """
    line = ", new_line = '\\n'" * (end == b"\n")
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in layout.names)
    compression = {".gz": "gzip", ".zst": "zstd"}.get(Path(path).suffix.lower(), "none")
    dialect = layout.dialect
    return (
        f"read_csv({literal(path)}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)}, "
        f"escape = {literal(dialect.quote)}, header = {layout.has_header}, "
        f"skip = {layout.lines_before}, comment = '', null_padding = false, "
        f"strict_mode = true, compression = '{compression}', "
        f"max_line_size = {LONGEST}{line})"
    )
