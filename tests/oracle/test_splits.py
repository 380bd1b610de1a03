"""What is held out by each var eval_split, against plain Python."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from recsql.numerics import factorize
from tests.worlds import AS_OF, Line, World, random_lines, tiny_world

LINES = random_lines(5, baskets=80)
Split = Callable[[Line], bool]


def share(*parts: int) -> float:
    """Return the number in [0, 1) that is drawn from the parts."""
    text = ":".join(["eval_split", *map(str, parts)])
    return int(hashlib.md5(text.encode()).hexdigest()[:13], 16) / 16**13


def is_last(line: Line) -> bool:
    """Say whether a line is among its user's last two moments before as_of."""
    moments = {x.at for x in LINES if x.user == line.user and x.at < AS_OF}
    return line.at in sorted(moments)[-2:]


SPLITS: dict[str, tuple[dict[str, Any], Split]] = {
    "last_n": ({"eval_last_n": 2}, is_last),
    "random": (
        {"eval_split_share": 0.3},
        lambda line: share(line.user or 0, line.item) < 0.3,
    ),
    "users": (
        {"eval_split_share": 0.4, "eval_given_share": 0.7},
        lambda line: (
            share(line.user or 0) < 0.4 and share(line.user or 0, line.item) >= 0.7
        ),
    ),
}


def staged(split: str, **settings: Any) -> tuple[set[Any], set[Any]]:
    """Return (basket, item) of what is visible, and of what is held out."""
    with tiny_world(
        LINES, wanted="+stg_holdout_events", eval_split=split, **settings
    ) as world:
        held = world.rows("select basket_id, item_id from stg_holdout_events")
    with tiny_world(LINES, wanted="+stg_events", eval_split=split, **settings) as world:
        seen = world.rows("select basket_id, item_id from stg_events")
    return set(seen), set(held)


def parts(lines: list[Line], is_held: Split) -> tuple[set[Any], set[Any]]:
    """Return the same by a function; guests are never held out."""
    found: tuple[set[Any], set[Any]] = (set(), set())
    for line in lines:
        held = line.user is not None and is_held(line)
        found[held].add((str(line.basket), line.item))
    return found


@pytest.mark.parametrize("split", SPLITS)
def test_a_split_by_users_and_items(split: str) -> None:
    settings, is_held = SPLITS[split]
    past = [line for line in LINES if line.at < AS_OF]
    seen, held = staged(split, **settings)
    assert (seen, held) == parts(past, is_held)
    assert held
    assert not seen & held


def test_a_split_by_a_column() -> None:
    events = {
        "table": "transactions",
        "user_id": "household_id",
        "item_id": "product_id",
        "event_at": "transaction_timestamp",
        "basket_id": "basket_id",
        "is_test": "nullif(product_id % 3, 2) = 0",
    }
    seen, held = staged("column", events=events)
    past = {(str(x.basket), x.item) for x in LINES if x.at < AS_OF}
    assert held == {pair for pair in past if pair[1] % 3 == 0}
    assert seen == past - held


def test_a_split_by_time_with_a_gap() -> None:
    seen, held = staged("time", eval_gap_days=7, holdout_days=14)
    assert seen == {(str(x.basket), x.item) for x in LINES if x.at < AS_OF}
    start = AS_OF + timedelta(days=7)
    inside = [x for x in LINES if start <= x.at < start + timedelta(days=14)]
    assert held == {(str(x.basket), x.item) for x in inside}


@pytest.fixture(scope="module")
def held_out() -> Any:
    settings, _ = SPLITS["users"]
    sources = {"candidate_sources": ["als", "popular"]}
    with tiny_world(LINES, eval_split="users", **settings, **sources) as world:
        yield world


def test_models_learn_nothing_from_held_out_users(held_out: World) -> None:
    """Strong generalization: they are folded in by the part that is given."""
    rows = held_out.rows(
        "select user_id, user_index, item_index, weight from int_user_items "
        "where is_eligible order by all"
    )
    test = {user for user, *_ in rows if share(user) < 0.4}
    cells = [row[1:] for row in rows if row[0] not in test]
    users, items, weights = (np.array(column) for column in zip(*cells, strict=True))
    settings = factorize.AlsParameters(4, 0.05, 5.0, 5, 42)
    _, expected = factorize.als(users, items, weights.astype("f4"), settings)
    found = held_out.factors("als", "item")
    for item, vector in found.items():
        np.testing.assert_allclose(vector, expected[item], atol=1e-5)
    vectors = held_out.factors("als", "user")
    given = [row[1:] for row in rows if row[0] in test]
    users, items, weights = (np.array(column) for column in zip(*given, strict=True))
    matrix = np.array([found[item] for item in sorted(found)], dtype=np.float32)
    numbers, folded = factorize.als_fold_in(
        users, items, weights.astype("f4"), matrix, settings
    )
    assert len(numbers)
    for number, vector in zip(numbers, folded, strict=True):
        np.testing.assert_allclose(vectors[number], vector, atol=1e-4)


def test_held_out_users_are_scored_on_the_rest(held_out: World) -> None:
    users = {user for (user,) in held_out.rows("select user_id from eval_user_metrics")}
    assert users
    assert all(share(user) < 0.4 for user in users)
