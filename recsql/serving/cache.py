"""Answers that are asked for often, in memory: bounded by their bytes, by version."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from recsql.serving.recommending import Page


@dataclass(frozen=True)
class Kept:
    """A page, and its rows as the end of an answer."""

    page: Page
    rows: bytes


class Cache:
    """The pages asked for last; another version empties it."""

    def __init__(self, room: int = 64 << 20) -> None:
        """Hold so many bytes at most."""
        self.room, self.bytes, self.version = room, 0, 0
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()

    def get(self, version: int, key: Hashable) -> Kept | None:
        """Return what is kept of this version."""
        if version != self.version:
            self._kept.clear()
            self.version, self.bytes = version, 0
            return None
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, kept: Kept) -> None:
        """Keep a page of the version that was asked for last."""
        self._kept[key] = kept
        self.bytes += len(kept.rows)
        while self.bytes > self.room:
            _, gone = self._kept.popitem(last=False)
            self.bytes -= len(gone.rows)
