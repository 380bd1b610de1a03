"""The project as it was at a commit, and its data: what `diff --base` builds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import duckdb
import pytest

from recsql.config.project import load_project
from recsql.config.scaffold import init_project
from recsql.errors import InputError
from recsql.questions.commits import checked_out
from recsql.questions.gate import _placed

ORDERS = "sources: [{name: erp, schema: erp, tables: [{name: orders}]}]\n"


def git(folder: Path, *command: str) -> None:
    name = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = ["git", *name, *command]
    subprocess.run(done, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in a folder of a repository, whose first commit has none."""
    top = tmp_path_factory.mktemp("repository")
    git(top, "init", "-q", "-b", "main")
    git(top, "commit", "-q", "--allow-empty", "-m", "none")
    init_project(top / "my shop", "own-tables")
    (top / "my shop/sql").mkdir(exist_ok=True)
    (top / "my shop/sql/erp.yml").write_text(ORDERS)
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "a shop")
    return top / "my shop"


def test_a_project_in_a_folder_is_found(shop: Path, tmp_path: Path) -> None:
    settings = shop / "dbt_project.yml"
    before = settings.read_text()
    settings.write_text(f"{before}# not yet in a commit\n")
    found = checked_out(shop, "main", tmp_path / "base")
    assert (found / "dbt_project.yml").read_text() == before
    assert not (found / "my shop").exists()
    settings.write_text(before)


@pytest.mark.parametrize("base", ["nowhere", "", "HEAD:my shop", "--output=made"])
def test_what_is_no_commit_is_said_to_be_none(
    shop: Path, tmp_path: Path, base: str
) -> None:
    told = re.escape(f'git knows no commit "{base}" here')
    with pytest.raises(InputError, match=told):
        checked_out(shop, base, tmp_path / "base")
    assert not list(shop.parent.glob("made*"))


def test_a_commit_without_the_project_is_said_to_have_none(
    shop: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"main~1 has no my shop/dbt_project\.yml"):
        checked_out(shop, "main~1", tmp_path / "base")


def test_without_git_or_a_repository_one_line_says_so(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        with pytest.raises(InputError, match="not a git repository"):
            checked_out(tmp_path, "main", tmp_path / "base")
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(InputError, match="git is not installed"):
            checked_out(shop, "main", tmp_path / "base")


def test_views_and_other_schemas_are_data_too(shop: Path, tmp_path: Path) -> None:
    project = load_project(shop)
    project.profile.build_path.parent.mkdir()
    with duckdb.connect(str(project.profile.build_path)) as file:
        file.execute("create schema raw; create schema erp; create schema other")
        file.execute("create table erp.orders as select 1 as n")
        file.execute("create view raw.events as from erp.orders")
        file.execute("create table other.made as from erp.orders")
    tmp_path.joinpath("base").mkdir()
    placed = _placed(project, project, tmp_path / "base")
    with duckdb.connect(str(placed.profile.build_path), read_only=True) as file:
        found = file.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
        assert sorted(found) == [("erp", "orders"), ("raw", "events")]
