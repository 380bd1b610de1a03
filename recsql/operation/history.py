"""What is kept of each refresh: raw tables that the models of sql/monitoring read.

SQL computes; added here is what only the runner knows: seconds, bytes, how it ended.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import duckdb

from recsql import __version__
from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.render import Renderer, literal, quoted
from recsql.config.git import git_commit
from recsql.config.project import Project
from recsql.engine import stops
from recsql.engine.checks import ChecksFinished
from recsql.engine.inputs import create_raw_tables
from recsql.engine.records import insert_rows
from recsql.engine.scheduling import ModelResult
from recsql.engine.warehouse import Warehouse
from recsql.errors import RecsqlError
from recsql.publishing.manifest import model_vars, read_manifest
from recsql.publishing.versions import Versions

RUNS = "refreshes"
LISTS = "refresh_lists"
ITEMS = "refresh_items"
ENDED = ("outcome", "version", "exit_code", "problem")
COPIES = {
    "refresh_profiles": "mon_profile",
    LISTS: "mon_lists",
    ITEMS: "mon_list_items",
}
TABLES = (RUNS, "refresh_models", *COPIES)
LIMITS = (
    "drift_",
    "freshness_",
    "keep_",
    "match_",
)  # vars that change no table but the alarms


def compile_with_history(project: Project) -> Plan:
    """Compile the project so that models read what was kept of earlier refreshes."""
    return compile_project(project.with_vars({"refresh_history": True}))


def create_history(project: Project, warehouse: Warehouse) -> None:
    """Create the tables that are not there yet, empty."""
    tables = [project.sources["history", name] for name in TABLES]
    create_raw_tables(project, warehouse, tables)
    _settle(project, warehouse)


def _settle(project: Project, warehouse: Warehouse) -> None:
    """Note of runs that were killed just after publishing that they did publish."""
    parts = Renderer(project).source_parts(project.sources["history", RUNS])
    refreshes = quoted(*parts)
    versions = Versions(project.profile.folder)
    if warehouse.rows(f"select 1 from {refreshes} where outcome is null"):
        for number in versions.numbers if versions.current else ():
            if number <= (versions.current or 0):
                warehouse.rows(
                    f"update {refreshes} set outcome = 'published', version = ?, "
                    "exit_code = 0 where run_id = ? and outcome is null",
                    [number, read_manifest(versions, number)["run_id"]],
                )


@dataclass
class Record:
    """What is known of one refresh, and the rows that are kept of it."""

    plan: Plan
    warehouse: Warehouse
    run_id: str
    began: datetime
    models: list[ModelResult] = field(default_factory=list)
    checks: ChecksFinished | None = None
    before: dict[str, Any] = field(default_factory=dict)
    version: int | None = None

    def listening(self, listener: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a listener that passes events on and notes what is to be kept."""

        def take(event: Any) -> None:
            if isinstance(event, ModelResult):
                self.models.append(event)
            elif isinstance(event, ChecksFinished):
                self.checks = event
            listener(event)

        return take

    def begin(self, command: str) -> None:
        """Note that it has begun, or that what it built before is published again."""
        known = self.warehouse.rows(
            f"select {', '.join(ENDED)} from {self._table(RUNS)} where run_id = ?",
            [self.run_id],
        )
        if known:
            self.before = dict(zip(ENDED, known[0], strict=True))
            self._update({"outcome": None, "problem": None})
            return
        facts = {
            "run_id": self.run_id,
            "command": command,
            "started_at": self.began,
            "vars": _vars_of_tables(self.plan),
            "git_commit": git_commit(self.plan.project.root),
            "recsql_version": __version__,
            "duckdb_version": duckdb.__version__,
        }
        insert_rows(self.warehouse, self._table(RUNS), [facts])

    def measure(self) -> None:
        """Keep what is built: the profile, and the models with the bytes they take."""
        self._copy("refresh_profiles", "run_id = ?", [self.run_id])
        if self.models:
            self.warehouse.rows("checkpoint")
            kept = self._table("refresh_models")  # already, where publishing failed
            self.warehouse.rows(f"delete from {kept} where run_id = ?", [self.run_id])
        sizes = self._sizes_before()
        sizes |= self._sizes_now([m.name for m in self.models if not sizes.get(m.name)])
        facts = [
            {
                "run_id": self.run_id,
                "model_name": model.name,
                "layer": model.layer,
                "outcome": model.status,
                "row_count": model.rows,
                "seconds": model.seconds,
                "byte_count": sizes.get(model.name),
            }
            for model in self.models
        ]
        insert_rows(self.warehouse, self._table("refresh_models"), facts)
        self._update(self._so_far())

    def published(self, version: int) -> None:
        """Note that readers see it, and keep its lists for the next refresh."""
        self.version = version
        for table in (LISTS, ITEMS):
            self._copy(table, "true", [])
        self._update({**self._so_far(), "outcome": "published", "version": version})
        self._forget_old()

    def failed(self, error: RecsqlError) -> None:
        """Note why it failed, as far as the warehouse can still be written."""
        if self.version is not None:  # readers have it: `settle` says so next time
            return
        with suppress(RecsqlError, duckdb.Error):
            self.measure()
            facts = {"outcome": "failed", "exit_code": error.exit_code}
            facts["problem"] = error.kept
            if self.before.get("outcome") == "published":
                facts = self.before  # readers still have what it published then
            self._update(facts)

    def _so_far(self) -> dict[str, Any]:
        now = _now()
        facts: dict[str, Any] = {"exit_code": 0, "ended_at": now}
        if not self.before:
            facts["seconds"] = (now - self.began).total_seconds()
        if self.checks:
            facts["failed_test_count"] = self.checks.failed
            facts["warned_test_count"] = self.checks.warned
        return facts

    def _copy(self, table: str, where: str, values: list[Any]) -> None:
        """Put the rows of a model that this run built in the place of those kept."""
        model = quoted("main", COPIES[table])
        if self.warehouse.has_table("main", COPIES[table]):
            target = self._table(table)
            self.warehouse.rows(f"delete from {target} where {where}", values)
            self.warehouse.rows(
                f"insert into {target} by name from {model} where {where}", values
            )

    def _sizes_before(self) -> dict[str, int]:
        """Return the sizes of the tables that stayed, as they were measured before."""
        stayed = [model.name for model in self.models if model.status == "unchanged"]
        rows = self.warehouse.rows(
            "select model_name, arg_max(models.byte_count, runs.started_at) "
            f"from {self._table('refresh_models')} as models "
            f"inner join {self._table(RUNS)} as runs on models.run_id = runs.run_id "
            "where model_name in (select unnest(?)) group by model_name",
            [stayed],
        )
        return dict(rows)

    def _sizes_now(self, names: Sequence[str]) -> dict[str, int]:
        """Return the sizes of tables in blocks; small tables share a block."""
        tables = [name for name in names if self.warehouse.kinds.get(name) == "table"]
        if not tables:
            return {}
        blocks = " union all ".join(
            f"select {literal(name)} as name, persistent, block_id "
            f"from pragma_storage_info({literal(quoted('main', name))})"
            for name in tables
        )
        rows = self.warehouse.rows(
            "select name, count(distinct block_id) * (select any_value(block_size) "
            "from pragma_database_size() where database_name = current_database()) "
            f"from ({blocks}) where persistent and block_id >= 0 group by name"
        )
        return dict.fromkeys(tables, 0) | {name: int(size or 0) for name, size in rows}

    def _update(self, facts: Mapping[str, Any]) -> None:
        changes = ", ".join(f"{name} = ?" for name in facts)
        self.warehouse.rows(
            f"update {self._table(RUNS)} set {changes} where run_id = ?",
            [*facts.values(), self.run_id],
        )

    def _forget_old(self) -> None:
        keep = int(self.plan.project.vars["keep_refreshes"])
        old = (
            f"(select run_id from {self._table(RUNS)} "
            f"order by started_at desc, run_id offset {keep})"
        )
        for table in ("refresh_models", "refresh_profiles", RUNS):
            self.warehouse.rows(
                f"delete from {self._table(table)} where run_id in {old}"
            )

    def _table(self, name: str) -> str:
        renderer, sources = self.plan.renderer, self.plan.project.sources
        return quoted(*renderer.source_parts(sources["history", name]))


@contextmanager
def recorded(
    plan: Plan, warehouse: Warehouse, command: str, run_id: str
) -> Iterator[Record]:
    """Keep how the block went, also where it fails."""
    record = Record(plan, warehouse, run_id, _now())
    record.begin(command)
    try:
        yield record
    except (Exception, KeyboardInterrupt) as error:
        record.failed(stops.as_error(error))
        raise


def _vars_of_tables(plan: Plan) -> str:
    """Return the vars that decide what tables hold, as JSON."""
    given = model_vars(plan)
    chosen = {name: given[name] for name in given if not name.startswith(LIMITS)}
    return json.dumps(chosen, default=str, sort_keys=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
