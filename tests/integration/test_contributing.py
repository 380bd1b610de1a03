"""CONTRIBUTING's worked examples, followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import QUICK, Recsql

pytestmark = pytest.mark.every_model

PAGE = (builtin_root() / "CONTRIBUTING.md").read_text()
FILE = r"`(sql/\S+)`:\n\n```\w+\n(.*?)```"


def section(title: str) -> str:
    (text,) = re.findall(rf"^## {title}$(.*?)^## ", PAGE, re.S | re.M)
    return str(text)


def test_add_a_candidate_source(shop: Path, recsql: Recsql) -> None:
    page = section("Add a candidate source")
    files = re.findall(FILE, page, re.S)
    assert [name for name, _ in files] == [
        "sql/candidates/cand_trending.sql",
        "sql/candidates/_trending.yml",
    ]
    for name, text in files:
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text(text)
    (setting,) = re.findall(r"```yaml\n(  candidate_sources: .*\n)```", page)
    with (shop / "dbt_project.yml").open("a") as file:
        file.write(setting)
    assert recsql("refresh", "--project", shop).code == 0
    done = recsql("test", "--select", "cand_trending", "--project", shop)
    assert (done.code, done.err) == (0, "")
    assert "3 passed" in done.out
    done = recsql("backtest", "--project", shop)
    assert "trending" in done.out
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        sources = file.execute(
            "select distinct candidate_source from cand_all"
        ).fetchall()
    assert ("trending",) in sources


def test_add_a_metric(shop: Path, recsql: Recsql) -> None:
    page = section("Add a metric")
    ((name, text),) = re.findall(FILE, page, re.S)
    (shop / name).parent.mkdir(parents=True, exist_ok=True)
    (shop / name).write_text(text)
    eject = re.findall(r"`recsql (eject \w+)`", page)[0].split()
    assert recsql(*eject, "--project", shop).code == 0
    (row,) = re.findall(r"```csv\n(.*?\n)```", page)
    with (shop / "seeds/metric_definitions.csv").open("a") as file:
        file.write(row)
    (setting,) = re.findall(r"```yaml\n(  eval_metrics: .*\n)```", page)
    with (shop / "dbt_project.yml").open("a") as file:
        file.write(setting)
    done = recsql("backtest", "--project", shop, "--vars", f"{{{QUICK}}}")
    assert (done.code, done.err) == (0, "")
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        figures = file.execute(
            "select metric_value, interval_low <= metric_value from eval_summary "
            "where metric = 'quiet_share' and list_name = 'popular' "
            "and allow_repeat = 'all' and k = 10 "
            "and segment_kind = 'all' and is_whole_run"
        ).fetchall()
    ((figure, is_within),) = figures or [(None, None)]
    assert 0 <= figure <= 1
    assert is_within
