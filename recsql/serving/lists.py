"""Lists in memory: the rows of a query as JSON, found by the values of its index."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from recsql.compilation.render import quoted
from recsql.errors import WarehouseError

Parameters = Mapping[str, object]
FLOATS = ("DOUBLE", "FLOAT")
RANK = re.compile(r'("item_rank":)\d+}$')


@dataclass(frozen=True)
class Rows:
    """Rows of an answer: the id of the item of each, as text, and each as JSON."""

    items: list[str]
    texts: list[str]

    def __add__(self, other: Rows) -> Rows:
        return Rows(self.items + other.items, self.texts + other.texts)

    def picked(self, places: Iterable[int]) -> Rows:
        """Return some of the rows, in the order of the places."""
        chosen = list(places)
        return Rows(
            [self.items[place] for place in chosen],
            [self.texts[place] for place in chosen],
        )

    def ranked(self, start: int) -> Rows:
        """Return the rows with ranks from `start`, where they end in a rank."""
        texts = [
            RANK.sub(rf"\g<1>{rank}}}", text)
            for rank, text in enumerate(self.texts, start)
        ]
        return Rows(self.items, texts)


NONE = Rows([], [])


@dataclass(frozen=True)
class Lists:
    """The rows of a query for every value of its index, in Arrow's memory."""

    places: Mapping[tuple[str, ...], tuple[int, int]]
    items: pa.Array
    texts: pa.Array

    def get(self, key: tuple[str, ...]) -> Rows | None:
        """Return the rows of a key, best first; None where there are none."""
        found = self.places.get(key)
        if found is None:
            return None
        start, length = found
        return Rows(
            self.items.slice(start, length).to_pylist(),
            self.texts.slice(start, length).to_pylist(),
        )

    @property
    def bytes(self) -> int:
        """Return the memory of the rows."""
        return int(self.items.nbytes + self.texts.nbytes)


def ask(
    cursor: duckdb.DuckDBPyConnection, sql: str, given: Parameters, limit: int
) -> Rows:
    """Return the first rows of a query."""
    outer, _ = _as_json(cursor, sql, given, ())
    rows = cursor.execute(f"{outer} limit {limit:d}", given).fetchall()
    return Rows([row[0] for row in rows], [row[1] for row in rows])


def read_lists(
    cursor: duckdb.DuckDBPyConnection, sql: str, given: Parameters, index: Sequence[str]
) -> Lists:
    """Return all rows of a query by the columns of its index.

    Raises:
        WarehouseError: its rows are not in the order of the index.
    """
    outer, keys = _as_json(cursor, sql, given, index)
    table = cursor.sql(outer, params=given).to_arrow_table()
    if table.num_rows == 0:
        none = pa.array([], pa.large_string())
        return Lists({}, none, none)
    columns = [
        pa.concat_arrays(
            [chunk.cast(pa.large_string()) for chunk in table[name].chunks]
        )
        for name in ("item", "row", *keys)
    ]
    items, texts, *values = columns
    starts = _starts(values)
    lengths = np.diff([*starts, table.num_rows]).tolist()
    taken = (value.take(pa.array(starts)).to_pylist() for value in values)
    named = zip(*taken, strict=True)
    places = dict(zip(named, zip(starts, lengths, strict=True), strict=False))
    if len(places) < len(starts):
        raise WarehouseError(f"order by {', '.join(index)} first: they are its @index.")
    return Lists(places, items, texts)


def _starts(values: Sequence[pa.Array]) -> list[int]:
    """Return where each run of equal values begins."""
    import pyarrow.compute as pc

    changes = np.zeros(len(values[0]) - 1, dtype=bool)
    for value in values:
        differs = pc.not_equal(value.slice(1), value.slice(0, len(value) - 1))
        changes |= differs.to_numpy(zero_copy_only=False)
    return [0, *(np.flatnonzero(changes) + 1).tolist()]


def _as_json(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    given: Parameters,
    index: Sequence[str],
) -> tuple[str, list[str]]:
    """Return a query of (item, row as JSON, key ...) over a query, and the keys' names.

    Numbers that JSON does not have become null.
    """
    described = cursor.execute(f"describe {sql}", given).fetchall()
    kinds = {name: kind for name, kind, *_ in described}
    fields = ", ".join(
        f"{quoted(name)} := "
        + (
            f"if(isfinite({quoted(name)}), {quoted(name)}, null)"
            if kind in FLOATS
            else quoted(name)
        )
        for name, kind in kinds.items()
        if name not in index
    )
    item = "cast(item_id as varchar)" if "item_id" in kinds else "cast(null as varchar)"
    keys = [f"key_{number}" for number in range(len(index))]
    named = "".join(
        f", cast({quoted(column)} as varchar) as {key}"
        for column, key in zip(index, keys, strict=True)
    )
    return (
        f"select {item} as item, cast(to_json(struct_pack({fields})) as varchar) as row"
        f"{named} from (\n{sql}\n)"
    ), keys
