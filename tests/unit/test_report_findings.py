"""What the report says of a backtest, from rows as its queries give them."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from recsql.report.data import Part
from recsql.report.findings import findings, kinds_of, measured

RUN = {
    "split": "time",
    "truth": "all",
    "repeat_share": 0.4,
    "last_as_of": datetime(2024, 3, 1),
    "holdout_days": 28,
    "test_user_count": 1200,
    "fold_count": 1,
}


def answers(leaders: list[dict[str, Any]] | None = None, **changed: Any) -> Any:
    def part(rows: list[dict[str, Any]]) -> Part:
        columns = tuple(rows[0]) if rows else ()
        return Part(columns, tuple(tuple(row.values()) for row in rows))

    parts = {"runs": part([{**RUN, **changed}]), "leaders": part(leaders or [])}
    return SimpleNamespace(parts=parts)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            "This one was trained before 2024-03-01 00:00 and scored 1,200 users "
            "on the 28 days that followed. What counts as right: all that they took "
            "then (eval_truth: all).",
        ),
        (
            {"split": "column", "truth": "listable", "fold_count": 2},
            "This one held out the rows that events.is_test marks and scored 1,200 "
            "users on them, the users of 2 folds together. What counts as right: of "
            "what they took then, only what a list could hold (eval_truth: listable).",
        ),
    ],
)
def test_the_split_and_the_truth_are_named(changed: dict[str, Any], said: str) -> None:
    assert measured(answers(**changed)) == said


def test_a_split_has_words() -> None:
    for split in ("time", "last_n", "random", "users", "column"):
        assert ("before" in measured(answers(split=split))) == (split == "time")


@pytest.mark.parametrize(
    ("share", "first"), [(0.4, "Of all items,"), (0.0, "Of items new to the user,")]
)
def test_all_items_come_last_where_nothing_repeats(share: float, first: str) -> None:
    rows = [
        {
            "allow_repeat": kind,
            "metric": "ndcg@10",
            "list_name": "als",
            "other_list_name": "popular",
            "is_significant": True,
            "more_users": 0,
        }
        for kind in ("all", "new_only")
    ]
    given = answers(rows, repeat_share=share)
    assert next(findings(given)).startswith(first)
    assert next(iter(kinds_of(given))) == ("all" if share else "new_only")
