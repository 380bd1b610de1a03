"""Metrics of what lists hold, against short re-implementations and known cases."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pytest

from tests.oracle.cases import case_of, cases_of, catalogue, evaluated, listed
from tests.worlds import World

Key = tuple[str, str, int]


def shown_lists(world: World, k: int) -> dict[Key, list[int]]:
    """Return every list cut at k, by its name, kind and user."""
    lists: dict[Key, list[int]] = defaultdict(list)
    rows = world.rows(
        "select list_name, allow_repeat, user_id, item_id from eval_lists "
        f"where item_rank <= {k} order by item_rank"
    )
    for *key, item in rows:
        lists[tuple(key)].append(item)
    return lists


def figures_of(world: World, table: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = world.dicts(table)
    key = ("list_name", "allow_repeat", "user_id", "k")
    return {tuple(r[name] for name in key): r for r in rows}


def users_of_items(world: World) -> Counter[int]:
    return Counter(dict(world.rows("select item_id, user_count from int_items")))


def test_what_lists_hold(world: World) -> None:
    counts, found = users_of_items(world), figures_of(world, "eval_list_metrics")
    owned = set(world.rows("select user_id, item_id from int_user_items"))
    ((users,),) = world.rows("select count(*) from int_users where order_count > 0")
    new = {item for (item,) in world.rows("select item_id from int_items where is_new")}
    pairs, expected = sum(counts.values()), {}
    for k in world.vars["eval_cutoffs"]:
        for key, items in shown_lists(world, k).items():
            takers = [max(counts[i], 1) for i in items]
            expected[(*key, k)] = {
                "list_fullness": len(items) / k,
                "popularity": mean(counts[i] for i in items),
                "novelty": mean(math.log2(pairs / n) for n in takers),
                "inverse_user_frequency": mean(math.log2(users / n) for n in takers),
                "repeat_share": mean((key[2], i) in owned for i in items),
                "new_item_share": mean(i in new for i in items),
            }
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        row = {metric: found[key][metric] for metric in figures}
        assert row == pytest.approx(figures, abs=1e-12)


def test_pairs_of_a_list_differ_by_category_and_by_text(world: World) -> None:
    kinds = dict(world.rows("select item_id, category from int_items"))
    vectors: dict[int, dict[str, float]] = defaultdict(dict)
    for item, term, weight in world.rows(
        "select item_id, term, weight from sig_item_term_weights "
        "inner join int_items using (item_index)"
    ):
        vectors[item][term] = weight

    def alike(one: int, other: int) -> float:
        return sum(w * vectors[other].get(t, 0) for t, w in vectors[one].items())

    by_kind = figures_of(world, "eval_category_diversity")
    by_text = figures_of(world, "eval_content_diversity")
    seen = 0
    for k in world.vars["eval_cutoffs"]:
        for key, items in shown_lists(world, k).items():
            kind = by_kind.pop((*key, k))["category_diversity"]
            text = by_text.pop((*key, k))["content_diversity"]
            pairs = list(combinations(items, 2))
            if not pairs:
                assert (kind, text) == (None, None)
                continue
            seen += 1
            assert kind == pytest.approx(mean(kinds[a] != kinds[b] for a, b in pairs))
            assert text == pytest.approx(1 - mean(alike(a, b) for a, b in pairs))
    assert seen
    assert not by_kind
    assert not by_text


def test_categories_of_a_list_are_those_of_the_user(world: World) -> None:
    kinds = dict(world.rows("select item_id, category from int_items"))
    weights: dict[int, Counter[str]] = defaultdict(Counter)
    for user, item, weight in world.rows(
        "select user_id, item_id, weight from int_user_items"
    ):
        weights[user][kinds[item]] += max(weight, 0)
    found = figures_of(world, "eval_calibration")
    for k in world.vars["eval_cutoffs"]:
        for key, items in shown_lists(world, k).items():
            row, own = found.pop((*key, k)), weights[key[2]]
            foreign = mean(kinds[i] not in own for i in items)
            assert row["unexpectedness"] == pytest.approx(foreign, abs=1e-12)
            if not own:
                assert row["calibration"] is None
                continue
            shares = Counter(kinds[i] for i in items)
            divergence = 0.0
            for kind, weight in own.items():
                p, q = weight / sum(own.values()), shares[kind] / len(items)
                divergence += p * math.log(p / (0.99 * q + 0.01 * p)) if p else 0
            assert row["calibration"] == pytest.approx(divergence, abs=1e-12)
    assert not found


def of_all_lists(
    lists: Sequence[Sequence[int]], catalogue: Sequence[int], k: int
) -> Mapping[str, float | None]:
    """Return the metrics of all lists at once."""
    counts = Counter(item for items in lists for item in items)
    ordered = np.sort([counts[item] for item in catalogue])
    shares = ordered[ordered > 0] / ordered.sum()
    apart = [
        1 - len(set(one) & set(other)) / k for one, other in combinations(lists, 2)
    ]
    spread = np.abs(ordered[:, None] - ordered[None, :]).mean()
    return {
        "catalogue_coverage": len(counts) / len(catalogue),
        "gini": spread / 2 / ordered.mean(),
        "entropy": -(shares * np.log2(shares)).sum(),
        "personalization": mean(apart) if apart else None,
    }


def test_how_lists_use_the_catalogue(world: World) -> None:
    items = [
        item
        for (item,) in world.rows(
            "select item_id from int_items where is_eligible or is_new"
        )
    ]
    known = {
        user
        for (user,) in world.rows("select user_id from int_users where order_count > 0")
    }
    rows = world.dicts("eval_catalogue_metrics")
    assert {row["k"] for row in rows} == set(world.vars["eval_cutoffs"])
    for row in rows:
        lists = {
            user: shown
            for (name, kind, user), shown in shown_lists(world, row["k"]).items()
            if (name, kind) == (row["list_name"], row["allow_repeat"])
        }
        expected = of_all_lists(list(lists.values()), items, row["k"])
        found = {metric: row[metric] for metric in expected}
        assert found == pytest.approx(expected, abs=1e-12)
        assert row["user_coverage"] == len(known & lists.keys()) / len(known)
        assert row["user_count"] == len(lists)


# ---- Cases that well-known toolkits publish ------------------------------------------


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[dict[str, Any]]:
    return cases_of(shared_data)


def tables(
    reco: Sequence[Sequence[Any]], counts: Mapping[Any, int], users: int
) -> dict[str, Any]:
    """Return what the metrics of lists read, for (user, item, rank) and item counts."""
    user = reco[0][0]
    return {
        "eval_lists": listed(reco),
        "int_items": catalogue(counts),
        "int_users": [
            {"user_id": n, "order_count": 1, "event_count": 1} for n in range(users)
        ],
        "int_user_items": [{"user_id": user, "item_id": next(iter(counts))}],
    }


def test_case_coverage_entropy_and_novelty(cases: list[dict[str, Any]]) -> None:
    """Self-information is of the pairs of user and item that were taken."""
    case = case_of(cases, "coverage, novelty")
    counts = Counter(row["item_id"] for row in case["train"])
    seen: Counter[int] = Counter()
    reco = []
    for row in case["reco"]:
        seen[row["user_id"]] += 1
        reco.append((row["user_id"], row["item_id"], seen[row["user_id"]]))
    given = tables(reco, counts, 3)
    models = ["eval_shown_items", "eval_list_metrics", "eval_catalogue_metrics"]
    wanted = ["novelty", "entropy"]
    with evaluated(given, models, eval_cutoffs=[2], eval_metrics=wanted) as world:
        ((coverage, entropy),) = world.rows(
            "select catalogue_coverage, entropy from eval_catalogue_metrics"
        )
        ((novelty,),) = world.rows("select avg(novelty) from eval_list_metrics")
    expected = case["expected"]
    assert coverage == expected["catalog_coverage"]
    bits = expected["distributional_coverage_entropy_bits"]
    assert entropy == pytest.approx(bits, rel=case["tol"])
    assert novelty == pytest.approx(expected["novelty"], rel=case["tol"])


def test_case_coverage_counts_what_is_in_the_top_k(
    cases: list[dict[str, Any]],
) -> None:
    case = case_of(cases, "catalog coverage k=2")
    given = tables(case["reco"], dict.fromkeys(range(1, 6), 1), 4)
    models = ["eval_shown_items", "eval_catalogue_metrics"]
    with evaluated(given, models, eval_cutoffs=[2], eval_metrics=["gini"]) as world:
        ((coverage,),) = world.rows(
            "select catalogue_coverage from eval_catalogue_metrics"
        )
    assert coverage == case["expected"]["share"]


@pytest.mark.parametrize(
    ("start", "metric", "cutoffs"),
    [
        ("average recommended popularity", "popularity", [1, 3]),
        ("mean inverse user frequency", "inverse_user_frequency", [1, 2]),
    ],
)
def test_case_means_over_the_listed_items(
    cases: list[dict[str, Any]], start: str, metric: str, cutoffs: list[int]
) -> None:
    """An item that nobody took counts as taken by one user."""
    case = case_of(cases, start)
    counts = Counter(item for _, item in case["train"])
    counts.update({item: 0 for _, item, _ in case["reco"]})
    given = tables(case["reco"], counts, len({user for user, _ in case["train"]}))
    models = ["eval_shown_items", "eval_list_metrics"]
    with evaluated(given, models, eval_cutoffs=cutoffs, eval_metrics=[metric]) as world:
        for k in cutoffs:
            found = world.rows(
                f"select {metric} from eval_list_metrics where k = {k} order by user_id"
            )
            expected = case["expected"][f"k={k}"]
            assert [figure for (figure,) in found] == pytest.approx(expected)
