"""The questions in `queries/`: parameterised SQL that commands ask of a warehouse.

dbt calls such files analyses and compiles them; what is asked about are vars.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recsql.errors import InputError
from recsql.project import Project
from recsql.render import Renderer
from recsql.shows import Shown
from recsql.warehouse import open_warehouse


def explain(project: Project, user: str, item: str) -> Shown:
    """Say where an item stands for a user in every source and on every surface.

    Raises:
        InputError: nothing is built yet.
    """
    asked = project.with_vars({"asked_user": user, "asked_item": item})
    build = project.profile.build_path
    facts, surfaces = (
        _ask(asked, name, build) for name in ("explain_item", "explain_surfaces")
    )
    return Shown(facts.headers, (*facts.rows, *surfaces.rows))


def complete_basket(project: Project, items: list[str], limit: int) -> Shown:
    """Say what goes with the items of a basket, best first.

    Raises:
        InputError: nothing is published or built yet, or no item is known.
    """
    profile = project.profile
    published = profile.published_path
    path = published if published.exists() else profile.build_path
    shown = _ask(project.with_vars({"asked_basket": items}), "complete_basket", path)
    if not shown.rows:
        raise InputError(
            f"show --basket: no item of {', '.join(items)} is in rec_complements. "
            "Give item_ids, separated by commas."
        )
    return Shown(shown.headers, shown.rows[:limit])


def _ask(project: Project, name: str, path: Path) -> Shown:
    """Render a query with the project's vars and run it, read-only."""
    file = project.queries[name]
    renderer = Renderer(project)
    sql = renderer.render_text(file.read_text(encoding="utf-8"), file)
    options: dict[str, Any] = {**project.profile.settings, "access_mode": "read_only"}
    with open_warehouse(path, options, must_exist=True) as warehouse:
        for table in renderer.referenced():
            if table not in warehouse.kinds:
                raise InputError(
                    f"{project.relative(file)}: {path} has no table {table}. "
                    "Run: recsql refresh"
                )
        headers = [row[0] for row in warehouse.rows(f"describe {sql}")]
        return Shown(tuple(headers), tuple(warehouse.rows(sql)))
