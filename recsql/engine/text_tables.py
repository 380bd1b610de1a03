"""Text files into a typed table: every record of them, what was left out, and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from recsql.compilation.render import quoted
from recsql.engine.column_types import Wanted, find_types
from recsql.engine.malformed import Malformed
from recsql.engine.text_files import LINES, Texts, column, read_texts
from recsql.engine.warehouse import transaction
from recsql.errors import InputError, did_you_mean
from recsql.texts.dialect import Given

TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]*(\(\d+(, ?\d+)?\))?")


@dataclass(frozen=True)
class Options:
    """What the user says of files: how texts are written, and what may be left out.

    `max_malformed` is the share of lines of CSV and TSV files that may be left out as
    they cannot be read.
    """

    given: Given = field(default_factory=Given)
    wanted: Wanted = field(default_factory=lambda: Wanted({}))
    max_malformed: float = 0.0


@dataclass(frozen=True)
class Read:
    """What came of text files."""

    rows: int
    malformed: tuple[Malformed, ...]
    notes: tuple[str, ...]


def load_texts(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    files: Sequence[str],
    options: Options,
) -> Read:
    """Create `schema.name` of the records of text files, in one transaction.

    Raises:
        InputError: a record cannot be read, or too many; the table is unchanged.
    """
    types, most = options.wanted.types, options.max_malformed
    _require_types(connection, types)
    with read_texts(connection, files, options.given, types, most) as texts:
        _require_columns(types, texts)
        texts.left_out.require_few(name, texts.rows, most)
        typed = find_types(connection, texts, options.wanted)
        reads = ", ".join(f"{e} as {column(c)}" for c, e in typed.expressions.items())
        with transaction(connection):
            connection.execute(
                f"create or replace table {quoted(schema, name)} as "
                f"select {reads} from {LINES}"
            )
            texts.left_out.keep(connection, schema, name)
        notes = (*_layout_notes(connection, texts), *typed.notes)
        return Read(texts.rows, texts.left_out.by_reason(), notes)


def _layout_notes(connection: duckdb.DuckDBPyConnection, texts: Texts) -> Iterator[str]:
    """Yield what a person should know of how the files were read."""
    same = [f"count({column(c)}) filter ({column(c)} = ?)" for c in texts.columns]
    ((*counts,),) = connection.execute(
        f"select {', '.join(same)} from {LINES}", list(texts.columns)
    ).fetchall()
    for name, count in zip(texts.columns, counts, strict=True):
        if count and texts.files[0].layout.has_header:
            yield (
                f'"{name}" is the name of a column, and a value in it, too. If line 1 '
                "is no header, name the columns: --columns."
            )
    for text in texts.files:
        if text.layout.renamed:
            yield (
                f"{text.name}: columns without a name, or with that of another: "
                f"{', '.join(text.layout.renamed)}."
            )


def _require_types(
    connection: duckdb.DuckDBPyConnection, types: Mapping[str, str]
) -> None:
    for name, kind in types.items():
        try:
            if not TYPE.fullmatch(kind):
                raise duckdb.Error
            connection.execute(f"select cast(null as {kind})")
        except duckdb.Error:
            raise InputError(f'load: --type {name}={kind}: no type "{kind}".') from None


def _require_columns(types: Mapping[str, str], texts: Texts) -> None:
    known = {name.lower() for name in texts.columns}
    for name in types:
        if name.lower() not in known:
            hint = did_you_mean(name, texts.columns)
            raise InputError(
                f'load: --type {name}: no file has a column "{name}".{hint} '
                f"There are: {', '.join(texts.columns)}."
            )
