"""Data tests on Spark: several in one job, as a job costs more than most tests."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence

from recsql.engine.checks import Check, CheckResult, answered, broken
from recsql.errors import RecsqlError
from recsql.spark.failures import said
from recsql.spark.functions import sql_value
from recsql.spark.tables import Tables, ticked

TOGETHER = 20
FAILING = "failing_rows"


def run_checks(
    checks: Sequence[Check], tables: Tables, run_id: str = ""
) -> Generator[CheckResult, None, None]:
    """Run the tests and yield each result in order.

    A row that breaks one is kept in table `failing_rows` of the build, of the latest
    run only.
    """
    relation = ticked(tables.build, FAILING)
    tables.run(f"drop table if exists {relation}")
    tables.run(
        f"create table {relation} "
        "(run_id string, test_name string, failing_row string) "
        f"using {tables.cluster.form}"
    )
    for first in range(0, len(checks), TOGETHER):
        found = _answers(checks[first : first + TOGETHER], tables)
        if rows := [(run_id, each.name, each.row) for each in found if each.row]:
            values = ", ".join(f"({', '.join(map(sql_value, row))})" for row in rows)
            tables.run(f"insert into {relation} values {values}")
        yield from found


def _answers(checks: Sequence[Check], tables: Tables) -> list[CheckResult]:
    """Ask some tests at once; one by one where that fails, to know which did."""
    try:
        parts = [_query(check, number, tables) for number, check in enumerate(checks)]
        rows = tables.session.sql("\nunion all\n".join(parts)).collect()
    except Exception as error:
        if len(checks) == 1:
            told = str(error) if isinstance(error, RecsqlError) else said(error)
            return [broken(checks[0], told)]
        return [result for check in checks for result in _answers([check], tables)]
    known = {number: (count, row) for number, count, row in rows}
    kept_in = f"{tables.build}.{FAILING}"
    return [
        answered(check, known[n][0], json.loads(known[n][1] or "null"), kept_in)
        for n, check in enumerate(checks)
    ]


def _query(check: Check, number: int, tables: Tables) -> str:
    from recsql.compilation.spark import translate_text

    sql = translate_text(check.sql, check.file, tables.place())
    return (
        f"select {number} as number, count(*) as seen, "
        f"to_json(first(struct(*)), map('ignoreNullFields', 'false')) as one "
        f"from (\n{sql}) as broken"
    )
