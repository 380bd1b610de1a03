"""What is kept of each refresh on Spark, in the raw tables that DuckDB keeps, too.

Spark's tables can be added to, but not changed. So what becomes known of a run is one
more row of `refreshes_log`, and `refreshes` is a view of each run's last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from recsql.compilation.compiler import Plan
from recsql.config.properties import Column
from recsql.engine import stops
from recsql.errors import RecsqlError
from recsql.operation.history import COPIES, ITEMS, LISTS, RUNS, TABLES, Noted, now
from recsql.spark.functions import spark_type, sql_value
from recsql.spark.tables import NEW, Tables, ticked

LOG = f"{RUNS}_log"
STAMP = "noted_at"


def create_history(plan: Plan, tables: Tables) -> None:
    """Create the tables that are not there yet, empty.

    Where a run was killed as it put one in the place of another, that is done now.
    """
    schema = _schema(plan)
    tables.create_schema(schema)
    for name in TABLES:
        columns = {each.name: _kind(each) for each in _columns(plan, name)}
        if name == RUNS:
            name, columns = LOG, {**columns, STAMP: "TIMESTAMP_NTZ"}
        if tables.has_table(schema, name):
            continue
        relation = ticked(schema, name)
        if tables.has_table(schema, name + NEW):
            tables.run(f"alter table {ticked(schema, name + NEW)} rename to {relation}")
            continue
        listed = ", ".join(f"{ticked(column)} {columns[column]}" for column in columns)
        form = tables.cluster.form
        tables.run(f"create table if not exists {relation} ({listed}) using {form}")
    if tables.has_table(schema, RUNS):
        return
    names = ", ".join(ticked(each.name) for each in _columns(plan, RUNS))
    tables.run(
        f"create or replace view {ticked(schema, RUNS)} as\nselect {names} from ("
        f"select *, row_number() over (partition by run_id order by {STAMP} desc) as n "
        f"from {ticked(schema, LOG)}) as noted where n = 1"
    )


@dataclass
class ClusterRecord(Noted):
    """The rows that are kept of one refresh."""

    tables: Tables = field(kw_only=True)
    facts: dict[str, Any] = field(default_factory=dict)

    def begin(self, command: str) -> None:
        """Note that it has begun."""
        self._note({**self.first(command), "duckdb_version": None})

    def measure(self) -> None:
        """Keep what is built: the profile, and the models."""
        self._copy("refresh_profiles", "insert into", f"run_id = '{self.run_id}'")
        rows = [
            (self.run_id, m.name, m.layer, m.status, m.rows, f"{m.seconds:.6f}", None)
            for m in self.models
        ]
        if rows:
            self._insert("refresh_models", rows)
        self._note(self.so_far())

    def published(self, version: int) -> None:
        """Note that readers see it, and keep its lists for the next refresh."""
        self.version = version
        for table in (LISTS, ITEMS):
            self._copy(table, "insert overwrite", "true")
        self._note({**self.so_far(), "outcome": "published", "version": version})
        self._forget_old()

    def failed(self, error: RecsqlError) -> None:
        """Note why it failed, as far as tables can still be written."""
        if self.version is None:
            with suppress(RecsqlError):
                self.measure()
                facts = {"outcome": "failed", "exit_code": error.exit_code}
                self._note({**facts, "problem": error.kept})

    def _note(self, facts: Mapping[str, Any]) -> None:
        self.facts |= facts
        names = [each.name for each in _columns(self.plan, RUNS)]
        row = [_text(self.facts.get(name)) for name in names]
        self._insert(RUNS, [(*row, str(now()))])

    def _insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        kinds = [_kind(each) for each in _columns(self.plan, table)]
        name = LOG if table == RUNS else table
        kinds += ["TIMESTAMP_NTZ"] if table == RUNS else []
        values = ", ".join(
            "("
            + ", ".join(
                f"cast({sql_value(value)} as {kind})"
                for value, kind in zip(row, kinds, strict=True)
            )
            + ")"
            for row in rows
        )
        relation = ticked(_schema(self.plan), name)
        self.tables.run(f"insert into {relation} values {values}", f"history: {name}")

    def _copy(self, table: str, verb: str, where: str) -> None:
        """Add the rows of a model to those kept, or put them in their place."""
        model = COPIES[table]
        if model in self.tables.kinds:
            casts = ", ".join(
                f"cast({ticked(each.name)} as {_kind(each)})"
                for each in _columns(self.plan, table)
            )
            self.tables.run(
                f"{verb} {ticked(_schema(self.plan), table)} select {casts} "
                f"from {ticked(self.tables.build, model)} where {where}",
                f"history: {table}",
            )

    def _forget_old(self) -> None:
        """Write anew what is kept, where it is of more refreshes than it should be."""
        keep, schema = int(self.plan.project.vars["keep_refreshes"]), _schema(self.plan)
        runs = ticked(schema, RUNS)
        found = self.tables.run(f"select run_id, started_at from {runs}").collect()
        newest = sorted(found, key=lambda row: (row[1], row[0]), reverse=True)[:keep]
        if len(newest) == len(found):
            return
        kept = ", ".join(sql_value(row[0]) for row in newest)
        for table in ("refresh_models", "refresh_profiles", LOG):
            relation, fresh = ticked(schema, table), ticked(schema, table + NEW)
            self.tables.run(f"drop table if exists {fresh}")
            self.tables.run(
                f"create table {fresh} using {self.tables.cluster.form} as "
                f"select * from {relation} where run_id in ({kept})",
                f"history: {table}",
            )
            self.tables.run(f"drop table {relation}")
            self.tables.run(f"alter table {fresh} rename to {relation}")


@contextmanager
def recorded(plan: Plan, tables: Tables, command: str) -> Iterator[ClusterRecord]:
    """Keep how the block went, also where it fails."""
    record = ClusterRecord(plan, plan.renderer.invocation_id, tables=tables)
    record.begin(command)
    try:
        yield record
    except (Exception, KeyboardInterrupt) as error:
        record.failed(stops.as_error(error))
        raise


def _schema(plan: Plan) -> str:
    return plan.renderer.source_parts(plan.project.sources["history", RUNS])[0]


def _columns(plan: Plan, table: str) -> Sequence[Column]:
    return plan.project.sources["history", table].columns


def _kind(column: Column) -> str:
    return spark_type(column.data_type or "varchar")


def _text(value: Any) -> Any:
    return value if value is None else str(value)
