"""Ranking metrics against short re-implementations, on a world and on known cases."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pyarrow as pa
import pytest

from recsql.warehouse import open_warehouse
from tests.worlds import AS_OF, Line, World, plan_with, tiny_world

METRICS = {
    "precision": "precision",
    "recall": "recall",
    "hit_rate": "hit_rate",
    "map": "average_precision",
    "mrr": "reciprocal_rank",
    "ndcg": "ndcg",
}
PERFECT = [1.0] * 4


def metrics(ranked: Mapping[int, int], relevant: set[int], k: int) -> dict[str, float]:
    """Return the metrics of one list, given as item by rank."""
    ranks = sorted(rank for rank, i in ranked.items() if i in relevant and rank <= k)
    possible = min(len(relevant), k)
    precisions = [number / rank for number, rank in enumerate(ranks, 1)]
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, possible + 1))
    return {
        "precision": len(ranks) / k,
        "recall": len(ranks) / len(relevant),
        "hit_rate": float(bool(ranks)),
        "map": sum(precisions) / possible,
        "mrr": 1 / ranks[0] if ranks else 0.0,
        "ndcg": sum(1 / math.log2(rank + 1) for rank in ranks) / ideal,
    }


def truth_of(world: World) -> dict[str, dict[int, set[int]]]:
    """Return what known users took in the holdout, by allow_repeat."""
    days = 28
    known = {line.user for line in world.past if line.user}
    owned = {(line.user, line.item) for line in world.past}
    eligible = {
        i for (i,) in world.rows("select item_id from int_items where is_eligible")
    }
    truth: dict[str, dict[int, set[int]]] = {
        kind: defaultdict(set) for kind in ("all", "new_only", "repeat_only")
    }
    for line in world.lines:
        later = 0 <= (line.at - AS_OF).total_seconds() <= days * 86400
        if later and line.quantity and line.user in known and line.item in eligible:
            kind = "repeat_only" if (line.user, line.item) in owned else "new_only"
            truth["all"][line.user].add(line.item)
            truth[kind][line.user].add(line.item)
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
    return lists


def test_metrics_of_every_list(world: World) -> None:
    truth, expected = truth_of(world), {}
    lists = served_lists(world)
    lists.pop(("history", "new_only"), None)
    for (name, kind), users in lists.items():
        for user, relevant in truth[kind].items():
            for k in world.vars["eval_cutoffs"]:
                expected[name, kind, user, k] = metrics(users[user], relevant, k)
    rows = world.dicts("eval_user_metrics")
    found = {
        (r["list_name"], r["allow_repeat"], r["user_id"], r["k"]): {
            metric: r[column] for metric, column in METRICS.items()
        }
        for r in rows
    }
    assert len(found) == len(rows)
    assert any(figures["ndcg"] > 0 for figures in found.values())
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert found[key] == pytest.approx(figures, rel=1e-12)


def test_summary_is_the_mean_with_its_interval(world: World) -> None:
    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["list_name"], row["allow_repeat"], row["k"]

    summary = {(*place(r), r["metric"]): r for r in world.dicts("eval_summary")}
    users = sorted(world.dicts("eval_user_metrics"), key=place)
    for key, group in groupby(users, key=place):
        rows = list(group)
        for metric, column in METRICS.items():
            figures = [row[column] for row in rows]
            found = summary.pop((*key, metric))
            half = 1.96 * stdev(figures) / math.sqrt(len(figures))
            assert found["user_count"] == len(figures)
            assert found["metric_value"] == pytest.approx(mean(figures), abs=1e-12)
            interval = (found["interval_low"], found["interval_high"])
            wanted = (max(mean(figures) - half, 0), min(mean(figures) + half, 1))
            assert interval == pytest.approx(wanted, abs=1e-12)
    assert not summary


# ---- Cases that well-known toolkits publish ------------------------------------------


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[dict[str, Any]]:
    return list(json.loads((shared_data / "metric_cases.json").read_text()))


def case_of(cases: list[dict[str, Any]], start: str) -> dict[str, Any]:
    return next(case for case in cases if case["name"].startswith(start))


@contextmanager
def evaluated(
    ranked: Sequence[tuple[int, int, int]], relevant: Sequence[tuple[int, int]], k: int
) -> Iterator[World]:
    """Run the real evaluation models over lists (user, item, rank) and truth."""
    plan = plan_with(as_of=str(AS_OF), eval_cutoffs=[k])
    users, items, ranks = (list(column) for column in zip(*ranked, strict=True))
    owners, taken = (list(column) for column in zip(*relevant, strict=True))
    given = {
        "eval_lists": {"user_id": users, "item_id": items, "item_rank": ranks},
        "eval_truth": {"user_id": owners, "item_id": taken},
    }
    extra = {
        "eval_lists": "'case' as list_name, 'all' as allow_repeat",
        "eval_truth": "false as is_repeat",
    }
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        for name, columns in given.items():
            warehouse.connection.register("given", pa.table(columns))
            warehouse.rows(f"create table {name} as select *, {extra[name]} from given")
            warehouse.connection.unregister("given")
        for model in (
            "eval_hits",
            "eval_ideal_gains",
            "eval_user_metrics",
            "eval_summary",
        ):
            warehouse.materialize(warehouse.connection, plan.models[model])
        yield World([], {}, warehouse)


def summary_of(world: World) -> dict[str, float]:
    return dict(world.rows("select metric, metric_value from eval_summary"))


def by_user(world: World, column: str) -> list[float]:
    rows = world.rows(f"select {column} from eval_user_metrics order by user_id")
    return [figure for (figure,) in rows]


def pairs(rows: Sequence[Mapping[str, int]]) -> list[tuple[int, int]]:
    return [(row["user_id"], row["item_id"]) for row in rows]


def by_score(
    rows: Sequence[Mapping[str, int]], score: str
) -> list[tuple[int, int, int]]:
    """Return (user, item, rank), the rank counted by falling score."""
    ranked = []
    order = sorted(rows, key=lambda r: (r["user_id"], -r.get(score, 0), r["item_id"]))
    for user, group in groupby(order, key=lambda row: row["user_id"]):
        ranked += [(user, row["item_id"], rank) for rank, row in enumerate(group, 1)]
    return ranked


def by_given_rank(rows: Sequence[Mapping[str, int]]) -> list[tuple[int, int, int]]:
    return [(row["user_id"], row["item_id"], row["rank"]) for row in rows]


def test_case_binary_metrics_at_10(cases: list[dict[str, Any]]) -> None:
    """The usual conventions: precision / k, AP / min(relevant, k), log2 gain."""
    case = case_of(cases, "ranking metrics @10")
    expected = case["expected"]
    ranked = by_score(case["pred"], "score")
    with evaluated(ranked, pairs(case["truth"]), case["k"]) as world:
        found = summary_of(world)
    names = {"map": "map_div_min_actual_k", "ndcg": "ndcg_log2_or_ln"}
    for metric in ("precision", "recall", "map", "ndcg"):
        figure = expected[names.get(metric, metric)]
        assert found[metric] == pytest.approx(figure, rel=case["tol"])


def test_case_perfect_list(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "same truth as prediction")
    ranked = by_score(case["truth"], "rating")
    with evaluated(ranked, pairs(case["truth"]), case["k"]) as world:
        found = summary_of(world)
    assert found["precision"] == pytest.approx((3 + 5 + 10) / 30)
    assert [found[m] for m in ("recall", "ndcg", "map", "mrr")] == PERFECT


def test_case_no_hits_is_zero_not_null(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "no hits")
    users = {row["user_id"] for row in case["truth"]}
    ranked = [(user, 100, 1) for user in sorted(users)]
    with evaluated(ranked, pairs(case["truth"]), case["k"]) as world:
        assert summary_of(world) == dict.fromkeys(METRICS, 0.0)


def test_case_k_larger_than_the_list(cases: list[dict[str, Any]]) -> None:
    case = case_of(cases, "k larger than list")
    ranked = by_score(case["truth"], "score")
    with evaluated(ranked, pairs(case["truth"]), case["k"]) as world:
        assert summary_of(world)["precision"] == pytest.approx(3 / 5)


@pytest.mark.parametrize("k", [1, 3])
def test_case_average_precision_with_gaps_in_the_ranks(
    cases: list[dict[str, Any]], k: int
) -> None:
    """Dividing by min(relevant, k) is the larger of RecTools' two divisions."""
    case = case_of(cases, "MAP@k per user")
    both = (case["expected"][f"k={k},divide_by_{kind}"] for kind in ("actual", "k"))
    expected = [max(figures) for figures in zip(*both, strict=True)]
    with evaluated(by_given_rank(case["reco"]), pairs(case["truth"]), k) as world:
        assert by_user(world, "average_precision") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("k", "convention"), [(1, "k=1"), (3, "k=3,ideal=min(k,n_truth) ones")]
)
def test_case_ndcg_against_the_achievable_ideal(
    cases: list[dict[str, Any]], k: int, convention: str
) -> None:
    case = case_of(cases, "NDCG@k per user")
    with evaluated(by_given_rank(case["reco"]), pairs(case["truth"]), k) as world:
        assert by_user(world, "ndcg") == pytest.approx(case["expected"][convention])


def test_case_precision_and_recall_at_2(cases: list[dict[str, Any]]) -> None:
    """A user with truth and no list counts as 0; one without truth is dropped."""
    case = case_of(cases, "precision/recall/R-precision @2")
    expected = case["expected"]
    with evaluated(by_given_rank(case["reco"]), pairs(case["truth"]), 2) as world:
        users = world.rows("select user_id from eval_user_metrics order by user_id")
        assert [user for (user,) in users] == case["users"]
        assert by_user(world, "precision") == expected["precision_at_2"]
        assert by_user(world, "recall") == pytest.approx(expected["recall_at_2"])


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
