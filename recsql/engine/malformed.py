"""Files of text with lines that cannot be read: counted, and the rest is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.errors import InputError

TABLE = "malformed_lines"
KEPT = 1000  # lines of each file and reason that the table holds
LONGEST = 1000  # letters of a line that the table holds
MALFORMED = """
create or replace temp table malformed as
select
    scans.file_path as file_name,
    lower(cast(errors.error_type as varchar)) as reason,
    errors.line as line_number,
    left(ltrim(any_value(errors.csv_line), chr(10)), {longest}) as line_text,
    count(*) over (partition by file_name, reason) as malformed_count,
    row_number() over (partition by file_name, reason order by line_number) as place
from (
    -- a line may have several errors: it counts for the first
    select * from reject_errors
    qualify row_number() over (
        partition by scan_id, file_id, line
        order by byte_position nulls last, column_idx
    ) = 1
) as errors
inner join (select distinct scan_id, file_id, file_path from reject_scans) as scans
    using (scan_id, file_id)
group by scans.file_path, errors.error_type, errors.line
"""
REASONS = """
select
    reason,
    count(*),
    arg_min(file_name || ' line ' || line_number, (file_name, line_number))
from malformed group by reason order by count(*) desc, reason
"""


@dataclass(frozen=True)
class Malformed:
    """How many lines were left out for a reason, and where the first of them is."""

    reason: str
    lines: int
    first: str


def create_readable(
    connection: duckdb.DuckDBPyConnection,
    table: tuple[str, str],
    readers: Sequence[tuple[str, str]],
    most: float,
    without: str | None,
) -> tuple[int, tuple[Malformed, ...], int]:
    """Create `schema.name` of the lines that can be read, in one transaction.

    What is left out is counted by reason; the first 1,000 lines of each file and reason
    go to `schema.malformed_lines`, with how many there are.

    Args:
        connection: of the warehouse.
        table: the raw schema, and the table's name.
        readers: a file and the `read_csv(...)` that reads it, for each file.
        most: the largest share of lines that may be left out.
        without: the condition for rows that are left out as nobody may keep them.

    Raises:
        InputError: more lines than that cannot be read; the table is unchanged.
    """
    schema, name = table
    for number, (_, reader) in enumerate(readers):
        connection.execute(
            f"create or replace temp table part_{number} as select * from {reader}"
        )
    connection.execute(MALFORMED.format(longest=LONGEST))
    found = tuple(Malformed(*row) for row in connection.execute(REASONS).fetchall())
    parts = " union all by name ".join(f"from part_{n}" for n in range(len(readers)))
    ((rows,),) = connection.execute(f"select count(*) from ({parts})").fetchall()
    _require_few(name, found, rows, most)
    connection.execute("begin")
    made = create_without(connection, quoted(schema, name), f"({parts})", without)
    _keep(connection, quoted(schema, TABLE), name)
    connection.execute("commit")
    for number in range(len(readers)):
        connection.execute(f"drop table part_{number}")
    return made[0], found, made[1]


def create_without(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    reader: str,
    without: str | None,
    *values: list[str],
) -> tuple[int, int]:
    """Create a table of what is read but for some rows; return how many of either."""
    create = f"create or replace table {relation} as select * from {reader}"
    left_out = 0
    if without:
        try:
            ((left_out,),) = connection.execute(
                f"select count(*) from {reader} where {without}", list(values)
            ).fetchall()
            create += f" where not {without}"
        except duckdb.BinderException:  # other columns than the input maps
            left_out = 0
    rows = connection.execute(create, list(values)).fetchall()
    return int(rows[0][0]), int(left_out)


def _require_few(name: str, found: Sequence[Malformed], rows: int, most: float) -> None:
    left_out = sum(entry.lines for entry in found)
    if left_out > most * (rows + left_out):
        raise InputError(
            f"load {name}: {left_out / (rows + left_out):.2%} of the lines cannot be "
            f"read, more than --max-malformed {most:g}: {told(found)}. The table is "
            "unchanged."
        )


def _keep(connection: duckdb.DuckDBPyConnection, relation: str, name: str) -> None:
    """Replace what the table of malformed lines has of this raw table."""
    connection.execute(
        f"create table if not exists {relation} (table_name varchar, file_name "
        "varchar, reason varchar, line_number bigint, line_text varchar, "
        "malformed_count bigint)"
    )
    connection.execute(f"delete from {relation} where table_name = {literal(name)}")
    connection.execute(
        f"insert into {relation} select {literal(name)}, file_name, reason, "
        f"line_number, line_text, malformed_count from malformed where place <= {KEPT} "
        "order by all"
    )


def told(found: Iterable[Malformed]) -> str:
    """Return in words what was left out.

    >>> told([Malformed("too many columns", 1200, "a.csv line 7")])
    '1,200 too many columns (first: a.csv line 7)'
    """
    return ", ".join(
        f"{entry.lines:,} {entry.reason} (first: {entry.first})" for entry in found
    )
