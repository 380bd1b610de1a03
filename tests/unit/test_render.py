"""What templates may say, and that a changed one is read anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsql.compilation.render import Renderer
from recsql.config.project import Project, builtin_root, load_project
from recsql.errors import ProjectError

PROJECT = load_project(builtin_root())
POPULAR = PROJECT.models["rec_popular"]


def with_models(**sql: str) -> Project:
    models = {
        name: replace(POPULAR, name=name, sql=text, path=POPULAR.path.with_stem(name))
        for name, text in sql.items()
    }
    return replace(PROJECT, models={**PROJECT.models, **models})


def rendered(project: Project, name: str) -> str:
    return Renderer(project).render(project.models[name]).sql


def test_a_template_is_compiled_once_and_again_where_it_changed() -> None:
    for text in ("select 1 as a", "select 2 as a", "select 1 as a"):
        assert rendered(with_models(rec_x=text), "rec_x") == text + "\n"


@pytest.mark.parametrize(
    ("reference", "relation"),
    [
        ("ref('rec_x')", "main.rec_x"),
        ("ref('recsql', 'rec_x')", "main.rec_x"),
        ("ref('rec_popular', v=1)", "main.rec_popular"),
        ("ref('recsql', 'rec_popular')", "main.rec_popular_v2"),
        ("ref('recsql', 'rec_popular', v=2)", "main.rec_popular_v2"),
    ],
)
def test_ref_takes_a_package_and_a_version(reference: str, relation: str) -> None:
    project = with_models(
        rec_x="select 1 as a",
        rec_popular_v2="select 2 as a",
        rec_y=f"from {{{{ {reference} }}}}",
    )
    versions = {"1": "rec_popular", "2": "rec_popular_v2"}
    described = project.properties["rec_popular"]
    assert described.versions == {"1": "rec_popular"}
    described = replace(described, versions=versions, latest_version="2")
    properties = {**project.properties, "rec_popular": described}
    assert (
        rendered(replace(project, properties=properties), "rec_y")
        == f"from {relation}\n"
    )


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("ref('recsql', 'rec_z')", 'unknown model "rec_z"'),
        ("ref('rec_popular', v=9)", 'model "rec_popular" has no version 9.'),
    ],
)
def test_ref_refuses_what_is_not_there(reference: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        rendered(with_models(rec_y=f"from {{{{ {reference} }}}}"), "rec_y")
