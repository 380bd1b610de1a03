"""What tables hold and were made of, so that a refresh builds only what can change.

A table is made of its SQL, its functions, and the contents of what it reads. Where that
is as it was when it was built, it is left as it is. Where a table was built again and
holds the same rows, what reads it is left, too. Who built it and when is not content.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from threading import Lock

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import quoted
from recsql.engine.checks import Check
from recsql.engine.fingerprints import checksum, content_of
from recsql.engine.ingredients import STAMPS, Parts, asked, ingredients, why
from recsql.engine.runs import SCHEMA, builders
from recsql.engine.warehouse import Warehouse, transaction

TABLE, PASSED = f"{SCHEMA}.contents", f"{SCHEMA}.passed"


class SameRows(Exception):
    """A table was built again and holds what it held: it may stay as it was."""


@dataclass(frozen=True)
class Kept:
    """A table as it was built: what of, what it holds, and how many rows."""

    made_of: Parts
    content: str
    rows: int


class Contents:
    """What is known of the tables of one warehouse, before and during a run.

    `forced` names what is built whatever is known; nothing else is said of it.
    """

    def __init__(
        self, plan: Plan, warehouse: Warehouse, forced: Collection[str] = ()
    ) -> None:
        """Read what earlier runs wrote down; what somebody else changed is unknown."""
        self.plan, self.warehouse, self.forced = plan, warehouse, frozenset(forced)
        warehouse.rows(f"create schema if not exists {SCHEMA}")
        warehouse.rows(
            f"create table if not exists {TABLE} "
            "(name varchar, made_of varchar, content varchar, row_count bigint)"
        )
        warehouse.rows(f"create table if not exists {PASSED} (made_of varchar)")
        # a table that somebody else replaced, dbt for one, has lost its signature
        ours = {*builders(warehouse), *plan.project.seeds, *self._views()}
        self.known = {
            name: Kept(_parts(made_of), content, rows)
            for name, made_of, content, rows in warehouse.rows(f"from {TABLE}")
            if name in ours and self.warehouse.kinds.get(name) == self._kind(name)
        }
        self.sources: dict[str, str] = {}
        self.held: dict[str, str] = {}  # what tables held before they are built again
        self.reasons: dict[str, str] = {}  # why they are
        self.reading = Lock()
        self._verify()

    def kept(self, cursor: duckdb.DuckDBPyConnection, name: str) -> Kept | None:
        """Return a table that need not be built; else forget what is known of it."""
        known = self.known.pop(name, None)
        if known and name not in self.forced:
            reason = why(known.made_of, self._made_of(cursor, name))
            if reason is None:
                self.known[name] = known
                return known
            self.reasons[name], self.held[name] = reason, known.content
        cursor.execute(f"delete from {TABLE} where name = ?", [name])
        return None

    def built(self, cursor: duckdb.DuckDBPyConnection, name: str, rows: int) -> bool:
        """Write down what a table was made of and holds, in the transaction of both.

        Returns:
            whether it holds what it held.

        Raises:
            SameRows: it does, and what it was before has a run to be true to: undo the
                transaction, and say `stays`.
        """
        is_view = self._kind(name) == "view"
        stamps = STAMPS if name in self.plan.public else ()
        relation = quoted("main", name)
        parts = self._made_of(cursor, name)
        content = (
            checksum(json.dumps(parts), str(uuid.uuid4()) if "moves" in parts else "")
            if is_view
            else content_of(cursor, relation, stamps)
        )
        is_same = self.held.get(name) == content
        if is_same and self._may_stay(name):
            raise SameRows
        self._note(cursor, name, Kept(parts, content, rows))
        return is_same

    def stays(self, cursor: duckdb.DuckDBPyConnection, name: str, rows: int) -> None:
        """Write down of a table that it holds what it would hold, were it built now."""
        parts = self._made_of(cursor, name)
        self._note(cursor, name, Kept(parts, self.held[name], rows))

    def passed(self, checks: Iterable[Check]) -> set[Check]:
        """Return those checks that passed on the very rows there are now."""
        if self.forced:
            return set()
        known = {made_of for (made_of,) in self.warehouse.rows(f"from {PASSED}")}
        return {check for check in checks if asked(check, self._content_of) in known}

    def note_passed(self, checks: Iterable[Check]) -> None:
        """Write down, in place of what was known, which checks passed."""
        known = [asked(check, self._content_of) for check in checks]
        with transaction(self.warehouse.connection):
            self.warehouse.rows(f"delete from {PASSED}")
            self.warehouse.rows(f"insert into {PASSED} select unnest(?)", [known])

    def _verify(self) -> None:
        """Look at every table that is known, where others have written the file."""
        if self.warehouse.is_sealed:
            return
        cursor = self.warehouse.connection
        for name, known in list(self.known.items()):
            stamps = STAMPS if name in self.plan.public else ()
            if self._kind(name) == "table" and known.content != content_of(
                cursor, quoted("main", name), stamps
            ):
                del self.known[name]
                self.reasons[name] = "others changed it"
                self.warehouse.rows(f"delete from {TABLE} where name = ?", [name])
        self.warehouse.is_sealed = True

    def _note(self, cursor: duckdb.DuckDBPyConnection, name: str, known: Kept) -> None:
        self.known[name] = known
        values = [name, json.dumps(known.made_of), known.content, known.rows]
        cursor.execute(f"insert into {TABLE} values (?, ?, ?, ?)", values)

    def _may_stay(self, name: str) -> bool:
        """Say whether all that a build leaves are rows; a hook may do anything."""
        model = self.plan.models.get(name)
        return model is not None and not (model.hooks or model.incremental)

    def _views(self) -> list[str]:
        return [name for name in self.plan.models if self._kind(name) == "view"]

    def _kind(self, name: str) -> str:
        model = self.plan.models.get(name)
        stored = model.config.get("materialized") if model else "table"
        return "view" if stored == "view" else "table"

    def _made_of(self, cursor: duckdb.DuckDBPyConnection, name: str) -> Parts:
        model = self.plan.models.get(name)
        reads: dict[str, str] = {}
        if model is not None:
            reads |= {p: self._content_of(p) for p in sorted(model.refs)}
            reads |= {s: self._source(cursor, s) for s in sorted(model.sources)}
        return ingredients(self.plan, name, duckdb.__version__, reads)

    def _content_of(self, parent: str) -> str:
        known = self.known.get(parent)
        return known.content if known else str(uuid.uuid4())  # equal to nothing

    def _source(self, cursor: duckdb.DuckDBPyConnection, relation: str) -> str:
        with self.reading:
            if relation not in self.sources:
                self.sources[relation] = content_of(cursor, relation)
            return self.sources[relation]


def _parts(text: str) -> Parts:
    """Return what was written down of a table; nothing that fits, where it is old."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"reads": {}}
