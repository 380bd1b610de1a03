"""One block of users or many: the same rows, to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsql.engine.blocks import EVERYBODY, blocks_of, cut
from recsql.numerics.best import best_items
from recsql.numerics.eligible import Eligible, top_eligible
from tests.worlds import (
    ALL_SOURCES,
    ALL_SWITCHES,
    World,
    plan_with,
    random_lines,
    tiny_world,
)

SETTINGS = {
    name: ALL_SWITCHES[name] for name in ("availability", "restrictions", "surfaces")
} | {"candidate_sources": ALL_SOURCES, "ranker": False}
SCORING = [
    name
    for name, model in plan_with(**SETTINGS).models.items()
    if (model.config.get("meta") or {}).get("blocks")
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Every source, scopes of regions and users, and a surface of its own catalogue."""
    wanted = " ".join(f"+{name}" for name in SCORING)
    with tiny_world(random_lines(8), wanted=wanted, **SETTINGS) as built:
        yield built


def test_scoring_models_are_built_by_blocks() -> None:
    named = {
        "factors",
        "item_knn",
        "user_knn",
        "rules",
        "sequential",
        "linear",
    }
    assert {f"cand_{source}" for source in named} <= set(SCORING)


@pytest.mark.parametrize("name", SCORING)
def test_a_model_of_many_blocks_has_the_rows_of_one(name: str, world: World) -> None:
    plan, warehouse = plan_with(**world.vars), world.warehouse
    users = warehouse.rows("select count(*) from int_users")[0][0]
    whole = sorted(world.rows(f"from {name}"), key=repr)
    assert whole
    blocks = cut(users, 100 * users, 700)
    assert len(blocks) > 3
    with warehouse.cursor() as cursor:
        rows = warehouse.materialize(cursor, plan.models[name], blocks)
        assert rows == len(whole)
        assert sorted(world.rows(f"from {name}"), key=repr) == whole
        warehouse.materialize(cursor, plan.models[name])
        assert sorted(world.rows(f"from {name}"), key=repr) == whole


def test_a_refresh_cuts_users_into_blocks_and_shows_the_same() -> None:
    some = {"candidate_sources": ["history", "als", "item_knn", "rules", "popular"]}
    shown = []
    for rows in (10**9, 100):
        plan = plan_with(**some, rows_per_block=rows)
        with tiny_world(
            random_lines(9), wanted="+rec_for_user", rows_per_block=rows, **some
        ) as world:
            cursor = world.warehouse.cursor()
            found = blocks_of(plan, cursor, plan.models["cand_factors"])
            assert (found == EVERYBODY) == (rows > 100)
            assert blocks_of(plan, cursor, plan.models["rec_for_user"]) == EVERYBODY
            query = "select * exclude (run_id, generated_at) from rec_for_user"
            shown.append(sorted(world.rows(query), key=repr))
    assert shown[0] == shown[1]


@given(st.integers(0, 300), st.integers(0, 10**6), st.integers(1, 10**6))
def test_blocks_hold_every_user_once(users: int, rows: int, most: int) -> None:
    blocks = cut(users, rows, most)
    ends = [(-1, -1), *blocks]
    assert all(
        last + 1 == first for (_, last), (first, _) in zip(ends, blocks, strict=False)
    )
    assert blocks[-1][1] == EVERYBODY[0][1]
    biggest = max(min(last, users - 1) - first + 1 for first, last in blocks)
    assert biggest <= max(users * most // max(rows, 1), 1) or blocks == EVERYBODY


def rows_of(found: Any, first: int, last: int) -> list[tuple[Any, ...]]:
    columns = [getattr(found, name) for name in found.__dataclass_fields__]
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [row for row in rows if first <= row[0] <= last]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), users=st.integers(2, 400), at=st.floats(0, 1))
def test_scores_do_not_depend_on_who_else_is_scored(
    seed: int, users: int, at: float
) -> None:
    """Random doubles, so that another order of a sum would show."""
    chance, items = np.random.default_rng(seed), 37
    cut_at = int(at * users)
    taken = chance.random((users, items)) * (chance.random((users, items)) < 0.3)
    matrix, links = csr_matrix(taken), chance.normal(size=(items, items))
    scopes = np.arange(users), chance.integers(0, 2, users)
    offered = (chance.random((2, items)) < 0.8).nonzero()
    eligible = Eligible.of(
        scopes, offered, (chance.random(taken.shape) < 0.1).nonzero()
    )
    parts = (0, cut_at - 1), (cut_at, users - 1)
    for right in (links, links.astype(np.float32), csr_matrix(np.abs(links))):
        whole = best_items(matrix, right, matrix.sign(), 5, eligible)
        for first, last in parts:
            mine = csr_matrix(
                taken
                * ((np.arange(users) >= first) & (np.arange(users) <= last))[:, None]
            )
            found = best_items(mine, right, mine.sign(), 5, eligible)
            assert rows_of(found, 0, users) == rows_of(whole, first, last)
    vectors = chance.normal(size=(users, 33)).astype(np.float32)
    catalogue = chance.normal(size=(items, 33)).astype(np.float32)
    owners = np.arange(users, dtype=np.int32)
    whole = top_eligible(owners, vectors, catalogue, taken.nonzero(), 5, eligible)
    for first, last in parts:
        mine = owners[first : last + 1]
        given_factors = vectors[first : last + 1]
        found = top_eligible(
            mine, given_factors, catalogue, taken.nonzero(), 5, eligible
        )
        moved = [(row[0] + first, *row[1:]) for row in rows_of(found, 0, users)]
        assert sorted(moved) == sorted(rows_of(whole, first, last))
