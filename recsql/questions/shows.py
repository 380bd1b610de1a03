"""Reading a public table the way a person asks for it: by user, by item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recsql.compilation.render import quoted
from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError, did_you_mean

HIDDEN = ("run_id", "generated_at")
MOST_ROWS = 10_000


@dataclass(frozen=True)
class Shown:
    """Rows ready to print; columns without a single value are left out.

    `total`: how many rows there are, where not all of them are here.
    """

    headers: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int = 0

    @property
    def left_out(self) -> str:
        """Return what is to be said of rows that are not here, or nothing."""
        if self.total <= len(self.rows):
            return ""
        return (
            f"{len(self.rows):,} of {self.total:,} rows, "
            f"{self.total - len(self.rows):,} left out. "
            f"More of them: --limit {min(self.total, MOST_ROWS)}"
        )


def show(project: Project, table: str, filters: dict[str, str], limit: int) -> Shown:
    """Read rows of a table from the published file, else from the build.

    Args:
        project: whose warehouse.
        table: a public table, or any other that is built.
        filters: column name to the text its value must have.
        limit: rows at most.

    Raises:
        InputError: no such table or column, or nothing matches.
    """
    profile = project.profile
    published = profile.published_path
    options = {**profile.settings, "access_mode": "read_only"}
    if published.exists():
        with open_warehouse(published, options) as opened:
            if table in opened.kinds or not profile.build_path.exists():
                return _read(project, opened, table, filters, limit)
    with open_warehouse(profile.build_path, options, must_exist=True) as opened:
        return _read(project, opened, table, filters, limit)


def _read(
    project: Project,
    warehouse: Warehouse,
    table: str,
    filters: dict[str, str],
    limit: int,
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
    described = project.properties.get(table)
    order = [
        name for name in (described.reading_order if described else ()) if name in shown
    ]
    found = f"from {quoted('main', table)}" + (f" where {where}" if where else "")
    asked = list(filters.values())
    rows = warehouse.rows(
        f"select {', '.join(map(quoted, shown))} {found}"
        + (f" order by {', '.join(map(quoted, order))}" if order else "")
        + f" limit {limit}",
        asked,
    )
    if not rows and filters:
        raise InputError(_nothing(table, filters))
    used = [i for i in range(len(shown)) if any(row[i] is not None for row in rows)]
    return Shown(
        tuple(shown[i] for i in used),
        tuple(tuple(row[i] for i in used) for row in rows),
        warehouse.rows(f"select count(*) {found}", asked)[0][0],
    )


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
