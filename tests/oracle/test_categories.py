"""An item with several catalogue rows has every category that they give it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

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


CONDITIONS: dict[str, Callable[[set[str]], bool]] = {
    "items.category = 'gift'": lambda own: "gift" in own,
    "items.category <> 'beer'": lambda own: (
        bool(own) and "beer" not in own
    ),  # null: not true
    "not items.category in ('beer', 'wine')": lambda own: (
        bool(own) and not own & {"beer", "wine"}
    ),
    "lower(items.category) like 'w%'": lambda own: "wine" in own,
    "items.category is null": lambda own: not own,
    "items.category = 'gift' and items.item_id > 5": lambda own: "gift" in own,
}


def test_conditions_and_caps_see_every_category() -> None:
    """`= x`: an item has x; `<> x`: it has not; a cap counts all that it has."""
    lines = [line for line in random_lines(3, baskets=60, items=12) if line.user]
    chance = random.Random(5)
    kinds = ("beer", "wine", "gift", "tea")
    owned = {
        item: set(chance.sample(kinds, chance.choice((0, 1, 2, 3))))
        for item in sorted({line.item for line in lines})
    }
    rows = [(i, name) for i, own in owned.items() for name in sorted(own) or [None]]
    home = {
        "name": "capped",
        "allow_repeat": "all",
        "length": 30,
        "personal": [],
        "fallback": ["popular"],
        "max_per": {"category": 2},
    }
    hidden = [
        {**home, "name": f"hide {n}", "rules": [{"name": "r", "do": "hide", "when": c}]}
        for n, c in enumerate(CONDITIONS)
    ]
    catalogues = [
        {**home, "name": f"where {n}", "where": c} for n, c in enumerate(CONDITIONS)
    ]
    with tiny_world(
        lines,
        wanted="+list_rule_hits +elig_catalogues +list_orders",
        tables={
            "listed": pa.table(
                {"item": [row[0] for row in rows], "name": [row[1] for row in rows]}
            )
        },
        items={
            "table": "listed",
            "item_id": "item",
            "category": "name",
            "title": "'t'",
        },
        min_item_baskets=1,
        candidate_sources=["popular"],
        surfaces=[home, *hidden, *catalogues],
    ) as world:
        hits = world.rows("select distinct surface, item_id from list_rule_hits")
        kept = world.rows(
            "select distinct surface, item_id from elig_catalogues "
            "inner join int_items using (item_index)"
        )
        ordered = world.rows(
            "select user_id, item_id, is_capped from list_orders "
            "where surface = 'capped' order by user_id, plain_rank"
        )
    for number, (condition, holds) in enumerate(CONDITIONS.items()):
        late = "item_id > 5" in condition
        wanted = {i for i, own in owned.items() if holds(own) and (not late or i > 5)}
        assert {i for s, i in hits if s == f"hide {number}"} == wanted, condition
        assert {i for s, i in kept if s == f"where {number}"} == wanted, condition
    stayed: Counter[tuple[int, str]] = Counter()
    for user, item, is_capped in ordered:
        assert is_capped == any(stayed[user, kind] >= 2 for kind in owned[item])
        stayed.update((user, kind) for kind in owned[item] if not is_capped)
    assert any(is_capped for *_, is_capped in ordered)
