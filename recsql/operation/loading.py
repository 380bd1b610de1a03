"""Raw tables of a project: loaded as a whole, and without who is forgotten."""

from __future__ import annotations

from collections.abc import Callable

from recsql.compilation.render import quoted
from recsql.config.project import Project, builtin_root
from recsql.engine import suppression
from recsql.engine.loader import Loaded
from recsql.engine.malformed import TABLE as MALFORMED
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.operation import clusters
from recsql.operation.traces import rewrite


def load(
    project: Project, name: str, read: Callable[[Warehouse, str, str], Loaded]
) -> tuple[Loaded, int]:
    """Load a raw table; return what was loaded, and how many rows are left out again.

    Args:
        project: whose warehouse.
        name: the table's name.
        read: loads it, given the warehouse, the raw schema and the name.

    Raises:
        InputError: the name is taken, or what is to be loaded cannot be read.
    """
    _require_free(project, name)
    profile, schema = project.profile, str(project.vars["raw_schema"])
    if profile.cluster is not None:
        with open_warehouse(None, {}) as between:
            loaded = read(between, schema, name)
            rows = between.arrow(f"select * from {quoted(schema, name)}")
        clusters.load(project, name, rows)
        return loaded, 0
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        loaded = read(warehouse, schema, name)
        left_out = suppression.drop(project, warehouse, name)
    if left_out:
        rewrite(profile.build_path)  # their bytes go, too
    return loaded, left_out


def _require_free(project: Project, name: str) -> None:
    """Refuse the names of raw tables that recsql itself writes.

    Raises:
        InputError: the name is one of them.
    """
    own = {
        source.identifier: source.path
        for source in project.sources.values()
        if source.path.is_relative_to(builtin_root()) and "{{" not in source.identifier
    }
    if name.lower() in {*own, MALFORMED} or name.lower().startswith("refresh_"):
        raise InputError(
            f'load: "{name}" is a raw table that recsql keeps itself. Use another '
            "name, and map it in dbt_project.yml, e.g. vars: items: table: my_items."
        )
