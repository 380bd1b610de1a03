"""The questions in `queries/`: parameterised SQL that commands ask of a warehouse.

dbt calls such files analyses and compiles them; what is asked about are vars.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recsql.errors import InputError
from recsql.project import Project
from recsql.render import Renderer
from recsql.shows import Shown
from recsql.warehouse import open_warehouse


def explain(project: Project, user: str, item: str) -> Shown:
    """Say whether a user may be shown an item, and where it stands everywhere.

    Raises:
        InputError: nothing is built yet.
    """
    asked = project.with_vars({"asked_user": user, "asked_item": item})
    build = project.profile.build_path
    names = ("explain_eligibility", "explain_item", "explain_surfaces")
    parts = [_ask(asked, name, build) for name in names]
    return Shown(parts[0].headers, tuple(row for part in parts for row in part.rows))


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


def compare_runs(project: Project, runs: Sequence[str]) -> Shown:
    """Say where two runs of backtests differ; a run is named by its first letters.

    Raises:
        InputError: there is no such run, or several.
    """
    build = project.profile.build_path
    options: dict[str, Any] = {**project.profile.settings, "access_mode": "read_only"}
    with open_warehouse(build, options, must_exist=True) as warehouse:
        if "eval_runs" not in warehouse.kinds:
            raise InputError("compare: no run is kept yet. Run: recsql backtest")
        known = [
            run
            for (run,) in warehouse.rows(
                "select run_id from main.eval_runs group by run_id "
                "order by max(generated_at) desc, run_id"
            )
        ]
    found = [_one_run(name, known) for name in runs]
    shown = _ask(project.with_vars({"asked_runs": found}), "compare_runs", build)
    if not shown.rows:
        raise InputError("compare: the two runs have no list and metric in common.")
    return shown


def _one_run(name: str, known: Sequence[str]) -> str:
    matches = [run for run in known if run.startswith(name)]
    if len(matches) != 1:
        some = ", ".join(known[:5])
        raise InputError(
            f'compare: {len(matches)} runs begin with "{name}". The latest are: {some}.'
        )
    return matches[0]


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
