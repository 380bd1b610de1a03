"""Experiments against scipy, statsmodels and short re-implementations."""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from tests.worlds import AS_OF, Line, World, experiments, tiny_world

START = datetime(2024, 3, 15)
HOUR = timedelta(hours=1)
SHARES = {
    "home page": {"control": 0.5, "large": 0.3, "small": 0.2},
    "mail": {"no mail": 0.5, "mail": 0.5},
}
# how a metric is made of what a user did
FORMULAS = {
    "conversion": (lambda t: min(t["orders"], 1), lambda t: 1),
    "orders_per_user": (lambda t: t["orders"], lambda t: 1),
    "revenue_per_user": (lambda t: t["amount"], lambda t: 1),
    "average_order_value": (lambda t: t["amount"], lambda t: t["orders"]),
    "click_through_rate": (lambda t: t["clicks"], lambda t: t["shown"]),
    "repeat_share": (lambda t: t["repeats"], lambda t: t["lines"]),
    "discovery_share": (lambda t: t["new"], lambda t: t["items"]),
}
RATIOS = ("average_order_value", "click_through_rate", "repeat_share")
MEANS = ("orders_per_user", "revenue_per_user")


def shoppers(seed: int, users: int = 700) -> list[Line]:
    """Return receipts of users who keep their own rate and taste over five months."""
    chance = random.Random(seed)
    lines, basket = [], 0
    for user in range(1, users + 1):
        rate, wealth = chance.expovariate(0.5), chance.uniform(0.5, 5)
        for _ in range(int(rate) + 1):
            basket += 1
            at = AS_OF + timedelta(days=5 - 140 * chance.random())
            looks_only = chance.random() < 0.25
            for item in sorted({chance.randrange(25) for _ in range(3)}):
                quantity = 0 if looks_only else chance.choice([0, 1, 1, 2])
                paid = wealth * chance.random()
                lines.append(Line(user, item, basket, at, 1, quantity, paid))
    return lines


@pytest.fixture(scope="module")
def tested() -> Iterator[World]:
    """A world with two experiments on it."""
    given = experiments(str(START))
    with tiny_world(shoppers(1), wanted="+experiments", **given) as world:
        yield world


def share(text: str) -> float:
    return int(hashlib.md5(text.encode()).hexdigest()[:13], 16) / 16**13


def assigned(name: str, user: int) -> str:
    """Return the variant of a user, going up the shares."""
    bucket = share(f"{name}:{user}")
    for variant, size in SHARES[name].items():
        if bucket < size:
            return variant
        bucket -= size
    raise AssertionError(bucket)


def takes_part(name: str, user: int) -> bool:
    part = {"home page": 0.8, "mail": 0.9}[name]
    if share(f"{name}:share:{user}") >= part:
        return False
    return name != "mail" or not takes_part("home page", user)


def totals(own: list[Line], start: datetime, end: datetime) -> dict[str, float]:
    """Return what a user did from start until end, out of all of the user's lines."""
    bought = [line for line in own if line.counts]
    inside = [line for line in bought if start <= line.at < end]
    shown = [x for x in own if start <= x.at - HOUR < min(end, AS_OF)]
    first = {
        item: min(line.at for line in bought if line.item == item)
        for item in {line.item for line in bought}
    }
    return {
        "orders": len({line.basket for line in inside}),
        "amount": sum(line.paid for line in inside),
        "lines": len(inside),
        "repeats": sum(line.at > first[line.item] for line in inside),
        "items": len({line.item for line in inside}),
        "new": len({line.item for line in inside if first[line.item] >= start}),
        "shown": len(shown),
        "clicks": sum(line.quantity == 1 and line.at < AS_OF for line in shown),
    }


def user_metrics(world: World) -> dict[Any, Any]:
    """Return (variant, numerator, denominator, and both of before) by their key."""
    lines = defaultdict(list)
    for line in world.lines:
        lines[line.user].append(line)
    found = {}
    for name, before in (("home page", 60), ("mail", 28)):
        for user, own in lines.items():
            shown = [x.at - HOUR for x in own if START <= x.at - HOUR < AS_OF]
            known = [line for line in own if line.counts and line.at < START]
            if not takes_part(name, user):
                continue
            if not (shown if name == "home page" else known):
                continue
            start = min(shown) if name == "home page" else START
            now = totals(own, start, datetime.max)
            past = totals(own, START - timedelta(days=before), START)
            for metric, parts in FORMULAS.items():
                figures = [part(t) for t in (now, past) for part in parts]
                found[name, user, metric] = (assigned(name, user), *figures)
    return found


