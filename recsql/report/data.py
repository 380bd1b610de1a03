"""What `recsql report` tells: answers of queries/report, models, manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from recsql.compilation.compiler import compile_project
from recsql.compilation.render import Renderer
from recsql.config.project import Project
from recsql.config.settings import metric_definitions, rising_metrics
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError, InUse, WarehouseError
from recsql.publishing.manifest import read_manifest
from recsql.publishing.versions import Versions
from recsql.questions.queries import answer, diff, render_query

PREFIX = "report_"
CHANGE_DEPTH = 10  # places of a list that are compared, as in `recsql diff`


@dataclass(frozen=True)
class Part:
    """The answer of a query: its rows, or the tables that are not there."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def dicts(self) -> list[dict[str, Any]]:
        """Return the rows with the names of their columns."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Model:
    """A model of the lineage graph."""

    name: str
    layer: str
    description: str
    parents: tuple[str, ...]
    kind: str
    is_public: bool
    rows: int | None


@dataclass(frozen=True)
class Answers:
    """All that the page is made from."""

    project: Project
    parts: Mapping[str, Part]  # by name of the query, without its prefix
    models: tuple[Model, ...]  # in build order
    descriptions: Mapping[str, str]  # by published table
    formulas: Mapping[str, str]  # by metric
    rising: frozenset[str]  # metrics of which more is better
    manifest: Mapping[str, Any]
    build_is_read: bool
    before: Mapping[str, Any] | None = None  # manifest of the version before


def gather(project: Project) -> Answers:
    """Ask everything of what is published and built, read-only.

    Raises:
        InputError: nothing is published.
    """
    if not project.profile.published_path.exists():
        raise InputError("report: nothing is published yet. Run: recsql refresh")
    metrics = metric_definitions(project)
    renderer = Renderer(project)
    versions = Versions(project.profile.folder)
    manifest = read_manifest(versions, versions.current or 0)
    before, changed = _change(project, versions)
    with _files(project) as files:
        return Answers(
            project=project,
            parts={**_parts(renderer, files), **changed},
            models=_models(project, files[-1]),
            descriptions={
                name: _description(project, renderer, name)
                for name in manifest["tables"]
            },
            formulas={name: row["formula"] for name, row in metrics.items()},
            rising=rising_metrics(project),
            manifest=manifest,
            build_is_read=len(files) > 1,
            before=before,
        )


def _change(
    project: Project, versions: Versions
) -> tuple[Mapping[str, Any] | None, dict[str, Part]]:
    """Say what readers see that they did not in the version before, if one is kept."""
    current = versions.current or 0
    older = [number for number in versions.numbers if number < current]
    found = None
    if older:
        # an older version may have other tables or columns than now
        with suppress(InputError, WarehouseError):
            found = diff(project, (older[-1], current), CHANGE_DEPTH)
    parts = {
        f"diff_{name}": Part(shown.headers, shown.rows) if shown else Part()
        for name in ("surfaces", "users", "items", "tables")
        for shown in [getattr(found, name, None)]
    }
    return (found.older if found else None), parts


@contextmanager
def _files(project: Project) -> Iterator[list[Warehouse]]:
    """Open the published file and, unless a process is writing it, the build."""
    profile = project.profile
    options = {**profile.settings, "access_mode": "read_only"}
    with ExitStack() as stack:
        files = [stack.enter_context(open_warehouse(profile.published_path, options))]
        if profile.build_path.exists():
            try:
                build = stack.enter_context(open_warehouse(profile.build_path, options))
            except InUse:
                pass
            else:
                files.append(build)
        yield files


def _parts(renderer: Renderer, files: list[Warehouse]) -> dict[str, Part]:
    """Ask each query of the first file that has all of its tables."""
    parts = {}
    for query in renderer.project.queries:
        if not query.startswith(PREFIX):
            continue
        sql = render_query(renderer, query)
        tables = renderer.referenced()
        missing = [
            tuple(table for table in tables if table not in file.kinds)
            for file in files
        ]
        name = query.removeprefix(PREFIX)
        if () in missing:
            shown = answer(files[missing.index(())], sql)
            parts[name] = Part(tuple(shown.headers), tuple(shown.rows))
        else:
            parts[name] = Part(missing=missing[-1])
    return parts


def _models(project: Project, file: Warehouse) -> tuple[Model, ...]:
    """Return what the project builds, and what its backtests build."""
    as_of = project.vars["as_of"] or "2000-01-01"
    plan = compile_project(project.with_vars({"as_of": as_of}))
    counted = file.rows("select table_name, estimated_size from duckdb_tables()")
    rows = dict(counted)
    models = []
    for name in plan.graph.order:
        compiled = plan.models.get(name)
        models.append(
            Model(
                name=name,
                layer=compiled.model.layer if compiled else "seeds",
                description=_description(project, plan.renderer, name),
                parents=plan.graph.nodes[name].parents,
                kind=compiled.config.get("materialized", "") if compiled else "seed",
                is_public=name in plan.public,
                rows=rows.get(name),
            )
        )
    return tuple(models)


def _description(project: Project, renderer: Renderer, name: str) -> str:
    described = project.properties.get(name)
    if described is None:
        return ""
    text = renderer.render_text(described.description, described.path)
    return text.strip().replace("`", "")
