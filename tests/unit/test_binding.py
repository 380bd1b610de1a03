"""A wrong expression in vars is named by its place, before anything is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.compilation.compiler import compile_project
from recsql.compilation.words import is_plain
from recsql.config.expressions import expressions, without
from recsql.config.project import Project, builtin_root, load_project
from recsql.engine.binding import require_binding
from recsql.engine.warehouse import open_warehouse
from recsql.errors import RecsqlError

PROJECT = load_project(builtin_root())
HOME = {
    "name": "home",
    "allow_repeat": "all",
    "length": 5,
    "personal": ["history"],
    "fallback": ["popular"],
}
GOOD = {"name": "good", "do": "bury", "by": 2, "when": "candidates.is_repeat"}
IN_FILE = "dbt_project.yml: vars: "
IN_RULE = IN_FILE + "surfaces: home: rules: thin margin: when: "


def ruled(condition: str) -> dict[str, Any]:
    rule = {"name": "thin margin", "do": "boost", "by": 2, "when": condition}
    return {"surfaces": [{**HOME, "rules": [GOOD, rule]}]}


def mapped(**columns: Any) -> dict[str, Any]:
    return {"events": {**PROJECT.default_vars["events"], **columns}}


def refused(given: dict[str, Any]) -> str:
    with pytest.raises(RecsqlError) as caught:
        require_binding(compile_project(PROJECT.with_vars(given)))
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "begin", "end"),
    [
        (
            ruled("items.categry = 'x'"),
            IN_RULE + "items.categry = 'x': ",
            'Did you mean "category"? items has: item_id, title, category, ',
        ),
        (
            ruled("attributes.margin < 10"),
            IN_RULE + "attributes.margin < 10: ",
            "attributes has: item_id, department, type, category.",
        ),
        (ruled("categry = 'x'"), IN_RULE + "categry = 'x': ", 'Close to it: "'),
        (
            ruled("items.item_id in (select id from blocked)"),
            IN_RULE + "items.item_id in (select id from blocked): ",
            'reads table "blocked", which is no part of sql/surfaces/rules/',
        ),
        (
            {"rule_region": "regon"},
            "dbt_project.yml: vars: rule_region: regon: ",
            'Close to it: "region"',
        ),
        (
            mapped(user_id="max(household_id)"),
            IN_FILE + "events: user_id: it sums up many rows (max), and each row is",
            "Seen: max(household_id).",
        ),
        (
            ruled("items.category"),
            IN_RULE + "items.category: it is no condition: it is neither true nor",
            "",
        ),
        (
            mapped(amount="sales_value *"),
            IN_FILE + "events: amount: it is not SQL: syntax error at or near",
            "Seen: sales_value *.",
        ),
        (
            mapped(amount="'sales"),
            IN_FILE + "events: amount: it is not one SQL expression.",
            "",
        ),
        (
            mapped(event_at="when"),
            IN_FILE
            + "events: event_at: it is a word of SQL, or no one word. For a column",
            """of that name write '"when"': YAML takes the outer quotes away.""",
        ),
    ],
)
def test_a_wrong_expression_is_named(
    given: dict[str, Any], begin: str, end: str
) -> None:
    message = refused(given)
    assert message.startswith(begin)
    assert end in message


def test_what_is_right_binds() -> None:
    require_binding(compile_project(PROJECT.with_vars(mapped(where="quantity"))))
    require_binding(compile_project(PROJECT.with_vars(ruled("users.user_id = 1"))))


def test_what_is_loaded_counts(tmp_path: Path) -> None:
    """Columns come from the warehouse; an input that is not loaded says nothing."""
    (tmp_path / "dbt_project.yml").write_text(
        "name: shop\nvars:\n"
        "  events: {table: sales, user_id: who, item_id: what, event_at: moment}\n"
        "  items: {table: later, item_id: what, title: name}\n"
        "  users: {table: null}\n"
    )
    project = load_project(tmp_path)
    assert require_binding(compile_project(project)) == ["events", "items"]
    project.profile.build_path.parent.mkdir()
    with duckdb.connect(str(project.profile.build_path)) as file:
        file.execute("create schema raw")
        file.execute("create table raw.sales (who int, what int, sold_at timestamp)")
    with pytest.raises(RecsqlError) as caught:
        require_binding(compile_project(project))
    assert str(caught.value).startswith(
        "dbt_project.yml: vars: events: event_at: moment: "
    )
    assert str(caught.value).endswith("It has: who, what, sold_at.")
    run(project, "alter table raw.sales rename sold_at to moment")
    assert require_binding(compile_project(project)) == ["items"]
    text = {"events": {**project.vars["events"], "where": "who || 'x'"}}
    with pytest.raises(RecsqlError) as caught:
        require_binding(compile_project(project.with_vars(text)))
    assert "events: where: who || 'x': it is no condition" in str(caught.value)
    run(project, "create table raw.later (what int, title text)")
    with pytest.raises(RecsqlError) as caught:
        require_binding(compile_project(project))
    assert str(caught.value).startswith(IN_FILE + "items: title: name: ")


def test_columns_may_be_called_as_words_of_sql(tmp_path: Path) -> None:
    """recsql says to write such a column in quotes; it does so itself, too."""
    kept = duckdb.execute(
        "select keyword_name from duckdb_keywords() "
        "where keyword_category in ('reserved', 'type_function')"
    )
    assert not [word for (word,) in kept.fetchall() if is_plain(word)]
    (tmp_path / "dbt_project.yml").write_text(
        "name: shop\nvars:\n"
        "  events: {table: order, user_id: '\"user\"', item_id: '\"order\"', "
        "event_at: '\"at\"'}\n"
        "  items: {table: null}\n  users: {table: null}\n"
    )
    project = load_project(tmp_path)
    project.profile.build_path.parent.mkdir()
    with duckdb.connect(str(project.profile.build_path)) as file:
        file.execute("create schema raw")
        file.execute('create table raw."order" ("user" int, "order" int, "at" date)')
    assert require_binding(compile_project(project)) == []


def run(project: Project, sql: str) -> None:
    with duckdb.connect(str(project.profile.build_path)) as file:
        file.execute(sql)


def typed(**surface: Any) -> dict[str, Any]:
    attributes = {"brand": "department", "margin": "length(product_type)"}
    items = {**PROJECT.default_vars["items"], "attributes": attributes}
    return {"items": items, "surfaces": [{**HOME, **surface}]}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("attributes.brand < 10", "Cannot compare values of type VARCHAR and type"),
        ("attributes.margin like 'x%'", "No function matches the given name and"),
        ("year(attributes.brand) > 3", "No function matches the given name and"),
        ("row_number() over () > 3", "WHERE clause cannot contain window functions"),
    ],
)
def test_a_typed_attribute_in_a_condition_is_named_with_its_place(
    condition: str, said: str
) -> None:
    rule = {"name": "thin", "when": condition}
    for given, place in (
        (typed(where=condition), "where"),
        (typed(rules=[{**rule, "do": "hide"}]), "rules: thin: when"),
        (typed(rules=[{**rule, "do": "slot", "at": [1]}]), "rules: thin: when"),
    ):
        plan = compile_project(PROJECT.with_vars(given))
        if "row_number" not in condition:  # of what is not loaded nobody knows types
            assert require_binding(plan) == ["items"]
        with open_warehouse(None, {}) as raw:
            raw.rows("create schema raw")
            raw.rows(
                "create table raw.products (product_id int, product_type text, "
                "package_size text, product_category text, department text)"
            )
            with pytest.raises(RecsqlError) as caught:
                require_binding(plan, raw)
        message = str(caught.value)
        begin = f"{IN_FILE}surfaces: home: {place}: {condition}: "
        assert message.startswith(begin + said), message


def test_expressions_are_found_and_taken_out() -> None:
    given = PROJECT.with_vars(ruled("items.item_id = 1")).vars
    found = {each.place: each for each in expressions(given)}
    rule = found["surfaces: home: rules: thin margin: when"]
    assert rule.text == "items.item_id = 1"
    assert found["items: attributes: type"].text == "product_type"
    changed = without(given, [rule, found["items: attributes: type"]])
    assert changed["surfaces"][0]["rules"][1]["when"] == "true"
    assert changed["surfaces"][0]["rules"][0] == GOOD
    assert changed["items"]["attributes"] == {
        "department": "department",
        "type": "null",
    }
    assert given["items"]["attributes"]["type"] == "product_type"
