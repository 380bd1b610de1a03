"""Models that score users, block by block: memory holds one block, not all users.

A model says so by `meta.blocks` in its config, and keeps to the block by macro
`in_block` wherever it reads something of users. Here it is built by one statement for
each block of users, with what is common to all. Under dbt, which sets no block, the
same text makes one block of everybody. The rows are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled, quoted

Block = tuple[int, int]  # the first user_index, and the last
EVERYBODY = ((0, 2**31 - 1),)
PAIRS, USERS = "int_user_items", "int_users"
VARIABLES = "first_user_index", "last_user_index"  # what macro in_block reads


def blocks_of(
    plan: Plan, cursor: duckdb.DuckDBPyConnection, compiled: Compiled
) -> tuple[Block, ...]:
    """Return the blocks that a model is built by; one of everybody for most models."""

    def rows(name: str) -> int:
        counted = cursor.execute(f"select count(*) from {quoted('main', name)}")
        return int(counted.fetchall()[0][0])

    return blocks_by(plan, compiled, rows)


def blocks_by(
    plan: Plan, compiled: Compiled, rows_of: Callable[[str], int]
) -> tuple[Block, ...]:
    """Return the blocks of a model, given what counts the rows of a table.

    A block has as many users as make `rows_per_block` rows on average: one for each
    item that a user knows, and candidates_per_user.
    """
    if not (compiled.config.get("meta") or {}).get("blocks"):
        return EVERYBODY
    users, pairs = rows_of(USERS), rows_of(PAIRS)
    given = plan.project.vars
    rows = pairs + users * int(given["candidates_per_user"])
    return cut(users, rows, int(given["rows_per_block"]))


def cut(users: int, rows: int, rows_per_block: int) -> tuple[Block, ...]:
    """Cut users into equal blocks of about so many rows, each at least one user's.

    >>> cut(5, 100, 40)
    ((0, 1), (2, 3), (4, 2147483647))
    """
    if rows <= rows_per_block or not users:
        return EVERYBODY
    size = max(users * rows_per_block // rows, 1)
    starts = range(0, users, size)
    lasts = (*(start - 1 for start in starts[1:]), EVERYBODY[0][1])
    return tuple(zip(starts, lasts, strict=True))


def store(
    cursor: duckdb.DuckDBPyConnection,
    kind: str,
    relation: str,
    sql: str,
    blocks: Sequence[Block],
) -> int:
    """Make a view, or a table of the rows of each block; return how many they are."""
    rows, verb = 0, f"create or replace {kind} {relation} as"
    several = len(blocks) > 1
    for block in blocks:
        if several:
            _set(cursor, block)
        counted = cursor.execute(f"{verb}\n{sql}").fetchall()
        rows += int(counted[0][0]) if kind == "table" and counted else 0
        verb = f"insert into {relation} by name"
    if several:
        _set(cursor, EVERYBODY[0])
    return rows


def _set(cursor: duckdb.DuckDBPyConnection, block: Block) -> None:
    """Let macro `in_block` mean one block on this connection."""
    for variable, user_index in zip(VARIABLES, block, strict=True):
        cursor.execute(f"set variable {variable} = {user_index}")
