"""`recsql forget`: a user is gone from raw tables, models, versions and their files.

DuckDB keeps the bytes of deleted rows in its file until something overwrites them, so
files are written anew. Older versions hold the user, too, and are removed. What is to
be done is written down first, and finished by whoever runs next where it was not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import literal, quoted
from recsql.config.files import written
from recsql.config.project import Project
from recsql.engine import suppression
from recsql.engine.checks import FAILING
from recsql.engine.inputs import INPUTS
from recsql.engine.malformed import TABLE as MALFORMED
from recsql.engine.runs import builders
from recsql.engine.warehouse import Warehouse, open_warehouse, transaction, translated
from recsql.errors import InputError, WarehouseError, reason
from recsql.operation import pipeline
from recsql.operation.events import Listener
from recsql.operation.history import LISTS, compile_with_history
from recsql.operation.journals import EVENTS, SHOWN, blank
from recsql.operation.journals import FOLDER as JOURNALS
from recsql.operation.lock import publishing_lock
from recsql.operation.traces import DATABASE, naming_files, remove_written, rewrite
from recsql.publishing.destinations import forget
from recsql.publishing.versions import FILE, Versions

INTENT = "forget.json"
SERVED = (SHOWN, EVENTS)
Deleted = Mapping[str, int]


@dataclass(frozen=True)
class Forgotten:
    """What was deleted from raw tables, which versions are gone, and what to do."""

    rows: Deleted
    versions: tuple[int, ...]
    told: tuple[str, ...] = ()


def forget_user(
    project: Project, user: str, threads: int, listener: Listener
) -> Forgotten:
    """Delete a user's raw rows, build everything anew, publish, and rewrite all files.

    Raises:
        InputError: nobody knows the user, or an input is a model and no table.
        WarehouseError: the user is still somewhere.
        RecsqlError: it is not finished: whatever runs next goes on with it.
    """
    folder = project.profile.folder
    with publishing_lock(folder):
        if _intent(folder).get("user") != user:
            finish(project, threads, listener)
            _require_known(project, user)
            _intend(folder, {"user": user, "is_published": False})
        return _carry_out(project, user, threads, listener)


def finish(project: Project, threads: int, listener: Listener) -> None:
    """Finish, where the lock is held, what an earlier `forget` began."""
    if user := _intent(project.profile.folder).get("user"):
        _carry_out(project, str(user), threads, listener)


def finish_before(project: Project, threads: int, listener: Listener) -> None:
    """Finish what an earlier `forget` began, before a command that takes no lock."""
    if _intent(project.profile.folder):
        with publishing_lock(project.profile.folder):
            finish(project, threads, listener)


def _carry_out(
    project: Project, user: str, threads: int, listener: Listener
) -> Forgotten:
    """Do all there is to do; each step may be done again."""
    profile = project.profile
    versions = Versions(profile.folder)
    before = versions.numbers
    with open_warehouse(
        profile.build_path, profile.settings, must_exist=True
    ) as warehouse:
        plan = compile_with_history(project)
        rows = _delete(plan, warehouse, user)
        blank(profile.folder / JOURNALS, user)
        _drop_switched_off(plan, warehouse)
    if not _intent(profile.folder).get("is_published"):
        pipeline.refresh(project, threads, listener, full_refresh=True)
        versions.prune(1)
        _intend(profile.folder, {"user": user, "is_published": True})
    forget(project, user)
    told = remove_written(project)
    for path in _files(project):
        rewrite(path)
    left = list(_holders(project, user))
    (profile.folder / INTENT).unlink()
    if left:
        raise WarehouseError(
            f"forget: the user is still in {', '.join(left)}. Delete them there."
        )
    gone = tuple(sorted({*before} - {*versions.numbers}))
    return Forgotten(rows, gone, (*told, *_advice(project, user)))


def _intent(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / INTENT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _intend(folder: Path, intent: Mapping[str, Any]) -> None:
    """Write down what is to be done, for nobody else to read, before it is begun."""
    fresh = folder / f"{INTENT}.new"
    fresh.unlink(missing_ok=True)
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(intent, file)
            file.flush()
            os.fsync(handle)
        fresh.replace(folder / INTENT)
    except OSError as error:
        raise WarehouseError(f"{folder / INTENT}: {reason(error.strerror)}.") from None


def _require_known(project: Project, user: str) -> None:
    """Refuse a user of whom there is nothing, and inputs whose rows are not known."""
    profile = project.profile
    path, settings = profile.build_path, profile.settings
    known = list(_holders(project, user))
    with open_warehouse(path, settings, must_exist=True) as warehouse:
        relations = _relations(project, warehouse)
        counts = [
            warehouse.rows(f"select count(*) from {relation} where {where}", [user])
            for relation, where in relations
        ]
    if not known and not any(count for ((count,),) in counts):
        places = ", ".join(relation for relation, _ in relations) or "any input"
        raise InputError(
            f'forget: there is no user "{user}" in {places} or in any table.'
        )


def _relations(project: Project, warehouse: Warehouse) -> list[tuple[str, str]]:
    """Return each raw table that names users, and the condition for one of them."""
    found = []
    schema = str(project.vars["raw_schema"])
    for name in INPUTS:
        mapping = project.vars[name]
        expression = mapping.get("user_id")
        if expression is None:
            continue
        if mapping.get("model") is not None:
            raise InputError(
                f"forget: {name} come from model {mapping['model']}, so that it is "
                "not known which raw rows are the user's. Delete them, refresh."
            )
        table = mapping.get("table")
        if table is not None and warehouse.has_table(schema, str(table)):
            where = f"cast(({expression}) as varchar) = ?"
            found.append((quoted(schema, str(table)), where))
    return found


def _delete(plan: Plan, warehouse: Warehouse, user: str) -> dict[str, int]:
    """Delete the user's rows from every input that names users, and keep them out."""
    rows: dict[str, int] = {}
    with transaction(warehouse.connection):
        for relation, where in _relations(plan.project, warehouse):
            ((count,),) = warehouse.rows(
                f"delete from {relation} where {where}", [user]
            )
            rows[relation] = rows.get(relation, 0) + int(count)
        _delete_copies(plan, warehouse, user)
        suppression.add(plan.project, warehouse, user)
    return rows


