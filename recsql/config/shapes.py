"""Vars have the shape of their defaults; only what is declared SQL becomes SQL.

A number stays a number and a list a list, so that nothing a var says can end the
statement it is put into. Vars that are SQL expressions by their meaning must be one
expression each: balanced, without comments or semicolons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from recsql.config.project import Project
from recsql.errors import ProjectError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NO_EXPRESSION = ("table", "model", "attributes")
# vars whose default does not tell: null, or one of several shapes
NUMBER = (
    *("max_quantity", "max_user_events_per_day", "max_user_events_per_minute"),
    *("drift_days", "eval_policy_clip", "refit_drift"),
)
NAMES = ("candidate_sources", "ranker_themes")  # of models and columns
DAYS = ("decay_days", "half_life_days")  # also one number per type of event
NUMBERS = ("region_decay_days",)  # by name, none by default
SCALARS = (
    *("as_of", "fold_in_after", "asked_user", "asked_item", "not_item_pattern"),
    *("eval_policy_surface", "personal_min_orders"),
)


def wrong_number(given: Any) -> str:
    """Return what is wrong with a number, or nothing."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    return "" if number and math.isfinite(given) else "it is a number."


def wrong_numbers(given: Any) -> str:
    """Return what is wrong with a mapping to numbers, or nothing."""
    if not isinstance(given, dict):
        return "it maps names to numbers."
    wrong = any(wrong_number(number) for number in given.values())
    return "it maps names to numbers." if wrong else ""


def wrong_names(given: Any) -> str:
    """Return what is wrong with a list of names or numbers, or nothing."""
    listed = isinstance(given, list) and not any(map(wrong_scalar, given))
    return "" if listed else "it is a list of names."


def wrong_scalar(given: Any) -> str:
    """Return what is wrong with a text, number or time, or nothing."""
    plain = isinstance(given, str | int | float | date)
    return "" if plain else "it is one text, number or time."


def wrong_text(given: Any) -> str:
    """Return what is wrong with a text, or nothing."""
    return "" if isinstance(given, str) else "it is a text."


def wrong_flag(given: Any) -> str:
    """Return what is wrong with a switch, or nothing."""
    return "" if isinstance(given, bool) else "it is true or false."


def wrong_rules(given: Any) -> str:
    """Return what is wrong with the rules of a surface, or nothing."""
    listed = isinstance(given, list) and all(isinstance(rule, dict) for rule in given)
    return _wrong_entries("rules", given) if listed else "it is a list of rules."


Check = Callable[[Any], str]
ENTRIES: Mapping[str, Mapping[str, Check]] = {
    "surfaces": {
        **dict.fromkeys(("name", "allow_repeat", "strategy", "blend_by"), wrong_text),
        **dict.fromkeys(("length", "max_per_category", "diversity"), wrong_number),
        **dict.fromkeys(("personal", "fallback"), wrong_names),
        **dict.fromkeys(("weights", "min_scores"), wrong_numbers),
        "one_per_variant": wrong_flag,
        "rules": wrong_rules,
    },
    "rules": {
        **dict.fromkeys(("name", "do", "source"), wrong_text),
        "when": wrong_scalar,
        "by": wrong_number,
    },
    "experiments": {
        **dict.fromkeys(("name", "salt", "population", "surface"), wrong_text),
        **dict.fromkeys(("share", "pre_days"), wrong_number),
        **dict.fromkeys(("starts_at", "ends_at"), wrong_scalar),
        "variants": wrong_numbers,
        "exclude": wrong_names,
    },
    "sample_sizes": {"name": wrong_text, "kind": wrong_text},
}


def require_shapes(project: Project) -> None:
    """Refuse vars that have not the shape that models expect.

    Raises:
        ProjectError: names the var, what was seen and what it is.
    """
    for name, default in project.default_vars.items():
        given = project.vars[name]
        if problem := _wrong_entries(name, given):
            raise ProjectError(f"vars: {name}: {problem}")
        if name not in ENTRIES and (problem := _problem(name, given, default)):
            raise ProjectError(f"vars: {name}: {problem} Seen: {shown(given)}.")
    for where, text in expressions(project):
        if problem := not_one_expression(text):
            raise ProjectError(f"vars: {where}: {problem} Seen: {shown(text)}.")


