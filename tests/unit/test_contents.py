"""What need not be built is left as it is; what can have changed is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.engine.contents import Contents
from recsql.engine.fingerprints import is_unsettled
from recsql.engine.ingredients import full_text, reads_clock
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse

YML = "name: shop\nprofile: shop\nmodel-paths: [sql]\nvars: {floor: 1, other: 1}\n"
SOURCES = """
sources:
  - name: raw
    tables: [{name: lines}]
"""
MODELS = {
    "int_lines": "select * from {{ source('raw', 'lines') }}",
    "int_large": "select item, amount from {{ ref('int_lines') }} "
    "where amount > {{ var('floor') }}",
    "int_names": "select distinct item from {{ ref('int_large') }}",
    "int_seen": "{{ config(materialized='view') }} from {{ ref('int_names') }}",
    "rec_names": "{{ config(tags=['public']) }} from {{ ref('int_seen') }} "
    "select item, '{{ invocation_id }}' as run_id",
    "int_now": "select timestamp '{{ run_started_at }}' as moment",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "sql").mkdir()
    (tmp_path / "dbt_project.yml").write_text(YML)
    (tmp_path / "sql/_sources.yml").write_text(SOURCES)
    for name, sql in MODELS.items():
        (tmp_path / f"sql/{name}.sql").write_text(sql)
    return tmp_path


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with open_warehouse(None, {}) as opened:
        opened.rows("create schema raw")
        load(opened, "('tea', 5), ('cup', 3), ('jam', 1)")
        yield opened


def load(warehouse: Warehouse, lines: str) -> None:
    warehouse.rows(
        f"create or replace table raw.lines as from (values {lines}) t(item, amount)"
    )


def built(shop: Path, warehouse: Warehouse, *forced: str, **variables: int) -> set[str]:
    """Refresh, and return what was built."""
    plan = compile_project(load_project(shop, variables))
    names = tuple(n for n in plan.graph.order if n in MODELS)
    contents = Contents(plan, warehouse, forced)
    results = list(run_models(plan, warehouse, names, 2, contents))
    assert [r.error for r in results if r.error] == []
    return {r.name for r in results if r.status == "done"}


def test_what_reads_the_clock_alone_is_built_again(
    shop: Path, warehouse: Warehouse
) -> None:
    assert built(shop, warehouse) == set(MODELS)
    run_id = warehouse.rows("from main.rec_names select run_id")
    assert built(shop, warehouse) == {"int_now"}
    assert warehouse.rows("from main.rec_names select run_id") == run_id


def test_equal_rows_stop_the_work(shop: Path, warehouse: Warehouse) -> None:
    built(shop, warehouse)
    load(warehouse, "('jam', 1), ('cup', 3), ('tea', 5)")  # in another order
    assert built(shop, warehouse) == {"int_now"}
    load(warehouse, "('tea', 5), ('cup', 4), ('jam', 1)")  # the names are the same
    assert built(shop, warehouse) == {"int_lines", "int_large", "int_names", "int_now"}
    load(warehouse, "('tea', 5), ('cup', 4), ('jam', 2)")
    assert built(shop, warehouse) == set(MODELS)


def test_vars_sql_and_columns_count(shop: Path, warehouse: Warehouse) -> None:
    built(shop, warehouse)
    assert built(shop, warehouse, other=2) == {"int_now"}
    assert built(shop, warehouse, floor=0) == set(MODELS) - {"int_lines"}
    (shop / "sql/int_names.sql").write_text(
        MODELS["int_names"] + " where item <> 'cup'"
    )
    changed = {"int_names", "int_seen", "rec_names", "int_now"}
    assert built(shop, warehouse, floor=0) == changed
    warehouse.rows("alter table raw.lines add column shop integer")
    assert "int_lines" in built(shop, warehouse, floor=0)


def test_a_table_that_is_gone_or_forced_is_built(
    shop: Path, warehouse: Warehouse
) -> None:
    built(shop, warehouse)
    warehouse.rows("drop table main.int_names cascade")
    del warehouse.kinds["int_names"]
    assert built(shop, warehouse) == {"int_names", "int_now"}
    assert built(shop, warehouse, "int_large") == {"int_large", "int_now"}


def test_a_build_that_failed_is_not_taken_for_done(
    shop: Path, warehouse: Warehouse
) -> None:
    built(shop, warehouse)
    (shop / "sql/int_large.sql").write_text(
        "select item, amount / 0 > error('no') as amount from {{ ref('int_lines') }}"
    )
    plan = compile_project(load_project(shop))
    names = tuple(n for n in plan.graph.order if n in MODELS)
    results = list(run_models(plan, warehouse, names, 1, Contents(plan, warehouse)))
    assert {r.name for r in results if r.status == "failed"} == {"int_large"}
    (shop / "sql/int_large.sql").write_text(MODELS["int_large"])
    assert "int_large" in built(shop, warehouse)


def test_what_is_learned_and_listed_reads_no_clock() -> None:
    """Time enters by few models at the door, so that it moves nothing by itself."""
    plan = compile_project(load_project(builtin_root()))
    clocks = {m.model.layer for m in plan.models.values() if reads_clock(plan, m)}
    assert clocks == {"interactions", "monitoring"}
    assert not [m.name for m in plan.models.values() if is_unsettled(full_text(m))]
