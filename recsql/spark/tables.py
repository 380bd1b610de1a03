"""Tables and views of a plan in the catalog of a Spark session."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from recsql.compilation.render import Compiled, literal
from recsql.config.profile import Cluster, Profile
from recsql.engine.blocks import VARIABLES, Block
from recsql.errors import InputError, ModelError
from recsql.spark.failures import named, translated
from recsql.spark.functions import spark_type

if TYPE_CHECKING:
    from recsql.compilation.spark import Place

AT_ONCE = 16  # blocks in one statement, which run beside each other
NEW = "__new"
# no type at all, and a decimal of more digits than Spark has
HELD_BY_NO_FILE = re.compile(r"\bvoid\b|decimal\((39|[4-9]\d)")
Sign = Callable[[str, str, str], int]


def ticked(*parts: str) -> str:
    """Return a relation's name as Spark reads it.

    >>> ticked("recsql_build", "int_events")
    '`recsql_build`.`int_events`'
    """
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def promised(compiled: Compiled, sql: str) -> str:
    """Return a model's translated query with the columns and types of its contract."""
    if compiled.contract is None:
        return sql
    columns = [
        f"cast({ticked(name)} as {spark_type(kind)}) as {ticked(name)}"
        if kind
        else ticked(name)
        for name, kind in compiled.contract.types.items()
    ]
    return f"select {', '.join(columns)} from (\n{sql}) as promised\n"


