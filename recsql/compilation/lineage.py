"""sqlglot reads the rendered SQL: which tables, which columns, and where from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from recsql.errors import InputError, ProjectError, did_you_mean, first_line

if TYPE_CHECKING:
    import duckdb
    from sqlglot.expressions import Query

    from recsql.compilation.render import Compiled


class NotAQueryError(Exception):
    """The SQL is a statement, but no query."""


def parse(compiled: Compiled, dialect: Any = "duckdb") -> Query:
    """Parse one model's SQL, as DuckDB's unless said otherwise.

    Raises:
        ProjectError: sqlglot cannot read it; file, line and what was seen are named.
    """
    with _explained(compiled):
        return _parse(compiled.sql, dialect)


def _parse(sql: str, dialect: Any = "duckdb") -> Query:
    import sqlglot

    tree = sqlglot.parse_one(sql, dialect=dialect)
    if not isinstance(tree, sqlglot.exp.Query):
        raise NotAQueryError
    return tree


@contextmanager
def _explained(compiled: Compiled) -> Iterator[None]:
    import sqlglot

    try:
        yield
    except sqlglot.ParseError as error:
        detail = error.errors[0] if error.errors else {}
        line = compiled.source_line(int(detail.get("line") or 1))
        seen = detail.get("highlight") or "the end"
        raise ProjectError(
            f'{compiled.file}:{line}: SQL: {detail.get("description")} Seen: "{seen}".'
        ) from None
    except sqlglot.errors.TokenError as error:
        raise ProjectError(
            f"{compiled.file}: SQL: a text or comment has no end. {first_line(error)}"
        ) from None
    except NotAQueryError:
        raise ProjectError(
            f"{compiled.file}: a model must be one select statement."
        ) from None


@lru_cache(maxsize=1024)
def _parsed_by_duckdb(sql: str) -> frozenset[str] | None:
    """Return the relations of a query as DuckDB parses it, None where it does not.

    Its own parser needs a twentieth of sqlglot's time, but says less of an error. Plans
    of one process share most queries.
    """
    row = _parser().execute("select cast(json_serialize_sql(?) as varchar)", [sql])
    tree = json.loads((row.fetchone() or ["{}"])[0])
    if tree.get("error", True) or len(tree["statements"]) != 1:
        return None
    read, ctes, left = set(), set(), [tree]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left += node
        elif isinstance(node, dict):
            left += node.values()
            if node.get("type") == "BASE_TABLE":
                parts = (node["catalog_name"], node["schema_name"], node["table_name"])
                read.add(".".join(part for part in parts if part))
            ctes |= {cte["key"] for cte in node.get("cte_map", {}).get("map", [])}
    return frozenset(name.replace('"', "") for name in read - ctes)


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": 1})


def tables_read(tree: Query) -> set[str]:
    """Return the relations a query reads, `schema.name`, without its own CTEs."""
    from sqlglot import exp

    ctes = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {
        table.sql("duckdb", comments=False).split(" AS ")[0].replace('"', "")
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
        and (table.db or table.name not in ctes)
    }


def tables_named(expression: str) -> set[str]:
    """Return the tables that subqueries of an expression read; none if it is no SQL."""
    import sqlglot

    try:
        return tables_read(_parse(f"select ({expression})"))
    except sqlglot.errors.SqlglotError:
        return set()


def check_tables(compiled: Compiled, relation: Callable[[str], str]) -> None:
    """Refuse a model that reads a table it did not name with `ref` or `source`."""
    recorded = {relation(r).replace('"', "") for r in compiled.refs}
    recorded |= {s.replace('"', "") for s in compiled.sources}
    read = _parsed_by_duckdb(compiled.sql)
    if read is None:
        read = frozenset(tables_read(parse(compiled)))
    for name in sorted(read - recorded):
        raise ProjectError(
            f'{compiled.file}: reads table "{name}" without ref() or source().'
        )
    for name in sorted(recorded - read):
        raise ProjectError(
            f'{compiled.file}: names "{name}" with ref() or source() but reads '
            "nothing from it. Remove it."
        )


@dataclass(frozen=True)
class ColumnNode:
    """A column and the columns it is computed from."""

    relation: str
    column: str
    parents: tuple[ColumnNode, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, ColumnNode]]:
        """Yield (depth, node), the node itself first."""
        yield depth, self
        for parent in self.parents:
            yield from parent.walk(depth + 1)


def output_columns(compiled: Compiled, known: Mapping[str, list[str]]) -> list[str]:
    """Return a model's output column names; `known` has those of what it reads."""
    from sqlglot.optimizer.qualify import qualify

    schema = _schema(known)
    tree = qualify(
        parse(compiled), schema=schema, dialect="duckdb", validate_qualify_columns=False
    )
    return list(tree.named_selects)


def column_lineage(
    models: Mapping[str, Compiled],
    order: tuple[str, ...],
    target: str,
    known: dict[str, list[str]],
) -> ColumnNode:
    """Trace `model.column` back to the raw tables.

    Raises:
        InputError: the model or column does not exist.
    """
    name, _, column = target.partition(".")
    if name not in models:
        raise InputError(f'unknown model "{name}".{did_you_mean(name, models)}')
    for model in order:
        if model in models:
            known[f"main.{model}"] = output_columns(models[model], known)
    available = known[f"main.{name}"]
    if column not in available:
        hint = did_you_mean(column, available) or f" It has: {', '.join(available)}."
        raise InputError(f'model {name} has no column "{column}".{hint}')
    return _trace(models, known, name, column, {})


def _trace(
    models: Mapping[str, Compiled],
    known: Mapping[str, list[str]],
    name: str,
    column: str,
    memo: dict[tuple[str, str], ColumnNode],
) -> ColumnNode:
    if (name, column) in memo:
        return memo[name, column]
    parents: dict[tuple[str, str], ColumnNode] = {}
    for schema, table, source_column in _leaves(models[name], known, column):
        key = (table, source_column)
        if schema == "main" and table in models:
            parents[key] = _trace(models, known, table, source_column, memo)
        else:
            parents[key] = ColumnNode(f"{schema}.{table}", source_column)
    node = ColumnNode(name, column, tuple(parents[key] for key in sorted(parents)))
    memo[name, column] = node
    return node


def _leaves(
    compiled: Compiled, known: Mapping[str, list[str]], column: str
) -> Iterator[tuple[str, str, str]]:
    from sqlglot import exp
    from sqlglot.lineage import lineage

    root = lineage(column, parse(compiled), schema=_schema(known), dialect="duckdb")
    for node in root.walk():
        table = node.expression
        if not node.downstream and isinstance(table, exp.Table) and table.db:
            yield table.db, table.name, node.name.rpartition(".")[2].strip('"')


def _schema(known: Mapping[str, list[str]]) -> dict[str, object]:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for relation, columns in known.items():
        database, _, table = relation.partition(".")
        schema.setdefault(database, {})[table] = dict.fromkeys(columns, "varchar")
    return {**schema}
