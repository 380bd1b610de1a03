"""What `recsql serve` noted, taken into raw tables: each line once, whoever is killed.

How far each file was read is written in the same transaction as its rows. A line is
whole once its line break is there; what comes after the last of them, zeros or half a
line, is left for later. Raw table `served_shown` is an input for var `exposures`, with
`clicked_at` from what came in by `POST /events`; `served_events` has all of that.
"""

from __future__ import annotations

import json
import mmap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from recsql.compilation.render import quoted
from recsql.config.project import Project
from recsql.engine import suppression
from recsql.engine.warehouse import Warehouse, open_warehouse, transaction
from recsql.errors import InUse

FOLDER = "journal"
OPEN, CLOSED = ".open", ".jsonl"
SHOWN, EVENTS, FILES = "served_shown", "served_events", "served_files"
COLUMNS = {
    SHOWN: (
        "request_id varchar, user_id {user}, item_id {item}, surface varchar, "
        "experiment varchar, variant varchar, item_rank integer, version integer, "
        "run_id varchar, propensity double, shown_at timestamp, clicked_at timestamp"
    ),
    EVENTS: (
        "event_id varchar, user_id {user}, item_id {item}, event_type varchar, "
        "event_at timestamp, surface varchar, request_id varchar, quantity double, "
        "amount double"
    ),
    FILES: "file varchar, bytes bigint",
}
# An id stays what it was: 0900 is no 900.
AS_ID = (
    "case when cast(try_cast({column} as {kind}) as varchar) = {column} "
    "then try_cast({column} as {kind}) end"
)
CLICKS = """
update {shown} as shown set clicked_at = clicks.clicked_at
from (
    select shown.request_id, shown.item_id, min(events.event_at) as clicked_at
    from {shown} as shown inner join {events} as events
        on shown.request_id = events.request_id and shown.item_id = events.item_id
    where shown.clicked_at is null and events.event_at >= shown.shown_at
    group by shown.request_id, shown.item_id
) as clicks
where shown.request_id = clicks.request_id and shown.item_id = clicks.item_id
"""
Line = dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """How many rows came into each table, and lines that are no line of a journal."""

    shown: int = 0
    events: int = 0
    unreadable: int = 0

    @property
    def in_words(self) -> str:
        """Return what a person is told.

        >>> Taken(1_200, 3).in_words
        'took in 1,200 rows of what was shown, 3 events'
        """
        told = f"took in {self.shown:,} rows of what was shown, {self.events:,} events"
        left_out = f"; {self.unreadable:,} lines are none" if self.unreadable else ""
        return told + left_out


def take_in(
    project: Project, warehouse: Warehouse, folder: Path | None = None
) -> Taken:
    """Take in what is new in the journals of a folder, by default the warehouse's own.

    Raises:
        WarehouseError: a file or the warehouse failed; nothing was taken in.
    """
    source = folder or project.profile.folder / FOLDER
    paths = sorted(p for p in source.glob("*-*") if p.suffix in (OPEN, CLOSED))
    if not paths:
        return Taken()
    relations = _create(project, warehouse)
    known = dict(warehouse.rows(f"select file, bytes from {relations[FILES]}"))
    ends: dict[str, int] = {}
    lines: dict[str, list[Line]] = {SHOWN: [], EVENTS: []}
    unreadable = 0
    for path in paths:
        kind = f"served_{path.name.partition('-')[0]}"
        start = int(known.get(path.stem, 0))
        for line, end in new_lines(path, start):
            ends[path.stem] = end
            read = _read(line)
            if read is None or kind not in lines:
                unreadable += bool(line.strip())
            else:
                lines[kind].append(read)
    if not ends:
        return Taken()
    with transaction(warehouse.connection):
        shown = _insert(warehouse, relations[SHOWN], _of_shown(lines[SHOWN]))
        events = _insert_events(warehouse, relations[EVENTS], lines[EVENTS])
        named = {"shown": relations[SHOWN], "events": relations[EVENTS]}
        warehouse.rows(CLICKS.format(**named))
        for relation in named.values():
            suppression.drop_from(project, warehouse, relation)
        for name, end in ends.items():
            warehouse.rows(f"delete from {relations[FILES]} where file = ?", [name])
            warehouse.rows(f"insert into {relations[FILES]} values (?, ?)", [name, end])
    return Taken(shown, events, unreadable)


def follow(
    project: Project,
    folder: Path,
    told: Callable[[Taken], None],
    seconds: float = 1.0,
) -> None:
    """Take in what comes, until a signal ends it; the warehouse is open only then."""
    profile = project.profile
    while True:
        try:
            with open_warehouse(profile.build_path, profile.settings) as warehouse:
                taken = take_in(project, warehouse, folder)
            if taken != Taken():
                told(taken)
        except InUse:
            pass  # a refresh is at work, and takes in what is there itself
        time.sleep(seconds)


