"""Reading a public table the way a person asks for it: by user, by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from recsql.errors import InputError, did_you_mean
from recsql.project import Project
from recsql.render import quoted
from recsql.warehouse import Warehouse, open_warehouse

HIDDEN = ("run_id", "generated_at")


@dataclass(frozen=True)
class Shown:
    """Rows ready to print."""

    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    origin: str


def show(project: Project, table: str, filters: dict[str, str], limit: int) -> Shown:
    """Read rows of a table from the published file, or from the build where none is.

    Args:
        project: whose warehouse.
        table: a public table, or any built table of an unpublished warehouse.
        filters: column name to the text its value must have.
        limit: rows at most.

    Raises:
        InputError: no such table or column, or nothing matches.
    """
    profile = project.profile
    published = profile.published_path.exists()
    path = profile.published_path if published else profile.build_path
    options = {"access_mode": "read_only"} if published else {}
    with open_warehouse(
        path, {**profile.settings, **options}, must_exist=True
    ) as opened:
        return _read(opened, table, filters, limit)


def _read(
    warehouse: Warehouse, table: str, filters: dict[str, str], limit: int
) -> Shown:
    if table not in warehouse.kinds:
        known = f" It has: {', '.join(sorted(warehouse.kinds))}."
        hint = did_you_mean(table, warehouse.kinds) or known
        raise InputError(f'show: {warehouse.path} has no table "{table}".{hint}')
    columns = _columns(warehouse, table)
    for name in filters:
        if name not in columns:
            raise InputError(f"show: {table} has no column {name}.")
    where = " and ".join(f"cast({quoted(name)} as varchar) = ?" for name in filters)
    shown = [c for c in columns if c not in HIDDEN and c not in filters]
    order = [c for c in ("user_id", "surface", "item_id", "group_kind") if c in columns]
    order += ["item_rank"] if "item_rank" in columns else []
    rows = warehouse.rows(
        f"select {', '.join(map(quoted, shown))} from {quoted('main', table)} "
        + (f"where {where} " if where else "")
        + (f"order by {', '.join(_ranked(order, filters))} " if order else "")
        + f"limit {limit}",
        list(filters.values()),
    )
    if not rows and filters:
        raise InputError(_nothing(table, filters))
    return Shown(tuple(shown), tuple(rows), str(warehouse.path))


def _ranked(order: Sequence[str], filters: dict[str, str]) -> list[str]:
    """Order by the keys that are not fixed; the list's own rank comes last."""
    keys = [name for name in order if name not in filters]
    if "item_rank" in keys and "item_id" in keys and "user_id" in order:
        keys.remove("item_id")
    return [quoted(name) for name in keys]


def _columns(warehouse: Warehouse, table: str) -> list[str]:
    return [row[0] for row in warehouse.rows(f"describe {quoted('main', table)}")]


def _nothing(table: str, filters: dict[str, str]) -> str:
    wanted = ", ".join(f"{name} {text}" for name, text in filters.items())
    hint = (
        " An unknown user gets the popular list: recsql show rec_popular."
        if "user_id" in filters
        else ""
    )
    return f"show: {table} has no row with {wanted}.{hint}"
