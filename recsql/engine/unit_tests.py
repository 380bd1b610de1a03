"""dbt's `unit_tests:` blocks: given rows in, the model's SQL, expected rows out.

They run in a database in memory that holds the models built on empty inputs, so that
every column has the type it has on the demo; the user's own data play no part. The
tests of built-in models run under the default vars, the user's own under the user's.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb

from recsql.compilation.compiler import compile_models
from recsql.compilation.render import Compiled, Renderer, quoted
from recsql.config.project import Project
from recsql.config.properties import UnitTest
from recsql.engine.checks import CheckResult
from recsql.engine.inputs import INPUTS, create_raw_tables
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import ProjectError, RecsqlError, first_line

REFERENCE = re.compile(
    r"""(ref|source)\(\s*['"](.+?)['"]\s*(?:,\s*['"](.+?)['"]\s*)?\)"""
)
EVALUATED_AT = "2017-12-04 04:01:20"  # as_of for models that exist only in a backtest
TOLERANCE = 1e-9

Row = tuple[Any, ...]


def run_unit_tests(
    project: Project, names: Sequence[str]
) -> Generator[CheckResult, None, None]:
    """Run the unit tests of the named models and yield each result in order.

    A built-in model that the user replaced keeps no built-in unit test.

    Raises:
        ProjectError: a test names an unknown model.
    """
    wanted = set(names)
    tests = [
        t for t in project.unit_tests if t.model in wanted and _applies(project, t)
    ]
    if not tests:
        return
    builtin = replace(project, vars={**project.vars, **project.default_vars})
    inputs = {name: project.default_vars[name] for name in (*INPUTS, "raw_schema")}
    own = project.with_vars(inputs)
    with open_warehouse(None, {"TimeZone": "UTC"}) as warehouse:
        create_raw_tables(own, warehouse, own.sources.values())
        tested = {test.model for test in tests}
        for number, test in enumerate(tests):
            by_user = test.path.is_relative_to(project.root)
            vars_of = own if by_user else builtin
            yield _run(vars_of, warehouse, test, f"test_{number}", tested)


def _applies(project: Project, test: UnitTest) -> bool:
    """Say whether the test was written for the model's file that is in force."""
    model = project.models.get(test.model)
    if model is None:
        file = project.relative(test.path)
        raise ProjectError(f'{file}: unit test {test.name}: no model "{test.model}".')
    return model.replaces is None or test.path.is_relative_to(project.root)


def _build_parents(
    project: Project, warehouse: Warehouse, test: UnitTest, tested: set[str]
) -> None:
    """Build, on empty inputs, what the tested models read under the vars of a test."""
    plan = compile_models(project.with_vars({"as_of": EVALUATED_AT, **test.vars}))
    wanted = [f"+{name}" for name in tested if name in plan.models]
    names = plan.graph.select(wanted) if wanted else ()
    missing = tuple(name for name in names if name not in warehouse.kinds)
    for result in run_models(plan, warehouse, missing, 1):
        if result.error:
            raise result.error


def _run(
    project: Project,
    warehouse: Warehouse,
    test: UnitTest,
    schema: str,
    tested: set[str],
) -> CheckResult:
    name = f"{test.model}: {test.name}"
    try:
        compiled = _compile(project, test, schema)
        if not set(compiled.refs) <= set(warehouse.kinds):
            _build_parents(project, warehouse, test, tested)
        with warehouse.cursor() as cursor:
            problem = _evaluate(project, cursor, test, compiled, schema)
    except (duckdb.Error, RecsqlError) as error:
        problem = first_line(error)
    if problem:
        file = project.relative(test.path)
        return CheckResult(name, "failed", f"{file}: {name}: {problem}")
    return CheckResult(name, "passed")


def _evaluate(
    project: Project,
    cursor: duckdb.DuckDBPyConnection,
    test: UnitTest,
    compiled: Compiled,
    schema: str,
) -> str:
    """Run one test in a schema of its own; return the first difference, if any."""
    cursor.execute(f"create schema {schema}")
    for name in compiled.refs:
        _empty_copy(cursor, f"{schema}.{quoted(name)}", quoted("main", name))
    for given in test.given:
        _require_read(compiled, given["input"])
        _fill(cursor, _fixture(project, cursor, test, given, schema), given)
    cursor.execute(f"create table {schema}.__actual as\n{compiled.sql}")
    wanted = _rows(test.expect)
    if not wanted and test.expect.get("format") != "sql":
        found = cursor.execute(f"select * from {schema}.__actual").fetchall()
        return f"expected no row, got {len(found)}, first {found[0]}" if found else ""
    _empty_copy(cursor, f"{schema}.__expected", f"{schema}.__actual")
    _fill(cursor, f"{schema}.__expected", test.expect)
    columns = _columns(cursor, schema, test.expect, wanted)
    return _difference(
        cursor.execute(f"select {columns} from {schema}.__actual").fetchall(),
        cursor.execute(f"select {columns} from {schema}.__expected").fetchall(),
    )


def _compile(project: Project, test: UnitTest, schema: str) -> Compiled:
    """Render the tested model so that it reads the fixtures instead of its parents."""
    compiled = None
    for as_of in (None, EVALUATED_AT):
        renderer = Renderer(project.with_vars({"as_of": as_of, **test.vars}))
        renderer.relation = lambda name: quoted(schema, name)
        renderer.source_relation = lambda _, table: quoted(schema, table)
        adds = test.macros.get("is_incremental")
        render = renderer.render_addition if adds else renderer.render
        compiled = render(project.models[test.model])
        if compiled.config.get("enabled", True):
            return compiled
    raise ProjectError(f"unit test {test.name}: its vars switch {test.model} off.")


def _require_read(compiled: Compiled, given: str) -> None:
    found = REFERENCE.search(given)
    if found and found[1] == "ref" and found[2] not in compiled.refs:
        raise ProjectError(f"given {given}: {compiled.name} does not read it.")


def _fixture(
    project: Project,
    cursor: duckdb.DuckDBPyConnection,
    test: UnitTest,
    given: Mapping[str, Any],
    schema: str,
) -> str:
    """Return the relation that a `given` entry fills; a source's is created here."""
    found = REFERENCE.search(given["input"])
    if given["input"] == "this":
        relation = f"{schema}.{quoted(test.model)}"
        _empty_copy(cursor, relation, quoted("main", test.model))
        return relation
    if not found:
        raise ProjectError(f"input {given['input']!r} is no ref() or source().")
    if found[1] == "ref":
        return f"{schema}.{quoted(found[2])}"
    table = project.sources[found[2], found[3]]
    # the vars of the test may name another table, which has the same columns
    named = Renderer(project.with_vars(test.vars)).source_parts(table)
    relation = f"{schema}.{quoted(named[1])}"
    _empty_copy(cursor, relation, quoted(*Renderer(project).source_parts(table)))
    return relation


def _empty_copy(cursor: duckdb.DuckDBPyConnection, target: str, pattern: str) -> None:
    cursor.execute(f"create table if not exists {target} as from {pattern} limit 0")


def _rows(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a fixture in the formats dict and csv."""
    rows = block.get("rows") or []
    if isinstance(rows, str) and block.get("format") == "csv":
        lines = csv.DictReader(io.StringIO(rows.strip()))
        return [{k: v if v != "" else None for k, v in row.items()} for row in lines]
    return [] if isinstance(rows, str) else list(rows)


def _fill(
    cursor: duckdb.DuckDBPyConnection, relation: str, block: Mapping[str, Any]
) -> None:
    if block.get("format") == "sql":
        cursor.execute(f"insert into {relation} by name\n{block['rows']}")
    for row in _rows(block):
        names = ", ".join(quoted(name) for name in row)
        marks = ", ".join("?" for _ in row)
        cursor.execute(
            f"insert into {relation} ({names}) values ({marks})", list(row.values())
        )


def _columns(
    cursor: duckdb.DuckDBPyConnection,
    schema: str,
    block: Mapping[str, Any],
    rows: list[dict[str, Any]],
) -> str:
    """Return the columns to compare: those that the expected rows name."""
    if block.get("format") == "sql":
        cursor.execute(f"select * from ({block['rows']}) limit 0")
        return ", ".join(quoted(column[0]) for column in cursor.description or [])
    return ", ".join(quoted(name) for name in dict.fromkeys(n for r in rows for n in r))


def _difference(actual: list[Row], expected: list[Row]) -> str:
    """Compare two bags of rows; floats may differ by 1e-9 of their size."""
    actual, expected = sorted(actual, key=_order), sorted(expected, key=_order)
    for got, wanted in zip(actual, expected, strict=False):
        if not all(map(_same, got, wanted)):
            return f"expected {wanted}, got {got}"
    if len(actual) != len(expected):
        more = (actual if len(actual) > len(expected) else expected)[
            min(len(actual), len(expected))
        ]
        return f"expected {len(expected)} rows, got {len(actual)}, e.g. {more}"
    return ""


def _order(row: Row) -> tuple[str, ...]:
    exact = [repr(v) for v in row if not isinstance(v, float)]
    return (*exact, *(f"{v:.6e}" for v in row if isinstance(v, float)))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=1e-12)
    return bool(one == other)
