"""How Spark builds the nodes of a plan, for `engine.scheduling`, and asks its tests."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.engine.blocks import Block, blocks_by
from recsql.engine.runner import door_of
from recsql.engine.scheduling import Built
from recsql.engine.values import require_values, value_rows
from recsql.spark.inputs import require_meeting_ids
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
