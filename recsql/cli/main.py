"""The command line. Every command is a few lines over a module that does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from recsql import __version__
from recsql.cli import refresh as cli_refresh
from recsql.cli import show as cli_show
from recsql.cli.backtest import backtest, compare
from recsql.cli.compile import compile_models
from recsql.cli.forget import forget
from recsql.cli.load import load
from recsql.cli.options import (
    full_refresh_option,
    open_console,
    open_project,
    open_to_work,
    project_options,
    selection_options,
    with_project,
    work_options,
)
from recsql.cli.ranker import train_ranker
from recsql.cli.report import report
from recsql.cli.serve import serve
from recsql.cli.tune import tune
from recsql.cli.vars import show_vars


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="recsql")
@click.pass_context
def cli(context: click.Context) -> None:
    """SQL-native recommendations: events in, recommendation tables out.

    Exit codes: 0 done; 1 the work failed (a model, a test, a full disk); 2 the request
    was wrong (files, settings, names); 3 another process is using the warehouse; 4 not
    done in time; 130, 143, 129, 142 interrupted: ctrl-C, SIGTERM, SIGHUP, SIGALRM.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command("init", short_help="Write a small project of your own.")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--preset", help="A known layout; see the list below.")
def init(folder: Path, preset: str | None) -> None:
    """Write a small project of your own into FOLDER.

    Presets: own-tables (the default), movielens, retailrocket, goodbooks,
    online-retail, instacart, events-json, complete-journey, shopify, ga4
    """
    from recsql.config import scaffold

    steps = scaffold.init_project(folder, preset or scaffold.DEFAULT_PRESET)
    console = open_console()
    console.line(f"wrote {folder / 'dbt_project.yml'}: read it, then")
    console.line(f"  cd {folder}")
    for step in steps:
        console.line(f"  {step}")


@cli.command("run", short_help="Build models.")
@selection_options
@full_refresh_option
@work_options
def run(threads: int | None, **options: Any) -> None:
    """Build models."""
    _work("run", threads, options)


@cli.command("test", short_help="Run unit tests and data tests.")
@selection_options
@work_options
def test(threads: int | None, **options: Any) -> None:
    """Run unit tests and data tests."""
    _work("test", threads, options)


@cli.command("build", short_help="Build models and run their data tests.")
@selection_options
@full_refresh_option
@work_options
def build(threads: int | None, **options: Any) -> None:
    """Build models and run their data tests."""
    _work("build", threads, options)


def _work(name: str, threads: int | None, options: dict[str, Any]) -> None:
    from recsql.operation import pipeline

    kinds = ("select", "exclude", "full_refresh")
    selection = pipeline.Selection(**{k: options.pop(k) for k in kinds if k in options})
    project = open_to_work(threads, **options)
    console = open_console()
    after = {"run": "test", "test": "publish", "build": "publish"}[name]
    do = getattr(pipeline, name)
    count = threads or project.profile.threads
    do(project, selection, count, console.event)
    console.line(f"{name}: done")
    console.next(with_project(after, options))


@cli.command("ls", short_help="List the models in build order.")
@click.option(
    "--tree", "is_tree", is_flag=True, help="By folder, with what each model holds."
)
@selection_options
@project_options
def list_models(is_tree: bool, select: Any, exclude: Any, **options: Any) -> None:
    """List the models in build order, and which of them are yours."""
    from recsql.compilation.compiler import compile_project
    from recsql.questions.inspection import listing, tree

    plan = compile_project(open_project(**options))
    console = open_console()
    names = plan.graph.select(select, exclude)
    if is_tree:
        console.table(("folder, model", "what it holds"), tree(plan, names))
    else:
        headers = ("model", "layer", "stored as", "tags", "origin")
        console.table(headers, listing(plan, names))
    for warning in plan.unused_vars():
        console.problem(f"Warning: {warning}")


@cli.command("lineage", short_help="Show where a column comes from.")
@click.argument("column", metavar="MODEL.COLUMN")
@project_options
def lineage(column: str, **options: Any) -> None:
    """Show the columns that MODEL.COLUMN is computed from, down to the raw tables."""
    from recsql.questions.inspection import lineage_lines

    console = open_console()
    for line in lineage_lines(open_project(**options), column):
        console.line(line)


@cli.command("eject", short_help="Copy a built-in model or seed to edit it.")
@click.argument("model")
@project_options
def eject(model: str, **options: Any) -> None:
    """Copy a built-in MODEL or seed into your project, where your copy replaces it."""
    from recsql.config.scaffold import eject as eject_one

    target = eject_one(open_project(**options), model)
    console = open_console()
    console.line(f"wrote {target}: edit it; it replaces the built-in one")
    console.next(with_project(f"test --select {model}", options))


@cli.command("demo", short_help="Try it all on real grocery data.")
@work_options
def demo(threads: int | None, **options: Any) -> None:
    """Load 1.47 million real grocery lines, refresh, backtest, publish, and show."""
    from recsql.config.project import demo_project
    from recsql.demo.groceries import run_demo

    project = open_project(**options, load=demo_project)
    console = open_console()
    run_demo(project, threads or project.profile.threads, console)
    console.next(*(with_project(name, options) for name in ("report", "serve --ui")))


COMMANDS = [
    backtest,
    compare,
    compile_models,
    forget,
    load,
    report,
    serve,
    train_ranker,
    tune,
]
COMMANDS += [show_vars, *cli_refresh.COMMANDS, *cli_show.COMMANDS]
for command in COMMANDS:
    cli.add_command(command)
