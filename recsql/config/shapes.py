"""What stands in vars, held to what vars.yml declares.

A number stays a number and a list a list, so that nothing a var says can end the
statement it is put into. Vars that are SQL expressions by their meaning must be one
expression each: balanced, without comments or semicolons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from recsql.config.declared import NUMBERS, Declared, declared
from recsql.config.project import Project
from recsql.config.settings import choices_of
from recsql.errors import ProjectError, did_you_mean, either, first_line

COLUMN = re.compile(r"\w[\w ]*")  # what could be meant for the name of one
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?.*)?")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SQL_TYPE = re.compile(r"[A-Za-z]\w*(\([\d, ]+\))?")
WITHIN: Mapping[str, Callable[[float, float], bool]] = {
    "from": lambda number, bound: number >= bound,
    "above": lambda number, bound: number > bound,
    "to": lambda number, bound: number <= bound,
    "below": lambda number, bound: number < bound,
}


def require_shapes(project: Project) -> None:
    """Refuse vars that are not what is declared.

    Raises:
        ProjectError: names the var, what was seen and what it may be.
    """
    for name, var in declared().items():
        if name in project.vars:
            for problem in _problems(project, var, project.vars[name]):
                raise ProjectError(f"{project.entry(name)}: {problem}")


def _problems(project: Project, var: Declared, given: Any) -> Iterator[str]:
    """Yield what is wrong with a value, each in the rest of a line."""
    if (given is None and var.unset is not None) or (var.also and given == var.also):
        return
    if var.by and isinstance(given, dict) and given:
        for key, value in given.items():
            if value is None or not _is(var, value):
                yield f"{shown(key)}: {_wrong(var, value)}"
        return
    if not _is(var, given):
        yield _wrong(var, given)
    elif var.kind == "SQL":
        if problem := not_one_expression(given) or _not_parsed(str(given)):
            yield f"{problem} Seen: {shown(given)}."
    elif var.choices:
        yield from _unknown_word(project, var, given)
    elif var.kind == "list":
        yield from _wrong_list(project, var, given)
    elif var.kind == "mapping":
        yield from _wrong_mapping(project, var, given)
    elif var.kind == "entries":
        yield from _wrong_entries(project, var, given)


def _wrong(var: Declared, given: Any) -> str:
    return f"it is {var.in_words}. Seen: {shown(given)}."


def _is(var: Declared, given: Any) -> bool:
    """Whether a value is of the kind of a var, and within its bounds."""
    measured = len(given) if isinstance(given, list | dict) else given
    return KINDS[var.kind](given) and all(
        WITHIN[word](measured, bound) for word, bound in var.bounds.items()
    )


def _is_number(given: Any) -> bool:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    return number and abs(given) < 2**63 and math.isfinite(given)


def _is_text(given: Any) -> bool:
    return isinstance(given, str) and bool(given.strip())


def _is_plain(given: Any) -> bool:
    return isinstance(given, str | int | float | date)


def _is_moment(given: Any) -> bool:
    if isinstance(given, date):
        return True
    if not isinstance(given, str) or not MOMENT.fullmatch(given.strip()):
        return False
    try:
        return bool(datetime.fromisoformat(given.strip()))
    except ValueError:
        return False


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "number": _is_number,
    "whole number": lambda given: type(given) is int and _is_number(given),
    "flag": lambda given: isinstance(given, bool),
    "text": _is_text,
    "command": lambda given: (
        _is_text(given)
        or (isinstance(given, list) and bool(given) and all(map(_is_plain, given)))
    ),
    "word": _is_text,
    "name": lambda given: isinstance(given, str) and bool(NAME.fullmatch(given)),
    "id": lambda given: _is_text(given) or _is_number(given) or isinstance(given, date),
    "moment": _is_moment,
    "SQL": _is_plain,
    "SQL type": lambda given: (
        isinstance(given, str) and bool(SQL_TYPE.fullmatch(given))
    ),
    "list": lambda given: isinstance(given, list),
    "mapping": lambda given: isinstance(given, dict),
    "entries": lambda given: isinstance(given, dict),
}


def _unknown_word(project: Project, var: Declared, given: str) -> Iterator[str]:
    choices = choices_of(project, var.choices)
    if choices and given not in choices:  # without sources there is nothing to choose
        words = (*choices, *([None] if var.unset is not None else []))
        hint = did_you_mean(given, choices) or f" It may be {either(words)}."
        yield f'there is no "{shown(given)}".{hint}'


def _wrong_list(project: Project, var: Declared, given: list[Any]) -> Iterator[str]:
    assert var.of
    if var.of.choices or var.of.kind in ("name", *NUMBERS):
        twice = next((x for place, x in enumerate(given) if x in given[:place]), None)
        if twice is not None:
            yield f"{shown(twice)} stands there twice. Seen: {shown(given)}."
    for place, entry in enumerate(given, 1):
        where = ""
        if var.of.kind == "entries":
            named = entry.get("name") if isinstance(entry, dict) else None
            where = f'"{shown(named)}": ' if named else f"entry {place}: "
        for problem in _problems(project, var.of, entry):
            yield where + problem


def _wrong_mapping(
    project: Project, var: Declared, given: Mapping[Any, Any]
) -> Iterator[str]:
    assert var.of
    for key, entry in given.items():
        if var.keys and not any(fnmatchcase(str(key), known) for known in var.keys):
            hint = did_you_mean(str(key), var.keys) or f" Known: {', '.join(var.keys)}."
            yield f'unknown "{shown(key)}".{hint}'
        if var.of.kind == "SQL" and not NAME.fullmatch(str(key)):
            yield f"{shown(key)} is no name. Use letters, digits and underscores."
        for problem in _problems(project, var.of, entry):
            yield f"{shown(key)}: {problem}"


def _wrong_entries(
    project: Project, var: Declared, given: Mapping[Any, Any]
) -> Iterator[str]:
    for key in given:
        if key not in var.entries:
            known = ", ".join(var.entries)
            hint = did_you_mean(str(key), var.entries) or f" Known: {known}."
            yield f'unknown "{shown(key)}".{hint}'
    for key, entry in var.entries.items():
        if given.get(key) is not None:
            for problem in _problems(project, entry, given[key]):
                yield f"{key}: {problem}"
        elif entry.is_required or (key in given and entry.unset is None):
            yield f"{key} is required."


def not_one_expression(text: Any) -> str:
    """Return why a text is not a single SQL expression, or nothing.

    >>> not_one_expression("price * (1 - rebate)")
    ''
    >>> not_one_expression("price); drop table users; --")
    'it is not one SQL expression.'
    """
    from sqlglot import tokenize
    from sqlglot.errors import TokenError

    try:
        tokens = tokenize(str(text), read="duckdb")
    except TokenError:
        tokens = []
    depth = lowest = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}") if _marks(token) else 0
        lowest = min(lowest, depth)
        if token.comments or token.token_type.name == "SEMICOLON":
            depth = 1
            break
    single = bool(tokens) and depth == lowest == 0
    return "" if single else "it is not one SQL expression."


@lru_cache(maxsize=1024)
def _not_parsed(text: str) -> str:
    """Return what DuckDB's parser does not like of an expression, or nothing.

    >>> _not_parsed("price * 2")
    ''
    >>> _not_parsed("when")[:27]
    'it is a word of SQL, or no '
    """
    import duckdb

    try:
        duckdb.extract_statements(f"select ({text})")
    except duckdb.Error as error:
        if COLUMN.fullmatch(text):
            return (
                "it is a word of SQL, or no one word. For a column of that name write "
                f"'\"{text}\"': YAML takes the outer quotes away."
            )
        said = first_line(error).partition(" Error: ")[2].rstrip(".!")
        return f"it is not SQL: {said}."
    return _aggregate(text) if "(" in text else ""


def _aggregate(text: str) -> str:
    """Return why an expression cannot be asked of one row, or nothing.

    >>> _aggregate("max(user_id)")
    'it sums up many rows (max), and each row is asked alone. Make it a model.'
    >>> _aggregate("max(price) over (partition by shop) + list_max(prices)")
    ''
    """
    from sqlglot import ParseError, exp, parse_one

    try:
        tree = parse_one(text, dialect="duckdb")
    except ParseError:
        return ""
    for found in tree.find_all(exp.AggFunc):
        if not found.find_ancestor(exp.Window, exp.Query, exp.Lambda):
            name = found.name if isinstance(found, exp.Anonymous) else found.key
            return (
                f"it sums up many rows ({name}), and each row is asked alone. "
                "Make it a model."
            )
    return ""


def _marks(token: Any) -> bool:
    """Whether a token is a bracket rather than a text that holds one."""
    return len(token.text) == 1 and token.token_type.name[:2] in ("L_", "R_")


def shown(given: Any) -> str:
    """Return what was seen, on one short line."""
    words = {None: "null", True: "true", False: "false"}
    plain = given is None or isinstance(given, bool)
    text = words[given] if plain else " ".join(str(given).split()) or '""'
    return text if len(text) <= 60 else f"{text[:60]} ..."
