"""The queries of `recsql report`, against the same figures counted in Python."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, product
from typing import Any

import pytest

from recsql.compilation.render import Renderer
from recsql.config.project import builtin_root, load_project
from recsql.demo.experiment import GENERATED
from tests.worlds import SMALL, World, random_lines, tiny_world

CHANGED: dict[str, Any] = {
    "eval_metrics": ["ndcg", "recall", "novelty", "catalogue_coverage"],
    "eval_segments": ["orders"],
    "report_users": 7,
    "report_items": 10,
    "asked_user": "103",
}
PROJECT = load_project(builtin_root())
Row = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tiny_world(random_lines(5), **CHANGED) as world:
        yield world


def ask(world: World, name: str, **changed: Any) -> list[Row]:
    """Render a query of queries/ with the world's vars, and ask it."""
    project = PROJECT.with_vars({**world.vars, **changed})
    path = project.queries[name]
    sql = Renderer(project).render_text(path.read_text(), path)
    cursor = world.warehouse.connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def drawn(text: str) -> float:
    return int(hashlib.md5(text.encode()).hexdigest()[:13], 16) / 16**13


def test_overlap(world: World) -> None:
    tops = defaultdict(set)
    for row in world.dicts("cand_all"):
        if row["item_rank"] <= 10:
            tops[row["candidate_source"]].add((row["user_id"], row["item_id"]))
    asked = ask(world, "report_overlap")
    assert len(asked) == len(tops) ** 2
    for row in asked:
        ours, theirs = tops[row["candidate_source"]], tops[row["other_source"]]
        assert row["common_share"] == pytest.approx(len(ours & theirs) / len(ours))


def test_ranks(world: World) -> None:
    counted: Counter[tuple[str, int, str]] = Counter()
    for row in world.dicts("rec_for_user"):
        for rank in (0, row["item_rank"]):
            counted[row["surface"], rank, row["candidate_source"]] += 1
    asked = ask(world, "report_ranks")
    assert len(asked) == len(counted)
    for row in asked:
        key = row["surface"], row["item_rank"], row["candidate_source"]
        whole = sum(n for k, n in counted.items() if k[:2] == key[:2])
        assert row["row_count"] == counted[key]
        assert row["row_share"] == pytest.approx(counted[key] / whole)


@pytest.fixture(scope="module")
def shown(world: World) -> dict[str, dict[int, int]]:
    """How often each item of the catalogue is shown, by surface."""
    catalogue = [
        item["item_id"]
        for item in world.dicts("int_items")
        if item["is_eligible"] or item["is_new"]
    ]
    lists = world.dicts("rec_for_user")
    found = {}
    for surface in {row["surface"] for row in lists}:
        counts = Counter(row["item_id"] for row in lists if row["surface"] == surface)
        found[surface] = {item: counts[item] for item in catalogue}
    return found


def test_surfaces(world: World, shown: dict[str, dict[int, int]]) -> None:
    asked = ask(world, "report_surfaces")
    assert {row["surface"] for row in asked} == set(shown)
    for row in asked:
        counts = list(shown[row["surface"]].values())
        apart = sum(abs(a - b) for a, b in combinations(counts, 2))
        gini = apart / len(counts) / sum(counts)  # half the mean difference / mean
        assert row["gini"] == pytest.approx(gini)
        assert row["item_count"] == sum(count > 0 for count in counts)
        assert row["catalogue_coverage"] == row["item_count"] / len(counts)


def test_popularity(world: World, shown: dict[str, dict[int, int]]) -> None:
    items = sorted(world.dicts("int_items"), key=lambda item: item["item_index"])
    items = [item for item in items if item["is_eligible"] or item["is_new"]]
    pairs, before, parts = sum(item["user_count"] for item in items), 0, {}
    for item in items:
        parts[item["item_id"]] = min(int(3 * before / pairs), 2) + 1
        before += item["user_count"]
    asked = ask(world, "report_popularity")
    assert len(asked) == 3 * len(shown)
    for row in asked:
        counts = shown[row["surface"]]
        own = sum(n for item, n in counts.items() if parts[item] == row["part"])
        assert row["row_count"] == own
        assert row["row_share"] == pytest.approx(own / sum(counts.values()))
        assert row["item_count"] == list(parts.values()).count(row["part"])


