"""Rules on arules' Groceries (Hahsler, Hornik, Reutterer 2006), rule for rule."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from recsql.engine.runner import run_models
from recsql.engine.warehouse import open_warehouse
from tests.worlds import plan_with

EVENTS = {
    "table": "groceries",
    "user_id": None,
    "item_id": "item",
    "event_at": "timestamp '2024-01-01 12:00:00'",
    "basket_id": "basket_id",
    "where": None,
    **dict.fromkeys(("event_type", "quantity", "amount", "rating", "region")),
}
NOTHING = {"table": None}
CONFIDENCE = 0.25


def groceries_rows(folder: Path, wanted: str, query: str, **changed: Any) -> list[Any]:
    """Build a model from the receipts and return the rows of a query."""
    plan = plan_with(
        events=EVENTS,
        items=NOTHING,
        users=NOTHING,
        as_of=None,
        min_item_baskets=1,
        **changed,
    )
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        warehouse.rows("create schema raw")
        warehouse.rows(
            "create table raw.groceries as from read_csv(?, header = true)",
            [str(folder / "baskets_long.csv")],
        )
        for result in run_models(plan, warehouse, plan.graph.select([f"+{wanted}"]), 1):
            assert result.error is None
        return warehouse.rows(query)


def test_the_150_rules_with_one_item_on_the_left(shared_data: Path) -> None:
    folder = shared_data / "groceries"
    with (folder / "expected_rules_s006_c25.csv").open(newline="") as file:
        published = [row for row in csv.DictReader(file) if row["size"] == "2"]
    rules = groceries_rows(
        folder,
        "sig_rules",
        "select antecedent_item_id, consequent_item_id, pair_count, "
        "antecedent_count, consequent_count, support, confidence, lift, "
        f"basket_count from sig_rules where confidence >= {CONFIDENCE}",
        min_pair_count=1,
        min_support=0.006,
        relaxed_support_share=1.0,
    )
    assert len(rules) == len(published) == 150
    found = {rule[:2]: rule[2:] for rule in rules}
    for row in published:
        both, x, y, support, confidence, lift, total = found[
            row["antecedent"], row["consequent"]
        ]
        assert total == 9835
        counts = [int(row[name]) for name in ("n_both", "n_ante", "n_cons")]
        assert [both, x, y] == counts
        wanted = [float(row[name]) for name in ("support", "confidence", "lift")]
        assert [support, confidence, lift] == pytest.approx(wanted, rel=1e-12, abs=0)


@pytest.mark.parametrize("size", [3, 4, 6])
def test_the_463_rules_of_itemsets(shared_data: Path, size: int) -> None:
    folder = shared_data / "groceries"
    with (folder / "expected_rules_s006_c25.csv").open(newline="") as file:
        published = [row for row in csv.DictReader(file) if int(row["size"]) <= size]
    rules = groceries_rows(
        folder,
        "sig_itemset_rules",
        "select antecedent_item_ids, consequent_item_id, antecedent_size + 1, "
        "itemset_count, antecedent_count, consequent_count, support, confidence, lift, "
        "basket_count from sig_itemset_rules",
        max_itemset_size=size,
        min_itemset_support=0.006,
        min_itemset_confidence=CONFIDENCE,
    )
    assert len(rules) == len(published) == (447 if size == 3 else 463)
    found = {("|".join(sorted(rule[0])), rule[1]): rule[2:] for rule in rules}
    assert len(found) == len(rules)
    for row in published:
        *counts, support, confidence, lift, total = found[
            row["antecedent"], row["consequent"]
        ]
        assert total == 9835
        assert counts == [int(row[n]) for n in ("size", "n_both", "n_ante", "n_cons")]
        wanted = [float(row[name]) for name in ("support", "confidence", "lift")]
        assert [support, confidence, lift] == pytest.approx(wanted, rel=1e-12, abs=0)