@dataclass
class Tables:
    """A session, and the schemas in its catalog that are recsql's.

    `kinds` says of each relation of the build whether it is a table or a view.
    """

    session: Any
    cluster: Cluster
    memory: str = "1GB"
    kinds: dict[str, str] = field(default_factory=dict)
    reads: str = ""  # the schema that queries name main; the build if none

    @classmethod
    def of(cls, session: Any, profile: Profile) -> Tables:
        """Return the tables of a profile, with what is built of them so far."""
        assert profile.cluster is not None
        memory = str(profile.settings.get("spark.executor.memory", "1g")) + "B"
        tables = cls(session, profile.cluster, memory.upper().replace("BB", "B"))
        tables.create_schema(tables.build)
        tables.kinds |= tables.relations(tables.build)
        return tables

    def relations(self, schema: str) -> dict[str, str]:
        """Return the relations of a schema, and whether each is a table or a view."""
        place = ticked(schema)
        with translated(f"schema {schema}"):
            tables = self.session.sql(f"show tables in {place}").collect()
            views = self.session.sql(f"show views in {place}").collect()
        seen = {row["viewName"] for row in views}
        return {
            name: "view" if name in seen else "table"
            for name in (row["tableName"] for row in tables if not row["isTemporary"])
        }

    def reading(self, schema: str) -> Tables:
        """Return the same session, whose queries read the tables of a schema."""
        return replace(self, kinds=self.relations(schema), reads=schema)

    @property
    def path(self) -> str:
        """Return where it is, as messages name it."""
        return self.reads or self.build

    @property
    def build(self) -> str:
        """Return the schema that models are built in, which no reader looks at."""
        return f"{self.cluster.schema}_build"

    def place(self, block: Block | None = None) -> Place:
        """Return where queries find the build's tables, and the block they are of."""
        from recsql.compilation.spark import Place

        values = {"memory_limit": literal(self.memory)}
        if block is not None:
            values |= dict(zip(VARIABLES, map(str, block), strict=True))
        return Place({"main": (self.path,)}, values)

    def run(self, sql: str, what: str = "") -> Any:
        """Run a statement in Spark's SQL."""
        with translated(what or sql.split("\n", 1)[0][:80]):
            return self.session.sql(sql)

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """Run a query in DuckDB's SQL and return all rows by the names of columns."""
        return [row.asDict(recursive=True) for row in self._rows(sql)]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a query in DuckDB's SQL and return all rows."""
        return [tuple(row) for row in self._rows(sql)]

    def arrow(self, sql: str) -> Any:
        """Run a query in DuckDB's SQL and return all rows as an Arrow table."""
        from recsql.compilation.spark import translate_text

        what = sql.split("\n", 1)[0][:80]
        with translated(what):
            query = translate_text(sql, what, self.place())
            return self.session.sql(query).toArrow()

    def _rows(self, sql: str) -> list[Any]:
        from recsql.compilation.spark import translate_text

        what = sql.split("\n", 1)[0][:80]
        found = self.run(translate_text(sql, what, self.place()), what)
        with translated(what):
            return list(found.collect())

    def has_table(self, schema: str, name: str) -> bool:
        """Say whether a table or view exists."""
        if schema == "main":
            return name in self.kinds
        with translated(f"{schema}.{name}"):
            return bool(self.session.catalog.tableExists(ticked(schema, name)))

    def create_schema(self, name: str) -> None:
        """Create a schema that is not there yet."""
        self.run(f"create schema if not exists {ticked(name)}")

    def columns(self, schema: str, name: str) -> dict[str, str]:
        """Return the columns of a table and their types in Spark."""
        with translated(f"{schema}.{name}"):
            place = self.path if schema == "main" else schema
            found = self.session.table(ticked(place, name)).schema
            return {each.name: each.dataType.simpleString() for each in found}

    def materialize(
        self, compiled: Compiled, blocks: Sequence[Block], sign: Sign
    ) -> int:
        """Store one model as its config says and return its number of rows.

        Args:
            compiled: the model.
            blocks: of users, by which it is built.
            sign: is given name, relation and kind of what is complete, before it takes
                its place; returns its rows.

        Raises:
            Refusals: it does not translate.
            ModelError: Spark failed; file, line and what Spark said are named.
        """
        stored = str(compiled.config.get("materialized", "table"))
        if stored not in ("table", "view", "incremental"):
            raise ModelError(
                f"{compiled.file}: materialized={stored!r} is not supported. "
                "Use table, view or incremental."
            )
        with named(compiled):
            if stored == "view":
                self._drop(compiled.name, "table")
                sql = self.query(compiled)
                relation = ticked(self.build, compiled.name)
                self.session.sql(f"create or replace view {relation} as\n{sql}")
                self.kinds[compiled.name] = "view"
                return sign(compiled.name, relation, "view")
            self._store(compiled, blocks)
            return self._put(compiled.name, sign)

    def query(self, compiled: Compiled, block: Block | None = None) -> str:
        """Return a model's query in Spark's SQL, with the types of its contract."""
        from recsql.compilation.spark import translate

        return promised(compiled, translate(compiled, self.place(block)))

    def _store(self, compiled: Compiled, blocks: Sequence[Block]) -> None:
        """Write a table of the rows of each block, which has yet to take its place."""
        fresh = ticked(self.build, compiled.name + NEW)
        verb = f"create table {fresh} using {self.cluster.form} as"
        self.session.sql(f"drop table if exists {fresh}")
        for first in range(0, len(blocks), AT_ONCE):
            parts = [self.query(compiled, b) for b in blocks[first : first + AT_ONCE]]
            union = "\nunion all\n".join(f"select * from (\n{p})" for p in parts)
            self.session.sql(f"{verb}\n{union if len(parts) > 1 else parts[0]}")
            verb = f"insert into {fresh}"

    def _put(self, name: str, sign: Sign) -> int:
        """Let a table that is complete take its place; return its rows."""
        fresh, relation = ticked(self.build, name + NEW), ticked(self.build, name)
        rows = sign(name, fresh, "table")
        self._drop(name)
        self.session.sql(f"alter table {fresh} rename to {relation}")
        self.kinds[name] = "table"
        return rows

    def _drop(self, name: str, kind: str = "") -> None:
        known = self.kinds.get(name)
        if known and kind in ("", known):
            self.session.sql(f"drop {known} if exists {ticked(self.build, name)}")

    def load_seed(self, path: Path, sign: Sign) -> int:
        """Load a CSV that ships with the project; return its number of rows.

        DuckDB reads it, so that its columns have the types that they have there.
        """
        with duckdb.connect(config={"threads": 1}) as connection:
            query = f"from read_csv({literal(str(path))}, header = true)"
            data = connection.sql(query).to_arrow_table()
        self.write_arrow(self.build, path.stem + NEW, data)
        with translated(path.stem):
            return self._put(path.stem, sign)

    def write_arrow(self, schema: str, name: str, data: Any) -> None:
        """Write an Arrow table to a schema, in the place of one of that name.

        Raises:
            InputError: Spark has no such type.
        """
        schema_of = _schema_of(name, data)
        relation = ticked(schema, name)
        with translated(f"{schema}.{name}"):
            self.session.sql(f"drop table if exists {relation}")
            frame = self.session.createDataFrame(data, schema_of)
            frame.write.format(self.cluster.form).saveAsTable(relation)


def _schema_of(name: str, data: Any) -> Any:
    """Return Spark's types of an Arrow table; timestamps without a zone have none."""
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StructType

    schema = StructType()
    for each in data.schema:
        try:
            kind = from_arrow_type(each.type)
            if HELD_BY_NO_FILE.search(kind.simpleString()):
                raise TypeError(kind)
            schema.add(each.name, kind)
        except Exception:
            raise InputError(
                f"{name}: column {each.name} is {each.type}, a type that Spark has not."
                " Cast it: to varchar, bigint, double or timestamp."
            ) from None
    return schema
