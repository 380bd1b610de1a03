"""What is kept of refreshes on Spark: of a killed run nothing is in the way."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.operation.cluster_history import LOG, create_history
from recsql.operation.history import RUNS, TABLES

ALL = {LOG, *TABLES}


class Named:
    """Stands for the tables of Spark: knows which there are, and what was run."""

    cluster: ClassVar[Any] = SimpleNamespace(form="parquet")

    def __init__(self, there: set[str]) -> None:
        self.there = there

    def create_schema(self, name: str) -> None:
        """Do nothing."""

    def has_table(self, schema: str, name: str) -> bool:
        return name in self.there

    def run(self, sql: str) -> None:
        *gone, made = re.findall(r"`raw`\.`(\w+)`", sql.split("(")[0].split(" as")[0])
        assert made not in self.there, "is made once"
        assert self.there.issuperset(gone)
        self.there = (self.there - {*gone}) | {made}


@pytest.fixture(scope="module")
def plan() -> Any:
    return compile_project(load_project(builtin_root()))


@pytest.mark.parametrize(
    "there",
    [
        set(),
        ALL,
        ALL - {RUNS},
        (ALL - {LOG}) | {LOG + "__new"},
        (ALL - {"refresh_models"}) | {"refresh_models__new"},
        ALL - {"refresh_models"},
    ],
)
def test_whatever_is_there_all_is_there_then(plan: Any, there: set[str]) -> None:
    tables: Any = Named(there)
    create_history(plan, tables)
    assert tables.there == ALL
