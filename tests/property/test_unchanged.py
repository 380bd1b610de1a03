"""Whatever happens between refreshes, the last one equals a full refresh.

Lines come, come late and go; vars, SQL, the catalogue and the moment of lists change; a
user is forgotten; a model fails, a refresh is killed, somebody writes a table by hand.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from recsql.compilation.compiler import Plan, compile_models
from recsql.config.project import builtin_root, load_project
from recsql.engine.contents import Contents
from recsql.engine.incremental import forget_builds
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import RecsqlError
from tests.tries import tries
from tests.worlds import SMALL, Line, load_lines, random_lines, store

LINES = random_lines(5, baskets=70, items=15)
SURFACE = {"name": "home", "allow_repeat": "all", "length": 3, "personal": ["history"]}
BASE: dict[str, Any] = {
    **SMALL,
    "as_of": None,
    "min_item_baskets": 3,
    "min_support": 0.01,
    "candidate_sources": ["history", "rules", "new_items", "popular"],
    "surfaces": [{**SURFACE, "fallback": ["rules", "new_items", "popular"]}],
    "items": {
        "table": "products",
        "item_id": "product_id",
        "title": "product_type",
        "category": "product_category",
        "text": None,
        "available_from": "came_at",
        "available_to": None,
        "variant": None,
    },
}
CHANGES: dict[str, dict[str, Any]] = {
    "decay": {"decay_days": 20},
    "cap": {"max_basket_items": 3},
    "novelty": {"novelty_boost": 2.0},
    "popularity": {"popularity": "trending"},
}
MOMENTS = ["2024-03-01 00:00:00", "2024-03-01 00:00:30", "2024-06-01 00:00:00"]
WANTED = ["+rec_for_user", "+rec_popular", "+rec_complements", "+rec_buy_again"]
SHOWN = ["rec_for_user", "rec_popular", "rec_complements", "rec_buy_again"]
SHOWN += ["int_users", "int_items", "int_user_items", "sig_item_pairs", "cand_all"]
SHOWN += ["int_recent_items", "elig_scope_items", "sig_rules", "int_reference_time"]
LEFT_OUT = {"run_id", "generated_at", "item_code", "basket_index"}
EDITED = {"none": "", "even": "where item_index % 2 = 0", "broken": "where error('no')"}


@cache
def plan_of(change: str, moment: str, edit: str) -> Plan:
    given_vars = {**BASE, **CHANGES.get(change, {}), "show_at": moment}
    project = load_project(builtin_root()).with_vars(given_vars)
    model = project.models["sig_popularity"]
    changed = replace(model, sql=f"{model.sql}\n{EDITED[edit]}")
    models = {**project.models, "sig_popularity": changed}
    return compile_models(replace(project, models=models))


@dataclass
class Shop:
    """What a refresh reads, and the warehouse that it adds to."""

    warehouse: Warehouse
    lines: list[Line] = field(default_factory=lambda: LINES[:120])
    change: str = ""
    moment: str = MOMENTS[0]
    edit: str = "none"
    titles: int = 0

    @property
    def plan(self) -> Plan:
        return plan_of(self.change, self.moment, self.edit)

    def load(self, warehouse: Warehouse | None = None) -> None:
        """Replace the raw tables."""
        target = warehouse or self.warehouse
        target.rows("drop schema if exists raw cascade")
        load_lines(target, self.lines)
        known = sorted({line.item for line in LINES})
        days = [pa.scalar(f"2024-0{1 + n % 4}-15") for n in range(len(known))]
        names = [f"item {n % 7} {self.titles * (n % 3)}" for n in known]
        columns = {"product_id": pa.array(known, pa.int64()), "product_type": names}
        columns["product_category"] = [f"kind {n % 3}" for n in known]
        columns["came_at"] = [str(day) for day in days]
        target.rows("drop table raw.products")
        store(target, {"products": pa.table(columns)})

    def refresh(self, *, forced: bool = False, until: int | None = None) -> None:
        """Build what can have changed, all of it or as far as the given result."""
        plan, names = self.plan, self.plan.graph.select(WANTED)
        if forced:
            forget_builds(plan, self.warehouse, names)
        contents = Contents(plan, self.warehouse, names if forced else ())
        with closing(run_models(plan, self.warehouse, names, 1, contents)) as results:
            for number, result in enumerate(results):
                if result.error:
                    raise result.error
                if number == until:
                    return


def happen(shop: Shop, what: str, number: int) -> None:
    """Let something happen, then refresh."""
    chance = random.Random(number)
    if what == "lines":
        later = LINES[len(shop.lines) : len(shop.lines) + 25]
        gone = chance.sample(range(len(shop.lines)), 3)
        kept = [line for n, line in enumerate(shop.lines) if n not in gone]
        late = [replace(x, at=x.at.replace(hour=number % 24)) for x in later[:4]]
        shop.lines = [*kept, *later, *late]
    elif what == "var":
        shop.change = chance.choice(["", *CHANGES])
    elif what == "text":
        shop.edit = "even" if shop.edit == "none" else "none"
    elif what == "catalogue":
        shop.titles += 1
    elif what == "time":
        shop.moment = chance.choice(MOMENTS)
    elif what == "hand":
        shop.warehouse.rows("update main.int_users set order_count = order_count + 1")
        shop.warehouse.rows("delete from main.cand_popular")
        shop.warehouse.is_sealed = False  # as a file would say
    elif what == "forget":
        shop.lines = [x for x in shop.lines if x.user != shop.lines[number].user]
    shop.load()
    if what == "fail":
        before, shop.edit = shop.edit, "broken"
        with suppress(RecsqlError):
            shop.refresh()
        shop.edit = before
    elif what == "kill":
        shop.lines = shop.lines[5:]
        shop.load()
        shop.refresh(until=number)
    else:
        shop.refresh(forced=what == "forget")


def tables(plan: Plan, warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for name in SHOWN:
        columns = [row[0] for row in warehouse.rows(f"describe main.{name}")]
        shown = ", ".join(column for column in columns if column not in LEFT_OUT)
        found[name] = sorted(
            warehouse.rows(f"select {shown} from main.{name}"), key=repr
        )
    return found


EVENTS = ["lines", "var", "text", "catalogue", "time", "hand", "forget", "fail", "kill"]


def check(steps: Sequence[tuple[str, int]]) -> None:
    """Compare a shop to which things happened with one that is built at once."""
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 1}) as warehouse:
        shop = Shop(warehouse)
        shop.load()
        shop.refresh()
        for what, number in steps:
            happen(shop, what, number)
        shop.refresh()
        found = tables(shop.plan, warehouse)
        with open_warehouse(None, {"TimeZone": "UTC", "threads": 1}) as anew:
            full = replace(shop, warehouse=anew)
            full.load()
            full.refresh()
            expected = tables(full.plan, anew)
    for name, rows in expected.items():
        assert rows, name
        assert found[name] == rows, name


@pytest.mark.slow
@settings(
    max_examples=tries(8),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(
        st.tuples(st.sampled_from(EVENTS), st.integers(0, 50)), min_size=2, max_size=5
    )
)
def test_whatever_happens_the_last_refresh_is_a_full_one(
    steps: list[tuple[str, int]],
) -> None:
    check(steps)


@pytest.mark.slow
def test_each_of_these_once() -> None:
    check([(what, 7 + number) for number, what in enumerate(EVENTS)])
