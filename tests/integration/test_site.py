"""The docs site has no dead link and no orphan, and its reference is whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from recsql.cli.main import cli
from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project

pytestmark = pytest.mark.slow
pytest.importorskip("material", reason="needs the extra docs")
ROOT = builtin_root()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    if not (ROOT / "site/mkdocs.yml").exists():
        pytest.skip("recsql is installed from a wheel: is not here")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", target]
    done = subprocess.run(
        [*build, "--config-file", str(ROOT / "site/mkdocs.yml")],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return target


def test_the_reference_is_whole(site: Path) -> None:
    plan = compile_project(load_project(ROOT))
    tables = (site / "reference/tables.html").read_text()
    for name in set(plan.public):
        if name in plan.models:
            assert f'id="{name}"' in tables
            for column in plan.project.properties[name].columns:
                assert f"<code>{column}</code>" in tables
    for name, compiled in plan.models.items():
        page = (site / f"reference/{compiled.model.folder}.html").read_text()
        assert f'id="{name}"' in page
    commands = (site / "reference/commands.html").read_text()
    assert all(f'id="{name}"' in commands for name in cli.commands)


def test_one_goes_from_column_to_column(site: Path) -> None:
    page = (site / "reference/columns.html").read_text()
    (text,) = re.findall(r"(?m)^const data = (.*);$", page)
    data = json.loads(text)
    assert "rec_for_user.score" in data["begun"]
    assert data["parents"]["rec_for_user.score"] == ["list_explained.score"]
    left, reached = ["rec_for_user.score"], set()
    while left:
        column = left.pop()
        reached.add(column)
        left += set(data["parents"].get(column, [])) - reached
    assert "raw.transactions.transaction_timestamp" in reached
    assert set(data["begun"]) <= data["parents"].keys() & data["said"].keys()


def test_the_notebook_is_a_page(site: Path) -> None:
    page = (site / "python.html").read_text()
    assert "load_project" in page
    assert "shopper 1" in page
