"""The command that deletes a user."""

from __future__ import annotations

import sys
from typing import Any

import click

from recsql.cli.options import open_console, open_project, work_options
from recsql.errors import InputError


@click.command("forget", short_help="Delete a user everywhere.")
@click.argument("user", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--list", "is_list", is_flag=True, help="Count the forgotten users.")
@click.option("--lift", metavar="USER", help="Let a forgotten user come back.")
@work_options
def forget(
    user: str | None,
    yes: bool,
    is_list: bool,
    lift: str | None,
    threads: int | None,
    **options: Any,
) -> None:
    """Delete the raw rows of USER, build everything again, publish, rewrite all files.

    Older versions, which hold the user, are removed, so there is no rollback. The user
    stays forgotten when files are loaded again, until --lift.
    """
    from recsql.operation.forget import forget_user

    if [user is not None, is_list, lift is not None].count(True) != 1:
        raise InputError("forget: name a user, or give --list or --lift USER.")
    project, console = open_project(**options), open_console()
    if user is None:
        console.line(_on_the_list(project, lift))
        return
    question = f'Delete all rows of user "{user}", and all older versions?'
    if not yes and not (sys.stdin.isatty() and click.confirm(question)):
        raise InputError("forget: nothing was deleted. Answer y, or give --yes.")
    count = threads or project.profile.threads
    done = forget_user(project, user, count, console.event)
    for table, rows in done.rows.items():
        console.line(f"deleted {rows:,} rows of {table}")
    gone = ", ".join(map(str, done.versions)) or "none"
    console.line(f"removed older versions: {gone}; rewrote all files")
    for text in done.told:
        console.line(text)


def _on_the_list(project: Any, lifted: str | None) -> str:
    """Say how many are forgotten, or take one off the list."""
    from recsql.engine import suppression
    from recsql.engine.warehouse import open_warehouse

    profile = project.profile
    with open_warehouse(
        profile.build_path, profile.settings, must_exist=True
    ) as warehouse:
        if lifted is None:
            count, first, last = suppression.listed(project, warehouse)
            users = "1 user is" if count == 1 else f"{count:,} users are"
            since = f", since {first}; the last came {last}" if count else ""
            return f"{users} forgotten{since}"
        if not suppression.lift(project, warehouse, lifted):
            raise InputError(f'forget: "{lifted}" is not a forgotten user.')
    return f'"{lifted}" may come back: load what names them, then refresh'
