"""Settings that no model can use stop every command with one line."""

from __future__ import annotations

from typing import Any

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.errors import ProjectError


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"repeated_lines": "sums"},
            '--vars: repeated_lines: there is no "sums". Did you mean "sum"?',
        ),
        (
            {"popularity": "trend"},
            '--vars: popularity: there is no "trend". Did you mean "trending"?',
        ),
        (
            {"similar_items": ["als", "ease"]},
            '--vars: similar_items: there is no "ease". '
            "It may be als, feature_als, bpr, lmf or svd.",
        ),
        (
            {"eval_metrics": ["ndgc"]},
            '--vars: eval_metrics: there is no "ndgc". Did you mean "ndcg"?',
        ),
        (
            {"eval_split": "moment"},
            '--vars: eval_split: there is no "moment". '
            "It may be time, last_n, random, users or column.",
        ),
        (
            {"weight_column": "stars"},
            '--vars: weight_column: there is no "stars". '
            "It may be rating, quantity, amount or null.",
        ),
        (
            {"drift_warn": {"event_types": 0.1}},
            '--vars: drift_warn: unknown "event_types". Did you mean "event_type"?',
        ),
        (
            {"freshness_fail": {"events.view": "2d"}},
            "--vars: freshness_fail: events.view: it is a number from 0 on. Seen: 2d.",
        ),
        (
            {"drift_persistence": 1},
            "--vars: drift_persistence: it is a number above 0 and below 1. Seen: 1.",
        ),
        (
            {"refit_every": 0},
            "--vars: refit_every: it is a whole number from 1 on, in refreshes. "
            "Seen: 0.",
        ),
        (
            {"refit_drift": 0},
            "--vars: refit_drift: it is a number above 0 and up to 1; or null. "
            "Seen: 0.",
        ),
        (
            {"refit_drift": "x"},
            "--vars: refit_drift: it is a number above 0 and up to 1; or null. "
            "Seen: x.",
        ),
        (
            {"eval_policy_clip": 0},
            "--vars: eval_policy_clip: it is a number above 0; or null. Seen: 0.",
        ),
        (
            {"drift_depth": 0},
            "--vars: drift_depth: it is a whole number from 1 on, in places. Seen: 0.",
        ),
        (
            {"region_decay_days": {"n": "30d"}},
            "--vars: region_decay_days: n: it is a number above 0. Seen: 30d.",
        ),
        (
            {"raw_schema": "Main"},
            "--vars: raw_schema: schema Main is kept by DuckDB or recsql. Choose "
            "another, such as raw.",
        ),
        (
            {"rule_levels": [["categry", "item"]]},
            '--vars: rule_levels: entry 1: there is no level "categry". '
            'Did you mean "category"?',
        ),
        (
            {"rule_levels": [["item", "item"], ["item"]]},
            "--vars: rule_levels: entry 2: it is two levels. Seen: 1.",
        ),
        (
            {"not_item_pattern": "(["},
            "--vars: not_item_pattern: ([: it is no regular expression: missing ]: [.",
        ),
        (
            {"event_weights": {}},
            "--vars: event_weights: it is a mapping of names to values of 1 or more, "
            "each a number. Seen: {}.",
        ),
        (
            {"decay_days": {}},
            "--vars: decay_days: it is a number above 0, in days; or a mapping of such "
            "by type of event; or null. Seen: {}.",
        ),
        (
            {"decay_days": {"veiw": 3}},
            '--vars: decay_days: no event of type "veiw" counts: event_weights lists '
            "purchase, transaction, addtocart, cart, rating, click, view, add_to_cart, "
            "removefromcart, remove_from_cart, dislike, return, refund, cancellation. "
            'Did you mean "view"?',
        ),
        (
            {"order_event_types": ["sale"], "event_weights": {"sold": 1}},
            '--vars: order_event_types: no event of type "sale" counts: event_weights '
            "lists sold, return, refund, cancellation.",
        ),
        (
            {"return_event_types": ["purchase"]},
            '--vars: return_event_types: "purchase" is in order_event_types, too. '
            "Events of a type are taken or given back.",
        ),
        (
            {"eval_cutoffs": [5, 10, 5]},
            "--vars: eval_cutoffs: 5 stands there twice. Seen: [5, 10, 5].",
        ),
        (
            {"as_of": "20250115"},
            "--vars: as_of: it is a moment such as 2024-01-31 or 2024-01-31 12:30:00, "
            "in UTC; or null. Seen: 20250115.",
        ),
        (
            {"item_id_type": "date"},
            "--vars: item_id_type: ids are integers, text or UUIDs, such as bigint, "
            "varchar or uuid. Seen: date.",
        ),
        (
            {"half_life_days": 30},
            "--vars: half_life_days and decay_days say the same in two ways; set one "
            "of them to null.",
        ),
    ],
)
def test_a_setting_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        compile_project(load_project(builtin_root(), changed))
    assert str(caught.value) == message


def test_either_way_of_decay_will_do() -> None:
    for changed in ({"decay_days": None, "half_life_days": 30}, {"decay_days": 7}):
        compile_project(load_project(builtin_root(), changed))
