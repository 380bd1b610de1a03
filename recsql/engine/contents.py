"""What tables hold and were made of, so that a refresh builds only what can change.

A table is made of its SQL, its functions, and the contents of what it reads. Where that
is as it was when it was built, it is left as it is. Where a table was built again and
holds the same rows, what reads it is left, too. Who built it and when is not content.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path
from threading import Lock

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled, quoted
from recsql.engine.checks import Check
from recsql.engine.runs import SCHEMA, builders
from recsql.engine.warehouse import Warehouse, transaction
from recsql.seam import udfs

TABLE, PASSED = f"{SCHEMA}.contents", f"{SCHEMA}.passed"
STAMPS = ("run_id", "generated_at")  # columns of public tables that are no content
# Where a model only writes down when it was built; anything else reads the clock.
MOMENT = r"(timestamp )?'[^']*'\)?\s+as\s+"
FITTED = re.compile(MOMENT + r"fitted_at\b")
STAMPED = re.compile(MOMENT + rf"({'|'.join(STAMPS)}|fitted_at)\b")
CALLED = re.compile(rf"\b({'|'.join(f.name for f in udfs.FUNCTIONS)})\s*\(")


@dataclass(frozen=True)
class Kept:
    """A table as it was built: what of, what it holds, and how many rows."""

    made_of: str
    content: str
    rows: int


class Contents:
    """What is known of the tables of one warehouse, before and during a run.

    `forced` names what is built whatever is known; nothing else is said of it.
    """

    def __init__(
        self, plan: Plan, warehouse: Warehouse, forced: Collection[str] = ()
    ) -> None:
        """Read what earlier runs wrote down."""
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
            name: Kept(*rest)
            for name, *rest in warehouse.rows(f"from {TABLE}")
            if name in ours
        }
        self.sources: dict[str, str] = {}
        self.reading = Lock()

    def kept(self, cursor: duckdb.DuckDBPyConnection, name: str) -> Kept | None:
        """Return a table that need not be built; else forget what is known of it."""
        known = self.known.get(name)
        stands = self.warehouse.kinds.get(name) == self._kind(name)
        if (
            known
            and stands
            and name not in self.forced
            and known.made_of == self._made_of(cursor, name)
        ):
            return known
        self.known.pop(name, None)
        cursor.execute(f"delete from {TABLE} where name = ?", [name])
        return None

    def built(self, cursor: duckdb.DuckDBPyConnection, name: str, rows: int) -> None:
        """Write down what a table was made of and holds, now that it is built."""
        made_of = self._made_of(cursor, name)
        is_view = self._kind(name) == "view"
        stamps = STAMPS if name in self.plan.public else ()
        relation = quoted("main", name)
        content = made_of if is_view else _content(cursor, relation, stamps)
        self.known[name] = Kept(made_of, content, rows)
        values = [name, made_of, content, rows]
        cursor.execute(f"insert into {TABLE} values (?, ?, ?, ?)", values)

    def passed(self, checks: Iterable[Check]) -> set[Check]:
        """Return those checks that passed on the very rows there are now."""
        if self.forced:
            return set()
        known = {made_of for (made_of,) in self.warehouse.rows(f"from {PASSED}")}
        return {check for check in checks if self._asked(check) in known}

    def note_passed(self, checks: Iterable[Check]) -> None:
        """Write down, in place of what was known, which checks passed."""
        asked = [self._asked(check) for check in checks]
        with transaction(self.warehouse.connection):
            self.warehouse.rows(f"delete from {PASSED}")
            self.warehouse.rows(f"insert into {PASSED} select unnest(?)", [asked])

    def _asked(self, check: Check) -> str:
        """Return a checksum of a check and of what the tables it reads hold."""
        read = [self._content_of(name) for name in check.reads]
        return sha256("\n".join([check.sql, *read]).encode()).hexdigest()

    def _views(self) -> list[str]:
        return [name for name in self.plan.models if self._kind(name) == "view"]

    def _kind(self, name: str) -> str:
        model = self.plan.models.get(name)
        stored = model.config.get("materialized") if model else "table"
        return "view" if stored == "view" else "table"

    def _made_of(self, cursor: duckdb.DuckDBPyConnection, name: str) -> str:
        """Return a checksum of all that decides what a table holds."""
        model = self.plan.models.get(name)
        if model is None:
            with Path(self.plan.project.seeds[name]).open("rb") as file:
                parts = [file_digest(file, "sha256").hexdigest()]
        else:
            text = self._text(model)
            parents = {p: self._content_of(p) for p in sorted(model.refs)}
            sources = {s: self._source(cursor, s) for s in sorted(model.sources)}
            functions = _functions() if CALLED.search(text) else ""
            parts = [text, json.dumps([parents, sources]), functions]
        return sha256("\n".join([duckdb.__version__, *parts]).encode()).hexdigest()

    def _text(self, model: Compiled) -> str:
        """Return all SQL of a model; when it was built counts where it reads that."""
        text = full_text(model)
        stamps = STAMPED if model.name in self.plan.public else FITTED
        still = stamps.sub("", text)
        timeless = self.plan.renderer.timeless
        return timeless(text) if timeless(still) == still else text

    def _content_of(self, parent: str) -> str:
        known = self.known.get(parent)
        return known.content if known else str(uuid.uuid4())  # equal to nothing

    def _source(self, cursor: duckdb.DuckDBPyConnection, relation: str) -> str:
        with self.reading:
            if relation not in self.sources:
                self.sources[relation] = _content(cursor, relation)
            return self.sources[relation]


def full_text(model: Compiled) -> str:
    """Return the SQL of a model, of what is added to it, its hooks and its config."""
    parts = [model.sql, *model.hooks]
    parts += [model.incremental.sql] if model.incremental else []
    return "\n".join([*parts, json.dumps(model.config, default=str, sort_keys=True)])


def _content(
    cursor: duckdb.DuckDBPyConnection, relation: str, stamps: Collection[str] = ()
) -> str:
    """Return a checksum of a table's columns and rows, in whatever order they are."""
    columns = cursor.execute(f"describe {relation}").fetchall()
    counted = [quoted(row[0]) for row in columns if row[0] not in stamps]
    hashed = f"hash({', '.join(counted)})" if counted else "0"
    rows = cursor.execute(
        f"select count(*), bit_xor({hashed}), sum({hashed}) from {relation}"
    ).fetchall()
    return json.dumps([[row[:2] for row in columns], rows], default=str)


@cache
def _functions() -> str:
    """Return a checksum of the code that SQL calls, and of what computes in it."""
    import implicit
    import numpy
    import scipy

    package = Path(udfs.__file__).parents[1]
    files = sorted(
        p for part in ("numerics", "seam") for p in (package / part).glob("*.py")
    )
    code = b"".join(path.read_bytes() for path in files)
    versions = [implicit.__version__, numpy.__version__, scipy.__version__]
    return sha256(code + "\n".join(versions).encode()).hexdigest()
