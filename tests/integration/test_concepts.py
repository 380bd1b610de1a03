"""docs/concepts and docs/recipes: the shop is built, and what pages show is real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from tests.corner_shop import ASKED, CONSOLE, DOCS, FOLDER, build, opened, printed
from tests.corner_shop import rows_of as rows
from tests.integration.conftest import Recsql

pytestmark = pytest.mark.slow
if not FOLDER.exists():
    pytest.skip(
        "recsql is installed from a wheel: is not here", allow_module_level=True
    )
RECIPES = DOCS / "recipes"
# the page on dbt shows rows of a project that dbt builds: test_dbt.py
ELSEWHERE = {"dbt"}
IDEAS = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index")
ROLES = sorted(path.stem for path in RECIPES.glob("*.md") if path.stem != "index")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("concepts"))


@pytest.fixture(scope="module")
def file(shop: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(shop) as both:
        yield both


@pytest.mark.parametrize(
    "page",
    [FOLDER / f"{name}.md" for name in IDEAS]
    + [RECIPES / f"{name}.md" for name in ROLES if name not in ELSEWHERE],
    ids=lambda page: f"{page.parent.name}/{page.stem}",
)
def test_what_a_page_shows_is_real(
    file: duckdb.DuckDBPyConnection,
    shop: Path,
    recsql: Recsql,
    monkeypatch: pytest.MonkeyPatch,
    page: Path,
) -> None:
    monkeypatch.chdir(shop)
    text = page.read_text()
    queries, blocks = ASKED.findall(text), CONSOLE.findall(text)
    assert queries or blocks, "there is an example"
    for _, query, shown in queries:
        assert shown.strip() == rows(file, query).strip(), query
    for _, block in blocks:
        assert block == printed(block, shop, said_by(recsql))


# What this shop has no value of, and no unit test expects one.
NEVER_HERE = {
    ("mon_freshness", "warn_at"): "no var sets a limit on its age",
    ("mon_freshness", "fail_at"): "no var sets a limit on its age",
    ("mon_runs", "git_commit"): "the shop is in no git repository",
    ("mon_values", "far_text"): "no time is far off",
    ("rec_explanations", "pair_count"): "no rule has a place in its lists",
    ("rec_explanations", "lift"): "no rule has a place in its lists",
    ("rec_explanations", "group_kind"): "no group has a place in its lists",
    ("rec_explanations", "group_name"): "no group has a place in its lists",
    ("rec_explanations", "user_share"): "no group has a place in its lists",
    ("serve_users", "user_group"): "it knows no groups of users",
}


def test_no_public_column_is_always_null(file: duckdb.DuckDBPyConnection) -> None:
    """In the tables that this shop fills, or in what unit tests expect of them."""
    plan = compile_project(load_project(builtin_root()))
    expected = {
        (test.model, column)
        for test in plan.project.unit_tests
        for row in test.expect.get("rows") or []
        for column in (row if isinstance(row, dict) else ())
        if row[column] is not None
    }
    there = file.execute("select table_name from information_schema.tables").fetchall()
    found, filled = set(), 0
    for name in {name for (name,) in there} & set(plan.public):
        asked = file.execute(f"select count(columns(*)) from {name}")
        columns = [column[0] for column in asked.description or []]
        counts = asked.fetchone() or ()
        filled += any(counts)
        empty = {
            c for c, n in zip(columns, counts, strict=True) if any(counts) and not n
        }
        found |= {(name, column) for column in empty} - expected
    assert filled > 25
    assert found == NEVER_HERE.keys()


def said_by(recsql: Recsql) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        done = recsql(*arguments)
        assert (done.code, done.err) == (0, "")
        return done.out

    return run


@pytest.mark.parametrize(("folder", "names"), [(FOLDER, IDEAS), (RECIPES, ROLES)])
def test_the_first_page_leads_to_all(folder: Path, names: list[str]) -> None:
    page = (folder / "index.md").read_text()
    for name in names:
        assert f"({name}.md)" in page
