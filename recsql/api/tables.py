"""Rows that were read, as frames of whichever kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recsql.errors import InputError

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from recsql.questions.shows import Shown


@dataclass(frozen=True)
class Table:
    """Rows that were read; `len(table)` of them."""

    name: str
    data: pyarrow.Table = field(repr=False)

    def __len__(self) -> int:
        return int(self.data.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of the columns."""
        return tuple(self.data.column_names)

    def arrow(self) -> pyarrow.Table:
        """Return the rows as an Arrow table."""
        return self.data

    def df(self) -> pandas.DataFrame:
        """Return the rows as a data frame of pandas.

        Raises:
            RecsqlError: pandas is not installed.
        """
        _require("pandas")
        return self.data.to_pandas()

    def pl(self) -> polars.DataFrame:
        """Return the rows as a data frame of polars.

        Raises:
            RecsqlError: polars is not installed.
        """
        frame = _require("polars").from_arrow(self.data)
        return frame  # type: ignore[no-any-return]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        return list(self.data.to_pylist())


def table_of(name: str, shown: Shown) -> Table:
    """Return what was found as a table."""
    return Table(name, shown.as_arrow())


def _require(package: str) -> Any:
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError:
        raise InputError(
            f"{package} is not installed. Run: pip install {package}"
        ) from None
