"""The version that is served: opened at start, and again whenever another is shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from recsql.errors import InputError, WarehouseError
from recsql.publishing.versions import Versions
from recsql.serving.routes import Route
from recsql.serving.version import Version, open_version

LOG = logging.getLogger("recsql.serving")


class Follower:
    """Holds one version at a time; who took it keeps it until their answer is done."""

    def __init__(
        self,
        folder: Path,
        routes: Mapping[str, Route],
        *,
        most_rows: int = 5_000_000,
        seconds: float = 0.25,
    ) -> None:
        """Open the version that readers see.

        Args:
            folder: the warehouse's.
            routes: all files of `queries/serve/`.
            most_rows: a list of more rows stays in the file.
            seconds: how often the link is looked at.

        Raises:
            InputError: nothing is published.
            WarehouseError: it cannot be read.
        """
        self.versions, self.routes = Versions(folder), routes
        self.most_rows, self.seconds = most_rows, seconds
        self.failures = 0
        self.on_change: Callable[[Version], None] = lambda version: None
        number = self.versions.current
        if number is None:
            raise InputError(
                f"serve: {folder} has no published version. Run: recsql refresh"
            )
        self.version = open_version(self.versions, number, routes, most_rows)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follow")
        self._thread.daemon = True

    def start(self) -> None:
        """Follow from now on."""
        self._thread.start()

    def close(self) -> None:
        """Follow no longer."""
        self._ends.set()
        self._thread.join()

    def look(self) -> bool:
        """Open what readers see now; say whether it is another version."""
        number = self.versions.current
        if number is None or number == self.version.number:
            return False
        opened = open_version(self.versions, number, self.routes, self.most_rows)
        self.version = opened  # one assignment: a request sees the one or the other
        self.on_change(opened)
        return True

    def _follow(self) -> None:
        while not self._ends.wait(self.seconds):
            try:
                self.look()
            except (WarehouseError, OSError, ValueError) as error:
                # what is served stays; it may have been pruned while it was opened
                self.failures += 1
                LOG.warning("cannot open what is published: %s", error)
