"""Publishing: public tables go to a new file that replaces the old in one step."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from recsql.compiler import Plan
from recsql.errors import InputError, WarehouseError
from recsql.render import literal, quoted
from recsql.warehouse import Warehouse, translated


@dataclass(frozen=True)
class Published:
    """The file readers open, and the rows of each table in it."""

    path: Path
    tables: dict[str, int]
    seconds: float


def publish(plan: Plan, warehouse: Warehouse) -> Published:
    """Write every public table to a new file and rename it over the published one.

    Readers of the old file keep it until they close it; nobody waits and nobody sees
    half a refresh.

    Raises:
        InputError: a public table has not been built.
        WarehouseError: the file cannot be written; the published one is unchanged.
    """
    started = time.perf_counter()
    target = plan.project.profile.published_path
    _sweep(target)
    fresh = target.with_name(f"{target.name}.{os.getpid()}.new")
    names = _tables(plan, warehouse)
    try:
        with translated(f"publish {target}"):
            rows = _write(plan, warehouse, names, fresh)
        _replace(fresh, target)
    except OSError as error:
        raise WarehouseError(
            f"publish {target}: {error.strerror}. The published file is unchanged."
        ) from None
    finally:
        _sweep(target)
    return Published(target, rows, time.perf_counter() - started)


def _sweep(target: Path) -> None:
    """Remove what a publish that did not finish left behind."""
    for leftover in target.parent.glob(f"{target.name}.*.new*"):
        leftover.unlink()


def _tables(plan: Plan, warehouse: Warehouse) -> list[str]:
    """Return the public tables; those that only a backtest fills may be absent."""
    names = []
    for name in plan.public:
        if warehouse.has_table("main", name):
            names.append(name)
        elif name in plan.models:
            raise InputError(f"publish: {name} has not been built. Run: recsql build")
    return names


def _write(
    plan: Plan, warehouse: Warehouse, names: list[str], path: Path
) -> dict[str, int]:
    connection = warehouse.connection
    connection.execute(f"attach {literal(str(path))} as fresh")
    try:
        rows = {}
        for name in names:
            relation = quoted("fresh", "main", name)
            described = plan.project.properties.get(name)
            # in the order of the key, so that lookups by user or item read few blocks
            key = ", ".join(described.reading_order if described else ()) or "all"
            counted = connection.execute(
                f"create table {relation} as from {quoted('main', name)} order by {key}"
            ).fetchall()
            rows[name] = int(counted[0][0])
            _comment(plan, warehouse, name)
    finally:
        connection.execute("detach fresh")
    return rows


def _comment(plan: Plan, warehouse: Warehouse, name: str) -> None:
    """Carry the descriptions of a table and its columns into the published file."""
    described = plan.project.properties.get(name)
    if described is None:
        return
    relation = quoted("fresh", "main", name)
    there = {
        row[0]
        for row in warehouse.rows(
            "select column_name from duckdb_columns() "
            "where database_name = 'fresh' and table_name = ?",
            [name],
        )
    }
    texts = {f"table {relation}": described.description}
    for column in described.columns.values():
        if column.name in there:
            target = f"column {relation}.{quoted(column.name)}"
            texts[target] = column.description
    for target, text in texts.items():
        rendered = literal(plan.renderer.render_text(text, described.path).strip())
        warehouse.connection.execute(f"comment on {target} is {rendered}")


def _replace(fresh: Path, target: Path) -> None:
    """Rename over the target, after the file and before the folder reach the disk."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
