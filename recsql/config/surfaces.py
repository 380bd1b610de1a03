"""Var surfaces: what its entries say of each other, and of the sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean

Entry = Mapping[str, Any]


def require_surfaces(project: Project) -> None:
    """Refuse surfaces that cannot be.

    Raises:
        ProjectError: names the surface, what was seen and what to do.
    """
    surfaces = project.vars["surfaces"]
    listed = project.vars["candidate_sources"]
    names = [entry["name"] for entry in surfaces]
    for entry in surfaces:
        name = entry["name"]
        where = project.entry(f'surfaces: "{name}"')
        if names.count(name) > 1:
            raise ProjectError(f"{where} is there twice. Rename one.")
        problem = (
            _wrong_entry(entry)
            or _wrong_repeats(entry, project.vars["repeat_means"])
            or _wrong_sources(entry, listed)
            or _unlisted(entry, listed, is_own="surfaces" in project.own_vars)
            or _wrong_caps(entry, project.vars["items"])
            or _wrong_program(entry.get("optimize") or {})
        )
        if problem:
            raise ProjectError(f"{where}: {problem}")
        for rule in entry.get("rules") or ():
            if problem := _wrong_rule(rule, listed):
                raise ProjectError(f'{where}: rules: "{rule["name"]}": {problem}')


def _wrong_entry(entry: Entry) -> str:
    strategy = entry.get("strategy") or "cascade"
    if strategy != "cascade" and not entry["personal"]:
        return f"a {strategy} needs personal sources."
    if not entry["personal"] and not entry["fallback"]:
        return (
            "personal and fallback name no source, so nobody could be shown anything."
        )
    return ""


def _wrong_repeats(entry: Entry, usual: str) -> str:
    if entry.get("where") and entry.get("repeat_means") not in (None, usual):
        return (
            "with a where of its own it means by repeats what var repeat_means says. "
            f"Set that var to {entry['repeat_means']}, or drop one of the two."
        )
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
    return ""


def _unlisted(entry: Entry, listed: list[str], *, is_own: bool) -> str:
    """Return which source nobody builds; what a user did not write may name some.

    A test warns of those (surfaces_name_sources), which a list is made without.
    """
    is_blend = entry.get("strategy") == "blend"
    named = [*entry["personal"], *entry["fallback"]]
    must_be = is_own or not set(named) & set(listed)
    for key in ("personal", "fallback"):
        for source in entry[key] if must_be or (is_blend and key == "personal") else ():
            if source not in listed:
                hint = did_you_mean(source, listed) or " Add it there, or take it out."
                return f'{key}: var candidate_sources does not list "{source}".{hint}'
    return ""


def _wrong_caps(entry: Entry, items: Entry) -> str:
    known = ["category", *(items.get("attributes") or ())]
    for name in entry.get("max_per") or ():
        if name not in known:
            hint = did_you_mean(str(name), known) or f" There are: {', '.join(known)}."
            return f'max_per: var items has no attribute "{name}".{hint}'
    return ""


def _wrong_program(wanted: Entry) -> str:
    if wanted.get("minimum") and not wanted.get("supplier"):
        return "optimize: minimum: say by supplier, SQL, whose an item is."
    return ""


def _wrong_rule(rule: Entry, listed: list[str]) -> str:
    """Return what is wrong with a rule, in one line, or nothing."""
    action = rule["do"]
    if action == "slot":
        if bool(rule.get("when")) == bool(rule.get("source")):
            return "a slot has either when or source."
        if rule.get("source") and rule["source"] not in listed:
            return f'var candidate_sources does not list "{rule["source"]}".'
        return "" if rule.get("at") else "at, a list of ranks, is required."
    if not rule.get("when"):
        return "when, a condition in SQL, is required."
    if action != "hide" and rule.get("by") is None:
        return "by, a factor above 1, is required."
    return ""
