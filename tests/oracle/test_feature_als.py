"""ALS with attributes: its matrix, and what it says of new items and new users."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from recsql.config.project import builtin_root, load_project
from tests.worlds import AS_OF, Line, World, random_lines, tiny_world

SETTINGS: dict[str, Any] = {
    "candidate_sources": ["feature_als", "popular"],
    "undated_items_are_new": True,
    "feature_weight": 0.5,
}
NEW_ITEM, NEW_USER, STRANGER = 999, 201, 200


def lines_of_two_kinds() -> list[Line]:
    """Old users take items of category 4, young ones of category 1."""
    lines = []
    for user in range(101, 161, 2):
        items = range(4, 44, 5) if user % 3 == 0 else range(1, 41, 5)
        for visit in range(3):
            at = AS_OF - timedelta(days=10 * visit + 1)
            lines += [Line(user, item, 3 * user + visit, at) for item in items]
    later = AS_OF + timedelta(days=1)
    return [*lines, Line(NEW_USER, 4, 1, later), Line(STRANGER, 4, 2, later)]


@pytest.fixture(scope="module")
def two_kinds() -> Iterator[World]:
    given = {
        **SETTINGS,
        "items": {**load_project(builtin_root()).vars["items"], "attributes": {}},
        "candidates_per_user": 30,
        "als_regularization": 1.0,
        "feature_weight": 1.0,
    }
    with tiny_world(lines_of_two_kinds(), **given) as built:
        yield built


def new_items(world: World, user: int) -> list[int]:
    """Return a user's new items, best first."""
    return [
        item
        for (item,) in world.rows(
            f"select item_id from cand_factors where user_id = {user} "
            "and not is_repeat order by item_rank"
        )
    ]


def test_a_new_item_is_for_those_who_like_its_category(two_kinds: World) -> None:
    """Item 999 is of category 4 and was never sold; old users have all the others."""
    for user in range(105, 161, 6):
        assert new_items(two_kinds, user)[0] == NEW_ITEM
    scores = dict(
        two_kinds.rows(
            "select user_id % 3 = 0, avg(score) from cand_factors "
            "where item_id = 999 and user_id < 200 group by all"
        )
    )
    assert scores[True] > 3 * abs(scores[False])


def test_a_new_user_gets_what_their_group_takes(two_kinds: World) -> None:
    """User 201 is known by age alone: 65+; nothing is known of user 200."""
    best = new_items(two_kinds, NEW_USER)
    assert set(best[:8]) <= {*range(4, 44, 5), NEW_ITEM}
    assert not new_items(two_kinds, STRANGER)


def test_factors_are_those_of_the_extended_matrix() -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    with tiny_world(random_lines(3), **SETTINGS) as world:
        users = dict(world.rows("select user_id, user_index from int_users"))
        items = dict(
            world.rows(
                "select item_id, item_index from int_items where is_eligible or is_new"
            )
        )
        assert NEW_ITEM in items
        item_values = sorted(
            {
                (name, value, items[item])
                for item, *values in world.rows(
                    "select product_id, product_category, department, product_type "
                    "from raw.products"
                )
                for name, value in zip(
                    ("category", "department", "type"), values, strict=True
                )
                if item in items
            }
        )
        item_features = sorted({value[:2] for value in item_values})
        groups = world.rows("select household_id, age from raw.demographics")
        user_features = sorted({age for _, age in groups})
        matrix = np.zeros(
            (len(users) + len(item_features), len(items) + len(user_features))
        )
        for user, item, weight in world.rows(
            "select user_id, item_id, weight from int_user_items where is_eligible"
        ):
            matrix[users[user], items[item]] = weight
        for name, value, item in item_values:
            matrix[len(users) + item_features.index((name, value)), item] = 0.5
        for user, age in groups:
            matrix[users[user], len(items) + user_features.index(age)] = 0.5
        with threadpool_limits(1, user_api="blas"):
            model = AlternatingLeastSquares(
                factors=4, regularization=0.05, alpha=5.0, iterations=5, random_state=42
            )
            model.fit(csr_matrix(matrix.astype(np.float32)), show_progress=False)
        for kind, count in (("user", len(users)), ("item", len(items))):
            found = [*world.factors("feature_als", kind).values()]
            expected = getattr(model, f"{kind}_factors")[:count]
            np.testing.assert_allclose(found, expected, atol=1e-4)


def test_scores_are_inner_products_over_what_may_be_shown() -> None:
    with tiny_world(random_lines(3), **SETTINGS) as world:
        vectors = [
            np.array([*world.factors("feature_als", kind).values()])
            for kind in ("user", "item")
        ]
        scores = vectors[0] @ vectors[1].T
        taken = set(world.rows("select user_index, item_index from int_user_items"))
        rows = world.rows(
            "select user_index, item_index, score, is_repeat, kind_rank "
            "from cand_factors join int_users using (user_id) "
            "join int_items using (item_id)"
        )
        assert rows
        n = world.vars["candidates_per_user"]
        for user, item, score, is_repeat, rank in rows:
            kind = [
                scores[user, i]
                for i in range(scores.shape[1])
                if ((user, i) in taken) == is_repeat
            ]
            assert ((user, item) in taken) == is_repeat
            assert score == pytest.approx(scores[user, item], abs=1e-5)
            assert score == pytest.approx(sorted(kind)[::-1][:n][rank - 1], abs=1e-5)
