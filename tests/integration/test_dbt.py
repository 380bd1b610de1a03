"""recsql as a package of somebody else's dbt project, and what dbt knows of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.cli.options import parse_vars
from recsql.compilation.compiler import compile_project
from recsql.compilation.render import literal
from recsql.config.project import builtin_root, load_project
from recsql.engine.warehouse import open_warehouse
from tests.corner_shop import ASKED, rows_of
from tests.integration import faults
from tests.integration.conftest import QUICK, Recsql, write_events
from tests.integration.test_forget import holders
from tests.worlds import experiments, load_lines, random_lines

ROOT = builtin_root()
PAGE = (ROOT / "docs/dbt.md").read_text()


def shell(folder: Path, script: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run commands as on the page, with this Python's programs."""
    programs = Path(sys.executable).parent
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, **environment, **given},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's project, built."""
    pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
    folder = tmp_path_factory.mktemp("host")
    for name, text in re.findall(r"`([\w/]+\.\w+)`:\n\n```\w+\n(.*?)```", PAGE, re.S):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "seeds").mkdir()
    write_events(folder / "events.csv")
    lines = (folder / "events.csv").read_text().splitlines()[1:]
    rows = "\n".join(["customer,sku,ordered_at", *lines])
    (folder / "seeds/raw_orders.csv").write_text(rows)
    (folder / "models/orders.sql").write_text("select * from {{ ref('raw_orders') }}")
    (block,) = re.findall(r"```console\n(.*?)```", PAGE, re.S)
    done = shell(folder, re.sub(r"^\$ ", "", block, flags=re.M))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "WARNING" not in done.stdout
    return folder


@pytest.mark.slow
def test_a_host_finds_the_tables_in_a_schema_of_their_own(host: Path) -> None:
    with duckdb.connect(str(host / "shop.duckdb"), read_only=True) as file:
        (lists,) = file.execute(
            "select count(*), count(distinct user_id), typeof(any_value(item_id)) "
            "from main_recsys.rec_for_user"
        ).fetchall()
        users = file.execute("select count(distinct customer) from orders").fetchone()
        shown = file.execute("select count(*) from main.home_page").fetchone()
        # what ann took most and latest comes first, from her own history
        first = file.execute(
            "select reason from home_page where user_id = 'ann' and item_rank = 1"
        ).fetchone()
        never = file.execute(
            "select count(*) from home_page anti join orders on item_id = sku"
        ).fetchone()
        schemas = file.execute(
            "select distinct table_schema from information_schema.tables "
            "where table_name similar to '(stg|int|sig|cand|list|rec)_.*'"
        ).fetchall()
    assert users is not None
    assert lists == (10 * users[0], users[0], "VARCHAR")
    assert shown == (lists[0],)
    assert first is not None
    assert first[0].startswith("taken ")
    assert never == (0,)
    assert schemas == [("main_recsys",)]
    nodes = json.loads((host / "target/manifest.json").read_text())["nodes"]
    seeds = {n["schema"] for i, n in nodes.items() if i.startswith("seed.recsql.")}
    assert seeds == {"main_recsys"}


@pytest.mark.slow
def test_the_recipe_shows_what_the_host_has(host: Path) -> None:
    ((_, query, shown),) = ASKED.findall((ROOT / "docs/recipes/dbt.md").read_text())
    with duckdb.connect(str(host / "shop.duckdb"), read_only=True) as file:
        assert shown.strip() == rows_of(file, query).strip()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["publish", "refresh", "ls"])
def test_commands_in_a_host_are_refused(
    host: Path, recsql: Recsql, command: str
) -> None:
    done = recsql(command, "--project", host)
    assert (done.code, done.out) == (2, "")
    assert "vars: recsql: this is a dbt project with recsql as a package" in done.err
    assert len(done.err.splitlines()) == 1


FORGOTTEN = "user 7"
COUNT = "select count(*), count(distinct run_id), any_value(run_id) from rec_for_user"


