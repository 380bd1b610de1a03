"""Pairs of lists, against scipy and statsmodels."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations
from statistics import NormalDist, mean, variance
from typing import Any

import pytest

from tests.worlds import World

stats = pytest.importorskip("scipy.stats")
multitest = pytest.importorskip(
    "statsmodels.stats.multitest", reason="needs the extra dev"
)

Pair = tuple[str, str, int, str, str]


def differences_of(world: World) -> dict[Pair, list[float]]:
    """Return the differences of every two lists, to 12 digits, by their key."""
    figures: dict[tuple[Any, ...], dict[str, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for row in world.dicts("eval_user_figures"):
        if row["metric"] in world.vars["eval_compared_metrics"]:
            key = (row["allow_repeat"], row["metric"], row["k"])
            figures[key][row["list_name"]][row["user_id"]] = row["figure"]
    return {
        (*key, one, other): [round(lists[one][u] - lists[other][u], 12) for u in users]
        for key, lists in figures.items()
        for one, other in combinations(sorted(lists), 2)
        if (users := lists[one].keys() & lists[other].keys())
    }


def found_in(world: World) -> dict[Pair, dict[str, Any]]:
    names = ("allow_repeat", "metric", "k", "list_name", "other_list_name")
    rows = world.dicts("eval_comparisons")
    return {tuple(row[name] for name in names): row for row in rows}


def test_every_two_lists_are_compared_user_by_user(world: World) -> None:
    expected, found = differences_of(world), found_in(world)
    assert found.keys() == expected.keys()
    for key, row in found.items():
        assert row["user_count"] == len(expected[key])
        assert row["difference"] == pytest.approx(mean(expected[key]), abs=1e-12)
        assert row["interval_low"] <= row["difference"] + 1e-12
        assert row["interval_high"] >= row["difference"] - 1e-12


def test_signed_ranks_are_those_of_scipy(world: World) -> None:
    expected, found, seen = differences_of(world), found_in(world), 0
    for key, row in found.items():
        changed = [d for d in expected[key] if d]
        if not changed:
            assert (row["wilcoxon_statistic"], row["wilcoxon_p_value"]) == (None, 1)
            continue
        seen += 1
        test = stats.wilcoxon(changed, correction=False, method="approx")
        assert row["wilcoxon_p_value"] == pytest.approx(test.pvalue, rel=1e-9)
        assert abs(row["wilcoxon_statistic"]) == pytest.approx(abs(test.zstatistic))
    assert seen > 20


def test_p_values_are_corrected_for_all_pairs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gc.collect", int)  # statsmodels collects at each call
    groups = defaultdict(list)
    for key, row in found_in(world).items():
        groups[key[:3]].append(row)
    for rows in groups.values():
        plain = [row["wilcoxon_p_value"] for row in rows]
        rejected, expected, *_ = multitest.multipletests(plain, method="holm")
        assert [r["holm_p_value"] for r in rows] == pytest.approx(list(expected))
        assert [r["is_significant"] for r in rows] == list(rejected)


def test_how_many_more_users_would_tell(world: World) -> None:
    expected, found = differences_of(world), found_in(world)
    groups = defaultdict(list)
    for key, row in found.items():
        groups[key[:3]].append((row["wilcoxon_p_value"], *key[3:]))
    for key, row in found.items():
        of, ranked = expected[key], sorted(groups[key[:3]])
        place = ranked.index((row["wilcoxon_p_value"], *key[3:]))
        level = 0.05 / (len(ranked) - place)  # what Holm compares this p-value with
        z = NormalDist().inv_cdf(1 - level / 2) + NormalDist().inv_cdf(0.8)
        if not row["difference"]:
            assert row["more_users"] is None
        elif len(of) > 1:
            needed = z * z * variance(of) / mean(of) ** 2
            wanted = max(math.ceil(needed) - len(of), 0)
            assert row["more_users"] == pytest.approx(wanted, rel=1e-4, abs=1)
