"""Who gets which variant, false alarms, and how many users a test takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.oracle.test_experiments import START, shoppers
from tests.worlds import World, experiments, tiny_world

HALVES = {"a": 1, "b": 1}
SPLIT = {"a": 5, "b": 3, "c": 2}
PLANS = [
    {"name": "split", "variants": SPLIT},
    {"name": "other", "variants": HALVES},
    {"name": "twin", "variants": HALVES, "salt": "other"},
    {"name": "part", "variants": HALVES, "salt": "other", "share": 0.3},
    {"name": "rest", "variants": HALVES, "exclude": ["part"]},
]
SIZES = [
    {"name": "orders", "kind": "proportion", "baseline": 0.1, "uplift": 0.1},
    {
        "name": "fewer",
        "kind": "proportion",
        "baseline": 0.3,
        "uplift": -0.2,
        "alpha": 0.01,
        "power": 0.9,
        "users_per_day": 100,
    },
    {
        "name": "revenue",
        "kind": "mean",
        "baseline": 20,
        "uplift": 0.05,
        "standard_deviation": 15,
    },
    {
        "name": "three",
        "kind": "proportion",
        "baseline": 0.1,
        "uplift": 0.1,
        "variants": 3,
    },
]
OTHER_SIZES = [
    {
        "name": "fewer in control",
        "kind": "ratio",
        "baseline": 3,
        "uplift": 0.1,
        "standard_deviation": 2,
        "control_share": 0.2,
    },
    {"name": "found", "kind": "proportion", "baseline": 0.1, "users": 9001},
    {
        "name": "found in days",
        "kind": "mean",
        "baseline": 20,
        "standard_deviation": 15,
        "days": 20,
        "users_per_day": 150,
        "variants": 3,
        "control_share": 0.5,
    },
    *(
        {"name": f"measured {metric}", "kind": kind, "metric": metric, "uplift": 0.1}
        for metric, kind in (
            ("conversion", "proportion"),
            ("revenue_per_user", "mean"),
            ("average_order_value", "ratio"),
            ("repeat_share", "ratio"),
        )
    ),
]


def world_of(plans: list[dict[str, Any]], wanted: str, users: int = 700) -> Any:
    given = {
        **experiments(""),
        "experiments": plans,
        "sample_sizes": [*SIZES, *OTHER_SIZES],
    }
    return tiny_world(shoppers(2, users), wanted=wanted, **given)


def variants(world: World) -> dict[str, dict[int, str]]:
    """Return the variant of every user, experiment by experiment."""
    found: dict[str, dict[int, str]] = {plan["name"]: {} for plan in PLANS}
    for row in world.dicts("exp_assignments"):
        found[row["experiment"]][row["user_id"]] = row["variant"]
    return found


@pytest.fixture(scope="module")
def planned() -> Iterator[World]:
    with world_of(PLANS, "+exp_assignments", users=3000) as world:
        yield world


def test_shares_are_as_planned(planned: World) -> None:
    counts = Counter(variants(planned)["split"].values())
    total = counts.total()
    assert total == len(variants(planned)["other"]) > 2500
    wanted = [total * part / 10 for part in SPLIT.values()]
    assert stats.chisquare([counts[v] for v in SPLIT], wanted).pvalue > 0.01


def test_salts_are_independent_and_equal_salts_agree(planned: World) -> None:
    found = variants(planned)
    assert found["twin"] == found["other"]
    pairs = Counter((found["split"][u], found["other"][u]) for u in found["split"])
    table = [[pairs[one, other] for other in HALVES] for one in SPLIT]
    assert stats.chi2_contingency(table).pvalue > 0.01


def test_a_larger_share_changes_nobody(planned: World) -> None:
    found = variants(planned)
    assert found["part"].items() <= found["other"].items()
    everyone = len(found["other"])
    assert stats.binomtest(len(found["part"]), everyone, 0.3).pvalue > 0.01
    halves = Counter(found["part"].values())
    assert stats.binomtest(halves["a"], halves.total(), 0.5).pvalue > 0.01


def test_excluded_users_are_left_out(planned: World) -> None:
    found = variants(planned)
    assert not found["rest"].keys() & found["part"].keys()
    assert found["rest"].keys() | found["part"].keys() == found["other"].keys()


def test_new_users_change_nobody(planned: World) -> None:
    with world_of(PLANS, "+exp_assignments", users=300) as smaller:
        before = variants(smaller)
    for name, after in variants(planned).items():
        assert len(before[name]) < len(after)
        known = {user: after.get(user) for user in before[name]}
        assert known == before[name]


def test_nothing_is_found_where_nothing_differs() -> None:
    """Draw the same users anew 200 times: p-values are uniform."""
    plans = [
        {"name": f"salt {n}", "variants": HALVES, "starts_at": str(START)}
        for n in range(200)
    ]
    with world_of(plans, "+exp_results") as world:
        rows = world.dicts("exp_results")
    for metric in {row["metric"] for row in rows}:
        own = [row for row in rows if row["metric"] == metric]
        assert len(own) == 200
        for name in ("p_value", "cuped_p_value"):
            test = stats.kstest([row[name] for row in own], "uniform")
            assert test.pvalue > 0.01, (metric, name)
        assert sum(row["sequential_p_value"] < 0.05 for row in own) <= 10
    found = {row["experiment"] for row in rows if row["is_significant"]}
    assert len(found) <= 0.05 * 200 * 1.5


@pytest.fixture(scope="module")
def sizes() -> Iterator[dict[str, dict[str, Any]]]:
    with world_of(PLANS, "+exp_sample_size", users=300) as world:
        rows = {row["name"]: row for row in world.dicts("exp_sample_size")}
        yield {**rows, "lines": world.past}


@pytest.mark.parametrize("name", [size["name"] for size in SIZES])
def test_a_sample_is_the_smallest_with_its_power(name: str, sizes: Any) -> None:
    row = sizes[name]
    p, q = row["baseline"], row["baseline"] * (1 + row["uplift"])
    variance = p * (1 - p) + q * (1 - q)
    if row["kind"] == "mean":
        variance = 2 * row["standard_deviation"] ** 2
    limit = stats.norm.isf(row["alpha"] / 2 / (row["variant_count"] - 1))

    def reached(users: int) -> float:
        effect = abs(row["difference"]) / (variance / users) ** 0.5
        return float(stats.norm.sf(limit - effect))

    users = row["users_per_variant"]
    assert reached(users - 1) < row["power"] <= reached(users)
    assert row["total_users"] == users * row["variant_count"]
    assert row["control_users"] == users
    per_day = next(size.get("users_per_day") for size in SIZES if size["name"] == name)
    assert row["days"] == (per_day and -(-row["total_users"] // per_day))


def test_samples_are_about_those_of_statsmodels(sizes: Any) -> None:
    power = pytest.importorskip("statsmodels.stats.power")
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    by_t = power.tt_ind_solve_power(20 * 0.05 / 15, alpha=0.05, power=0.8)
    assert sizes["revenue"]["users_per_variant"] == pytest.approx(by_t, abs=1.5)
    by_arcsine = power.NormalIndPower().solve_power(
        proportion.proportion_effectsize(0.11, 0.1), alpha=0.05, power=0.8
    )
    assert sizes["orders"]["users_per_variant"] == pytest.approx(by_arcsine, rel=0.01)


def test_samples_of_two_sizes_are_those_of_statsmodels(sizes: Any) -> None:
    power = pytest.importorskip("statsmodels.stats.power")
    row = sizes["fewer in control"]
    needed = power.NormalIndPower().solve_power(
        3 * 0.1 / 2, alpha=0.05, power=0.8, ratio=4
    )
    assert row["control_users"] == -(-needed // 1)
    assert row["users_per_variant"] == -(-4 * needed // 1)
    assert row["total_users"] == row["control_users"] + row["users_per_variant"]


def test_what_users_can_find_is_that_of_statsmodels(sizes: Any) -> None:
    power = pytest.importorskip("statsmodels.stats.power")
    row = sizes["found in days"]  # 3,000 users: half are control, two variants share
    assert (row["control_users"], row["users_per_variant"]) == (1500, 750)
    effect = power.NormalIndPower().solve_power(
        nobs1=1500, alpha=0.05 / 2, power=0.8, ratio=0.5
    )
    assert row["difference"] == pytest.approx(effect * 15, rel=1e-6)
    assert row["uplift"] == pytest.approx(effect * 15 / 20, rel=1e-6)
    row = sizes["found"]
    assert (row["control_users"], row["users_per_variant"]) == (4500, 4500)
    p, q = 0.1, 0.1 + row["difference"]
    spread = ((p * (1 - p) + q * (1 - q)) / 4500.5) ** 0.5
    limit = stats.norm.isf(0.025)
    assert stats.norm.sf(limit - row["difference"] / spread) == pytest.approx(0.8)


def test_baselines_are_those_of_the_shop(sizes: Any) -> None:
    lines = [line for line in sizes["lines"] if line.user]
    since = max(line.at for line in lines) - timedelta(days=28)
    users = sorted({line.user for line in lines if line.at < since})
    first: dict[tuple[int, int], Any] = {}
    for line in lines:
        key = (line.user, line.item)
        first[key] = min(line.at, first.get(key, line.at))
    parts: dict[str, list[tuple[float, float]]] = {}
    for user in users:
        own = [line for line in lines if line.user == user and line.at >= since]
        orders = len({line.basket for line in own})
        paid = sum(line.paid for line in own)
        repeats = sum(line.at > first[user, line.item] for line in own)
        for metric, part in {
            "conversion": (float(orders > 0), 1.0),
            "revenue_per_user": (paid, 1.0),
            "average_order_value": (paid, orders),
            "repeat_share": (repeats, len(own)),
        }.items():
            parts.setdefault(metric, []).append(part)
    for metric, of_users in parts.items():
        tops, bottoms = np.array(of_users, float).T
        baseline = tops.sum() / bottoms.sum()
        spread = ((tops - baseline * bottoms) / bottoms.mean()).std(ddof=1)
        row = sizes[f"measured {metric}"]
        assert row["baseline"] == pytest.approx(baseline)
        assert baseline > 0
        assert row["metric"] == metric
        if row["kind"] == "proportion":
            assert row["standard_deviation"] is None
            continue
        assert row["standard_deviation"] == pytest.approx(spread)
        z = stats.norm.isf(0.025) + stats.norm.ppf(0.8)
        needed = 2 * (z * spread / (0.1 * baseline)) ** 2
        assert row["users_per_variant"] == -(-needed // 1)
