"""Small worlds for tests: raw tables in memory, and the whole project run over them.

The raw tables have the demo data's column names, so the default vars map them.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from math import log
from typing import Any

import pyarrow as pa

from recsql.compilation.compiler import Plan, compile_models
from recsql.config.project import builtin_root, load_project
from recsql.config.settings import candidate_sources, family_of
from recsql.engine.checks import plan_checks, run_checks
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse

AS_OF = datetime(2024, 5, 1)
SEEDS = builtin_root() / "warehouse/seeds"
EVERY_FIGURE: Mapping[str, Any] = {
    "eval_metrics": [
        row["metric"]
        for row in csv.DictReader((SEEDS / "metric_definitions.csv").open())
    ],
    "eval_segments": ["orders", "region", "user group"],
    "eval_order_bounds": [1, 2, 4, 6],
    "eval_resamples": 200,
    "eval_compared_metrics": ["ndcg", "novelty"],
}
SMALL: Mapping[str, Any] = {
    "as_of": str(AS_OF),
    "min_item_baskets": 6,
    "min_pair_count": 2,
    "min_support": 0.03,
    "relaxed_support_share": 0.5,
    "rules_per_item": 4,
    "latest_items": 4,
    "personal_min_orders": 3,
    "als_factors": 4,
    "als_iterations": 5,
    "candidates_per_user": 6,
    "complements_per_item": 6,
    "tifu_neighbours": 5,
    "tifu_group_size": 2,
    "segment_min_ratio": 0.0,
    "candidate_sources": [
        "history",
        "als",
        "rules",
        "content",
        "group_popular",
        "popular",
    ],
    "content_max_item_share": 0.5,
    "content_neighbours": 8,
    "substitutes_per_item": 3,
    "eval_cutoffs": [1, 3, 5],
    "eval_resamples": 50,
    "surfaces": [
        {
            "name": name,
            "allow_repeat": allow,
            "length": 5,
            "personal": personal,
            "fallback": ["rules", "group_popular", "popular"],
        }
        for name, allow, personal in (
            ("all", "all", ["history", "als"]),
            ("discover", "new_only", ["als"]),
            ("again", "repeat_only", ["history"]),
        )
    ],
}


def experiments(starts_at: str) -> dict[str, Any]:
    """Return vars of two experiments, of exposed users and of all others.

    Every line of a receipt was shown an hour before, and some were clicked.
    """
    exposed = {
        "name": "home page",
        "variants": {"control": 0.5, "large": 0.3, "small": 0.2},
        "share": 0.8,
        "population": "exposed",
        "surface": "home",
        "starts_at": starts_at,
        "pre_days": 60,
    }
    others = {
        "name": "mail",
        "variants": {"no mail": 1, "mail": 1},
        "share": 0.9,
        "exclude": ["home page"],
        "starts_at": starts_at,
    }
    return {
        "exposures": {
            "table": "transactions",
            "user_id": "household_id",
            "item_id": "product_id",
            "surface": "'home'",
            "variant": None,
            "shown_at": "transaction_timestamp - interval '1' hour",
            "clicked_at": "case when quantity = 1 then transaction_timestamp end",
            "propensity": "case when store_id = 1 then 0.5 else 0.2 end",
            "where": None,
        },
        "experiments": [exposed, others],
        "sample_sizes": [
            {"name": "orders", "kind": "proportion", "baseline": 0.1, "uplift": 0.05},
            {
                "name": "paid",
                "kind": "mean",
                "metric": "revenue_per_user",
                "users": 9000,
            },
        ],
    }


# Ratings that are predicted: the pieces of each line.
RATED: Mapping[str, Any] = {
    "events": {
        **load_project(builtin_root()).default_vars["events"],
        "rating": "quantity",
    }
}
# Every candidate source there is.
ALL_SOURCES = [*candidate_sources(load_project(builtin_root()))]

# Every strategy, rule and reordering there is.
MOVING: Mapping[str, Any] = {
    "name": "mail",
    "allow_repeat": "all",
    "length": 6,
    "strategy": "blend",
    "personal": ["history", "als", "rules"],
    "weights": {"history": 2},
    "min_scores": {"rules": 0.1},
    "fallback": ["popular"],
    "max_per": {"category": 2, "department": 5},
    "one_per_variant": True,
    "diversity": 0.2,
    "cap": {"views": 4, "days": 200},
    "not_again_days": 3,
    "rules": [
        {
            "name": "no category 3",
            "do": "hide",
            "when": "items.category = 'category 3'",
        },
        {
            "name": "department 1",
            "do": "boost",
            "by": 3,
            "when": "attributes.department = 'department 1' and users.order_count > 1",
        },
        {"name": "repeats", "do": "bury", "by": 1.5, "when": "candidates.is_repeat"},
        {"name": "ads", "do": "slot", "at": [2, 5], "when": "items.user_count > 6"},
        {"name": "new", "do": "slot", "at": [6], "source": "popular"},
    ],
}
BLENDED: Mapping[str, Any] = {
    "name": "sms",
    "allow_repeat": "new_only",
    "length": 3,
    "strategy": "blend",
    "blend_by": "score",
    "personal": ["als", "rules"],
    "fallback": ["popular"],
}
LEARNED: Mapping[str, Any] = {
    "name": "learned",
    "allow_repeat": "new_only",
    "length": 3,
    "personal": ["ease"],
    "fallback": ["popular"],
}
ALIKE: Mapping[str, Any] = {
    "name": "alike",
    "allow_repeat": "all",
    "length": 2,
    "explore": {"at": [2], "among": 3},
    "personal": ["user_knn"],
    "fallback": ["popular"],
}
# Its own catalogue, for each group of users another.
CHOSEN: Mapping[str, Any] = {
    "name": "chosen",
    "allow_repeat": "all",
    "length": 4,
    "where": "items.item_index > 12 or "
    "users.order_count > 5 and attributes.department <> 'department 1'",
    "strategy": "blend",
    "personal": ["history", "als"],
    "fallback": ["rules", "popular"],
    "max_per": {"department": 3},
}
# Margin, stock and promises as one linear program.
PRICED: Mapping[str, Any] = {
    "name": "priced",
    "allow_repeat": "all",
    "length": 3,
    "personal": ["history", "als"],
    "fallback": ["popular"],
    "optimize": {
        "chance": "1e0 / (1 + candidates.plain_rank + users.order_count)",
        "margin": "100e0 / (3 + items.user_count)",
        "stock": "case when items.item_index < 9 then 0.3 + items.item_index / 4e0 end",
        "supplier": "attributes.department",
        "minimum": {"department 1": 20, "nobody's": 5},
    },
}
# What else is off by default.
ALL_SWITCHES: Mapping[str, Any] = {
    "candidate_sources": ALL_SOURCES,
    "max_itemset_size": 3,
    "refit_every": 3,
    "refit_drift": 0.2,
    "similar_items": ["als", "feature_als", "bpr", "lmf", "svd"],
    "events": {
        "table": "transactions",
        "user_id": "household_id",
        "item_id": "product_id",
        "event_at": "transaction_timestamp",
        "basket_id": "basket_id",
        "quantity": "quantity",
        "amount": "sales_value",
        "region": "store_id",
        "is_deleted": "quantity = 0",
    },
    "repeated_lines": "sum",
    "max_user_events_per_day": 500,
    "core_min_items_per_user": 2,
    "core_min_users_per_item": 2,
    "weight_column": "quantity",
    "weight_scale": "threshold",
    "weight_threshold": 2,
    "weight_below_threshold": 0.5,
    "rule_levels": [["item", "category"], ["category", "category"]],
    "rule_region": "region",
    "rule_decay_days": 30,
    "item_relations": True,
    "surfaces": [*SMALL["surfaces"], MOVING, BLENDED, LEARNED, ALIKE, CHOSEN, PRICED],
    "ranker": True,
    "refresh_history": True,
    "drift_fail": {},  # the refreshes before are made up
    "availability": {
        "table": "transactions",
        "region": "store_id",
        "item_id": "product_id",
        "available_from": None,
        "available_to": None,
        "where": "product_id > 3 or store_id <> 1",
    },
    "restrictions": {
        "table": "transactions",
        "kind": "case when quantity = 2 then 'block' else 'allow' end",
        "user_id": "household_id",
        "region": None,
        "item_id": "product_id",
        "category": None,
        "starts_at": None,
        "ends_at": None,
        "where": "quantity = 2 or household_id = 104",
    },
    **RATED,
    **EVERY_FIGURE,
    **experiments("2024-03-01"),
}


@cache
def model_of(source: str) -> str:
    """Return the model that a candidate source is in: its own or that of its family."""
    project = load_project(builtin_root())
    families = {
        name: model
        for model in project.models
        if model.startswith("cand_")
        for name in family_of(project, model)
    }
    return families.get(source, f"cand_{source}")


def listed(source: str) -> str:
    """Return the rows of a candidate source, to read from in SQL."""
    return f"(select * from {model_of(source)} where candidate_source = '{source}')"


@dataclass(frozen=True)
class Line:
    """One line of a receipt; no user for a guest."""

    user: int | None
    item: int
    basket: int
    at: datetime
    store: int = 1
    quantity: int = 1
    paid: float = 1.0

    @property
    def counts(self) -> bool:
        """Say whether the line is clean and in the past."""
        return self.quantity > 0 and self.at < AS_OF


@dataclass(frozen=True)
class World:
    """A warehouse in memory with every model built."""

    lines: Sequence[Line]
    vars: Mapping[str, Any]
    warehouse: Warehouse

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.warehouse.rows(sql)

    def dicts(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table as dictionaries."""
        cursor = self.warehouse.connection.execute(f"from {table}")
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def factors(self, model: str, side: str) -> dict[int, list[float]]:
        """Return the vectors of a factor model's users or items by their index."""
        return dict(
            self.rows(
                f"select {side}_index, factors from sig_{side}_factors "
                f"where model_name = '{model}' order by {side}_index"
            )
        )

    def broken(self) -> list[str]:
        """Return what the data tests of all that is built complain of."""
        plan, built = plan_with(**self.vars), self.warehouse.kinds
        names = [name for name in plan.models if name in built]
        checks = run_checks(plan_checks(plan, names, built), self.warehouse, 1)
        return [check.problem for check in checks if check.status == "failed"]

    @property
    def past(self) -> list[Line]:
        """Return the lines that the models may learn from."""
        return [line for line in self.lines if line.counts]


