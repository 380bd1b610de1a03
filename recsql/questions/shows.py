"""Reading a public table the way a person asks for it: by user, by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recsql.compilation.render import literal, quoted
from recsql.config.project import Project
from recsql.engine.reading import Tabular
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError, did_you_mean
from recsql.operation import clusters

if TYPE_CHECKING:
    import pyarrow as pa

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

    def as_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        import pyarrow as pa

        return pa.table(
            {
                header: [row[place] for row in self.rows]
                for place, header in enumerate(self.headers)
            }
        )


def show(project: Project, table: str, filters: dict[str, str], limit: int) -> Shown:
    """Read rows of a table as a person wants to see them; see `opened`.

    Raises:
        InputError: no such table or column, or nothing matches.
    """
    with opened(project, table, filters) as asked:
        named = set(HIDDEN) | set(filters)
        shown = [column for column in asked.columns if column not in named]
        rows = asked.rows(shown, limit)
        total = asked.count()
    used = [i for i in range(len(shown)) if any(row[i] is not None for row in rows)]
    return Shown(
        tuple(shown[i] for i in used),
        tuple(tuple(row[i] for i in used) for row in rows),
        total,
    )


def read(
    project: Project, table: str, filters: dict[str, str], limit: int | None = None
) -> pa.Table:
    """Read rows of a table with all its columns, as Arrow; see `opened`.

    Raises:
        InputError: no such table or column, or nothing matches.
    """
    with opened(project, table, filters) as asked:
        return asked.arrow(limit)


@dataclass(frozen=True)
class Asked:
    """Rows of an open table that were asked for, in its reading order."""

    warehouse: Tabular
    table: str
    filters: Mapping[str, str]
    columns: tuple[str, ...]
    order: tuple[str, ...]

    def rows(self, columns: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        """Return some columns of the first rows."""
        return self.warehouse.rows(self._select(columns, limit))

    def arrow(self, limit: int | None) -> pa.Table:
        """Return all columns of the rows."""
        return self.warehouse.arrow(self._select(self.columns, limit))

    def count(self) -> int:
        """Return how many rows there are."""
        return int(self.warehouse.rows(f"select count(*) {self._from}")[0][0])

    @property
    def _from(self) -> str:
        where = " and ".join(
            f"cast({quoted(name)} as varchar) = {literal(text)}"
            for name, text in self.filters.items()
        )
        relation = f"from {quoted('main', self.table)}"
        return f"{relation} where {where}" if where else relation

    def _select(self, columns: Sequence[str], limit: int | None) -> str:
        return (
            f"select {', '.join(map(quoted, columns))} {self._from}"
            + (f" order by {', '.join(map(quoted, self.order))}" if self.order else "")
            + (f" limit {limit}" if limit is not None else "")
        )


@contextmanager
def opened(project: Project, table: str, filters: Mapping[str, str]) -> Iterator[Asked]:
    """Open the published file, else the build, where a table is read.

    Args:
        project: whose warehouse.
        table: a public table, or any other that is built.
        filters: column name to the text its value must have.

    Raises:
        InputError: no such table or column, or nothing matches.
    """
    profile = project.profile
    if profile.cluster is not None:
        with clusters.readers_tables(project, table) as tables:
            yield _asked(project, tables, table, filters)
        return
    published = profile.published_path
    options = {**profile.settings, "access_mode": "read_only"}
    if published.exists():
        with open_warehouse(published, options) as warehouse:
            if table in warehouse.kinds or not profile.build_path.exists():
                yield _asked(project, warehouse, table, filters)
                return
    with open_warehouse(profile.build_path, options, must_exist=True) as warehouse:
        yield _asked(project, warehouse, table, filters)


def _asked(
    project: Project,
    warehouse: Tabular,
    table: str,
    filters: Mapping[str, str],
) -> Asked:
    if table not in warehouse.kinds:
        known = f" It has: {', '.join(sorted(warehouse.kinds))}."
        hint = did_you_mean(table, warehouse.kinds) or known
        raise InputError(f'show: {warehouse.path} has no table "{table}".{hint}')
    columns = tuple(warehouse.columns("main", table))
    for name in filters:
        if name not in columns:
            raise InputError(f"show: {table} has no column {name}.")
    properties = project.properties.get(table)
    order = properties.reading_order if properties else ()
    asked = Asked(
        warehouse,
        table,
        filters,
        columns,
        tuple(name for name in order if name in columns and name not in filters),
    )
    if filters and not asked.count():
        raise InputError(_nothing(table, filters))
    return asked


def _nothing(table: str, filters: Mapping[str, str]) -> str:
    wanted = ", ".join(f"{name} {text}" for name, text in filters.items())
    hint = (
        " An unknown user gets the popular list: recsql show rec_popular."
        if "user_id" in filters
        else ""
    )
    return f"show: {table} has no row with {wanted}.{hint}"
