"""Values of lists by logged exposures: the formulas, and one whose truth is known."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.worlds import AS_OF, World, random_lines, tiny_world

USERS, ITEMS, EACH = range(100, 130), 40, 1500
CLIP = 2.0
MAPPING = {
    "table": "log",
    "user_id": "who",
    "item_id": "what",
    "surface": None,
    "variant": None,
    "shown_at": "moment",
    "clicked_at": "clicked",
    "propensity": "chance",
    "where": None,
}


@dataclass(frozen=True)
class Log:
    """What was shown, by chances that are known, to users whose taste is known."""

    rows: list[dict[str, Any]]
    tastes: np.ndarray[Any, Any]  # chance of a click, by user and item


@pytest.fixture(scope="module")
def log() -> Log:
    chance = np.random.default_rng(11)
    tastes = chance.beta(1, 4, (len(USERS), ITEMS))
    rows = []
    for number, user in enumerate(USERS):
        shares = chance.dirichlet(np.full(ITEMS, 2.0)) * 0.8 + 0.2 / ITEMS
        count = EACH + 10 * number
        for item in chance.choice(ITEMS, count, p=shares):
            at = AS_OF + timedelta(minutes=int(chance.integers(1, 40_000)))
            clicked = at if chance.random() < tastes[number, item] else None
            rows.append(
                {
                    "who": user,
                    "what": int(item),
                    "moment": at,
                    "clicked": clicked,
                    "chance": float(shares[item]),
                }
            )
    rows.append({**rows[0], "who": 999})  # nobody knows this user
    rows.append({**rows[0], "moment": AS_OF - timedelta(days=1)})
    return Log(rows, tastes)


def built(log: Log, **changed: Any) -> Any:
    return tiny_world(
        random_lines(3),
        wanted="+eval_policies",
        tables={"log": pa.Table.from_pylist(log.rows)},
        exposures=MAPPING,
        eval_cutoffs=[1, 3],
        **changed,
    )


@pytest.fixture(scope="module")
def world(log: Log) -> Iterator[World]:
    with built(log) as world:
        yield world


def lists_of(world: World, k: int) -> dict[tuple[str, str], dict[int, list[int]]]:
    found: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(dict)
    for name, kind, user, item in world.rows(
        "select list_name, allow_repeat, user_id, item_id from eval_lists "
        f"where item_rank <= {k} and list_name <> 'new users' order by item_rank"
    ):
        found[name, kind].setdefault(user, []).append(item)
    return found


def test_values_are_near_the_truth(world: World, log: Log) -> None:
    found = {
        (r["list_name"], r["allow_repeat"], r["k"], r["estimator"]): r
        for r in world.dicts("eval_policies")
    }
    logged = {user: EACH + 10 * number for number, user in enumerate(USERS)}
    total = sum(logged.values())
    checked = 0
    for k in (1, 3):
        for key, lists in lists_of(world, k).items():
            values = {
                user: log.tastes[user - 100, items].mean()
                for user, items in lists.items()
            }
            earned = sum(logged[user] * value for user, value in values.items())
            reached = sum(logged[user] for user in values)
            row = found[*key, k, "ips"]
            error = 5 * math.sqrt(row["policy_value"] / row["effective_count"])
            assert row["policy_value"] == pytest.approx(earned / total, abs=error)
            assert row["mean_weight"] == pytest.approx(reached / total, abs=0.15)
            snips = found[*key, k, "snips"]["policy_value"]
            assert snips == pytest.approx(earned / reached, abs=error)
            checked += 1
    assert checked >= 16
    assert len(found) == 2 * checked


def test_the_truth_is_within_the_interval(world: World, log: Log) -> None:
    """Of 95 % intervals about so many hold what lists would really have earned."""
    rows = {
        (r["list_name"], r["allow_repeat"], r["k"]): r
        for r in world.dicts("eval_policies")
        if r["estimator"] == "snips"
    }
    logged = {user: EACH + 10 * number for number, user in enumerate(USERS)}
    held = []
    for (name, kind, k), row in rows.items():
        lists = lists_of(world, k)[name, kind]
        truth = sum(
            logged[user] * log.tastes[user - 100, items].mean()
            for user, items in lists.items()
        ) / sum(logged[user] for user in lists)
        held.append(row["interval_low"] <= truth <= row["interval_high"])
        assert row["interval_low"] < row["policy_value"] < row["interval_high"]
    assert len(held) >= 16
    assert sum(held) >= 0.8 * len(held), held


def test_what_was_shown_is_not_what_the_lists_would_earn(world: World) -> None:
    """Else a test that takes the one for the other would pass."""
    values = world.rows(
        "select abs(policy_value - shown_value), exposure_count, user_count "
        "from eval_policies where estimator = 'snips'"
    )
    assert max(value for value, *_ in values) > 0.05
    count = sum(EACH + 10 * number for number in range(len(USERS)))
    assert {row[1:] for row in values} == {(count, len(USERS))}


@pytest.mark.parametrize("clip", [None, CLIP])
def test_formulas(world: World, log: Log, clip: float | None) -> None:
    if clip is None:
        _compare(world, log, math.inf)
    else:
        with built(log, eval_policy_clip=clip) as clipped:
            _compare(clipped, log, clip)


def _compare(world: World, log: Log, clip: float) -> None:
    rows = world.dicts("eval_policies")
    assert rows
    logged = [r for r in log.rows if r["who"] in USERS and r["moment"] >= AS_OF]
    users = np.array([r["who"] for r in logged])
    clicks = np.array([r["clicked"] is not None for r in logged], dtype=float)
    chances = np.array([r["chance"] for r in logged])
    for k in (1, 3):
        for key, lists in lists_of(world, k).items():
            policy = np.array(
                [
                    (r["what"] in lists.get(r["who"], []))
                    / len(lists.get(r["who"], "x"))
                    for r in logged
                ]
            )
            weights = np.minimum(policy / chances, clip)
            for estimator, divisor in (
                ("ips", np.ones_like(weights)),
                ("snips", weights),
            ):
                value = (weights * clicks).sum() / divisor.sum()
                residuals = weights * clicks - value * divisor
                by_user = np.array([residuals[users == user].sum() for user in USERS])
                n = len(USERS)
                error = math.sqrt(n / (n - 1) * (by_user**2).sum()) / divisor.sum()
                (row,) = [
                    r
                    for r in rows
                    if (r["list_name"], r["allow_repeat"], r["k"], r["estimator"])
                    == (*key, k, estimator)
                ]
                assert row["policy_value"] == pytest.approx(value)
                assert row["interval_low"] == pytest.approx(value - 1.96 * error)
                assert row["interval_high"] == pytest.approx(value + 1.96 * error)
                assert row["shown_value"] == pytest.approx(clicks.mean())
                assert row["matched_count"] == np.count_nonzero(policy)
                over = np.count_nonzero(policy / chances > clip)
                assert row["clipped_count"] == over
                effective = weights.sum() ** 2 / (weights**2).sum()
                assert row["effective_count"] == pytest.approx(effective)
