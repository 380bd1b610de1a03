"""The commands that change what readers see: refresh, publish, rollback, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsql.cli.options import (
    full_refresh_option,
    open_console,
    open_project,
    parse_duration,
    project_options,
    with_project,
    work_options,
)
from recsql.errors import InputError

if TYPE_CHECKING:
    from recsql.config.project import Project
    from recsql.questions.gate import Asked


@click.command("refresh", short_help="Build, test and publish everything.")
@click.option(
    "--select",
    "-s",
    multiple=True,
    help="Only these tables and what they need, e.g. tag:nightly.",
)
@click.option("--wait", is_flag=True, help="Wait until a running refresh ends.")
@click.option("--timeout", metavar="TIME", help="Stop after this: 90s, 30m, 2h.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one object per line.",
)
@full_refresh_option
@work_options
def refresh(
    select: tuple[str, ...],
    threads: int | None,
    full_refresh: bool,
    wait: bool,
    timeout: str | None,
    log_format: str,
    **options: Any,
) -> None:
    """Build everything, test it, publish it; a failed test publishes nothing."""
    from recsql.cli.watch import watched
    from recsql.operation.operate import Terms, refresh_alone
    from recsql.terminal.logs import JsonLog

    seconds = parse_duration(timeout) if timeout else None
    project, vars_text = open_project(**options), options["vars_text"]
    log = JsonLog() if log_format == "json" else open_console()
    count = threads or project.profile.threads
    with log.session(), watched(project, vars_text, log_format) as telling:
        waiting = log.note if wait else None
        terms = Terms(count, seconds, waiting, select, full_refresh, telling)
        refresh_alone(project, terms, log.event)
    if log_format == "text":
        first = with_project("show rec_for_user", options)
        open_console().next(first, with_project("backtest --last 28d", options))


@click.command("publish", short_help="Publish the built public tables.")
@project_options
def publish(**options: Any) -> None:
    """Publish the built public tables as a new version, in one step."""
    from recsql.operation import pipeline
    from recsql.operation.forget import finish
    from recsql.operation.lock import publishing_lock

    project = open_project(**options)
    console = open_console()
    with publishing_lock(project.profile.folder):
        if project.profile.cluster is None:
            finish(project, project.profile.threads, console.event)
        pipeline.publish_tables(project, console.event)
    console.next(with_project("show rec_for_user", options))


@click.command("rollback", short_help="Go back to an older version.")
@click.option("--to", type=click.IntRange(1), metavar="VERSION", help="Which one.")
@project_options
def rollback(to: int | None, **options: Any) -> None:
    """Go back to the version before the current one, or to the given one, in one step.

    The next refresh publishes a new version as usual.
    """
    from recsql.operation import clusters
    from recsql.operation.forget import finish
    from recsql.operation.lock import publishing_lock
    from recsql.publishing import publish

    project = open_project(**options)
    with publishing_lock(project.profile.folder):
        if project.profile.cluster is not None:
            shown = clusters.rollback(project, to)
        else:
            finish(project, project.profile.threads, open_console().event)
            shown = publish.rollback(project, to)
    console = open_console()
    console.line(f"readers now see version {shown}")
    console.next(with_project("versions", options))


@click.command("versions", short_help="List the published versions.")
@project_options
def versions(**options: Any) -> None:
    """List the versions that are kept; readers see the one that is current."""
    from recsql.operation import clusters
    from recsql.publishing.publish import kept_versions

    project = open_project(**options)
    headers = ("version", "published_at", "last_event_at", "rows", "run_id", "current")
    if project.profile.cluster is not None:
        rows = clusters.kept_versions(project)
    else:
        rows = kept_versions(project.profile)
    open_console().table(headers, rows)


@click.command("diff", short_help="Show what changed between two versions.")
@click.argument("versions", nargs=-1, type=click.IntRange(1), metavar="[VERSION]...")
@click.option("--top", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--base", metavar="REF", help="Or against the project at a git commit.")
@click.option(
    "--last",
    metavar="PERIOD",
    help="With --base, the time to score on.  [default: 28d; 0d: no metrics]",
)
@click.option("--markdown", "form", flag_value="markdown", help="For a pull request.")
@click.option("--json", "form", flag_value="json", help="For other programs.")
@project_options
def diff(
    versions: tuple[int, ...],
    top: int,
    base: str | None,
    last: str | None,
    form: str | None,
    **options: Any,
) -> None:
    """Show what changed for readers between two published versions.

    Without a VERSION it compares the last two; with one, that version and the last.

    With --base it builds the project twice from the same raw tables, as it was at a git
    commit and as it is now, and publishes neither. The lists of both, as of a past
    moment, are scored on what the same users took in the --last days. Beyond a limit
    of var diff_fail it ends with exit code 1.
    """
    from recsql.evaluation.backtest import parse_days
    from recsql.questions import queries
    from recsql.questions.gate import Asked
    from recsql.terminal.differences import print_difference

    if len(versions) > 2:
        raise InputError("diff: name two versions at most.")
    if base is None and (form or last):
        raise InputError("diff: --markdown, --json and --last go with --base REF.")
    if versions and base is not None:
        raise InputError("diff: name versions, or --base REF, not both.")
    project = open_project(**options)
    if base is not None:
        days = parse_days(last or "28d", least=0)
        return _against_base(project, Asked(base, top, days), form)
    found = queries.diff(project, versions, top)
    print_difference(open_console(), found, top)


def _against_base(project: Project, asked: Asked, form: str | None) -> None:
    from recsql.errors import TestsFailed
    from recsql.questions.gate import against_base
    from recsql.terminal.gates import as_json, as_markdown, print_gate

    console = open_console()
    listener = console.event if form is None else lambda event: None
    found = against_base(project, asked, project.profile.threads, listener)
    if form is None:
        print_gate(console, found)
    else:
        click.echo(as_json(found) if form == "json" else as_markdown(found))
    if found.broken:
        raise TestsFailed(f"diff: limits of var diff_fail: {'; '.join(found.broken)}.")


COMMANDS = (refresh, publish, rollback, versions, diff)
