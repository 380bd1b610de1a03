"""Contracts: the columns and types a public table promises, in the yml beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import duckdb

from recsql.compilation.render import Compiled, Contract, Renderer, quoted
from recsql.config.project import Project
from recsql.errors import ModelError, ProjectError

ID_TYPES = ("user_id_type", "item_id_type")
ANY = "any"


def with_contracts(
    project: Project, models: Mapping[str, Compiled]
) -> dict[str, Compiled]:
    """Return the models, those with `contract: {enforced: true}` with their columns.

    Ids whose type no var says may have any: they keep the type they arrive with.

    Raises:
        ProjectError: the yml does not describe the model, or a column has no type.
    """
    unsaid = {name: ANY for name in ID_TYPES if project.vars[name] is None}
    renderer = Renderer(project.with_vars(unsaid))
    return {
        name: replace(compiled, contract=_contract(renderer, compiled))
        if _is_enforced(compiled)
        else compiled
        for name, compiled in models.items()
    }


def require_contract(cursor: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Refuse a model that would not make the columns that its contract promises.

    Raises:
        ModelError: names each column that is missing, not promised or of another type.
    """
    if compiled.contract is None:
        return
    seen = _columns(cursor, compiled.sql)
    kinds = {n: k for n, k in compiled.contract.types.items() if k is not None}
    casts = ", ".join(f"cast(null as {kinds[n]}) as {quoted(n)}" for n in kinds)
    spelled = _columns(cursor, f"select {casts}") if kinds else {}
    expected = {**compiled.contract.types, **spelled}
    problems = [f"{name} is missing" for name in expected if name not in seen]
    for name, kind in seen.items():
        if name not in expected:
            problems.append(f"{name} is not in it")
        elif expected[name] not in (kind, None):
            problems.append(f"{name} is {kind}, not {expected[name]}")
    if problems:
        raise ModelError(
            f"{compiled.file}: breaks its contract in {compiled.contract.file}: "
            f"{'; '.join(problems)}. Change the one or the other."
        )


def _columns(cursor: duckdb.DuckDBPyConnection, sql: str) -> dict[str, str]:
    """Return the names and types of a query's columns."""
    described = cursor.execute(f"describe\n{sql}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _is_enforced(compiled: Compiled) -> bool:
    return bool((compiled.config.get("contract") or {}).get("enforced"))


def _contract(renderer: Renderer, compiled: Compiled) -> Contract:
    described = renderer.project.properties.get(compiled.name)
    if described is None:
        raise ProjectError(
            f"{compiled.file}: has a contract, but no yml describes its columns."
        )
    file = renderer.project.relative(described.path)
    types = {}
    for column in described.columns.values():
        if column.data_type is None:
            raise ProjectError(
                f"{file}: {compiled.name} has a contract, but {column.name} has no "
                "data_type."
            )
        kind = renderer.render_text(column.data_type, described.path)
        types[column.name] = None if kind == ANY else kind
    return Contract(file, types)
