"""What a version knows of items, users and sessions, as arrays in memory.

Items have places from 0, the most popular first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from recsql.numerics.sessions import Flags, Floats, Folder, Linked, Sessions
from recsql.serving.lists import Rows

Ask = Callable[[str], pa.Table | None]
EVERYWHERE = "all"


@dataclass(frozen=True)
class Items:
    """All items: ids as text, and each as the beginning of a JSON object."""

    ids: list[str]
    texts: pa.Array
    titles: list[str]
    places: Mapping[str, int]
    eligible: Flags
    factors: Floats | None

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, place: int, more: str) -> str:
        """Return an item as JSON, with more fields."""
        return f"{self.texts[place].as_py()[:-1]},{more}}}"

    def known(self, ids: list[str]) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Return the places of the ids that are known, in their order."""
        found = (self.places.get(text, -1) for text in ids)
        return np.array([place for place in found if place >= 0], dtype=np.int32)

    def marked(self, ids: list[str]) -> Flags:
        """Return which items are among the ids."""
        flags = np.zeros(len(self.ids), dtype=bool)
        flags[self.known(ids)] = True
        return flags


@dataclass(frozen=True)
class Users:
    """All users by id as text: their number, region and vector."""

    numbers: Mapping[str, int]
    regions: list[str | None]
    factors: Floats | None

    def region(self, user: str) -> str | None:
        """Return where a user buys; None where that is not known."""
        number = self.numbers.get(user)
        return None if number is None else self.regions[number]


@dataclass(frozen=True)
class Arrays:
    """What running requests are scored with; parts that are not published are None."""

    items: Items
    users: Users
    history: Linked | None
    repeats: Linked | None
    neighbours: Linked | None
    offers: Mapping[str, Flags]
    folder: Folder | None
    sessions: Sessions | None

    def allowed_in(self, region: str | None) -> Flags:
        """Return what a region may show; an unknown one, what any may."""
        flags = self.offers.get(region or EVERYWHERE)
        if flags is None:
            flags = self.offers.get(EVERYWHERE, self.items.eligible)
        return flags

    def disliked(self, number: int) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Return the places of what a user dislikes."""
        if self.history is None:
            return np.zeros(0, dtype=np.int32)
        places, weights = self.history.row(number)
        return np.asarray(places[weights < 0], dtype=np.int32)


def read_arrays(ask: Ask, settings: Mapping[str, Any]) -> Arrays | None:
    """Return the arrays of a version, None where it does not publish them.

    Args:
        ask: gives the rows of a query of `queries/serve/` by name, or None.
        settings: the vars of the version.
    """
    table = ask("service_items")
    if table is None:
        return None
    items, users = _items(table), _users(ask("service_users"))
    history, repeats = _history(ask("service_histories"), users)
    folder = None
    if items.factors is not None:
        damping, alpha = settings["als_regularization"], settings["als_alpha"]
        folder = Folder.of(items.factors, float(damping), float(alpha))
    return Arrays(
        items=items,
        users=users,
        history=history,
        repeats=repeats,
        neighbours=_neighbours(ask("service_neighbours"), len(items)),
        offers=_offers(ask("service_offers"), len(items)),
        folder=folder,
        sessions=_sessions(ask("service_sessions"), len(items)),
    )


def _items(table: pa.Table) -> Items:
    ids = table["item"].to_pylist()
    return Items(
        ids=ids,
        texts=table["text"].combine_chunks(),
        titles=table["item_title"].to_pylist(),
        places={text: place for place, text in enumerate(ids)},
        eligible=_numbers(table["is_eligible"]).astype(bool),
        factors=_vectors(table["als_factors"]),
    )


def _users(table: pa.Table | None) -> Users:
    if table is None:
        return Users({}, [], None)
    numbers = {text: n for n, text in enumerate(table["user_text"].to_pylist())}
    return Users(
        numbers, table["home_region"].to_pylist(), _vectors(table["als_factors"])
    )


def _history(
    table: pa.Table | None, users: Users
) -> tuple[Linked | None, Linked | None]:
    """Return each user's items with weights, and those that are repeats."""
    if table is None:
        return None, None
    numbers = [users.numbers[text] for text in table["user_text"].to_pylist()]
    rows, count = np.array(numbers, dtype=np.int32), len(users.numbers)
    places = _numbers(table["item_place"]).astype(np.int32)
    weights = _numbers(table["weight"]).astype(np.float64)
    repeats = _numbers(table["is_repeat"]).astype(bool)
    return (
        Linked.of(rows, places, weights, count),
        Linked.of(rows[repeats], places[repeats], weights[repeats], count),
    )


def _neighbours(table: pa.Table | None, count: int) -> Linked | None:
    if table is None:
        return None
    return Linked.of(
        _numbers(table["item_place"]).astype(np.int32),
        _numbers(table["similar_place"]).astype(np.int32),
        _numbers(table["similarity"]).astype(np.float64),
        count,
    )


def _offers(table: pa.Table | None, count: int) -> dict[str, Flags]:
    offers: dict[str, Flags] = {}
    if table is not None and table.num_rows:
        regions = table["region"].combine_chunks().dictionary_encode()
        codes = _numbers(regions.indices)
        places = _numbers(table["item_place"])
        for code, region in enumerate(regions.dictionary.to_pylist()):
            offers[region] = np.zeros(count, dtype=bool)
            offers[region][places[codes == code]] = True
    return offers


def _sessions(table: pa.Table | None, count: int) -> Sessions | None:
    if table is None or table.num_rows == 0:
        return None
    sessions = (_numbers(table["session_number"]) - 1).astype(np.int32)
    return Sessions.of(sessions, _numbers(table["item_place"]).astype(np.int32), count)


def _numbers(column: pa.ChunkedArray | pa.Array) -> np.ndarray[Any, Any]:
    is_whole = isinstance(column, pa.Array)
    return np.asarray(
        column.to_numpy(**({"zero_copy_only": False} if is_whole else {}))
    )


def _vectors(column: pa.ChunkedArray) -> Floats | None:
    """Return vectors as a matrix, zeros where there are none; None without any."""
    lists = column.combine_chunks()
    lengths = _numbers(lists.value_lengths().fill_null(0)).astype(np.int64)
    width = int(lengths.max(initial=0))
    if width == 0:
        return None
    matrix = np.zeros((len(lists), width), dtype=np.float32)
    matrix[lengths == width] = _numbers(lists.flatten()).reshape(-1, width)
    return matrix


def filled(arrays: Arrays, places: Any, source: str, reasons: Any, scores: Any) -> Rows:
    """Return items as rows of an answer, best first."""
    texts = []
    for rank, place in enumerate(places.tolist(), 1):
        score = float(scores[place])
        more = (
            f'"score":{json.dumps(score)},"source":{json.dumps(source)},'
            f'"reason":{json.dumps(reasons(place))},"item_rank":{rank}'
        )
        texts.append(arrays.items.row(place, more))
    return Rows([arrays.items.ids[place] for place in places.tolist()], texts)