def expressions(project: Project) -> Iterator[tuple[str, Any]]:
    """Yield where a var is SQL by its meaning, and the SQL."""
    for name, default in project.default_vars.items():
        given = project.vars[name]
        if not (isinstance(default, dict) and "table" in default):
            continue
        if not isinstance(given, dict):
            raise ProjectError(f"vars: {name} maps columns to SQL. Seen: {given!r}.")
        attributes = given.get("attributes") or {}
        for key in attributes:
            if not NAME.fullmatch(str(key)):
                raise ProjectError(
                    f"vars: {name}: attributes: {shown(key)} is no name. Use letters, "
                    "digits and underscores."
                )
        own = {k: v for k, v in given.items() if k not in NO_EXPRESSION}
        for key, text in [*own.items(), *attributes.items()]:
            if text is not None:
                yield f"{name}: {key}", text
    if project.vars["rule_region"] is not None:
        yield "rule_region", project.vars["rule_region"]
    for surface in _mappings(project.vars["surfaces"]):
        for rule in _mappings(surface.get("rules")):
            if rule.get("when") is not None:
                yield f'surfaces: "{surface.get("name")}": rules: when', rule["when"]


def _mappings(entries: Any) -> list[Mapping[str, Any]]:
    found = entries if isinstance(entries, list) else []
    return [entry for entry in found if isinstance(entry, dict)]


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


def _marks(token: Any) -> bool:
    """Whether a token is a bracket rather than a text that holds one."""
    return len(token.text) == 1 and token.token_type.name[:2] in ("L_", "R_")


def _problem(name: str, given: Any, default: Any) -> str:
    """Return what is wrong with the shape of a var, or nothing."""
    if name in NUMBERS or (name in DAYS and isinstance(given, dict)):
        return wrong_numbers(given)
    if name in (*NUMBER, *DAYS, "rule_decay_days"):
        return "" if given is None else wrong_number(given)
    if name in SCALARS:
        return "" if given is None else wrong_scalar(given)
    if isinstance(default, bool):
        return wrong_flag(given)
    if isinstance(default, int | float):
        return wrong_number(given)
    if isinstance(default, str):
        return wrong_text(given)
    if isinstance(default, list):
        return _wrong_list(name, given, default)
    return _wrong_mapping(given, default) if isinstance(default, dict) else ""


def _wrong_entries(name: str, given: Any) -> str:
    """Return what is wrong in an entry of a list of mappings, or nothing."""
    for entry in _mappings(given) if name in ENTRIES else ():
        for key, wrong in ENTRIES[name].items():
            if entry.get(key) is not None and (problem := wrong(entry[key])):
                seen = "" if '"' in problem else f" Seen: {shown(entry[key])}."
                return f'"{shown(entry.get("name"))}": {key}: {problem}{seen}'
    return ""


def _wrong_list(name: str, given: Any, default: list[Any]) -> str:
    if not isinstance(given, list):
        return "it is a list."
    if name == "rule_levels":
        return next(filter(None, map(wrong_names, given)), "")
    if default and isinstance(default[0], int | float):
        wrong = not given or any(map(wrong_number, given))
        return "it is a list of numbers." if wrong else ""
    if name in NAMES and not all(NAME.fullmatch(str(entry)) for entry in given):
        return "it is a list of names: letters, digits and underscores."
    return wrong_names(given)


def _wrong_mapping(given: Any, default: Mapping[str, Any]) -> str:
    if default and all(isinstance(entry, int | float) for entry in default.values()):
        return wrong_numbers(given)
    return "" if isinstance(given, dict) else "it is a mapping, {key: value}."


def shown(given: Any) -> str:
    """Return what was seen, on one short line."""
    text = " ".join(str(given).split())
    return text if len(text) <= 60 else f"{text[:60]} ..."
