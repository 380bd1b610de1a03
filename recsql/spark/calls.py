"""What runs on an executor: a function of the seam, by its name."""

from __future__ import annotations

from functools import cache
from typing import Any

from recsql import __version__
from recsql.seam import udfs
from recsql.seam.functions import Function


def run(name: str, columns: tuple[Any, ...]) -> Any:
    """Call a function of the seam on a batch of rows, on an executor."""
    function = _known()[name]
    return function.run(function.body)(*columns)


@cache
def _known() -> dict[str, Function]:
    return {function.name: function for function in udfs.FUNCTIONS}


def version() -> str:
    """Return the version of recsql that runs here."""
    return __version__
