"""Training the ranker: the models as of past moments, and what was taken after each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import TYPE_CHECKING

from recsql.config.project import Project
from recsql.engine.records import append_rows
from recsql.engine.scheduling import ModelResult
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.evaluation.past import build_as_of, event_range, scratch_warehouse
from recsql.numerics import ranking
from recsql.operation.events import Event, Listener

if TYPE_CHECKING:
    import pyarrow as pa

SCRATCH = "training.duckdb"
FEATURES, LABELS = "rank_features", "rank_labels"
WANTED = (f"+{FEATURES}", f"+{LABELS}")
KEYS = ("user_index", "item_index", "is_taken")
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Past:
    """Which past moments to learn from: `folds` of them, `every` days apart.

    What was taken in the `days` after each is learned; nothing from `until` on is seen,
    by default the end of the events.
    """

    folds: int
    every: int
    days: int
    until: datetime | None = None


@dataclass(frozen=True)
class Feature:
    """What a feature is worth, and what it costs.

    Attributes:
        feature: its name, a column of rank_features.
        theme: the model that makes it.
        gain_share: its share of the gain of all features, in [0, 1].
        coverage: the share of pairs for which it is known, in [0, 1].
        milliseconds: to build the theme's model, mean over the folds.
    """

    feature: str
    theme: str
    gain_share: float
    coverage: float
    milliseconds: float


@dataclass(frozen=True)
class Trained:
    """The new ranker and the report on its features, the most gain first."""

    ranker: ranking.Ranker
    moments: tuple[datetime, ...]
    learned_until: datetime
    pairs: int
    features: tuple[Feature, ...]


def train_ranker(
    project: Project, past: Past, threads: int, listener: Listener
) -> Trained:
    """Train a ranker and add it to raw table rankers of the warehouse.

    Raises:
        InputError: LightGBM is missing, the events do not go back far enough, or nobody
            took anything after one of the moments.
        ModelError: a model failed.
        TestsFailed: a test failed, e.g. that nothing later than a moment was seen.
    """
    ranking.require_lightgbm()
    seconds: defaultdict[str, list[float]] = defaultdict(list)

    def listen(event: Event) -> None:
        if isinstance(event, ModelResult):
            seconds[event.name].append(event.seconds)
        listener(event)

    folds: list[ranking.Examples] = []
    with scratch_warehouse(project, SCRATCH) as warehouse:
        moments = _moments(project, warehouse, past)
        for moment in moments:
            given = {"ranker": True, "as_of": str(moment), "holdout_days": past.days}
            build_as_of(project.with_vars(given), warehouse, WANTED, threads, listen)
            names, examples = _examples(warehouse, moment)
            folds.append(examples)
        themes = _themes(warehouse)
    ranker = ranking.fit(folds, names, threads=threads)
    pairs = sum(len(fold.taken) for fold in folds)
    report = _report(ranker, folds, names, themes, seconds)
    until = moments[-1] + timedelta(days=past.days) - INSTANT
    trained = Trained(ranker, tuple(moments), until, pairs, report)
    _store(project, trained, names)
    return trained


def _moments(project: Project, warehouse: Warehouse, past: Past) -> list[datetime]:
    """Return the moments to learn from, oldest first."""
    first, last = event_range(project, warehouse)
    end = min(last, past.until) if past.until else last
    moments = [
        end - timedelta(days=past.days + past.every * fold)
        for fold in reversed(range(past.folds))
    ]
    if first >= moments[0]:
        raise InputError(
            f"train-ranker: the first moment to learn from is {moments[0]}, and no "
            f"event is older: the first is at {first}. Use fewer --folds, or shorter "
            "--every and --last."
        )
    return moments


def _examples(
    warehouse: Warehouse, moment: datetime
) -> tuple[list[str], ranking.Examples]:
    """Return the names of the features, and the pairs of one moment."""
    import numpy as np

    table: pa.Table = warehouse.connection.sql(
        f"select * from main.{FEATURES} inner join main.{LABELS} "
        "using (user_index, item_index) order by user_index, item_index"
    ).to_arrow_table()
    names = [name for name in table.column_names if name not in KEYS]
    taken = table["is_taken"].to_numpy().astype(np.float32)
    if not taken.any():
        raise InputError(
            f"train-ranker: nobody took a candidate in the days after {moment}. Use a "
            "longer --last."
        )
    columns = [table[name].to_numpy() for name in names]
    _, sizes = np.unique(table["user_index"].to_numpy(), return_counts=True)
    return names, ranking.Examples(np.column_stack(columns), taken, sizes)


def _themes(warehouse: Warehouse) -> dict[str, str]:
    """Return the model that makes each feature."""
    rows = warehouse.rows(
        "select column_name, table_name from information_schema.columns "
        "where table_catalog = current_database() and starts_with(table_name, 'rank_') "
        f"and table_name not in ('rank_pairs', '{FEATURES}', '{LABELS}')"
    )
    return dict(rows)


def _report(
    ranker: ranking.Ranker,
    folds: Sequence[ranking.Examples],
    names: Sequence[str],
    themes: Mapping[str, str],
    seconds: Mapping[str, Sequence[float]],
) -> tuple[Feature, ...]:
    import numpy as np

    known = 1 - np.mean([np.isnan(f.features).mean(axis=0) for f in folds], axis=0)
    shares = ranker.gains / max(ranker.gains.sum(), 1e-300)
    features = [
        Feature(
            feature=name,
            theme=themes[name],
            gain_share=float(share),
            coverage=float(coverage),
            milliseconds=1000 * mean(seconds[themes[name]]),
        )
        for name, share, coverage in zip(names, shares, known, strict=True)
    ]
    return tuple(sorted(features, key=lambda f: (-f.gain_share, f.feature)))


def _store(project: Project, trained: Trained, names: Sequence[str]) -> None:
    """Add the ranker, and the report on its features, to the raw tables."""
    now = datetime.now(UTC).replace(tzinfo=None)
    ranker = trained.ranker
    row = {
        "trained_at": now,
        "learned_until": trained.learned_until,
        "objective": ranking.OBJECTIVE,
        "features": list(names),
        "folds": len(trained.moments),
        "pairs": trained.pairs,
        "trees": ranker.trees,
        "ndcg": ranker.ndcg,
        "booster": ranker.booster,
    }
    report = [{"trained_at": now, **asdict(feature)} for feature in trained.features]
    profile = project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        append_rows(project, warehouse, "rankers", [row])
        append_rows(project, warehouse, "ranker_features", report)
