"""Users folded in after the fit, against dense solutions by NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.worlds import AS_OF, World, listed, random_lines, tiny_world

MOMENT = AS_OF - timedelta(days=25)
SETTINGS: dict[str, Any] = {
    "candidate_sources": ["als", "svd", "popular"],
    "svd_factors": 4,
    "fold_in_after": str(MOMENT),
}


@pytest.fixture(scope="module")
def folded() -> Iterator[World]:
    with tiny_world(random_lines(4), **SETTINGS) as built:
        yield built


def vectors(world: World, model: str, kind: str) -> dict[int, Any]:
    """Return the factors of users or items by index."""
    found = world.factors(model, kind)
    return {index: np.array(vector) for index, vector in found.items()}


def histories(world: World) -> dict[int, dict[int, float]]:
    """Return every user's weights of eligible items."""
    found: dict[int, dict[int, float]] = {}
    for user, item, weight in world.rows(
        "select user_index, item_index, weight from int_user_items where is_eligible"
    ):
        found.setdefault(user, {})[item] = float(np.float32(weight))
    return found


def late_users(world: World) -> set[int]:
    users = dict(world.rows("select user_id, user_index from int_users"))
    return {users[x.user] for x in world.past if x.user and x.at >= MOMENT}


def fitted(world: World, model: str) -> tuple[Any, Any]:
    """Return what SQL's function learns from pairs first taken before the moment."""
    from recsql.numerics import factorize, latent

    cells = [
        np.array(column)
        for column in zip(
            *world.rows(
                "select user_index, item_index, weight from int_user_items "
                f"where is_eligible and first_at < '{MOMENT}'"
            ),
            strict=True,
        )
    ]
    cells[2] = cells[2].astype(np.float32)
    if model == "svd":
        return latent.svd(*cells, latent.SvdParameters(4))
    return factorize.als(*cells, factorize.AlsParameters(4, 0.05, 5.0, 5, 42))


@pytest.mark.parametrize("model", ["als", "svd"])
def test_the_fit_knows_nothing_later_and_early_users_keep_it(
    folded: World, model: str
) -> None:
    users, items = fitted(folded, model)
    for index, vector in vectors(folded, model, "item").items():
        np.testing.assert_allclose(vector, items[index], atol=1e-5)
    late, found = late_users(folded), vectors(folded, model, "user")
    early = set(histories(folded)) - late
    assert early
    for index in early:
        np.testing.assert_allclose(found[index], users[index], atol=1e-5)


def test_als_folds_in_by_one_exact_least_squares_step(folded: World) -> None:
    items = vectors(folded, "als", "item")
    y = np.array([items[index] for index in sorted(items)])
    found, history = vectors(folded, "als", "user"), histories(folded)
    for user in late_users(folded) & set(history):
        confidence = np.ones(len(y))
        for item, weight in history[user].items():
            if item < len(y):
                confidence[item] = 5.0 * weight
        taken = np.array([item in history[user] for item in range(len(y))])
        left = y.T @ (confidence[:, None] * y) + 0.05 * np.eye(4)
        expected = np.linalg.solve(left, y.T @ (confidence * taken))
        np.testing.assert_allclose(found[user], expected, atol=2e-4)


def test_svd_folds_in_by_projection(folded: World) -> None:
    items = vectors(folded, "svd", "item")
    found, history = vectors(folded, "svd", "user"), histories(folded)
    for user in late_users(folded) & set(history):
        expected = sum(
            weight * items[item]
            for item, weight in history[user].items()
            if item in items
        )
        np.testing.assert_allclose(found[user], expected, atol=1e-5)


def test_a_user_whom_the_fit_never_saw_gets_candidates() -> None:
    lines = random_lines(4)
    stranger, _ = Counter(
        x.user for x in lines if x.user and x.at >= MOMENT and x.counts
    ).most_common(1)[0]
    kept = [x for x in lines if x.user != stranger or MOMENT <= x.at < AS_OF]
    with tiny_world(kept, **SETTINGS) as world:
        for source in ("als", "svd"):
            query = f"select count(*) from {listed(source)} where user_id = {stranger}"
            assert world.rows(query)[0][0] > 0


def test_the_same_history_folds_in_to_nearly_the_same_vector() -> None:
    """A converged fit is its own fold-in: the half step changes nothing any more."""
    from recsql.numerics import factorize

    rng = np.random.default_rng(3)
    places = rng.choice(30 * 20, 150, replace=False)
    cells = (
        (places // 20).astype(np.int32),
        (places % 20).astype(np.int32),
        rng.random(150).astype(np.float32),
    )
    parameters = factorize.AlsParameters(3, 1.0, 5.0, 200, 42)
    users, items = factorize.als(*cells, parameters)
    owners, again = factorize.als_fold_in(*cells, items, parameters)
    np.testing.assert_allclose(again, users[owners], atol=1e-3)
