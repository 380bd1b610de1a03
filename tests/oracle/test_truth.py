"""What lists are scored on: all that was taken, whatever settings leave out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from tests.oracle.cases import catalogue, evaluated, listed
from tests.worlds import AS_OF, Line, World, random_lines, tiny_world

LINES = random_lines(11, baskets=120)
WANTED = "+eval_truth +eval_ideals"


@contextmanager
def truths(**changed: Any) -> Iterator[World]:
    with tiny_world(LINES, wanted=WANTED, **changed) as world:
        yield world


def held_out() -> set[tuple[int, int]]:
    """Return (user, item) taken in the 28 days from as_of on."""
    end = AS_OF + timedelta(days=28)
    return {
        (line.user, line.item)
        for line in LINES
        if line.user and line.quantity and AS_OF <= line.at < end
    }


@pytest.mark.parametrize("least", [1, 6, 60])
def test_min_item_baskets_does_not_shrink_the_truth(least: int) -> None:
    with truths(min_item_baskets=least, core_min_users_per_item=0) as world:
        assert set(world.rows("select user_id, item_id from eval_truth")) == held_out()
        rare = {
            item
            for (item,) in world.rows(
                f"select item_id from int_items where basket_count < {least} "
                "and not is_new"
            )
        }
        found = world.rows("select item_id, unlistable_because from eval_truth")
    assert {reason for item, reason in found if item in rare} <= {"rare"}
    assert {reason for item, reason in found if item not in rare} <= {None}


def test_what_no_list_could_hold_counts_against_a_list() -> None:
    """One of two items is hit: recall 1/2, by var eval_truth 1/1."""
    expected = {"all": 1 / 2, "listable": 1 / 1}
    for kind, recall in expected.items():
        tables = {
            "eval_lists": listed([(1, 10, 1)]),
            "eval_taken": [
                {
                    "user_id": 1,
                    "item_id": 10,
                    "weight": 1.0,
                    "rating": 1.0,
                    "unlistable_because": None,
                },
                {
                    "user_id": 1,
                    "item_id": 30,
                    "weight": 1.0,
                    "rating": 1.0,
                    "unlistable_because": "rare",
                },
            ],
            "int_items": catalogue({10: 4, 30: 1}),
            "int_user_items": [{"user_id": 1, "item_id": 20, "is_taken": True}],
            "eval_newcomers": [{"user_id": 9}],
        }
        models = ["eval_truth", "eval_kinds", "eval_hits", "eval_ideals"]
        models += ["eval_user_metrics"]
        with evaluated(tables, models, eval_truth=kind) as world:
            assert world.rows("select recall from eval_user_metrics") == [(recall,)]


def test_windows_are_half_open_and_keep_fractions_of_a_second() -> None:
    """An event on the boundary of two folds is in one of them."""
    start = AS_OF + timedelta(milliseconds=500)
    days = timedelta(days=7)
    moments = [start - timedelta(microseconds=1), start, start + days]
    lines = [Line(100, n, n, at) for n, at in enumerate(moments)]
    lines.append(Line(100, 9, 9, AS_OF - timedelta(days=3)))
    held = []
    for fold in (0, 1):
        moment = start + fold * days
        with tiny_world(
            lines,
            wanted="+stg_holdout_events +stg_events",
            as_of=str(moment),
            holdout_days=7,
        ) as world:
            held.append(world.rows("select item_id from stg_holdout_events"))
            seen = {item for (item,) in world.rows("select item_id from stg_events")}
            assert seen == {line.item for line in lines if line.at < moment}
    assert held == [[(1,)], [(2,)]]