@pytest.mark.slow
def test_what_dbt_built_is_published_without_who_is_forgotten(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of the published file sees the version before all the while."""
    pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
    quick = ("--project", shop, "--vars", f"{{{QUICK}}}")
    assert recsql("forget", FORGOTTEN, "--yes", *quick).code == 0
    folder = shop / "warehouse"
    with duckdb.connect(str(folder / "build.duckdb")) as file:
        file.execute(
            f"insert into raw.events select {literal(FORGOTTEN)}, item_id, event_at "
            "from raw.events limit 9"
        )
        for schema, name in file.execute(  # dbt begins with the raw tables alone
            "select schema_name, table_name from duckdb_tables() "
            "where schema_name in ('main', 'recsql')"
        ).fetchall():
            file.execute(f'drop table if exists "{schema}"."{name}" cascade')
    project = load_project(shop)
    given = {name: project.vars[name] for name in project.own_vars}
    given |= {**parse_vars(f"{{{QUICK}}}"), "forgotten_users": True}
    given |= {"user_id_type": "varchar", "item_id_type": "varchar"}
    text = json.dumps(given)
    seen: list[Any] = []
    with ThreadPoolExecutor(1) as pool:
        options = f"--project-dir {ROOT} --profiles-dir {ROOT} --target-path {shop}/t"
        built = pool.submit(
            shell,
            shop,
            f"dbt build --select +tag:public --exclude-resource-type unit_test test "
            f'{options} --log-path {shop}/logs --vars "$GIVEN"',
            RECSQL_WAREHOUSE=str(folder),
            GIVEN=text,
        )
        while not built.done():
            with duckdb.connect(str(folder / "recsql.duckdb"), read_only=True) as file:
                seen.append(file.execute(COUNT).fetchone())
            time.sleep(0.3)
    assert built.result().returncode == 0, built.result().stdout[-3000:]
    assert len(seen) > 10
    assert len(set(seen)) == 1
    assert holders(folder / "build.duckdb", FORGOTTEN) == ["events.user_id"]
    monkeypatch.setenv("RECSQL_WAREHOUSE", str(folder))
    done = recsql("publish", "--project", ROOT, "--vars", text)
    assert (done.code, done.err) == (0, "")
    assert faults.require_whole(shop) == 3
    assert holders(folder / "recsql.duckdb", FORGOTTEN) == []
    with duckdb.connect(str(folder / "recsql.duckdb"), read_only=True) as file:
        assert file.execute(COUNT).fetchone() != seen[0], (
            "dbt's run, not the one before"
        )


@pytest.mark.slow
def test_the_docs_site_is_complete(host: Path) -> None:
    manifest = json.loads((host / "target/manifest.json").read_text())
    catalog = json.loads((host / "target/catalog.json").read_text())
    assert (host / "target/index.html").exists()
    described: dict[str, Any] = {
        name: node
        for kind in ("nodes", "sources", "exposures")
        for name, node in manifest[kind].items()
        if node["package_name"] == "recsql" and node["resource_type"] != "test"
    }
    assert {n["resource_type"] for n in described.values()} == {
        *("model", "seed", "analysis", "source", "exposure")
    }
    for name, node in described.items():
        assert node["description"].strip(), name
        built = catalog["nodes"].get(name, {"columns": {}})["columns"]
        known = {
            column for column, x in node.get("columns", {}).items() if x["description"]
        }
        assert set(built) <= known, name
    assert "doc.recsql.__overview__" in manifest["docs"]
    lists = manifest["nodes"]["model.recsql.rec_for_user.v1"]
    assert (lists["access"], lists["group"]) == ("public", "recommender")
    assert lists["contract"]["enforced"]


@pytest.mark.slow
def test_other_projects_may_read_public_tables_alone(host: Path) -> None:
    model = host / "models/nosy.sql"
    model.write_text("select * from {{ ref('recsql', 'int_users') }}")
    done = shell(host, "dbt parse", RECSQL_PROJECT=str(ROOT))
    model.unlink()
    assert done.returncode == 2
    assert (
        "int_users, which is not allowed because the referenced node is protected"
        in (" ".join(done.stdout.split()))
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files and a warehouse of a few raw lines, to run dbt on."""
    pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
    folder = tmp_path_factory.mktemp("copy")
    for name in ("sql", "macros", "queries", "warehouse/seeds", "tests/dbt"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(ROOT / name, folder)
    with open_warehouse(folder / "warehouse/build.duckdb", {}) as warehouse:
        load_lines(warehouse, random_lines(1))
    return folder


@pytest.mark.nightly  # by day test_emptied and tests of functions know what has no rows
def test_a_build_without_rows_passes(copy: Path) -> None:
    kinds = "--exclude-resource-type unit_test --exclude test_type:generic"
    done = shell(copy, f"dbt build --empty --profiles-dir . {kinds}")
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"PASS=1\d\d WARN=0 ERROR=0 SKIP=0", done.stdout)


@pytest.mark.nightly  # by day test_public_tables knows which models call no function
def test_pure_sql_needs_no_plugin(copy: Path) -> None:
    profiles = (copy / "profiles.yml").read_text()
    without = re.sub(r"      plugins:\n +- module: .*\n", "", profiles)
    assert without != profiles
    (copy / "plain").mkdir()
    (copy / "plain/profiles.yml").write_text(without)
    kinds = "--exclude-resource-type unit_test --exclude test_type:generic"
    shutil.copy(copy / "warehouse/build.duckdb", copy / "plain/build.duckdb")
    done = shell(
        copy,
        f"dbt build --select tag:pure_sql --profiles-dir plain {kinds}",
        RECSQL_WAREHOUSE="plain",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " ERROR=0 SKIP=0" in done.stdout
    with duckdb.connect(str(copy / "plain/build.duckdb"), read_only=True) as file:
        found = file.execute("select count(*) from rec_complements").fetchone()
    assert found is not None
    assert found[0] > 0


# dbt parses the project once for all that is asked of it under these vars
PARSED = {
    "as_of": "2024-05-01",
    "refresh_history": True,
    "freshness_warn": {"events": 1},
    "freshness_fail": {"events": 1_000_000},
    **experiments("2024-05-01"),
}


def asked(copy: Path, command: str) -> str:
    done = shell(
        copy,
        f'{command} --profiles-dir . --vars "$GIVEN"',
        GIVEN=json.dumps(PARSED),
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_age_of_the_events_and_what_runs_nightly(copy: Path) -> None:
    assert "WARN freshness of raw.events" in asked(copy, "dbt source freshness")
    listing = "dbt --quiet ls --selector nightly --resource-type model --output name"
    listed = asked(copy, listing)
    plan = compile_project(load_project(ROOT, PARSED))
    nightly = plan.graph.with_ancestors(plan.graph.select(["tag:nightly"]))
    assert {line.split(".")[0] for line in listed.split()} == (
        set(nightly) & set(plan.models)
    )


@pytest.mark.slow
def test_the_semantic_layer_is_read_by_dbt(copy: Path) -> None:
    asked(copy, "dbt parse")
    manifest = json.loads((copy / "target/semantic_manifest.json").read_text())
    assert {model["name"] for model in manifest["semantic_models"]} == {
        *("evaluation", "experiments", "refreshes", "drift")
    }
    known = manifest_columns(copy / "target/manifest.json")
    for model in manifest["semantic_models"]:
        columns = known[model["node_relation"]["alias"]]
        for part in (*model["dimensions"], *model["measures"]):
            assert (part["expr"] or part["name"]) in columns, part
    assert len(manifest["metrics"]) >= 9


def manifest_columns(path: Path) -> dict[str, set[str]]:
    nodes = json.loads(path.read_text())["nodes"].values()
    return {node["alias"]: set(node["columns"]) for node in nodes}


def test_a_breach_of_contract_fails_before_anything_is_published(
    shop: Path, recsql: Recsql
) -> None:
    recsql("eject", "rec_popular", "--project", shop)
    listed = recsql("ls", "-s", "rec_popular", "--project", shop).out
    assert "public, nightly" in listed, "what replaces a model has its tags"
    model = shop / "sql/recommendations/rec_popular.sql"
    text = model.read_text()
    model.write_text(text.replace("united.group_kind,", "1 as group_kind,", 1))
    done = recsql("run", "-s", "rec_popular", "--project", shop)
    assert done.code == 1
    assert (
        "sql/recommendations/rec_popular.sql: breaks its contract in "
        "sql/recommendations/_recommendations.yml: group_kind is INTEGER, not VARCHAR. "
    ) in done.out + done.err
    given = "{user_id_type: bigint}"
    done = recsql("run", "-s", "rec_for_user", "--vars", given, "--project", shop)
    assert "user_id is VARCHAR, not BIGINT" in done.out + done.err


def test_nightly_tables_are_made_without_the_weekly_ones(
    shop: Path, recsql: Recsql
) -> None:
    given = ("--vars", "{" + QUICK + "}", "--project", shop)
    done = recsql("refresh", "--full-refresh", "--select", "tag:nightly", *given)
    assert (done.code, done.err) == (0, "")
    built = set(re.findall(r"^done +(\w+)", done.out, re.M))
    assert {"int_users", "rec_for_user"} <= built
    assert not {"rec_complements", "rec_segment_items"} & built
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        assert file.execute("select count(*) > 0 from rec_complements").fetchone() == (
            True,
        )


MANY = "select range as number, hash(range) as luck from range(4000000) order by luck"


@pytest.mark.slow
def test_models_after_one_that_spilled(tmp_path: Path) -> None:
    """dbt sets `settings` for each, which DuckDB refuses once it has spilled."""
    pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
    little = {"memory_limit": "60MB", "threads": 1, "temp_directory": ""}
    with duckdb.connect(config=little) as none, pytest.raises(duckdb.Error):
        none.execute(f"create table many as {MANY}")  # so it must spill
    shutil.copy(ROOT / "profiles.yml", tmp_path)
    project = "{name: spills, profile: recsql, version: 1.0.0}"
    (tmp_path / "dbt_project.yml").write_text(project)
    (tmp_path / "models").mkdir()
    (tmp_path / "models/many.sql").write_text(
        f"{{{{ config(materialized='table') }}}}{MANY}"
    )
    for name in ("one", "other"):
        (tmp_path / f"models/{name}.sql").write_text(
            "select count(*) as n from {{ ref('many') }}"
        )
    done = shell(
        tmp_path,
        "dbt build --profiles-dir .",
        RECSQL_WAREHOUSE=".",
        RECSQL_MEMORY_LIMIT="60MB",
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "PASS=3 WARN=0 ERROR=0" in done.stdout
