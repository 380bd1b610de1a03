"""Linear and latent models against short re-implementations on a small world."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from recsql.operation.findings import Noted, findings
from tests import linear
from tests.worlds import World, listed, random_lines, shuffled, tiny_world

LINEAR = ("ease", "edlae", "graph_filter", "bspm", "rp3beta")
LATENT = ("bpr", "lmf", "svd")
SETTINGS: dict[str, Any] = {
    "candidate_sources": [
        *("history", "als", "rules", "group_popular", "popular"),
        *LINEAR,
        *LATENT,
    ],
    "ease_max_items": 10,
    **linear.SETTINGS,
    "bpr_factors": 3,
    "bpr_iterations": 5,
    "lmf_factors": 3,
    "lmf_iterations": 5,
    "svd_factors": 4,
}


@pytest.fixture(scope="module", params=["decayed", "binary"])
def models(request: pytest.FixtureRequest) -> Iterator[World]:
    """A small world in which every model is built."""
    weights = {f"{model}_weights": request.param for model in (*LINEAR, "svd")}
    with tiny_world(random_lines(3), **SETTINGS, **weights) as built:
        yield built


def matrix_of(world: World, source: str) -> Any:
    """Return the users' weights of eligible items, as dense doubles."""
    rows = world.rows(
        "select user_index, item_index, weight from int_user_items where is_eligible"
    )
    shape = (max(r[0] for r in rows) + 1, max(r[1] for r in rows) + 1)
    matrix = np.zeros(shape)
    for user, item, weight in rows:
        binary = world.vars.get(f"{source}_weights") == "binary"
        matrix[user, item] = 1.0 if binary else np.float32(weight)
    is_dense = source in ("ease", "edlae")
    return matrix[:, : world.vars["ease_max_items"]] if is_dense else matrix


def assert_best(world: World, source: str, scores: Any, taken: Any) -> None:
    """Compare a candidate model with the best of a dense table of finite scores."""
    users = dict(world.rows("select user_id, user_index from int_users"))
    items = dict(world.rows("select item_id, item_index from int_items"))
    found: dict[tuple[int, bool], dict[int, float]] = defaultdict(dict)
    for row in sorted(world.dicts(listed(source)), key=lambda r: int(r["item_rank"])):
        place = users[row["user_id"]], row["is_repeat"]
        found[place][items[row["item_id"]]] = row["score"]
    n = world.vars["candidates_per_user"]
    assert {user for user, _ in found} == set(np.flatnonzero(taken.any(axis=1)))
    for user in np.flatnonzero(taken.any(axis=1)):
        for is_repeat in (False, True):
            is_scored = np.isfinite(scores[user])
            mine = np.flatnonzero((taken[user] == is_repeat) & is_scored)
            wanted = np.sort(scores[user, mine])[::-1][:n]
            shown = found[user, is_repeat]
            assert set(shown) <= set(mine)
            assert list(shown.values()) == pytest.approx(list(wanted), abs=1e-4)
            for item, score in shown.items():
                assert score == pytest.approx(scores[user, item], abs=1e-4)


@pytest.mark.parametrize("source", LINEAR)
def test_linear_model_is_the_formula_of_its_paper(models: World, source: str) -> None:
    x = matrix_of(models, source)
    weights = linear.WEIGHTS[source](x)
    assert_best(models, source, x @ weights, x > 0)
    items = dict(models.rows("select item_id, item_index from int_items"))
    users = dict(models.rows("select user_id, user_index from int_users"))
    for row in models.dicts(listed(source)):
        user, item = users[row["user_id"]], items[row["item_id"]]
        terms = x[user] * weights[:, item]
        if source == "bspm" and not row["is_repeat"]:
            assert row["reason_item_id"] is None
            continue
        reason = items[row["reason_item_id"]]
        if row["is_repeat"]:
            assert reason == item
        else:
            assert x[user, reason] > 0
            assert terms[reason] == pytest.approx(terms[x[user] > 0].max(), abs=1e-5)


def test_a_refresh_says_which_items_a_matrix_has_not(models: World) -> None:
    (items,) = models.rows("select count(*) from int_items where is_eligible")[0]
    ease, edlae = findings(models.warehouse, ["sig_linear_coverage"])
    assert isinstance(ease, Noted)
    assert ease.text.startswith(
        f"source ease: 10 of {items} items are in its matrix; it never proposes the "
        f"other {items - 10}, which are taken least (var ease_max_items;"
    )
    assert "source edlae: 10 of" in edlae.text
    with tiny_world(
        models.lines,
        wanted="+sig_linear_coverage",
        candidate_sources=["ease", "popular"],
    ) as whole:
        (all_fit,) = findings(whole.warehouse, ["sig_linear_coverage"])
    assert all_fit.text == f"source ease: all {items} items are in its matrix"


@pytest.mark.parametrize("source", LATENT)
def test_latent_model_scores_by_inner_product(models: World, source: str) -> None:
    user_factors, item_factors = (
        np.array([*models.factors(source, kind).values()]) for kind in ("user", "item")
    )
    taken = matrix_of(models, source) > 0
    assert_best(models, source, user_factors @ item_factors.T, taken)


def test_svd_is_the_best_approximation(models: World) -> None:
    x = matrix_of(models, "svd")
    u, s, vt = np.linalg.svd(x, full_matrices=False)
    assert_best(models, "svd", (u[:, :4] * s[:4]) @ vt[:4], x > 0)


@pytest.mark.parametrize(("name", "extra"), [("bpr", 1), ("lmf", 2)])
def test_factors_are_those_of_implicit(models: World, name: str, extra: int) -> None:
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    from implicit.cpu.lmf import LogisticMatrixFactorization
    from scipy.sparse import csr_matrix

    bpr = partial(BayesianPersonalizedRanking, learning_rate=0.01, regularization=0.01)
    fit = {"bpr": bpr, "lmf": LogisticMatrixFactorization}[name]
    model = fit(factors=3, iterations=5, random_state=42, num_threads=1)
    matrix = csr_matrix(matrix_of(models, name).astype(np.float32))
    model.fit(matrix, show_progress=False)
    for kind in ("user", "item"):
        found = [*models.factors(name, kind).values()]
        expected = getattr(model, f"{kind}_factors")
        assert expected.shape[1] == 3 + extra
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_order_of_rows_and_threads_change_nothing(models: World) -> None:
    settings = {k: v for k, v in models.vars.items() if k.endswith("_weights")}
    lines = shuffled(models.lines, 5)
    with tiny_world(lines, threads=1, **SETTINGS, **settings) as other:
        for source in (*LINEAR, *LATENT):
            query = f"from {listed(source)} order by user_id, item_id"
            assert models.rows(query) == other.rows(query)


def test_rows_say_why(models: World) -> None:
    changed = {
        "surfaces": [
            {
                "name": "new",
                "allow_repeat": "new_only",
                "length": 5,
                "personal": personal,
                "fallback": ["popular"],
            }
            for personal in (["ease"],)
        ]
    }
    with tiny_world(models.lines, **SETTINGS, **changed) as world:
        titles = dict(world.rows("select item_id, title from int_items"))
        reasons = {
            (user, item): titles[reason]
            for user, item, reason in world.rows(
                f"select user_id, item_id, reason_item_id from {listed('ease')}"
            )
        }
        rows = [
            r for r in world.dicts("rec_for_user") if r["candidate_source"] == "ease"
        ]
        assert rows
        for row in rows:
            because = reasons[row["user_id"], row["item_id"]]
            assert row["reason"] == f"goes with {because}"
