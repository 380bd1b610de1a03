"""Var surfaces: what no model can use is refused at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean, either

CHOICES = {
    "allow_repeat": ("all", "new_only", "repeat_only"),
    "strategy": ("cascade", "blend", "ranker"),
    "blend_by": ("rank", "score"),
}
ACTIONS = ("hide", "boost", "bury", "slot")
REQUIRED = ("allow_repeat", "length", "personal", "fallback")
KNOWN = (
    *("name", *REQUIRED, "strategy", "blend_by", "weights", "min_scores"),
    *("rules", "max_per_category", "one_per_variant", "diversity", "min_orders"),
)
RULE_KEYS = ("name", "do", "when", "by", "at", "source")
Entry = Mapping[str, Any]


def require_surfaces(project: Project) -> None:
    """Refuse surfaces that cannot be.

    Raises:
        ProjectError: names the surface, what was seen and what to do.
    """
    orders = project.vars["personal_min_orders"]
    if not is_order_count(orders):
        raise ProjectError(
            f"vars: personal_min_orders: {orders!r} is no whole number. Give one, or "
            "auto."
        )
    surfaces = project.vars["surfaces"]
    if not isinstance(surfaces, list) or not surfaces:
        raise ProjectError("vars: surfaces: give a list of one surface or more.")
    names = [
        entry.get("name") if isinstance(entry, dict) else None for entry in surfaces
    ]
    for entry, name in zip(surfaces, names, strict=True):
        if not name:
            raise ProjectError(
                f"vars: surfaces: every entry needs a name. Seen: {entry}."
            )
        if names.count(name) > 1:
            raise ProjectError(f'vars: surfaces: "{name}" is there twice. Rename one.')
        problem = (
            _unknown(entry, KNOWN)
            or _wrong_entry(entry)
            or _wrong_numbers(entry)
            or _wrong_sources(entry, project.vars["candidate_sources"])
        )
        if problem:
            raise ProjectError(f'vars: surfaces: "{name}": {problem}')
        for rule in entry.get("rules") or ():
            if problem := _wrong_rule(rule, project.vars["candidate_sources"]):
                raise ProjectError(f'vars: surfaces: "{name}": rules: {problem}')


def _unknown(entry: Entry, known: tuple[str, ...]) -> str:
    """Return which key is not known, in one line, or nothing."""
    for key in entry:
        if key not in known:
            hint = did_you_mean(str(key), known) or f" Known: {', '.join(known)}."
            return f'unknown "{key}".{hint}'
    return ""


def _wrong_entry(entry: Entry) -> str:
    for key in REQUIRED:
        if entry.get(key) is None:
            return f"{key} is required."
    for key, choices in CHOICES.items():
        if entry.get(key) is not None and entry[key] not in choices:
            return f"{key} is {either(choices)}. Seen: {entry[key]}."
    if entry.get("strategy", "cascade") != "cascade" and not entry["personal"]:
        return f"a {entry['strategy']} needs personal sources."
    return ""


def _wrong_numbers(entry: Entry) -> str:
    for key in ("length", "max_per_category"):
        number = entry.get(key)
        if number is not None and (not isinstance(number, int) or number < 1):
            return f"{key} is a whole number from 1 on. Seen: {number}."
    if not is_order_count(entry.get("min_orders", 1)):
        seen = entry["min_orders"]
        return f"min_orders is a whole number from 1 on, or auto. Seen: {seen}."
    diversity = entry.get("diversity") or 0
    if not 0 <= diversity <= 1:
        return f"diversity is from 0 to 1. Seen: {diversity}."
    return ""


def _wrong_sources(entry: Entry, listed: list[str]) -> str:
    for key, known in (
        ("weights", entry["personal"]),
        ("min_scores", [*entry["personal"], *entry["fallback"]]),
    ):
        for source in entry.get(key) or ():
            if source not in known:
                return f'{key}: the surface has no source "{source}".' + did_you_mean(
                    str(source), known
                )
    if entry.get("strategy", "cascade") == "blend":
        for source in entry["personal"]:
            if source not in listed:
                return (
                    f'personal: var candidate_sources does not list "{source}".'
                    + did_you_mean(str(source), listed)
                )
    return ""


def _wrong_rule(rule: Any, listed: list[str]) -> str:
    """Return what is wrong with a rule, in one line, or nothing."""
    if not isinstance(rule, dict) or not rule.get("name"):
        return f"every rule needs a name. Seen: {rule}."
    where = f'"{rule["name"]}": '
    if problem := _unknown(rule, RULE_KEYS):
        return where + problem
    action = rule.get("do")
    if action not in ACTIONS:
        return (
            f"{where}do is {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}. Seen: {action}."
        )
    if action == "slot":
        if bool(rule.get("when")) == bool(rule.get("source")):
            return f"{where}a slot has either when or source."
        if rule.get("source") and rule["source"] not in listed:
            return f'{where}var candidate_sources does not list "{rule["source"]}".'
        at = rule.get("at")
        if not isinstance(at, list) or not at or not all(_is_rank(rank) for rank in at):
            return f"{where}at is a list of ranks, such as [1, 5]. Seen: {at}."
        return ""
    if not rule.get("when"):
        return f"{where}when, a condition in SQL, is required."
    by = rule.get("by")
    if action != "hide" and (not isinstance(by, int | float) or by <= 1):
        return f"{where}by is a factor above 1. Seen: {by}."
    return ""


def is_order_count(given: object) -> bool:
    """Say whether it can be a number of orders: 1, 2 ..., or auto.

    >>> is_order_count(3), is_order_count("auto"), is_order_count("many")
    (True, True, False)
    """
    return given == "auto" or (type(given) is int and given >= 0)


def _is_rank(rank: object) -> bool:
    return isinstance(rank, int) and rank >= 1
