"""The command that shows everything to a person: report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from recsql.cli.options import open_console, open_project, project_options


@click.command("report", short_help="Write what is published as one HTML file.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file.  [default: recsql-report.html]",
)
@click.option("--users", type=click.IntRange(1, 5_000), help="Users to look up.")
@click.option("--items", type=click.IntRange(5, 20_000), help="Items to look up.")
@click.option("--user", help="A user_id that must be among them.")
@click.option("--item", help="An item_id that must be among them.")
@project_options
def report(
    output: Path | None,
    users: int | None,
    items: int | None,
    user: str | None,
    item: str | None,
    **options: Any,
) -> None:
    """Write what is published, how good it is and why, as one HTML file.

    It opens in any browser without a connection, and can be mailed. It holds a sample
    of users and items: vars report_users and report_items.
    """
    from recsql.report.page import write_report

    project = open_project(**options)
    given = {
        "report_users": users,
        "report_items": items,
        "asked_user": user,
        "asked_item": item,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    path = output or Path("recsql-report.html")
    size = write_report(project.with_vars(asked), path)
    open_console().line(f"wrote {path}, {size / 1e6:.1f} MB: open it in a browser")
