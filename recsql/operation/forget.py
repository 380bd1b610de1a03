"""`recsql forget`: a user is gone from raw tables, models, versions and their files.

DuckDB keeps the bytes of deleted rows in its file until something overwrites them, so
files are written anew. Older versions hold the user, too, and are removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import literal, quoted
from recsql.config.project import Project
from recsql.engine.inputs import INPUTS
from recsql.engine.malformed import TABLE as MALFORMED
from recsql.engine.warehouse import Warehouse, open_warehouse, transaction, translated
from recsql.errors import InputError, WarehouseError
from recsql.operation import pipeline
from recsql.operation.history import LISTS
from recsql.operation.lock import publishing_lock
from recsql.operation.pipeline import Listener
from recsql.publishing.versions import FILE, Versions

FRESH = ".rewritten"
Deleted = Mapping[str, int]


@dataclass(frozen=True)
class Forgotten:
    """The rows deleted from each raw table, and the older versions that are gone."""

    rows: Deleted
    versions: tuple[int, ...]


def forget_user(
    project: Project, user: str, threads: int, listener: Listener
) -> Forgotten:
    """Delete a user's raw rows, build everything anew, publish, and rewrite all files.

    It may be repeated: what an earlier attempt left is found by the user's id.

    Raises:
        InputError: nobody knows the user, or an input is a model and no table.
        WarehouseError: the user is still somewhere.
        RecsqlError: the refresh failed; readers still see the version with the user.
    """
    profile = project.profile
    with publishing_lock(profile.folder):
        known = list(_holders(project, user))
        path, settings = profile.build_path, profile.settings
        with open_warehouse(path, settings, must_exist=True) as warehouse:
            plan = compile_project(project)
            rows = _delete(plan, warehouse, user)
            if not sum(rows.values()) and not known:
                raise InputError(
                    f'forget: there is no user "{user}" in '
                    f"{', '.join(rows) or 'any input'} or in any table."
                )
            _drop_switched_off(plan, warehouse)
        pipeline.refresh(project, threads, listener, full_refresh=True)
        gone = _remove_versions(Versions(profile.folder))
        for path in _files(project):
            rewrite(path)
        if left := list(_holders(project, user)):
            raise WarehouseError(
                f'forget: "{user}" is still in {", ".join(left)}. Delete it there.'
            )
    return Forgotten(rows, gone)


def rewrite(path: Path) -> None:
    """Copy a DuckDB file into a new one, without the bytes of what was deleted."""
    fresh = path.with_name(path.name + FRESH)
    fresh.unlink(missing_ok=True)
    with translated(f"rewrite {path}"), duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(path))} as known (read_only)")
        connection.execute(f"attach {literal(str(fresh))} as fresh")
        connection.execute("copy from database known to fresh")
        connection.execute("detach known")
        connection.execute("detach fresh")
    fresh.replace(path)


def _delete(plan: Plan, warehouse: Warehouse, user: str) -> dict[str, int]:
    """Delete the user's rows from every input that names users."""
    rows: dict[str, int] = {}
    with transaction(warehouse.connection):
        for name in INPUTS:
            mapping = plan.project.vars[name]
            expression = mapping.get("user_id")
            if expression is None:
                continue
            if mapping.get("model") is not None:
                raise InputError(
                    f"forget: {name} come from model {mapping['model']}, so that it is "
                    "not known which raw rows are the user's. Delete them, refresh."
                )
            schema = str(plan.project.vars["raw_schema"])
            if mapping.get("table") is None:
                continue
            relation = quoted(schema, str(mapping["table"]))
            if not warehouse.has_table(schema, str(mapping["table"])):
                continue
            ((count,),) = warehouse.rows(
                f"delete from {relation} where cast(({expression}) as varchar) = ?",
                [user],
            )
            rows[relation] = rows.get(relation, 0) + int(count)
        _delete_copies(plan, warehouse, user)
    return rows


def _delete_copies(plan: Plan, warehouse: Warehouse, user: str) -> None:
    """Delete what recsql itself keeps beside the inputs.

    Lines that could not be read may be anybody's, so all of them go.
    """
    schema = str(plan.project.vars["raw_schema"])
    for table, where in ((LISTS, f"user_id = {literal(user)}"), (MALFORMED, "true")):
        if warehouse.has_table(schema, table):
            warehouse.rows(f"delete from {quoted(schema, table)} where {where}")


def _drop_switched_off(plan: Plan, warehouse: Warehouse) -> None:
    """Drop tables of models that the vars switch off, as nothing builds them anew."""
    kept = {*plan.models, *plan.public}
    for name in {*plan.project.models, *_left_over(warehouse)} - kept:
        if kind := warehouse.kinds.pop(name, None):
            warehouse.rows(f"drop {kind} {quoted('main', name)}")


def _left_over(warehouse: Warehouse) -> Iterator[str]:
    """Yield the incremental tables of models that are no longer there."""
    if warehouse.has_table("recsql", "built"):
        for (name,) in warehouse.rows("select model from recsql.built"):
            yield name


def _remove_versions(versions: Versions) -> tuple[int, ...]:
    before = versions.numbers
    versions.prune(1)
    return tuple(sorted({*before} - {*versions.numbers}))


def _files(project: Project) -> Iterator[Path]:
    """Yield the DuckDB files that may hold bytes of the user."""
    build = project.profile.build_path
    for scratch in build.parent.glob("*.duckdb*"):
        if scratch.name not in (build.name, FILE) and not scratch.is_symlink():
            scratch.unlink()
    yield build
    place = str(project.vars["publish_database"])
    if "database" in project.vars["publish_also"] and ":" not in place:
        yield project.root / place


def _holders(project: Project, user: str) -> Iterator[str]:
    """Yield every table with a column user_id that has the user."""
    versions = Versions(project.profile.folder)
    paths = [versions.path(number) / FILE for number in versions.numbers]
    for path in (project.profile.build_path, *paths):
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