def test_lorenz(world: World, shown: dict[str, dict[int, int]]) -> None:
    asked = ask(world, "report_lorenz")
    assert {row["curve"] for row in asked} == {
        "what users take",
        *(f"surface {surface}" for surface in shown),
    }
    for surface, counts in shown.items():
        curve = {
            row["item_percent"]: row["amount_share"]
            for row in asked
            if row["curve"] == f"surface {surface}"
        }
        assert (curve[0], curve[100]) == (0, 1)
        amounts = sorted(counts.values())
        for place in range(1, len(amounts) + 1):
            percent = math.floor(100 * place / len(amounts) + 0.5)
            expected = sum(amounts[:place]) / sum(amounts)
            assert curve[percent] == pytest.approx(expected)


def test_figures_of_one_fold_are_those_of_the_summary(world: World) -> None:
    kept = {
        (s["allow_repeat"], s["list_name"], f"{s['metric']}@{s['k']}"): s
        for s in world.dicts("eval_summary")
        if s["segment_kind"] == "all"
    }
    asked = ask(world, "report_metrics")
    assert len(asked) == len(kept)
    for row in asked:
        one = kept[row["allow_repeat"], row["list_name"], row["metric"]]
        for name in ("metric_value", "interval_low", "interval_high", "user_count"):
            assert row[name] == pytest.approx(one[name]), name


def test_the_latest_run_counts_as_a_whole(world: World) -> None:
    """Single folds, and an older run, are left out."""
    one = ask(world, "report_metrics")
    world.rows("begin")
    world.rows(
        "insert into eval_summary by name select * replace (9 as metric_value, "
        "7 as fold, false as is_whole_run) from eval_summary"
    )
    world.rows(
        "insert into eval_summary by name select * replace ('old' as run_id, "
        "5 as metric_value, generated_at - interval 1 day as generated_at) "
        "from eval_summary where is_whole_run"
    )
    two = ask(world, "report_metrics")
    runs = ask(world, "report_run_metrics")
    world.rows("rollback")
    assert two == one
    assert len(runs) == 2 * len(one)


def test_leaders(world: World) -> None:
    values = {
        (row["allow_repeat"], row["metric"], row["list_name"]): row["metric_value"]
        for row in ask(world, "report_metrics")
        if row["list_name"] != "new users"
    }
    asked = ask(world, "report_leaders")
    assert asked
    for row in asked:
        key = row["allow_repeat"], row["metric"]
        others = [value for k, value in values.items() if k[:2] == key]
        assert values[*key, row["list_name"]] == max(others)
        difference = max(others) - values[*key, row["other_list_name"]]
        assert row["difference"] == pytest.approx(difference)
        assert row["interval_low"] <= row["difference"] <= row["interval_high"]


def test_tradeoffs(world: World) -> None:
    values = {
        (row["allow_repeat"], row["list_name"], row["metric"]): row["metric_value"]
        for row in ask(world, "report_metrics")
    }
    asked = ask(world, "report_tradeoffs")
    assert len(asked) == sum(
        key[1] != "new users" for key in values if key[2].startswith("ndcg@")
    )
    for row in asked:
        key = row["allow_repeat"], row["list_name"]
        for column, metric in (
            ("accuracy", "ndcg"),
            ("novelty", "novelty"),
            ("catalogue_coverage", "catalogue_coverage"),
        ):
            assert row[column] == pytest.approx(values[*key, f"{metric}@{row['k']}"])


def test_thresholds(world: World) -> None:
    kept = {
        (t["allow_repeat"], t["k"], t["list_name"], t["other_list_name"]): t
        for t in world.dicts("eval_thresholds")
    }
    asked = {(r["surface"], r["metric"]): r for r in ask(world, "report_thresholds")}
    for surface, k in product(SMALL["surfaces"], SMALL["eval_cutoffs"]):
        pair = surface["personal"][0], surface["fallback"][0]
        found = kept.get((surface["allow_repeat"], k, *pair))
        if found is None:
            assert (surface["name"], f"ndcg@{k}") not in asked
        else:
            row = asked[surface["name"], f"ndcg@{k}"]
            assert row["min_orders"] == found["min_orders"]
            assert row["mean_gain"] == found["mean_gain"]


def test_users_are_drawn_by_a_hash_and_the_asked_one_is_there(world: World) -> None:
    known = {row["user_id"] for row in world.dicts("rec_for_user")}
    expected = sorted(known, key=lambda user: drawn(f"report:{user}"))[:7]
    assert 103 in known - set(expected)
    users = {str(user) for user in (*expected, 103)}
    for name in ("users", "history", "lists"):
        assert {row["user_id"] for row in ask(world, f"report_{name}")} == users
    assert {row["user_id"] for row in ask(world, "report_reasons")} <= users


