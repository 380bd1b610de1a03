"""Publishing on Spark: a schema per version, and views that say which one is read.

    recsql_v7.rec_for_user   a table of version 7, with descriptions, written once
    recsql.rec_for_user      what readers read: a view of the table of a version
    recsql.manifest          switched last: the version that is read as a whole

A catalog has no transaction over views: they are switched one after the other.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from recsql import __version__
from recsql.compilation.compiler import Plan
from recsql.config.git import git_commit
from recsql.engine import stops
from recsql.errors import InputError
from recsql.publishing.catalog import CATALOG_COLUMNS, MANIFEST_COLUMNS
from recsql.publishing.emptied import Before, refuse_emptied
from recsql.publishing.manifest import EVENTS, LISTS, model_vars
from recsql.publishing.publish import Published, texts_of
from recsql.spark.functions import spark_type, sql_value
from recsql.spark.tables import Tables, ticked

MANIFEST, CATALOG = "manifest", "catalog"
ENGINE = {"duckdb_version": "spark_version"}  # in a manifest, whose engine is another
Row = tuple[Any, ...]


def publish(plan: Plan, tables: Tables, run_id: str) -> Published:
    """Write every public table to a new version, then let readers see it.

    Raises:
        InputError: a public table has not been built.
        ModelError: a list that readers see now would be empty.
        WarehouseError: the version cannot be written; what is published is unchanged.
    """
    started = time.perf_counter()
    names = [name for name in plan.public if name in plan.models]
    for name in names:
        if name not in tables.kinds:
            raise InputError(f"publish: {name} has not been built. Run: recsql build")
    if (now := current(tables)) is not None:
        counts: dict[str, int] = dict(_manifest(tables, now, "table_name", "row_count"))
        before = Before(now, counts, lambda: _surfaces(tables, now))
        refuse_emptied(plan, tables, names, before)
    _sweep(tables)
    number = max(numbers(tables), default=0) + 1
    schema = _schema(tables, number)
    tables.run(f"create schema {ticked(schema)}", f"publish: schema {schema}")
    with _removed_if_torn(tables, schema):
        for name in names:
            _copy(plan, tables, schema, name)
        rows = _counted(tables, schema, names)
        _describe(plan, tables, schema, (number, run_id, rows))
    stops.hold()
    show(tables, number)
    _prune(tables, int(plan.project.vars["keep_versions"]))
    seconds = time.perf_counter() - started
    return Published(tables.cluster.schema, number, rows, seconds)


def rollback(tables: Tables, number: int | None = None) -> int:
    """Show readers an older version again: the given one, or the one before.

    Raises:
        InputError: there is no such version.
    """
    known, now = complete(tables), current(tables)
    older = [n for n in known if now is not None and n < now]
    wanted = older[-1] if number is None and older else number
    if wanted is None or wanted not in known:
        kept = ", ".join(str(n) for n in known) or "none"
        asked = f"version {wanted}" if wanted else "older version"
        raise InputError(f"rollback: there is no {asked}. Kept are: {kept}.")
    stops.hold()
    show(tables, wanted)
    return wanted


def kept_versions(tables: Tables) -> list[Row]:
    """Return each version's number, time, last event, rows, run, and if it is read."""
    now, rows = current(tables), []
    for number in complete(tables):
        facts = _manifest(
            *(tables, number, "published_at", "last_event_at", "run_id", "row_count")
        )
        at, last, run_id, _ = facts[0]
        total = sum(row[3] for row in facts)
        rows.append((number, str(at), last and str(last), total, run_id, number == now))
    return rows


def numbers(tables: Tables) -> list[int]:
    """Return the versions that have a schema, oldest first."""
    named = re.compile(rf"{re.escape(tables.cluster.schema)}_v(\d+)")
    found = [named.fullmatch(row[0]) for row in tables.run("show schemas").collect()]
    return sorted(int(match[1]) for match in found if match)


def complete(tables: Tables) -> list[int]:
    """Return the versions that were written to their end: those with a manifest."""
    return [
        n for n in numbers(tables) if tables.has_table(_schema(tables, n), MANIFEST)
    ]


def current(tables: Tables) -> int | None:
    """Return the version that readers see as a whole."""
    public = tables.cluster.schema
    if not tables.has_table(public, MANIFEST):
        return None
    query = f"select version from {ticked(public, MANIFEST)} limit 1"
    return int(tables.run(query).collect()[0][0])


def show(tables: Tables, number: int) -> None:
    """Switch the views of readers to a version; the manifest is the last."""
    public, schema = tables.cluster.schema, _schema(tables, number)
    tables.create_schema(public)
    there = {*tables.relations(schema)}
    for name in [*sorted(there - {MANIFEST}), MANIFEST]:
        tables.run(
            f"create or replace view {ticked(public, name)} as "
            f"select * from {ticked(schema, name)}",
            f"publish: {public}.{name}",
        )
    for name, kind in tables.relations(public).items():
        if name not in there and kind == "view":
            tables.run(f"drop view if exists {ticked(public, name)}")


def _schema(tables: Tables, number: int) -> str:
    return f"{tables.cluster.schema}_v{number}"


