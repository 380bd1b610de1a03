"""Ranking metrics against short re-implementations, on a world and on known cases."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.cases import (
    by_score,
    case_of,
    cases_of,
    catalogue,
    evaluated,
    listed,
    taken,
    users_of,
)
from tests.worlds import AS_OF, Line, World, tiny_world

METRICS = ("precision", "recall", "f1", "hit_rate", "r_precision", "map", "mrr")
METRICS += ("ndcg", "graded_ndcg", "weighted_recall", "serendipity")
METRICS += ("f_beta", "map_n", "map_k", "ndcg_n", "rbp", "exponential_ndcg")
PERFECT = [1.0] * 4


@dataclass(frozen=True)
class Item:
    """What a metric may ask of an item: its users, and its place by popularity."""

    users: int
    place: int


def gains(weights: Sequence[float]) -> float:
    """Return the discounted gain of weights in ranks 1, 2, 3 ..."""
    return sum(w / math.log2(rank + 1) for rank, w in enumerate(weights, 1))


def metrics(
    ranked: Mapping[int, int],
    relevant: Mapping[int, float],
    k: int,
    items: Mapping[int, Item],
    eligible: int,
) -> dict[str, float]:
    """Return the metrics of one list, given as item by rank; relevant by weight.

    What nobody knew before counts as taken by one user.
    """
    hits = {r: i for r, i in sorted(ranked.items()) if i in relevant and r <= k}
    ranks = list(hits)
    possible = min(len(relevant), k)
    precision, recall = len(ranks) / k, len(ranks) / len(relevant)
    graded = [relevant.get(ranked.get(rank, -1), 0.0) for rank in range(1, k + 1)]
    best = sorted(relevant.values(), reverse=True)[:k]
    rarity = {i: max(items[i].users, 1) ** -0.5 if i in items else 1 for i in relevant}
    ahead = [max(items[i].place - rank, 0) for rank, i in hits.items()]
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if ranks else 0.0,
        # the defaults: b = 2, p = 0.8
        "f_beta": 5 * precision * recall / (4 * precision + recall) if ranks else 0.0,
        "map_n": sum(n / rank for n, rank in enumerate(ranks, 1)) / len(relevant),
        "map_k": sum(n / rank for n, rank in enumerate(ranks, 1)) / k,
        "ndcg_n": gains([rank in hits for rank in range(1, k + 1)])
        / gains([1.0] * len(relevant)),
        "rbp": 0.2 * sum(0.8 ** (rank - 1) for rank in ranks),
        "exponential_ndcg": gains([2**w - 1 for w in graded])
        / gains([2**w - 1 for w in best]),
        "hit_rate": float(bool(ranks)),
        "r_precision": sum(rank <= possible for rank in ranks) / possible,
        "map": sum(n / rank for n, rank in enumerate(ranks, 1)) / possible,
        "mrr": 1 / ranks[0] if ranks else 0.0,
        "ndcg": gains([rank in hits for rank in range(1, k + 1)])
        / gains([1.0] * possible),
        "graded_ndcg": gains(graded) / gains(best),
        "weighted_recall": sum(rarity[i] for i in hits.values()) / sum(rarity.values()),
        "serendipity": sum(ahead) / eligible / k,
    }


def auc(
    listed: Sequence[int],
    relevant: Container[int],
    pool: Iterable[int],
    first: int | None = None,
) -> float | None:
    """Return the share of pairs of (taken, not taken) in the right order.

    Of what was not taken the first count alone, where a number is given.
    """
    place = {item: rank for rank, item in enumerate(listed)}
    places = {item: place.get(item, len(listed)) for item in pool}
    taken = [place for item, place in places.items() if item in relevant]
    others = [place for item, place in places.items() if item not in relevant]
    others = sorted(others)[:first]
    right = sum((t < o) + (t == o) / 2 for t in taken for o in others)
    return right / len(taken) / len(others) if others else None


def truth_of(world: World) -> dict[str, dict[int, dict[int, float]]]:
    """Return what known users took in the holdout and how often, by allow_repeat.

    Under `new users` it is what all others took.
    """
    days = 28
    known = {line.user for line in world.past if line.user}
    owned = {(line.user, line.item) for line in world.past}
    truth: dict[str, dict[int, dict[int, float]]] = {
        kind: defaultdict(lambda: defaultdict(float))
        for kind in ("all", "new_only", "repeat_only", "new users")
    }
    for line in dict.fromkeys(world.lines):  # equal lines are copies
        later = 0 <= (line.at - AS_OF).total_seconds() < days * 86400
        counts = later and line.quantity and line.user
        if counts and line.user not in known:
            truth["new users"][line.user][line.item] += 1
        elif counts:
            kind = "repeat_only" if (line.user, line.item) in owned else "new_only"
            truth["all"][line.user][line.item] += 1
            truth[kind][line.user][line.item] += 1
    return truth


def served_lists(world: World) -> dict[tuple[str, str], dict[int, dict[int, int]]]:
    """Return every scored list as {user: {rank: item}}, by name and allow_repeat."""
    lists: dict[tuple[str, str], dict[int, dict[int, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row in world.dicts("cand_all"):
        name, user, item = row["candidate_source"], row["user_id"], row["item_id"]
        lists[name, "all"][user][row["item_rank"]] = item
        if not row["is_repeat"]:
            lists[name, "new_only"][user][row["kind_rank"]] = item
    kinds = {s["name"]: s["allow_repeat"] for s in world.vars["surfaces"]}
    for row in world.dicts("rec_for_user"):
        key = (f"surface {row['surface']}", kinds[row["surface"]])
        lists[key][row["user_id"]][row["item_rank"]] = row["item_id"]
    ranked = world.rows("select popularity_rank, item_id from sig_popularity")
    lists["new users", "all"] = defaultdict(lambda: dict(ranked))
    return lists


def items_of(world: World) -> dict[int, Item]:
    """Return what is known of the items, the eligible ones first."""
    rows = world.rows("select item_id, user_count from int_items order by item_index")
    return {item: Item(users, place) for place, (item, users) in enumerate(rows, 1)}


def test_metrics_of_every_list(world: World) -> None:
    truth, items, expected = truth_of(world), items_of(world), {}
    ((eligible,),) = world.rows("select count(*) from int_items where is_eligible")
    lists = served_lists(world)
    lists.pop(("history", "new_only"), None)
    for (name, kind), users in lists.items():
        for user, relevant in truth[name if name in truth else kind].items():
            for k in world.vars["eval_cutoffs"]:
                figures = metrics(users[user], relevant, k, items, eligible)
                expected[name, kind, user, k] = figures
    found: dict[Any, dict[str, float]] = defaultdict(dict)
    for row in world.dicts("eval_user_figures"):
        if row["metric"] in METRICS:
            key = (row["list_name"], row["allow_repeat"], row["user_id"], row["k"])
            assert row["metric"] not in found[key]
            found[key][row["metric"]] = row["figure"]
    assert len(found) == len(world.dicts("eval_user_metrics"))
    assert any(figures["ndcg"] > 0 for figures in found.values())
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert found[key] == pytest.approx(figures, rel=1e-12)


def test_area_under_the_curve(world: World) -> None:
    truth, lists = truth_of(world), served_lists(world)
    showable = {
        i
        for (i,) in world.rows(
            "select item_id from int_items where is_eligible or is_new"
        )
    }
    owned = defaultdict(set)
    for user, item in world.rows("select user_id, item_id from int_user_items"):
        owned[user].add(item)
    rows = world.dicts("eval_auc")
    assert rows
    for row in rows:
        kind, user = row["allow_repeat"], row["user_id"]
        ranked = lists[row["list_name"], kind][user]
        listed = [ranked[rank] for rank in sorted(ranked) if rank <= row["k"]]
        pool = {
            "all": showable,
            "new_only": showable - owned[user],
            "repeat_only": showable & owned[user],
        }[kind]
        own = truth["new users" if row["list_name"] == "new users" else kind]
        expected = auc(listed, own[user], pool | own[user].keys())
        assert row["auc"] == pytest.approx(expected, abs=1e-12)
        part = auc(listed, own[user], pool | own[user].keys(), row["k"])
        assert row["partial_auc"] == pytest.approx(part, abs=1e-12)
    counted = sum(len(users) for users in truth.values())
    assert len(rows) > counted


def test_recall_of_popular_and_rare_items(world: World) -> None:
    truth, lists, items = truth_of(world), served_lists(world), items_of(world)
    total, before, parts = sum(i.users for i in items.values()), 0, {}
    rare_last = sorted(items.items(), key=lambda i: (-i[1].users, i[1].place))
    for item, facts in rare_last:
        parts[item] = ("popular", "middle", "rare")[min(3 * before // total, 2)]
        before += facts.users
    rows, seen = world.dicts("eval_popularity_recall"), set()
    assert len(rows) == len(world.dicts("eval_user_metrics"))
    for row in rows:
        name, kind, user = row["list_name"], row["allow_repeat"], row["user_id"]
        relevant = truth[name if name in truth else kind][user]
        ranked = lists[name, kind][user]
        top = {item for rank, item in ranked.items() if rank <= row["k"]}
        for part in ("popular", "middle", "rare"):
            own = [i for i in relevant if parts.get(i, "rare") == part]
            expected = sum(item in top for item in own) / len(own) if own else None
            assert row[f"recall_of_{part}"] == pytest.approx(expected)
            seen |= {part} if own else set()
    assert len(seen) == 3


# ---- Cases that well-known toolkits publish ------------------------------------------


MODELS = [
    "eval_kinds",
    "eval_hits",
    "eval_ideals",
    "eval_user_metrics",
    "eval_graded_ndcg",
]
MODELS += ["eval_user_figures"]
MODELS += ["eval_segments", "eval_bounds", "eval_summary"]


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[dict[str, Any]]:
    return cases_of(shared_data)


@contextmanager
def scored(
    ranked: Iterable[tuple[int, int, int]], truth: Sequence[Mapping[str, Any]], k: int
) -> Iterator[World]:
    """Score lists of (user, item, rank) against truth, whose rating is its weight."""
    relevant = [(r["user_id"], r["item_id"], r.get("rating", 1)) for r in truth]
    tables = {
        "eval_lists": listed(ranked),
        "eval_truth": taken(relevant),
        "int_items": catalogue(dict.fromkeys(range(1, 21), 1)),
        "int_users": users_of(truth),
        "eval_newcomers": [{"user_id": 1}],
    }
    with evaluated(
        tables, MODELS, eval_cutoffs=[k], eval_metrics=list(METRICS)
    ) as world:
        yield world


def summary_of(world: World) -> dict[str, float]:
    return dict(
        world.rows(
            "select metric, metric_value from eval_summary where segment_kind = 'all'"
        )
    )


def by_user(world: World, column: str) -> list[float]:
    rows = world.rows(f"select {column} from eval_user_metrics order by user_id")
    return [figure for (figure,) in rows]


def by_given_rank(rows: Sequence[Mapping[str, int]]) -> list[tuple[int, int, int]]:
    return [(row["user_id"], row["item_id"], row["rank"]) for row in rows]


def test_case_binary_metrics_at_10(cases: list[dict[str, Any]]) -> None:
    """The usual conventions: precision / k, AP / min(relevant, k), log2 gain."""
    case = case_of(cases, "ranking metrics @10")
    expected = case["expected"]
    ranked = by_score(case["pred"], "score")
    with scored(ranked, case["truth"], case["k"]) as world:
        found = summary_of(world)
    names = {"map": "map_div_min_actual_k", "ndcg": "ndcg_log2_or_ln"}
    names["r_precision"] = "r_precision_k10"
    for metric in ("precision", "recall", "map", "ndcg", "r_precision"):
        figure = expected[names.get(metric, metric)]
        assert found[metric] == pytest.approx(figure, rel=case["tol"])


def test_case_perfect_list(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "same truth as prediction")
    ranked = by_score(case["truth"], "rating")
    with scored(ranked, case["truth"], case["k"]) as world:
        found = summary_of(world)
    assert found["precision"] == pytest.approx((3 + 5 + 10) / 30)
    assert [found[m] for m in ("recall", "ndcg", "map", "mrr")] == PERFECT


def test_case_no_hits_is_zero_not_null(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "no hits")
    users = {row["user_id"] for row in case["truth"]}
    ranked = [(user, 100, 1) for user in sorted(users)]
    with scored(ranked, case["truth"], case["k"]) as world:
        assert summary_of(world) == dict.fromkeys(METRICS, 0.0)


def test_case_k_larger_than_the_list(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "k larger than list")
    ranked = by_score(case["truth"], "score")
    with scored(ranked, case["truth"], case["k"]) as world:
        assert summary_of(world)["precision"] == pytest.approx(3 / 5)


@pytest.mark.parametrize("k", [1, 3])
def test_case_average_precision_with_gaps_in_the_ranks(
    cases: list[dict[str, Any]], k: int
) -> None:
    """Dividing by min(relevant, k) is the larger of RecTools' two divisions."""
    case = case_of(cases, "MAP@k per user")
    both = (case["expected"][f"k={k},divide_by_{kind}"] for kind in ("actual", "k"))
    expected = [max(figures) for figures in zip(*both, strict=True)]
    with scored(by_given_rank(case["reco"]), case["truth"], k) as world:
        assert by_user(world, "average_precision") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("k", "convention"), [(1, "k=1"), (3, "k=3,ideal=min(k,n_truth) ones")]
)
def test_case_ndcg_against_the_achievable_ideal(
    cases: list[dict[str, Any]], k: int, convention: str
) -> None:
    case = case_of(cases, "NDCG@k per user")
    with scored(by_given_rank(case["reco"]), case["truth"], k) as world:
        assert by_user(world, "ndcg") == pytest.approx(case["expected"][convention])


