"""What nothing changed stays: tables, their runs, passed tests, published files."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import QUICK, Recsql, made_shop

GIVEN = f"{{{QUICK}, publish_also: [parquet]}}"
MOVES = {
    "mon_changes",
    "mon_runs",
    "mon_models",
    "mon_drift",
    "mon_rejected",
    "mon_freshness",
}


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop refreshed with these vars once; read it, never change it."""
    return made_shop(tmp_path_factory.mktemp("unchanged") / "shop", GIVEN)


@pytest.fixture
def shop(refreshed: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(refreshed, tmp_path / "shop", symlinks=True))


@pytest.fixture
def refresh(shop: Path, recsql: Recsql) -> Any:
    """Refresh the shop, and return what it said."""

    def run(*options: str) -> str:
        done = recsql("refresh", "--project", shop, *options)
        assert done.code == 0, done.err
        return done.out

    return run


def read(shop: Path, sql: str) -> list[tuple[Any, ...]]:
    path = str(shop / "warehouse/recsql.duckdb")
    with duckdb.connect(path, read_only=True) as file:
        return file.execute(sql).fetchall()


def write(shop: Path, *statements: str) -> None:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        for statement in statements:
            file.execute(statement)


def built(said: str) -> set[str]:
    """Return the models that hold other rows than before."""
    lines = re.findall(r"^done +(\w+)(.*)$", said, re.M)
    return {name for name, rest in lines if not rest.endswith("the same rows")}


def lists(shop: Path) -> list[tuple[Any, ...]]:
    columns = "* exclude (run_id, generated_at)"
    return sorted(read(shop, f"select {columns} from rec_for_user"), key=repr)


def test_a_refresh_with_nothing_new(shop: Path, refresh: Any) -> None:
    runs = dict(read(shop, "select table_name, run_id from manifest"))
    told = dict(read(shop, "select distinct table_name, run_id from catalog"))
    rows, folder = lists(shop), shop / "warehouse/current/parquet/rec_for_user"
    inodes = {path.stat().st_ino for path in folder.rglob("*.parquet")}

    said = refresh()
    models, of = map(int, re.findall(r"^unchanged (\d+) of (\d+)", said, re.M)[0])
    # what is added to says how many rows came, here none
    assert of - models <= len(built(said)) <= of - models + 5
    assert not {name for name in built(said) if name.startswith(("rec_", "cand_"))}
    assert "int_serving_time changed; the same rows" in said
    again = dict(read(shop, "select table_name, run_id from manifest"))
    assert again["rec_for_user"] == runs["rec_for_user"]
    assert {name for name in again if again[name] != runs[name]} <= MOVES
    assert dict(read(shop, "select distinct table_name, run_id from catalog")) != told
    assert lists(shop) == rows
    assert {path.stat().st_ino for path in folder.rglob("*.parquet")} == inodes
    ((stayed,),) = read(
        shop, "select count(*) from mon_models where outcome = 'unchanged'"
    )
    assert stayed > 30
    assert len(read(shop, "from mon_runs where outcome = 'published'")) >= 2


def test_what_others_changed_in_the_build_is_built_again(
    shop: Path, refresh: Any
) -> None:
    rows = lists(shop)
    write(
        shop,
        "update main.int_users set order_count = 99",
        "drop table main.int_item_counts",
        "create or replace table main.sig_popularity as from main.sig_popularity "
        "limit 1",
    )
    said = refresh()
    assert re.search("^done +int_users .*others changed it", said, re.M)
    assert {"int_users", "int_item_counts", "sig_popularity"} <= built(said)
    assert lists(shop) == rows
    assert built(refresh()) <= built(said)


def test_raw_rows_that_come_back_change_nothing(shop: Path, refresh: Any) -> None:
    rows = lists(shop)
    write(
        shop,
        "create table raw.aside as from raw.events",
        "create or replace table raw.events as from raw.aside order by random()",
        "drop table raw.aside",
    )
    said = refresh()
    assert "int_events" not in built(said)
    assert lists(shop) == rows


def test_who_is_gone_leaves_no_bytes_in_what_is_published(
    shop: Path, refresh: Any
) -> None:
    write(shop, "delete from raw.events where user_id = 'Ünal ☕'")
    refresh()
    assert not read(shop, "from rec_for_user where user_id = 'Ünal ☕'")
    assert "Ünal ☕".encode() not in (shop / "warehouse/recsql.duckdb").read_bytes()


def test_a_version_is_begun_from_a_whole_file_only(shop: Path, refresh: Any) -> None:
    rows = lists(shop)
    path = shop / "warehouse/current/recsql.duckdb"
    path.chmod(0o600)
    with duckdb.connect(str(path)) as file:
        file.execute("delete from rec_popular")
    refresh()
    assert lists(shop) == rows
    assert read(shop, "select count(*) > 0 from rec_popular") == [(True,)]


def test_a_full_refresh_builds_all(shop: Path, refresh: Any) -> None:
    runs = dict(read(shop, "select table_name, run_id from manifest"))
    rows = lists(shop)
    said = refresh("--full-refresh")
    assert "unchanged" not in said
    again = dict(read(shop, "select table_name, run_id from manifest"))
    assert not [
        name for name in runs if name[:4] == "rec_" and runs[name] == again[name]
    ]
    assert lists(shop) == rows


def test_what_may_differ_each_time_is_built_each_time(shop: Path, refresh: Any) -> None:
    for name, sql in (
        ("int_today", "select current_date as today, cast(random() as integer) as x"),
        ("int_read", "select * from read_csv('{}/prices.csv')"),
        ("int_still", "select date_trunc('day', timestamp '2024-01-01 10:00:00') as x"),
        ("int_after", "select * from {{{{ ref('int_read') }}}}"),
    ):
        (shop / f"sql/{name}.sql").write_text(
            "-- One row.\n{{ config(contract={'enforced': false}) }}\n"
            + sql.format(shop)
        )
    (shop / "prices.csv").write_text("item,price\nx,1\n")
    refresh()
    assert {"int_today", "int_still", "int_after"} & built(refresh()) <= {"int_today"}
    (shop / "prices.csv").write_text("item,price\nx,2\n")
    said = refresh()
    assert {"int_read", "int_after"} <= built(said)
    assert "int_still" not in built(said)
