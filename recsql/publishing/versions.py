"""Published versions: numbered folders, and one link that says which of them is read.

    versions/7/recsql.duckdb, versions/7/manifest.json, versions/7/parquet/...
    current -> versions/7
    recsql.duckdb -> current/recsql.duckdb

A publish fills a folder that nobody looks at and then renames one link over `current`,
so that all formats change at once. Numbers only grow, whatever the clock says.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from recsql.config.access import Access

FILE = "recsql.duckdb"
MANIFEST = "manifest.json"
UNFINISHED = ".new"
WRITE = 0o222


@dataclass(frozen=True)
class Versions:
    """The versions in one warehouse folder."""

    folder: Path

    @property
    def numbers(self) -> list[int]:
        """Return the complete versions, oldest first."""
        found = (self.folder / "versions").glob("[0-9]*")
        return sorted(int(path.name) for path in found if path.name.isdigit())

    @property
    def current(self) -> int | None:
        """Return the version that readers see."""
        link = self.folder / "current"
        return int(link.readlink().name) if link.is_symlink() else None

    def path(self, number: int) -> Path:
        """Return the folder of a version."""
        return self.folder / "versions" / str(number)

    def draft(self) -> tuple[int, Path]:
        """Return the next number and an empty folder to fill for it."""
        self.sweep()
        number = max(self.numbers, default=0) + 1
        draft = self.path(number).with_suffix(UNFINISHED)
        draft.mkdir(parents=True)
        return number, draft

    def seal(self, number: int, access: Access) -> None:
        """Make a filled draft safe on the disk, not to be written, read by few."""
        draft = self.path(number).with_suffix(UNFINISHED)
        paths = [*draft.rglob("*"), draft]
        access.give([*paths, draft.parent], WRITE)
        access.let_in(self.folder)
        for path in paths:
            _sync(path)

    def finish(self, number: int) -> None:
        """Make a sealed draft a version."""
        self.path(number).with_suffix(UNFINISHED).rename(self.path(number))
        _sync(self.folder / "versions")

    def show(self, number: int) -> None:
        """Let readers see a version from now on: one rename, the last that may fail."""
        if not (self.folder / FILE).is_symlink():
            _link(self.folder / FILE, Path("current") / FILE)
        _link(self.folder / "current", Path("versions") / str(number))
        with suppress(OSError):
            _sync(self.folder)

    def prune(self, keep: int) -> None:
        """Remove all but the newest versions and the one that is read."""
        for number in self.numbers[:-keep]:
            if number != self.current:
                gone = self.path(number).with_suffix(UNFINISHED)
                self.path(number).rename(gone)
                shutil.rmtree(gone)

    def sweep(self) -> None:
        """Remove what a publish that did not finish left behind."""
        for leftover in self._leftovers():
            if leftover.is_dir() and not leftover.is_symlink():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()

    def _leftovers(self) -> Iterator[Path]:
        yield from (self.folder / "versions").glob(f"*{UNFINISHED}")
        yield from self.folder.glob(f"current*{UNFINISHED}")
        yield from self.folder.glob(f"{FILE}*{UNFINISHED}")


def _link(link: Path, target: Path) -> None:
    fresh = link.with_name(link.name + UNFINISHED)
    fresh.symlink_to(target)
    if link.is_dir() and not link.is_symlink():  # a copy that followed the link
        link.rename(link.with_name(f"{link.name}.copy{UNFINISHED}"))
    fresh.replace(link)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
