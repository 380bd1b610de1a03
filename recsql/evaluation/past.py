"""A scratch warehouse in which the models are built as of a past moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import literal, quoted
from recsql.config.files import note_written, written
from recsql.config.project import Project
from recsql.engine.contents import Contents
from recsql.engine.fingerprints import seal_of
from recsql.engine.inputs import create_raw_tables, require_inputs, thresholds_of
from recsql.engine.runner import run_models
from recsql.engine.suppression import suppressing
from recsql.engine.warehouse import Warehouse, open_warehouse, require_file
from recsql.errors import InputError
from recsql.operation.events import Listener
from recsql.operation.tally import Tally

ORIGIN = "origin"


@contextmanager
def scratch_warehouse(project: Project, name: str) -> Iterator[Warehouse]:
    """Open a new file of that name beside the build, which it reads as `origin`."""
    remove_scratch(project, name)
    build = project.profile.build_path
    require_file(build)
    with open_warehouse(build, project.profile.settings) as warehouse:
        create_raw_tables(project, warehouse, [thresholds_of(project)])
    with open_scratch(project, name) as warehouse:
        yield warehouse


@contextmanager
def open_scratch(project: Project, name: str) -> Iterator[Warehouse]:
    """Open a scratch warehouse again, with what was built there."""
    build = project.profile.build_path
    require_file(build)
    scratch = build.with_name(name)
    note_written(scratch.parent, scratch, "scratch")
    with open_warehouse(scratch, project.profile.settings) as warehouse:
        warehouse.rows(f"attach {literal(str(build))} as {ORIGIN} (read_only)")
        yield warehouse


def remove_scratch(project: Project, name: str) -> None:
    """Remove a scratch warehouse, the log of its changes and its seal.

    Raises:
        InputError: there is such a file, and recsql did not make it.
    """
    scratch = project.profile.build_path.with_name(name)
    ours = {path for path, _, _ in written(scratch.parent)}
    if scratch.exists() and scratch.resolve() not in ours:
        raise InputError(
            f"{scratch}: recsql needs this name for a file of its own, and did not "
            "make this one. Move it away."
        )
    for leftover in (scratch, scratch.with_name(f"{name}.wal"), seal_of(scratch)):
        leftover.unlink(missing_ok=True)


def event_range(project: Project, warehouse: Warehouse) -> tuple[datetime, datetime]:
    """Return the time of the first event, and the whole second after the last one.

    Events of the future do not count. Windows are half-open: one that ends there holds
    the last event, and windows side by side hold each event once.

    Raises:
        InputError: no event has a readable time.
    """
    plan = _compile(suppressing(project, warehouse, ORIGIN))
    names = plan.graph.select(["+stg_events"])
    require_inputs(plan, warehouse, names, ORIGIN)
    for result in run_models(plan, warehouse, names, 1):
        if result.error:
            raise result.error
    now = plan.renderer.run_started_at.replace(tzinfo=None)
    ((first, last),) = warehouse.rows(
        "select min(event_at), max(event_at) from main.stg_events where event_at <= ?",
        [now],
    )
    if first is None:
        raise InputError("backtest: there is no event with a readable time.")
    return first, last.replace(microsecond=0) + timedelta(seconds=1)


def build_as_of(
    project: Project,
    warehouse: Warehouse,
    wanted: Sequence[str],
    threads: int,
    listener: Listener,
    built: dict[str, str] | None = None,
) -> Plan:
    """Build and test the wanted models with all they need, by var as_of.

    Args:
        project: what to build.
        warehouse: a scratch warehouse.
        wanted: selectors of models.
        threads: how many models are built at once.
        listener: is told what happens.
        built: fingerprints of what is in the warehouse, changed in place; what is still
            the same is not built again.

    Raises:
        InputError: a model reads raw tables past the staging models, or one is missing.
        ModelError: a model failed.
        TestsFailed: a test failed, e.g. that nothing later than as_of was seen.
    """
    plan = _compile(suppressing(project, warehouse, ORIGIN))
    names = plan.graph.select(wanted)
    _require_staging(plan, names)
    require_inputs(plan, warehouse, names, ORIGIN)
    built = {} if built is None else built
    prints = fingerprints(plan, names)
    changed = tuple(name for name in names if built.pop(name, None) != prints[name])
    built.update((name, prints[name]) for name in names if name not in changed)
    tally = Tally(listener)
    tally.build(len(changed), run_models(plan, warehouse, changed, threads))
    tally.check(plan, changed, Contents(plan, warehouse, changed), threads)
    tally.raise_if_checks_failed(" The figures were not kept.")
    built.update(prints)
    return plan


def plan_as_of(project: Project, wanted: Sequence[str]) -> tuple[Plan, dict[str, str]]:
    """Return the plan of build_as_of, and the fingerprints of what it would build."""
    plan = _compile(project)
    return plan, fingerprints(plan, plan.graph.select(wanted))


def fingerprints(plan: Plan, names: Sequence[str]) -> dict[str, str]:
    """Return what tells whether a model would be built as before: its SQL and parents'.

    Who built it, and when, does not count.
    """
    found: dict[str, str] = {}
    for name in names:
        compiled = plan.models.get(name)
        sql = compiled.sql if compiled else plan.project.seeds[name].read_text("utf-8")
        sql = plan.renderer.timeless(sql)
        parents = [found.get(parent, "") for parent in plan.graph.nodes[name].parents]
        found[name] = sha256("\n".join([sql, *parents]).encode()).hexdigest()
    return found


def _compile(project: Project) -> Plan:
    """Compile so that raw tables are read from the attached main warehouse."""
    return compile_project(project, lambda *parts: quoted(ORIGIN, *parts))


def _require_staging(plan: Plan, names: Sequence[str]) -> None:
    """Refuse models that could see later events, as only staging leaves these out."""
    for name in names:
        model = plan.models.get(name)
        if model and model.sources and model.model.layer != "staging":
            raw = model.sources[0].removeprefix(f"{ORIGIN}.")
            raise InputError(
                f"{model.file}: reads {raw} itself, so that events later "
                "than as_of cannot be hidden from it. Read stg_events or another model "
                "of sql/staging."
            )
