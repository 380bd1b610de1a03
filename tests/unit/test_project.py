"""What is in a folder is a project, or is refused in one line that says where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import recsql
from recsql.config.project import builtin_root, load_project
from recsql.config.properties import parse_yaml, read_yaml
from recsql.errors import ProjectError

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    for folder in (tmp_path, "/nope"):
        with pytest.raises(ProjectError, match=r"holds no project .* recsql init shop"):
            recsql.load_project(folder)
    assert not list(tmp_path.iterdir())


def test_the_name_of_the_built_in_project_is_taken(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: recsql\n")
    with pytest.raises(ProjectError, match="name: recsql is what the built-in project"):
        load_project(tmp_path)


def test_in_a_clone_the_clone_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a plain `pip install .`: the same project is there twice."""
    root = builtin_root()
    installed = tmp_path / "installed"
    for name in ("sql", "macros", "queries", "warehouse/seeds", "tests/dbt"):
        shutil.copytree(root / name, installed / name)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(root / name, installed)
    monkeypatch.setattr("recsql.config.project.builtin_root", lambda: installed)
    project = load_project(root)
    assert project.models["cand_all"].path == root / "sql/candidates/cand_all.sql"
    assert project.models["cand_all"].replaces is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("vars:\n  a: 1\n  b: 2\n  a: 3\n", ':4: not valid YAML: "a" is there twice'),
        ("vars: {a: 1, a: 2}\n", ':1: not valid YAML: "a" is there twice'),
        (BOMB, ":6: not valid YAML: is more than 200,000 values, aliases counted"),
        ("a: &a [*a]\n", ":1: not valid YAML: holds itself"),
    ],
)
def test_yaml_that_says_two_things_or_too_many(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "dbt_project.yml"
    path.write_text(text)
    with pytest.raises(ProjectError) as caught:
        read_yaml(path)
    assert str(caught.value).startswith(f"{path}{problem}")


def test_aliases_and_merged_keys_are_yaml() -> None:
    text = "a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a, *a]\n"
    assert parse_yaml(text) == yaml.safe_load(text)
    assert parse_yaml("") is None


def test_threads_of_a_profile_are_some(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    (tmp_path / "profiles.yml").write_text(
        "recsql: {target: a, outputs: {a: {path: w/b.duckdb, threads: 0}}}\n"
    )
    with pytest.raises(ProjectError, match="threads: 0 is no number from 1 on"):
        load_project(tmp_path)
