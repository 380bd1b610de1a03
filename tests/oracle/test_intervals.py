"""Segments, means and bootstrap intervals, against short re-implementations."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import accumulate
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest

from recsql.numerics.resampling import bootstrap_means, poisson_weights
from tests.worlds import World

WORD = 2**64


def drawn(row: int, resample: int, resamples: int, seed: int) -> int:
    """Return how often a row is in a resample: SplitMix64 in plain integers."""
    words = math.ceil(resamples / 4)
    state = (row * words + resample // 4 + (seed << 40)) * 0x9E3779B97F4A7C15 % WORD
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 % WORD
    state = (state ^ state >> 27) * 0x94D049BB133111EB % WORD
    state ^= state >> 31
    chance = state >> 16 * (resample % 4) & 0xFFFF
    steps = accumulate(math.exp(-1) / math.factorial(n) for n in range(8))
    return sum(chance >= round(step * 65536) for step in steps)


def bounds(figures: dict[int, float], resamples: int, seed: int) -> tuple[float, float]:
    """Return the percentile interval of the mean of figures by user number."""
    means = []
    for resample in range(resamples):
        weights = {n: drawn(n, resample, resamples, seed) for n in figures}
        if total := sum(weights.values()):
            means.append(sum(w * figures[n] for n, w in weights.items()) / total)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def test_weights_are_those_of_the_plain_hash() -> None:
    rows = np.array([0, 5, 123_456], dtype=np.int32)
    expected = [[drawn(int(row), b, 10, 7) for b in range(10)] for row in rows]
    assert poisson_weights(rows, 10, 7).tolist() == expected


def test_an_interval_is_as_wide_as_theory_says() -> None:
    """Of a mean of many numbers: 1.96 standard errors to either side."""
    values = np.random.default_rng(1).exponential(size=4000)
    rows = np.arange(4000)
    found = bootstrap_means(rows * 0, rows, values, 1000, 42)
    half = 1.96 * stdev(values) / math.sqrt(4000)
    assert found.lows[0] == pytest.approx(values.mean() - half, abs=half / 8)
    assert found.highs[0] == pytest.approx(values.mean() + half, abs=half / 8)


def test_a_mean_that_is_not_zero_has_a_small_p_value() -> None:
    rows = np.arange(500)
    values = np.random.default_rng(2).normal(size=500)
    shifted = values - values.mean() + np.array([[0.0], [0.2]])
    columns = np.repeat([0, 1], 500)
    found = bootstrap_means(columns, np.tile(rows, 2), shifted.ravel(), 1000, 42)
    assert found.p_values[0] > 0.8
    assert found.p_values[1] <= 2 / 1001


def test_what_a_row_has_not_does_not_count() -> None:
    """Row 9 has no value in column 1, so column 1 is as if it were not there."""
    rows = np.arange(10)
    values = rows / 10
    both = bootstrap_means(
        np.repeat([0, 1], [10, 9]),
        np.concatenate([rows, rows[:9]]),
        np.concatenate([values, values[:9]]),
        100,
        42,
    )
    alone = bootstrap_means(rows[:9] * 0, rows[:9], values[:9], 100, 42)
    assert both.lows[1] == pytest.approx(alone.lows[0])
    assert both.highs[1] == pytest.approx(alone.highs[0])


def segments_of(world: World) -> dict[int, set[tuple[str, str]]]:
    """Return the segments of each user, by the world's bounds 1, 2, 4 and 6."""
    names = {1: "1", 2: "2 to 3", 3: "2 to 3", 4: "4 to 5", 5: "4 to 5"}
    segments: dict[int, set[tuple[str, str]]] = {}
    for user, orders, region, group in world.rows(
        "select user_id, order_count, home_region, user_group from int_users"
    ):
        found = {("all", "all users"), ("region", region), ("user group", group)}
        if orders:
            found.add(("orders", names.get(orders, "6 or more")))
        segments[user] = {pair for pair in found if pair[1] is not None}
    return segments


def test_summary_is_the_mean_with_its_interval(world: World) -> None:
    segments = segments_of(world)
    for (user,) in world.rows("select user_id from eval_newcomers"):
        segments.setdefault(user, {("all", "all users")})
    numbers = {user: number for number, user in enumerate(sorted(segments))}
    figures: dict[tuple[Any, ...], dict[int, float]] = defaultdict(dict)
    for row in world.dicts("eval_user_figures"):
        key = (row["list_name"], row["allow_repeat"], row["metric"], row["k"])
        for segment in segments[row["user_id"]]:
            figures[(*key, *segment)][numbers[row["user_id"]]] = row["figure"]
    rows = [r for r in world.dicts("eval_summary") if r["interval_low"] is not None]
    assert len({r["segment_kind"] for r in rows}) == 4
    assert len(rows) == len(figures)
    for row in rows:
        key = (row["list_name"], row["allow_repeat"], row["metric"], row["k"])
        of = figures[(*key, row["segment_kind"], row["segment"])]
        assert row["user_count"] == len(of)
        assert row["metric_value"] == pytest.approx(mean(of.values()), abs=1e-12)
        if key[2:] == ("ndcg", 3) and key[0] in ("als", "surface all"):
            expected = bounds(of, world.vars["eval_resamples"], 42)
            interval = (row["interval_low"], row["interval_high"])
            assert interval == pytest.approx(expected, abs=1e-9)


def test_figures_of_all_lists_at_once_have_no_interval(world: World) -> None:
    found = world.rows(
        "select distinct metric from eval_summary where interval_low is null"
    )
    expected = ["catalogue_coverage", "entropy", "gini", "personalization", "pop_reo"]
    assert sorted(metric for (metric,) in found) == [*expected, "user_coverage"]
