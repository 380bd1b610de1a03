"""`recsql load`: files as a raw table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsql.cli.options import (
    Command,
    open_console,
    open_project,
    parse_type,
    project_options,
)

if TYPE_CHECKING:
    from recsql.engine.loader import Loaded, Options


def text_options(command: Command) -> Command:
    """Add what can be said of CSV and TSV files."""
    for option in (
        click.option(
            "--max-malformed",
            type=click.FloatRange(0, 1),
            default=0.0,
            metavar="SHARE",
            help="Leave out up to this share of lines that cannot be read.",
        ),
        click.option("--decimal", type=click.Choice([".", ","]), default="."),
        click.option("--date-format", metavar="FORMAT", help="E.g. %d/%m/%Y %H:%M."),
        click.option("--columns", metavar="A,B", help="Names, where no header is."),
        click.option("--escape", metavar="LETTER", help="Before a quote, e.g. \\\\."),
        click.option("--quote", metavar="LETTER", help='Around values.  [default: "]'),
        click.option("--delimiter", metavar="LETTER", help="E.g. ';' or '\\t'."),
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
@click.argument("name")
@click.argument("files", nargs=-1, required=True)
@text_options
@project_options
def load(name: str, files: tuple[str, ...], **given: Any) -> None:
    """Load FILES (CSV, TSV, Parquet, JSON lines, Arrow; .gz; globs) as table NAME.

    How texts are written (the options up to --max-malformed) is said of CSV and TSV.
    """
    from recsql.engine.loader import load_table
    from recsql.engine.warehouse import open_warehouse

    options = _options(given)
    project = open_project(**given)
    profile = project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        schema = str(project.vars["raw_schema"])
        loaded = load_table(warehouse, schema, name, files, options)
    _say(loaded, schema)


def _options(given: dict[str, Any]) -> Options:
    """Take what concerns texts out of what was given."""
    from recsql.engine.column_types import Wanted
    from recsql.engine.loader import Options
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
    letter = {"\\t": "\t", "tab": "\t"}.get(given or "", given)
    if letter is not None and (len(letter) != 1 or not letter.isascii()):
        raise click.UsageError(f'--{name} "{given}": give one letter.')
    return letter


def _say(loaded: Loaded, schema: str) -> None:
    from recsql.engine.malformed import TABLE, told

    console = open_console()
    count = "1 file" if len(loaded.files) == 1 else f"{len(loaded.files)} files"
    console.line(f"loaded {loaded.rows:,} rows from {count} into {loaded.table}")
    if loaded.malformed:
        left_out = told(loaded.malformed)
        console.line(f"left out, samples in {schema}.{TABLE}: {left_out}")
    for note in loaded.notes:
        console.line(f"note: {note}")
    console.table(("column", "type"), loaded.columns)