def test_case_precision_and_recall_at_2(cases: list[dict[str, Any]]) -> None:
    """A user with truth and no list counts as 0; one without truth is dropped."""
    case = case_of(cases, "precision/recall/R-precision @2")
    expected = case["expected"]
    with scored(by_given_rank(case["reco"]), case["truth"], 2) as world:
        users = world.rows("select user_id from eval_user_metrics order by user_id")
        assert [user for (user,) in users] == case["users"]
        assert by_user(world, "precision") == expected["precision_at_2"]
        assert by_user(world, "recall") == pytest.approx(expected["recall_at_2"])
        assert by_user(world, "r_precision") == expected["r_precision_at_2"]


def test_case_graded_gain_is_the_weight_itself(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "graded nDCG")
    ranked = by_score(case["pred"], "score")
    with scored(ranked, case["truth"], case["k"]) as world:
        found = summary_of(world)["graded_ndcg"]
    assert found == pytest.approx(case["expected"]["ndcg_raw_log2"], rel=case["tol"])


def test_case_rules(cases: list[dict[str, Any]]) -> None:
    """All measures agree; at confidence 1, conviction is null and not infinite."""
    case = case_of(cases, "5 baskets; rules")
    items = sorted({item for basket in case["baskets"] for item in basket})
    lines = [
        Line(None, items.index(item), number, AS_OF.replace(day=1, month=4))
        for number, basket in enumerate(case["baskets"])
        for item in basket
    ]
    settings: dict[str, Any] = {
        "min_item_baskets": 1,
        "min_pair_count": 1,
        "min_support": 0.6,
        "relaxed_support_share": 1.0,
    }
    expected = {
        tuple(row[:2]): [None if x == "inf" else x for x in (*row[4:9], row[2], row[3])]
        for row in case["expected"]
        if "|" not in row[0] + row[1]
    }
    with tiny_world(lines, wanted="+sig_rules", **settings) as world:
        found = {
            (items[row[0]], items[row[1]]): list(row[2:])
            for row in world.rows(
                "select antecedent_item_id, consequent_item_id, support, confidence, "
                "lift, leverage, conviction, antecedent_count / basket_count, "
                "consequent_count / basket_count from sig_rules where confidence >= .8"
            )
        }
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert [x is None for x in found[key]] == [x is None for x in figures]
        wanted = [x for x in figures if x is not None]
        seen = [x for x in found[key] if x is not None]
        assert seen == pytest.approx(wanted, abs=case["tol"])


@pytest.mark.parametrize(("beta", "patience"), [(0.5, 0.5), (3.0, 0.95)])
def test_constants_of_metrics_are_vars(beta: float, patience: float) -> None:
    """Hits at ranks 1 and 3 of 4, of three items that were taken."""
    tables = {
        "eval_lists": listed([(1, item, item) for item in (1, 2, 3, 4)]),
        "eval_truth": taken([(1, 1, 1), (1, 3, 1), (1, 9, 1)]),
        "int_items": catalogue(dict.fromkeys(range(1, 21), 1)),
        "int_users": users_of([{"user_id": 1}]),
        "eval_newcomers": [{"user_id": 2}],
    }
    asked = {"eval_f_beta": beta, "eval_rbp_persistence": patience}
    with evaluated(
        tables, MODELS, eval_cutoffs=[4], eval_metrics=list(METRICS), **asked
    ) as world:
        found = summary_of(world)
    precision, recall, b = 2 / 4, 2 / 3, beta**2
    wanted = (1 + b) * precision * recall / (b * precision + recall)
    assert found["f_beta"] == pytest.approx(wanted)
    assert found["rbp"] == pytest.approx((1 - patience) * (1 + patience**2))
