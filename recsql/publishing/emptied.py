"""Lists that readers see and that would be gone: not published, whatever the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recsql.compilation.compiler import Plan
from recsql.compilation.render import quoted
from recsql.engine.reading import Reader
from recsql.engine.warehouse import Warehouse
from recsql.errors import ModelError, WarehouseError
from recsql.publishing.manifest import LISTS, read_manifest
from recsql.publishing.published import open_version
from recsql.publishing.versions import Versions

PREFIX = "rec_"
ANY = "all"
COUNTED = "select surface, count(*) from {} group by surface"


@dataclass(frozen=True)
class Before:
    """The version that readers see: its number, the rows of its tables, and surfaces.

    `surfaces` returns the rows of each surface, nothing where there are no lists.
    """

    version: int
    tables: Mapping[str, int]
    surfaces: Callable[[], Mapping[str, int]]


def require_lists(plan: Plan, warehouse: Warehouse, names: Sequence[str]) -> None:
    """Refuse to publish a list without rows where the one that is read has some.

    Raises:
        ModelError: names the lists, and how to have them empty on purpose.
    """
    versions = Versions(plan.project.profile.folder)
    current = versions.current
    if current is None:
        return
    try:
        tables = read_manifest(versions, current)["tables"]
    except WarehouseError:
        return  # what is read is broken: any version is better
    before = Before(current, tables, lambda: _surfaces(plan, versions))
    refuse_emptied(plan, warehouse, names, before)


def refuse_emptied(
    plan: Plan, reader: Reader, names: Sequence[str], before: Before
) -> None:
    """Refuse lists that are empty in the build and not in the version before.

    Lists are the public tables, and in rec_for_user each surface that still is one.

    Raises:
        ModelError: names the lists, and how to have them empty on purpose.
    """
    allowed = set(plan.project.vars["may_be_empty"])
    if ANY in allowed:
        return
    emptied = {
        name: before.tables[name]
        for name in names
        if name.startswith(PREFIX)
        and name not in allowed
        and before.tables.get(name)
        and not reader.rows(f"select 1 from {quoted('main', name)} limit 1")
    }
    gone = {} if {LISTS} & {*allowed, *emptied} else _gone(plan, reader, before)
    lists = [f"{name} ({rows:,} rows)" for name, rows in {**emptied, **gone}.items()]
    if lists:
        names_allowed = ", ".join(dict.fromkeys([*emptied, *([LISTS] if gone else [])]))
        raise ModelError(
            f"publish: empty now, but not in version {before.version}, which stays: "
            f"{', '.join(lists)}. Where that is meant, once: "
            f"--vars '{{may_be_empty: [{names_allowed}]}}'"
        )


def _surfaces(plan: Plan, versions: Versions) -> Mapping[str, int]:
    with open_version(plan.project, versions.path(versions.current or 0)) as version:
        if LISTS not in version.tables:
            return {}
        query = COUNTED.format(version.relation(LISTS))
        return dict(version.connection.execute(query).fetchall())


def _gone(plan: Plan, reader: Reader, before: Before) -> Mapping[str, int]:
    """Return the rows of surfaces that had some, are still wanted and have none."""
    wanted = {entry["name"] for entry in plan.project.vars["surfaces"]}
    surfaces = before.surfaces()
    if not surfaces or not reader.has_table("main", LISTS):
        return {}
    now = dict(reader.rows(COUNTED.format(quoted("main", LISTS))))
    return {
        f'surface "{name}" of {LISTS}': rows
        for name, rows in surfaces.items()
        if name in wanted and name not in now
    }
