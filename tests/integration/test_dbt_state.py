"""dbt's `state:modified` finds the models of which a var changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from recsql.config.project import builtin_root

pytestmark = pytest.mark.slow
PROFILE = "{outputs: {dev: {type: duckdb, path: shop.duckdb}}, target: dev}"
PROJECT = "{{name: {0}, config-version: 2, version: 1.0.0, profile: {0}, vars: {1}}}"
MODELS = {
    "direct": "select {{ var('days') }} as days",
    "by_macro": "select {{ doubled() }} as days",
    "by_setting": "{{ config(enabled='a' in var('sources')) }} select 1 as one",
    "by_parent": "select * from {{ ref('direct') }}",
    "by_default": "select {{ var('absent', 1) }} + {{ var('gone', default=2) }} as x",
    "unmoved": "select {{ var('other') | length }} as other",
}
VARS = {"days": 7, "sources": ["a"], "other": {"x": 1}}


CHANGES = [{}, {"days": 8}, {"sources": ["a", "b"]}]
FOUND = [set(), {"direct", "by_macro"}, {"by_setting"}]
# one process, as dbt is long in starting
SCRIPT = """
import json, sys
from dbt.cli.main import dbtRunner

def dbt(*arguments):
    done = dbtRunner().invoke(["--quiet", *arguments])
    assert done.success, done.exception
    return done.result

changes = json.loads(sys.argv[1])
sys.argv[2:] and dbt("deps")
dbt("parse", "--target-path", "before")
state = ["ls", "--select", "state:modified", "--state", "before", "--output", "name"]
found = [dbt(*state, "--vars", json.dumps(vars)) for vars in changes]
open("found.json", "w").write(json.dumps(found))
"""


def write_projects(top: Path) -> None:
    """Write a small project with recsql's `var`, and one that has it as a package."""
    inner, host = top / "inner", top / "host"
    (inner / "models").mkdir(parents=True)
    shutil.copytree(builtin_root() / "macros/dbt", inner / "macros")
    (inner / "macros/doubled.sql").write_text(
        "{% macro doubled() %}{{ 2 * var('days') }}{% endmacro %}"
    )
    for name, sql in MODELS.items():
        (inner / f"models/{name}.sql").write_text(sql)
    (inner / "dbt_project.yml").write_text(PROJECT.format("inner", json.dumps(VARS)))
    host.mkdir()
    (host / "dbt_project.yml").write_text(PROJECT.format("host", "{}"))
    (host / "packages.yml").write_text("packages: [{local: ../inner}]")
    for folder in (inner, host):
        (folder / "profiles.yml").write_text(f"{folder.name}: {PROFILE}")


@pytest.mark.parametrize(
    "project", ["inner", pytest.param("host", marks=pytest.mark.nightly)]
)
def test_a_changed_var_is_found(project: str, tmp_path: Path) -> None:
    pytest.importorskip("dbt.adapters.duckdb", reason="needs the extra dbt")
    write_projects(tmp_path)
    more = ["deps"] if project == "host" else []
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(CHANGES), *more],
        cwd=tmp_path / project,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / project / "found.json").read_text())
    assert [set(names) for names in found] == FOUND
