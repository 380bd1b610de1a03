"""Does every model bind? Asked of DuckDB over empty tables, before anything is built.

Where a model does not, each expression that the user wrote in vars is put back alone:
the one with which it still does not bind is what is wrong, and is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import Compiled, Renderer, quoted
from recsql.config.expressions import (
    NEUTRAL,
    Expression,
    expressions,
    rewritten,
    without,
)
from recsql.config.project import Project
from recsql.engine.inputs import INPUTS, create_raw_tables
from recsql.engine.warehouse import Warehouse, named, open_warehouse
from recsql.errors import ProjectError, did_you_mean, first_line

Loaded = Mapping[tuple[str, str], list[tuple[str, str]]]  # schema, table: columns
OF_TYPES = re.compile("explicit (type )?cast|argument types|candidate function")
CLOSE = re.compile(r"Candidate bindings: :? ?(.+)")
LISTED = (
    "select table_schema, table_name, column_name, data_type "
    "from information_schema.columns "
    "where table_schema not in ('main', 'information_schema', 'pg_catalog') "
    "order by table_schema, table_name, ordinal_position"
)


def require_binding(plan: Plan, raw: Warehouse | None = None) -> list[str]:
    """Refuse a plan with a model that no engine could run; return what nobody can bind.

    That are the inputs whose tables are not loaded yet: a refresh looks at them.

    Args:
        plan: what would be built.
        raw: where the raw tables are; without it the project's warehouse is looked at.

    Raises:
        ProjectError: names the expression in vars that is wrong, or the model.
        ModelError: a model itself does not bind.
    """
    loaded = _loaded(raw.rows(LISTED)) if raw else _loaded_in_file(plan)
    missing = _missing(plan.project, loaded)
    project = _without(plan.project, missing)
    if missing:
        plan = compile_project(project, plan.renderer.source_relation)
    with open_warehouse(None, {"threads": 1}) as empty:
        _create(plan, empty, loaded)
        unknown: set[str] = set()
        for name in plan.graph.select((), ()):
            model = plan.models.get(name)
            if model is None:
                empty.load_seed(empty.connection, project.seeds[name])
            elif (
                unknown & set(model.refs)
                or not _has_sources(empty, model)
                or not _bind(plan, empty, model, knows_types=not missing)
            ):
                unknown.add(name)
    return missing


def _bind(plan: Plan, empty: Warehouse, model: Compiled, *, knows_types: bool) -> bool:
    """Say whether a model binds; not where types of what is not loaded decide."""
    if _problem(empty, model) is None:
        _require_conditions(plan, empty, model)
        return True
    wrong = _wrong_expression(plan, empty, model)
    if wrong is None:
        with named(model):
            _make(empty, model)
        return True
    expression, problem = wrong
    if not knows_types and OF_TYPES.search(str(problem)):
        return False
    raise ProjectError(
        f"{plan.project.entry(expression.place)}: {expression.text}: "
        f"{_said(problem)}.{_columns_there(plan, empty, model, expression, problem)}"
    )


def _require_conditions(plan: Plan, empty: Warehouse, model: Compiled) -> None:
    """Refuse a where or when that is a text or a time: true or false, else a number."""
    asked = {
        each: f"list_sum([{each.text}]) = 1"  # knows no texts
        for each in expressions(plan.project.vars)
        if each.var in model.vars and each.steps[-1] in NEUTRAL
    }
    if not asked or _unbound(plan, empty, model, asked) is None:
        return
    for each, text in asked.items():
        error = _unbound(plan, empty, model, {each: text})
        if "aggregate function" in str(error):
            raise ProjectError(
                f"{plan.project.entry(each.place)}: {each.text}: it is no "
                "condition: it is neither true nor false."
            )


def _unbound(
    plan: Plan, empty: Warehouse, model: Compiled, texts: Mapping[Expression, str]
) -> duckdb.BinderException | None:
    """Return why the model does not bind where expressions say something else."""
    other = _with_vars(plan, model, rewritten(plan.project.vars, texts))
    try:
        empty.connection.execute(f"describe {other.sql}")
    except duckdb.BinderException as error:
        return error
    return None


def _make(empty: Warehouse, model: Compiled) -> None:
    empty.connection.execute(
        f"create table {quoted('main', model.name)} as {model.sql} with no data"
    )


def _problem(empty: Warehouse, model: Compiled) -> duckdb.Error | None:
    try:
        _make(empty, model)
    except duckdb.Error as error:
        return error
    return None


def _wrong_expression(
    plan: Plan, empty: Warehouse, model: Compiled
) -> tuple[Expression, duckdb.Error] | None:
    """Return the expression with which alone the model does not bind, and why."""
    written = [e for e in expressions(plan.project.vars) if e.var in model.vars]
    if _problem(empty, _kept_alone(plan, model, written, None)) is not None:
        return None
    for kept in written:
        empty.connection.execute(f"drop table if exists {quoted('main', model.name)}")
        problem = _problem(empty, _kept_alone(plan, model, written, kept))
        if problem is not None:
            return kept, problem
    return None


def _kept_alone(
    plan: Plan, model: Compiled, written: list[Expression], kept: Expression | None
) -> Compiled:
    """Return the model as it is with one of the expressions, or none."""
    others = [each for each in written if each != kept]
    return _with_vars(plan, model, without(plan.project.vars, others))


def _with_vars(plan: Plan, model: Compiled, given: Mapping[str, Any]) -> Compiled:
    """Return the model as it is with other vars."""
    renderer = Renderer(plan.project.with_vars(given))
    renderer.source_relation = plan.renderer.source_relation
    return renderer.render(model.model)


def _said(problem: duckdb.Error) -> str:
    """Return DuckDB's first line without its kind."""
    return first_line(problem).partition(" Error: ")[2].rstrip(".!") or str(problem)


