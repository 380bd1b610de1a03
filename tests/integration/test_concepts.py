"""docs/concepts: the shop of the first page is built, and rows shown are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.corner_shop import ASKED, FOLDER, build, rows_of

pytestmark = pytest.mark.slow
if not FOLDER.exists():
    pytest.skip(
        "recsql is installed from a wheel: is not here", allow_module_level=True
    )
PAGES = sorted(path.stem for path in FOLDER.glob("*.md") if path.stem != "index")


@pytest.fixture(scope="module")
def file(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[duckdb.DuckDBPyConnection]:
    shop = build(tmp_path_factory.mktemp("concepts"))
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as opened:
        yield opened


@pytest.mark.parametrize("name", PAGES)
def test_the_rows_of_a_page_are_real(
    file: duckdb.DuckDBPyConnection, name: str
) -> None:
    found = ASKED.findall(Path(FOLDER / f"{name}.md").read_text())
    assert found, "a concept has an example"
    for _, query, shown in found:
        assert shown.strip() == rows_of(file, query).strip(), query


def test_the_first_page_leads_to_all() -> None:
    page = (FOLDER / "index.md").read_text()
    for name in PAGES:
        assert f"({name}.md)" in page
