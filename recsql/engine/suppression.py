"""Who is forgotten stays forgotten: salted hashes, applied when inputs are read.

The list is a raw table, so that models (macro `input_filter`, var `forgotten_users`)
leave these users out under every runner. The salt keeps hashes from being looked up
elsewhere; whoever has this file and guesses an id can still check the guess.
"""

from __future__ import annotations

import secrets

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.config.project import Project
from recsql.engine.ids import as_text
from recsql.engine.inputs import INPUTS, create_raw_tables
from recsql.engine.warehouse import Warehouse

TABLE = "forgotten_users"
LEFT_OUT = "sha256(concat({salt}, {user})) in (select user_hash from {of})"


def suppressing(project: Project, warehouse: Warehouse, database: str = "") -> Project:
    """Return the project so that its models leave out who is on the list, if anybody.

    Args:
        project: any.
        warehouse: where the raw tables are.
        database: the attached database that holds them, if another.
    """
    schema = str(project.vars["raw_schema"])
    if not warehouse.has_table(schema, TABLE, database):
        return project
    parts = (database, schema, TABLE) if database else (schema, TABLE)
    ((count,),) = warehouse.rows(f"select count(*) from {quoted(*parts)}")
    return project.with_vars({"forgotten_users": True}) if count else project


def add(project: Project, warehouse: Warehouse, user: str) -> None:
    """Put a user on the list; one who is there stays as they are."""
    create_raw_tables(project, warehouse, [project.sources["forgotten", TABLE]])
    known = warehouse.rows(f"select any_value(salt) from {_relation(project)}")
    salt = known[0][0] or secrets.token_hex(16)
    if not contains(project, warehouse, user):
        warehouse.rows(
            f"insert into {_relation(project)} (salt, user_hash, forgotten_at) "
            "values (?, sha256(concat(?, ?)), now() at time zone 'UTC')",
            [salt, salt, user],
        )


def contains(project: Project, warehouse: Warehouse, user: str) -> bool:
    """Say whether a user is on the list."""
    if not warehouse.has_table(str(project.vars["raw_schema"]), TABLE):
        return False
    return bool(warehouse.rows(f"select 1 {_of(project)}", [user]))


def lift(project: Project, warehouse: Warehouse, user: str) -> bool:
    """Take a user off the list; say whether they were on it."""
    was_there = contains(project, warehouse, user)
    if was_there:
        warehouse.rows(f"delete {_of(project)}", [user])
    return was_there


def listed(
    project: Project, warehouse: Warehouse
) -> tuple[int, str | None, str | None]:
    """Return how many users are on the list, and when the first and last came."""
    if not warehouse.has_table(str(project.vars["raw_schema"]), TABLE):
        return 0, None, None
    ((count, first, last),) = warehouse.rows(
        "select count(*), strftime(min(forgotten_at), '%Y-%m-%d'), "
        f"strftime(max(forgotten_at), '%Y-%m-%d') from {_relation(project)}"
    )
    return int(count), first, last


def left_out(project: Project, warehouse: Warehouse, table: str) -> str | None:
    """Return the condition by which rows of a raw table are of forgotten users.

    None where the list is empty or no input maps a user of that table.
    """
    if not listed(project, warehouse)[0]:
        return None
    users = {
        str(project.vars[name]["user_id"])
        for name in INPUTS
        if project.vars[name].get("table") == table
        and project.vars[name].get("user_id")
    }
    relation = _relation(project)
    ((salt,),) = warehouse.rows(f"select any_value(salt) from {relation}")
    conditions = [
        LEFT_OUT.format(salt=literal(salt), user=as_text(user), of=relation)
        for user in sorted(users)
    ]
    return f"coalesce({' or '.join(conditions)}, false)" if conditions else None


def drop(project: Project, warehouse: Warehouse, table: str) -> int:
    """Delete the rows of a raw table that are of forgotten users; return how many."""
    condition = left_out(project, warehouse, table)
    if condition is None:
        return 0
    relation = quoted(str(project.vars["raw_schema"]), table)
    try:
        ((count,),) = warehouse.connection.execute(
            f"delete from {relation} where {condition}"
        ).fetchall()
    except duckdb.BinderException:  # it has other columns than the input maps
        return 0
    return int(count)


def drop_from(project: Project, warehouse: Warehouse, relation: str) -> None:
    """Delete what is of forgotten users from a table with a column user_id."""
    if listed(project, warehouse)[0]:
        of = _relation(project)
        ((salt,),) = warehouse.rows(f"select any_value(salt) from {of}")
        where = LEFT_OUT.format(salt=literal(salt), user=as_text("user_id"), of=of)
        warehouse.rows(f"delete from {relation} where {where}")


def _relation(project: Project) -> str:
    return quoted(str(project.vars["raw_schema"]), TABLE)


def _of(project: Project) -> str:
    return f"from {_relation(project)} where user_hash = sha256(concat(salt, ?))"
