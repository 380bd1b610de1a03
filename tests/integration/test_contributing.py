"""CONTRIBUTING's worked example, followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql

PAGE = (builtin_root() / "CONTRIBUTING.md").read_text()


def test_add_a_candidate_source(shop: Path, recsql: Recsql) -> None:
    files = re.findall(r"`(sql/\S+)`:\n\n```\w+\n(.*?)```", PAGE, re.S)
    assert [name for name, _ in files] == [
        "sql/candidates/cand_trending.sql",
        "sql/candidates/_trending.yml",
    ]
    for name, text in files:
        (shop / name).parent.mkdir(parents=True, exist_ok=True)
        (shop / name).write_text(text)
    (setting,) = re.findall(r"```yaml\n(  candidate_sources: .*\n)```", PAGE)
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
