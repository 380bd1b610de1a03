"""`recsql compile`: the models as plain SQL, or as a dbt project of Spark's SQL."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from recsql.cli.options import (
    open_console,
    open_project,
    project_options,
    selection_options,
)
from recsql.errors import InputError, ProjectError

if TYPE_CHECKING:
    from recsql.compilation.compiler import Plan
    from recsql.config.project import Project
    from recsql.terminal.console import Console


@click.command("compile", short_help="Render the models into plain SQL files.")
@click.option(
    "--dialect",
    type=click.Choice(["duckdb", "spark"]),
    help="The dialect of SQL.  [default: the target's]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to.  [default: target/compiled/DIALECT]",
)
@click.option(
    "--as",
    "made",
    type=(click.Choice(["dbt"]), click.Path(file_okay=False, path_type=Path)),
    metavar="dbt DIR",
    help="With --dialect spark: write a dbt project to DIR.",
)
@selection_options
@project_options
def compile_models(
    dialect: str | None, made: tuple[str, Path] | None, **options: Any
) -> None:
    """Render the models into plain SQL files."""
    kinds = ("out", "select", "exclude")
    given = {kind: options.pop(kind) for kind in kinds}
    project = open_project(**options)
    on_spark = project.profile.cluster is not None
    dialect = dialect or ("spark" if on_spark else "duckdb")
    if made is None:
        _write_sql(project, dialect, given)
    elif dialect != "spark" or any(given.values()):
        raise InputError(
            "compile: --as dbt goes with --dialect spark and writes all models; for "
            "DuckDB this project is a dbt project already (docs/dbt.md)."
        )
    else:
        _write_dbt(project, made[1])


def _write_sql(project: Project, dialect: str, given: dict[str, Any]) -> None:
    from recsql.compilation.compiler import compile_project
    from recsql.engine.binding import require_binding
    from recsql.questions.inspection import write_compiled

    plan = compile_project(project)
    asks = plan.is_changed and project.profile.cluster is None
    unbound = require_binding(plan) if asks else []
    names = plan.graph.select(given["select"], given["exclude"])
    target = given["out"] or project.root / "target" / "compiled" / dialect
    written = write_compiled(plan, names, target, dialect)
    console = open_console()
    noun = "model" if written.models == 1 else "models"
    console.line(f"wrote {written.models} {noun} to {target}")
    if written.calling:
        console.line(
            f"{written.calling} of them call functions that recsql gives to Spark: "
            "recsql refresh --target spark does (docs/spark.md)"
        )
    for name in unbound:
        place = project.entry(f"{name}: table: {project.vars[name]['table']}")
        console.line(
            f"{place}: not loaded yet, so its mapping is not checked", "yellow"
        )
    _end(console, plan, written.problems)


def _write_dbt(project: Project, folder: Path) -> None:
    from recsql.spark.dbt_project import write_project
    from recsql.spark.inputs import compile_for_spark

    plan = compile_for_spark(project, history=False)
    written = write_project(plan, folder)
    console = open_console()
    console.line(f"wrote {written.models} models and {written.tests} tests to {folder}")
    place = quote(str(folder))
    console.line(
        f"next: python -m recsql.spark.dbt build --project-dir {place} "
        f"--profiles-dir {place}"
    )
    _end(console, plan, written.problems)


def _end(console: Console, plan: Plan, problems: Collection[str]) -> None:
    """Say what is odd; fail where something does not translate."""
    for warning in plan.unused_vars():
        console.problem(f"Warning: {warning}")
    for problem in problems:
        console.problem(problem)
    if problems:
        raise ProjectError(f"compile: {len(problems)} places do not translate.")
