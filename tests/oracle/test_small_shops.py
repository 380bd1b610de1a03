"""Shops of a few items, in which each word of a setting can be checked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from recsql.compilation.render import Renderer
from recsql.operation.findings import SHORT, Noted, findings
from recsql.questions.shows import Shown
from tests.worlds import AS_OF, Line, plan_with, tiny_world

EVERYTHING = {"min_item_baskets": 1, "min_pair_count": 1, "min_support": 0.0001}


def baskets(*contents: Sequence[int], users: int = 4) -> list[Line]:
    """Return lines of receipts, one a day up to yesterday, of some users in turn."""
    return [
        Line(100 + day % users, item, day, AS_OF - timedelta(days=len(contents) - day))
        for day, items in enumerate(contents)
        for item in items
    ]


def restrictions(**mapped: str) -> dict[str, Any]:
    names = ("user_id", "region", "item_id", "category", "starts_at", "ends_at")
    empty = dict.fromkeys((*names, "where"))
    return {"table": "lists", "kind": "'block'", **empty, **mapped}


@pytest.mark.parametrize(
    "mapped",
    [
        {"item_id": "item"},
        {"kind": "'allow'", "item_id": "item", "region": "'1'"},
        {"item_id": "item", "user_id": "buyer"},
    ],
)
def test_six_items_of_which_one_is_blocked_can_be_published(
    mapped: dict[str, str],
) -> None:
    lines = baskets((1, 2, 3), (4, 5, 6), (1, 3, 5), (2, 4, 6), (1, 2), (3, 4), (5, 6))
    lists = pa.table({"item": pa.array([3], pa.int64()), "buyer": [101]})
    asked = {**EVERYTHING, "restrictions": restrictions(**mapped)}
    with tiny_world(lines, tables={"lists": lists}, **asked) as world:
        assert world.broken() == []
        listed = world.rows(
            "select item_id, count(*) from rec_item_page group by 1 order by 1"
        )
    if mapped == {"item_id": "item"}:
        assert listed == [(1, 4), (2, 4), (3, 5), (4, 4), (5, 4), (6, 4), (999, 5)]


def test_a_source_that_is_personal_and_fallback_fills() -> None:
    both = {
        "name": "home",
        "allow_repeat": "all",
        "length": 3,
        "personal": ["popular"],
        "fallback": ["popular"],
    }
    lines = baskets((1, 2, 3), (2, 3, 4), (1, 4), (3, 4), users=2)
    lines += [Line(9, 1, 99, AS_OF - timedelta(days=1))]  # one order, 3 are personal
    asked = {**EVERYTHING, "surfaces": [both], "wanted": "+rec_for_user"}
    with tiny_world(lines, **asked) as world:
        shown = world.rows(
            "select user_id, count(*) from rec_for_user group by 1 order by 1"
        )
        assert world.broken() == []
    assert shown == [(9, 3), (100, 3), (101, 3)]


@pytest.mark.parametrize(
    ("total", "said"),
    [(2, ""), (40, "2 of 40 rows, 38 left out. More of them: --limit 40")],
)
def test_rows_that_are_not_printed_are_counted(total: int, said: str) -> None:
    assert Shown(("item_id",), ((1,), (2,)), total).left_out == said


def test_what_goes_with_everything_leads_nowhere() -> None:
    """BAG is in 18 of 20 orders; pasta and sauce are in 8 each, always together."""
    bag, pasta, sauce, other = 1, 2, 3, 4
    orders = [(bag, pasta, sauce)] * 7 + [(pasta, sauce)] + [(bag, other)] * 11
    lines = baskets(*orders, (other,), users=20)  # each user has one order
    lines += [Line(90, pasta, 200 + n, AS_OF - timedelta(days=9)) for n in range(2)]
    asked = {**EVERYTHING, "candidate_sources": ["rules", "sequential", "popular"]}
    with tiny_world(lines, **asked) as world:
        ((complement,),) = world.rows(
            "select related_item_id from rec_complements "
            f"where item_id = {pasta} and item_rank = 1"
        )
        ((candidate,),) = world.rows(
            "select item_id from cand_rules where user_id = 90 and not is_repeat "
            "and kind_rank = 1"
        )
        assert world.broken() == []
        plan = plan_with(**world.vars)
        file = plan.project.queries["basket"]
        sql = Renderer(plan.project).render_text(file.read_text(), file)
        given = {"items": [pasta], "region": "all"}
        completed = world.warehouse.rows(sql, given)
    assert (complement, candidate) == (sauce, sauce)
    assert completed[0][1] == sauce
    assert completed[-1][-1] == "popular; nothing is known to go with it"


def test_orders_of_one_moment_are_one_step() -> None:
    """What is bought on one day, in whichever order, follows nothing of that day."""
    day = AS_OF - timedelta(days=5)
    lines = [
        line
        for user in range(1, 5)
        for line in (
            Line(user, 10, 10 * user, day),
            Line(user, 20, 10 * user + 1, day),
            Line(user, 30, 10 * user + 2, day + timedelta(days=1)),
            Line(50 + user, 40, 1000 + user, day),
        )
    ]
    asked = {**EVERYTHING, "candidate_sources": ["sequential", "popular"]}
    with tiny_world(lines, wanted="+sig_sequential_rules", **asked) as world:
        found = world.rows(
            "select antecedent_item_id, consequent_item_id, pair_count, confidence "
            "from sig_sequential_rules order by all"
        )
    assert found == [(10, 30, 4, 1.0), (20, 30, 4, 1.0)]


def test_of_substitutes_with_one_title_the_first_is_shown() -> None:
    items = {
        "table": "products",
        "item_id": "product_id",
        "title": "case when product_id < 4 then 'blue kettle' when product_id < 8 "
        "then 'red kettle' else product_type end",
        "category": None,
        "variant": "case when product_id in (6, 7) then product_id end",
    }
    lines = baskets((1, 2, 3), (4, 5), (6, 7), (8, 9))
    asked = {**EVERYTHING, "items": items, "content_max_item_share": 1.0}
    with tiny_world(lines, wanted="+rec_substitutes", **asked) as world:
        found = world.rows(
            "select related_title, count(*), min(similarity) >= 0.1 "
            "from rec_substitutes where item_id = 1 group by 1 order by 1"
        )
        assert world.broken() == []
    assert found[0] == ("blue kettle", 1, True)
    assert len(found) == 1 or found[1][1] <= 3  # no variant, and variants 6 and 7


def surface(name: str, length: int, fallback: str, **more: Any) -> dict[str, Any]:
    given = {"allow_repeat": "all", "personal": [], **more}
    return {"name": name, "length": length, "fallback": [fallback], **given}


def test_short_lists_are_counted_and_said() -> None:
    """Users 100 and 101 took items 1, 2 and 3, user 102 item 4; 999 was never sold."""
    orders = ((1, 2, 3), (1, 2, 3), (4,)) * 2
    hidden = {"name": "no first", "do": "hide", "when": "items.item_index = 0"}
    asked = {
        **EVERYTHING,
        "candidate_sources": ["history", "popular"],
        "surfaces": [
            surface("full", 4, "popular"),
            surface("wide", 9, "popular"),
            surface("fresh", 2, "popular", allow_repeat="new_only"),
            surface("again", 2, "history", allow_repeat="repeat_only"),
            surface("ruled", 4, "popular", rules=[hidden]),
            surface("own", 2, "history"),
            surface("chosen", 2, "popular", where="items.item_index < 1"),
        ],
        "wanted": f"+{SHORT}",
    }
    blocked = pa.table({"item": pa.array([4], pa.int64()), "buyer": [100]})
    asked["restrictions"] = restrictions(item_id="item", user_id="buyer")
    lines = baskets(*orders, users=3)
    with tiny_world(lines, tables={"lists": blocked}, **asked) as world:
        said = [
            found.text.removeprefix("surface ")
            for found in findings(world.warehouse, [SHORT])
            if isinstance(found, Noted)
        ]
        assert world.broken() == []
        lengths = world.rows(
            "select surface, count(*) from rec_for_user where user_id = 102 group by 1"
        )
    both = " lists are shorter than "
    assert said == [
        f"again: 1 of 3{both}2 items (the shortest: 1): no more was taken before (1)",
        f"chosen: 3 of 3{both}2 items (the shortest: 1): no more may be shown (3)",
        f"fresh: 2 of 3{both}2 items (the shortest: 0): the rest is taken already (2)",
        f"full: 1 of 3{both}4 items (the shortest: 3): no more may be shown (1)",
        f"own: 1 of 3{both}2 items (the shortest: 1): sources propose no more (1)",
        f"ruled: 3 of 3{both}4 items (the shortest: 2): no more may be shown (1), "
        "rules or caps take the rest (2)",
        f"wide: 3 of 3{both}9 items (the shortest: 3): no more may be shown (3)",
    ]
    assert dict(lengths) == {
        **{"full": 4, "wide": 4, "fresh": 2, "again": 1, "ruled": 3, "own": 1},
        "chosen": 1,
    }


def test_pages_of_a_country_show_what_is_sold_there() -> None:
    """Pasta goes with sauce, which France does not sell, and with wine: it does."""
    pasta, sauce, wine, jam, tea = range(1, 6)
    orders = [(pasta, sauce)] * 6 + [(pasta, wine)] * 3 + [(jam,)] * 4 + [(tea, wine)]
    sold = {"DE": (pasta, sauce, jam), "FR": (pasta, wine, jam, tea), "IT": ()}
    rows = [(land, item) for land, items in sold.items() for item in items or (77,)]
    offers = pa.table({"land": [a for a, _ in rows], "item": [b for _, b in rows]})
    asked = {
        **EVERYTHING,
        "availability": {"table": "sold", "region": "land", "item_id": "item"},
        "wanted": "+rec_item_page +rec_substitutes +rec_complement_fill",
    }
    with tiny_world(baskets(*orders), tables={"sold": offers}, **asked) as world:
        pages = world.rows(
            "select region, related_item_id, kind from rec_item_page "
            f"where item_id = {pasta} and kind <> 'substitute' "
            "order by region, item_rank"
        )
        unsold = world.rows(
            "select related_item_id, kind from rec_item_page "
            f"where item_id = {sauce} and region = 'FR' and kind <> 'substitute'"
        )
        complements = world.rows(
            "select related_item_id, reason from rec_complements "
            f"where item_id = {pasta} and region = 'FR' order by item_rank"
        )
        fill = world.rows(
            "select item_id, reason from rec_complement_fill where region = 'FR' "
            "order by item_rank"
        )
        shown = world.rows(
            "select distinct region, related_item_id from rec_item_page union "
            "select region, related_item_id from rec_substitutes"
        )
        assert world.broken() == []
    assert pages[:2] == [("DE", sauce, "complement"), ("DE", jam, "popular")]
    assert [page for page in pages if page[0] == "FR"] == [
        ("FR", wine, "complement"),
        ("FR", jam, "popular"),
        ("FR", tea, "popular"),
    ]
    assert unsold == [(pasta, "complement")]  # what popular items fill is what is sold
    assert complements == [(wine, "goes with type 1")]
    assert {item for item, _ in fill} <= set(sold["FR"])
    assert {reason for _, reason in fill} == {"popular; nothing is known to go with it"}
    assert all(item in sold[land] for land, item in shown if land != "all")
    assert {land for land, _ in shown} == {"all", "DE", "FR"}
