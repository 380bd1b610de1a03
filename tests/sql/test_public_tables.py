"""What others rely on: contracts, exposures, access, and how often tables are made."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from recsql.compilation.compiler import compile_project
from recsql.compilation.contracts import require_contract
from recsql.compilation.render import Compiled, Contract
from recsql.compilation.spark import is_sql_only
from recsql.config.project import builtin_root, load_project
from recsql.engine.warehouse import open_warehouse
from recsql.errors import ModelError, ProjectError
from tests.sql.test_contracts import COLUMNS, PLAN, plan_of

ROOT = builtin_root()
OFTEN = {"nightly", "weekly"}


@pytest.mark.parametrize("name", PLAN.public)
def test_a_public_table_keeps_a_contract(name: str) -> None:
    contract = PLAN.models[name].contract
    assert contract is not None
    assert list(contract.types) == COLUMNS[f"main.{name}"], "dbt stores the yml's order"
    assert PLAN.models[name].config["access"] == "public"


@pytest.mark.parametrize("name", [n for n in PLAN.public if "serve_" not in n])
def test_public_tables_spell_a_thing_one_way(name: str) -> None:
    columns = set(COLUMNS[f"main.{name}"])
    assert {"run_id", "generated_at"} <= columns
    ranks = {column for column in columns if column.endswith("_rank")}
    assert ranks <= {"item_rank", "part_rank"} | {c for c in ranks if "mean_rank" in c}
    ids = {column for column in columns if column.endswith("item_id")}
    assert ids <= {"item_id", "related_item_id", "reason_item_id"}
    titles = {column for column in columns if column.endswith("title")}
    assert titles <= {"item_title", "related_title", "reason_title"}
    assert not {"slot", "item_category", "title"} & columns


def test_only_public_tables_are_open_to_other_projects() -> None:
    for name, compiled in PLAN.models.items():
        is_open = compiled.config.get("access") == "public"
        assert is_open == (name in PLAN.public), name
        assert compiled.config["group"], name


def test_every_public_table_has_readers() -> None:
    exposures = yaml.safe_load((ROOT / "sql/_exposures.yml").read_text())["exposures"]
    read = [
        re.findall(r"'(\w+)'", ref)[0] for e in exposures for ref in e["depends_on"]
    ]
    assert sorted(read) == sorted(PLAN.public)


def test_every_query_is_described() -> None:
    described = yaml.safe_load((ROOT / "queries/_queries.yml").read_text())["analyses"]
    assert {query["name"] for query in described} == set(PLAN.project.queries)


def test_tags_say_how_often_a_table_is_made() -> None:
    for name, node in PLAN.graph.nodes.items():
        if name in PLAN.models and not PLAN.graph.children[name]:
            assert len(node.tags & OFTEN) == 1, f"{name}: nightly or weekly"
    nightly = PLAN.graph.with_ancestors(PLAN.graph.select(["tag:nightly"]))
    for name in nightly:
        assert "weekly" not in PLAN.graph.nodes[name].tags, f"{name} is needed nightly"
    left_out = {"rec_complements", "sig_itemset_rules", "eval_summary", "sig_nodes"}
    assert not left_out & set(nightly)


def test_pure_sql_is_on_what_needs_no_python() -> None:
    """Whatever the vars: a model and all that it reads call no function of recsql's."""
    plans = (PLAN, plan_of())
    needy: set[str] = set()
    for plan in plans:
        for name in plan.graph.order:
            compiled = plan.models.get(name)
            if compiled and (not is_sql_only(compiled) or needy & {*compiled.refs}):
                needy.add(name)
    models = {name for plan in plans for name in plan.models}
    tagged = {
        name
        for plan in plans
        for name, compiled in plan.models.items()
        if "pure_sql" in compiled.config.get("tags", [])
    }
    assert (tagged - (models - needy), (models - needy) - tagged) == (set(), set()), (
        "dbt_project.yml: models: tag pure_sql is too much on the first, "
        "and is missing on the second"
    )


def popular(types: dict[str, str | None], sql: str = "select 1 as a, 'x' as b") -> Any:
    compiled: Compiled = PLAN.models["rec_popular"]
    return replace(compiled, sql=sql, contract=Contract("sql/x.yml", types))


def test_a_kept_contract() -> None:
    with open_warehouse(None, {}) as warehouse:
        require_contract(warehouse.cursor(), popular({"a": "int", "b": "text"}))
        require_contract(warehouse.cursor(), popular({"a": None, "b": None}))


@pytest.mark.parametrize(
    ("types", "problem"),
    [
        ({"a": "bigint", "b": "varchar"}, "a is INTEGER, not BIGINT"),
        ({"a": "integer"}, "b is not in it"),
        ({"a": None, "b": "varchar", "c": None}, "c is missing"),
        (
            {"b": "date", "c": "date"},
            "c is missing; a is not in it; b is VARCHAR, not DATE",
        ),
    ],
)
def test_a_breach_in_one_line(types: dict[str, str | None], problem: str) -> None:
    with open_warehouse(None, {}) as warehouse, pytest.raises(ModelError) as breach:
        require_contract(warehouse.cursor(), popular(types))
    assert str(breach.value) == (
        "sql/recommendations/rec_popular.sql: breaks its contract in sql/x.yml: "
        f"{problem}. Change the one or the other."
    )


def test_ids_have_the_type_that_the_vars_say_or_any() -> None:
    contract = PLAN.models["rec_for_user"].contract
    assert contract is not None
    assert (contract.types["user_id"], contract.types["item_id"]) == (None, None)
    said = compile_project(load_project(ROOT, {"user_id_type": "varchar"}))
    contract = said.models["rec_for_user"].contract
    assert contract is not None
    assert (contract.types["user_id"], contract.types["item_id"]) == ("varchar", None)
    with pytest.raises(ProjectError, match=r"user_id_type: it is a SQL .*: a; drop"):
        compile_project(load_project(ROOT, {"user_id_type": "a; drop"}))


def test_dbt_project_yml_names_models_where_they_are() -> None:
    """A setting of a model that is no more, or in another folder, would say nothing."""

    def named(settings: object, folder: Path) -> None:
        for name, below in settings.items() if isinstance(settings, dict) else ():
            if not name.startswith("+"):
                is_folder = (folder / name).is_dir()
                assert is_folder or (folder / f"{name}.sql").exists(), folder / name
                named(below, folder / name)

    models = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["models"]
    named(models["recsql"], ROOT / "sql")
