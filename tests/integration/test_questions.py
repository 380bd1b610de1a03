"""`recsql explain` and `recsql show --basket`: questions that are SQL files."""

from __future__ import annotations

import random
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql import pipeline, queries
from recsql.project import Project, load_project
from tests.integration.conftest import ITEMS, USERS, Recsql

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
        elif source in surface["personal"] and orders < 3:
            steps.append((2, f"{source} serves users with 3 orders or more"))
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
    for _ in range(80):
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


def test_explain_knows_who_is_unknown(shop: Path, recsql: Recsql) -> None:
    done = recsql("explain", "--project", shop, "--user", "o'neil", "--item", "--x")
    assert done.code == 0
    user, item = done.out.splitlines()[1:]
    assert user.split()[:2] == ["user", "unknown"]
    assert item.split()[:2] == ["item", "unknown"]


def test_a_basket_is_completed_by_its_rules(project: Project) -> None:
    basket = ITEMS[:3]
    score: dict[str, float] = defaultdict(float)
    for item, complement, confidence in built(
        project,
        "select item_id, complement_item_id, confidence from rec_complements "
        "where confidence is not null",
    ):
        if item in basket and complement not in basket:
            score[complement] += confidence
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
