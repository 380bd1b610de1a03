"""A scratch warehouse in which the models are built as of a past moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from recsql.compiler import Plan, compile_project
from recsql.errors import InputError
from recsql.inputs import require_inputs
from recsql.pipeline import Listener, Tally
from recsql.project import Project
from recsql.render import literal, quoted
from recsql.runner import run_models
from recsql.warehouse import Warehouse, open_warehouse, require_file

ORIGIN = "origin"


@contextmanager
def scratch_warehouse(project: Project, name: str) -> Iterator[Warehouse]:
    """Open a new file of that name beside the build, which it reads as `origin`."""
    build = project.profile.build_path
    require_file(build)
    scratch = build.with_name(name)
    for leftover in scratch.parent.glob(f"{scratch.name}*"):
        leftover.unlink()
    with open_warehouse(scratch, project.profile.settings) as warehouse:
        warehouse.rows(f"attach {literal(str(build))} as {ORIGIN} (read_only)")
        yield warehouse


def event_range(project: Project, warehouse: Warehouse) -> tuple[datetime, datetime]:
    """Return the times of the first and last event that is not in the future.

    Raises:
        InputError: no event has a readable time.
    """
    plan = _compile(project)
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
    return first, last


def build_as_of(
    project: Project,
    warehouse: Warehouse,
    wanted: Sequence[str],
    threads: int,
    listener: Listener,
) -> Plan:
    """Build and test the wanted models with all they need, by var as_of.

    Raises:
        InputError: a model reads raw tables past the staging models, or one is missing.
        ModelError: a model failed.
        TestsFailed: a test failed, e.g. that nothing later than as_of was seen.
    """
    plan = _compile(project)
    names = plan.graph.select(wanted)
    _require_staging(plan, names)
    require_inputs(plan, warehouse, names, ORIGIN)
    tally = Tally(listener)
    tally.take(run_models(plan, warehouse, names, threads))
    tally.raise_if_models_failed()
    tally.check(plan, names, warehouse, threads)
    tally.raise_if_checks_failed(" The figures were not kept.")
    return plan


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
