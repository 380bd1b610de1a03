"""Incremental models: strategies, what is added to, and what must be built anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.project import Project, load_project
from recsql.engine.scheduling import ModelResult
from recsql.errors import ProjectError, RecsqlError
from recsql.operation import pipeline
from recsql.operation.events import Event

READ = """-- One row per event.
{{ config(materialized="incremental", %s) }}
with
    given as (select * from {{ source("raw", "events") }}),

    final as (
        select id, kind, amount * {{ var("new_item_days") }} as amount
        from given
        {%% if is_incremental() %%}
            where id > (select max(id) from {{ this }}) or amount > 5
        {%% endif %%}
    )

select *
from final
"""
CONFIGS = {
    "int_append": "incremental_strategy='append'",
    "int_plain": "unique_key='id'",
    "int_delete": "incremental_strategy='delete+insert', unique_key=['id', 'kind']",
    "int_merge": "incremental_strategy='merge', unique_key=['id', 'kind']",
    "int_hooked": "unique_key='id', "
    "post_hook='delete from {{ this }} where amount < 20'",
}
PROJECT = """
name: shop
profile: recsql
model-paths: [sql]
vars:
  new_item_days: 10
  events: {table: lines}
"""
SOURCES = """
sources:
  - name: raw
    tables: [{name: events, identifier: lines}]