def _columns_there(
    plan: Plan,
    empty: Warehouse,
    model: Compiled,
    wrong: Expression,
    problem: duckdb.Error,
) -> str:
    """Return the columns of what an expression reads, or what DuckDB found close."""
    from sqlglot import ParseError, TokenError, exp, parse_one

    if wrong.var in INPUTS:
        table = str(plan.project.vars[wrong.var].get("table"))
        relation = plan.renderer.source_relation(plan.project.vars["raw_schema"], table)
        return f" It has: {', '.join(_columns(empty, f'from {relation}'))}."
    try:
        spoken = list(parse_one(wrong.text, dialect="duckdb").find_all(exp.Column))
    except (ParseError, TokenError):
        return ""
    plain = _kept_alone(plan, model, [wrong], None)
    said = ""
    for name in dict.fromkeys(column.table for column in spoken if column.table):
        columns = _columns(empty, _reading(plain, name))
        missing = [c.name for c in spoken if c.table == name and c.name not in columns]
        if columns and missing:
            said += did_you_mean(missing[0], columns)
            said += f" {name} has: {', '.join(columns)}."
    close = CLOSE.search(str(problem))
    return said or (f" Close to it: {close[1]}." if close else "")


def _reading(model: Compiled, cte: str) -> str:
    """Return a query of one of a model's named steps."""
    from sqlglot import exp, parse_one

    tree = parse_one(model.sql, dialect="duckdb")
    query = exp.select("*").from_(exp.to_identifier(cte, quoted=True))
    steps = tree.find(exp.With)
    for step in steps.expressions if steps else ():
        query = query.with_(step.args["alias"].copy(), as_=step.this.copy())
    return query.sql(dialect="duckdb")


def _columns(empty: Warehouse, query: str) -> list[str]:
    try:
        described = empty.connection.execute(f"describe {query}").fetchall()
    except duckdb.Error:
        return []
    return [name for name, *_ in described]


def _loaded(rows: list[tuple[Any, ...]]) -> Loaded:
    """Return the columns of tables by relation, from what DuckDB lists."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for schema, table, column, kind in rows:
        found.setdefault((schema, table), []).append((column, kind))
    return found


def _loaded_in_file(plan: Plan) -> Loaded:
    """Return what is loaded so far, nothing where another process is at work."""
    path = plan.project.profile.build_path
    if not path.is_file():
        return {}
    try:
        with duckdb.connect(str(path), read_only=True) as file:
            return _loaded(file.execute(LISTED).fetchall())
    except duckdb.Error:
        return {}


def _missing(project: Project, loaded: Loaded) -> list[str]:
    """Return the inputs whose table is not there.

    Those mapped as they are by default have the columns that the yml declares.
    """
    schema = str(project.vars["raw_schema"])
    return [
        name
        for name in INPUTS
        if (table := project.vars[name].get("table"))
        and (schema, table) not in loaded
        and project.vars[name] != project.default_vars[name]
    ]


def _without(project: Project, missing: list[str]) -> Project:
    """Return the project with inputs that say nothing."""
    written = [each for each in expressions(project.vars) if each.var in missing]
    return project.with_vars(without(project.vars, written)) if written else project


def _create(plan: Plan, empty: Warehouse, loaded: Loaded) -> None:
    """Create the raw tables, empty: what is loaded, and what the yml declares."""
    for (schema, table), columns in loaded.items():
        kinds = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
        empty.rows(f"create schema if not exists {quoted(schema)}")
        empty.rows(f"create table {quoted(schema, table)} ({kinds})")
    declared = [
        table
        for table in plan.project.sources.values()
        if table.columns and all(column.data_type for column in table.columns)
    ]
    create_raw_tables(plan.project, empty, declared)


def _has_sources(empty: Warehouse, model: Compiled) -> bool:
    parts = (relation.replace('"', "").split(".")[-2:] for relation in model.sources)
    return all(empty.has_table(schema, table) for schema, table in parts)