def arms(world: World, experiment: str, metric: str) -> dict[str, np.ndarray]:
    """Return a metric's four columns of users, variant by variant."""
    rows = world.rows(
        "select variant, numerator, denominator, pre_numerator, pre_denominator "
        "from exp_user_metrics "
        f"where experiment = '{experiment}' and metric = '{metric}' order by user_id"
    )
    return {
        variant: np.array([row[1:] for row in rows if row[0] == variant]).T
        for variant in SHARES[experiment]
    }


def compared(world: World, *metrics: str) -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Yield each result of the metrics with the control's and the variant's users."""
    rows = [row for row in world.dicts("exp_results") if row["metric"] in metrics]
    assert len(rows) == 3 * len(metrics)
    for row in rows:
        users = arms(world, row["experiment"], row["metric"])
        yield row, users[row["control_variant"]], users[row["variant"]]


def test_assignment_is_md5(tested: World) -> None:
    users = {line.user for line in tested.lines if line.at - HOUR < AS_OF}
    users |= {user for user in range(1, 701) if user % 2}  # in the users table
    assert {
        (name, user): variant
        for name, user, variant in tested.rows(
            "select experiment, user_id, variant from exp_assignments"
        )
    } == {
        (name, user): assigned(name, user)
        for name in SHARES
        for user in users
        if takes_part(name, user)
    }


def test_what_users_did(tested: World) -> None:
    expected = user_metrics(tested)
    found = {
        (row["experiment"], row["user_id"], row["metric"]): (
            row["variant"],
            row["numerator"],
            row["denominator"],
            row["pre_numerator"],
            row["pre_denominator"],
        )
        for row in tested.dicts("exp_user_metrics")
    }
    assert found.keys() == expected.keys()
    for key, (variant, *figures) in expected.items():
        assert found[key] == (variant, *map(pytest.approx, figures)), key
    for place in range(4):  # every number is put to the test
        assert len({figures[place + 1] for figures in expected.values()}) > 10


def test_means_are_welchs_t(tested: World) -> None:
    for row, control, variant in compared(tested, *MEANS):
        test = stats.ttest_ind(variant[0], control[0], equal_var=False)
        interval = test.confidence_interval()
        assert row["method"] == "Welch t"
        assert [
            row["statistic"],
            row["degrees_of_freedom"],
            row["p_value"],
            row["interval_low"],
            row["interval_high"],
        ] == pytest.approx([test.statistic, test.df, test.pvalue, *interval])
        assert row["difference"] == pytest.approx(variant[0].mean() - control[0].mean())
        assert row["relative_lift"] == pytest.approx(
            variant[0].mean() / control[0].mean() - 1
        )


def test_shares_are_a_two_proportion_z(tested: World) -> None:
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for row, control, variant in compared(tested, "conversion"):
        counts = [variant[0].sum(), control[0].sum()]
        sizes = [variant.shape[1], control.shape[1]]
        z, p = proportion.proportions_ztest(counts, sizes)
        low, high = proportion.confint_proportions_2indep(
            counts[0], sizes[0], counts[1], sizes[1], "wald"
        )
        assert row["method"] == "two-proportion z"
        assert [
            row["statistic"],
            row["p_value"],
            row["interval_low"],
            row["interval_high"],
        ] == pytest.approx([z, p, low, high])


def test_ratios_are_the_delta_method(tested: World) -> None:
    draw = np.random.default_rng(3)
    for row, *sides in compared(tested, *RATIOS, "discovery_share"):
        values, variances, resampled = [], [], []
        for top, bottom, *_ in sides:
            n, value = len(top), top.sum() / bottom.sum()
            slopes = np.array([1, -value]) / bottom.mean()
            values.append(value)
            variances.append(slopes @ np.cov(top, bottom) @ slopes / n)
            picks = draw.integers(0, n, (1000, n))
            resampled.append((top[picks].sum(1) / bottom[picks].sum(1)).var())
        assert row["method"] == "delta method z"
        assert [row["control_value"], row["variant_value"]] == pytest.approx(values)
        assert row["standard_error"] == pytest.approx(sum(variances) ** 0.5)
        assert row["standard_error"] == pytest.approx(sum(resampled) ** 0.5, rel=0.15)
        z = (values[1] - values[0]) / sum(variances) ** 0.5
        assert row["p_value"] == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_cuped_is_the_regression_on_the_past(tested: World) -> None:
    reductions = []
    for row, control, variant in compared(tested, "conversion", *MEANS):
        y, x = (np.concatenate([control[k], variant[k]]) for k in (0, 2))
        treated = np.repeat([0.0, 1.0], [control.shape[1], variant.shape[1]])
        design = np.stack([np.ones_like(y), treated, x], axis=1)
        _, difference, theta = np.linalg.lstsq(design, y)[0]
        rest = [side[0] - theta * side[2] for side in (control, variant)]
        error = sum(part.var(ddof=1) / len(part) for part in rest) ** 0.5
        plain = sum(side[0].var(ddof=1) / side.shape[1] for side in (control, variant))
        assert [row["cuped_difference"], row["cuped_standard_error"]] == pytest.approx(
            [difference, error]
        )
        assert row["cuped_p_value"] == pytest.approx(
            2 * stats.norm.sf(abs(difference / error))
        )
        assert row["variance_reduction"] == pytest.approx(1 - error**2 / plain)
        reductions.append(row["variance_reduction"])
    assert max(reductions) > 0.1


def test_cuped_of_a_ratio_is_that_of_its_deviations(tested: World) -> None:
    for row, *sides in compared(tested, *RATIOS):
        now, past, values = [], [], []
        for side in sides:
            pairs = (side[:2], side[2:])
            values.append([top.sum() / bottom.sum() for top, bottom in pairs])
            deviations = [
                (top - value * bottom) / bottom.mean()
                for (top, bottom), value in zip(pairs, values[-1], strict=True)
            ]
            now.append(deviations[0])
            past.append(deviations[1])
        theta = sum(map(np.dot, now, past)) / sum(map(np.dot, past, past))
        (control, control_past), (variant, variant_past) = values
        error = sum(
            (y - theta * x).var(ddof=1) / len(y) for y, x in zip(now, past, strict=True)
        )
        assert row["cuped_difference"] == pytest.approx(
            variant - control - theta * (variant_past - control_past)
        )
        assert row["cuped_standard_error"] == pytest.approx(error**0.5)


def test_the_sequential_p_value_is_one_over_the_mixed_likelihood_ratio(
    tested: World,
) -> None:
    rows = [row for row in tested.dicts("exp_results") if row["standard_error"]]
    assert len(rows) == 21
    for row in rows:
        inverse_users = 1 / row["control_users"] + 1 / row["variant_users"]
        spread = row["standard_error"]
        effects = stats.norm(0, (0.01 / inverse_users) ** 0.5 * spread)

        def ratio(
            difference: float, effects: Any = effects, spread: Any = spread
        ) -> Any:
            def likelihood(effect: float) -> float:
                chance = stats.norm.pdf(difference, effect, spread)
                return float(chance * effects.pdf(effect))

            ends = (-12 * effects.std(), 12 * effects.std())
            mixed = integrate.quad(likelihood, *ends, points=[0, difference])[0]
            return mixed / stats.norm.pdf(difference, 0, spread)

        expected = min(1 / ratio(row["difference"]), 1)
        assert row["sequential_p_value"] == pytest.approx(expected, rel=1e-6)
        half_width = row["sequential_high"] - row["difference"]
        assert half_width == pytest.approx(row["difference"] - row["sequential_low"])
        assert 1 / ratio(half_width) == pytest.approx(0.05, rel=1e-6)


def test_p_values_are_adjusted_by_holm(tested: World) -> None:
    for name in SHARES:
        rows = [row for row in tested.dicts("exp_results") if row["experiment"] == name]
        rows.sort(key=lambda row: row["p_value"])
        worst = 0.0
        for place, row in enumerate(rows):
            worst = max(worst, min(row["p_value"] * (len(rows) - place), 1))
            assert row["holm_p_value"] == pytest.approx(worst)
            assert row["is_significant"] == (worst < 0.05)


def test_the_ratio_of_users_is_checked_by_chi_square(tested: World) -> None:
    metrics = user_metrics(tested)
    for name, shares in SHARES.items():
        rows = {
            row["variant"]: row
            for row in tested.dicts("exp_checks")
            if row["experiment"] == name
        }
        counts = [
            sum(
                key[0] == name and key[2] == "conversion" and variant == wanted
                for key, (variant, *_) in metrics.items()
            )
            for wanted in shares
        ]
        planned = [sum(counts) * size for size in shares.values()]
        test = stats.chisquare(counts, planned)
        for wanted, count, plan in zip(shares, counts, planned, strict=True):
            row = rows[wanted]
            assert (row["user_count"], row["planned_users"]) == (
                count,
                pytest.approx(plan),
            )
            assert row["chi_square"] == pytest.approx(test.statistic)
            assert row["p_value"] == pytest.approx(test.pvalue)
