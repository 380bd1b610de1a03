"""Where `compile --as dbt` writes: into what is new, or was written so before."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from recsql.errors import InputError
from recsql.spark import dbt_project

Write = Any


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write files that are given, instead of those of models."""
    plan: Any = SimpleNamespace(project=SimpleNamespace(root=tmp_path / "shop"))

    def call(folder: Path, *names: str) -> None:
        files = [(name, f"-- {name}") for name in names]
        monkeypatch.setattr(dbt_project, "_files", lambda *_: iter(files))
        dbt_project.write_project(plan, folder)

    return call


def texts(folder: Path) -> dict[str, str]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def test_of_what_was_written_before_what_is_no_more_goes(
    tmp_path: Path, write: Write
) -> None:
    place = tmp_path / "by dbt"
    write(place, "dbt_project.yml", "models/a/old.sql", "models/a/kept.sql")
    (place / "models/a/mine.sql").write_text("select 1 as one")
    write(place, "dbt_project.yml", "models/a/kept.sql")
    assert set(texts(place)) == {
        "dbt_project.yml",
        "models/a/kept.sql",
        "models/a/mine.sql",
        "recsql_files.txt",
    }


@pytest.mark.parametrize("folder", ["", "sql/by_dbt", "tests", "../another"])
def test_a_project_of_somebody_is_not_replaced(
    tmp_path: Path, write: Write, folder: str
) -> None:
    for name in ("shop", "another"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dbt_project.yml").write_text("name: mine")
    before = texts(tmp_path)
    with pytest.raises(InputError, match=r"compile: --as dbt: .* (is not empty|reads)"):
        write(tmp_path / "shop" / folder, "dbt_project.yml")
    assert texts(tmp_path) == before
