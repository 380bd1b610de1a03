"""What tables on Spark were made of and hold, so that only what can change is built.

As `engine.contents` does on DuckDB. Each table and view says it in a property of its
own, which is gone where anybody else replaces it; rows that others add to one are not
noticed, as the schema of builds is private.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from recsql.compilation.compiler import Plan
from recsql.engine.checks import Check
from recsql.engine.contents import Kept
from recsql.engine.fingerprints import checksum
from recsql.engine.ingredients import STAMPS, Parts, asked, ingredients, why
from recsql.spark.failures import translated
from recsql.spark.functions import sql_value
from recsql.spark.tables import Tables, ticked

PROPERTY = "recsql.made_of"
WRITTEN = re.compile(r"recsql\.made_of=([\w=-]+)")
PASSED = "passed_tests"
SHORT = 16  # digits of a checksum: a property has 4,000 characters
HASHED = re.compile(r"map<|variant|interval|geo")  # have no hash of their own


class Contents:
    """What is known of the tables of a build, before and during a run.

    `forced` names what is built whatever is known; nothing else is said of it.
    """

    def __init__(
        self, plan: Plan, tables: Tables, forced: Collection[str] = ()
    ) -> None:
        """Read what earlier runs wrote down."""
        self.plan, self.tables, self.forced = plan, tables, frozenset(forced)
        self.known = _known(tables)
        self.held: dict[str, str] = {}  # what tables held before they are built again
        self.reasons: dict[str, str] = {}  # why they are
        self.sources: dict[str, str] = {}
        self.reading = Lock()

    def kept(self, name: str) -> Kept | None:
        """Return a table that need not be built; else forget what is known of it."""
        known = self.known.pop(name, None)
        if known and name not in self.forced:
            reason = why(known.made_of, self._made_of(name))
            if reason is None:
                self.known[name] = known
                return known
            self.reasons[name], self.held[name] = reason, known.content
        return None

    def sign(self, name: str, relation: str, kind: str) -> int:
        """Write down in a table what it is made of and holds; return its rows."""
        parts = self._made_of(name)
        if kind == "view":
            moves = str(uuid.uuid4()) if "moves" in parts else ""
            rows, content = 0, checksum(json.dumps(parts), moves)
        else:
            stamps = STAMPS if name in self.plan.public else ()
            rows, content = self._measured(relation, stamps)
        kept = Kept(parts, content[:SHORT], rows)
        self.tables.session.sql(
            f"alter {kind} {relation} set tblproperties "
            f"('{PROPERTY}' = '{_encoded(kept)}')"
        )
        self.known[name] = kept
        return rows

    def is_same(self, name: str) -> bool:
        """Say whether a table that was built again holds what it held."""
        return self.held.get(name) == self._content_of(name)

    def rows(self, name: str) -> int | None:
        """Return the rows of a table, where they are known."""
        return self.known[name].rows if name in self.known else None

    def passed(self, checks: Iterable[Check]) -> set[Check]:
        """Return those checks that passed on the very rows there are now."""
        relation = ticked(self.tables.build, PASSED)
        if self.forced or PASSED not in self.tables.kinds:
            return set()
        known = {row[0] for row in self.tables.run(f"from {relation}").collect()}
        return {check for check in checks if asked(check, self._content_of) in known}

    def note_passed(self, checks: Iterable[Check]) -> None:
        """Write down, in place of what was known, which checks passed."""
        relation = ticked(self.tables.build, PASSED)
        rows = [f"({sql_value(asked(check, self._content_of))})" for check in checks]
        self.tables.run(f"drop table if exists {relation}")
        self.tables.run(
            f"create table {relation} (made_of string) using {self.tables.cluster.form}"
        )
        if rows:
            self.tables.run(f"insert into {relation} values {', '.join(rows)}", PASSED)
        self.tables.kinds[PASSED] = "table"

    def _made_of(self, name: str) -> Parts:
        model = self.plan.models.get(name)
        reads: dict[str, str] = {}
        if model is not None:
            reads |= {p: self._content_of(p) for p in sorted(model.refs)}
            reads |= {s: self._source(s) for s in sorted(model.sources)}
        engine = f"Spark {self.tables.session.version} {self.tables.cluster.form}"
        parts = ingredients(self.plan, name, engine, reads)
        short = {key: parts[key][:SHORT] for key in ("functions", "sql")}
        return {**parts, **short}

    def _content_of(self, parent: str) -> str:
        known = self.known.get(parent)
        return known.content if known else str(uuid.uuid4())  # equal to nothing

    def _source(self, relation: str) -> str:
        with self.reading:
            if relation not in self.sources:
                schema, table = relation.replace('"', "").split(".")[-2:]
                place = self.tables.build if schema == "main" else schema
                with translated(f"{schema}.{table}"):
                    _, content = self._measured(ticked(place, table))
                self.sources[relation] = content[:SHORT]
            return self.sources[relation]

    def _measured(self, relation: str, stamps: Collection[str] = ()) -> tuple[int, str]:
        """Return the rows of a table, and a checksum of them in whatever order."""
        kinds = {
            each.name: each.dataType.simpleString()
            for each in self.tables.session.table(relation).schema
        }
        hashed = ", ".join(
            self._hashable(name, kind)
            for name, kind in kinds.items()
            if name not in stamps
        )
        found = self.tables.session.sql(
            "select count(*), bit_xor(h), sum(cast(h as decimal(38, 0))) "
            f"from (select xxhash64({hashed or '0'}) as h from {relation})"
        ).collect()
        count, *hashes = found[0]
        return int(count), checksum(json.dumps([kinds, count, hashes], default=str))

    def _hashable(self, name: str, kind: str) -> str:
        """Return a column as it is hashed, and whether it is there, as NULL is skipped.

        A moment that is this run's start says when a row was written, and so nothing.
        """
        column = value = ticked(name)
        if HASHED.search(kind):
            value = f"to_json(struct({column}))"
        elif kind == "timestamp_ntz":
            began = self.plan.renderer.run_started_at.replace(tzinfo=None)
            value = f"nullif({column}, timestamp_ntz '{began}')"
        return f"{value}, {column} is null"


def _known(tables: Tables) -> dict[str, Kept]:
    """Return what the relations of a build say of themselves."""
    with translated(f"schema {tables.build}"):
        listed = tables.session.sql(
            f"show table extended in {ticked(tables.build)} like '*'"
        ).collect()
    found = {}
    for row in listed:
        text = WRITTEN.search(row["information"])
        kept = _decoded(text[1]) if text else None
        if kept and row["tableName"] in tables.kinds:
            found[row["tableName"]] = kept
    return found


def _encoded(kept: Kept) -> str:
    text = json.dumps([kept.made_of, kept.content, kept.rows], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _decoded(text: str) -> Kept | None:
    """Return what was written down of a table; nothing where it is another's."""
    with suppress(ValueError, TypeError):
        made_of, content, rows = json.loads(base64.urlsafe_b64decode(text))
        if isinstance(made_of, Mapping):
            return Kept(dict[str, Any](made_of), str(content), int(rows))
    return None
