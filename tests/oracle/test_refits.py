"""Fits that are kept over refreshes, against dense solutions by NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse
from tests.worlds import SMALL, Line, load_lines, plan_with, random_lines

MODELS = ["als", "bpr", "lmf", "svd"]
EVERY = 3
SETTINGS: dict[str, Any] = {
    **SMALL,
    "as_of": None,
    "candidate_sources": [*MODELS, "popular"],
    "surfaces": [{**SMALL["surfaces"][1], "personal": ["als"]}],
    "min_item_baskets": 4,
    "bpr_factors": 3,
    "lmf_factors": 3,
    "svd_factors": 4,
    "svd_weights": "decayed",
    "refit_every": EVERY,
}
WANTED = ["+mon_fits", "+cand_factors"]
LINES = sorted(
    [line for line in random_lines(5, baskets=200) if line.user != 129],
    key=lambda line: line.at,
)
PARTS = [LINES[: len(LINES) * share // 10] for share in (6, 7, 8, 9)]
Vectors = dict[int, Any]


@dataclass
class Shop:
    """A warehouse in memory to which lines arrive."""

    warehouse: Warehouse

    def refresh(self, lines: Sequence[Line], **given: Any) -> dict[str, str]:
        """Replace the lines and build; return the notes of incremental models."""
        self.warehouse.rows("drop schema if exists raw cascade")
        load_lines(self.warehouse, lines)
        plan = plan_with(**{**SETTINGS, **given})
        notes = {}
        for result in run_models(plan, self.warehouse, plan.graph.select(WANTED), 1):
            if result.error:
                raise result.error
            notes[result.name] = result.note
        return notes

    def vectors(self, model: str, side: str) -> Vectors:
        """Return the vectors of users or items by their ids."""
        rows = self.warehouse.rows(
            f"select {side}_id, factors from sig_{side}_factors "
            f"inner join int_{side}s using ({side}_index) where model_name = '{model}'"
        )
        return {name: np.array(vector) for name, vector in rows}

    def histories(self) -> dict[int, dict[int, float]]:
        """Return every user's weights of eligible items."""
        found: dict[int, dict[int, float]] = {}
        for user, item, weight in self.warehouse.rows(
            "select user_id, item_id, weight from int_user_items where is_eligible"
        ):
            found.setdefault(user, {})[item] = float(np.float32(weight))
        return found

    def fits(self) -> dict[str, tuple[Any, ...]]:
        """Return what is said of each model's fit."""
        rows = self.warehouse.rows(
            "select model_name, reason, refreshes_since, drift, unseen_item_count, "
            "fitted_at from mon_fits"
        )
        return {name: said for name, *said in rows}  # type: ignore[misc]


@contextmanager
def shop() -> Iterator[Shop]:
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 2}) as warehouse:
        yield Shop(warehouse)


def equal(found: Vectors, expected: Vectors) -> None:
    assert set(found) == set(expected)
    for name, vector in expected.items():
        np.testing.assert_array_equal(found[name], vector)


def changed_users(before: Sequence[Line], after: Sequence[Line]) -> set[int]:
    counted = [
        {
            x.user: sorted(map(repr, (y for y in lines if y.user == x.user)))
            for x in lines
        }
        for lines in (before, after)
    ]
    return {u for u in counted[1] if u and counted[0].get(u) != counted[1][u]}


def half_step(history: dict[int, float], items: Vectors) -> Any:
    """Solve equation 4 of Hu, Koren and Volinsky for one user."""
    y = np.array([items[item] for item in sorted(items)])
    weights = np.array([history.get(item, 0) for item in sorted(items)])
    confidence = np.where(weights != 0, 5.0 * weights, 1)
    left = y.T @ (confidence[:, None] * y) + 0.05 * np.eye(y.shape[1])
    return np.linalg.solve(left, y.T @ (confidence * (weights != 0)))


