"""Incremental models: when their table is added to, and when it must be built anew.

A table is added to while everything it was built from is as it was: vars, SQL, the
columns of raw tables, and the incremental models it reads. What that was is written
down in table `recsql.built`, in the transaction that builds the table.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.ingredients import full_text
from recsql.engine.runs import SCHEMA, sign
from recsql.engine.warehouse import Warehouse, named, transaction

Parts = Mapping[str, Mapping[str, Any]]  # kind of part: its name: what it is
TABLE = f"{SCHEMA}.built"


def prepare(plan: Plan, warehouse: Warehouse) -> None:
    """Create the table that says what incremental models were built from.

    What vars make a plain table for now is not what was written down any more.
    """
    warehouse.rows(f"create schema if not exists {SCHEMA}")
    warehouse.rows(
        f"create table if not exists {TABLE} "
        "(model varchar, build_id varchar, parts varchar)"
    )
    plain = [name for name, c in plan.models.items() if not c.incremental]
    warehouse.rows(f"delete from {TABLE} where model in (select unnest(?))", [plain])


def forget_builds(plan: Plan, warehouse: Warehouse, names: tuple[str, ...]) -> None:
    """Let the named models be built anew: `--full-refresh`."""
    prepare(plan, warehouse)
    warehouse.rows(
        f"update {TABLE} set parts = null where model in (select unnest(?))",
        [list(names)],
    )


def refresh_model(
    plan: Plan, warehouse: Warehouse, cursor: duckdb.DuckDBPyConnection, name: str
) -> tuple[int, str]:
    """Add to a model's table or build it anew; return its rows and what was done.

    Raises:
        ModelError: DuckDB failed; the table is as it was.
    """
    compiled = plan.models[name]
    with named(compiled):
        parts = _parts(plan, cursor, compiled)
        reason = _reason_to_rebuild(warehouse, cursor, name, parts)
        if reason is None:
            reason = _outgrown(plan, cursor, compiled)
        with transaction(cursor):
            run_id = plan.renderer.invocation_id
            if reason is None and compiled.incremental:
                added = warehouse.add_to(cursor, compiled.incremental)
                sign(cursor, name, run_id)
                return _count(cursor, name), f"{added:,} rows new or changed"
            rows = warehouse.materialize(cursor, compiled)
            sign(cursor, name, run_id)
            _record(cursor, name, parts)
    return rows, f"built anew: {reason}" if reason else ""


def _count(cursor: duckdb.DuckDBPyConnection, name: str) -> int:
    return int(cursor.execute(f"select count(*) from main.{name}").fetchall()[0][0])


def _record(cursor: duckdb.DuckDBPyConnection, name: str, parts: Parts) -> None:
    cursor.execute(f"delete from {TABLE} where model = ?", [name])
    row = [name, str(uuid.uuid4()), json.dumps(parts, default=str)]
    cursor.execute(f"insert into {TABLE} values (?, ?, ?)", row)


def _reason_to_rebuild(
    warehouse: Warehouse, cursor: duckdb.DuckDBPyConnection, name: str, parts: Parts
) -> str | None:
    """Say in a few words why the table cannot be added to; nothing on a first build."""
    if warehouse.kinds.get(name) != "table":
        return ""
    found = cursor.execute(
        f"select parts from {TABLE} where model = ?", [name]
    ).fetchall()
    if not found:
        return "nobody wrote down what it was built from"
    if found[0][0] is None:
        return "--full-refresh"
    before, now = json.loads(found[0][0]), json.loads(json.dumps(parts, default=str))
    return next(_changes(before, now), None)


def _outgrown(
    plan: Plan, cursor: duckdb.DuckDBPyConnection, compiled: Compiled
) -> str | None:
    """Say that too many rows are there for refreshes alone, as meta.extra_rows says."""
    condition = (compiled.config.get("meta") or {}).get("extra_rows")
    if not condition:
        return None
    (share,) = cursor.execute(
        f"select avg(cast({condition} as integer)) from main.{compiled.name}"
    ).fetchall()[0]
    limit = float(plan.project.vars["max_extra_share"])
    return f"{share:.0%} of its rows were extra" if (share or 0) > limit else None


def _changes(before: Parts, now: Parts) -> Iterator[str]:
    """Name what changed, the cause before its consequence."""
    texts = {
        "vars": "var {name} was {was}, is {now}",
        "columns": "the columns of {name} changed",
        "builds": "{name} was built anew",
        "engine": "DuckDB was {was}, is {now}",
        "sql": "the SQL of {name} changed",
    }
    for kind, text in texts.items():
        for name in sorted({*before[kind], *now[kind]}):
            was, then = before[kind].get(name), now[kind].get(name)
            if was != then:
                yield text.format(name=name, was=_short(was), now=_short(then))


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _parts(plan: Plan, cursor: duckdb.DuckDBPyConnection, compiled: Compiled) -> Parts:
    """Return what a model is built from, down to raw tables and incremental models."""
    own, builds = _lineage(plan, compiled)
    texts = {c.name: plan.renderer.timeless(full_text(c)) for c in own}
    sources = {source for c in own for source in c.sources}
    known = dict(
        cursor.execute(
            f"select model, build_id from {TABLE} where model in (select unnest(?))",
            [sorted(builds)],
        ).fetchall()
    )
    return {
        "vars": {name: value for c in own for name, value in c.vars.items()},
        "columns": {source: _columns(cursor, source) for source in sorted(sources)},
        "builds": {name: known.get(name) for name in sorted(builds)},
        "engine": {"duckdb": duckdb.__version__},
        "sql": {k: sha256(text.encode()).hexdigest() for k, text in texts.items()},
    }


def _lineage(plan: Plan, compiled: Compiled) -> tuple[list[Compiled], set[str]]:
    """Return a model with what refreshes make for it, and the builds it reads."""
    own, builds, todo = {compiled.name: compiled}, set(), list(compiled.refs)
    while todo:
        parent = plan.models.get(todo.pop())
        if parent is None or parent.name in own:
            continue
        if parent.incremental:
            builds.add(parent.name)
        else:
            own[parent.name] = parent
            todo += parent.refs
    return list(own.values()), builds


def _columns(cursor: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    rows = cursor.execute(f"describe {relation}").fetchall()
    return [f"{row[0]} {row[1]}" for row in rows]
