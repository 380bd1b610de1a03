"""docs/questions.md: each query runs on a published file, and finds what it asks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import recsql
from recsql.config.project import builtin_root

pytestmark = pytest.mark.slow
PAGE = (builtin_root() / "docs/questions.md").read_text()
QUESTIONS = re.findall(r"(?s)```sql\n(.*?)```", PAGE)
# what so small a shop has none of
NONE_THERE = ("rec_substitutes", "rec_segment_items", "mon_rejected", "not is_eligible")
NONE_THERE += ("lists.item_id is null", "is_significant")


@pytest.fixture(scope="module")
def folder(built_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of a shop that was refreshed twice and backtested between."""
    shop = tmp_path_factory.mktemp("questions") / "shop"
    shutil.copytree(built_shop, shop, symlinks=True)
    project = recsql.load_project(shop, {"decay_days": 10, "drift_warn": {}})
    project.backtest("28d")
    project.refresh()
    return shop / "warehouse"


@pytest.fixture(scope="module")
def file(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "recsql.duckdb"), read_only=True) as opened:
        yield opened


def test_there_are_twenty_of_them() -> None:
    asked = re.findall(r"(?m)^\*\*(\d+)\. .+\?\*\*", PAGE)
    assert asked == [str(number) for number in range(1, 21)]


@pytest.mark.parametrize("query", QUESTIONS)
def test_a_question_is_answered(file: duckdb.DuckDBPyConnection, query: str) -> None:
    rows = file.execute(query).fetchall()
    assert rows or any(word in query for word in NONE_THERE), query


def test_what_changed_adds_up(folder: Path) -> None:
    """The lists of the two versions, counted item by item, say the same."""
    places = []
    for number in (1, 2):
        path = folder / f"versions/{number}/recsql.duckdb"
        with duckdb.connect(str(path), read_only=True) as version:
            found = version.execute(
                "select surface, item_id, count(*), avg(item_rank) from rec_for_user "
                "group by all"
            ).fetchall()
            told = version.execute(
                "select surface, item_id, list_change from mon_changes"
            )
            changes = set(told.fetchall())
        places.append({row[:2]: row[2:] for row in found})
    before, now = places
    expected = {
        (*key, now.get(key, (0,))[0] - before.get(key, (0,))[0])
        for key in before.keys() | now.keys()
        if before.get(key) != now.get(key)
    }
    assert expected
    assert changes == expected