def _manifest(tables: Tables, number: int, *columns: str) -> list[Row]:
    relation = ticked(_schema(tables, number), MANIFEST)
    found = tables.run(f"select {', '.join(columns)} from {relation}").collect()
    return [tuple(row) for row in found]


def _surfaces(tables: Tables, number: int) -> Mapping[str, int]:
    schema = _schema(tables, number)
    if not tables.has_table(schema, LISTS):
        return {}
    query = f"select surface, count(*) from {ticked(schema, LISTS)} group by surface"
    return {row[0]: row[1] for row in tables.run(query).collect()}


@contextmanager
def _removed_if_torn(tables: Tables, schema: str) -> Iterator[None]:
    try:
        yield
    except BaseException:
        _drop(tables, schema)
        raise


def _drop(tables: Tables, schema: str) -> None:
    try:
        tables.run(f"drop schema if exists {ticked(schema)} cascade")
    except Exception:  # the session is gone: the next publish sweeps
        return


def _sweep(tables: Tables) -> None:
    """Remove what a publish that did not finish left behind."""
    for number in {*numbers(tables)} - {*complete(tables)}:
        _drop(tables, _schema(tables, number))


def _prune(tables: Tables, keep: int) -> None:
    """Remove all but the newest versions and the one that is read."""
    now = current(tables)
    for number in complete(tables)[:-keep]:
        if number != now:
            _drop(tables, _schema(tables, number))


def _copy(plan: Plan, tables: Tables, schema: str, name: str) -> None:
    """Write a table of a version, in the order of its key."""
    columns = tables.columns(tables.build, name)
    texts = texts_of(plan, name)
    _create(tables, (schema, name), columns, texts)
    described = plan.project.properties.get(name)
    key = ", ".join(map(ticked, described.reading_order if described else ()))
    order = f" order by {key}" if key else ""
    relation = ticked(schema, name)
    tables.run(
        f"insert into {relation} select * from {ticked(tables.build, name)}{order}",
        f"publish: {name}",
    )


def _counted(tables: Tables, schema: str, names: Sequence[str]) -> dict[str, int]:
    """Return the rows of each table of a version, in one job."""
    each = (
        f"select {sql_value(name)} as name, count(*) as n from {ticked(schema, name)}"
        for name in names
    )
    known = dict(map(tuple, tables.run("\nunion all\n".join(each)).collect()))
    return {name: int(known[name]) for name in names}


def _create(
    tables: Tables,
    table: tuple[str, str],
    columns: Mapping[str, str],
    texts: Mapping[str, str],
) -> None:
    """Create a table with descriptions, of itself under the empty name."""
    listed = ", ".join(
        f"{ticked(column)} {kind} comment {sql_value(texts.get(column, ''))}"
        for column, kind in columns.items()
    )
    tables.run(
        f"create table {ticked(*table)} ({listed}) using {tables.cluster.form} "
        f"comment {sql_value(texts.get('', ''))}",
        f"publish: {table[1]}",
    )


def _describe(
    plan: Plan, tables: Tables, schema: str, made: tuple[int, str, Mapping[str, int]]
) -> None:
    """Write the tables catalog and, when all else is there, manifest."""
    number, run_id, rows = made
    first = last = None
    if EVENTS in tables.kinds:
        ((first, last),) = tables.rows(
            f"select min(event_at), max(event_at) from main.{EVENTS}"
        )
    facts = {
        "version": number,
        "run_id": run_id,
        "published_at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "first_event_at": first,
        "last_event_at": last,
        "git_commit": git_commit(plan.project.root),
        "recsql_version": __version__,
        "spark_version": tables.session.version,
        "vars": json.dumps(model_vars(plan), default=str),
    }
    listed = []
    for name in rows:
        texts = texts_of(plan, name)
        columns = tables.columns(schema, name).items()
        listed += [
            (name, texts.get(""), column, place, kind, texts.get(column), run_id)
            for place, (column, kind) in enumerate(columns, 1)
        ]
    _fill(tables, (schema, CATALOG), CATALOG_COLUMNS, listed)
    manifest = {ENGINE.get(k, k): v for k, v in MANIFEST_COLUMNS.items()}
    places = [name for name in manifest if name in facts]
    values = [facts[name] for name in places]
    counted = [(name, count, *values) for name, count in rows.items()]
    _fill(tables, (schema, MANIFEST), manifest, counted)


def _fill(
    tables: Tables,
    table: tuple[str, str],
    columns: Mapping[str, tuple[str, str]],
    rows: list[Row],
) -> None:
    """Create a table of rows that are here."""
    kinds = {name: spark_type(kind) for name, (kind, _) in columns.items()}
    texts = {name: text for name, (_, text) in columns.items()}
    _create(tables, table, kinds, texts)
    casts = list(kinds.values())
    values = ", ".join(
        "("
        + ", ".join(
            f"cast({sql_value(value)} as {kind})"
            for value, kind in zip(row, casts, strict=True)
        )
        + ")"
        for row in rows
    )
    tables.run(f"insert into {ticked(*table)} values {values}", f"publish: {table[1]}")
