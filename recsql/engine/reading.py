"""What a question about built tables needs of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


class Reader(Protocol):
    """Answers queries in DuckDB's SQL over the tables of a build, in schema main."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one query and return all rows."""

    def dicts(self, sql: str) -> list[dict[str, Any]]:
        """Run one query and return all rows by the names of columns."""

    def has_table(self, schema: str, name: str) -> bool:
        """Say whether a table or view exists."""


class Tabular(Reader, Protocol):
    """A reader that knows its tables, for what people ask of them."""

    @property
    def path(self) -> Path | str:
        """Return where it is, as messages name it."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """Return its relations, and whether each is a table or a view."""

    def columns(self, schema: str, name: str) -> Mapping[str, str]:
        """Return the columns of a table and their types."""

    def arrow(self, sql: str) -> Any:
        """Run one query and return all rows as an Arrow table."""