def new_lines(path: Path, start: int) -> Iterator[tuple[bytes, int]]:
    """Yield each whole line of a file from an offset on, and the offset after it."""
    try:
        content = path.read_bytes()[start:]
    except FileNotFoundError:  # it has just been closed, and has its last name
        content = path.with_suffix(CLOSED).read_bytes()[start:]
    content = content.partition(b"\0")[0]
    at = 0
    while (end := content.find(b"\n", at)) >= 0:
        yield content[at:end], start + end + 1
        at = end + 1


def blank(folder: Path, user: str) -> int:
    """Write spaces over every line of a user, also while a service appends.

    Lines keep their length, so that what was taken in stays known; return how many.
    """
    count = 0
    for path in sorted(p for p in folder.glob("*-*") if p.suffix in (OPEN, CLOSED)):
        if path.stat().st_size == 0:
            continue
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            start = 0
            for line, end in new_lines(path, 0):
                read = _read(line)
                if read is not None and str(read.get("user")) == user:
                    memory[start : end - 1] = b" " * (end - 1 - start)
                    count += 1
                start = end
            memory.flush()
    return count


def _read(line: bytes) -> Line | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) and "at" in read else None


def _create(project: Project, warehouse: Warehouse) -> dict[str, str]:
    """Create the raw tables; ids have the type of those that models know."""
    schema = str(project.vars["raw_schema"])
    kinds = {
        "user": _kind(warehouse, "int_users", "user_id"),
        "item": _kind(warehouse, "int_items", "item_id"),
    }
    warehouse.rows(f"create schema if not exists {quoted(schema)}")
    relations = {name: quoted(schema, name) for name in COLUMNS}
    for name, columns in COLUMNS.items():
        listed = columns.format(**kinds)
        warehouse.rows(f"create table if not exists {relations[name]} ({listed})")
    return relations


def _kind(warehouse: Warehouse, table: str, column: str) -> str:
    found = warehouse.rows(
        "select data_type from duckdb_columns() where database_name = "
        "current_database() and schema_name = 'main' and table_name = ? "
        "and column_name = ?",
        [table, column],
    )
    return str(found[0][0]) if found else "VARCHAR"


def _of_shown(lines: list[Line]) -> list[Line]:
    """Return a row for each item that a line says was shown."""
    rows = []
    for line in lines:
        chances = line.get("propensities") or [None] * len(line["items"])
        for place, (item, chance) in enumerate(
            zip(line["items"], chances, strict=True), 1
        ):
            rows.append(
                {
                    "request_id": line["request_id"],
                    "user_id": line["user"],
                    "item_id": item,
                    "surface": line["surface"],
                    "experiment": line["experiment"],
                    "variant": line["variant"],
                    "item_rank": line["offset"] + place,
                    "version": line["version"],
                    "run_id": line["run_id"],
                    "propensity": chance,
                    "shown_at": line["at"],
                    "clicked_at": None,
                }
            )
    return rows


def _insert_events(warehouse: Warehouse, relation: str, lines: list[Line]) -> int:
    """Insert events that are not there; what is sent twice by one name counts once."""
    named = {line["event_id"]: line for line in reversed(lines)}
    rows = [
        {
            "event_id": name,
            "user_id": line["user"],
            "item_id": line["item"],
            "event_at": line["at"],
            **{key: line[key] for key in ("event_type", "surface", "request_id")},
            **{key: line[key] for key in ("quantity", "amount")},
        }
        for name, line in reversed(named.items())
    ]
    new = f"event_id not in (select event_id from {relation})"
    return _insert(warehouse, relation, rows, new)


def _insert(
    warehouse: Warehouse, relation: str, rows: list[Line], where: str = "true"
) -> int:
    """Insert rows, each value cast to its column."""
    if not rows:
        return 0
    described = warehouse.rows(f"describe {relation}")
    kinds = {name: kind for name, kind, *_ in described}
    warehouse.connection.register("noted", _as_table(rows, kinds))
    try:
        columns = ", ".join(_as_column(name, kinds[name]) for name in kinds)
        ((count,),) = warehouse.rows(
            f"insert into {relation} select {columns} from noted where {where}"
        )
    finally:
        warehouse.connection.unregister("noted")
    return int(count)


def _as_table(rows: list[Line], kinds: dict[str, str]) -> pa.Table:
    numbers = {"DOUBLE": pa.float64(), "INTEGER": pa.int64()}
    return pa.table(
        {
            name: pa.array([row[name] for row in rows], numbers.get(kind, pa.string()))
            for name, kind in kinds.items()
        }
    )


def _as_column(name: str, kind: str) -> str:
    if name in ("user_id", "item_id"):
        return AS_ID.format(column=name, kind=kind)
    return f"cast({name} as {kind})"
