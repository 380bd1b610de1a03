"""Vars experiments and sample_sizes: what no model can use is refused at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean

SETTINGS = {
    "experiments": """
        name variants share exclude salt starts_at ends_at pre_days population surface
    """,
    "sample_sizes": """
        name kind baseline uplift standard_deviation alpha power variants users_per_day
    """,
}
REQUIRED = {
    "experiments": ("variants",),
    "sample_sizes": ("kind", "baseline", "uplift"),
}
Entry = Mapping[str, Any]


def require_experiments(project: Project) -> None:
    """Refuse experiments and sample sizes that cannot be.

    Raises:
        ProjectError: names the var, the entry, what was seen and what to do.
    """
    for var in SETTINGS:
        names = [_named(var, entry) for entry in _entries(project, var)]
        for entry, name in zip(_entries(project, var), names, strict=True):
            where = f'vars: {var}: "{name}"'
            if names.count(name) > 1:
                raise ProjectError(f"{where} is there twice. Rename one.")
            _require_keys(var, where, entry)
            problem = (
                _wrong_size(entry)
                if var == "sample_sizes"
                else _wrong_experiment(entry, names)
            )
            if problem:
                raise ProjectError(f"{where}: {problem}")


def _entries(project: Project, var: str) -> Sequence[Entry]:
    entries = project.vars[var]
    if not isinstance(entries, list):
        raise ProjectError(f"vars: {var}: give a list, [] for none.")
    return entries


def _named(var: str, entry: Entry) -> str:
    if not isinstance(entry, dict) or not entry.get("name"):
        raise ProjectError(f"vars: {var}: every entry needs a name. Seen: {entry}.")
    return str(entry["name"])


def _require_keys(var: str, where: str, entry: Entry) -> None:
    known = SETTINGS[var].split()
    for key in entry:
        if key not in known:
            hint = did_you_mean(key, known) or f" Known: {', '.join(known)}."
            raise ProjectError(f'{where}: unknown "{key}".{hint}')
    for key in REQUIRED[var]:
        if entry.get(key) is None:
            raise ProjectError(f"{where}: {key} is required.")


def _wrong_experiment(entry: Entry, names: Sequence[str]) -> str:
    """Return what is wrong with an experiment, in one line, or nothing."""
    variants = entry["variants"]
    if not isinstance(variants, dict) or len(variants) < 2:
        return "variants needs two or more, e.g. {control: 0.5, treatment: 0.5}."
    for variant, part in variants.items():
        if part <= 0:
            return f"the part of {variant} must be above 0. Seen: {part}."
    share = entry.get("share", 1)
    if not 0 < share <= 1:
        return f"share must be above 0 and at most 1. Seen: {share}."
    for other in entry.get("exclude") or ():
        if other not in names or other == entry["name"]:
            return f'exclude: there is no other experiment "{other}".' + did_you_mean(
                str(other), names
            )
    population = entry.get("population", "assigned")
    if population not in ("assigned", "exposed"):
        return f"population is assigned or exposed. Seen: {population}."
    return ""


def _wrong_size(entry: Entry) -> str:
    """Return what is wrong with a sample size, in one line, or nothing."""
    for key in (key for key in entry if key not in ("name", "kind")):
        if not isinstance(entry[key], int | float):
            return f"{key} must be a number. Seen: {entry[key]}."
    for key in ("alpha", "power"):
        if not 0 < entry.get(key, 0.5) < 1:
            return f"{key} is between 0 and 1. Seen: {entry[key]}."
    if entry.get("variants", 2) < 2:
        return f"variants is 2 or more, with the control. Seen: {entry['variants']}."
    baseline, uplift = entry["baseline"], entry["uplift"]
    if entry["kind"] not in ("proportion", "mean"):
        return f"kind is proportion or mean. Seen: {entry['kind']}."
    if entry["kind"] == "mean" and not entry.get("standard_deviation"):
        return "a mean needs the standard_deviation of users."
    if baseline * uplift == 0:
        return "no sample finds an uplift of 0: baseline and uplift must not be 0."
    shares = (baseline, baseline * (1 + uplift))
    if entry["kind"] == "proportion" and not all(0 < share < 1 for share in shares):
        return f"a proportion is between 0 and 1. Seen: {shares[0]}, {shares[1]:.4g}."
    return ""
