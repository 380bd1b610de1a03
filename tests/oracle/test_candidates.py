"""Candidate sources against short re-implementations over the tables they read."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from tests.worlds import World, listed

Scores = dict[int, dict[int, float]]
CONTRACT = [
    "user_id",
    "item_id",
    "candidate_source",
    "score",
    "is_repeat",
    "reason_item_id",
    "kind_rank",
    "item_rank",
]


def owned(world: World) -> dict[int, set[int]]:
    """Return every user's items; those without any have an empty set."""
    items: dict[int, set[int]] = {
        user: set() for (user,) in world.rows("select user_id from int_users")
    }
    for user, item in world.rows("select user_id, item_id from int_user_items"):
        items[user].add(item)
    return items


def assert_candidates(world: World, source: str, scores: Scores) -> None:
    """Compare a model with the best n new and best n repeats of the given scores."""
    places = dict(world.rows("select item_id, item_index from int_items"))
    own, n = owned(world), world.vars["candidates_per_user"]
    expected = []
    for user, given in scores.items():
        order = sorted(given, key=lambda item: (-given[item], places[item]))
        new = [item for item in order if item not in own[user]][:n]
        repeats = [item for item in order if item in own[user]][:n]
        kept = [item for item in order if item in new or item in repeats]
        for rank, item in enumerate(kept, 1):
            kind = repeats if item in own[user] else new
            expected.append(
                (user, rank, item, kind is repeats, kind.index(item) + 1, source)
            )
    rows = world.dicts(listed(source))
    assert list(rows[0]) == CONTRACT
    names = ("user_id", "item_rank", "item_id", "is_repeat", "kind_rank")
    found = [(*(row[c] for c in names), row["candidate_source"]) for row in rows]
    assert sorted(found) == sorted(expected)
    for row in rows:
        assert row["score"] == pytest.approx(
            scores[row["user_id"]][row["item_id"]], rel=1e-12
        )


def test_history_is_the_users_own_decayed_weights(world: World) -> None:
    scores: Scores = defaultdict(dict)
    for user, item, weight in world.rows(
        "select user_id, item_id, weight from int_user_items where is_eligible"
    ):
        scores[user][item] = weight
    assert_candidates(world, "history", scores)


def test_popular_is_the_same_for_everyone(world: World) -> None:
    shares = dict(world.rows("select item_id, score from sig_popularity"))
    scores = dict.fromkeys(owned(world), shares)
    assert_candidates(world, "popular", scores)


def test_group_popular_is_the_users_group(world: World) -> None:
    shares: dict[Any, dict[int, float]] = defaultdict(dict)
    for kind, name, item, share in world.rows(
        "select group_kind, group_name, item_id, score from sig_group_popularity"
    ):
        shares[kind, name][item] = share
    scores = {
        user: shares[kind, name]
        for user, kind, name in world.rows(
            "select user_id, group_kind, group_name from int_users"
        )
    }
    assert_candidates(world, "group_popular", scores)


def test_rules_add_up_over_the_latest_items(world: World) -> None:
    rules = [
        rule
        for rule in world.dicts("sig_rules")
        if rule["leverage"] > 0
        and rule["rule_rank"] <= world.vars["candidates_per_user"]
    ]
    taken: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in world.dicts("int_user_items"):
        taken[row["user_id"]].append(row)
    scores: Scores = {}
    reasons: dict[tuple[int, int], tuple[Any, ...]] = {}
    for user, rows in taken.items():
        rows.sort(
            key=lambda r: (-r["last_at"].timestamp(), -r["weight"], r["item_index"])
        )
        latest = {row["item_id"] for row in rows[: world.vars["latest_items"]]}
        terms: dict[int, list[float]] = defaultdict(list)
        for rule in rules:
            if rule["antecedent_item_id"] in latest:
                item = rule["consequent_item_id"]
                terms[item].append(rule["log_lift"])
                strength = (rule["log_lift"], -rule["antecedent_index"])
                best = (*strength, rule["antecedent_item_id"])
                reasons[user, item] = max(best, reasons.get((user, item), best))
        if terms:
            scores[user] = {item: sum(sorted(terms[item])) for item in terms}
    assert_candidates(world, "rules", scores)
    for row in world.dicts("cand_rules"):
        assert row["reason_item_id"] == reasons[row["user_id"], row["item_id"]][-1]


