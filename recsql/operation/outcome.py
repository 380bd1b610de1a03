"""What became of a refresh, for hooks and for monitoring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from recsql.config.project import Project
from recsql.errors import RecsqlError
from recsql.operation.events import Event
from recsql.publishing.publish import Published

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Outcome:
    """The events of a refresh, how long it took, and what went wrong, if anything.

    Once a version is published an error is one of what follows: the refresh is done.
    """

    events: Sequence[Event]
    seconds: float
    error: RecsqlError | None = None

    @property
    def exit_code(self) -> int:
        """Return what the command returns."""
        return self.error.exit_code if self.error else 0

    @property
    def failed(self) -> RecsqlError | None:
        """Return why readers have what they had before, if that is so."""
        return None if self.published else self.error

    @property
    def published(self) -> Published | None:
        """Return what was published, if anything was."""
        return next(iter(self.of(Published)), None)

    @property
    def version(self) -> int | None:
        """Return the version that was published."""
        return self.published.version if self.published else None

    def of(self, kind: type[Kind]) -> list[Kind]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def facts(self, project: Project) -> dict[str, str]:
        """Return what a hook is told, as names and values of its environment."""
        facts = {
            "RECSQL_PROJECT": str(project.root),
            "RECSQL_SECONDS": f"{self.seconds:.1f}",
            "RECSQL_EXIT_CODE": str(self.exit_code),
            "RECSQL_ERROR": self.error.kept if self.error else "",
        }
        if done := self.published:
            facts["RECSQL_FILE"] = str(done.path)
            facts["RECSQL_VERSION"] = str(done.version)
            facts["RECSQL_ROWS"] = str(sum(done.tables.values()))
        return facts
