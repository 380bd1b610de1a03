"""The command that deletes a user."""

from __future__ import annotations

import sys
from typing import Any

import click

from recsql.cli.options import open_console, open_project, work_options
from recsql.errors import InputError


@click.command("forget", short_help="Delete a user everywhere.")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
@work_options
def forget(user: str, yes: bool, threads: int | None, **options: Any) -> None:
    """Delete the raw rows of USER, build everything anew, publish, rewrite all files.

    Older versions, which hold the user, are removed: there is no rollback.
    """
    from recsql.operation.forget import forget_user

    project, console = open_project(**options), open_console()
    question = f'Delete all rows of user "{user}", and all older versions?'
    if not yes and not (sys.stdin.isatty() and click.confirm(question)):
        raise InputError("forget: nothing was deleted. Say yes, or give --yes.")
    count = threads or project.profile.threads
    done = forget_user(project, user, count, console.event)
    for table, rows in done.rows.items():
        console.line(f"deleted {rows:,} rows of {table}")
    gone = ", ".join(map(str, done.versions)) or "none"
    console.line(f"removed older versions: {gone}; rewrote all files")
