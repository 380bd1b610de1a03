"""Lists that readers see and that would be gone: not published, whatever the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recsql.compilation.compiler import Plan
from recsql.compilation.render import quoted
from recsql.engine.warehouse import Warehouse
from recsql.errors import ModelError, WarehouseError
from recsql.publishing.manifest import LISTS, read_manifest
from recsql.publishing.published import open_version
from recsql.publishing.versions import Versions

PREFIX = "rec_"
ANY = "all"


def require_lists(plan: Plan, warehouse: Warehouse, names: Sequence[str]) -> None:
    """Refuse to publish a list without rows where the one that is read has some.

    Lists are the public tables, and in rec_for_user each surface that still is one.

    Raises:
        ModelError: names the lists, and how to have them empty on purpose.
    """
    allowed = set(plan.project.vars["may_be_empty"])
    versions = Versions(plan.project.profile.folder)
    if ANY in allowed or versions.current is None:
        return
    try:
        before = read_manifest(versions, versions.current)["tables"]
    except WarehouseError:
        return  # what is read is broken: any version is better
    emptied = {
        name: before[name]
        for name in names
        if name.startswith(PREFIX)
        and name not in allowed
        and before.get(name)
        and not warehouse.rows(f"select 1 from {quoted('main', name)} limit 1")
    }
    gone = {} if {LISTS} & {*allowed, *emptied} else _gone(plan, warehouse, versions)
    lists = [f"{name} ({rows:,} rows)" for name, rows in {**emptied, **gone}.items()]
    if lists:
        names_allowed = ", ".join(dict.fromkeys([*emptied, *([LISTS] if gone else [])]))
        raise ModelError(
            f"publish: empty now, but not in version {versions.current}, which stays: "
            f"{', '.join(lists)}. Where that is meant, once: "
            f"--vars '{{may_be_empty: [{names_allowed}]}}'"
        )


def _gone(plan: Plan, warehouse: Warehouse, versions: Versions) -> Mapping[str, int]:
    """Return the rows of surfaces that had some, are still wanted and have none."""
    wanted = {entry["name"] for entry in plan.project.vars["surfaces"]}
    counted = "select surface, count(*) from {} group by surface"
    with open_version(plan.project, versions.path(versions.current or 0)) as version:
        if LISTS not in version.tables:
            return {}
        query = counted.format(version.relation(LISTS))
        before = dict(version.connection.execute(query).fetchall())
    if not warehouse.has_table("main", LISTS):
        return {}
    now = dict(warehouse.rows(counted.format(quoted("main", LISTS))))
    return {
        f'surface "{name}" of {LISTS}': rows
        for name, rows in before.items()
        if name in wanted and name not in now
    }
