"""What a published version is made of: run, code, vars, data, and its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from recsql import __version__
from recsql.compilation.compiler import Plan
from recsql.config.declared import runner_vars
from recsql.config.git import git_commit
from recsql.engine.runs import builders
from recsql.engine.warehouse import Warehouse
from recsql.errors import WarehouseError
from recsql.publishing.versions import MANIFEST, Versions

EVENTS = "int_events"
LISTS = "rec_for_user"
RUNS = "mon_refreshes"


@dataclass(frozen=True)
class Manifest:
    """The facts of one version; times are UTC, vars (of models) are JSON.

    `run_id` published it; `runs` built the tables, each in full; `prints` say of what.
    """

    version: int
    run_id: str
    published_at: str
    first_event_at: str | None
    last_event_at: str | None
    git_commit: str | None
    recsql_version: str
    duckdb_version: str
    vars: str
    tables: Mapping[str, int]
    runs: Mapping[str, str | None]
    prints: Mapping[str, str]

    def write(self, folder: Path) -> None:
        """Write the facts beside the files, with size and SHA-256 of each file."""
        files = {
            str(path.relative_to(folder)): {
                "bytes": path.stat().st_size,
                "sha256": _checksum(path),
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        content = {**asdict(self), "vars": json.loads(self.vars), "files": files}
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def describe(
    plan: Plan,
    warehouse: Warehouse,
    published: tuple[int, str],
    tables: Mapping[str, int],
    prints: Mapping[str, str],
) -> Manifest:
    """Return the manifest of what is built now, for a version and who publishes it."""
    version, run_id = published
    first = last = None
    if warehouse.has_table("main", EVENTS):
        ((first, last),) = warehouse.rows(
            f"select min(event_at), max(event_at) from main.{EVENTS}"
        )
    return Manifest(
        version=version,
        run_id=run_id,
        published_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        first_event_at=_text(first),
        last_event_at=_text(last),
        git_commit=git_commit(plan.project.root),
        recsql_version=__version__,
        duckdb_version=duckdb.__version__,
        vars=json.dumps(model_vars(plan), default=str),
        tables=tables,
        runs=_runs(plan, warehouse, run_id, tables),
        prints=prints,
    )


def _runs(
    plan: Plan, warehouse: Warehouse, run_id: str, names: Iterable[str]
) -> dict[str, str | None]:
    """Return who built each table; views are made by whoever publishes.

    Rows that backtests add say themselves of which run they are. What dbt built is of
    the run that its lists name.
    """
    known, default = builders(warehouse), built_by(plan, warehouse)
    kinds = {name: warehouse.kinds.get(name) for name in names}
    return {
        name: known.get(name, (run_id if kind == "view" else default))
        if name in plan.models
        else None
        for name, kind in kinds.items()
    }


def built_by(plan: Plan, warehouse: Warehouse) -> str:
    """Return the last run that built tables: this one, or an earlier one's.

    Lists that nothing changed are of the run that made them; that a later one went over
    them, all refreshes know.
    """
    asked = {
        LISTS: f"select run_id, generated_at from main.{LISTS}",
        RUNS: f"select run_id, started_at from main.{RUNS}",
    }
    there = [sql for name, sql in asked.items() if warehouse.has_table("main", name)]
    if there:
        runs = f"({' union '.join(there)}) as runs (run_id, began_at)"
        for (run_id,) in warehouse.rows(
            f"select arg_max(run_id, began_at) from {runs}"
        ):
            return str(run_id or plan.renderer.invocation_id)
    return plan.renderer.invocation_id


def read_manifest(versions: Versions, number: int) -> dict[str, Any]:
    """Return the manifest of a version.

    Raises:
        WarehouseError: it cannot be read.
    """
    path = versions.path(number) / MANIFEST
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseError(
            f"{path}: not a manifest: {error}. Roll back to another version."
        ) from None
    return content


def verify(versions: Versions, number: int) -> None:
    """Compare the files of a version with the checksums taken when it was published.

    Raises:
        WarehouseError: a file is missing or is not what was published.
    """
    folder = versions.path(number)
    for name, seen in read_manifest(versions, number)["files"].items():
        path = folder / name
        if not path.is_file() or _checksum(path) != seen["sha256"]:
            raise WarehouseError(
                f"{path}: missing or changed since it was published. "
                "Roll back to another version, or publish anew: recsql publish"
            )


def model_vars(plan: Plan) -> dict[str, Any]:
    """Return the vars that tables depend on: no places, passwords or commands.

    In the order of their names; within one the order stays: variants are drawn by it.
    """
    given = plan.project.vars
    return {name: given[name] for name in sorted(given) if name not in runner_vars()}


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text(moment: Any) -> str | None:
    return None if moment is None else str(moment)
