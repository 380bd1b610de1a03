"""Any CSV is loaded as Python's csv module reads it, or refused; nothing is lost."""

from __future__ import annotations

import csv
import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsql.engine.column_types import Wanted
from recsql.engine.loader import load_table
from recsql.engine.text_tables import Options
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.texts.dialect import Given
from tests.tries import tries

NAMES = ("user", "item", "at", "shop")
SEEN: Counter[str] = Counter()
LETTERS = st.sampled_from(["a", "1", ",", ";", '"', "'", " ", "\n", "\r\n", "é", "#"])
VALUES = st.one_of(
    st.sampled_from(["", "12", "1,5", "2025-01-05", "05/01/2025", "007", "true"]),
    st.lists(LETTERS, max_size=6).map("".join),
    st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=5),
)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from([",", ";", "\t", "|"]),
        "quotechar": st.sampled_from(['"', '"', "'"]),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    }
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with open_warehouse(None, {"threads": 1}) as opened:
        yield opened
    print(dict(SEEN))


def written(rows: list[list[str]], dialect: dict[str, Any]) -> str:
    text = io.StringIO(newline="")
    if any(end in value for row in rows for value in row for end in "\r\n"):
        # else Python 3.11 leaves the ends of lines unquoted that are not its own
        dialect = {**dialect, "quoting": csv.QUOTE_ALL}
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue()


def load(warehouse: Warehouse, data: bytes, names: Any, **said: Any) -> Any:
    """Return rows of text and how many lines were left out; None where refused."""
    most = said.pop("most", 0.0)
    wanted = Wanted(dict.fromkeys(names, "VARCHAR"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(data)
        options = Options(Given(**said), wanted, most)
        try:
            loaded = load_table(warehouse, "raw", "t", [str(path)], options)
        except InputError:
            return None
    rows = [list(row) for row in warehouse.rows("from raw.t")]
    assert len(rows) == loaded.rows
    return rows, sum(entry.lines for entry in loaded.malformed)


def as_loaded(rows: list[list[str]]) -> list[list[str | None]]:
    return [[value or None for value in row] for row in rows]


@settings(max_examples=tries(250), deadline=None)
@given(data=st.data(), dialect=DIALECTS, encoding=ENCODINGS)
def test_what_csv_writes_is_what_is_loaded(
    warehouse: Warehouse, data: st.DataObject, dialect: dict[str, Any], encoding: str
) -> None:
    names = NAMES[: data.draw(st.integers(2, 4))]
    width = st.lists(VALUES, min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(width, max_size=8))
    try:
        text = written([list(names), *rows], dialect).encode(encoding)
    except UnicodeEncodeError:
        return
    said = {"quote": dialect["quotechar"]} if dialect["quotechar"] == "'" else {}
    if encoding in ("latin-1", "cp1252"):
        said["encoding"] = encoding
    found = load(warehouse, text, names, **said)
    SEEN["refused" if found is None else "loaded"] += 1
    assert found is not None, text
    assert found == (as_loaded(rows), 0)


@settings(max_examples=tries(250), deadline=None)
@given(data=st.data(), dialect=DIALECTS, most=st.sampled_from([0.0, 1.0]))
def test_lines_of_other_widths_are_refused_or_counted(
    warehouse: Warehouse, data: st.DataObject, dialect: dict[str, Any], most: float
) -> None:
    """The same rows as csv.reader has of that width, and as many others left out."""
    names = NAMES[:3]
    one_line = VALUES.map(lambda value: value.replace("\n", "").replace("\r", ""))
    rows = data.draw(
        st.lists(st.lists(one_line, min_size=1, max_size=5), min_size=1, max_size=8)
    )
    dialect = {**dialect, "quotechar": '"'}
    text = written([list(names), *rows], dialect)
    options = {"delimiter": dialect["delimiter"], "lineterminator": "\n"}
    read = list(
        csv.reader(io.StringIO(text, newline=""), delimiter=options["delimiter"])
    )
    good = [row for row in read[1:] if len(row) == 3]
    wrong = len([row for row in read[1:] if row]) - len(good)
    found = load(
        warehouse, text.encode(), names, delimiter=dialect["delimiter"], most=most
    )
    SEEN["refused" if found is None else "loaded or counted"] += 1
    if wrong and not most:
        assert found is None
    else:
        assert found == (as_loaded(good), wrong)


@settings(max_examples=tries(250), deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *("a", "1", ",", ";", '"', "'", " ", "\n", "\r\n", "\r", "\0", "\\"),
                *("user,item", "\n1,2\n", '"x"', ', "'),
            ]
        ),
        max_size=40,
    ),
    most=st.sampled_from([0.0, 1.0]),
)
def test_any_text_is_read_as_csv_reads_it_or_refused(
    warehouse: Warehouse, pieces: list[str], most: float
) -> None:
    body = "".join(pieces)
    text = "user,item\n" + body
    found = load(warehouse, text.encode(), ("user", "item"), most=most)
    lines = len(io.StringIO(body, newline="").readlines())
    SEEN["any: refused" if found is None else "any: loaded"] += 1
    if found is None:
        assert most == 0
        return
    rows, left_out = found
    if not left_out:
        assert rows in [as_read(body, False), as_read(body, ', "' in text)]
    assert len(rows) + left_out <= lines


def as_read(body: str, skip_space: bool) -> Any:
    """Return what Python reads, None where it refuses."""
    reader = csv.reader(
        io.StringIO(body, newline=""), strict=True, skipinitialspace=skip_space
    )
    try:
        return as_loaded([row for row in reader if row])
    except csv.Error:
        return None
