"""`recsql load`: files as a raw table."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsql.cli.options import (
    Command,
    open_console,
    open_to_work,
    parse_type,
    project_options,
    with_project,
)
from recsql.errors import InputError

if TYPE_CHECKING:
    from recsql.engine.loader import Loaded
    from recsql.engine.text_tables import Options


def text_options(command: Command) -> Command:
    """Add the options that describe CSV and TSV files."""
    for option in (
        click.option(
            "--max-malformed",
            type=click.FloatRange(0, 1),
            default=0.0,
            metavar="SHARE",
            help="Leave out up to this share of lines that cannot be read.",
        ),
        click.option(
            "--decimal",
            type=click.Choice([".", ","]),
            default=".",
            help="The decimal separator.",
        ),
        click.option("--date-format", metavar="FORMAT", help="E.g. %d/%m/%Y %H:%M."),
        click.option("--columns", metavar="A,B", help="Names, if there is no header."),
        click.option("--escape", metavar="CHAR", help="Before a quote, e.g. \\\\."),
        click.option("--quote", metavar="CHAR", help='Around values.  [default: "]'),
        click.option("--delimiter", metavar="CHAR", help="E.g. ';' or '\\t'."),
        click.option("--encoding", help="E.g. latin-1, cp1252.  [default: utf-8]"),
        click.option(
            "--type",
            "types",
            multiple=True,
            metavar="COLUMN=TYPE",
            help="The SQL type of a column, e.g. sku=VARCHAR.",
        ),
    ):
        command = option(command)
    return command


@click.command("load", short_help="Load files as a raw table.")
@click.argument("name", required=False)
@click.argument("files", nargs=-1)
@click.option("--follow", metavar="FOLDER", help="Load what recsql serve records.")
@click.option("--version", type=click.IntRange(0), help="The version of a Delta table.")
@click.option("--query", metavar="SQL", help="What to read from the database.")
@click.option("--from", "url", metavar="URL", help="A database, instead of FILES.")
@text_options
@project_options
def load(
    name: str | None,
    files: tuple[str, ...],
    follow: str | None,
    url: str | None,
    query: str | None,
    version: int | None,
    **given: Any,
) -> None:
    """Load FILES (CSV, TSV, Parquet, JSON lines, Arrow; .gz; globs) as table NAME.

    FILES may be the folder of a Delta table. Instead of files, name a database and what
    to read from it: --from postgresql://user@host/shop --query "select * from orders".
    The options from --type on describe CSV and TSV files.

    --follow FOLDER, on its own, loads the journals of recsql serve, each line once,
    until it is stopped.
    """
    if follow is not None:
        _follow(name, follow, _options(given), given)
        return
    if name is None:
        raise InputError("load: name a table: recsql load events events.csv")
    _load(name, files, url, query, version, given)


def _follow(
    name: str | None, folder: str, options: Options, given: dict[str, Any]
) -> None:
    from recsql.engine.text_tables import Options
    from recsql.operation.journals import follow

    if name is not None or options != Options():
        raise InputError("load: --follow FOLDER takes no table and no other option.")
    if not Path(folder).is_dir():
        raise InputError(f"load: --follow {folder}: there is no such folder.")
    console = open_console()
    project = open_to_work(**given)
    follow(project, Path(folder), lambda taken: console.line(taken.in_words))


def _load(
    name: str,
    files: tuple[str, ...],
    url: str | None,
    query: str | None,
    version: int | None,
    given: dict[str, Any],
) -> None:
    from recsql.engine.loader import load_query, load_table
    from recsql.engine.text_tables import Options
    from recsql.operation import loading

    options = _options(given)
    if bool(files) == bool(url) or bool(url) != bool(query):
        raise InputError("load: name files, or a database: --from URL --query SQL.")
    if url and (options != Options() or version is not None):
        raise InputError("load: --from goes with --query only, not with file options.")
    project = open_to_work(**given)
    if url and query:
        read = partial(load_query, url=url, query=query)
    else:
        read = partial(load_table, patterns=files, options=options, version=version)
    loaded, left_out = loading.load(project, name, read)
    _say(loaded, str(project.vars["raw_schema"]), left_out)
    open_console().next(with_project("refresh", given))


def _options(given: dict[str, Any]) -> Options:
    """Take what concerns texts out of what was given."""
    from recsql.engine.column_types import Wanted
    from recsql.engine.text_tables import Options
    from recsql.texts.dialect import Given

    types = dict(parse_type(text) for text in given.pop("types"))
    columns = tuple(filter(None, (given.pop("columns") or "").split(",")))
    wanted = Wanted(types, given.pop("date_format"), given.pop("decimal"))
    letters = {key: _letter(key, given.pop(key)) for key in LETTERS}
    return Options(
        Given(encoding=given.pop("encoding"), columns=columns, **letters),
        wanted,
        given.pop("max_malformed"),
    )


LETTERS = ("delimiter", "quote", "escape")


def _letter(name: str, given: str | None) -> str | None:
    letter = "\t" if given == "tab" else given
    if letter is not None and re.fullmatch(r"\\(t|x[0-9a-fA-F]{2})", letter):
        letter = letter.encode().decode("unicode_escape")
    if letter is None or (
        len(letter) == 1 and letter.isascii() and letter not in "\r\n\0"
    ):
        return letter
    raise click.UsageError(f'--{name} "{given}": give one character.')


def _say(loaded: Loaded, schema: str, left_out: int) -> None:
    from recsql.engine.malformed import TABLE, told

    console = open_console()
    count = "1 file" if len(loaded.files) == 1 else f"{len(loaded.files)} files"
    console.line(
        f"loaded {loaded.rows - left_out:,} rows from {count} into {loaded.table}"
    )
    if loaded.malformed:
        found = told(loaded.malformed)
        console.line(f"left out, samples in {schema}.{TABLE}: {found}")
    if left_out:
        console.line(f"left out {left_out:,} rows of users who are forgotten")
    for note in loaded.notes:
        console.line(f"note: {note}")
    console.table(("column", "type"), loaded.columns)
