"""What the commands share: their options, and the project these name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsql.errors import InputError, first_line

if TYPE_CHECKING:
    from recsql.config.project import Project
    from recsql.terminal.console import Console

Command = Callable[..., Any]
VERBOSE = "recsql.verbose"
ON_SPARK = {
    *("run", "test", "build", "refresh", "publish", "rollback", "versions", "show"),
    *("ls", "compile", "vars", "eject", "load"),
}
PAST = "it builds the models as of past moments in DuckDB files of their own"
READS = "it reads the published DuckDB file"
NOT_ON_SPARK = {
    "backtest": PAST,
    "compare": "it compares runs of recsql backtest",
    "demo": "it is a tour on DuckDB",
    "diff": READS,
    "explain": READS,
    "forget": "it rewrites the files of the warehouse",
    "lineage": "it needs the columns of raw tables, which it asks of DuckDB",
    "report": READS,
    "serve": READS,
    "train-ranker": PAST,
    "tune": PAST,
}


def project_options(command: Command) -> Command:
    """Add the options that every command on a project has."""
    for option in (
        click.option("--vars", "vars_text", metavar="YAML", help="Vars, as YAML."),
        click.option(
            "--project",
            "folder",
            default=".",
            type=click.Path(file_okay=False, path_type=Path),
            help="The project's folder.  [default: .]",
        ),
        click.option("--target", metavar="NAME", help="An output of profiles.yml."),
    ):
        command = option(command)
    return command


def work_options(command: Command) -> Command:
    """Add the options of commands that build."""
    for option in (
        click.option(
            "--verbose",
            "-v",
            is_flag=True,
            expose_value=False,
            callback=lambda context, _, given: context.meta.update({VERBOSE: given}),
            help="List every model, also on a terminal.",
        ),
        click.option(
            "--memory-limit", metavar="SIZE", help="For DuckDB and Python, e.g. 2GB."
        ),
        click.option(
            "--threads", type=click.IntRange(1, 64), help="Models built at once."
        ),
    ):
        command = option(command)
    return project_options(command)


def full_refresh_option(command: Command) -> Command:
    """Add `--full-refresh`."""
    what = "Build from scratch, also what did not change."
    return click.option("--full-refresh", is_flag=True, help=what)(command)


def selection_options(command: Command) -> Command:
    """Add `--select` and `--exclude`."""
    what = "Models: name, folder, tag:x; +x with parents, x+ with children."
    for option in (
        click.option("--exclude", "-e", multiple=True, help="Models to leave out."),
        click.option("--select", "-s", multiple=True, help=what),
    ):
        command = option(command)
    return command


def open_project(
    folder: Path,
    vars_text: str | None,
    memory_limit: str | None = None,
    load: Callable[..., Project] | None = None,
    target: str | None = None,
) -> Project:
    """Load the project that the shared options name, by `load_project` or another.

    Raises:
        InputError: there is no such folder, or the vars are no YAML mapping.
        ProjectError: the project cannot be read.
    """
    from recsql.config.access import keep_private
    from recsql.config.project import load_project

    if not folder.is_dir():
        raise InputError(f"--project {folder}: there is no such folder.")
    project = (load or load_project)(folder, parse_vars(vars_text), target)
    if project.profile.cluster is not None:
        require_on_spark(project.profile.target)
    if memory_limit is not None:
        project = project.with_memory_limit(memory_limit)
    keep_private(project)
    return project


def require_on_spark(target: str) -> None:
    """Refuse a command that Spark cannot do, and say why.

    Raises:
        InputError: the command, the target, and the reason.
    """
    context = click.get_current_context(silent=True)
    if context is None:  # the watcher of a refresh
        return
    command = context.info_name or "recsql"
    if command not in ON_SPARK:
        why = NOT_ON_SPARK.get(command, "it works on a DuckDB file")
        raise InputError(
            f"{command}: does not run where the target is Spark ({target}): {why}. "
            "Choose another --target."
        )


def open_to_work(threads: int | None = None, **options: Any) -> Project:
    """Load the project for a command that changes the warehouse.

    What an earlier `forget` had to leave is finished first, whoever runs next.
    """
    from recsql.operation.forget import finish_before

    project = open_project(**options)
    if project.profile.cluster is not None:
        return project  # whom to forget is known to DuckDB files alone
    finish_before(project, threads or project.profile.threads, open_console().event)
    return project


def with_project(command: str, options: Mapping[str, Any]) -> str:
    """Return a command that a person may type next, for the same project.

    >>> with_project("publish", {"folder": Path("shop")})
    'recsql publish --project shop'
    """
    folder, target = str(options["folder"]), options.get("target")
    typed = f"recsql {command}" + (f" --project {folder}" if folder != "." else "")
    return typed + (f" --target {target}" if target else "")


def open_console() -> Console:
    """Return where results are printed; loaded late, as `--help` prints nothing."""
    from recsql.terminal.console import Console

    context = click.get_current_context(silent=True)
    return Console(verbose=bool(context and context.meta.get(VERBOSE)))


def parse_vars(text: str | None) -> dict[str, Any]:
    """Return what `--vars` says.

    >>> parse_vars("{decay_days: 30}")
    {'decay_days': 30}
    """
    import yaml

    from recsql.config.properties import parse_yaml

    try:
        given = parse_yaml(text) if text else {}
    except yaml.YAMLError as error:
        raise InputError(f"--vars: not valid YAML: {first_line(error)}") from None
    if not isinstance(given, dict):
        raise InputError('--vars: give a mapping, e.g. "{as_of: 2024-01-01}".')
    return given


def parse_duration(text: str) -> float:
    """Return the seconds of a time such as `90s`, `30m` or `2h`.

    >>> parse_duration("90s"), parse_duration("2h")
    (90.0, 7200.0)
    """
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdecimal() or int(number) == 0:
        raise InputError(f'--timeout "{text}": use for example 90s, 30m or 2h.')
    return float(int(number) * units[unit])


def parse_type(text: str) -> tuple[str, str]:
    """Return the column and SQL type that `--type` says.

    >>> parse_type("sku=VARCHAR")
    ('sku', 'VARCHAR')
    """
    column, equals, kind = text.partition("=")
    if not equals or not column or not kind:
        raise InputError(f'--type "{text}": write COLUMN=TYPE, e.g. sku=VARCHAR.')
    return column, kind
