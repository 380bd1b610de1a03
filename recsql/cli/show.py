"""The commands that read: show, explain."""

from __future__ import annotations

from typing import Any

import click

from recsql.cli.options import open_console, open_project, project_options
from recsql.errors import InputError

FEW = 20


@click.command("show", short_help="Print rows of a table.")
@click.argument("table", required=False)
@click.option("--user", help="Only this user_id.")
@click.option("--item", help="Only this item_id.")
@click.option("--surface", help="Only this surface.")
@click.option("--basket", metavar="ITEM,ITEM", help="What completes this basket.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    help=f"Rows at most.  [default: {FEW} in a table, else all]",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["table", "csv", "json", "parquet"]),
    default="table",
    show_default=True,
    help="For other programs; json: one object per line.",
)
@project_options
def show(
    table: str | None,
    basket: str | None,
    limit: int | None,
    kind: str,
    **options: Any,
) -> None:
    """Print rows of a published TABLE, e.g. rec_for_user --user 900.

    Or, without one, what completes a basket: --basket 101,205.
    """
    from recsql.questions import queries, shows
    from recsql.terminal.formats import write

    given = {f"{name}_id": options.pop(name) for name in ("user", "item")}
    given["surface"] = options.pop("surface")
    filters = {name: text for name, text in given.items() if text is not None}
    if (table is None) == (basket is None):
        raise InputError("show: name a table, or give --basket ITEM,ITEM.")
    project = open_project(**options)
    few = limit or FEW
    if basket is not None:
        items = [part.strip() for part in basket.split(",") if part.strip()]
        most = limit or (FEW if kind == "table" else shows.MOST_ROWS)
        shown = queries.complete_basket(project, items, most)
        if kind != "table":
            return write(shown.as_arrow(), kind)
    elif kind != "table":
        return write(shows.read(project, str(table), filters, limit), kind)
    else:
        shown = shows.show(project, str(table), filters, few)
    console = open_console()
    console.table(shown.headers, shown.rows)
    if shown.left_out:
        console.line(shown.left_out)


@click.command("explain", short_help="Say why a user is shown an item, or not.")
@click.option("--user", required=True, help="The user_id.")
@click.option("--item", required=True, help="The item_id.")
@project_options
def explain(user: str, item: str, **options: Any) -> None:
    """Say whether a user is shown an item, and if not, which step removed it first."""
    from recsql.questions import queries

    shown = queries.explain(open_project(**options), user, item)
    open_console().table(shown.headers, shown.rows)


COMMANDS = (show, explain)
