"""How a new version begins: empty, or as a copy of what readers see now.

Tables that hold what that version has of them need not be written again. A file keeps
the bytes of rows that were replaced in it until something overwrites them, so where a
table that names users changed the file is written anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from recsql import __version__
from recsql.compilation.compiler import Plan
from recsql.compilation.render import quoted
from recsql.engine.contents import TABLE
from recsql.engine.fingerprints import checksum
from recsql.engine.runs import builders
from recsql.engine.warehouse import Warehouse
from recsql.errors import WarehouseError
from recsql.publishing.manifest import read_manifest, verify
from recsql.publishing.versions import FILE, Versions

USER = "user_id"


@dataclass(frozen=True)
class Draft:
    """A version in the making.

    `prints` says what each table is made of, where that is known; `kept` are the tables
    that are there already, in the file and as Parquet files of version `base`.
    """

    number: int
    folder: Path
    prints: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    base: Path | None = None

    @property
    def path(self) -> Path:
        """Return the DuckDB file."""
        return self.folder / FILE

    def link(self, parts: Path) -> bool:
        """Take a folder of files from the base, as files are never written again."""
        if self.base is None or parts.name not in self.kept:
            return False
        before = self.base / parts
        if not before.is_dir():
            return False
        shutil.copytree(before, self.folder / parts, copy_function=_link)
        return True


def begin(
    plan: Plan, warehouse: Warehouse, versions: Versions, names: Collection[str]
) -> Draft:
    """Return a new draft, with what is in it of the version that readers see."""
    number, folder = versions.draft()
    draft = Draft(number, folder, _prints(plan, warehouse, names))
    base = versions.current
    if base is None or base not in versions.numbers:
        return draft
    try:
        manifest = read_manifest(versions, base)
        kept = _kept(warehouse, draft, names, manifest)
        same = manifest["recsql_version"], manifest["duckdb_version"]
        if not kept or same != (__version__, duckdb.__version__):
            return draft
        rows: Mapping[str, int] = manifest["tables"]
        again = sum(count for name, count in rows.items() if name not in kept)
        if again > sum(rows.values()) / 2:  # most of the file would be free blocks
            return draft
        verify(versions, base)
        shutil.copyfile(versions.path(base) / FILE, draft.path)
    except (WarehouseError, KeyError):  # damaged: nothing is taken from it
        return draft
    return Draft(number, folder, draft.prints, kept, versions.path(base))


def _prints(plan: Plan, warehouse: Warehouse, names: Collection[str]) -> dict[str, str]:
    """Return what says that a table, as it is published, holds what it held."""
    schema, table = TABLE.split(".")
    if not warehouse.is_sealed or not warehouse.has_table(schema, table):
        return {}
    run_of = builders(warehouse)
    given = plan.project.vars
    storage = str(given["publish_storage_version"])
    parquet = f"{given['parquet_row_group_rows']} {given['parquet_partitions']}"
    prints = {}
    for name, content in warehouse.rows(f"select name, content from {TABLE}"):
        if name in names and name in run_of:
            described = plan.project.properties.get(name)
            key = ", ".join(described.reading_order if described else ())
            prints[name] = checksum(content, run_of[name], key, storage, parquet)
    return prints


def _kept(
    warehouse: Warehouse,
    draft: Draft,
    names: Collection[str],
    manifest: Mapping[str, Any],
) -> frozenset[str]:
    """Return the tables to take over; none where one that names users is another."""
    before: Mapping[str, str] = manifest.get("prints", {})
    kept = {name for name, seen in draft.prints.items() if before.get(name) == seen}
    for name in {*manifest["tables"], *names} - kept:
        if name not in warehouse.kinds:
            return frozenset()
        columns = {row[0] for row in warehouse.rows(f"describe {quoted('main', name)}")}
        if USER in columns:
            return frozenset()
    return frozenset(kept)


def _link(source: str, target: str) -> None:
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copyfile(source, target)
