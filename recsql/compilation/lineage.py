"""sqlglot reads the rendered SQL: which tables, which columns, and where from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsql.config.remembered import Remembered
from recsql.errors import InputError, ProjectError, did_you_mean, first_line

if TYPE_CHECKING:
    import duckdb
    from sqlglot.expressions import Query

    from recsql.compilation.render import Compiled


def _makers() -> list[str]:
    """Return what decides which relations are found in a query, beside its text."""
    return [version("duckdb"), Path(__file__).read_text()]


READ = Remembered("relations", _makers)


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


def _parsed_by_duckdb(sql: str) -> frozenset[str] | None:
    """Return the relations of a query as DuckDB parses it, None where it does not.

    Its own parser needs a twentieth of sqlglot's time, but says less of an error. Plans
    share most queries, so what was found is remembered.
    """
    key = sha256(sql.encode()).digest()
    found = READ.get(key)
    if found is None:
        found = _relations(sql)
        if found is None:
            return None
        READ.put(key, found)
    return frozenset(found)


def _relations(sql: str) -> tuple[str, ...] | None:
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
    return tuple(sorted(name.replace('"', "") for name in read - ctes))


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


def _qualified(compiled: Compiled, known: Mapping[str, list[str]]) -> Query:
    from sqlglot.optimizer.qualify import qualify

    schema = _schema(known)
    return qualify(
        parse(compiled), schema=schema, dialect="duckdb", validate_qualify_columns=False
    )


def output_columns(compiled: Compiled, known: Mapping[str, list[str]]) -> list[str]:
    """Return a model's output column names; `known` has those of what it reads."""
    return list(_qualified(compiled, known).named_selects)


Read = Mapping[str, tuple[tuple[str, str], ...]]


def columns_read(compiled: Compiled, known: Mapping[str, list[str]]) -> Read:
    """Return a model's columns, each with the (relation, column) it is computed from.

    `known` has the columns of what the model reads.
    """
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.scope import build_scope

    tree = _qualified(compiled, known)
    scope = build_scope(tree)
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for column in tree.named_selects:
        root = lineage(column, tree, schema={}, scope=scope, dialect="duckdb")
        leaves = (node for node in root.walk() if not node.downstream)
        found[column] = tuple(
            sorted(
                {
                    (
                        f"{leaf.expression.db}.{leaf.expression.name}",
                        leaf.name.rpartition(".")[2].strip('"'),
                    )
                    for leaf in leaves
                    if isinstance(leaf.expression, exp.Table) and leaf.expression.db
                }
            )
        )
    return found


def every_column_read(
    models: Mapping[str, Compiled],
    order: Sequence[str],
    known: Mapping[str, list[str]],
) -> dict[str, Read]:
    """Return columns_read of models, which come in `order` after what they read.

    `known` has the columns of raw tables and seeds.
    """
    columns = dict(known)
    found: dict[str, Read] = {}
    for name in order:
        if name in models:
            found[name] = columns_read(models[name], columns)
            columns[f"main.{name}"] = [*found[name]]
    return found


def column_lineage(
    models: Mapping[str, Compiled],
    order: Sequence[str],
    target: str,
    known: Mapping[str, list[str]],
) -> ColumnNode:
    """Trace `model.column` back to the raw tables.

    Raises:
        InputError: the model or column does not exist.
    """
    name, _, column = target.partition(".")
    if name not in models:
        raise InputError(f'unknown model "{name}".{did_you_mean(name, models)}')
    needed, left = {name}, [name]
    while left:
        parents = set(models[left.pop()].refs) & models.keys() - needed
        needed |= parents
        left += parents
    read = every_column_read(models, [n for n in order if n in needed], known)
    available = read[name]
    if column not in available:
        hint = did_you_mean(column, available) or f" It has: {', '.join(available)}."
        raise InputError(f'model {name} has no column "{column}".{hint}')
    return _trace(read, name, column, {})


def _trace(
    read: Mapping[str, Read],
    name: str,
    column: str,
    memo: dict[tuple[str, str], ColumnNode],
) -> ColumnNode:
    if (name, column) not in memo:
        parents = []
        for relation, source_column in read[name][column]:
            model = relation.removeprefix("main.")
            if model != relation and model in read:
                parents.append(_trace(read, model, source_column, memo))
            else:
                parents.append(ColumnNode(relation, source_column))
        memo[name, column] = ColumnNode(name, column, tuple(parents))
    return memo[name, column]


def _schema(known: Mapping[str, list[str]]) -> dict[str, object]:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for relation, columns in known.items():
        database, _, table = relation.partition(".")
        schema.setdefault(database, {})[table] = dict.fromkeys(columns, "varchar")
    return {**schema}
