"""An item with several catalogue rows is blocked where any of its categories is."""

from __future__ import annotations

import pyarrow as pa

from recsql.config.project import builtin_root, load_project
from tests.worlds import random_lines, tiny_world


def test_an_item_is_blocked_by_any_of_its_categories() -> None:
    lines = random_lines(3)
    first, *others = sorted({line.item for line in lines})
    defaults = load_project(builtin_root()).default_vars
    names = ["food", "extra", *["food"] * len(others)]
    with tiny_world(
        lines,
        wanted="+elig_scope_items",
        tables={
            "blocked": pa.table({"category": ["extra"]}),
            "twice": pa.table({"item": [first, first, *others], "name": names}),
        },
        restrictions={
            **defaults["restrictions"],
            "table": "blocked",
            "item_id": None,
            "category": "category",
        },
        items={"table": "twice", "item_id": "item", "category": "name", "title": "'t'"},
        min_item_baskets=1,
    ) as world:
        shown = {row[0] for row in world.rows("select item_id from elig_scope_items")}
    assert shown == set(others)
