"""Publishing: public tables become a new version, which one rename shows to readers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import literal, quoted
from recsql.config.access import access_of
from recsql.config.profile import Profile
from recsql.config.project import Project
from recsql.config.remembered import keep_all
from recsql.engine import stops
from recsql.engine.runs import builders, unfinished
from recsql.engine.warehouse import Warehouse, transaction, translated
from recsql.errors import InputError, WarehouseError, reason
from recsql.publishing.catalog import comment, write_catalog, write_manifest
from recsql.publishing.destinations import deliver, write_parquet
from recsql.publishing.drafts import Draft, begin
from recsql.publishing.emptied import require_lists
from recsql.publishing.manifest import (
    Manifest,
    built_by,
    describe,
    read_manifest,
    verify,
)
from recsql.publishing.versions import Versions

FRESH = "fresh"
THERE = "select table_name from duckdb_tables() where database_name = ?"


@dataclass(frozen=True)
class Published:
    """The file or schema readers open, its version, and the rows of its tables."""

    path: Path | str
    version: int
    tables: Mapping[str, int]
    seconds: float


def publish(plan: Plan, warehouse: Warehouse, run_id: str | None = None) -> Published:
    """Write every public table to a new version and let readers see it in one step.

    Readers of an older version keep it until they close it; nobody waits and nobody
    sees half a refresh.

    Args:
        plan: the compiled project.
        warehouse: where its tables are built.
        run_id: who publishes; None: the run that built the lists.

    Raises:
        InputError: a public table has not been built, or is of a run that did not end.
        ModelError: a list that readers see now would be empty.
        WarehouseError: the version cannot be written; what is published is unchanged.
    """
    started = time.perf_counter()
    names = _tables(plan, warehouse)
    require_lists(plan, warehouse, names)
    versions = Versions(plan.project.profile.folder)
    target = plan.project.profile.published_path
    try:
        draft = begin(plan, warehouse, versions, names)
        number = draft.number
        with translated(f"publish {target}"):
            who = run_id or built_by(plan, warehouse)
            manifest = _write(plan, warehouse, names, draft, who)
            write_parquet(plan.project, draft)
        keep_all()  # of descriptions and tests, too
        manifest.write(draft.folder)
        versions.seal(number, access_of(plan.project))
        deliver(plan.project, draft.folder)
        versions.finish(number)
        stops.hold()
        versions.show(number)
    except OSError as error:
        raise WarehouseError(
            f"publish {target}: {reason(error.strerror)}. What is published is "
            "unchanged."
        ) from None
    finally:
        with suppress(OSError):  # the next publish sweeps, too
            versions.sweep()
    with suppress(OSError):  # and prunes
        versions.prune(plan.project.vars["keep_versions"])
    return Published(target, number, manifest.tables, time.perf_counter() - started)


def rollback(project: Project, number: int | None = None) -> int:
    """Show readers an older version again: the given one, or the one before.

    Databases that are published to are filled from that version.

    Raises:
        InputError: there is no such version.
        WarehouseError: its files are not what was published.
    """
    versions = Versions(project.profile.folder)
    known, current = versions.numbers, versions.current
    older = [n for n in known if current is not None and n < current]
    wanted = older[-1] if number is None and older else number
    if wanted is None or wanted not in known:
        kept = ", ".join(str(n) for n in known) or "none"
        asked = f"version {wanted}" if wanted else "older version"
        raise InputError(f"rollback: there is no {asked}. Kept are: {kept}.")
    verify(versions, wanted)
    deliver(project, versions.path(wanted))
    stops.hold()
    versions.show(wanted)
    return wanted


def kept_versions(profile: Profile) -> list[tuple[Any, ...]]:
    """Return each version's number, time, last event, rows, run, and if it is read."""
    versions = Versions(profile.folder)
    rows = []
    for number in versions.numbers:
        manifest = read_manifest(versions, number)
        facts = (manifest["published_at"], manifest["last_event_at"])
        count = sum(manifest["tables"].values())
        is_current = number == versions.current
        rows.append((number, *facts, count, manifest["run_id"], is_current))
    return rows


def _tables(plan: Plan, warehouse: Warehouse) -> list[str]:
    """Return the public tables; those that only a backtest fills may be absent.

    What a run built of a model that the vars have switched off since is left out. Where
    dbt built it all, so may be those that read the history of refreshes.
    """
    names, old = [], builders(warehouse)
    for name in plan.public:
        if name not in plan.models and name in old:
            continue
        if warehouse.has_table("main", name):
            names.append(name)
        elif name in plan.models and (old or name in _without_history(plan)):
            raise InputError(f"publish: {name} has not been built. Run: recsql build")
    if torn := unfinished(warehouse, names):
        more = f" and {len(torn) - 1} more are" if len(torn) > 1 else " is"
        raise InputError(
            f"publish: {torn[0]}{more} of a run that did not come to its end, so that "
            "tables of two runs would be mixed. Run: recsql refresh"
        )
    return names


def _without_history(plan: Plan) -> Mapping[str, Any]:
    """Return the models that dbt has, too, which keeps no history of refreshes."""
    return compile_project(plan.project.with_vars({"refresh_history": False})).models


def _write(
    plan: Plan,
    warehouse: Warehouse,
    names: list[str],
    draft: Draft,
    run_id: str,
) -> Manifest:
    connection = warehouse.connection
    version = literal(str(plan.project.vars["publish_storage_version"]))
    connection.execute(
        f"attach {literal(str(draft.path))} as {FRESH} (storage_version {version})"
    )
    try:
        for (name,) in connection.execute(THERE, [FRESH]).fetchall():
            if name not in draft.kept:
                connection.execute(f"drop table {quoted(FRESH, 'main', name)}")
        rows = {name: _copy(plan, warehouse, draft, name) for name in names}
        manifest = describe(plan, warehouse, (draft.number, run_id), rows, draft.prints)
        with transaction(connection):
            for name in names:
                comment(warehouse, (FRESH, name), texts_of(plan, name))
            write_manifest(warehouse, FRESH, manifest)
            write_catalog(warehouse, FRESH)
        connection.execute(f"checkpoint {FRESH}")
    finally:
        with suppress(duckdb.Error):  # it would hide why the file cannot be written
            connection.execute(f"detach {FRESH}")
    return manifest


def _copy(plan: Plan, warehouse: Warehouse, draft: Draft, name: str) -> int:
    """Bring a table into the draft, where it is not there yet; return its rows."""
    relation = quoted(FRESH, "main", name)
    if name in draft.kept:
        ((count,),) = warehouse.rows(f"select count(*) from {relation}")
        return int(count)
    described = plan.project.properties.get(name)
    # in the order of the key, so that lookups by user or item read few blocks
    key = ", ".join(described.reading_order if described else ()) or "all"
    counted = warehouse.connection.execute(
        f"create table {relation} as from {quoted('main', name)} order by {key}"
    ).fetchall()
    return int(counted[0][0])


def texts_of(plan: Plan, name: str) -> dict[str, str]:
    """Return the descriptions of a table, under no name, and of its columns."""
    described = plan.project.properties.get(name)
    if described is None:
        return {}
    texts = {"": described.description}
    texts |= {c.name: c.description for c in described.columns.values()}
    render = plan.renderer.render_text
    return {key: render(text, described.path).strip() for key, text in texts.items()}