"""
PROFILE = """
recsql:
  target: build
  outputs: {build: {type: duckdb, path: warehouse/build.duckdb}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with one model per strategy, its raw table loaded."""
    (tmp_path / "sql").mkdir()
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    for name, config in CONFIGS.items():
        (tmp_path / "sql" / f"{name}.sql").write_text(READ % config)
    lines(tmp_path, "(1, 'a', 1.0), (2, 'b', 6.0), (3, 'a', 3.0)")
    return tmp_path


@contextmanager
def opened(shop: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as connection:
        yield connection


def lines(shop: Path, rows: str) -> None:
    """Replace the raw table."""
    with opened(shop) as connection:
        connection.execute("create schema if not exists raw")
        connection.execute(
            "create or replace table raw.lines as "
            f"from (values {rows}) as given (id, kind, amount)"
        )


def project(shop: Path, given: Any = None) -> Project:
    """Load the project with its own models alone, which is quicker to compile."""
    loaded = load_project(shop, given)
    own = {name: m for name, m in loaded.models.items() if m.origin == "shop"}
    return replace(loaded, models=own)


def run(shop: Path, *names: str, **given: Any) -> dict[str, ModelResult]:
    """Run the models; return how each went."""
    events: list[Event] = []
    full = given.pop("full_refresh", False)
    selection = pipeline.Selection(names or tuple(CONFIGS), full_refresh=full)
    pipeline.run(project(shop, given), selection, 2, events.append)
    return {event.name: event for event in events if isinstance(event, ModelResult)}


def stored(shop: Path) -> dict[str, list[Any]]:
    with opened(shop) as connection:
        return {
            name: connection.execute(f"from main.{name} order by all").fetchall()
            for name in CONFIGS
        }


def test_each_strategy(shop: Path) -> None:
    first = [(1, "a", 10), (2, "b", 60), (3, "a", 30)]
    assert {r.note for r in run(shop).values()} == {""}
    assert stored(shop) == {
        name: first[name == "int_hooked" :] for name in CONFIGS
    }  # the hook runs after a first build, too
    lines(shop, "(1, 'a', 9.0), (2, 'b', 7.0), (3, 'a', 4.0), (4, 'c', 1.0)")
    results = run(shop)
    assert results["int_merge"].note == "3 rows new or changed"
    assert results["int_merge"].rows == 4
    found = stored(shop)
    changed = [(1, "a", 90), (2, "b", 70), (3, "a", 30), (4, "c", 10)]
    appended = sorted([*first, changed[0], changed[1], changed[3]])
    assert found == {
        "int_append": appended,
        "int_plain": changed,
        "int_delete": changed,
        "int_merge": changed,
        "int_hooked": changed[:3],
    }


@pytest.mark.slow
def test_the_strategies_are_those_of_dbt(shop: Path) -> None:
    pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
    (shop / "sql/_sources.yml").write_text(SOURCES)
    run(shop)
    lines(shop, "(1, 'a', 9.0), (2, 'b', 7.0), (3, 'a', 4.0), (4, 'c', 1.0)")
    run(shop)
    ours = stored(shop)
    (shop / "warehouse/build.duckdb").unlink()
    for rows in (
        "(1, 'a', 1.0), (2, 'b', 6.0), (3, 'a', 3.0)",
        "(1, 'a', 9.0), (2, 'b', 7.0), (3, 'a', 4.0), (4, 'c', 1.0)",
    ):
        lines(shop, rows)
        program = str(Path(sys.executable).with_name("dbt"))
        done = subprocess.run(
            [program, "run", "--profiles-dir=."],
            cwd=shop,
            env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:]
    assert stored(shop) == ours


def test_what_changed_is_said_and_built_anew(shop: Path) -> None:
    run(shop)
    why = {name: r.note for name, r in run(shop, new_item_days=20).items()}
    assert set(why.values()) == {"built anew: var new_item_days was 10, is 20"}
    assert stored(shop)["int_merge"] == [(1, "a", 20), (2, "b", 120), (3, "a", 60)]
    again = run(shop, "int_merge", new_item_days=20)["int_merge"]
    assert again.note == "1 rows new or changed"
    model = shop / "sql/int_merge.sql"
    model.write_text(model.read_text().replace("> 5", "> 50"))
    again = run(shop, "int_merge", new_item_days=20)["int_merge"]
    assert again.note == "built anew: the SQL of int_merge changed"
    with opened(shop) as connection:
        connection.execute("alter table raw.lines alter kind type blob")
    again = run(shop, "int_merge", new_item_days=20)["int_merge"]
    assert again.note == "built anew: the columns of raw.lines changed"
    again = run(shop, "int_merge", new_item_days=20, full_refresh=True)["int_merge"]
    assert again.note == "built anew: --full-refresh"


def test_what_was_a_plain_table_for_a_while_is_built_anew(shop: Path) -> None:
    model = shop / "sql/int_merge.sql"
    text = model.read_text()
    stored_as = 'materialized="incremental"'
    changing = 'materialized="table" if var("new_item_days") == 20 else "incremental"'
    model.write_text(text.replace(stored_as, changing))
    for days in (10, 20):
        assert run(shop, "int_merge", new_item_days=days)["int_merge"].note == ""
    again = run(shop, "int_merge")["int_merge"]
    assert again.note == "built anew: nobody wrote down what it was built from"
    with opened(shop) as connection:
        found = connection.execute("select min(amount) from main.int_merge").fetchall()
    assert found == [(10,)]


def test_a_table_of_extra_rows_is_built_anew(shop: Path) -> None:
    """Of rows that came later, as meta.extra_rows says, up to var max_extra_share."""
    path = shop / "sql/int_append.sql"
    extra = "incremental_strategy='append', meta={'extra_rows': 'id > 3'}"
    path.write_text(READ % extra)
    run(shop, "int_append")
    lines(shop, "(1, 'a', 1.0), (2, 'b', 1.0), (4, 'c', 1.0), (5, 'c', 1.0)")
    assert run(shop, "int_append")["int_append"].note == "2 rows new or changed"
    lines(shop, "(6, 'a', 1.0), (7, 'a', 1.0)")
    assert run(shop, "int_append")["int_append"].note == "2 rows new or changed"
    assert run(shop, "int_append", max_extra_share=0.6)["int_append"].rows == 7
    result = run(shop, "int_append")["int_append"]
    assert (result.rows, result.note) == (2, "built anew: 57% of its rows were extra")


def test_what_reads_a_model_that_was_built_anew_is_built_anew(shop: Path) -> None:
    (shop / "sql/int_reader.sql").write_text(
        "-- One row per event.\n"
        "{{ config(materialized='incremental') }}\n"
        "with final as (select id from {{ ref('int_merge') }})\n"
        "select *\nfrom final\n"
    )
    names = ("int_merge", "int_reader")
    run(shop, *names)
    assert run(shop, *names)["int_reader"].note == "3 rows new or changed"
    run(shop, "int_merge", full_refresh=True)
    assert (
        run(shop, *names)["int_reader"].note == "built anew: int_merge was built anew"
    )


def test_a_failed_refresh_leaves_the_table_and_its_record(shop: Path) -> None:
    run(shop)
    before = stored(shop)
    model = shop / "sql/int_hooked.sql"
    model.write_text(model.read_text().replace("amount < 20", "no_such_column"))
    with pytest.raises(RecsqlError, match="1 model failed"):
        run(shop, "int_hooked")
    assert stored(shop) == before
    with opened(shop) as connection:
        ((parts,),) = connection.execute(
            "select parts from recsql.built where model = 'int_hooked'"
        ).fetchall()
    assert json.loads(parts)["vars"] == {"new_item_days": 10}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("incremental_strategy='upsert'", 'there is no "upsert".'),
        ("on_schema_change='fail'", "config on_schema_change is not supported"),
    ],
)
def test_what_is_not_supported_is_refused(shop: Path, config: str, said: str) -> None:
    (shop / "sql/int_merge.sql").write_text(READ % config)
    events: list[Event] = []
    with pytest.raises(RecsqlError):
        pipeline.run(project(shop), pipeline.Selection(["int_merge"]), 1, events.append)
    (result,) = [event for event in events if isinstance(event, ModelResult)]
    assert said in str(result.error)


def test_a_reference_of_the_second_run_alone_is_refused(shop: Path) -> None:
    (shop / "sql/int_reader.sql").write_text(
        "-- One row per event.\n"
        "{{ config(materialized='incremental') }}\n"
        "select id from {{ source('raw', 'events') }}\n"
        "{% if is_incremental() %} union all "
        "select id from {{ ref('int_merge') }} {% endif %}\n"
    )
    with pytest.raises(ProjectError, match=r'reads "int_merge" only if'):
        run(shop)
