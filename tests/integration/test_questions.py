"""`recsql explain` and `recsql show --basket`: questions that are SQL files."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.project import Project, builtin_root, load_project
from recsql.operation import pipeline
from recsql.questions import queries
from tests.integration.conftest import ITEMS, USERS, Recsql
from tests.tries import tries

Rows = list[tuple[Any, ...]]
LIMITS = {"new_only": "shows new items only", "repeat_only": "shows repeats only"}


@pytest.fixture(scope="module")
def project(built_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shop with lists so short that every step removes something."""
    folder = Path(
        shutil.copytree(
            built_shop, tmp_path_factory.mktemp("asked") / "shop", symlinks=True
        )
    )
    surfaces = [
        {"name": name, "allow_repeat": allow, "length": 4, "personal": [personal]}
        for name, allow, personal in (
            ("all", "all", "history"),
            ("new", "new_only", "als"),
            ("again", "repeat_only", "history"),
        )
    ]
    for surface in surfaces:
        surface["fallback"] = ["rules"]
    short = {"candidates_per_user": 5, "als_factors": 4, "surfaces": surfaces}
    project = load_project(folder, short)
    pipeline.build(project, pipeline.Selection(), 2, lambda event: None)
    return project


def built(project: Project, sql: str) -> Rows:
    path = project.profile.build_path
    with duckdb.connect(str(path), read_only=True) as file:
        return file.execute(sql).fetchall()


def expected_step(
    surface: dict[str, Any], held: dict[str, tuple[bool, int, int]], orders: int
) -> str:
    """Return words of the first step that keeps an item from a surface's list."""
    steps = []
    for source in [*surface["personal"], *surface["fallback"]]:
        if source not in held:
            continue
        is_repeat, item_rank, kind_rank = held[source]
        wanted = surface["allow_repeat"]
        if wanted != "all" and is_repeat != (wanted == "repeat_only"):
            steps.append((1, LIMITS[wanted]))
        elif source in surface["personal"] and orders < 1:
            steps.append((2, f"{source} serves users with 1 orders or more"))
        else:
            rank = item_rank if wanted == "all" else kind_rank
            steps.append((3, f"below the cut: rank {rank} of {source}"))
    steps.sort(key=lambda step: -step[0])
    return steps[0][1] if steps else "no source of this surface proposes it"


def test_the_first_step_that_removed_an_item(
    project: Project, built_shop: Path
) -> None:
    held: dict[Any, dict[str, tuple[bool, int, int]]] = defaultdict(dict)
    for user, item, source, *ranks in built(
        project,
        "select user_id, item_id, candidate_source, is_repeat, item_rank, kind_rank "
        "from cand_all",
    ):
        held[user, item][source] = (ranks[0], ranks[1], ranks[2])
    shown = {
        (user, item, surface): f"rank {rank} from {source}: {reason}"
        for user, item, surface, rank, source, reason in built(
            project,
            "select user_id, item_id, surface, item_rank, candidate_source, reason "
            "from rec_for_user",
        )
    }
    orders = dict(built(project, "select user_id, order_count from int_users"))
    chance, seen = random.Random(1), set()
    for _ in range(tries(100)):
        user, item = chance.choice(USERS), chance.choice(ITEMS)
        found = {
            what: rest for what, *rest in queries.explain(project, user, item).rows
        }
        assert found["user"] == ["known", f"orders: {orders[user]}"]
        for source in project.vars["candidate_sources"]:
            verdict, detail = found[f"source {source}"]
            assert (verdict == "proposes it") == (source in held[user, item])
            if source in held[user, item]:
                assert f"rank {held[user, item][source][1]}, " in detail
        for surface in project.vars["surfaces"]:
            verdict, detail = found[f"surface {surface['name']}"]
            key = (user, item, surface["name"])
            assert verdict == ("shown" if key in shown else "not shown")
            if key in shown:
                assert detail == shown[key]
            else:
                assert expected_step(surface, held[user, item], orders[user]) in detail
            seen.add("shown" if key in shown else detail.split(" rank")[0])
    assert {"shown", "below the cut:", "no source of this surface proposes it"} < seen
    assert {words.split(" surface ")[-1] for words in seen} > set(LIMITS.values())


def no_table(name: str) -> dict[str, Any]:
    """Return the mapping of an input without a table, to fill in."""
    given = load_project(builtin_root()).vars[name]
    return {**dict.fromkeys(given), "table": name}