def log_lift(seen: float, expected: float, antecedent: float) -> float:
    """Return the evidence of a rule by the default priors; equal ones are equal."""
    prior = 100 + 0.1 * antecedent
    return round(log((seen + prior) / (expected + prior)), 12)


def random_lines(seed: int, baskets: int = 160, items: int = 40) -> list[Line]:
    """Return receipts of guests and users over five months; small items sell best."""
    chance = random.Random(seed)
    lines = []
    for basket in range(baskets):
        user = chance.choice([None, *range(100, 130)])
        at = AS_OF + timedelta(days=30 - 150 * chance.random())
        store = chance.randint(1, 3)
        basket_items = [int(items * chance.random() ** 2) for _ in range(6)]
        for item in sorted(set(basket_items[: chance.randint(1, 6)])):
            taste = (item * 7 + (user or 0)) % 3
            for _ in range(chance.choice([1, 1, 1, 2]) if taste else 1):
                paid = chance.random()
                quantity = chance.choice([1, 1, 2, 0]) if taste == 1 else 1
                lines.append(Line(user, item, basket, at, store, quantity, paid))
    return lines


@cache
def compiled(changed: tuple[tuple[str, str], ...]) -> Plan:
    """Compile the built-in project with vars given as (name, repr)."""
    from ast import literal_eval

    given = {name: literal_eval(text) for name, text in changed}
    return compile_models(load_project(builtin_root()).with_vars(given))


