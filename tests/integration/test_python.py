"""The Python API: what docs/python.ipynb shows, and what it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import recsql
from recsql.config.project import builtin_root
from tests.integration.conftest import ITEMS, USERS
from tests.notebooks import run

NOTEBOOK = builtin_root() / "docs/python.ipynb"


@pytest.mark.slow
def test_the_cells_of_the_notebook_show_what_is_kept(tmp_path: Path) -> None:
    found = run(NOTEBOOK, tmp_path)
    assert len(found) >= 9
    for now, kept in found:
        assert now == kept


def test_tables_are_frames_of_any_kind(built_shop: Path) -> None:
    project = recsql.load_project(built_shop)
    home = project.table("rec_for_user", user_id=USERS[0], surface="home")
    assert len(home) == len(home.df()) == len(home.pl()) == len(home.rows()) > 0
    assert isinstance(home.df(), pd.DataFrame)
    assert isinstance(home.pl(), pl.DataFrame)
    assert home.arrow().column_names == list(home.columns)
    assert {"user_id", "surface", "run_id", "generated_at"} <= set(home.columns)
    assert home.arrow()["item_rank"].to_pylist() == list(range(1, len(home) + 1))
    both = project.recommend(USERS[0])
    assert set(both.arrow()["surface"].to_pylist()) == {"home", "discover"}
    assert project.recommend(USERS[0], "home").rows() == home.rows()


def test_questions_have_methods(built_shop: Path) -> None:
    project = recsql.load_project(built_shop)
    assert "eligibility" in project.explain(USERS[0], ITEMS[0]).df()["what"].tolist()
    assert len(project.complete(ITEMS[:2], limit=3)) == 3
    for wrong, text in (
        (lambda: project.table("rec_for_users"), 'Did you mean "rec_for_user"'),
        (lambda: project.table("rec_popular", colour="red"), "no column colour"),
        (lambda: project.recommend("nobody"), "no row with user_id nobody"),
        (lambda: project.with_vars({"decay_day": 3}), 'Did you mean "decay_days"'),
        (lambda: project.backtest("soon"), '"soon" is not a period'),
    ):
        with pytest.raises(recsql.RecsqlError, match=text):
            wrong()


def test_a_frame_needs_its_package(
    built_shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = recsql.load_project(built_shop).table("rec_popular")
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(recsql.RecsqlError, match="Run: pip install polars"):
        table.pl()


def test_files_and_frames_are_loaded(tmp_path: Path) -> None:
    recsql.init_project(tmp_path / "shop")
    project = recsql.load_project(tmp_path / "shop")
    frame = pd.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "y"]})
    for number in range(2):
        frame.to_csv(tmp_path / f"part{number}.csv", index=False)
    parts = [tmp_path / "part0.csv", str(tmp_path / "part1.csv")]
    before = os.umask(0o022)
    try:
        for data, rows in (
            (frame, 2),
            (pl.from_pandas(frame), 2),
            (pa.Table.from_pandas(frame), 2),
            (tmp_path / "part0.csv", 2),
            (str(tmp_path / "part*.csv"), 4),
            (parts, 4),
        ):
            assert project.load("events", data).rows == rows
        assert os.umask(0o022) == 0o022  # what else the process makes is its own affair
    finally:
        os.umask(before)
    build = tmp_path / "shop/warehouse/build.duckdb"
    assert build.stat().st_mode & 0o077 == 0
    with pytest.raises(recsql.RecsqlError, match="int: no table that Arrow reads"):
        project.load("events", 3)
    with pytest.raises(recsql.RecsqlError, match="keeps itself"):
        project.load("order_thresholds", frame)
    seen: list[object] = []
    loud = recsql.load_project(tmp_path / "shop", threads=1, listener=seen.append)
    with pytest.raises(recsql.RecsqlError, match="event_at"):
        loud.build(["stg_events"])


def test_what_is_built_is_told(shop: Path) -> None:
    seen: list[object] = []
    project = recsql.load_project(shop, memory_limit="1GB", listener=seen.append)
    (seeds,) = project.build(["stg_events"])
    assert (seeds.name, seeds.status) == ("stg_events", "done")
    assert len(seen) >= 2
    project.test(["stg_events"])


SNIPPET = """
import recsql
project = recsql.load_project("shop", {"decay_days": 30}, listener=print)
reveal_type(project.table("rec_for_user").df())
reveal_type(project.recommend(900).arrow())
reveal_type(project.backtest().whole.figures[0].value)
reveal_type(project.refresh().version)
project.tabel("rec_for_user")
"""


@pytest.mark.slow
def test_the_types_are_known_to_a_checker(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(SNIPPET)
    told = subprocess.run(
        [sys.executable, "-m", "mypy", str(tmp_path / "use.py")],
        cwd=builtin_root(),  # where `make lint` left what it knows of the package
        capture_output=True,
        text=True,
    ).stdout
    assert 'Revealed type is "builtins.float"' in told
    assert 'Revealed type is "builtins.int"' in told
    assert '"Project" has no attribute "tabel"; maybe "table"?' in told
