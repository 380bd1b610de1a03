"""What may be shown, under random availability, allow lists and block lists."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import ALL_SOURCES, AS_OF, World, random_lines, tiny_world

DAY = timedelta(days=1)
NO_TABLE = {"table": None}
# Sources that follow the best n rules or neighbours of an item, and n differs.
CUT_PER_ITEM = {"rules", "sequential", "content"}
Rules = list[dict[str, Any]]


def moment(chance: random.Random, past: bool) -> Any:
    """Return a time on one side of AS_OF, or none."""
    days = chance.choice([None, 1, 10])
    return None if days is None else AS_OF + (-DAY if past else DAY) * days


def random_availability(chance: random.Random) -> Rules:
    return [
        {
            "region": str(store),
            "item_id": item,
            "available_from": moment(chance, chance.random() < 0.9),
            "available_to": moment(chance, chance.random() < 0.1),
        }
        for store in (1, 2)
        for item in range(40)
        if chance.random() < 0.7
    ]


def random_restrictions(chance: random.Random) -> Rules:
    rows: Rules = []
    for _ in range(chance.randint(5, 40)):
        named = chance.choice(["item", "item", "category"])
        kind = chance.choice(["block", "block", "allow"])
        whom = chance.choice(["user", "region", "both"] + ["all"] * (kind == "block"))
        users = whom in ("user", "both")
        places = whom in ("region", "both")
        rows.append(
            {
                "kind": kind,
                "user_id": chance.randint(100, 110) if users else None,
                "region": str(chance.randint(1, 3)) if places else None,
                "item_id": chance.randint(0, 45) if named == "item" else None,
                "category": f"category {chance.randint(0, 5)}"
                if named == "category"
                else None,
                "starts_at": moment(chance, chance.random() < 0.8),
                "ends_at": moment(chance, chance.random() < 0.2),
            }
        )
    return rows


def current(row: dict[str, Any], starts: str, ends: str) -> bool:
    return (row[starts] is None or row[starts] <= AS_OF) and (
        row[ends] is None or row[ends] > AS_OF
    )


def may_be_shown(world: World, availability: Rules, restrictions: Rules) -> Any:
    """Return for each user the set of items, by the words of the documentation."""
    items = [i for i in world.dicts("int_items") if i["is_eligible"] or i["is_new"]]
    rules = [rule for rule in restrictions if current(rule, "starts_at", "ends_at")]
    listed = {row["region"] for row in availability}
    offered = defaultdict(set)
    for row in availability:
        if current(row, "available_from", "available_to"):
            offered[row["region"]].add(row["item_id"])
    anywhere = set().union(*offered.values()) if availability else None
    found = {}
    for user in world.dicts("int_users"):
        home = user["home_region"]
        there = offered[home] if home in listed else anywhere
        mine = [
            rule
            for rule in rules
            if rule["user_id"] in (None, user["user_id"])
            and rule["region"] in (None, home)
        ]
        levels = defaultdict(list)
        for rule in mine:
            if rule["kind"] == "allow":
                level = "user" if rule["user_id"] else "region"
                levels[level].append(rule)
        found[user["user_id"]] = {
            item["item_id"]
            for item in items
            if (there is None or item["item_id"] in there)
            and all(any(hits(r, item) for r in level) for level in levels.values())
            and not any(r["kind"] == "block" and hits(r, item) for r in mine)
        }
    return found


def hits(rule: dict[str, Any], item: dict[str, Any]) -> bool:
    return rule["item_id"] in (None, item["item_id"]) and rule["category"] in (
        None,
        item["category"],
    )


def table(rows: Rules, **types: Any) -> pa.Table:
    times = pa.timestamp("us")
    fields = {name: types.get(name, times) for name in rows[0]}
    return pa.table({n: pa.array([r[n] for r in rows], t) for n, t in fields.items()})


WHERE = {"region": pa.string(), "item_id": pa.int64()}
WHOM = {**WHERE, "kind": pa.string(), "user_id": pa.int64(), "category": pa.string()}
SOURCES = [name for name in ALL_SOURCES if name not in ("bpr", "lmf")]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lists_are_made_of_what_may_be_shown_and_are_full(seed: int) -> None:
    chance = random.Random(seed)
    availability = random_availability(chance) if seed != 3 else []
    restrictions = random_restrictions(chance)
    tables = {"restrictions": table(restrictions, **WHOM)}
    mapped: dict[str, Any] = {
        "restrictions": {"table": "restrictions", **{n: n for n in restrictions[0]}}
    }
    if availability:
        tables["availability"] = table(availability, **WHERE)
        names = {name: name for name in availability[0]}
        mapped["availability"] = {"table": "availability", **names}
    lines = random_lines(seed, baskets=300)
    settings = {"candidate_sources": SOURCES, "svd_factors": 4}
    with tiny_world(
        lines,
        tables=tables,
        wanted="+rec_for_user +rec_users_for_item +rec_item_page +rec_popular "
        "+rec_complement_fill",
        rule_region="region",
        **settings,
        **mapped,
    ) as world:
        assert_tables_of_items_are_shown(world)
        assert world.broken() == []
        shown = may_be_shown(world, availability, restrictions)
        eligible = {i["item_id"] for i in world.dicts("int_items") if i["is_eligible"]}
        told = world.rows("select user_id, item_id from rec_users_for_item")
        best = best_of(world)
        taken = taken_items(world)
        lists = defaultdict(list)
        for row in world.dicts("rec_for_user"):
            lists[row["user_id"], row["surface"]].append(row["item_id"])
    with tiny_world(
        lines, wanted="+cand_all", candidates_per_user=1000, **settings
    ) as free:
        everything = best_of(free)
    assert {len(items) for items in shown.values()} != {0}
    assert told
    assert all(item in shown[user] for user, item in told)
    for surface in world.vars["surfaces"]:
        for user, items in shown.items():
            found = lists[user, surface["name"]]
            assert set(found) <= items
            wanted = items & eligible
            if surface["allow_repeat"] != "all":
                repeat = surface["allow_repeat"] == "repeat_only"
                wanted = wanted & taken[user] if repeat else wanted - taken[user]
            assert len(found) >= min(surface["length"], 6, len(wanted))
    for source, user in {*best, *everything}:
        for repeat in (False, True):
            ranked = [
                item
                for item, again in everything[source, user]
                if again == repeat and item in shown[user]
            ]
            found = [item for item, again in best[source, user] if again == repeat]
            assert set(found) <= shown[user]
            if source not in CUT_PER_ITEM:
                assert found == ranked[:6], (source, user)


def assert_tables_of_items_are_shown(world: World) -> None:
    """Check tables without users: only what their region, or some region, may show."""
    scopes = defaultdict(set)
    for region, item in world.rows(
        "select coalesce(region, 'all'), item_id from elig_scope_items "
        "join elig_scopes using (scope_index) where user_id is null"
    ):
        scopes[region].add(item)
    named = dict(
        world.rows("select region, scope_index from elig_scopes where user_id is null")
    )
    for region, item in (
        *world.rows("select region, substitute_item_id from rec_substitutes"),
        *world.rows("select region, shown_item_id from rec_item_page"),
        *world.rows("select region, complement_item_id from rec_complements"),
        *world.rows("select region, item_id from rec_complement_fill"),
        *world.rows(
            "select case when group_kind = 'region' then group_name else 'all' end, "
            "item_id from rec_popular"
        ),
    ):
        assert item in scopes[region if region in named else "all"]
    pages = defaultdict(set)
    for region, item in world.rows("select region, item_id from rec_item_page"):
        pages[region].add(item)
    known = {item for (item,) in world.rows("select item_id from int_items")}
    assert {region for region in scopes if len(scopes[region]) > 1} <= {*pages}
    assert all(page == known for region, page in pages.items() if region == "all")


def best_of(world: World) -> Any:
    """Return (item, is_repeat) of every source and user, best first."""
    found = defaultdict(list)
    for row in sorted(world.dicts("cand_all"), key=lambda row: row["item_rank"]):
        key = row["candidate_source"], row["user_id"]
        found[key].append((row["item_id"], row["is_repeat"]))
    return found


def taken_items(world: World) -> Any:
    found = defaultdict(set)
    for row in world.dicts("int_user_items"):
        found[row["user_id"]].add(row["item_id"])
    return found


def test_discontinued_items_train_and_are_never_shown() -> None:
    lines = random_lines(4)
    settings = {"candidate_sources": SOURCES, "wanted": "+rec_for_user"}
    mapping = {
        "table": "products",
        "item_id": "product_id",
        "title": "product_type",
        "available_to": "case when product_id = 0 then timestamp '2024-05-01' end",
    }
    with tiny_world(lines, **settings, items=mapping) as world:
        ((index,),) = world.rows("select item_index from int_items where item_id = 0")
        assert world.rows(
            "select count(*) from sig_item_factors "
            f"where model_name = 'als' and item_index = {index}"
        ) == [(1,)]
        for name in ("cand_all", "rec_for_user", "sig_popularity"):
            assert world.rows(f"select 1 from {name} where item_id = 0") == []
