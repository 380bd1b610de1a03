"""What a backtest found, read from the tables of its warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse
from recsql.evaluation.fold_rankers import FoldRanker

UNLISTABLE = {
    "unknown": "of items that no model knew",
    "rare": "of items in fewer baskets than min_item_baskets",
    "not_on_offer": "not on offer where the user shops",
    "blocked": "blocked for the user",
}
FIGURE = (
    "list_name, allow_repeat, metric, k, metric_value, interval_low, interval_high, "
    "user_count"
)
POLICY = (
    "allow_repeat, list_name, k, policy_value, interval_low, interval_high, "
    "shown_value, effective_count"
)
SUGGESTION = (
    "surface, metric, k, list_name, min_orders, surface_value, gain, joint_low, "
    "joint_high, is_clear, alternative_count"
)
T = TypeVar("T")
PAIR = "allow_repeat, metric, k, list_name, other_list_name, "


RARELY = 0.01  # a share of repeats below it: nothing is taken twice


@dataclass(frozen=True)
class Figure:
    """One line of the evaluation summary that is about all users."""

    list_name: str
    allow_repeat: str
    metric: str
    k: int
    value: float
    low: float | None
    high: float | None
    users: int


@dataclass(frozen=True)
class Comparison:
    """One list against another, user by user; by how much the first is better."""

    allow_repeat: str
    metric: str
    k: int
    list_name: str
    other_list_name: str
    difference: float
    is_significant: bool
    more_users: int | None


@dataclass(frozen=True)
class Threshold:
    """From how many orders on a list is better than another; None where it never is."""

    allow_repeat: str
    metric: str
    k: int
    list_name: str
    other_list_name: str
    min_orders: int | None


@dataclass(frozen=True)
class Policy:
    """Clicks per exposure that a list would have had, from exposures of others."""

    allow_repeat: str
    list_name: str
    k: int
    value: float
    low: float | None
    high: float | None
    shown_value: float
    effective_count: float


@dataclass(frozen=True)
class Suggestion:
    """The best alternative to a surface: a source first, from how many orders on.

    The bounds of the gain hold for all `alternatives` of all surfaces at once.
    """

    surface: str
    metric: str
    k: int
    list_name: str
    min_orders: int
    surface_value: float
    gain: float
    low: float
    high: float
    is_clear: bool
    alternatives: int


@dataclass(frozen=True)
class Truth:
    """What lists were scored on; shares of what was taken that no list could hold."""

    kind: str
    repeat_share: float
    unlistable: Mapping[str, float]


def kinds_in_order(repeat_share: float) -> tuple[str, str, str]:
    """Return the kinds of items in the order to tell of them.

    Where nothing is taken twice all items are the new ones, and come last.

    >>> kinds_in_order(0.4)[0], kinds_in_order(0.0)[0]
    ('all', 'new_only')
    """
    if repeat_share < RARELY:
        return "new_only", "repeat_only", "all"
    return "all", "new_only", "repeat_only"


@dataclass(frozen=True)
class Recall:
    """The share of what was taken that the candidates hold, and that no list could."""

    allow_repeat: str
    found: float
    unlistable: float


@dataclass(frozen=True)
class Backtest:
    """What one fold of a backtest found, or all together, and the window it looked at.

    `recalls` are those of all sources together.
    """

    run_id: str
    as_of: datetime
    until: datetime
    figures: tuple[Figure, ...]
    comparisons: tuple[Comparison, ...]
    thresholds: tuple[Threshold, ...]
    recalls: tuple[Recall, ...]
    policies: tuple[Policy, ...]
    suggestions: tuple[Suggestion, ...]
    truth: Truth
    ranker: FoldRanker | None = None


@dataclass(frozen=True)
class Run:
    """The folds of a backtest, the earliest first, and their users all together."""

    folds: tuple[Backtest, ...]
    whole: Backtest


def read_results(
    project: Project, warehouse: Warehouse, as_of: datetime, until: datetime
) -> Backtest:
    """Return what the tables of layer evaluation say."""

    def rows(
        kind: type[T], table: str, columns: str, where: str = "true"
    ) -> tuple[T, ...]:
        if table not in warehouse.kinds:
            return ()
        found = warehouse.rows(
            f"select {columns} from main.{table} where {where} order by all"
        )
        return tuple(kind(*row) for row in found)

    recalls = rows(
        Recall,
        "eval_candidate_recall",
        "allow_repeat, sum(candidate_recall * user_count) / sum(user_count), "
        "sum(unlistable_share * user_count) / sum(user_count)",
        "candidate_source = 'all sources' group by allow_repeat",
    )
    return Backtest(
        project.vars["eval_run"]["run_id"],
        as_of,
        until,
        rows(Figure, "eval_summary", FIGURE, "segment_kind = 'all'"),
        rows(
            Comparison,
            "eval_comparisons",
            PAIR + "difference, is_significant, more_users",
        ),
        rows(Threshold, "eval_thresholds", PAIR + "min_orders"),
        recalls,
        rows(Policy, "eval_policies", POLICY, "estimator = 'snips'"),
        rows(Suggestion, "eval_suggestions", SUGGESTION),
        _read_truth(project, warehouse),
    )


def _read_truth(project: Project, warehouse: Warehouse) -> Truth:
    shares = ", ".join(
        f"coalesce(sum({name}_count) / sum(taken_count), 0)" for name in UNLISTABLE
    )
    ((repeats, *unlistable),) = warehouse.rows(
        f"select coalesce(sum(repeat_count) / sum(truth_count), 0), {shares} "
        "from main.eval_runs"
    )
    named = dict(zip(UNLISTABLE.values(), unlistable, strict=True))
    return Truth(project.vars["eval_truth"], repeats, named)