def test_history_is_what_weighs_most(world: World) -> None:
    expected = sorted(
        (-row["weight"], row["item_index"], str(row["item_id"]))
        for row in world.dicts("int_user_items")
        if row["user_id"] == 103
    )
    asked = ask(world, "report_history")
    assert [row["item_id"] for row in asked if row["user_id"] == "103"] == [
        item for *_, item in expected[:20]
    ]


def test_items_are_the_most_shown_and_some_others(world: World) -> None:
    counts = Counter(row["item_id"] for row in world.dicts("rec_for_user"))
    pages = {row["item_id"] for row in world.dicts("rec_item_page")}
    most = sorted(pages, key=lambda item: (-counts[item], item))[:8]
    others = sorted(pages, key=lambda item: drawn(f"report:{item}"))[:2]
    expected = {str(item) for item in (*most, *others)}
    for name in ("items", "pages", "complements"):
        asked = {row["item_id"] for row in ask(world, f"report_{name}")}
        assert asked == expected, name
    asked_for = str(max(pages - {*most, *others}))
    more = ask(world, "report_items", asked_item=asked_for)
    assert {row["item_id"] for row in more} == expected | {asked_for}


def test_generated_exposures_are_drawn_as_said(world: World) -> None:
    """Visits, variants, items and clicks: every draw, again."""
    experiment = GENERATED["experiments"][0]["name"]
    popular = {
        row["popularity_rank"]: row["item_id"] for row in world.dicts("sig_popularity")
    }
    (reference,) = world.dicts("int_reference_time")
    expected = set()
    for user, ago in product(world.dicts("int_users"), range(28)):
        visit = f"{user['user_id']}:{ago}"
        if drawn(f"visit:{visit}") >= 0.3:
            continue
        is_control = drawn(f"{experiment}:{user['user_id']}") < 0.5
        day = reference["last_event_at"] - timedelta(days=ago + 1)
        at = day + timedelta(seconds=math.floor(86400 * drawn(f"time:{visit}")))
        for place in range(4):
            item = popular.get(1 + math.floor(50 * drawn(f"item:{visit}:{place}")))
            clicked = drawn(f"click:{visit}:{place}") < (0.10 if is_control else 0.12)
            variant = "control" if is_control else "treatment"
            if item is not None:
                expected.add((user["user_id"], item, variant, at, clicked))
    asked = ask(world, "generate_exposures", **GENERATED)
    found = {
        (r["user_id"], r["item_id"], r["variant"], r["shown_at"], bool(r["clicked_at"]))
        for r in asked
    }
    assert len(found) > 100
    assert found == expected
    assert {row["surface"] for row in asked} == {"home"}


def test_buy_again_is_that_of_the_table(world: World) -> None:
    table = {
        (str(r["user_id"]), r["item_rank"]): r for r in world.dicts("rec_buy_again")
    }
    asked = ask(world, "report_buy_again")
    sampled = {row["user_id"] for row in ask(world, "report_users")}
    assert {(r["user_id"], r["item_rank"]) for r in asked} == {
        key for key in table if key[0] in sampled and key[1] <= 20
    }
    for row in asked:
        known = table[row["user_id"], row["item_rank"]]
        assert row["item_id"] == str(known["item_id"])
        assert row["status"] == known["status"]
        expected = known["expected_at"]
        assert row["expected_on"] == (expected and expected.date())


def test_policies_are_those_of_the_latest_run_as_a_whole(world: World) -> None:
    table = (
        "run_id, fold, is_whole_run, list_name, allow_repeat, k, estimator, "
        "policy_value, interval_low, interval_high, shown_value, exposure_count, "
        "matched_count, user_count, effective_count, mean_weight, generated_at"
    )
    world.rows(
        "create table eval_policies as select * from (values "
        "('old', 1, true, 'als', 'all', 5, 'ips', .9, .8, 1., .1, 10, 5, 3, 4., 1., 1),"
        "('new', 1, false, 'als', 'all', 5, 'ips', .2, .1, .3, .1, 9, 5, 3, 4., 1., 2),"
        "('new', null, true, 'als', 'all', 5, 'ips', .3, .2, .4, .2, 40, 12, 7, 9., 1.,"
        f" 2)) as t({table})"
    )
    (row,) = ask(world, "report_policies")
    world.rows("drop table eval_policies")
    names = ("policy_value", "interval_low", "interval_high", "shown_value")
    assert [float(row[name]) for name in names] == [0.3, 0.2, 0.4, 0.2]
    counts = ("exposure_count", "matched_count", "effective_count")
    assert [row[name] for name in counts] == [40, 12, 9]
    assert (row["places"], row["is_surface"]) == ("the first 5", False)
