"""The SQL that a user wrote in vars: where it stands, and the same vars without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from recsql.config.declared import Declared, declared

NEUTRAL = {"when": "true", "where": "true"}  # others: null
Step = str | int


@dataclass(frozen=True)
class Expression:
    """One SQL expression in vars: the steps to it, and its text.

    Attributes:
        steps: keys and positions, the var first.
        place: the same as messages say it, entries by their names.
        text: the expression.
    """

    steps: tuple[Step, ...]
    place: str
    text: str

    @property
    def var(self) -> str:
        """Return the var it stands in."""
        return str(self.steps[0])


def expressions(given: Mapping[str, Any]) -> list[Expression]:
    """Return every expression that vars hold."""
    found: list[Expression] = []
    for name, var in declared().items():
        if name in given:
            found += _expressions(var, given[name], (name,), name)
    return found


def _expressions(
    var: Declared, given: Any, steps: tuple[Step, ...], place: str
) -> Iterator[Expression]:
    if var.kind == "SQL" and given is not None:
        yield Expression(steps, place, str(given))
    elif var.kind == "list" and var.of and isinstance(given, list):
        for number, each in enumerate(given):
            named = each.get("name") if isinstance(each, dict) else None
            within = f"{place}: {named or number + 1}"
            yield from _expressions(var.of, each, (*steps, number), within)
    elif isinstance(given, dict):
        entries = var.entries or dict.fromkeys(given, var.of)
        for key, entry in entries.items():
            if entry and key in given:
                within = f"{place}: {key}"
                yield from _expressions(entry, given[key], (*steps, key), within)


def without(
    given: Mapping[str, Any], taken_out: Iterable[Expression]
) -> dict[str, Any]:
    """Return the vars that change where expressions say nothing."""
    return rewritten(
        given, {e: NEUTRAL.get(str(e.steps[-1]), "null") for e in taken_out}
    )


def rewritten(
    given: Mapping[str, Any], texts: Mapping[Expression, str]
) -> dict[str, Any]:
    """Return the vars that change where expressions say something else."""
    changed: dict[str, Any] = {}
    for each, text in texts.items():
        if each.var not in changed:
            changed[each.var] = deepcopy(given[each.var])
        *way, last = each.steps
        node: Any = changed
        for step in way:
            node = node[step]
        node[last] = text
    return changed
