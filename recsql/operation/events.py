"""What a listener is told of the work, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recsql.engine.checks import CheckResult, ChecksFinished
from recsql.engine.scheduling import ModelResult
from recsql.operation.findings import Found
from recsql.operation.journals import Taken
from recsql.publishing.publish import Published


@dataclass(frozen=True)
class Begun:
    """So many models are going to be built, or found to be as they were."""

    models: int


@dataclass(frozen=True)
class Fold:
    """The work from here on is about one past moment of several."""

    number: int
    of: int


@dataclass(frozen=True)
class Unbuilt:
    """Models whose data tests were not run, as they are not built."""

    models: tuple[str, ...]


Event = (
    Begun
    | Fold
    | Unbuilt
    | ModelResult
    | Found
    | CheckResult
    | ChecksFinished
    | Published
    | Taken
)
Listener = Callable[[Event], None]
