"""What is published besides the file holds the same rows, and changes in one step."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet
import pytest

from recsql.errors import WarehouseError
from tests.integration.conftest import Publish, Recsql
from tests.integration.postgres_server import Server, start_server

pytestmark = pytest.mark.every_model

Rows = list[tuple[object, ...]]


def tables(shop: Path) -> dict[str, Rows]:
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        names = [row[0] for row in file.execute("show tables").fetchall()]
        return {name: file.execute(f"from {name}").fetchall() for name in names}


def test_parquet_holds_the_same_rows_in_the_same_order(
    shop: Path, publish: Publish
) -> None:
    publish(shop, publish_also=["parquet"], parquet_row_group_rows=2048)
    folder = shop / "warehouse/current/parquet"
    for name, rows in tables(shop).items():
        read = duckdb.sql(
            f"select columns(*) from read_parquet('{folder}/{name}/**/*.parquet', "
            f"hive_partitioning = true)"
        )
        if name == "rec_for_user":
            read = read.select("user_id, surface, * exclude (user_id, surface)")
            assert sorted(map(str, read.fetchall())) == sorted(map(str, rows))
        else:
            assert read.fetchall() == rows
    parts = {path.parent.name for path in folder.glob("rec_for_user/*/*.parquet")}
    assert {part.split("=")[0] for part in parts} == {"surface"}
    (file,) = folder.glob("rec_complements/*.parquet")
    details = pyarrow.parquet.ParquetFile(file).metadata
    assert details.num_row_groups == -(-details.num_rows // 2048)
    assert details.row_group(0).column(0).compression == "ZSTD"


def test_parquet_is_sorted_within_a_partition(shop: Path, publish: Publish) -> None:
    publish(shop, publish_also=["parquet"])
    folder = shop / "warehouse/current/parquet/rec_for_user"
    for path in folder.glob("*/*.parquet"):
        rows = duckdb.sql(f"select user_id, item_rank from '{path}'").fetchall()
        assert rows == sorted(rows)


def test_the_pointer_changes_file_and_parquet_together(
    shop: Path, publish: Publish
) -> None:
    publish(shop, publish_also=["parquet"])
    pinned = (shop / "warehouse/current").resolve()
    publish(shop, publish_also=["parquet"])
    query = "select max(version) from '{}/parquet/manifest/*.parquet'"
    read = [
        duckdb.sql(query.format(at)).fetchall()
        for at in (pinned, shop / "warehouse/current")
    ]
    assert read == [[(2,)], [(3,)]], (
        "a reader that resolved the pointer keeps its version"
    )


def test_a_database_is_changed_in_one_transaction(shop: Path, publish: Publish) -> None:
    place = {"publish_also": ["database"], "publish_database": "lake.duckdb"}
    with duckdb.connect(str(shop / "lake.duckdb")) as lake:
        lake.execute("create schema recsql; create table recsql.mine as select 1 as x")
    for _ in range(2):
        publish(shop, **place)
        with duckdb.connect(str(shop / "lake.duckdb")) as lake:
            for name, rows in tables(shop).items():
                assert lake.execute(f"from recsql.{name}").fetchall() == rows
            assert lake.execute("from recsql.mine").fetchall() == [(1,)]


def test_a_database_that_refuses_leaves_all_as_it_was(
    shop: Path, publish: Publish
) -> None:
    place = {"publish_also": ["database"], "publish_database": "lake.duckdb"}
    publish(shop, **place)
    with duckdb.connect(str(shop / "lake.duckdb")) as lake:
        lake.execute("drop table recsql.rec_popular")
        lake.execute("create view recsql.rec_popular as select 1 as x")
    with pytest.raises(WarehouseError, match=r"to .*lake.duckdb: .*rec_popular"):
        publish(shop, **place)
    with duckdb.connect(str(shop / "lake.duckdb")) as lake:
        kept = lake.execute("select max(version) from recsql.manifest").fetchall()
    assert kept == [(2,)]
    assert {row[2] for row in tables(shop)["manifest"]} == {2}
    assert {p.name for p in (shop / "warehouse/versions").iterdir()} == {"1", "2"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{publish_also: [postgres]}", "say where, in publish_postgres"),
        ("{publish_also: [parket]}", 'there is no "parket". Did you mean "parquet"?'),
        (
            "{parquet_row_group_rows: many}",
            "whole number from 1 on, in rows. Seen: many",
        ),
    ],
)
def test_wrong_settings(shop: Path, recsql: Recsql, text: str, words: str) -> None:
    done = recsql("publish", "--project", shop, "--vars", text)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    with start_server() as started:
        yield started


def test_postgres_holds_the_same_rows(
    shop: Path, publish: Publish, server: Server
) -> None:
    import psycopg

    with psycopg.connect(server.words) as open_server:
        open_server.execute("create schema same")
        open_server.execute("create table same.mine as select 1 as x")
    place = {"publish_postgres": server.words, "publish_schema": "same"}
    for _ in range(2):
        publish(shop, publish_also=["postgres"], **place)
        with psycopg.connect(server.words) as reader:
            for name, rows in tables(shop).items():
                seen = reader.execute(f"select * from same.{name}").fetchall()
                assert sorted(map(str, seen)) == sorted(map(str, rows)), name
            assert reader.execute("select * from same.mine").fetchall() == [(1,)]
            names = reader.execute(
                "select tablename from pg_tables where schemaname = 'same'"
            ).fetchall()
            (comment,) = reader.execute(
                "select col_description('same.rec_for_user'::regclass, 1)"
            ).fetchone() or ("",)
            indexed = reader.execute(
                "select count(*) from pg_indexes where tablename = 'rec_for_user' "
                "and indexdef like '%(user_id, surface, item_rank)'"
            ).fetchone()
        assert {name for (name,) in names} == {"mine", *tables(shop)}
        assert (
            comment
            == {
                row[2]: row[5]
                for row in tables(shop)["catalog"]
                if row[0] == "rec_for_user"
            }["user_id"]
        )
        assert indexed == (1,)


def test_postgres_readers_never_see_half_a_publish(
    shop: Path, publish: Publish, server: Server
) -> None:
    import psycopg

    place = {"publish_postgres": server.words, "publish_schema": "half"}
    publish(shop, publish_also=["postgres"], **place)
    stop, seen = threading.Event(), []

    def read() -> None:
        with psycopg.connect(server.words, autocommit=True) as reader:
            while not stop.is_set():
                row = reader.execute(
                    "select (select max(version) from half.manifest), "
                    "(select count(*) from half.rec_for_user), "
                    "(select max(row_count) from half.manifest "
                    "where table_name = 'rec_for_user')"
                ).fetchone()
                seen.append(row)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(3):
        publish(shop, publish_also=["postgres"], **place)
    stop.set()
    reader.join()
    assert {row[0] for row in seen} >= {3, 4}
    assert all(row[1] == row[2] > 0 for row in seen)


def test_a_rollback_fills_postgres_from_the_older_version(
    shop: Path, recsql: Recsql, publish: Publish, server: Server
) -> None:
    import psycopg

    text = f"publish_also: [postgres], publish_postgres: {server.words}"
    text = f"{{{text}, publish_schema: back}}"
    place = {"publish_postgres": server.words, "publish_schema": "back"}
    for _ in range(2):
        publish(shop, publish_also=["postgres"], **place)
    assert recsql("rollback", "--project", shop, "--vars", text).code == 0
    with psycopg.connect(server.words) as reader:
        shown = reader.execute("select max(version) from back.manifest").fetchone()
    assert shown == (2,)
    assert {row[2] for row in tables(shop)["manifest"]} == {2}


def test_views_of_others_stay_and_show_the_new_rows(
    shop: Path, publish: Publish, server: Server
) -> None:
    import psycopg

    place = {"publish_postgres": server.words, "publish_schema": "viewed"}
    publish(shop, publish_also=["postgres"], **place)
    with psycopg.connect(server.words) as owner:
        owner.execute("create view viewed.mine as select version from viewed.manifest")
    publish(shop, publish_also=["postgres"], **place)
    with psycopg.connect(server.words) as reader:
        shown = reader.execute("select distinct version from viewed.mine").fetchall()
        tables = reader.execute(
            "select count(*) from pg_tables where schemaname = 'viewed' "
            "and tablename like '%new'"
        ).fetchone()
    assert (shown, tables) == ([(3,)], (0,))


def test_what_postgres_refuses_changes_nothing(
    shop: Path, publish: Publish, server: Server
) -> None:
    import psycopg

    place = {"publish_postgres": server.words, "publish_schema": "refused"}
    publish(shop, publish_also=["postgres"], **place)
    with psycopg.connect(server.words) as owner:
        owner.execute("alter table refused.rec_popular rename score to points")
        owner.execute("create view refused.mine as select * from refused.rec_popular")
    with pytest.raises(WarehouseError, match=r'"score" .* does not exist.*unchanged'):
        publish(shop, publish_also=["postgres"], **place)
    with psycopg.connect(server.words) as reader:
        shown = reader.execute("select max(version) from refused.manifest").fetchone()
    assert shown == (2,)
    assert {row[2] for row in tables(shop)["manifest"]} == {2}


def test_a_long_transaction_in_postgres_stops_a_publish_in_time(
    shop: Path, publish: Publish, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setattr("recsql.publishing.postgres.LOCK_SECONDS", 0.2)
    place = {"publish_postgres": server.words, "publish_schema": "long"}
    publish(shop, publish_also=["postgres"], **place)
    with psycopg.connect(server.words) as reader:
        reader.execute("select count(*) from long.rec_popular")
        with pytest.raises(WarehouseError, match="lock timeout"):
            publish(shop, publish_also=["postgres"], **place)
    publish(shop, publish_also=["postgres"], **place)


def test_no_server(shop: Path, publish: Publish) -> None:
    pytest.importorskip("psycopg", reason="needs the extra postgres")
    place = "host=127.0.0.1 port=1 connect_timeout=2"
    with pytest.raises(WarehouseError, match=r"publish to PostgreSQL: conn.*unchanged"):
        publish(shop, publish_also=["postgres"], publish_postgres=place)


ODD = """
    select
        '' as empty, null::varchar as nothing, 'a,"b"' || chr(10) || chr(0) as odd,
        ['x', 'y'] as listed, {'a': 1.5} as structured, 'inf'::double as infinite,
        1.25::decimal(9, 2) as exact, 18446744073709551615::ubigint as huge,
        '\\x01\\xff'::blob as bytes, timestamp '2024-02-29 23:59:59.5' as moment,
        timestamptz '2024-02-29 23:59:59+02' as instant, true as yes,
        '7d0b1f52-0000-4000-8000-000000000001'::uuid as key, interval 3 days as span
"""


def test_values_of_every_kind_survive_postgres(
    shop: Path, recsql: Recsql, server: Server
) -> None:
    import psycopg

    folder = shop / "sql/recommendations"
    folder.mkdir(parents=True)
    (folder / "rec_odd.sql").write_text("{{ config(tags=['public']) }}" + ODD)
    assert recsql("run", "-s", "rec_odd", "--project", shop).code == 0
    text = f"publish_also: [postgres], publish_postgres: {server.words}"
    text = f"{{{text}, publish_schema: odd}}"
    assert recsql("publish", "--project", shop, "--vars", text).code == 0
    with psycopg.connect(server.words) as reader:
        row = reader.execute("select * from odd.rec_odd").fetchone() or ()
    expected = list(duckdb.sql(f"set timezone = 'UTC'; {ODD}").fetchall()[0])
    expected[2], expected[-1] = 'a,"b"\n', "3 days"
    expected[7], expected[8] = 2**64 - 1, b"\x01\xff"
    assert list(row) == expected
