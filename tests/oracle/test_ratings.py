"""Predicted ratings and their errors, against NumPy; also on MovieLens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsql.config.project import builtin_root, load_project
from recsql.engine.runner import run_models
from recsql.engine.warehouse import open_warehouse
from tests.oracle.test_intervals import drawn
from tests.worlds import AS_OF, World, plan_with, random_lines, tiny_world

USUAL = load_project(builtin_root()).default_vars
SETTINGS: dict[str, Any] = {
    "events": {**USUAL["events"], "rating": "round(sales_value * 10) / 2"},
    "weight_column": "rating",
    "weight_scale": "threshold",
    "weight_threshold": 3.5,
    "rating_neighbours": 8,
    "rating_shrinkage": 0.5,
    "eval_metrics": ["rmse", "mae"],
    "eval_compared_metrics": ["rmse"],
    "eval_segments": ["orders"],
}
Pairs = dict[tuple[int, int], float]


def baseline(known: Pairs, items: float = 25, users: float = 10) -> Any:
    """Return mu, b_i and b_u of Koren 2010, and the mean of each user."""
    mean = np.mean([*known.values()])
    of_item, of_user = defaultdict(list), defaultdict(list)
    for (_, item), rating in known.items():
        of_item[item].append(rating - mean)
    item_bias = {i: sum(r) / (items + len(r)) for i, r in of_item.items()}
    for (user, item), rating in known.items():
        of_user[user].append((rating - mean - item_bias[item], rating))
    user_bias = {u: sum(x for x, _ in r) / (users + len(r)) for u, r in of_user.items()}
    own_mean = {u: np.mean([x for _, x in r]) for u, r in of_user.items()}

    def predict(user: int, item: int) -> float:
        return float(mean + item_bias.get(item, 0) + user_bias.get(user, 0))

    return predict, own_mean


def neighbours(known: Pairs, count: int, shrinkage: float, damping: float) -> Any:
    """Return the item-item prediction of Sarwar et al. 2001 over the baseline."""
    predict, mean = baseline(known)
    users, items = (sorted({pair[n] for pair in known}) for n in (0, 1))
    deviations = np.zeros((len(items), len(users)))
    for (user, item), rating in known.items():
        deviations[items.index(item), users.index(user)] = rating - mean[user]
    lengths = np.sqrt((deviations**2).sum(axis=1))
    alike = deviations @ deviations.T / (np.outer(lengths, lengths) + shrinkage)
    np.fill_diagonal(alike, 0)
    near = {
        item: [(items[j], row[j]) for j in np.argsort(-row)[:count] if row[j] > 0]
        for item, row in zip(items, alike, strict=True)
    }

    def corrected(user: int, item: int) -> float:
        mine = [(x, s) for x, s in near.get(item, []) if (user, x) in known]
        gap = sum(s * (known[user, x] - predict(user, x)) for x, s in mine)
        return predict(user, item) + float(gap / (damping + sum(s for _, s in mine)))

    return corrected


@pytest.fixture(scope="module", params=[1, 2])
def rated(request: pytest.FixtureRequest) -> Iterator[World]:
    wanted = "+eval_summary +eval_comparisons +eval_thresholds +rec_ratings"
    with tiny_world(random_lines(request.param), wanted=wanted, **SETTINGS) as world:
        yield world


def pairs_of(world: World, *, past: bool) -> Pairs:
    """Return the mean rating of each pair, from the lines themselves."""
    found = defaultdict(list)
    for line in world.lines:
        days = (line.at - AS_OF).total_seconds() / 86400
        is_wanted = days < 0 if past else 0 <= days <= 28
        if line.user and line.quantity > 0 and is_wanted:
            found[line.user, line.item].append(np.floor(line.paid * 10 + 0.5) / 2)
    return {pair: float(np.mean(ratings)) for pair, ratings in found.items()}


def test_ratings_are_those_of_the_lines(rated: World) -> None:
    rows = rated.rows("select user_id, item_id, rating from int_ratings")
    assert {(u, i): r for u, i, r in rows} == pytest.approx(pairs_of(rated, past=True))
    rows = rated.rows(
        "select user_id, item_id, rating from eval_ratings "
        "where list_name = 'rating baseline'"
    )
    held = pairs_of(rated, past=False)
    assert {(u, i): r for u, i, r in rows} == pytest.approx(held)
    assert min(held.values()) < 1  # what is no like counts, too


@pytest.mark.parametrize("model", ["baseline", "item_knn"])
def test_predictions(rated: World, model: str) -> None:
    known = pairs_of(rated, past=True)
    predict = {
        "baseline": baseline(known)[0],
        "item_knn": neighbours(known, 8, 0.5, 0.1),
    }[model]
    rows = rated.rows(
        "select user_id, item_id, predicted_rating from eval_ratings "
        f"where list_name = 'rating {model}'"
    )
    assert len(rows) > 40
    for user, item, predicted in rows:
        assert predicted == pytest.approx(predict(user, item), abs=1e-9)


def test_what_is_shown_has_a_rating(rated: World) -> None:
    predict = neighbours(pairs_of(rated, past=True), 8, 0.5, 0.1)
    rows = rated.rows("select user_id, item_id, predicted_rating from rec_ratings")
    shown = rated.rows("select distinct user_id, item_id from rec_for_user")
    assert {(user, item) for user, item, _ in rows} == set(shown)
    assert len(rows) > 100
    for user, item, predicted in rows:
        assert predicted == pytest.approx(predict(user, item), abs=1e-9)


def test_errors_are_pooled_over_pairs_with_intervals_by_users(rated: World) -> None:
    errors: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for name, user, error in rated.rows(
        "select list_name, user_id, predicted_rating - rating from eval_ratings"
    ):
        errors[name][user].append(error)
    numbers = dict(
        rated.rows(
            "select user_id, user_number from eval_segments where segment_kind = 'all'"
        )
    )
    rows = rated.dicts("eval_summary")
    rows = [row for row in rows if row["segment_kind"] == "all"]
    assert {(r["list_name"], r["metric"], r["k"]) for r in rows} == {
        (f"rating {model}", metric, 0)
        for model in ("baseline", "item_knn")
        for metric in ("rmse", "mae")
    }
    for row in rows:
        of = errors[row["list_name"]]
        power = 2 if row["metric"] == "rmse" else 1
        sums = {u: np.sum(np.abs(e) ** power) for u, e in of.items()}
        pooled = sum(sums.values()) / sum(map(len, of.values()))
        assert row["metric_value"] == pytest.approx(pooled ** (1 / power), abs=1e-12)
        assert row["user_count"] == len(of)
        means = []
        for resample in range(50):
            weights = {u: drawn(numbers[u], resample, 50, 42) for u in of}
            pairs = sum(w * len(of[u]) for u, w in weights.items())
            means.append(sum(w * sums[u] for u, w in weights.items()) / pairs)
        expected = np.quantile(means, (0.025, 0.975)) ** (1 / power)
        found = (row["interval_low"], row["interval_high"])
        assert found == pytest.approx(tuple(expected), abs=1e-9)


def test_comparisons_are_user_by_user(rated: World) -> None:
    figures = {
        (name, user): figure
        for name, user, figure in rated.rows(
            "select list_name, user_id, figure from eval_user_figures "
            "where metric = 'rmse'"
        )
    }
    users = {user for _, user in figures}
    gaps = [
        figures["rating item_knn", u] - figures["rating baseline", u] for u in users
    ]
    ((names, difference, count),) = rated.rows(
        "select (list_name, other_list_name), difference, user_count "
        "from eval_comparisons"
    )
    assert names == ("rating baseline", "rating item_knn")
    assert (difference, count) == (pytest.approx(np.mean(gaps), abs=1e-9), len(users))
    gains = dict(
        rated.rows("select list_name, coalesce(min_orders, 0) from eval_thresholds")
    )
    assert len(gains) == 2


def test_without_ratings_nothing_is_built() -> None:
    names = {name for name in plan_with(as_of=str(AS_OF)).models if "_rating" in name}
    assert names == set()
    only = plan_with(**{**SETTINGS, "as_of": str(AS_OF), "rating_models": ["baseline"]})
    assert "sig_rating_items" in only.models
    assert "sig_rating_neighbours" not in only.models


MOVIELENS: dict[str, Any] = {
    "events": {
        **dict.fromkeys(USUAL["events"]),
        "table": "ratings",
        "user_id": '"userId"',
        "item_id": '"movieId"',
        "event_at": "to_timestamp(timestamp)",
        "event_type": "'rating'",
        "rating": "rating",
    },
    "items": {**dict.fromkeys(USUAL["items"]), "attributes": {}},
    "users": {**dict.fromkeys(USUAL["users"]), "attributes": {}},
    "as_of": "2020-01-01",
    "eval_split": "random",
    "eval_resamples": 100,
    "eval_metrics": ["rmse", "mae"],
}


def test_movielens(shared_data: Path) -> None:
    """The baseline in NumPy, to 1e-9; and item_knn is better than it."""
    plan = plan_with(**MOVIELENS)
    file = shared_data / "ml-latest-small" / "ratings.csv"
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 2}) as warehouse:
        warehouse.rows("create schema raw")
        warehouse.rows(f"create table raw.ratings as from read_csv('{file}')")
        names = plan.graph.select(["+eval_rating_summary"])
        for result in run_models(plan, warehouse, names, 2):
            assert result.error is None
        known = warehouse.connection.sql("from int_ratings").fetchnumpy()
        held = warehouse.connection.sql(
            "from eval_ratings where list_name = 'rating baseline'"
        ).fetchnumpy()
        found = {
            (name, metric): value
            for name, metric, value in warehouse.rows(
                "select list_name, metric, metric_value from eval_rating_summary "
                "where segment_kind = 'all'"
            )
        }
    assert len(known["rating"]) + len(held["rating"]) == 100_836
    size = 1 + max(known["item_id"].max(), held["item_id"].max())
    user, item, rating = known["user_id"], known["item_id"], known["rating"]
    mean = rating.mean()
    items = np.bincount(item, rating - mean, size) / (
        25 + np.bincount(item, None, size)
    )
    rest = rating - mean - items[item]
    users = np.bincount(user, rest, 611) / (10 + np.bincount(user, None, 611))
    error = mean + items[held["item_id"]] + users[held["user_id"]] - held["rating"]
    rmse, mae = np.sqrt((error**2).mean()), np.abs(error).mean()
    assert found["rating baseline", "rmse"] == pytest.approx(rmse, abs=1e-9)
    assert found["rating baseline", "mae"] == pytest.approx(mae, abs=1e-9)
    assert 0.86 < rmse < 0.89
    assert found["rating item_knn", "rmse"] < rmse - 0.02
    print(found)
