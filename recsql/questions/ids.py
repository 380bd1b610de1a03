"""Ids as the tables have them: a text that is asked for, in the type of its column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Ask = Callable[[str, Mapping[str, Any]], list[tuple[Any, ...]]]
KEYED = ["rec_items", "rec_users", "rec_item_page", "rec_for_user"]  # by true ids


def id_type(ask: Ask, column: str) -> str:
    """Return the type of `user_id` or `item_id` in the database that is asked."""
    found = ask(
        "select max(data_type) from duckdb_columns() where column_name = $column "
        "and database_name = current_database() and list_contains($tables, table_name)",
        {"column": column, "tables": KEYED},
    )
    return str(found[0][0] or "VARCHAR")


def as_typed(ask: Ask, kind: str, texts: Sequence[str]) -> list[Any]:
    """Return the ids that are written so, as values of a type.

    A column that is compared with such a value skips what cannot hold it; one that is
    cast to text cannot. What is no such id, or is written otherwise (007 for 7), is
    left out.
    """
    found = ask(
        f"select try_cast(id_text as {kind}) as id "
        "from (select unnest(cast($texts as varchar[])) as id_text) "
        "where cast(id as varchar) = id_text",
        {"texts": list(texts)},
    )
    return [row[0] for row in found]
