"""One published version, open to be read: its lists in memory, and its file."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from recsql.compilation.render import literal
from recsql.errors import WarehouseError, first_line
from recsql.publishing.manifest import read_manifest
from recsql.publishing.versions import FILE, Versions
from recsql.questions.ids import as_typed, id_type
from recsql.serving.arrays import Arrays, read_arrays
from recsql.serving.lists import Lists, Rows, ask, read_lists
from recsql.serving.refusals import Refused
from recsql.serving.routes import Route

LACKING = re.compile(r'(?i)(column|table)(?: named| with name)? "?([^"\s!]+)"?')
OPTIONS: dict[str, Any] = {"threads": "2"}
LOCKED = ("enable_external_access = false", "lock_configuration = true")
TEXTS = {
    "service_items": (
        "cast(item_id as varchar) as item, cast(to_json(struct_pack(item_id := "
        "item_id, item_title := item_title, category := category)) as varchar) "
        "as text, *"
    ),
    **{
        f"service_{name}": "cast(user_id as varchar) as user_text, *"
        for name in (
            "users",
            "histories",
            "limits",
            "profiles",
            "scores",
            "user_features",
        )
    },
}


@dataclass
class Version:
    """What requests are answered from; nothing of it changes once it is open."""

    number: int
    run_id: str
    published_at: str
    settings: Mapping[str, Any]
    tables: Mapping[str, int]
    connection: duckdb.DuckDBPyConnection
    lists: Mapping[str, Lists]
    arrays: Arrays | None
    id_types: Mapping[str, str]
    seconds: float = 0.0
    surfaces: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _cursors: threading.local = field(default_factory=threading.local)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's connection to the file."""
        if not hasattr(self._cursors, "cursor"):
            self._cursors.cursor = self.connection.cursor()
            self._cursors.cursor.execute("use version")
        cursor: duckdb.DuckDBPyConnection = self._cursors.cursor
        return cursor

    def surface(self, name: str) -> Mapping[str, Any]:
        """Return a surface of the version.

        Raises:
            Refused: there is none of this name.
        """
        found = self.surfaces.get(name)
        if found is None:
            known = ", ".join(self.surfaces)
            raise Refused(
                404, "unknown_surface", f'There is no surface "{name}". Known: {known}.'
            )
        return found

    def settled(self, route: Route, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a route is read for: of a value without rows, the default's."""
        lists = self.lists.get(route.name)
        defaults = {
            parameter.name: parameter.default
            for parameter in route.parameters
            if parameter.name in route.index.values() and not parameter.is_required
        }
        if lists is None or lists.get(route.key(given)) or not defaults:
            return dict(given)
        return {**given, **defaults}

    def rows(self, route: Route, given: Mapping[str, Any], limit: int) -> Rows:
        """Return the rows of a route: from memory, else from the file.

        Raises:
            Refused: the version has no such tables.
        """
        lists = self.lists.get(route.name)
        if lists is not None:
            found = lists.get(route.key(given)) or Rows([], [])
            return Rows(found.items[:limit], found.texts[:limit])
        bound = self._bound(route, given)
        if bound is None:
            return Rows([], [])
        try:
            return ask(self.cursor(), route.sql, bound, limit)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise Refused(
                404, "not_published", _lacking(self.number, route.file, error)
            ) from None

    def _bound(
        self, route: Route, given: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """Return what is given, its ids as the version has them.

        None where one can be no id of the version: null would stand for any.
        """
        bound = dict(given)
        for parameter in route.parameters:
            kind = self.id_types.get(parameter.kind)
            asked = given[parameter.name]
            if kind is None or asked is None:
                continue
            found = as_typed(
                lambda sql, some: self.cursor().execute(sql, some).fetchall(),
                kind,
                [asked] if isinstance(asked, str) else asked,
            )
            if isinstance(asked, str) and not found:
                return None
            bound[parameter.name] = found[0] if isinstance(asked, str) else found
        return bound


def _lacking(number: int, file: str, error: Exception | str) -> str:
    """Return what a query reads that a version does not have.

    >>> _lacking(3, "a.sql", 'Binder Error: Referenced column "x" not found in FROM')
    'version 3 has no column "x", which a.sql reads. Publish anew: recsql refresh'
    >>> _lacking(3, "a.sql", "Catalog Error: Table with name t does not exist!")
    'version 3 has no table "t", which a.sql reads. Publish anew: recsql refresh'
    """
    said = first_line(error)
    found = LACKING.search(said)
    what = said if found is None else f'no {found[1].lower()} "{found[2]}"'
    return (
        f"version {number} has {what}, which {file} reads. Publish anew: recsql refresh"
    )


def open_version(
    versions: Versions, number: int, routes: Mapping[str, Route], most_rows: int
) -> Version:
    """Open a version, and read into memory what routes keep there.

    Args:
        versions: those of the warehouse.
        number: the one to open.
        routes: all files of `queries/serve/`.
        most_rows: a list of more rows stays in the file.

    Raises:
        WarehouseError: its file or manifest cannot be read.
    """
    started = time.perf_counter()
    manifest = read_manifest(versions, number)
    path = versions.path(number) / FILE
    reading: list[Route] = []
    with _told(number, path, reading):
        connection = _attached(path)
        lists: dict[str, Lists] = {}
        for route in routes.values():
            if route.index:
                reading.append(route)
                found = _in_memory(connection, route, most_rows)
                lists |= {} if found is None else {route.name: found}

        def read(name: str) -> pa.Table | None:
            if name not in routes:
                return None
            reading.append(routes[name])
            return _table(connection, routes[name], TEXTS.get(name, "*"))

        return Version(
            arrays=read_arrays(read, manifest["vars"]),
            id_types=_id_types(connection),
            number=number,
            run_id=manifest["run_id"],
            published_at=manifest["published_at"],
            settings=manifest["vars"],
            tables=manifest["tables"],
            connection=connection,
            lists=lists,
            seconds=time.perf_counter() - started,
            surfaces={entry["name"]: entry for entry in manifest["vars"]["surfaces"]},
        )


def _attached(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config=OPTIONS)
    connection.execute(f"attach {literal(str(path))} as version (read_only)")
    connection.execute("use version")
    for setting in LOCKED:
        connection.execute(f"set {setting}")
    return connection


@contextmanager
def _told(number: int, path: Path, reading: Sequence[Route]) -> Iterator[None]:
    """Say in one line what a version does not have; the last route reads it."""
    try:
        yield
    except duckdb.BinderException as error:
        said = _lacking(number, reading[-1].file, error)
        raise WarehouseError(f"serve: {said}") from None
    except KeyError as error:
        raise WarehouseError(
            f"serve: version {number}: its manifest is of another version of recsql: "
            f"it says nothing of {error}. Publish anew: recsql refresh"
        ) from None
    except duckdb.Error as error:
        raise WarehouseError(f"{path}: {first_line(error)}") from None


def _id_types(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the type of a route's parameter of each kind of id."""

    def ask(sql: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return connection.execute(sql, given).fetchall()

    item = id_type(ask, "item_id")
    return {"item": item, "items": item, "user": id_type(ask, "user_id")}


def _in_memory(
    connection: duckdb.DuckDBPyConnection, route: Route, most_rows: int
) -> Lists | None:
    """Return the rows of a route for each value of its index, None where too many."""
    given = {
        parameter.name: None
        if parameter.name in route.index.values()
        else parameter.default
        for parameter in route.parameters
    }
    try:
        counted = connection.execute(f"select count(*) from (\n{route.sql}\n)", given)
        if counted.fetchall()[0][0] > most_rows:
            return None
        return read_lists(connection, route.sql, given, list(route.index))
    except duckdb.CatalogException:
        return None  # this version has no such table
    except WarehouseError as error:
        raise WarehouseError(f"{route.file}: {error}") from None


def _table(
    connection: duckdb.DuckDBPyConnection, route: Route, columns: str
) -> pa.Table | None:
    try:
        return connection.sql(
            f"select {columns} from (\n{route.sql}\n)"
        ).to_arrow_table()
    except duckdb.CatalogException:
        return None  # this version has no such table


def described(version: Version) -> dict[str, Any]:
    """Return what `GET /version` says."""
    return {
        "version": version.number,
        "run_id": version.run_id,
        "published_at": version.published_at,
        "surfaces": list(version.surfaces),
        "tables": dict(version.tables),
        "in_memory": {name: lists.bytes for name, lists in version.lists.items()},
        "opened_in_seconds": round(version.seconds, 3),
    }


def as_json(content: Any) -> bytes:
    """Return JSON without spaces, in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
