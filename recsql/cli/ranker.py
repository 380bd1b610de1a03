"""The command `recsql train-ranker`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from recsql.cli.options import (
    open_console,
    open_to_work,
    with_project,
    work_options,
)


@click.command("train-ranker", short_help="Learn how to order the candidates.")
@click.option("--folds", type=click.IntRange(1, 60), default=3, show_default=True)
@click.option("--every", default="28d", show_default=True, help="Time between folds.")
@click.option(
    "--last",
    default="28d",
    show_default=True,
    help="How long after each fold to learn from.",
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M:%S"]),
    metavar="TIME",
    help="Use nothing from then on; for backtests with this as_of.",
)
@work_options
def train_ranker(
    folds: int,
    every: str,
    last: str,
    until: datetime | None,
    threads: int | None,
    **options: Any,
) -> None:
    """Build the features as of past moments, and learn what was taken after each."""
    from recsql.evaluation import training
    from recsql.evaluation.backtest import parse_days

    past = training.Past(folds, parse_days(every), parse_days(last), until)
    project = open_to_work(threads, **options)
    console = open_console()
    trained = training.train_ranker(
        project, past, threads or project.profile.threads, console.event
    )
    console.table(
        ("feature", "theme", "gain", "coverage", "theme ms"),
        [
            (x.feature, x.theme, x.gain_share, x.coverage, round(x.milliseconds))
            for x in trained.features
        ],
        "What each feature is worth, and what it costs",
    )
    ranker = trained.ranker
    newest = "" if ranker.ndcg is None else f"; newest fold: NDCG@10 {ranker.ndcg:.4f}"
    console.line(
        f"trained {ranker.trees} trees on {trained.pairs:,} pairs of "
        f"{len(trained.moments)} folds{newest}"
    )
    console.next(with_project("backtest --last 28d --ranker train", options))
