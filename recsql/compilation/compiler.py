"""Project in, checked plan out: every enabled model rendered, the DAG built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from recsql.compilation import lineage
from recsql.compilation.contracts import with_contracts
from recsql.compilation.graph import Graph, Node
from recsql.compilation.render import Compiled, Renderer, quoted
from recsql.config.declared import runner_vars
from recsql.config.experiments import require_experiments
from recsql.config.expressions import expressions
from recsql.config.project import Project
from recsql.config.remembered import keep_all
from recsql.config.settings import (
    require_embedding,
    require_known,
    require_settings,
    require_types,
)
from recsql.config.shapes import require_shapes
from recsql.config.surfaces import require_surfaces
from recsql.errors import ProjectError, did_you_mean


@dataclass(frozen=True)
class Plan:
    """What a run needs: compiled models, the graph, and the renderer for tests.

    `public` names the tables that are published, also those that are switched off here.
    """

    project: Project
    models: Mapping[str, Compiled]
    graph: Graph
    renderer: Renderer
    public: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        """Say whether a user wrote any of it: what ships is tested."""
        origins = {model.origin for model in self.project.models.values()}
        return bool(self.project.own_vars) or len(origins) > 1

    def unused_vars(self) -> list[str]:
        """Return a warning for each var the user set and nothing reads."""
        known = self.renderer.vars_read | runner_vars()
        return [
            f"{self.project.entry(name)}: no model reads it.{did_you_mean(name, known)}"
            for name in sorted(self.project.own_vars - known)
        ]


def require_vars(project: Project) -> None:
    """Refuse vars that no model can use.

    Raises:
        ProjectError: names the var, what was seen and what it may be.
    """
    require_shapes(project)
    require_settings(project)
    require_known(project)
    require_types(project)
    require_embedding(project)
    require_experiments(project)
    require_surfaces(project)


def compile_project(
    project: Project, source_relation: Callable[..., str] = quoted
) -> Plan:
    """Check the vars, render all enabled models and check what they read.

    Args:
        project: what to compile.
        source_relation: names a raw table, given its schema and its name.

    Raises:
        ProjectError: a setting, a template, a reference or the graph is wrong.
    """
    require_vars(project)
    return compile_models(project, source_relation)


def compile_models(
    project: Project, source_relation: Callable[..., str] = quoted
) -> Plan:
    """Compile without asking whether the vars fit each other: unit tests set few.

    Raises:
        ProjectError: a template, a reference or the graph is wrong.
    """
    renderer = Renderer(project)
    renderer.source_relation = source_relation
    rendered = [renderer.render(model) for model in project.models.values()]
    enabled = {c.name: c for c in rendered if c.config.get("enabled", True)}
    models = with_contracts(project, enabled)
    for compiled in models.values():
        for ref in compiled.refs:
            if ref in project.models and ref not in models:
                raise ProjectError(
                    f'{compiled.file}: reads "{ref}", which the vars switch off.'
                )
        with _told_of_vars(project, compiled):
            lineage.check_tables(compiled, renderer.relation)
        _require_same_refs(compiled)
    keep_all()
    nodes = [
        Node(
            name=name,
            parents=compiled.refs,
            folder=compiled.model.folder,
            tags=frozenset(compiled.config.get("tags", [])),
        )
        for name, compiled in models.items()
    ]
    seeds = [Node(name, (), "seeds") for name in project.seeds]
    public = tuple(c.name for c in rendered if "public" in c.config.get("tags", []))
    return Plan(project, models, Graph([*nodes, *seeds]), renderer, public)


@contextmanager
def _told_of_vars(project: Project, compiled: Compiled) -> Iterator[None]:
    """Name the expression in vars that brought a table which nobody gave the model."""
    try:
        yield
    except ProjectError as error:
        for written in expressions(project.vars):
            if written.var not in compiled.vars:
                continue
            for table in lineage.tables_named(written.text):
                if f'reads table "{table}"' in str(error):
                    raise ProjectError(
                        f"{project.entry(written.place)}: {written.text}: "
                        f'reads table "{table}", which is no part of {compiled.file}. '
                        "Join it in a model of your own, and map that."
                    ) from None
        raise


def _require_same_refs(compiled: Compiled) -> None:
    """Refuse what dbt would: a ref that only the incremental branch has."""
    addition = compiled.incremental
    extra = set(addition.refs) - set(compiled.refs) if addition else set()
    if extra:
        raise ProjectError(
            f'{compiled.file}: reads "{min(extra)}" only if is_incremental(). Name it '
            "outside of that, too, so that the order of models is known."
        )
