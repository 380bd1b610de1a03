"""What a project's yml says of a test, and which rows it is asked of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recsql.compilation.compiler import Plan
from recsql.compilation.graph import Graph
from recsql.compilation.render import Renderer
from recsql.config.project import builtin_root, load_project
from recsql.config.properties import read_folder
from recsql.engine.checks import plan_checks, run_checks
from recsql.engine.warehouse import Warehouse, open_warehouse

YML = """
models:
  - name: shop
    columns:
      - name: a
        data_tests:
          - relationships: {arguments: {to: ref('int_users'), field: user_id}}
          - not_null: {config: {where: "kind = '{{ var('as_of') or 'x' }}'"}}
          - not_null: {config: {where: "kind = 'y'", severity: WARN}}
          - unique: {config: {where: "a > 1 or b > 1"}}
          - accepted_values:
              arguments: {values: [2], quote: false}
              config: {where: "kind = 'x'"}
      - name: b
        data_tests:
          - not_null
          - not_null: {severity: warn}
          - not_null: {config: {enabled: false}}
          - not_null: {config: {where: "no_such_column"}}
"""
ROWS = "(values (2, 1, 'x'), (1, 2, 'x'), (1, 0, 'x'), (null, 3, 'y')) t(a, b, kind)"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "shop.yml").write_text(YML)
    project = replace(
        load_project(builtin_root()),
        properties=read_folder(tmp_path).models,
        singular_tests={},
    )
    return Plan(project, {}, Graph([]), Renderer(project), ())


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    with open_warehouse(None, {}) as opened:
        opened.rows(f"create table shop as from {ROWS}")
        yield opened


def test_a_test_is_asked_of_the_rows_that_its_yml_names(
    plan: Plan, warehouse: Warehouse
) -> None:
    checks = plan_checks(plan, ["shop"], ["shop"])
    found = [(each.name, each.status) for each in run_checks(checks, warehouse, 2)]
    assert found == [
        ("not_null shop.a", "passed"),  # of kind x
        ("not_null shop.a", "warned"),  # of kind y
        ("unique shop.a", "passed"),  # a 1 is there once where a > 1 or b > 1
        ("accepted_values shop.a", "failed"),
        ("not_null shop.b", "passed"),
        ("not_null shop.b", "passed"),
        ("not_null shop.b", "failed"),  # it cannot be asked
    ]
    warehouse.rows("delete from shop where kind = 'y'")
    warehouse.rows("insert into shop values (null, 1, 'x'), (null, null, 'y')")
    found = [(each.name, each.status) for each in run_checks(checks, warehouse, 2)]
    assert [status for name, status in found if name.startswith("not_null")] == [
        *("failed", "warned", "failed", "warned", "failed")
    ]


def test_a_test_reads_no_more_than_it_names(plan: Plan) -> None:
    """A test was left out where the parent of another test was not there."""
    checks = plan_checks(plan, ["shop"], ["shop", "int_users"])
    reads = {check.reads for check in checks if not check.name.startswith("rel")}
    assert reads == {("shop",)}
    assert [check.reads for check in checks if check.name.startswith("rel")] == [
        ("shop", "int_users")
    ]