def _delete_copies(plan: Plan, warehouse: Warehouse, user: str) -> None:
    """Delete what recsql itself keeps beside the inputs.

    Lines that could not be read, and rows that failed a test, may be anybody's, so all
    of them go.
    """
    raw = str(plan.project.vars["raw_schema"])
    copies = (
        (raw, LISTS, f"user_id = {literal(user)}"),
        *(
            (raw, table, f"cast(user_id as varchar) = {literal(user)}")
            for table in SERVED
        ),
        (raw, MALFORMED, "true"),
        (*FAILING, "true"),
    )
    for schema, table, where in copies:
        if warehouse.has_table(schema, table):
            warehouse.rows(f"delete from {quoted(schema, table)} where {where}")


def _drop_switched_off(plan: Plan, warehouse: Warehouse) -> None:
    """Drop tables of models that the vars switch off, as nothing builds them anew.

    Public tables that no run built are what backtests have added.
    """
    filled = set(plan.public) - set(builders(warehouse))
    kept = {*plan.models, *(n for n in filled if warehouse.kinds.get(n) == "table")}
    for name in {*plan.project.models, *_left_over(warehouse)} - kept:
        if kind := warehouse.kinds.pop(name, None):
            warehouse.rows(f"drop {kind} {quoted('main', name)}")


def _left_over(warehouse: Warehouse) -> Iterator[str]:
    """Yield the incremental tables of models that are no longer there."""
    if warehouse.has_table("recsql", "built"):
        for (name,) in warehouse.rows("select model from recsql.built"):
            yield name


def _files(project: Project) -> Iterator[Path]:
    """Yield the DuckDB files that hold bytes of the user."""
    yield project.profile.build_path
    place = str(project.vars["publish_database"])
    if "database" in project.vars["publish_also"] and ":" not in place:
        yield project.root / place


def _holders(project: Project, user: str) -> Iterator[str]:
    """Yield every table with a column user_id that has the user."""
    folder = project.profile.folder
    versions = Versions(folder)
    paths = [versions.path(number) / FILE for number in versions.numbers]
    also = [path for path, kind, _ in written(folder) if kind == DATABASE]
    for path in (project.profile.build_path, *paths, *also):
        with _reading(path) as connection:
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_columns() where "
                "database_name = 'read' and column_name = 'user_id' and table_name in "
                "(select table_name from duckdb_tables())"
            ).fetchall():
                relation = quoted("read", schema, table)
                if connection.execute(
                    f"select 1 from {relation} "
                    "where cast(user_id as varchar) = ? limit 1",
                    [user],
                ).fetchall():
                    yield f"{path.name}: {schema}.{table}"


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with translated(str(path)), duckdb.connect() as connection:
        if path.exists():
            connection.execute(f"attach {literal(str(path))} as read (read_only)")
        yield connection


def _advice(project: Project, user: str) -> list[str]:
    """Name what recsql cannot reach, each with what to do."""
    told = [f"still names the user: {path}" for path in naming_files(project, user)]
    also = project.vars["publish_also"]
    if "postgres" in also:
        told.append(
            "PostgreSQL: tables are new; its write-ahead log and backups are yours"
        )
    if "kafka" in also:
        told.append(
            "Kafka: the topic has empty messages for the user; older ones go by its "
            "compaction or retention"
        )
    if "database" in also and ":" in str(project.vars["publish_database"]):
        told.append(
            "publish_database: tables are new; snapshots that MotherDuck or DuckLake "
            "keep are yours to expire"
        )
    with _reading(project.profile.build_path) as connection:
        if connection.execute(
            "select 1 from duckdb_tables() where database_name = 'read' "
            "and table_name = 'rankers' and estimated_size > 0"
        ).fetchall():
            told.append(
                "the ranker learned from the user, too (no ids): recsql train-ranker"
            )
    told.append("backups, and files that were loaded from elsewhere, are yours")
    return told