def test_als_is_the_inner_product_over_the_catalogue(world: World) -> None:
    users = dict(world.rows("select user_index, user_id from int_users"))
    items = dict(world.rows("select item_index, item_id from int_items"))
    catalogue = np.array([*world.factors("als", "item").values()], np.float32)
    own = {
        user
        for (user,) in world.rows(
            "select user_id from int_user_items where is_eligible"
        )
    }
    expected: Scores = {}
    for index, vector in world.factors("als", "user").items():
        if users[index] in own:
            scores = catalogue @ np.array(vector, np.float32)
            expected[users[index]] = {items[i]: float(s) for i, s in enumerate(scores)}
    places = {item: index for index, item in items.items()}
    taken, n = owned(world), world.vars["candidates_per_user"]
    rows = world.dicts("cand_factors")
    assert {row["user_id"] for row in rows} == set(expected)
    for user, given in expected.items():
        mine = sorted(
            (row for row in rows if row["user_id"] == user),
            key=lambda row: row["item_rank"],
        )
        for is_repeat in (False, True):
            kind = [row for row in mine if row["is_repeat"] == is_repeat]
            best = sorted(
                (item for item in given if (item in taken[user]) == is_repeat),
                key=lambda item: (-given[item], places[item]),
            )[:n]
            assert [row["item_id"] for row in kind] == best
            assert [row["kind_rank"] for row in kind] == list(range(1, len(best) + 1))
        for row in mine:
            assert row["score"] == pytest.approx(given[row["item_id"]], abs=1e-6)
        assert [row["item_rank"] for row in mine] == list(range(1, len(mine) + 1))


def test_als_factors_are_those_of_implicit(world: World) -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    users, items, weights = (
        np.array(column)
        for column in zip(
            *world.rows(
                "select user_index, item_index, weight from int_user_items "
                "where is_eligible"
            ),
            strict=True,
        )
    )
    matrix = csr_matrix((weights.astype(np.float32), (users, items)))
    with threadpool_limits(1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=world.vars["als_factors"],
            regularization=0.05,
            alpha=5.0,
            iterations=world.vars["als_iterations"],
            random_state=42,
        )
        model.fit(matrix, show_progress=False)
    for kind in ("user", "item"):
        found = [*world.factors("als", kind).values()]
        expected = getattr(model, f"{kind}_factors")
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_all_sources_share_one_contract(world: World) -> None:
    sources = world.vars["candidate_sources"]
    expected = [row for s in sources for row in world.rows(f"from {listed(s)}")]
    assert sorted(expected, key=repr) == sorted(world.rows("from cand_all"), key=repr)
    assert {row[2] for row in expected} == set(sources)


def test_what_the_candidates_hold_of_what_came(world: World) -> None:
    held = defaultdict(set)
    for row in world.dicts("cand_all"):
        for source in (row["candidate_source"], "all sources"):
            held[source, row["user_id"]].add(row["item_id"])
    truth = [row for row in world.dicts("eval_truth") if not row["is_newcomer"]]
    no_list = {(r["user_id"], r["item_id"]) for r in truth if r["unlistable_because"]}
    found = {
        (row["candidate_source"], row["allow_repeat"]): row
        for row in world.dicts("eval_candidate_recall")
    }
    assert {kind for _, kind in found} == {"all", "new_only", "repeat_only"}
    for (source, kind), row in found.items():
        taken = defaultdict(set)
        for line in truth:
            if kind == "all" or line["is_repeat"] == (kind == "repeat_only"):
                taken[line["user_id"]].add(line["item_id"])
        shares = [
            len(items & held[source, user]) / len(items)
            for user, items in taken.items()
        ]
        assert row["user_count"] == len(shares)
        recall = sum(shares) / len(shares)
        assert row["candidate_recall"] == pytest.approx(recall)
        unlistable = [
            sum((user, item) in no_list for item in items) / len(items)
            for user, items in taken.items()
        ]
        never = sum(unlistable) / len(unlistable)
        assert row["unlistable_share"] == pytest.approx(never)
        assert row["lost_recall"] == pytest.approx(max(1 - recall - never, 0))
    assert 0 < found["als", "all"]["candidate_recall"] < 1
