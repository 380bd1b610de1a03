"""What a change of the project would do: it is built as it was and as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import Renderer, literal, quoted
from recsql.config.project import Project, builtin_root, load_project
from recsql.config.properties import read_yaml
from recsql.engine.warehouse import open_warehouse, require_file
from recsql.operation import history, pipeline
from recsql.operation.events import Listener
from recsql.questions.commits import checked_out
from recsql.questions.judged import judge
from recsql.questions.queries import SIDES, answer, render_query
from recsql.questions.shows import Shown

ASKED = ("surfaces", "users", "items", "lists")


@dataclass(frozen=True)
class Changed:
    """A model that is not as it was, and which public tables and exposures read it."""

    name: str
    how: str
    tables: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True)
class Gate:
    """What differs between the project at `base` and as it stands.

    `metrics` has how much better the lists are, on what was taken in the last days;
    None where that was not asked, or no event is older. `seconds` and `rows` are those
    of both builds; `broken` says which limits of var `diff_fail` were passed.
    """

    base: str
    surfaces: Shown
    users: Shown
    items: Shown
    lists: Shown
    metrics: Shown | None
    models: tuple[Changed, ...]
    columns: tuple[tuple[str, ...], ...]
    seconds: tuple[float, ...]
    rows: tuple[int, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """Against which commit, over how many places, and what metrics are measured on."""

    base: str
    depth: int
    days: int


def against_base(
    project: Project, asked: Asked, threads: int, listener: Listener
) -> Gate:
    """Build the project as it was at a commit and as it is, and say what differs.

    Args:
        project: as it is; its raw tables are read, and nothing of it is changed.
        asked: a branch, tag or commit; the first places of lists; the last days, on
            which both are scored, or 0.
        threads: how many models are built at once.
        listener: is told what happens.

    Raises:
        InputError: there is no such commit, or no warehouse.
        RecsqlError: one of the two cannot be built.
    """
    require_file(project.profile.build_path)
    moment = project.vars["show_at"] or str(datetime.now(UTC).replace(tzinfo=None))
    with TemporaryDirectory(prefix="recsql-diff-") as name:
        top = Path(name)
        before = load_project(checked_out(project.root, asked.base, top / "base"))
        given = {n: project.vars[n] for n in project.given_vars}
        sides = [
            _placed(each.with_vars({"show_at": moment}), project, top / side)
            for each, side in zip(
                (before.with_vars(given), project), SIDES, strict=True
            )
        ]
        built = [
            pipeline.build(each, pipeline.Selection(), threads, listener)
            for each in sides
        ]
        with _attached(top, project) as rows_of:
            renderer = Renderer(project.with_vars({"asked_depth": asked.depth}))
            renderer.source_relation = lambda side, table: quoted(side, "main", table)
            found = {
                each: rows_of(render_query(renderer, f"diff_{each}")) for each in ASKED
            }
            columns = rows_of(COLUMNS).rows
        metrics = judge(sides, asked.days, threads, listener) if asked.days else None
    plans = [compile_project(each) for each in sides]
    return Gate(
        base=asked.base,
        **found,
        metrics=metrics,
        models=tuple(_changed_models(*plans)),
        columns=tuple(_with_readers(columns, *plans)),
        seconds=tuple(sum(r.seconds for r in results) for results in built),
        rows=tuple(sum(r.rows for r in results) for results in built),
        broken=tuple(broken(project, found["surfaces"], found["items"], metrics)),
    )


COLUMNS = """
    select coalesce(n.table_name, o.table_name) as table_name,
        coalesce(n.column_name, o.column_name) as column_name,
        case when o.table_name is null then 'new' when n.table_name is null
        then 'gone' else concat(o.data_type, ' is ', n.data_type) end as change
    from (
        from duckdb_columns() where database_name = 'newer' and schema_name = 'main'
    ) as n
    full join (
        from duckdb_columns() where database_name = 'older' and schema_name = 'main'
    ) as o on n.table_name = o.table_name and n.column_name = o.column_name
    where n.data_type is distinct from o.data_type
    order by all
