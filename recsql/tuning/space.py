"""The settings that `recsql tune` tries: which vars, and what each may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, prod
from pathlib import Path
from typing import Any

import yaml

from recsql.compilation.compiler import require_vars
from recsql.config.declared import runner_vars
from recsql.config.project import Project
from recsql.config.properties import parse_yaml, read_yaml
from recsql.errors import InputError, ProjectError, did_you_mean

NUMBER = r"[-+]?(?:\d+\.\d+|\.\d+|\d+)(?:[eE][-+]?\d+)?"
RANGE = re.compile(rf"({NUMBER})\.\.({NUMBER})(:log)?")
OWN = frozenset(  # what a backtest is made of: tune sets these itself
    {
        *("as_of", "holdout_days", "eval_gap_days", "eval_split", "eval_run"),
        *("eval_metrics", "eval_cutoffs", "eval_segments", "eval_compared_metrics"),
        *("eval_resamples", "eval_seed"),
    }
)
OPEN = frozenset({"region_decay_days"})  # vars that may get entries; null: no entry
HOW = (
    'write NAME=LOW..HIGH, NAME=LOW..HIGH:log or "NAME=[a, b, c]", '
    "e.g. --space als_factors=16..256:log"
)

Settings = Mapping[str, Any]  # name of a var, or of an entry of one: its value


@dataclass(frozen=True)
class Choice:
    """A var that takes one of a few values."""

    name: str
    options: tuple[Any, ...]

    @property
    def values(self) -> tuple[Any, ...]:
        """Return the values that are checked before anything is built."""
        return self.options

    @property
    def size(self) -> float:
        """Return how many values there are."""
        return len(self.options)

    def holds(self, value: Any) -> bool:
        """Say whether it is one of the values."""
        return value in self.options


@dataclass(frozen=True)
class Range:
    """A var that takes any number from low to high; is_log: small ones as often."""

    name: str
    low: float
    high: float
    is_log: bool

    @property
    def values(self) -> tuple[Any, ...]:
        """Return the values that are checked before anything is built."""
        return (self.low, self.high)

    @property
    def is_whole(self) -> bool:
        """Say whether all numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def size(self) -> float:
        """Return how many values there are."""
        return self.high - self.low + 1 if self.is_whole else inf

    def holds(self, value: Any) -> bool:
        """Say whether it is one of the values."""
        return isinstance(value, int | float) and self.low <= value <= self.high

    def short(self, value: float) -> float:
        """Return a number with four digits that count, as a person would write it.

        >>> Range("a", 0.05, 0.1, False).short(0.057800932)
        0.0578
        """
        if self.is_whole:
            return value
        return min(max(float(f"{value:.4g}"), self.low), self.high)


Dimension = Choice | Range
Space = tuple[Dimension, ...]


def size(space: Space) -> float:
    """Return how many settings there are.

    >>> size((Choice("a", (1, 2)), Range("b", 1, 3, False)))
    6
    """
    return prod(dimension.size for dimension in space)


def parse_space(
    project: Project, texts: Iterable[str], file: Path | None = None
) -> Space:
    """Return what `--space` and the file say, checked against the project's vars.

    Raises:
        InputError: a part cannot be read, or names no var.
        ProjectError: a value is not one that the var may have.
    """
    asked: dict[str, Any] = dict(read_yaml(file)) if file else {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not values:
            raise InputError(f'--space "{text}": {HOW}.')
        asked[name.strip()] = values.strip()
    space = tuple(_dimension(project, name, asked[name]) for name in asked)
    for dimension in space:
        for value in dimension.values:
            try:
                require_vars(
                    project.with_vars(as_vars(project, {dimension.name: value}))
                )
            except ProjectError as error:
                entry = project.entry(dimension.name.partition(".")[0])
                said = str(error).removeprefix(f"{entry}: ")
                raise ProjectError(f"--space {dimension.name}: {said}") from None
    return space


def _dimension(project: Project, name: str, given: Any) -> Dimension:
    default = default_of(project, name)
    found = RANGE.fullmatch(given) if isinstance(given, str) else None
    if found:
        low, high = (float(part) for part in found.groups()[:2])
        if low.is_integer() and high.is_integer() and not isinstance(default, float):
            low, high = int(low), int(high)
        if low >= high or (found[3] and low <= 0):
            least = "0 < LOW < HIGH" if found[3] else "LOW < HIGH"
            raise InputError(f'--space {name}: "{given}": {least} must hold.')
        return Range(name, low, high, found[3] is not None)
    try:
        options = parse_yaml(given) if isinstance(given, str) else given
    except yaml.YAMLError:
        options = None
    scalar = (str, int, float, bool, type(None))
    if not isinstance(options, list) or len(options) < 2:
        raise InputError(f'--space {name}: "{given}": {HOW}.')
    if not all(isinstance(option, scalar) for option in options):
        raise InputError(f"--space {name}: a choice is a number, a word or null.")
    return Choice(name, tuple(options))


def default_of(project: Project, name: str) -> Any:
    """Return what a var, or an entry of one such as event_weights.cart, is now.

    Raises:
        InputError: there is no such var or entry, or it is not for tuning.
    """
    var, dot, entry = name.partition(".")
    known = set(project.vars) - runner_vars() - OWN
    if var not in project.vars:
        raise InputError(f'--space: unknown var "{var}".{did_you_mean(var, known)}')
    if var not in known:
        raise InputError(f"--space {var}: no model learns by it; nothing to tune.")
    default = project.vars[var]
    if not dot:
        return default
    if var in OPEN and entry:
        return default.get(entry)
    if not isinstance(default, dict) or entry not in default:
        entries = default if isinstance(default, dict) else ()
        hint = did_you_mean(entry, entries)
        raise InputError(f'--space {name}: var {var} has no entry "{entry}".{hint}')
    return default[entry]


def as_vars(project: Project, settings: Settings) -> dict[str, Any]:
    """Return the vars to change; an entry is changed in a copy of its var."""
    changed: dict[str, Any] = {}
    for name, value in settings.items():
        var, dot, entry = name.partition(".")
        if dot:
            entries = {**changed.get(var, project.vars[var]), entry: value}
            changed[var] = {
                key: entries[key]
                for key in entries
                if var not in OPEN or entries[key] is not None
            }
        else:
            changed[var] = value
    return changed


def without_defaults(project: Project, settings: Settings) -> dict[str, Any]:
    """Return the settings that differ from what the project has."""
    return {
        name: value
        for name, value in sorted(settings.items())
        if value != default_of(project, name)
    }


def to_paste(project: Project, settings: Settings) -> str:
    """Return the lines for dbt_project.yml."""
    changed = as_vars(project, settings)
    text: str = yaml.safe_dump({"vars": changed}, sort_keys=True, allow_unicode=True)
    return text.rstrip()


def described(settings: Settings) -> str:
    """Return settings in a line.

    >>> described({"b": None, "a": 0.123456})
    'a=0.1235, b=null'
    >>> described({})
    'as it is'
    """
    shown = {name: settings[name] for name in sorted(settings)}
    parts = [f"{name}={_short(value)}" for name, value in shown.items()]
    return ", ".join(parts) or "as it is"


def _short(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "; ".join(_blend(entry) for entry in value if "weights" in entry)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _blend(entry: Mapping[str, Any]) -> str:
    weights = ", ".join(
        f"{name} {weight:g}" for name, weight in entry["weights"].items()
    )
    return f"{entry['name']} by {entry.get('blend_by') or 'rank'}: {weights}"