def test_the_step_that_keeps_an_item_from_a_user(
    built_shop: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(built_shop, tmp_path / "shop"))
    with duckdb.connect(str(folder / "warehouse/build.duckdb")) as file:
        file.execute(
            "create or replace table raw.items as select distinct item_id, "
            "case when item_id = $1 then timestamp '2024-02-01' end as ends "
            "from raw.events union all select 'rare', null",
            [ITEMS[4]],
        )
        file.execute(
            "create or replace table raw.availability as select item_id, region "
            "from raw.items, (values ('north'), ('south')) as regions(region) "
            "where item_id <> $1 or region = 'south'",
            [ITEMS[3]],
        )
        file.execute(
            "create or replace table raw.restrictions as select * from (values "
            "('block', null, null, $1), ('block', null, 'north', $2), "
            "('block', 'ann', null, $3), ('allow', 'user 1', null, $4)) "
            "as rules(kind, user_id, region, item_id)",
            [ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[5]],
        )
        file.execute(
            "insert into raw.events values ('ann', $1, '2024-02-01')", [ITEMS[8]]
        )
    events = {
        **no_table("events"),
        "user_id": "user_id",
        "item_id": "item_id",
        "event_at": "event_at",
        "event_type": "case when event_at = '2024-02-01' then 'hate' else 'click' end",
        "region": "case when user_id = 'user 2' then 'south' else 'north' end",
    }
    keys = {"item_id": "item_id", "region": "region"}
    items = {"item_id": "item_id", "title": "item_id", "available_to": "ends"}
    rules = {"kind": "kind", "user_id": "user_id", **keys}
    given = {
        "events": events,
        "event_weights": {"click": 1.0, "hate": -99.0},
        "min_item_baskets": 2,
        "items": {**no_table("items"), **items, "attributes": {}},
        "availability": {**no_table("availability"), **keys},
        "restrictions": {**no_table("restrictions"), **rules},
        "candidate_sources": ["history", "popular"],
    }
    project = load_project(folder, given)
    wanted = pipeline.Selection(("+rec_for_user",))
    pipeline.run(project, wanted, 2, lambda event: None)
    for user, item, words in (
        ("ann", "rare", "in too few baskets: 0 of min_item_baskets 2"),
        ("ann", ITEMS[4], "not available now, only until 2024-02-01"),
        ("ann", ITEMS[0], "blocked by a restriction for: all"),
        ("ann", ITEMS[1], "blocked by a restriction for: region"),
        ("user 2", ITEMS[1], ""),
        ("ann", ITEMS[2], "blocked by a restriction for: user"),
        ("user 2", ITEMS[2], ""),
        ("ann", ITEMS[3], "not available in north"),
        ("user 2", ITEMS[3], ""),
        ("user 1", ITEMS[6], "not on the allow list for: user"),
        ("user 1", ITEMS[5], ""),
        ("ann", ITEMS[6], ""),
        ("ann", ITEMS[8], "the user dislikes it"),
        ("user 2", ITEMS[8], ""),
    ):
        what, verdict, detail = queries.explain(project, user, item).rows[0]
        assert what == "eligibility"
        assert verdict == ("never shown" if words else "may be shown"), (user, item)
        assert words in detail


def test_explain_knows_who_is_unknown(shop: Path, recsql: Recsql) -> None:
    done = recsql("explain", "--project", shop, "--user", "o'neil", "--item", "--x")
    assert done.code == 0
    user, item = done.out.splitlines()[1:]
    assert user.split()[:2] == ["user", "unknown"]
    assert item.split()[:2] == ["item", "unknown"]


def test_a_basket_is_completed_by_its_rules(project: Project) -> None:
    basket = ITEMS[:3]
    score: dict[str, float] = defaultdict(float)
    for item, complement, log_lift in built(
        project,
        "select item_id, related_item_id, log_lift from rec_complements "
        "where log_lift is not null",
    ):
        if item in basket and complement not in basket:
            score[complement] += log_lift
    shown = queries.complete_basket(project, basket, 100)
    found = {row[shown.headers.index("item_id")]: row for row in shown.rows}
    place = shown.headers.index("score")
    assert score
    assert not set(basket) & set(found)
    for item, row in found.items():
        wanted = pytest.approx(score[item]) if item in score else None
        assert row[place] == wanted
    ranked = [row[place] for row in shown.rows if row[place] is not None]
    assert ranked == sorted(ranked, reverse=True)
    assert [row[0] for row in shown.rows] == list(range(1, len(shown.rows) + 1))


def test_questions_that_cannot_be_answered(shop: Path, recsql: Recsql) -> None:
    for arguments, words in (
        (["show", "--basket", "nothing, at all"], "no item of nothing, at all"),
        (["show"], "name a table, or give --basket"),
        (["show", "rec_popular", "--basket", "x"], "name a table, or give --basket"),
    ):
        done = recsql(*arguments, "--project", shop)
        assert done.code == 2
        assert words in done.err
    (shop / "warehouse/build.duckdb").unlink()
    done = recsql("explain", "--project", shop, "--user", "ann", "--item", "x")
    assert (done.code, len(done.err.splitlines())) == (2, 1)
