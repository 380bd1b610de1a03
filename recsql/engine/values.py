"""Values that cannot be read: too many of them stop a refresh before it learns.

What is counted is SQL: `stg_values`, and `mon_values` with var max_unreadable_share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsql.compilation.compiler import Plan
from recsql.engine.reading import Reader
from recsql.engine.readings import epoch, reading
from recsql.errors import InputError
from recsql.redaction import of_row

VALUES = "mon_values"
KINDS = {"timestamp": "times", "double": "numbers", "boolean": "flags"}


def require_values(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a mapped column of which more than max_unreadable_share cannot be read.

    Args:
        plan: the compiled project.
        rows: of mon_values; see `value_rows`.

    Raises:
        InputError: names the column, what stands there, and what would read it.
    """
    for row in rows:
        if row["status"] == "fail":
            raise InputError(_problem(plan, row))


def value_rows(reader: Reader) -> list[dict[str, Any]]:
    """Return the rows of mon_values by table and column."""
    return reader.dicts(f"select * from main.{VALUES} order by table_name, column_name")


def examples(row: Mapping[str, Any]) -> list[str]:
    """Return up to three texts of a column that cannot be read."""
    texts = (row["lowest_text"], row["highest_text"], row["drawn_text"])
    return list(dict.fromkeys(text for text in texts if text is not None))


def quoted_texts(texts: list[str]) -> str:
    r"""Return texts as a person may be shown them: in quotes, without control signs.

    Each is marked as a value of a row.

    >>> from recsql.redaction import unmarked
    >>> unmarked(quoted_texts(["2 pcs", "\x1b[31m"]))
    "'2 pcs', '�[31m'"
    """
    visible = (
        "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        for text in texts
    )
    return ", ".join(of_row(f"'{text[:60]}'") for text in visible)


def _problem(plan: Plan, row: Mapping[str, Any]) -> str:
    table, column, kind = row["table_name"], row["column_name"], row["value_type"]
    expression = str(plan.project.vars[table][column])
    where = plan.project.entry(f"{table}: {column}: {expression}")
    limit = plan.project.vars["max_unreadable_share"]
    values = row["read_count"] + row["unreadable_count"]
    if not row["unreadable_count"] or row["far_count"] > row["unreadable_count"]:
        mixed = epoch("ts", (1, 1e12))
        return (
            f"{where}: {row['far_count']:,} of {values:,} times lie before "
            f"{plan.project.vars['earliest_event_at']} or after 2100, such as "
            f"{quoted_texts([row['far_text']])}. Where seconds and milliseconds since "
            f"1970 are mixed in one column ts, map {mixed}."
        )
    texts = examples(row)
    way = reading(expression, kind, texts)
    if way and row["read_count"] and kind != "double" and "nullif" not in way:
        way = f"coalesce(try_cast({expression} as {kind}), {way})"
    advice = f"Map {column}: {way}" if way else "Map an expression that reads them"
    why = f"more than var max_unreadable_share ({limit:g}) allows"
    if table == "restrictions":
        why = "and a restriction without its window would hold for ever"
    return (
        f"{where}: {row['unreadable_count']:,} of {values:,} values cannot be read as "
        f"{KINDS[kind]}, such as {quoted_texts(texts)}; {why}. {advice}."
    )