def test_between_fits_items_stay_and_changed_users_are_folded_in() -> None:
    with shop() as ours:
        ours.refresh(PARTS[0])
        sides = [(model, side) for model in MODELS for side in ("user", "item")]
        fitted = {key: ours.vectors(*key) for key in sides}
        for number in range(1, EVERY):
            notes = ours.refresh(PARTS[number])
            assert notes["sig_als_model"] == "0 rows new or changed"
            history = ours.histories()
            changed = changed_users(PARTS[0], PARTS[number])
            assert changed < set(history)
            eligible = {item for items in history.values() for item in items}
            unseen = eligible - set(fitted["als", "item"])
            assert unseen, "nothing came after the fit"
            for model in MODELS:
                items = ours.vectors(model, "item")
                equal(
                    {i: v for i, v in items.items() if i in fitted[model, "item"]},
                    fitted[model, "item"],
                )
                assert not any(items[item].any() for item in unseen)
                users = ours.vectors(model, "user")
                kept = {
                    user: vector
                    for user, vector in fitted[model, "user"].items()
                    if user not in changed or model in ("bpr", "lmf")
                }
                if model in ("bpr", "lmf"):
                    equal(users, kept)
                    continue
                equal({u: v for u, v in users.items() if u not in changed}, kept)
                assert changed <= set(users)
                for user in changed:
                    expected = (
                        half_step(history[user], items)
                        if model == "als"
                        else sum(w * items[i] for i, w in history[user].items())
                    )
                    np.testing.assert_allclose(users[user], expected, atol=3e-4)
            assert {f[0] for f in ours.fits().values()} == {"first"}
            assert {f[1] for f in ours.fits().values()} == {number}
            assert {f[3] for f in ours.fits().values()} == {len(unseen)}
        ours.refresh(PARTS[EVERY])
        assert {tuple(f[:2]) for f in ours.fits().values()} == {("refit_every", 0)}
        with shop() as anew:
            anew.refresh(PARTS[EVERY])
            for key in sides:
                equal(ours.vectors(*key), anew.vectors(*key))


def test_drift_is_the_weight_that_lies_on_other_items() -> None:
    def shares(ours: Shop) -> dict[int, float]:
        totals: dict[int, float] = {}
        for items in ours.histories().values():
            for item, weight in items.items():
                totals[item] = totals.get(item, 0) + max(weight, 0)
        return {item: total / sum(totals.values()) for item, total in totals.items()}

    with shop() as ours:
        ours.refresh(PARTS[0], refit_drift=0.9)
        before = shares(ours)
        ours.refresh(PARTS[2], refit_drift=0.9)
        now = shares(ours)
        expected = (
            sum(abs(now.get(i, 0) - before.get(i, 0)) for i in {*now, *before}) / 2
        )
        assert ours.fits()["als"][:2] == ["first", 1]
        assert ours.fits()["als"][2] == pytest.approx(expected, abs=1e-6)
        assert expected > 0.05
    with shop() as ours:
        ours.refresh(PARTS[0], refit_drift=0.04)
        ours.refresh(PARTS[2], refit_drift=0.04)
        assert ours.fits()["svd"][:2] == ["refit_drift", 0]


def test_another_setting_of_a_model_is_fitted_at_once() -> None:
    with shop() as ours:
        ours.refresh(PARTS[0])
        notes = ours.refresh(PARTS[1], als_factors=5)
        assert notes["sig_als_model"] == "built anew: var als_factors was 4, is 5"
        assert notes["sig_svd_model"] == "0 rows new or changed"
        fits = ours.fits()
        assert (fits["als"][0], fits["svd"][0]) == ("rebuilt", "first")
        assert (fits["als"][3], fits["svd"][3] > 0) == (0, True)
        assert {len(v) for v in ours.vectors("als", "user").values()} == {5}
        notes = ours.refresh(PARTS[2], als_factors=5)
        assert notes["sig_als_model"] == "0 rows new or changed"
        ours.refresh(PARTS[3], als_factors=5)
        assert {f[0] for f in ours.fits().values()} == {"refit_every"}


def test_a_fit_that_was_due_when_a_refresh_died_is_made_in_the_next() -> None:
    with shop() as ours:
        for part in PARTS[:EVERY]:
            ours.refresh(part)
        plan = plan_with(**SETTINGS)
        names = plan.graph.select(["+sig_refit"])
        assert not any(r.error for r in run_models(plan, ours.warehouse, names, 1))
        stale = ours.fits()["als"][4]
        ours.refresh(PARTS[EVERY])
        assert ours.fits()["als"][4] > stale
        assert ours.fits()["als"][0] == "refit_every"


def test_a_shop_without_eligible_items_has_a_fit_of_nothing() -> None:
    few = LINES[:6]
    with shop() as ours:
        for lines in (few, LINES[:7], PARTS[0]):
            ours.refresh(lines)
            assert (
                ours.vectors("als", "item").keys() == ours.vectors("svd", "item").keys()
            )
        ours.refresh(PARTS[1])
        assert len(ours.vectors("als", "item")) > 10
