"""`recsql refresh --target spark`: raw tables in, published views out, as on DuckDB.

One refresh of the default project on two executors in processes of their own; every
table of it is compared with DuckDB's, and then versions, readers, a lost executor and
bad input are looked at. test_spark.py compares the SQL of all switches, at night.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import pyarrow as pa
import pytest
import yaml
from pyarrow import parquet

from recsql.__main__ import main
from recsql.compilation.compiler import Plan
from recsql.compilation.spark import translate_text
from recsql.config.project import load_project
from recsql.config.scaffold import init_project
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import ModelError, RecsqlError, WarehouseError
from recsql.spark import publishing
from recsql.spark.building import SparkBuilder
from recsql.spark.contents import Contents
from recsql.spark.inputs import compile_for_spark
from recsql.spark.lock import catalog_lock
from recsql.spark.session import open_session
from recsql.spark.tables import Tables
from tests.integration.conftest import Recsql
from tests.integration.spark_inputs import QUERIES, VARS, odd_words, raw_tables
from tests.integration.spark_session import (
    MASTER,
    columns_of,
    compare,
    difference,
    executors,
    sorted_rows,
    start_spark,
)
from tests.worlds import ALL_SWITCHES, experiments

pytestmark = pytest.mark.slow
# What is mapped, and how little is fitted; what else the models do is as by default.
LEFT_OUT = {*ALL_SWITCHES, *experiments("2024-02-01"), "as_of"}
SETTINGS = {k: v for k, v in VARS.items() if k not in LEFT_OUT} | {
    "events": VARS["events"],
    "availability": VARS["availability"],
    "show_at": "2024-04-01",
    "rows_per_block": 1200,
}
SIZE = 320, 100, 45  # visits, users, items


@dataclass(frozen=True)
class Shop:
    """A project that was refreshed on both engines."""

    root: Path
    plan: Plan
    duckdb: Warehouse
    spark: Tables
    tables: dict[str, tuple[pa.Table, pa.Table]]  # of both, after the first refresh


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("shop")
    init_project(root, "own-tables")
    settings = yaml.safe_load((root / "dbt_project.yml").read_text())
    settings["vars"] = SETTINGS
    (root / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    session = start_spark(tmp_path_factory.mktemp("spark"), MASTER)
    project = load_project(root, target="spark")
    spark = Tables.of(session, project.profile)
    spark.create_schema("raw")
    build = root / "warehouse/build.duckdb"
    with open_warehouse(build, {"TimeZone": "UTC"}) as warehouse:
        warehouse.rows("create schema raw")
        for name, table in {**raw_tables(*SIZE), "odd": odd_words()}.items():
            warehouse.connection.register("given", table)
            warehouse.rows(f"create table raw.{name} as from given")
            spark.write_arrow("raw", name, table)
    assert run("refresh", "--project", root) == 0
    assert run("refresh", "--project", root, "--target", "spark") == 0
    with open_warehouse(build, {"access_mode": "read_only"}) as warehouse:
        spark.kinds.update(spark.relations(spark.build))
        plan = compile_for_spark(project)
        tables = {
            name: (warehouse.arrow(query), spark.arrow(query))
            for name in plan.graph.order
            for query in [f"select {columns_of(warehouse, name)} from main.{name}"]
        }
        yield Shop(root, plan, warehouse, spark, tables)
    session.stop()


def run(*arguments: str | Path) -> int:
    """Run a command in this process, where the session is; return its exit code."""
    before = sys.argv
    sys.argv = ["recsql", *map(str, arguments)]
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


DBT_DONE = ("success", "pass", "warn")


def test_spark_has_the_rows_of_duckdb(shop: Shop) -> None:
    """All tables; shown by `pytest -rP` is the table of docs/spark.md."""
    wrong: dict[str, str] = {}
    layers: dict[str, Counter[str]] = defaultdict(Counter)
    for name, (mine, theirs) in shop.tables.items():
        assert mine.column_names == theirs.column_names
        expected, found = sorted_rows(mine), sorted_rows(theirs)
        model = shop.plan.models.get(name)
        counts = layers[model.model.layer if model else "seeds"]
        counts.update(tables=1, rows=len(expected), same=repr(expected) == repr(found))
        if said := difference(expected, found):
            wrong[name] = said
    print("| layer | tables | rows | equal to the last bit | equal to 1e-9 |")
    for layer, counts in layers.items():
        near = counts["tables"] - counts["same"]
        print(f"| {layer} | {counts['tables']} | {counts['rows']:,} | ", end="")
        print(f"{counts['same']} | {near} |")
    assert wrong == {}


@pytest.mark.parametrize("query", QUERIES)
def test_checked_sql_means_the_same_on_both_engines(shop: Shop, query: str) -> None:
    expected = shop.duckdb.arrow(query)
    found = shop.spark.session.sql(translate_text(query, "odd.sql")).toArrow()
    assert found.column_names == expected.column_names
    compare(sorted_rows(expected), sorted_rows(found))


def test_readers_have_the_lists_of_duckdb(shop: Shop) -> None:
    public = shop.spark.reading("recsql")
    assert set(public.kinds.values()) == {"view"}
    query = "select user_id, surface, item_rank, item_id from main.rec_for_user"
    lists = set(public.rows(query))
    assert lists == set(shop.duckdb.rows(query)) != set()
    described = public.dicts("select * from main.catalog")
    assert {row["table_name"] for row in described} >= {"rec_for_user", "rec_popular"}
    assert all(row["column_description"] for row in described)


def test_commands_read_what_is_published(shop: Shop, recsql: Recsql) -> None:
    on_spark = ("--project", shop.root, "--target", "spark")
    shown = recsql("show", "rec_popular", "--limit", "3", *on_spark)
    assert (shown.code, len(shown.out.splitlines()) >= 4) == (0, True)
    one = recsql("show", "rec_for_user", "--user", "nobody", *on_spark)
    assert (one.code, "has no row with user_id nobody" in one.err) == (2, True)
    listed = recsql("versions", *on_spark)
    first = str(publishing.complete(shop.spark)[0])
    assert (listed.code, listed.out.splitlines()[1].split()[0]) == (0, first)
    tested = recsql("test", "-s", "rec_popular", *on_spark)
    assert (tested.code, "passed" in tested.out) == (0, True)


def test_what_was_refreshed_is_kept(shop: Shop) -> None:
    first = shop.spark.run(
        "select command, outcome, version, exit_code, seconds > 0, failed_test_count, "
        "problem from raw.refreshes order by started_at limit 1"
    ).collect()
    assert [tuple(row) for row in first] == [
        ("refresh", "published", 1, 0, True, 0, None)
    ]
    ((models, rows),) = shop.spark.run(
        "select count(*), max(row_count) from raw.refresh_models"
    ).collect()
    assert models > 100
    assert rows > 1000
    ((kept,),) = shop.spark.run("select count(*) from raw.refresh_lists").collect()
    assert kept == len(shop.spark.rows("select user_id from main.mon_lists"))


def test_versions_are_published_shown_and_pruned(shop: Shop, recsql: Recsql) -> None:
    """What a publish that was killed left behind is removed by the next.

    A refresh of what has not changed builds what reads the clock, and no more.
    """
    lists = "select user_id, surface, item_rank, item_id from recsql.rec_for_user"
    before = {tuple(row) for row in shop.spark.run(lists).collect()}
    on_spark = ("--project", shop.root, "--target", "spark")
    keep_two = ("--vars", "{keep_versions: 2}")
    last = max(publishing.complete(shop.spark))
    shop.spark.create_schema(f"recsql_v{last + 1}")
    shop.spark.run(f"create table recsql_v{last + 1}.rec_popular (n int) using parquet")
    for number, command in ((last + 1, "refresh"), (last + 2, "publish")):
        published = recsql(command, *on_spark, *keep_two)
        assert "to recsql in" in published.out
        assert f"(version {number})" in published.out
    assert publishing.complete(shop.spark) == [last + 1, last + 2]
    built = shop.spark.run(
        "select models.outcome, count(*) "
        "from raw.refresh_models as models inner join raw.refreshes as runs "
        f"on models.run_id = runs.run_id and runs.version = {last + 1} "
        "group by models.outcome"
    ).collect()
    counts = {row[0]: row[1] for row in built}
    assert counts["unchanged"] > 4 * counts["done"] > 0, counts
    assert {tuple(row) for row in shop.spark.run(lists).collect()} == before
    back = recsql("rollback", *on_spark)
    assert (back.code, back.out) == (0, f"readers now see version {last + 1}\n")
    assert publishing.current(shop.spark) == last + 1
    wrong = recsql("rollback", "--to", "99", *on_spark)
    assert (wrong.code, "there is no version 99. Kept are: " in wrong.err) == (2, True)


def test_files_are_loaded_into_the_catalog(
    shop: Shop, recsql: Recsql, tmp_path: Path
) -> None:
    on_spark = ("--project", shop.root, "--target", "spark")
    file = tmp_path / "sold.csv"
    file.write_text("user_id,item_id,sold_at\n1,a,2024-01-31 10:00:00\n2,b,\n")
    loaded = recsql("load", "sold", file, *on_spark)
    assert (loaded.code, "loaded 2 rows from 1 file into raw.sold" in loaded.out) == (
        0,
        True,
    )
    kinds = {"user_id": "bigint", "item_id": "string", "sold_at": "timestamp_ntz"}
    assert shop.spark.columns("raw", "sold") == kinds
    parquet.write_table(pa.table({"n": pa.array([1], pa.uint64())}), file)
    file = file.rename(tmp_path / "sold.parquet")
    refused = recsql("load", "sold", file, *on_spark)
    assert refused.code == 2
    assert "column n is uint64, a type that Spark has not" in refused.err
    assert shop.spark.columns("raw", "sold") == kinds


def test_a_list_that_is_gone_is_not_published(shop: Shop, recsql: Recsql) -> None:
    on_spark = ("--project", shop.root, "--target", "spark")
    before = publishing.current(shop.spark)
    relation = "recsql_build.rec_popular"
    copy = f"create table recsql_build.kept using parquet as select * from {relation}"
    shop.spark.run(copy)
    shop.spark.run(f"truncate table {relation}")
    result = recsql("publish", *on_spark)
    shop.spark.run(f"insert into {relation} select * from recsql_build.kept")
    shop.spark.run("drop table recsql_build.kept")
    assert (result.code, "empty now, but not in version" in result.err) == (1, True)
    assert publishing.current(shop.spark) == before


def test_a_version_that_tears_is_seen_by_nobody(
    shop: Shop, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, kept = publishing.current(shop.spark), publishing.numbers(shop.spark)
    lists = shop.spark.reading("recsql").rows("select * from main.rec_for_user")

    def tear(*_: object) -> None:
        raise WarehouseError("publish: the disk is gone.")

    monkeypatch.setattr(publishing, "_describe", tear)
    result = recsql("publish", "--project", shop.root, "--target", "spark")
    assert (result.code, result.err) == (1, "Error: publish: the disk is gone.\n")
    assert publishing.current(shop.spark) == before
    assert publishing.numbers(shop.spark) == kept
    seen = shop.spark.reading("recsql").rows("select * from main.rec_for_user")
    assert sorted(map(str, seen)) == sorted(map(str, lists))


def test_a_killed_executor_ends_in_a_table_or_in_one_line(shop: Shop) -> None:
    """Spark tries its tasks again; what was there before stays until that is done."""
    published = publishing.current(shop.spark)
    contents = Contents(shop.plan, shop.spark, ["cand_factors"])
    builder = SparkBuilder(shop.plan, shop.spark, contents)
    count = "select count(*) from main.cand_factors"
    before = shop.spark.rows(count)
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(builder.build, "cand_factors", builder.worker())
        time.sleep(0.5)
        os.kill(executors()[0], signal.SIGKILL)
        error = building.exception(timeout=300)
    assert error is None or (isinstance(error, ModelError) and "\n" not in str(error))
    assert shop.spark.rows(count) == before != [(0,)]
    assert publishing.current(shop.spark) == published


def test_one_of_two_that_start_at_once_goes_on(shop: Shop) -> None:
    """Neither waits for the other, and none is let in beside another."""
    inside, both = [], Barrier(2)

    def attempt() -> None:
        both.wait()
        with catalog_lock(shop.spark):
            inside.append(1)
            both.wait(60)

    with ThreadPoolExecutor(2) as pool:
        tries = [pool.submit(attempt) for _ in range(2)]
        wait(tries, return_when=FIRST_COMPLETED)
        both.wait(60)
        errors = [each.exception() for each in tries]
    assert len(inside) == 1
    assert sorted(type(each).__name__ for each in errors) == ["InUse", "NoneType"]
    assert not shop.spark.has_table("recsql_build", "refresh_lock")


def test_two_refreshes_at_once(shop: Shop, recsql: Recsql) -> None:
    with catalog_lock(shop.spark):
        result = recsql("publish", "--project", shop.root, "--target", "spark")
    assert result.code == 3
    assert re.search(r"recsql_build: process \d+ on \S+, since \d+ s,", result.err)
    assert len(result.err.splitlines()) == 1


def test_the_lock_of_a_dead_process_is_taken(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "getpid", lambda: 2**22 + 1)
        lock = catalog_lock(shop.spark)
        lock.__enter__()
    with catalog_lock(shop.spark):
        pass
    assert not shop.spark.has_table("recsql_build", "refresh_lock")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("events: {table: evnts}", "there is no table raw.evnts"),
        ("events: {item_id: prodct}", 'Did you mean "product"?'),
        ("events: {user_id: 'reverse(visitor)'}", "nobody has compared reverse"),
        ("events: {item_id: cast(happened as date)}", "ids are integers or text"),
    ],
)
def test_a_wrong_mapping_changes_nothing(
    shop: Shop, recsql: Recsql, changed: str, said: str
) -> None:
    given = yaml.safe_load(changed)
    given["events"] = {**SETTINGS["events"], **given["events"]}
    on_spark = ("--project", shop.root, "--target", "spark")
    result = recsql("refresh", *on_spark, "--vars", yaml.safe_dump(given))
    assert result.code == 2
    assert said in result.err
    assert len(result.err.splitlines()) == 1
    newest = "select outcome, exit_code, problem from raw.refreshes order by started_at"
    outcome, code, problem = shop.spark.run(newest).collect()[-1]
    assert (outcome, code, f"Error: {problem}\n") == ("failed", 2, result.err)


def test_a_failed_model_names_its_line(shop: Shop, recsql: Recsql) -> None:
    on_spark = ("--project", shop.root, "--target", "spark")
    model = shop.root / "sql/own_wrong.sql"
    model.write_text(
        "-- One row.\nwith\n    words as (select 'many' as word),\n    final as (\n"
        "        select cast(word as bigint) as number from words\n    )\n"
        "select *\nfrom final\n"
    )
    result = recsql("run", "-s", "own_wrong", *on_spark)
    model.unlink()
    assert result.code == 1
    assert "Error: sql/own_wrong.sql:5: The value" in result.err
    assert result.err.splitlines()[-1] == "Error: 1 model failed."


def test_executors_without_pyarrow_are_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = shop.root / "python"
    modules = dict.fromkeys(("pyarrow",), "")
    blocker = shop.root / "blocked"
    for name in modules:
        (blocker / name).mkdir(parents=True)
        (blocker / name / "__init__.py").write_text(
            f"raise ModuleNotFoundError(\"No module named '{name}'\")\n"
        )
    python.write_text(
        f'#!/bin/sh\nPYTHONPATH={blocker}:$PYTHONPATH exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(shop.spark.session.sparkContext, "pythonExec", str(python))
    profile = load_project(shop.root, target="spark").profile
    with pytest.raises(RecsqlError) as caught, open_session(profile):
        pass
    assert caught.value.exit_code == 2
    assert "cannot run recsql's functions: pyarrow is missing" in str(caught.value)
    shutil.rmtree(blocker)


@pytest.mark.nightly
def test_dbt_builds_the_same(
    shop: Shop, recsql: Recsql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stock dbt-spark, in the session of this test: a third of the models, tested."""
    pytest.importorskip("dbt.adapters.spark", reason="dbt-spark is not installed")
    from recsql.spark import dbt

    written = recsql(
        *("compile", "--project", shop.root, "--dialect", "spark"),
        *("--as", "dbt", tmp_path),
    )
    assert written.code == 0, written.err
    profiles = tmp_path / "profiles.yml"
    text = profiles.read_text().replace("schema: recsql", "schema: by_dbt")
    profiles.write_text(text)
    monkeypatch.chdir(tmp_path)
    place = ["--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path)]
    chosen = ["--select", "+rec_popular", "+sig_als_model"]
    chosen += ["--indirect-selection", "buildable"]
    code = dbt.main(["build", "--quiet", *place, *chosen])
    told = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
    failed = [row["unique_id"] for row in told if row["status"] not in DBT_DONE]
    assert (code, failed) == (0, [])
    assert len(told) > 60  # models and data tests
    by_dbt, other = shop.spark.reading("by_dbt"), without_history(shop)
    for name in {*by_dbt.kinds} - other:
        query = f"select {columns_of(shop.duckdb, name)} from main.{name}"
        expected, found = shop.tables[name][0], by_dbt.arrow(query)
        compare(sorted_rows(expected), sorted_rows(found))
    assert len(by_dbt.kinds) > 30


def without_history(shop: Shop) -> set[str]:
    """Return what is other where no refresh is kept, as under dbt."""
    project = load_project(shop.root, target="spark")
    plan, other = compile_for_spark(project, history=False), set[str]()
    for name, model in plan.models.items():
        timeless = (p.renderer.timeless(p.models[name].sql) for p in (plan, shop.plan))
        if len({*timeless}) > 1 or other & {*model.refs}:
            other.add(name)
    return other
