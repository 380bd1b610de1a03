"""The ranker of a backtest's fold: one that learned from what came before it alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from recsql.config.project import Project
from recsql.engine.records import find_relation
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError
from recsql.evaluation import mixing
from recsql.evaluation.training import Past, train_ranker
from recsql.operation.events import Listener

MOST_FOLDS = 3  # that a ranker learns from, as by default in train-ranker

Origin = Literal["auto", "stored", "train"]


@dataclass(frozen=True)
class FoldRanker:
    """What orders the lists of a fold; seconds it was trained for, None if stored."""

    as_of: datetime
    learned_until: datetime
    seconds: float | None


def fold_ranker(
    project: Project,
    first: datetime,
    moment: tuple[datetime, int],
    origin: Origin,
    threads: int,
    listener: Listener,
) -> FoldRanker | None:
    """Return the ranker of a fold, trained if need be; None where no list wants one.

    Args:
        project: as of now.
        first: the time of the first event.
        moment: as_of of the fold, and for how many days it is scored.
        origin: stored: never train; train: always; auto: where none is stored that has
            the features of today and learned until as_of, or at most `days` before it.
        threads: how many models are built at once.
        listener: is told what is built.

    Raises:
        InputError: the events before as_of are too few, or LightGBM is missing.
    """
    wanted = mixing.wanted_features(project)
    if not wanted:
        return None
    as_of, days = moment
    span = timedelta(days=days)
    may_train = origin != "stored" and project.vars["eval_split"] == "time"
    known = None if origin == "train" else _stored(project, as_of, wanted)
    if known and may_train and known < as_of - span:
        known = None
    if known or not may_train:  # without one the build says how to get it
        return FoldRanker(as_of, known, None) if known else None
    count = min(MOST_FOLDS, (as_of - first) // span)
    if count < 1:
        raise InputError(
            f"backtest: the ranker as of {as_of} has too short a past to learn from: "
            f"the first event is at {first}. Use less --folds or a shorter --last."
        )
    started = time.perf_counter()
    past = Past(count, every=days, days=days, until=as_of)
    trained = train_ranker(project, past, threads, listener)
    return FoldRanker(as_of, trained.learned_until, time.perf_counter() - started)


def _stored(
    project: Project, as_of: datetime, wanted: Mapping[str, list[str]]
) -> datetime | None:
    """Return until when those that the models would take have learned, all of them."""
    profile = project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        relation = find_relation(project, warehouse, "rankers")
        if relation is None:
            return None
        rows = warehouse.rows(
            "select objective, arg_max(learned_until, (learned_until, trained_at)), "
            "arg_max(features, (learned_until, trained_at)) "
            f"from {relation} where learned_until < ? group by objective",
            [as_of],
        )
    known = {
        objective: until
        for objective, until, features in rows
        if features == wanted.get(objective)
    }
    return min(known.values()) if known.keys() == wanted.keys() else None
