"""A user who is forgotten is in no table and in no byte of any file."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb

from recsql.config.project import load_project
from recsql.config.scaffold import init_project
from recsql.engine.loader import load_table
from recsql.engine.text_tables import Options
from recsql.engine.warehouse import open_warehouse
from tests.integration.conftest import QUICK, Recsql, write_events

USER = "zq-forget-me-17"


def shop_with_the_user(folder: Path) -> Path:
    """Write and load a shop in which the user bought, and their group is known."""
    shop = folder / "shop"
    init_project(shop, "own-tables")
    lines = [(USER, f'sku-{n:02d} "x"', f"2024-02-0{n}T10:00:00") for n in range(1, 6)]
    write_events(folder / "events.csv", tuple(lines))
    with (folder / "people.csv").open("w", newline="") as file:
        people = [(USER, "rare"), ("ann", "old"), ("user 1", "old")]
        csv.writer(file).writerows([("user_id", "age"), *people])
    profile = load_project(shop).profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        for name in ("events", "people"):
            load_table(warehouse, "raw", name, [str(folder / f"{name}.csv")])
        torn = folder / "torn.csv"
        torn.write_text(f"a,b,c\n1,2,3\n{USER},2\n")
        assert load_table(
            warehouse, "raw", "torn", [str(torn)], Options(max_malformed=0.5)
        ).malformed
    return shop


def holders(path: Path, user: str = USER) -> list[str]:
    """Return every column of every table of a DuckDB file that names the user."""
    found = []
    with duckdb.connect(str(path), read_only=True) as file:
        for schema, table, column in file.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where table_name in (select table_name from duckdb_tables())"
        ).fetchall():
            query = (
                f'select count(*) from {schema}."{table}" '
                f"where contains(cast(\"{column}\" as varchar), '{user}')"
            )
            if file.execute(query).fetchall() != [(0,)]:
                found.append(f"{table}.{column}")
    return found


def test_a_forgotten_user_is_nowhere(tmp_path: Path, recsql: Recsql) -> None:
    shop = shop_with_the_user(tmp_path)
    sources = QUICK.replace("[popular]", "[popular, als]", 1)
    given = (
        f"{{{sources}, refit_every: 9, publish_also: [parquet, database], "
        "publish_database: bi.duckdb, "
        "users: {table: people, user_id: user_id, user_group: age}}"
    )
    options = ("--project", shop, "--vars", given)
    for _ in range(2):
        assert recsql("refresh", *options).code == 0
    folder = shop / "warehouse"
    assert {
        *("int_users.user_id", "refresh_lists.user_id", "sig_als_model.user_ids")
    } <= {*holders(folder / "build.duckdb")}
    assert "malformed_lines.line_text" in holders(folder / "build.duckdb")
    assert "rec_for_user.user_id" in holders(folder / "versions/1/recsql.duckdb")
    assert "rec_for_user.user_id" in holders(shop / "bi.duckdb")
    asked = recsql("forget", USER, *options)
    assert asked.code == 2
    assert "nothing was deleted" in asked.err
    done = recsql("forget", USER, "--yes", *options)
    assert done.code == 0, done.err
    assert "deleted 5 rows of raw.events" in done.out
    assert "deleted 1 rows of raw.people" in done.out
    assert "removed older versions: 1, 2" in done.out
    assert [path.name for path in (folder / "versions").iterdir()] == ["3"]
    files = [path for path in shop.rglob("*") if path.is_file()]
    assert {"build.duckdb", "bi.duckdb", "recsql.duckdb"} <= {p.name for p in files}
    assert any(path.suffix == ".parquet" for path in files)
    for path in files:
        assert USER.encode() not in path.read_bytes(), path
        if path.suffix == ".duckdb":
            assert holders(path) == [], path
    table = f"{folder}/current/parquet/rec_for_user/**/*.parquet"
    assert duckdb.sql(f"from '{table}'").fetchall()
    assert f"user_id = '{USER}'" not in str(duckdb.sql(f"from '{table}'").fetchall())
    # what is left works: the next refresh adds to it
    assert "anew" not in recsql("refresh", *options).out
    again = recsql("forget", USER, "--yes", *options)
    assert again.code == 2
    assert f'there is no user "{USER}"' in again.err


def test_what_no_input_names_is_said_and_an_attempt_can_be_repeated(
    tmp_path: Path, recsql: Recsql
) -> None:
    shop = shop_with_the_user(tmp_path)
    options = ("--project", shop, "--vars", f"{{{QUICK}}}")
    assert recsql("refresh", *options).code == 0
    done = recsql("forget", USER, "--yes", *options)
    assert done.code == 1
    assert "is still in build.duckdb: raw.people. Delete them there." in done.err
    build = shop / "warehouse/build.duckdb"
    assert holders(build) == ["people.user_id"]
    with open_warehouse(build, {}) as warehouse:
        warehouse.rows(f"delete from raw.people where user_id = '{USER}'")
        warehouse.rows(f"insert into main.int_users (user_id) values ('{USER}')")
    done = recsql("forget", USER, "--yes", *options)
    assert done.code == 0, done.err
    assert holders(build) == []
    assert USER.encode() not in build.read_bytes()
