"""Drift, freshness and rejections against plain Python."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import floor, log, log2, sqrt
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.refreshes import Profile, history_tables, refreshes
from tests.worlds import AS_OF, World, random_lines, tiny_world

P = 0.8
DEPTH = 4
SURFACES = ("all", "discover", "again")


def made_up(chance: random.Random) -> Profile:
    """Return a profile; some of its bins are of no other."""
    profile: Profile = {
        (measure, part, f"2^{chance.randint(-3, 5)}"): float(chance.randint(1, 300))
        for measure, part in (
            ("item_popularity", "all"),
            ("weight", "all"),
            ("factor_norm", "als users"),
            ("factor_norm", "als items"),
            ("factor_norm", "bpr users"),
        )
        for _ in range(5)
    }
    profile["event_type", "all", "purchase"] = float(chance.randint(1, 300))
    profile["event_type", "all", "view"] = float(chance.randint(1, 300))
    profile["verdict", "all", "accepted"] = 100.0
    profile["verdict", "all", "missing_item"] = float(chance.randint(1, 300))
    return profile


def made_up_lists(chance: random.Random) -> list[dict[str, Any]]:
    """Return lists of different lengths; some users have none."""
    return [
        {"user_id": str(user), "surface": surface, "item_id": str(item), "item_rank": n}
        for user in range(100, 140, 2)
        for surface in SURFACES
        for n, item in enumerate(chance.sample(range(40), chance.randint(1, 6)), 1)
    ]


@pytest.fixture(scope="module")
def profiles() -> list[Profile]:
    chance = random.Random(4)
    return [made_up(chance) for _ in range(4)]


@pytest.fixture(scope="module")
def lists() -> list[dict[str, Any]]:
    return made_up_lists(random.Random(5))


@pytest.fixture(scope="module")
def world(profiles: list[Profile], lists: list[dict[str, Any]]) -> Iterator[World]:
    runs, kept = refreshes(profiles)
    runs[2]["outcome"] = "failed"  # so that run 3 is compared with run 1
    tables = history_tables(refreshes=runs, refresh_profiles=kept, refresh_lists=lists)
    with tiny_world(
        random_lines(8),
        wanted="+mon_drift +mon_rejected +mon_freshness",
        tables=tables,
        refresh_history=True,
        drift_days=9,
        drift_users=20,
        drift_depth=DEPTH,
        drift_persistence=P,
        drift_warn={"weight": 0.05, "list_overlap": 0.9},
        drift_fail={"weight": 5},
    ) as built:
        yield built


def octave(number: float) -> str:
    if number <= 0:
        return "below 0" if number < 0 else "0"
    return f"2^{floor(log2(number * (1 + 1e-9)))}"


def profile_of(world: World) -> Profile:
    """Return what mon_profile must be, without the overlap of lists."""
    counts: Counter[tuple[str, str, str]] = Counter()
    takers: dict[int, set[int]] = {}
    for line in world.past:
        takers.setdefault(line.item, set())
        if line.user is not None:
            takers[line.item].add(line.user)
    for row in world.dicts("int_event_checks"):
        counts["verdict", "all", row["rejection_reason"] or "accepted"] += 1
    for event in world.dicts("int_events"):
        counts["size", "all", "events"] += 1
        if AS_OF - event["event_at"] < timedelta(days=9):
            counts["event_type", "all", event["event_type"]] += 1
            users = octave(len(takers[event["item_id"]]))
            counts["item_popularity", "all", users] += 1
    counts["size", "all", "users"] = len({x.user for x in world.past if x.user})
    counts["size", "all", "items"] = len(takers)
    counts["size", "all", "baskets"] = len({x.basket for x in world.past})
    for row in world.dicts("int_user_items"):
        counts["weight", "all", octave(row["weight"])] += 1
    for side in ("user", "item"):
        for vector in world.factors("als", side).values():
            norm = float(np.linalg.norm(np.array(vector, dtype=float)))
            counts["factor_norm", f"als {side}s", octave(norm)] += 1
    return {key: float(count) for key, count in counts.items()}


def test_the_profile(world: World) -> None:
    found = {
        (row["measure"], row["part"], row["bin"]): row["amount"]
        for row in world.dicts("mon_profile")
        if row["measure"] != "list_overlap"
    }
    assert found == profile_of(world)
    assert len(found) > 20


def rbo(one: Sequence[str], other: Sequence[str], p: float) -> float:
    """Return RBO_ext, equation 32 of Webber, Moffat and Zobel 2010."""
    short, long = sorted((one, other), key=len)
    s, n = len(short), len(long)
    x = [len(set(short[:d]) & set(long[:d])) for d in range(n + 1)]
    first = sum(x[d] / d * p**d for d in range(1, n + 1))
    second = sum(x[s] * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    return (1 - p) / p * (first + second) + ((x[n] - x[s]) / n + x[s] / s) * p**n


def test_equation_32_on_known_lists() -> None:
    assert rbo("abc", "abc", 0.9) == pytest.approx(1)
    assert rbo("abc", "xyz", 0.9) == 0
    assert rbo("ab", "ba", 0.5) == pytest.approx(0.5)


def test_overlaps_of_lists(world: World, lists: list[dict[str, Any]]) -> None:
    def by_user(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
        found: dict[tuple[str, str], list[str]] = {}
        for row in sorted(rows, key=lambda row: row["item_rank"]):
            if row["item_rank"] <= DEPTH:
                key = str(row["user_id"]), row["surface"]
                found.setdefault(key, []).append(str(row["item_id"]))
        return found

    older, newer = by_user(lists), by_user(world.dicts("mon_lists"))
    assert newer.items() <= by_user(world.dicts("rec_for_user")).items()
    assert len({user for user, _ in newer}) == 20
    expected = {
        key: rbo(newer[key], older[key], P) for key in newer.keys() & older.keys()
    }
    found = {
        (row["user_id"], row["surface"]): row["overlap"]
        for row in world.dicts("mon_overlaps")
    }
    assert len(found) > 20
    assert len({len(older[key]) - len(newer[key]) for key in found}) > 2
    assert found == pytest.approx(expected)
    for surface in SURFACES:
        mean = np.mean([rbo for (_, s), rbo in expected.items() if s == surface])
        ((shown,),) = world.rows(
            f"select figure from mon_drift where statistic = 'rbo' "
            f"and part = '{surface}' and refreshes_ago = 0"
        )
        assert shown == pytest.approx(mean)


def divergences(mine: Profile, theirs: Profile) -> dict[tuple[str, ...], list[float]]:
    """Return psi, kl and the bound of chance per measure and part of both."""
    found = {}
    for key in {k[:2] for k in mine} & {k[:2] for k in theirs}:
        if key[0] not in ("event_type", "item_popularity", "weight", "factor_norm"):
            continue
        bins = sorted({k for k in [*mine, *theirs] if k[:2] == key})
        n = np.array([mine.get(k, 0) for k in bins])
        m = np.array([theirs.get(k, 0) for k in bins])
        p = (n + 0.5) / (n + 0.5).sum()
        q = (m + 0.5) / (m + 0.5).sum()
        noise = 1 / n.sum() + 1 / m.sum()
        spread = 2 / (9 * max(len(bins) - 1, 1))
        bound = noise * (len(bins) - 1) * (1 - spread + 3.0902 * sqrt(spread)) ** 3
        psi = sum((a - b) * log(a / b) for a, b in zip(p, q, strict=True))
        found[key] = [psi, stats.entropy(p, q), bound]
    return found


def test_psi_and_kl_of_every_refresh(world: World, profiles: list[Profile]) -> None:
    pairs = {
        0: (profile_of(world), profiles[3]),
        1: (profiles[3], profiles[1]),
        2: (profiles[2], profiles[1]),
        3: (profiles[1], profiles[0]),
    }
    rows = world.dicts("mon_drift")
    assert {row["refreshes_ago"] for row in rows} == set(pairs)
    for ago, (mine, theirs) in pairs.items():
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for row in rows:
            if row["refreshes_ago"] == ago and row["statistic"] != "rbo":
                key = row["measure"], row["part"]
                found.setdefault(key, {})[row["statistic"]] = row
        expected = divergences(mine, theirs)
        assert found.keys() == expected.keys()
        for key, (psi, kl, bound) in expected.items():
            assert found[key]["psi"]["figure"] == pytest.approx(psi)
            assert found[key]["psi"]["chance_bound"] == pytest.approx(bound)
            assert found[key]["kl"]["figure"] == pytest.approx(kl)
            warns = key == ("weight", "all") and psi >= max(0.05, bound)
            fails = key == ("weight", "all") and psi >= max(5, bound)
            status = "fail" if fails else "warn" if warns else "ok"
            assert found[key]["psi"]["status"] == status
            assert found[key]["kl"]["status"] == "ok"
    shown = {row["status"] for row in rows if row["statistic"] == "psi"}
    assert shown == {"ok", "warn", "fail"}
    for row in rows:
        if row["statistic"] == "rbo":
            assert row["status"] == ("warn" if row["figure"] <= 0.9 else "ok")


@pytest.mark.parametrize("freedom", [1, 2, 5, 20, 200])
def test_the_bound_is_the_quantile_of_chi_square(freedom: int) -> None:
    spread = 2 / (9 * freedom)
    bound = freedom * (1 - spread + 3.0902 * sqrt(spread)) ** 3
    exact = stats.chi2.ppf(0.999, freedom)
    assert bound == pytest.approx(exact, rel=0.05 if freedom < 3 else 0.02)


def test_chance_alone_stays_below_the_bound() -> None:
    chance = np.random.default_rng(2)
    shares = chance.dirichlet(np.ones(8))
    above = 0
    for _ in range(2000):
        one, other = chance.multinomial([900, 700], shares)
        keys = [("weight", "all", str(n)) for n in range(8)]
        both = [dict(zip(keys, map(float, x), strict=True)) for x in (one, other)]
        psi, _, bound = divergences(*both)["weight", "all"]
        above += psi >= bound
    assert above <= 10, "2 of 2,000 are expected"


def test_rejections_of_every_refresh(world: World, profiles: list[Profile]) -> None:
    for ago, profile in enumerate([profile_of(world), *profiles[::-1]]):
        verdicts = {k[2]: n for k, n in profile.items() if k[0] == "verdict"}
        total = sum(verdicts.values())
        del verdicts["accepted"]
        found = {
            row["rejection_reason"]: (row["event_count"], row["event_share"])
            for row in world.dicts("mon_rejected")
            if row["refreshes_ago"] == ago
        }
        assert found == {
            reason: (n, pytest.approx(n / total)) for reason, n in verdicts.items()
        }


def test_ages(world: World) -> None:
    rows = {(r["table_name"], r["part"]): r for r in world.dicts("mon_freshness")}
    newest = max(line.at for line in world.past)
    first = {}
    for line in world.past:
        first[line.item] = min(line.at, first.get(line.item, line.at))
    for key, moment in {
        ("events", "all"): newest,
        ("events", "purchase"): newest,
        ("items", "all"): max(first.values()),
    }.items():
        assert rows.pop(key)["age_hours"] == pytest.approx(
            (AS_OF - moment).total_seconds() / 3600
        )
    assert not rows
