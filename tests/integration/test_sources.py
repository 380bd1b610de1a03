"""Delta tables, databases and models as sources; what is refused by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.integration.conftest import Recsql, write_events
from tests.integration.postgres_server import Server, start_server

SECRET = "s3cret%21word"


def raw(folder: Path, table: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "warehouse/build.duckdb")) as file:
        return file.execute(f"from raw.{table}").fetchall()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with start_server() as started:
        yield started


@pytest.fixture
def shop(recsql: Recsql, tmp_path: Path) -> Path:
    assert recsql("init", tmp_path / "shop").code == 0
    return tmp_path / "shop"


def test_a_delta_table(shop: Path, recsql: Recsql, tmp_path: Path) -> None:
    deltalake = pytest.importorskip("deltalake")
    table = tmp_path / "orders"
    rows = pa.table({"user_id": ["a", "b", "c"], "item_id": [1, 2, 3]})
    deltalake.write_deltalake(table, rows)
    deltalake.DeltaTable(table).delete("user_id = 'a'")
    load = ("load", "--project", shop, "events")
    done = recsql(*load, table)
    assert (done.code, done.err) == (0, "")
    assert "loaded 2 rows" in done.out
    assert raw(shop, "events") == [("b", 2), ("c", 3)]
    assert recsql(*load, table, "--version", "0").code == 0
    assert len(raw(shop, "events")) == 3
    assert recsql(*load, table, "--version", "9").code == 2
    for part in (table / "*.parquet", table / "_delta_log/*.json"):
        refused = recsql(*load, part)
        assert refused.code == 2
        assert f"Load the table by its folder: recsql load NAME {table}" in refused.err
    assert len(raw(shop, "events")) == 3
    (tmp_path / "iceberg/metadata").mkdir(parents=True)
    (tmp_path / "iceberg/metadata/v1.metadata.json").write_text("{}")
    (tmp_path / "iceberg/data").mkdir()
    (tmp_path / "iceberg/data/a.parquet").write_bytes(b"PAR1")
    assert "whose metadata" in recsql(*load, tmp_path / "iceberg/data/*").err


def test_sqlite(shop: Path, recsql: Recsql, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("create table orders (who text, what int, paid real)")
        database.execute("insert into orders values ('a', 1, 2.5), ('b', null, 3)")
    load = ("load", "--project", shop, "events", "--from")
    done = recsql(*load, f"sqlite:///{path}", "--query", "select * from orders")
    assert (done.code, done.err) == (0, "")
    assert raw(shop, "events") == [("a", 1, 2.5), ("b", None, 3.0)]
    for url, query, said in (
        (f"sqlite:///{path}", "select nope from orders", "no such column: nope"),
        (f"sqlite:///{path}", "delete from orders", "readonly"),
        ("sqlite:///nowhere.db", "select 1", "no file"),
        ("oracle://x/y", "select 1", "no known kind"),
    ):
        refused = recsql(*load, url, "--query", query)
        assert (refused.code, len(refused.err.splitlines())) == (2, 1)
        assert said in refused.err
    assert len(raw(shop, "events")) == 2
    assert not Path("nowhere.db").exists()
    for wrong in (
        (),
        ("--query", "select 1", "a.csv"),
        ("--query", "select 1", "--decimal", ","),
    ):
        assert recsql(*load, f"sqlite:///{path}", *wrong).code == 2


def test_postgresql(
    shop: Path, recsql: Recsql, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    psycopg = pytest.importorskip("psycopg")
    words = dict(word.split("=") for word in server.words.split())
    with psycopg.connect(server.words, autocommit=True) as database:
        database.execute(
            "create table orders as select * from (values "
            "(1::bigint, 'tea'::text, timestamptz '2025-01-05 10:00:00+02', "
            "2.50::numeric, "
            "'5b6c1a52-0000-4000-8000-000000000001'::uuid), "
            "(2, 'größe', null, null, null)) as t (who, what, seen_at, paid, id)"
        )
    place = f"{words['host']}:{words['port']}/{words['dbname']}"
    url = f"postgresql://{words['user']}:{SECRET}@{place}"
    load = ("load", "--project", shop, "events", "--from")
    query = "select who, what, seen_at, paid, id from orders"
    done = recsql(*load, url, "--query", query)
    assert (done.code, done.err) == (0, "")
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        assert file.execute(
            "select who, what, epoch(seen_at), paid, typeof(paid), id::text "
            "from raw.events"
        ).fetchall() == [
            (
                1,
                "tea",
                1736064000.0,
                2.5,
                "DOUBLE",
                "5b6c1a52-0000-4000-8000-000000000001",
            ),
            (2, "größe", None, None, "DOUBLE", None),
        ]
    kept = b"".join(p.read_bytes() for p in shop.rglob("*") if p.is_file())
    for refused in (
        recsql(*load, url, "--query", "select nope from orders"),
        recsql(*load, url, "--query", "delete from orders returning who"),
        recsql(*load, url.replace(place, "127.0.0.1:1/x"), "--query", "select 1"),
        recsql(*load, url.replace(":" + words["port"], ":abc"), "--query", "select 1"),
    ):
        assert (refused.code, len(refused.err.splitlines())) == (2, 1)
        for word in (SECRET, "s3cret!word"):
            assert word not in refused.err + refused.out + done.out
            assert word.encode() not in kept
    with psycopg.connect(server.words) as database:
        assert database.execute("select count(*) from orders").fetchone() == (2,)


@pytest.mark.parametrize(
    "name",
    [
        "refreshes",
        "Refreshes",
        "refresh_models",
        "refresh_new",
        "rankers",
        "malformed_lines",
        "tuning_trials",
        "served_shown",
        "Served_Files",
    ],
)
def test_names_that_recsql_keeps(
    shop: Path, recsql: Recsql, tmp_path: Path, name: str
) -> None:
    write_events(tmp_path / "x.csv")
    refused = recsql("load", "--project", shop, name, tmp_path / "x.csv")
    assert refused.code == 2
    assert f'"{name}" is a raw table that recsql keeps itself' in refused.err


def test_what_dbt_would_do_and_recsql_not(shop: Path, recsql: Recsql) -> None:
    profile = (shop / "profiles.yml").read_text()
    for entry in (
        "attach: [{path: x.db}]",
        "extensions: [httpfs]",
        "secrets: [{type: s3}]",
        "database: other",
    ):
        (shop / "profiles.yml").write_text(
            profile.replace(
                "      type: duckdb\n", f"      type: duckdb\n      {entry}\n"
            )
        )
        refused = recsql("ls", "--project", shop)
        assert refused.code == 2
        assert f'"{entry.partition(":")[0]}" is not known to recsql' in refused.err
    (shop / "profiles.yml").write_text(profile)
    for entry in ("database: other", "meta: {external_location: x.parquet}"):
        (shop / "sql/_own.yml").write_text(
            "sources: [{name: mine, " + entry + ", tables: [{name: t}]}]\n"
        )
        refused = recsql("ls", "--project", shop)
        assert refused.code == 2
        assert "sources: mine:" in refused.err


def test_events_of_a_model_alone(shop: Path, recsql: Recsql) -> None:
    (shop / "sql/my_events.sql").write_text(
        "-- One row per event, made here.\n"
        "select 'u' || (i % 20) as user_id, i * 7 % 11 as item_id,\n"
        "timestamp '2025-01-01' + to_hours(i) as event_at from range(600) as t(i)\n"
    )
    mapped = "{events: {model: my_events, user_id: user_id, item_id: item_id, "
    mapped += "event_at: event_at}}"
    done = recsql("run", "-s", "+rec_popular", "--project", shop, "--vars", mapped)
    assert (done.code, done.err) == (0, "")