def plan_with(**changed: Any) -> Plan:
    """Compile the built-in project with some vars changed, once per setting."""
    return compiled(tuple(sorted((name, repr(v)) for name, v in changed.items())))


@contextmanager
def tiny_world(
    lines: Sequence[Line],
    *,
    threads: int = 2,
    at_once: int = 1,
    wanted: str = "",
    tables: Mapping[str, pa.Table] | None = None,
    **changed: Any,
) -> Iterator[World]:
    """Load the lines and tables, build every model (or the wanted), give the world.

    `threads` are DuckDB's, `at_once` is how many models are built at a time.
    """
    settings = {**SMALL, **changed}
    plan = plan_with(**settings)
    options = {"TimeZone": "UTC", "threads": threads, "preserve_insertion_order": False}
    with open_warehouse(None, options) as warehouse:
        load_lines(warehouse, lines)
        store(warehouse, tables or {})
        names = plan.graph.select(wanted.split())
        for result in run_models(plan, warehouse, names, at_once):
            if result.error:
                raise result.error
        yield World(lines, settings, warehouse)


def load_lines(warehouse: Warehouse, lines: Sequence[Line]) -> None:
    """Store the raw tables; item 999 is in the catalogue and was never sold."""
    catalogue = [*sorted({line.item for line in lines}), 999]
    users = sorted({line.user for line in lines if line.user and line.user % 2})
    tables = {
        "transactions": pa.table(
            {
                "household_id": pa.array([x.user for x in lines], pa.int64()),
                "product_id": pa.array([x.item for x in lines], pa.int64()),
                "basket_id": pa.array([x.basket for x in lines], pa.int64()),
                "store_id": pa.array([x.store for x in lines], pa.int64()),
                "quantity": pa.array([x.quantity for x in lines], pa.int64()),
                "sales_value": pa.array([x.paid for x in lines], pa.float64()),
                "transaction_timestamp": pa.array(
                    [x.at for x in lines], pa.timestamp("us")
                ),
            }
        ),
        "products": pa.table(
            {
                "product_id": pa.array(catalogue, pa.int64()),
                "product_type": [f"type {item}" for item in catalogue],
                "package_size": [None if item % 4 else "1 kg" for item in catalogue],
                "product_category": [f"category {item % 5}" for item in catalogue],
                "department": [f"department {item % 2}" for item in catalogue],
            }
        ),
        "demographics": pa.table(
            {
                "household_id": pa.array(users, pa.int64()),
                "age": ["19-24" if user % 3 else "65+" for user in users],
            }
        ),
    }
    warehouse.rows("create schema raw")
    store(warehouse, tables)


def store(warehouse: Warehouse, tables: Mapping[str, pa.Table]) -> None:
    """Store tables in the raw schema."""
    for name, table in tables.items():
        warehouse.connection.register("given", table)
        warehouse.rows(f"create table raw.{name} as from given")
        warehouse.connection.unregister("given")


def shuffled(lines: Sequence[Line], seed: int) -> list[Line]:
    """Return the same lines in another order."""
    order = list(lines)
    random.Random(seed).shuffle(order)
    return order


def moved(line: Line, days: float) -> Line:
    """Return the line some days later."""
    return replace(line, at=line.at + timedelta(days=days))
