"""The commands that change what readers see: refresh, publish, rollback, versions."""

from __future__ import annotations

import sys
from typing import Any

import click

from recsql.errors import InputError
from recsql.options import (
    full_refresh_option,
    open_console,
    open_project,
    parse_duration,
    project_options,
    work_options,
)


@click.command("refresh", short_help="Build, test and publish everything.")
@click.option("--wait", is_flag=True, help="Wait for another refresh to end.")
@click.option("--timeout", metavar="TIME", help="Stop after this: 90s, 30m, 2h.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: an object a line.",
)
@full_refresh_option
@work_options
def refresh(
    threads: int | None,
    full_refresh: bool,
    wait: bool,
    timeout: str | None,
    log_format: str,
    **options: Any,
) -> None:
    """Build everything, test it, publish it; a failed test publishes nothing."""
    from recsql.logs import JsonLog
    from recsql.operate import Terms, refresh_alone

    seconds = parse_duration(timeout) if timeout else None
    project = open_project(**options)
    log = JsonLog() if log_format == "json" else open_console()
    count = threads or project.profile.threads
    with log.session():
        terms = Terms(count, seconds, log.note if wait else None, full_refresh)
        refresh_alone(project, terms, log.event)


@click.command("publish", short_help="Publish the built public tables.")
@project_options
def publish(**options: Any) -> None:
    """Publish the built public tables as a new version, in one step."""
    from recsql import pipeline
    from recsql.lock import publishing_lock

    project = open_project(**options)
    with publishing_lock(project.profile.folder):
        pipeline.publish_tables(project, open_console().event)


@click.command("rollback", short_help="Show readers an older version again.")
@click.option("--to", type=click.IntRange(1), metavar="VERSION", help="Which one.")
@project_options
def rollback(to: int | None, **options: Any) -> None:
    """Show readers the version before the current one, or the given one, in one step.

    The next refresh publishes a new version as always.
    """
    from recsql import publish
    from recsql.lock import publishing_lock

    project = open_project(**options)
    with publishing_lock(project.profile.folder):
        shown = publish.rollback(project, to)
    open_console().line(f"readers now see version {shown}")


@click.command("versions", short_help="List the published versions.")
@project_options
def versions(**options: Any) -> None:
    """List the versions that are kept; readers see the one that is current."""
    from recsql.publish import kept_versions

    headers = ("version", "published_at", "last_event_at", "rows", "run_id", "current")
    rows = kept_versions(open_project(**options).profile)
    open_console().table(headers, rows)


@click.command("forget", short_help="Delete a user everywhere.")
@click.argument("user")
@click.option("--yes", is_flag=True, help="Do not ask.")
@work_options
def forget(user: str, yes: bool, threads: int | None, **options: Any) -> None:
    """Delete the raw rows of USER, build everything anew, publish, rewrite all files.

    Older versions, which hold the user, are removed: there is no rollback.
    """
    from recsql.forget import forget_user

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


COMMANDS = (refresh, publish, rollback, versions, forget)
