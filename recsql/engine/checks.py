"""Data tests: the yml's `not_null unique accepted_values relationships`, singular SQL.

A test is a query for the rows that break it; no row means it passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Renderer, literal, quoted
from recsql.config.properties import DataTest
from recsql.engine.warehouse import Warehouse
from recsql.errors import ProjectError, did_you_mean, first_line

# How many rows break a test, and one of them. Not by `limit 1`: DuckDB 2.0.0 may wait
# for ever where a limit is reached above two readers of one part of a query.
SEEN = "select count(*), any_value(broken) from (\n{sql}\n) as broken"


FAILING = ("recsql", "failing_rows")


@dataclass(frozen=True)
class Check:
    """One test ready to run: a query that returns what is wrong.

    `condition` says what rows of the first table it reads are wrong, where that is all.
    """

    name: str
    file: str
    sql: str
    severity: str
    reads: tuple[str, ...]
    condition: str = ""


@dataclass(frozen=True)
class CheckResult:
    """How one test went; `problem` says in one line what was seen."""

    name: str
    status: Literal["passed", "failed", "warned"]
    problem: str = ""
    row: str = field(default="", repr=False)


@dataclass(frozen=True)
class ChecksFinished:
    """How many tests ran, and how long they took together."""

    passed: int
    failed: int
    warned: int
    seconds: float


def plan_checks(
    plan: Plan, names: Sequence[str], present: Collection[str]
) -> list[Check]:
    """Return the data tests and singular tests of the named models and seeds.

    Args:
        plan: the compiled project.
        names: the models in question.
        present: the relations that exist; a test that needs another is left out.

    Raises:
        ProjectError: a test has an unknown kind or wrong arguments.
    """
    wanted = set(names)
    generic = [
        _generic(plan, test)
        for model in plan.project.properties.values()
        if model.name in wanted
        for test in model.tests
        if test.is_enabled
    ]
    return [
        check
        for check in [*generic, *_singular(plan)]
        if wanted & set(check.reads) and set(check.reads) <= set(present)
    ]


def run_checks(
    checks: Sequence[Check], warehouse: Warehouse, threads: int, run_id: str = ""
) -> Generator[CheckResult, None, None]:
    """Run the tests, several at a time, and yield each result in order.

    Those that are conditions on rows of one table are asked as one; only where a row
    breaks any is each asked for itself. What broke them says how many rows; a row is
    kept in `recsql.failing_rows`, of the latest run only, as it may name users and
    messages go anywhere.
    """
    relation = quoted(*FAILING)
    warehouse.rows(f"create schema if not exists {quoted(FAILING[0])}")
    warehouse.rows(
        f"create or replace table {relation} "
        "(run_id varchar, test_name varchar, failing_row varchar)"
    )
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        looks = pool.map(lambda group: _sound(group, warehouse), _by_table(checks))
        sound = {check for group in looks for check in group}
        for result in pool.map(
            lambda check: passed(check) if check in sound else _run(check, warehouse),
            checks,
        ):
            if result.row:
                values = [run_id, result.name, result.row]
                warehouse.rows(f"insert into {relation} values (?, ?, ?)", values)
            yield result


def _by_table(checks: Sequence[Check]) -> list[list[Check]]:
    groups = defaultdict(list)
    for check in checks:
        if check.condition:
            groups[check.reads[0]].append(check)
    return list(groups.values())


def _sound(group: Sequence[Check], warehouse: Warehouse) -> Sequence[Check]:
    """Return the conditions on a table if no row of it breaks any, else none."""
    broken_by = " or ".join(check.condition for check in group)
    sql = f"select * from {quoted('main', group[0].reads[0])} where {broken_by}"
    try:
        with warehouse.cursor() as cursor:
            found = cursor.execute(f"select count(*) from ({sql})").fetchone()
    except duckdb.Error:
        return ()
    return group if found == (0,) else ()


def _run(check: Check, warehouse: Warehouse) -> CheckResult:
    try:
        with warehouse.cursor() as cursor:
            found = cursor.execute(SEEN.format(sql=check.sql)).fetchone()
    except duckdb.Error as error:
        return broken(check, first_line(error))
    count, row = found or (0, None)
    return answered(check, count, row, ".".join(FAILING))


def broken(check: Check, problem: str) -> CheckResult:
    """Return the result of a test that could not be asked."""
    return CheckResult(check.name, "failed", f"{check.file}: {problem}")


def passed(check: Check) -> CheckResult:
    """Return the result of a test that no row breaks."""
    return CheckResult(check.name, "passed")


def answered(
    check: Check, count: int, row: Mapping[str, Any] | None, kept_in: str
) -> CheckResult:
    """Return the result of a test that so many rows break, one of which is kept."""
    if not count or row is None:
        return passed(check)
    bad: Literal["failed", "warned"] = (
        "warned" if check.severity == "warn" else "failed"
    )
    shown = ", ".join(f"{name}={value!s:.200}" for name, value in row.items())
    return CheckResult(check.name, bad, _problem(check, count, row, kept_in), shown)


def _problem(check: Check, count: int, row: Mapping[str, Any], kept_in: str) -> str:
    """Say what is wrong: the test's own sentence, or how many rows broke it."""
    rows = "1 row" if count == 1 else f"{count:,} rows"
    if next(iter(row)) == "problem":
        more = "" if count == 1 else f" ({rows})"
        return f"{check.file}: {row['problem']}{more}"
    return f"{check.file}: {check.name}: {rows}; one is in {kept_in}"


