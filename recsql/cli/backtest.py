"""The commands that measure: backtest, compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsql.cli.options import (
    open_console,
    open_project,
    open_to_work,
    project_options,
    with_project,
    work_options,
)

if TYPE_CHECKING:
    from recsql.evaluation.fold_rankers import Origin


@click.command("backtest", short_help="Score what the models would have shown.")
@click.option(
    "--last", default="28d", show_default=True, help="The holdout: 28d, 4w ..."
)
@click.option(
    "--folds",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="How many past moments.",
)
@click.option("--every", help="Time between two folds.  [default: as --last]")
@click.option(
    "--gap", default="0d", show_default=True, help="Time left out before --last."
)
@click.option(
    "--ranker",
    type=click.Choice(["auto", "stored", "train"]),
    default="auto",
    show_default=True,
    help="Use the stored ranker or train one for each fold; auto: train if none is "
    "stored.",
)
@work_options
def backtest(
    last: str,
    folds: int,
    every: str | None,
    gap: str,
    ranker: Origin,
    threads: int | None,
    **options: Any,
) -> None:
    """Build the same models as of a past moment and score what they recommend."""
    from recsql.evaluation import backtest as backtests
    from recsql.terminal.scoreboard import print_backtests

    asked = backtests.asked_folds(last, folds, every, gap, ranker)
    project, console = open_to_work(threads, **options), open_console()
    count = threads or project.profile.threads
    run = backtests.run_folds(project, asked, count, console.event)
    print_backtests(console, project, run)
    console.next(
        with_project("report", options),
        with_project(f"compare {run.whole.run_id[:8]} RUN", options),
    )


@click.command("compare", short_help="Compare two runs of backtests.")
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@project_options
def compare(first: str, second: str, **options: Any) -> None:
    """Compare two runs of backtests, each named by the first letters of its run_id.

    recsql show eval_runs lists the runs.
    """
    from recsql.questions import queries

    shown, alike = queries.compare_runs(open_project(**options), (first, second))
    console = open_console()
    if shown.rows:
        console.table(shown.headers, shown.rows)
    if alike:
        console.line(f"{alike} figures are the same in both runs")
