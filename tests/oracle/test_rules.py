"""Measures, tests and sequences of rules against NumPy and published values."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import chain, combinations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import erfc
from scipy.stats import chi2_contingency, false_discovery_control, fisher_exact

from tests.worlds import AS_OF, Line, World, log_lift, random_lines, tiny_world

Rules = dict[tuple[Any, Any], dict[str, Any]]


def by_rule(world: World, table: str) -> Rules:
    """Return the rows of a table of rules by their two sides."""
    return {
        (row["antecedent_item_id"], row["consequent_item_id"]): row
        for row in world.dicts(table)
    }


def measures(both: int, x: int, y: int, n: int) -> dict[str, float]:
    """Return every measure from shares, as the textbooks write them."""
    pxy, px, py, z = both / n, x / n, y / n, 1.96
    confidence = pxy / px
    middle, width = confidence + z * z / 2 / x, 1 + z * z / x
    spread = z * np.sqrt(confidence * (1 - confidence) / x + z * z / 4 / x / x)
    gain = confidence - py
    with np.errstate(divide="ignore"):
        odds = np.float64(both * (n - x - y + both)) / ((x - both) * (y - both))
    return {
        "confidence_low": (middle - spread) / width,
        "confidence_high": (middle + spread) / width,
        "zhang": (pxy - px * py) / max(pxy * (1 - px), px * (py - pxy)),
        "certainty_factor": gain / (1 - py) if gain > 0 else gain / py,
        "jaccard": pxy / (px + py - pxy),
        "cosine": pxy / math.sqrt(px * py),
        "kulczynski": (pxy / px + pxy / py) / 2,
        "imbalance_ratio": abs(px - py) / (px + py - pxy),
        "normalized_pmi": math.log(pxy / px / py) / -math.log(pxy),
        "odds_ratio": odds,
        "phi": (pxy - px * py) / math.sqrt(px * py * (1 - px) * (1 - py)),
        "max_confidence": max(pxy / px, pxy / py),
    }


def test_rule_measures(world: World) -> None:
    found = by_rule(world, "sig_rule_measures")
    rules = by_rule(world, "sig_rules")
    assert found.keys() == rules.keys()
    for key, rule in rules.items():
        sides = (rule["antecedent_count"], rule["consequent_count"])
        wanted = measures(rule["pair_count"], *sides, rule["basket_count"])
        for name, figure in wanted.items():
            if math.isinf(figure):
                assert found[key][name] is None
            else:
                assert found[key][name] == pytest.approx(figure, rel=1e-9, abs=1e-12)


def test_rule_tests(world: World) -> None:
    tests = by_rule(world, "sig_rule_tests")
    for key, rule in by_rule(world, "sig_rules").items():
        both, n = rule["pair_count"], rule["basket_count"]
        x, y = rule["antecedent_count"], rule["consequent_count"]
        table = [[both, x - both], [y - both, n - x - y + both]]
        chi = chi2_contingency(table, correction=False)
        ratio = chi2_contingency(table, correction=False, lambda_="log-likelihood")
        row = tests[key]
        assert row["chi_square"] == pytest.approx(chi.statistic, rel=1e-9, abs=1e-12)
        assert row["log_likelihood_ratio"] == pytest.approx(ratio.statistic, abs=1e-10)
        assert row["p_value"] == pytest.approx(ratio.pvalue, rel=1.3e-7)


def test_p_values_of_every_size(world: World) -> None:
    sql = world.rows("select sql from duckdb_views() where view_name='sig_rule_tests'")
    (text,) = sql[0]
    for ratio in (1e-6, 0.1, 1, 3.84, 10, 100, 1000, 1400):
        query = text.partition(" AS ")[2].rstrip("; \n")
        given = f"FROM (SELECT * REPLACE ({ratio} AS llr) FROM compared)"
        changed = query.replace("FROM compared", given)
        assert changed != query
        (p_value,) = world.rows(f"select max(p_value) from ({changed})")[0]
        assert p_value == pytest.approx(erfc(math.sqrt(ratio / 2)), rel=1.2e-7)


def test_q_values(world: World) -> None:
    pairs = {
        frozenset(key): row["p_value"]
        for key, row in by_rule(world, "sig_rule_tests").items()
    }
    sold, rare = world.rows(
        "select count(*), count(*) filter (where not is_eligible) from int_items "
        "where basket_count > 0"
    )[0]
    tested = math.comb(sold, 2) - math.comb(rare, 2)
    assert tested > len(pairs)
    p_values = [*pairs.values(), *[1.0] * (tested - len(pairs))]
    wanted = dict(zip(pairs, false_discovery_control(p_values), strict=False))
    for key, row in by_rule(world, "sig_rule_q_values").items():
        assert row["q_value"] == pytest.approx(wanted[frozenset(key)], rel=1e-9)


def known_case(shared_data: Path) -> tuple[list[dict[str, Any]], list[str], list[Line]]:
    """Return the rules a well-known toolkit prints, the item names and the baskets."""
    cases = json.loads((shared_data / "metric_cases.json").read_text())
    case = next(case for case in cases if case["kind"] == "rules")
    names = sorted({name for basket in case["baskets"] for name in basket})
    start = AS_OF - timedelta(days=9)
    lines = [
        Line(1, names.index(name), basket, start + timedelta(days=basket))
        for basket, content in enumerate(case["baskets"])
        for name in content
    ]
    rows = [dict(zip(case["columns"], row, strict=True)) for row in case["expected"]]
    return rows, names, lines


def test_measures_that_a_well_known_toolkit_prints(shared_data: Path) -> None:
    expected, names, lines = known_case(shared_data)
    with tiny_world(
        lines,
        wanted="+sig_rule_measures",
        min_item_baskets=1,
        min_pair_count=1,
        min_support=0.6,
        relaxed_support_share=1.0,
    ) as world:
        rules = by_rule(world, "sig_rules")
        extra = by_rule(world, "sig_rule_measures")
    checked = 0
    for row in expected:
        if "|" in row["ante"] + row["cons"]:
            continue
        key = names.index(row["ante"]), names.index(row["cons"])
        rule = {**rules[key], **extra[key]}
        assert rule["conviction"] == (
            None if row["conviction"] == "inf" else row["conviction"]
        )
        columns = ["support", "confidence", "lift", "leverage", "zhang", "jaccard"]
        for name in [*columns, "kulczynski"]:
            assert rule[name] == pytest.approx(row[name], abs=5e-4), (key, name)
        certainty = rule["certainty_factor"] or 0
        assert certainty == pytest.approx(row["certainty"], abs=5e-4)
        checked += 1
    assert checked == 6


def test_itemset_rules_that_a_well_known_toolkit_prints(shared_data: Path) -> None:
    expected, names, lines = known_case(shared_data)
    with tiny_world(
        lines,
        wanted="+sig_itemset_rules",
        min_item_baskets=1,
        max_itemset_size=3,
        min_itemset_support=0.6,
        min_itemset_confidence=0.8,
    ) as world:
        rules = {
            (frozenset(row["antecedent_item_ids"]), row["consequent_item_id"]): row
            for row in world.dicts("sig_itemset_rules")
        }
    wanted = {
        (
            frozenset(map(names.index, row["ante"].split("|"))),
            names.index(row["cons"]),
        ): row
        for row in expected
        if "|" not in row["cons"]
    }
    assert len(wanted) == 8
    assert rules.keys() == wanted.keys()
    for key, row in wanted.items():
        for name in ("support", "confidence", "lift"):
            assert rules[key][name] == pytest.approx(row[name], abs=5e-4), (key, name)


@pytest.mark.parametrize("seed", [1, 2])
def test_sequential_rules_and_candidates(seed: int) -> None:
    sources = ["sequential"]
    surface = {"name": "all", "allow_repeat": "all", "length": 5, "personal": []}
    with tiny_world(
        random_lines(seed, baskets=400, items=12),
        wanted="+cand_sequential",
        candidate_sources=sources,
        surfaces=[{**surface, "fallback": sources}],
        sequential_max_steps=3,
    ) as world:
        rules = world.dicts("sig_sequential_rules")
        candidates = world.dicts("cand_sequential")
        places = dict(
            world.rows("select item_id, item_index from int_items where is_eligible")
        )
        latest = world.rows(
            "select user_id, item_id from int_user_items qualify row_number() over ("
            "partition by user_id order by last_at desc, weight desc, item_index) <= 4"
        )
    ordered: dict[Any, dict[Any, set[int]]] = {}
    for line in sorted(world.past, key=lambda x: (x.at, str(x.basket))):
        if line.user:
            baskets = ordered.setdefault(line.user, {})
            baskets.setdefault(line.basket, set()).add(line.item)
    together: Counter[Any] = Counter()
    chances: dict[Any, float] = defaultdict(float)
    discounted: dict[Any, float] = defaultdict(float)
    for contents in (list(baskets.values()) for baskets in ordered.values()):
        for place, step in product(range(len(contents)), (1, 2, 3)):
            for x in contents[place] if place + step < len(contents) else ():
                chances[x] += 1 / step
                for y in contents[place + step] - {x}:
                    together[x, y] += 1
                    discounted[x, y] += 1 / step
    everything = [b for baskets in ordered.values() for b in baskets.values()]
    shares = Counter(item for content in everything for item in content)
    gains: dict[Any, list[Any]] = {}
    for (x, y), count in together.items():
        confidence, share = discounted[x, y] / chances[x], shares[y] / len(everything)
        if {x, y} <= places.keys() and count >= 2 and confidence - share > 1e-12:
            evidence = log_lift(discounted[x, y], chances[x] * share, chances[x])
            gains.setdefault(x, []).append((-evidence, places[y], y))
    wanted = {
        (x, y): (together[x, y], discounted[x, y] / chances[x], rank, -loss)
        for x, options in gains.items()
        for rank, (loss, _, y) in enumerate(sorted(options)[:6], 1)
    }
    found = {
        (rule["antecedent_item_id"], rule["consequent_item_id"]): rule for rule in rules
    }
    assert found.keys() == wanted.keys()
    for key, (count, confidence, rank, evidence) in wanted.items():
        assert found[key]["log_lift"] == pytest.approx(evidence)
        assert found[key]["pair_count"] == count
        assert found[key]["confidence"] == pytest.approx(confidence)
        assert found[key]["rule_rank"] == rank
    scores: dict[Any, float] = defaultdict(float)
    for user, x in latest:
        for (first, y), (*_, evidence) in wanted.items():
            scores[user, y] += evidence if first == x else 0
    assert candidates
    for row in candidates:
        score = scores[row["user_id"], row["item_id"]]
        assert row["score"] == pytest.approx(score)


def test_itemsets_and_their_rules_by_brute_force() -> None:
    lines = random_lines(5, baskets=120, items=9)
    settings = {"min_itemset_support": 0.02, "min_itemset_confidence": 0.3}
    with tiny_world(
        lines, wanted="+sig_itemset_measures", max_itemset_size=4, **settings
    ) as world:
        measured = world.dicts("sig_itemset_measures")
        itemsets = world.dicts("sig_itemsets")
        rules = world.dicts("sig_itemset_rules")
        eligible = {
            item
            for (item,) in world.rows("select item_id from int_items where is_eligible")
        }
    contents: dict[int, set[int]] = {}
    for line in world.past:
        contents.setdefault(line.basket, set()).add(line.item)
    subsets = chain.from_iterable(
        combinations(sorted(content), size)
        for content in contents.values()
        for size in (1, 2, 3, 4)
    )
    counts = Counter(frozenset(subset) for subset in subsets)
    frequent = {s: n for s, n in counts.items() if n / len(contents) >= 0.02}
    assert max(map(len, frequent)) == 4
    found = {frozenset(row["item_ids"]): row["itemset_count"] for row in itemsets}
    assert found == frequent
    assert len(found) == len(itemsets)
    wanted = {
        (whole - {item}, item): count / counts[whole - {item}]
        for whole, count in frequent.items()
        for item in whole & eligible
        if len(whole) > 1 and count / counts[whole - {item}] >= 0.3
    }
    assert {
        (frozenset(row["antecedent_item_ids"]), row["consequent_item_id"]): row[
            "confidence"
        ]
        for row in rules
    } == wanted
    assert len(wanted) == len(rules)
    assert len(measured) == len(rules)
    totals = {
        (frozenset(row["antecedent_item_ids"]), row["consequent_item_id"]): row
        for row in rules
    }
    for row in measured:
        left, y = frozenset(row["antecedent_item_ids"]), row["consequent_item_id"]
        rule, n = totals[left, y], len(contents)
        both, has_x, has_y = counts[left | {y}], counts[left], counts[frozenset({y})]
        for name, figure in measures(both, has_x, has_y, n).items():
            wanted_figure = None if math.isinf(figure) else pytest.approx(figure)
            assert row[name] == wanted_figure, name
        table = [[both, has_x - both], [has_y - both, n - has_x - has_y + both]]
        exact = fisher_exact(table, alternative="greater")
        assert row["fisher_p_value"] == pytest.approx(exact.pvalue)
        chi = chi2_contingency(table, correction=False)
        assert row["chi_square"] == pytest.approx(chi.statistic)
        ratio = chi2_contingency(table, correction=False, lambda_="log-likelihood")
        assert row["p_value"] == pytest.approx(ratio.pvalue, rel=1e-6)
        simpler = [has_y / n] + [
            counts[frozenset(part) | {y}] / counts[frozenset(part)]
            for size in range(1, len(left))
            for part in combinations(left, size)
        ]
        gain = rule["confidence"] - max(simpler)
        assert row["improvement"] == pytest.approx(gain, abs=1e-12)
    assert min(row["improvement"] for row in measured) < 0 < len(measured)