def _generic(plan: Plan, test: DataTest) -> Check:
    file = plan.project.relative(test.path)
    builder = KINDS.get(test.kind)
    if builder is None:
        hint = did_you_mean(test.kind, KINDS)
        raise ProjectError(f'{file}: unknown test "{test.kind}" of {test.model}.{hint}')
    if test.column is None:
        raise ProjectError(f"{file}: test {test.kind} of {test.model} names no column.")
    where = plan.renderer.render_text(test.where, test.path)
    reads = [test.model, *plan.renderer.referenced()]
    rows = quoted("main", test.model)
    rows = f"(select * from {rows} where {where})" if where else rows
    try:
        sql = builder(plan.renderer, test, rows)
    except KeyError as error:
        raise ProjectError(
            f"{file}: test {test.name} needs argument {error}."
        ) from None
    reads += plan.renderer.referenced()
    condition = _null(test) if builder is _not_null else ""
    if condition and where:
        condition = f"(({where}) and {condition})"
    known = tuple(dict.fromkeys(reads))
    return Check(test.name, file, sql, test.severity, known, condition)


def _not_null(renderer: Renderer, test: DataTest, rows: str) -> str:
    return f"select * from {rows} where {_null(test)}"


def _null(test: DataTest) -> str:
    return f"({test.column}) is null"


def _unique(renderer: Renderer, test: DataTest, rows: str) -> str:
    return (
        f"select {test.column} as unique_key, count(*) as mentions "
        f"from {rows} where ({test.column}) is not null "
        f"group by {test.column} having count(*) > 1"
    )


def _accepted_values(renderer: Renderer, test: DataTest, rows: str) -> str:
    quote = test.arguments.get("quote", True)
    options = ", ".join(
        literal(str(option)) if quote else str(option)
        for option in test.arguments["values"]
    )
    return (
        f"select {test.column} as unexpected, count(*) as mentions "
        f"from {rows} "
        f"where {test.column} is not null and {test.column} not in ({options}) "
        f"group by {test.column}"
    )


def _relationships(renderer: Renderer, test: DataTest, rows: str) -> str:
    target = test.arguments["to"].strip("{} ")
    parent = renderer.render_text("{{ " + target + " }}", test.path)
    return (
        f"select child.{test.column} as orphan, count(*) as mentions "
        f"from {rows} as child "
        f"left join {parent} as parent "
        f"on child.{test.column} = parent.{test.arguments['field']} "
        f"where child.{test.column} is not null "
        f"and parent.{test.arguments['field']} is null group by child.{test.column}"
    )


KINDS: dict[str, Callable[[Renderer, DataTest, str], str]] = {
    "not_null": _not_null,
    "unique": _unique,
    "accepted_values": _accepted_values,
    "relationships": _relationships,
}


def _singular(plan: Plan) -> Iterator[Check]:
    """Yield the SQL tests that the vars leave enabled."""
    for name, path in plan.project.singular_tests.items():
        text = Path(path).read_text(encoding="utf-8")
        sql = plan.renderer.render_text(text, path).strip().rstrip(";")
        reads = plan.renderer.referenced()
        config = plan.renderer.config()
        if not config.get("enabled", True):
            continue
        severity = str(config.get("severity", "error")).lower()
        yield Check(name, plan.project.relative(path), sql, severity, reads)
