"""The questions in `queries/`: parameterised SQL that commands ask of a warehouse.

dbt calls such files analyses and compiles them; what is asked about are vars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsql.compilation.render import Renderer, literal, quoted
from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.publishing.manifest import read_manifest
from recsql.publishing.versions import FILE, Versions
from recsql.questions.ids import as_typed, id_type
from recsql.questions.shows import Shown

SIDES = ("older", "newer")


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
    shown = _ask(project, "basket", path, {"items": items, "region": "all"})
    if not shown.rows:
        raise InputError(
            f"show --basket: no item of {', '.join(items)} is in rec_item_page. "
            "Give item_ids, separated by commas."
        )
    return Shown(shown.headers, shown.rows[:limit], len(shown.rows))


def compare_runs(project: Project, runs: Sequence[str]) -> tuple[Shown, int]:
    """Say where two runs of backtests differ, and how many figures are the same.

    A run is named by its first letters.

    Raises:
        InputError: there is no such run, or several.
    """
    build = project.profile.build_path
    options: dict[str, Any] = {**project.profile.settings, "access_mode": "read_only"}
    with open_warehouse(build, options, must_exist=True) as warehouse:
        if "eval_runs" not in warehouse.kinds:
            raise InputError("compare: no run is kept yet. Run: recsql backtest")
        truths: dict[str, str] = dict(
            warehouse.rows(
                "select run_id, min(truth) from main.eval_runs group by run_id "
                "order by max(generated_at) desc, run_id"
            )
        )
    found = [_one_run(name, list(truths)) for name in runs]
    if len({truths[run] for run in found}) > 1:
        told = " and ".join(f"{run} by eval_truth: {truths[run]}" for run in found)
        raise InputError(
            f"compare: figures of different truths do not compare: {told}. "
            "Run recsql backtest again with one of them."
        )
    shown = _ask(project.with_vars({"asked_runs": found}), "compare_runs", build)
    if not shown.rows:
        raise InputError("compare: the two runs have no list and metric in common.")
    place = shown.headers.index("difference")
    rows = tuple(row for row in shown.rows if row[place] != 0)
    return Shown(shown.headers, rows), len(shown.rows) - len(rows)


@dataclass(frozen=True)
class Difference:
    """Two published versions, and the answers of four questions about them."""

    older: Mapping[str, Any]
    newer: Mapping[str, Any]
    surfaces: Shown
    users: Shown
    items: Shown
    tables: Shown


def diff(project: Project, asked: Sequence[int], depth: int) -> Difference:
    """Say what changed for readers between two versions; by default the last two.

    Raises:
        InputError: there are no such versions, or one has no lists.
    """
    versions = Versions(project.profile.folder)
    numbers = _two_versions(versions, asked)
    settings = project.profile.settings
    with open_warehouse(None, settings) as warehouse:
        for side, number in zip(SIDES, numbers, strict=True):
            file = literal(str(versions.path(number) / FILE))
            warehouse.rows(f"attach {file} as {side} (read_only)")
            for table in ("rec_for_user", "manifest"):
                if not warehouse.has_table("main", table, side):
                    raise InputError(f"diff: version {number} has no table {table}.")
        renderer = Renderer(project.with_vars({"asked_depth": depth}))
        renderer.source_relation = lambda side, table: quoted(side, "main", table)
        answers = {
            name: answer(warehouse, render_query(renderer, f"diff_{name}"))
            for name in ("surfaces", "users", "items", "tables")
        }
    older, newer = (read_manifest(versions, number) for number in numbers)
    return Difference(older, newer, **answers)


def _two_versions(versions: Versions, asked: Sequence[int]) -> list[int]:
    """Return the older and the newer version; who names one means it and the last."""
    known = versions.numbers
    wanted = [*asked, *(n for n in known[-1:] if len(asked) == 1)] or known[-2:]
    missing = [n for n in wanted if n not in known]
    if missing or len(set(wanted)) < 2:
        kept = ", ".join(map(str, known)) or "none"
        what = f"there is no version {missing[0]}" if missing else "name two versions"
        raise InputError(f"diff: {what}. Kept are: {kept}; see var keep_versions.")
    return sorted(wanted)


def _one_run(name: str, known: Sequence[str]) -> str:
    matches = [run for run in known if run.startswith(name)]
    if len(matches) != 1:
        some = ", ".join(known[:5])
        raise InputError(
            f'compare: {len(matches)} runs begin with "{name}". The latest are: {some}.'
        )
    return matches[0]


def _ask(
    project: Project, name: str, path: Path, given: Mapping[str, Any] | None = None
) -> Shown:
    """Render a query with the project's vars and run it, read-only.

    What is given is bound to the parameters of the query, such as `$items`, whose ids
    become values of the type they are published as.
    """
    renderer = Renderer(project)
    sql = render_query(renderer, name)
    options: dict[str, Any] = {**project.profile.settings, "access_mode": "read_only"}
    with open_warehouse(path, options, must_exist=True) as warehouse:
        for table in renderer.referenced():
            if table not in warehouse.kinds:
                raise InputError(
                    f"{project.relative(project.queries[name])}: {path} has no table "
                    f"{table}. Run: recsql refresh"
                )
        if given is not None:
            kind = id_type(warehouse.rows, "item_id")
            items = as_typed(warehouse.rows, kind, given["items"])
            given = {**given, "items": items}
        return answer(warehouse, sql, given)


def render_query(renderer: Renderer, name: str) -> str:
    """Return the SQL of a query of the project, with the vars of the renderer."""
    file = renderer.project.queries[name]
    return renderer.render_text(file.read_text(encoding="utf-8"), file)


def answer(
    warehouse: Warehouse, sql: str, given: Mapping[str, Any] | None = None
) -> Shown:
    """Return what a query finds, with the names of its columns."""
    headers = [row[0] for row in warehouse.rows(f"describe {sql}", given)]
    return Shown(tuple(headers), tuple(warehouse.rows(sql, given)))
