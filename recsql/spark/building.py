"""How Spark builds the nodes of a plan, for `engine.scheduling`, and asks its tests."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from recsql.compilation.compiler import Plan
from recsql.engine.blocks import blocks_by
from recsql.engine.runner import door_of
from recsql.engine.scheduling import Built
from recsql.engine.values import require_values, value_rows
from recsql.spark.contents import Contents
from recsql.spark.failures import translated
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

    def __init__(self, plan: Plan, tables: Tables, contents: Contents) -> None:
        self.plan, self.tables, self.contents = plan, tables, contents

    def worker(self) -> Jobs:
        """Return a tag for the jobs of a thread."""
        return Jobs(self.tables.session)

    def build(self, name: str, worker: Any) -> Built:
        """Build one node, or find that it need not be built."""
        self.tables.session.addTag(worker.tag)
        try:
            with translated(name):
                kept = self.contents.kept(name)
            if kept is not None:
                return Built(kept.rows, is_same=True, status="unchanged")
            rows = self._store(name)
        finally:
            self.tables.session.removeTag(worker.tag)
        is_same, note = self.contents.is_same(name), self.contents.reasons.get(name, "")
        same = "; the same rows" if note and is_same else ""
        return Built(rows, note + same, is_same)

    def _store(self, name: str) -> int:
        model = self.plan.models.get(name)
        if model is None:
            seed = self.plan.project.seeds[name]
            return self.tables.load_seed(seed, self.contents.sign)
        blocks = blocks_by(self.plan, model, self._rows)
        return self.tables.materialize(model, blocks, self.contents.sign)

    def _rows(self, name: str) -> int:
        known = self.contents.rows(name)
        if known is not None:
            return known
        return int(self.tables.session.table(ticked(self.tables.build, name)).count())

    def door(self, names: Collection[str]) -> Collection[str]:
        """Return what shows whether values can be read and ids can meet."""
        return door_of(self.plan, names)

    def look(self, names: Collection[str]) -> None:
        """Refuse values that cannot be read, and ids that would never meet."""
        require_meeting_ids(self.plan, self.tables, names)
        require_values(self.plan, value_rows(self.tables))

    def complete(self, names: Collection[str]) -> None:
        """Do nothing: what a run did not finish is built anew by the next."""
