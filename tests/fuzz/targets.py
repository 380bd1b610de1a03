"""What is fuzzed: each target takes any bytes and holds whatever is done with them.

A target raises where recsql does what it must not: another exception than its own, or
one that is not a line; a table that changed though its file was refused; a var that is
taken for one SQL expression and is none.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cache
from itertools import product
from pathlib import Path
from unittest.mock import patch

from recsql.compilation.compiler import require_vars
from recsql.config.project import Project, builtin_root, load_project
from recsql.config.shapes import not_one_expression
from recsql.engine.loader import TEXT, Loaded, load_table
from recsql.engine.text_tables import Options
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import RecsqlError
from recsql.texts.streams import encoding_of

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json", ".csv", ".csv")
PROJECT = b"name: shop\nprofile: recsql\nmodel-paths: [sql]\n"
PROFILE = b"recsql: {target: a, outputs: {a: {path: b.duckdb}}}\n"
OPEN = ExitStack()
PLACES = ("select ({text}) as poison", "select 1 as poison where ({text})")


def load(data: bytes) -> None:
    """Load a file; its first byte says of which format and how strictly."""
    choice, data = (data[0], data[1:]) if data else (0, b"")
    most = (0.0, 0.5, 1.0)[choice // 32 % 3]
    path = _folder() / f"any{SUFFIXES[choice % len(SUFFIXES)]}"
    path.write_bytes(data)
    warehouse = _warehouse()
    warehouse.rows("create or replace table raw.t as select 'before' as a")
    options = Options(max_malformed=most) if path.suffix in TEXT else None
    try:
        loaded = load_table(warehouse, "raw", "t", [str(path)], options)
    except RecsqlError as error:
        _one_line(error)
        assert warehouse.rows("from raw.t") == [("before",)]
        return
    assert warehouse.rows("select count(*) from raw.t") == [(loaded.rows,)]
    if path.suffix in TEXT:
        _nothing_is_lost(data, loaded)


def _nothing_is_lost(data: bytes, loaded: Loaded) -> None:
    """Hold rows used and lines left out against what Python's csv module reads."""
    encoding = encoding_of(loaded.files[0], None)
    left_out = sum(entry.lines for entry in loaded.malformed)
    text = data.decode(encoding, "surrogateescape")
    if left_out:
        lines = len(list(io.StringIO(text, newline="")))
        assert loaded.rows + left_out < lines or not loaded.rows, (loaded, lines)
        return
    counts = set()
    for delimiter, quote, skip in product(",;\t|", "\"'", (False, True)):
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            quotechar=quote,
            skipinitialspace=skip,
        )
        counts.add(sum(1 for record in reader if record))
    assert {loaded.rows + 1, loaded.rows + 2} & counts, loaded  # 2: with `sep=`


def yml(data: bytes) -> None:
    """Read a text as yml beside models, as settings of a project, and as a profile."""
    folder = _folder() / "project"
    (folder / "sql").mkdir(parents=True, exist_ok=True)
    (folder / "sql/any.sql").write_text("select 1\n")
    for name in ("sql/any.yml", "dbt_project.yml", "profiles.yml"):
        kept = {"dbt_project.yml": PROJECT, "profiles.yml": PROFILE}
        for other, text in {**kept, name: data}.items():
            (folder / other).write_bytes(text)
        try:
            with patch("recsql.config.project.builtin_root", lambda: folder):
                load_project(folder)
        except RecsqlError as error:
            _one_line(error)
        (folder / "sql/any.yml").unlink(missing_ok=True)


def mapping(data: bytes) -> None:
    """Take a text for an expression only where DuckDB, too, sees one and no more."""
    text = data.decode("utf-8", "ignore").replace("\0", "")
    if not_one_expression(text):
        return
    for place in PLACES:
        sql = place.format(text=text)
        ((tree,),) = _warehouse().rows("select json_serialize_sql(?)", [sql])
        parsed = json.loads(tree)
        if parsed["error"]:
            continue
        (statement,) = parsed["statements"]
        node = statement["node"]
        assert node["type"] == "SELECT_NODE", sql
        assert [entry["alias"] for entry in node["select_list"]] == ["poison"], sql
        assert node["from_table"]["type"] == "EMPTY", sql
        assert not node["modifiers"], sql
        assert not node["group_expressions"], sql


def var(data: bytes) -> None:
    """Take or refuse any value of any var."""
    name, _, text = data.decode("utf-8", "ignore").partition("=")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return
    try:
        require_vars(_project().with_vars({name: given}))
    except RecsqlError as error:
        _one_line(error)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "load": load,
    "yml": yml,
    "mapping": mapping,
    "var": var,
}


def _one_line(error: RecsqlError) -> None:
    assert "\n" not in str(error), repr(str(error))
    assert str(error).strip()


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="recsql-fuzz-"))


@cache
def _project() -> Project:
    return load_project(builtin_root())


@cache
def _warehouse() -> Warehouse:
    warehouse = OPEN.enter_context(open_warehouse(None, {"threads": 1}))
    warehouse.rows("create schema raw")
    return warehouse
