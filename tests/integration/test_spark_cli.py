"""Commands with --target: what is refused before any Spark is started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from recsql.compilation import spark
from recsql.compilation.render import Compiled
from recsql.config.scaffold import init_project, presets
from tests.integration.conftest import Recsql

OUTPUT = """\
recsql:
  target: build
  outputs:
    build: {type: duckdb, path: warehouse/build.duckdb}
    cluster: {type: spark, %s}
"""
NOT_YET = (
    *("backtest --last 28d", "report", "diff", "tune --recipe neighbours", "serve"),
    *("compare a b", "demo", "train-ranker --until 2024-01-01"),
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init_project(tmp_path, "own-tables")
    return tmp_path


def write(shop: Path, output: str) -> None:
    (shop / "profiles.yml").write_text(OUTPUT % output)


def test_a_target_that_is_not_there_is_named(recsql: Recsql, shop: Path) -> None:
    result = recsql("refresh", "--project", shop, "--target", "sparc")
    assert result.code == 2
    assert 'there is no target "sparc". Did you mean "spark"?' in result.err


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("schema: recsql", "name a master (local[2], yarn, k8s://...) or a remote"),
        ("master: yarn, remote: 'sc://x'", "one of the two"),
        ("mastr: yarn", '"mastr" is not known to recsql. Did you mean "master"?'),
        ("master: yarn, schema: 'my shop'", "use lower-case letters"),
    ],
)
def test_an_output_that_is_wrong_is_refused(
    recsql: Recsql, shop: Path, output: str, said: str
) -> None:
    write(shop, output)
    result = recsql("refresh", "--project", shop, "--target", "cluster")
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize("command", NOT_YET)
def test_what_spark_cannot_do_says_why(
    recsql: Recsql, shop: Path, command: str
) -> None:
    name, *extra = command.split()
    result = recsql(name, "--project", shop, "--target", "spark", *extra)
    assert result.code == 2
    assert result.err.startswith(f"Error: {name}: does not run where the target")
    assert len(result.err.splitlines()) == 1
    assert not (shop / "warehouse").exists()


def test_memory_is_said_in_sparks_words(recsql: Recsql, shop: Path) -> None:
    given = ("--target", "spark", "--memory-limit", "1GB")
    result = recsql("refresh", "--project", shop, *given)
    assert (result.code, "spark.executor.memory" in result.err) == (2, True)


def test_without_java_one_line_says_so(
    recsql: Recsql, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark")
    monkeypatch.setenv("JAVA_HOME", str(shop / "no java"))
    result = recsql("refresh", "--project", shop, "--target", "spark")
    assert result.code == 2
    assert result.err.startswith("Error: Spark: there is no java in JAVA_HOME")
    assert len(result.err.splitlines()) == 1


def test_an_old_java_is_refused(
    recsql: Recsql, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyspark")
    java = shop / "jdk/bin/java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(shop / "jdk"))
    result = recsql("refresh", "--project", shop, "--target", "spark")
    assert result.code == 2
    assert "is Java 8; Spark 4 needs 17 or later" in result.err


def test_a_listing_needs_no_cluster(recsql: Recsql, shop: Path) -> None:
    result = recsql("ls", "--project", shop, "--target", "spark")
    assert (result.code, "rec_for_user" in result.out) == (0, True)


@pytest.fixture(scope="module")
def _each_text_once() -> Iterator[None]:
    """Translate a text once, as presets share most models."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("translate", "is_sql_only"):
            patch.setattr(spark, name, remembering(getattr(spark, name)))
        yield


def remembering(function: Any) -> Any:
    known: dict[tuple[str, str], Any] = {}

    def call(compiled: Compiled, *place: Any) -> Any:
        if place:
            return function(compiled, *place)
        key = compiled.file, compiled.sql
        if key not in known:
            known[key] = function(compiled)
        return known[key]

    return call


@pytest.mark.usefixtures("_each_text_once")
@pytest.mark.parametrize("preset", presets())
def test_presets_translate(recsql: Recsql, tmp_path: Path, preset: str) -> None:
    init_project(tmp_path / "shop", preset)
    result = recsql("compile", "--project", tmp_path / "shop", "--dialect", "spark")
    assert result.code == 0, result.err
    assert "places do not translate" not in result.out + result.err


def test_a_dbt_project_is_written(recsql: Recsql, shop: Path, tmp_path: Path) -> None:
    """test_spark_shop.py lets dbt-spark build it, at night."""
    place = tmp_path / "by dbt"
    as_dbt = ("compile", "--project", shop, "--as", "dbt", place)
    refused = recsql(*as_dbt)
    assert (refused.code, "--dialect spark" in refused.err) == (2, True)
    result = recsql(*as_dbt, "--dialect", "spark")
    assert (result.code, f"tests to {place}" in result.out) == (0, True), result.err
    lists = (place / "models/recommendations/rec_for_user.sql").read_text()
    assert lists.startswith('{{ config(materialized="table", tags=["public"')
    assert '{{ ref("list_explained") }}' in lists
    assert "{{ invocation_id }}" in lists
    for path in place.glob("models/*/*.sql"):
        assert not set(re.findall(r"recsql_(?:refs|raw)", path.read_text())), path
    described = yaml.safe_load((place / "models/schema.yml").read_text())["models"]
    assert {each["name"] for each in described} == {
        path.stem for path in place.glob("models/*/*.sql")
    }
    held = [each for each in described if "config" in each]  # to their contracts
    assert {"mon_freshness", "rec_users"} & {each["name"] for each in held}
    assert all(column["data_type"] for each in held for column in each["columns"])
    assert "doc(" not in str(described)
    assert f"--project-dir '{place}'" in result.out


def test_every_place_that_does_not_translate_is_listed(
    recsql: Recsql, shop: Path
) -> None:
    for name in ("one", "other"):
        (shop / f"sql/{name}.sql").write_text(
            "-- One row.\nwith final as (select reverse('a') as a, x // 2 as b\n"
            "from (select 1 as x) as t)\nselect *\nfrom final\n"
        )
    result = recsql("compile", "--project", shop, "--dialect", "spark")
    assert result.code == 2
    assert result.err.splitlines()[-1] == "Error: compile: 4 places do not translate."
    assert "sql/one.sql:2: Spark: nobody has compared reverse" in result.err
    assert "sql/other.sql:2: Spark: nobody has compared intdiv" in result.err
