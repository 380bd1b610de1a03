"""What vars may be: the declarations of vars.yml, read into frozen dataclasses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from recsql.config.properties import read_yaml
from recsql.errors import either

FILE = Path(__file__).parent / "vars.yml"
NUMBERS = ("number", "whole number")
BOUNDS = ("from", "above", "to", "below")
TYPE = re.compile(rf"([a-zA-Z ]+?)((?: (?:{'|'.join(BOUNDS)}) \d+(?:\.\d+)?)*)")
IN_WORDS = {
    "flag": "true or false",
    "text": "a text that is not empty",
    "command": "a command: one text, or a list of its words, not empty",
    "name": "a name: letters, digits and underscores",
    "word": "a word",
    "id": "a text that is not empty, or a number",
    "moment": "a moment such as 2024-01-31 or 2024-01-31 12:30:00, in UTC",
    "SQL": "one SQL expression",
    "SQL type": "a SQL type such as bigint, varchar or uuid",
    "entries": "a mapping of settings to values",
}


@dataclass(frozen=True)
class Declared:
    """A var, an entry of one, or what a list or mapping holds.

    `bounds` are of a number, or of the length of a list or mapping; `choices` are
    words, or name where these come from; `unset` says what null means, None that there
    must be a value; `by` says what else than one value may stand there, `also` one word
    that may.
    """

    name: str
    section: str
    what: str
    more: str
    kind: str
    bounds: Mapping[str, float]
    unit: str
    unset: str | None
    by: str
    also: str
    choices: tuple[str, ...] | str
    keys: tuple[str, ...]
    of: Declared | None
    is_required: bool
    is_for_runner: bool
    example: Any
    entries: Mapping[str, Declared] = field(default_factory=dict)

    @property
    def in_words(self) -> str:
        """Return what it may be, as errors and the reference say it.

        >>> declared()["decay_days"].in_words
        'a number above 0, in days; or a mapping of such by type of event; or null'
        """
        text = self._kind_in_words + (f", in {self.unit}" if self.unit else "")
        if self.by:
            text += f"; or a mapping of such by {self.by}"
        text += f"; or {self.also}" if self.also else ""
        return text + ("; or null" if self.unset is not None else "")

    @property
    def _kind_in_words(self) -> str:
        if self.kind in NUMBERS:
            return f"a {self.kind}{_range_in_words(self.bounds)}"
        if self.kind in ("list", "mapping") and self.of:
            what = "a list" if self.kind == "list" else "a mapping of names to values"
            least = f" of {self.bounds['from']:g} or more" if self.bounds else ""
            return f"{what}{least}, each {self.of.in_words}"
        if self.kind == "word" and isinstance(self.choices, tuple):
            return either(self.choices)
        return IN_WORDS[self.kind]


def _range_in_words(bounds: Mapping[str, float]) -> str:
    """Return bounds as people say them.

    >>> _range_in_words({"from": 1}), _range_in_words({"above": 0, "to": 1})
    (' from 1 on', ' above 0 and up to 1')
    """
    if list(bounds) == ["from"]:
        return f" from {bounds['from']:g} on"
    to = "to" if "from" in bounds else "and up to"
    words = {"from": "from", "above": "above", "to": to, "below": "and below"}
    return "".join(f" {words[word]} {bound:g}" for word, bound in bounds.items())


@cache
def declared() -> Mapping[str, Declared]:
    """Return the declaration of every var by name, in the order of the reference."""
    return {
        name: _read(name, section, body)
        for section, names in read_yaml(FILE).items()
        for name, body in names.items()
    }


def words_of(name: str) -> tuple[str, ...]:
    """Return the words that a var, or an entry of a list, may be."""
    var = declared()[name]
    words = (var.of or var).choices
    assert isinstance(words, tuple)
    return words


def runner_vars() -> frozenset[str]:
    """Return the vars that the runner reads, and no model."""
    return frozenset(name for name, var in declared().items() if var.is_for_runner)


def _read(name: str, section: str, body: Mapping[str, Any]) -> Declared:
    found = TYPE.fullmatch(body["type"])
    kind, given = found.groups() if found else ("", "")
    words = given.split()
    of = _read(name, section, body["of"]) if "of" in body else None
    choices = body.get("choices", ())
    return Declared(
        name=name,
        section=section,
        what=body.get("what", ""),
        more=body.get("more", ""),
        kind=kind,
        bounds=dict(zip(words[::2], map(float, words[1::2]), strict=True)),
        unit=body.get("unit", ""),
        unset=None if body.get("unset") is None else str(body["unset"]),
        by=body.get("by", ""),
        also=body.get("also", ""),
        choices=choices if isinstance(choices, str) else tuple(choices),
        keys=tuple(body.get("keys", ())),
        of=of,
        is_required=body.get("required", False),
        is_for_runner=body.get("runner", False),
        example=body.get("example"),
        entries={
            key: _read(key, section, entry)
            for key, entry in body.get("entries", {}).items()
        },
    )
