"""How Spark builds the nodes of a plan, for `engine.scheduling`, and asks its tests."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.blocks import Block, blocks_by
from recsql.engine.ids import WHO
from recsql.engine.runner import door_of
from recsql.engine.scheduling import Built
from recsql.engine.values import require_values, value_rows
from recsql.errors import InputError
from recsql.spark.tables import Tables, ticked


class Jobs:
    """The jobs of one thread, by a tag that another may cancel them by."""

    def __init__(self, session: Any) -> None:
        self.session, self.tag = session, f"recsql-{uuid.uuid4().hex}"

    def interrupt(self) -> None:
        """Cancel what runs."""
        self.session.interruptTag(self.tag)

    def close(self) -> None:
        """Do nothing: a tag holds nothing."""


class SparkBuilder:
    """Builds nodes as tables and views of the build's schema."""

    def __init__(self, plan: Plan, tables: Tables) -> None:
        self.plan, self.tables = plan, tables

    def worker(self) -> Jobs:
        """Return a tag for the jobs of a thread."""
        return Jobs(self.tables.session)

    def build(self, name: str, worker: Any) -> Built:
        """Build one node anew."""
        self.tables.session.addTag(worker.tag)
        try:
            model = self.plan.models.get(name)
            if model is None:
                return Built(self.tables.load_seed(self.plan.project.seeds[name]))
            return Built(self.tables.materialize(model, self._blocks(model)))
        finally:
            self.tables.session.removeTag(worker.tag)

    def _blocks(self, model: Compiled) -> tuple[Block, ...]:
        count = self.tables.session.table

        def rows(name: str) -> int:
            return int(count(ticked(self.tables.build, name)).count())

        return blocks_by(self.plan, model, rows)

    def door(self, names: Collection[str]) -> Collection[str]:
        """Return what shows whether values can be read and ids can meet."""
        return door_of(self.plan, names)

    def look(self, names: Collection[str]) -> None:
        """Refuse values that cannot be read, and ids that would never meet."""
        require_meeting_ids(self.plan, self.tables, names)
        require_values(self.plan, value_rows(self.tables))

    def complete(self, names: Collection[str]) -> None:
        """Do nothing: what a run did not finish is built anew by the next."""


WHOLE = ("tinyint", "smallint", "int", "bigint")


def require_meeting_ids(plan: Plan, tables: Tables, names: Collection[str]) -> None:
    """Refuse ids of two types, or of one that is no id.

    Raises:
        InputError: names the entries and the cast.
    """
    for column, inputs in WHO.items():
        seen: dict[str, str] = {}
        for table in inputs:
            mapped = plan.project.vars[table].get(column)
            if mapped is None or f"stg_{table}" not in tables.kinds:
                continue
            kind = tables.columns(tables.build, f"stg_{table}").get(column, "void")
            entry = plan.project.entry(f"{table}: {column}: {mapped}")
            family = "bigint" if kind in WHOLE else kind
            if family not in ("bigint", "string", "void"):
                raise InputError(
                    f"{entry} is {kind}; ids are integers or text. Map {column}: "
                    f"cast({mapped} as varchar)."
                )
            for other, known in seen.items():
                if "void" not in (known, family) and known != family:
                    raise InputError(
                        f"{entry} is {family}, but {other} is {known}: these ids never "
                        f"meet. Map {table}: {column}: cast({mapped} as "
                        f"{'varchar' if known == 'string' else known})."
                    )
            if family != "void":
                seen[f"{table}: {column}: {mapped}"] = family