"""


def _placed(project: Project, data: Project, folder: Path) -> Project:
    """Return a project with a build of its own, which has the raw tables of `data`.

    The profile is that of `data`, too, as a commit need not have one.
    """
    source, renderer = data.profile.build_path, Renderer(data)
    schemas = {renderer.source_parts(table)[0] for table in data.sources.values()}
    path = folder / "build.duckdb"
    settings = {**data.profile.settings, "temp_directory": str(folder / "spill")}
    with open_warehouse(path, settings) as warehouse:
        warehouse.rows(f"attach {literal(str(source))} as data (read_only)")
        tables = warehouse.rows(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = 'data' and table_schema in ? order by all",
            [sorted(schemas - {"main"})],
        )
        for schema, name in tables:
            if name not in history.TABLES:
                target, origin = quoted(schema, name), quoted("data", schema, name)
                warehouse.rows(f"create schema if not exists {quoted(schema)}")
                warehouse.rows(f"create table {target} as from {origin}")
    return replace(
        project, profile=replace(data.profile, build=path, settings=settings)
    )


@contextmanager
def _attached(top: Path, project: Project) -> Iterator[Callable[[str], Shown]]:
    """Open both builds, to be asked."""
    with open_warehouse(None, project.profile.settings) as warehouse:
        for side in SIDES:
            file = literal(str(top / side / "build.duckdb"))
            warehouse.rows(f"attach {file} as {side} (read_only)")
        yield lambda sql: answer(warehouse, sql)


def _changed_models(older: Plan, newer: Plan) -> Iterator[Changed]:
    """Yield the models whose SQL differs, or that only one of the projects has."""
    exposures = {**_exposures(older.project), **_exposures(newer.project)}
    for name in sorted({*older.models, *newer.models}):
        before, now = (_sql(plan, name) for plan in (older, newer))
        if before == now:
            continue
        how = "new" if before is None else "gone" if now is None else "changed"
        plan = older if now is None else newer
        below = set(plan.graph.select([f"{name}+"]))
        tables = tuple(table for table in plan.public if table in below)
        readers = (label for label, refs in exposures.items() if below & set(refs))
        yield Changed(name, how, tables, tuple(sorted(readers)))


def _with_readers(
    columns: Sequence[Sequence[Any]], older: Plan, newer: Plan
) -> Iterator[tuple[str, ...]]:
    """Yield table, column, change, and the exposures that read the table."""
    exposures = {**_exposures(older.project), **_exposures(newer.project)}
    for table, column, change in columns:
        plan = newer if table in newer.models else older
        below = set(plan.graph.select([f"{table}+"])) if table in plan.models else set()
        readers = sorted(
            label for label, refs in exposures.items() if below & set(refs)
        )
        yield str(table), str(column), str(change), ", ".join(readers)


def _sql(plan: Plan, name: str) -> str | None:
    """Return a model's SQL without what differs from run to run, if there is one."""
    compiled = plan.models.get(name)
    if compiled is None:
        return None
    started = f"'{plan.renderer.run_started_at:%Y-%m-%d %H:%M:%S}[^']*'"
    return re.sub(started, "", compiled.sql).replace(plan.renderer.invocation_id, "")


def _exposures(project: Project) -> Mapping[str, Sequence[str]]:
    """Return who reads which models, by the yml of recsql and of the user."""
    found: dict[str, Sequence[str]] = {}
    for root in dict.fromkeys((builtin_root(), project.root)):
        for path in sorted((root / "sql").rglob("*.yml")):
            for each in read_yaml(path).get("exposures", []):
                refs = re.findall(r"ref\('(\w+)'\)", str(each.get("depends_on")))
                found[str(each.get("label") or each["name"])] = refs
    return found


def broken(
    project: Project, surfaces: Shown, items: Shown, metrics: Shown | None
) -> Iterator[str]:
    """Yield a sentence for each limit of var `diff_fail` that was passed."""
    limits: Mapping[str, Any] = project.vars["diff_fail"]
    for row in _dicts(surfaces):
        for measure, sign in (
            ("changed_share", 1),
            ("replaced_share", 1),
            ("overlap", -1),
        ):
            limit, seen = limits.get(measure), row[measure]
            if limit is not None and seen is not None and sign * (seen - limit) > 0:
                yield f"surface {row['surface']}: {measure} is {seen:.3f}, not {limit}"
    gone = [row["of_items"] for row in _dicts(items) if row["what"] == "vanished"]
    vanished = max(gone, default=0)
    limit = limits.get("vanished_items")
    if limit is not None and vanished > limit:
        yield f"{_are(vanished, 'item')} in no list any more; at most {limit} may be"
    limit = limits.get("worse_metrics")
    worse = [row for row in _dicts(metrics) if row["verdict"] == "worse"]
    if limit is not None and len(worse) > limit:
        told = ", ".join(f"{row['metric']} of {row['surface']}" for row in worse)
        count = _are(len(worse), "metric")
        yield f"{count} worse ({told}); at most {limit} may be"


def _are(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def _dicts(shown: Shown | None) -> list[dict[str, Any]]:
    if shown is None:
        return []
    return [dict(zip(shown.headers, row, strict=True)) for row in shown.rows]
