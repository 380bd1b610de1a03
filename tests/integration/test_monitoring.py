"""Refreshes leave a trail, limits hold, and docs/monitoring.md does what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import QUICK, Outcome, Recsql
from tests.integration.test_operating import break_a_model, figures, quick

PAGE = (builtin_root() / "docs/monitoring.md").read_text()


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as file:
        return file.execute(sql).fetchall()


def published(shop: Path, sql: str) -> list[tuple[Any, ...]]:
    return rows(shop / "warehouse/recsql.duckdb", sql)


def built(shop: Path, sql: str) -> list[tuple[Any, ...]]:
    return rows(shop / "warehouse/build.duckdb", sql)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.S)


RUNS = "select refreshes_ago, command, outcome, exit_code, version from mon_runs "
RUNS += "order by 1"


@pytest.mark.every_model
def test_the_page(shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.chdir(shop.parent)
    assert quick(recsql, shop).code == 0
    settings = shop / "dbt_project.yml"
    project = yaml.safe_load(settings.read_text())
    project["vars"].update(yaml.safe_load(blocks("yaml")[0])["vars"])
    del project["vars"]["freshness_fail"]  # the shop's events are old
    settings.write_text(yaml.safe_dump(project))
    done = quick(recsql, shop)
    assert done.code == 0
    assert "events: the newest is " in done.err
    (query,) = blocks("sql")
    assert built(shop, query)
    ran = 0
    for block in blocks("console"):
        for line in re.findall(r"\$ recsql (.*)", block):
            done = recsql(*shlex.split(line))
            assert (done.code, done.err) == (0, ""), line
            ran += 1
    assert ran == 5
    tables = set(re.findall(r"^\| `(mon_\w+)` \|", PAGE, re.M))
    assert tables <= {
        name for (name,) in published(shop, "select table_name from manifest")
    }


def test_a_refresh_is_recorded_in_what_it_publishes(shop: Path, recsql: Recsql) -> None:
    assert quick(recsql, shop).code == 0
    assert published(shop, RUNS) == [
        (0, "refresh", "published", 0, None),
        (1, "refresh", "published", 0, 1),
    ]
    assert built(shop, RUNS)[0] == (0, "refresh", "published", 0, 2)
    ((run_id, seconds, events, users, passed),) = published(
        shop,
        "select run_id, seconds, event_count, user_count, failed_test_count "
        "from mon_runs where refreshes_ago = 0",
    )
    of_runs = "select run_id from manifest where table_name = 'mon_runs'"
    assert published(shop, of_runs) == [(run_id,)]
    assert seconds > 0
    assert passed == 0
    assert [(events, users)] == built(
        shop, "select count(*), count(distinct user_id) from int_events"
    )
    models = published(
        shop,
        "select model_name, row_count, seconds, byte_count from mon_models "
        "where refreshes_ago = 0 and model_name in ('rec_for_user', 'stg_events')",
    )
    ((lists,),) = published(shop, "select count(*) from rec_for_user")
    (of_lists, of_view) = sorted(models)
    assert of_lists[1] == lists
    assert of_lists[2] > 0
    assert of_lists[3] % 2**18 == 0
    assert of_lists[3] > 0
    assert of_view[3] is None


def test_what_is_published_again_is_no_new_run(shop: Path, recsql: Recsql) -> None:
    assert recsql("publish", "--project", shop).code == 0
    assert published(shop, RUNS) == [(0, "refresh", "published", 0, 1)]
    assert built(shop, RUNS) == [(0, "refresh", "published", 0, 2)]
    ((seconds,),) = built(shop, "select seconds from mon_runs")
    assert seconds > 0


def test_what_was_built_and_published_is_a_run(shop: Path, recsql: Recsql) -> None:
    given = ("--project", shop, "--vars", f"{{{QUICK}}}")
    assert recsql("build", *given).code == 0
    assert recsql("publish", *given).code == 0
    assert built(shop, RUNS)[0] == (0, "publish", "published", 0, 2)
    assert quick(recsql, shop).code == 0
    ((ago, overlap),) = published(
        shop,
        "select refreshes_ago, figure from mon_drift where statistic = 'rbo' "
        "and refreshes_ago = 0",
    )
    assert (ago, overlap) == (0, 1), "compared with what was published"


def test_a_failure_is_recorded(shop: Path, recsql: Recsql) -> None:
    break_a_model(shop)
    assert quick(recsql, shop).code == 1
    assert built(
        shop,
        "select outcome, exit_code, problem, version from raw.refreshes "
        "order by started_at desc limit 1",
    ) == [("failed", 1, "1 model failed.", None)]
    assert built(
        shop,
        "select outcome from raw.refresh_models where model_name = 'rec_broken'",
    ) == [("failed",)]


def test_a_killed_refresh_is_told_by_the_next(shop: Path, recsql: Recsql) -> None:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        file.execute(
            "insert into raw.refreshes (run_id, command, started_at) "
            "values ('x', 'refresh', timestamp '2020-01-01')"
        )
    assert quick(recsql, shop).code == 0
    assert published(shop, "select outcome from mon_runs where run_id = 'x'") == [
        ("killed",)
    ]


@pytest.mark.every_model  # so that the lists change
def test_drift_over_its_limit_is_not_published(shop: Path, recsql: Recsql) -> None:
    def refresh(*more: str, **given: object) -> Outcome:
        return quick(recsql, shop, *more, **given)

    low = {"drift_fail": {"list_overlap": 1.0}, "on_failure": "touch failed"}
    done = refresh(**low)
    assert done.code == 0, "the refresh before had other vars, so it only warns"
    assert (
        "Warned: tests/dbt/monitoring_warns.sql: list overlap of home: rbo" in done.err
    )

    done = refresh(**low)
    assert done.code == 1
    assert done.err.splitlines() == [
        "Failed: tests/dbt/monitoring_fails.sql: list overlap of home: rbo is 1.000 "
        "against the refresh published before (vars drift_warn, drift_fail)",
        "Error: 1 test failed. Nothing was published.",
    ]
    assert (shop / "failed").exists()
    assert (shop / "warehouse/current").readlink().name == "2"
    assert built(shop, RUNS)[:2] == [
        (0, "refresh", "failed", 1, None),
        (1, "refresh", "published", 0, 2),
    ]
    ((profiled,),) = built(
        shop, "select count(distinct run_id) from raw.refresh_profiles"
    )
    assert profiled == 3, "to look at what failed"

    assert recsql("publish", "--project", shop, "--vars", f"{{{QUICK}}}").code == 0
    assert built(shop, RUNS)[0] == (0, "refresh", "published", 0, 3)


@pytest.mark.every_model  # so that the lists change
def test_a_warning_is_told_everywhere(shop: Path, recsql: Recsql) -> None:
    given = {"freshness_warn": {"events": 1}, "metrics_file": "recsql.prom"}
    done = quick(recsql, shop, "--log-format", "json", **given)
    assert done.code == 0
    lines = [json.loads(line) for line in done.out.splitlines()]
    (check,) = [line for line in lines if line["event"] == "check"]
    assert (check["level"], check["status"]) == ("warning", "warned")
    assert "events: the newest is " in check["problem"]
    (seen,) = [line for line in lines if line["event"] == "monitored"]
    told = figures(shop / "recsql.prom")
    assert told['recsql_tests{status="warned"}'] == 1
    name = "list_overlap.home.rbo"
    assert told[f'recsql_drift{{measure="{name}"}}'] == seen["drift"][name] < 1
    hours = seen["age_hours"]["events.purchase"]
    assert told['recsql_newest_age_seconds{table="events.purchase"}'] == hours * 3600
    ((warned,),) = built(
        shop, "select warned_test_count from mon_runs where refreshes_ago = 0"
    )
    assert warned == 1

    failed = quick(recsql, shop, freshness_fail={"events.purchase": 1})
    assert failed.code == 1
    assert "events (purchase): the newest is " in failed.err


def test_only_the_latest_refreshes_are_kept(shop: Path, recsql: Recsql) -> None:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        for day in range(1, 6):
            file.execute(
                "insert into raw.refreshes (run_id, command, started_at) "
                f"values ('{day}', 'refresh', timestamp '2020-01-0{day}')"
            )
            file.execute(
                "insert into raw.refresh_profiles "
                f"values ('{day}', 'size', 'all', 'users', 1)"
            )
    assert quick(recsql, shop, keep_refreshes=3).code == 0
    left = "select run_id from raw.{} where length(run_id) = 1 group by 1"
    assert built(shop, left.format("refreshes")) == [("5",)]
    assert built(shop, left.format("refresh_profiles")) == [("5",)]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["7"], "there is no version 7. Kept are: 1; see var keep_versions."),
        ([], "name two versions. Kept are: 1; see var keep_versions."),
        (["1"], "name two versions. Kept are: 1; see var keep_versions."),
        (["1", "1", "1"], "name two versions at most."),
    ],
)
def test_versions_that_are_not_there(
    shop: Path, recsql: Recsql, asked: list[str], words: str
) -> None:
    done = recsql("diff", "--project", shop, *asked)
    assert (done.code, done.out, done.err) == (2, "", f"Error: diff: {words}\n")


def test_a_refresh_as_of_the_past_after_ordinary_ones(
    shop: Path, recsql: Recsql
) -> None:
    """History is of clocks on walls: refreshes after `as_of` are still before it."""
    assert quick(recsql, shop).code == 0
    for moment in ("2024-02-01 12:00:00.5", "2024-12-31"):
        done = quick(recsql, shop, as_of=moment)
        assert (done.code, done.err) == (0, ""), moment
    runs = published(
        shop,
        "select refreshes_ago, baseline_run_id is null, count(*) from mon_drift "
        "where statistic = 'rbo' group by all order by 1",
    )
    assert [(ago, is_null) for ago, is_null, _ in runs] == [
        (ago, False) for ago in range(3)
    ]
    assert published(shop, "select count(*) from mon_runs") == [(4,)]
