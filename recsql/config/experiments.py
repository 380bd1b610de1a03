"""Vars experiments and sample_sizes: what their entries say of each other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from recsql.config.project import Project
from recsql.config.settings import experiment_kinds
from recsql.errors import ProjectError, did_you_mean

OF_EXPOSURES = "click_through_rate"
Entry = Mapping[str, Any]


def require_experiments(project: Project) -> None:
    """Refuse experiments and sample sizes that cannot be.

    Raises:
        ProjectError: names the var, the entry, what was seen and what to do.
    """
    kinds = experiment_kinds(project)
    for var in ("experiments", "sample_sizes"):
        names = [entry["name"] for entry in project.vars[var]]
        for entry, name in zip(project.vars[var], names, strict=True):
            where = project.entry(f'{var}: "{name}"')
            if names.count(name) > 1:
                raise ProjectError(f"{where} is there twice. Rename one.")
            problem = (
                _wrong_size(entry, kinds)
                if var == "sample_sizes"
                else _wrong_experiment(entry, names)
            )
            if problem:
                raise ProjectError(f"{where}: {problem}")


def _wrong_experiment(entry: Entry, names: Sequence[str]) -> str:
    """Return what is wrong with an experiment, in one line, or nothing."""
    for other in entry.get("exclude") or ():
        if other not in names or other == entry["name"]:
            return f'exclude: there is no other experiment "{other}".' + did_you_mean(
                str(other), names
            )
    starts, ends = entry.get("starts_at"), entry.get("ends_at")
    moments = [
        datetime.fromisoformat(str(at).strip()).replace(tzinfo=None)
        for at in (starts, ends)
        if at
    ]
    if len(moments) == 2 and moments[1] <= moments[0]:
        return f"it ends at {ends}, and starts at {starts}."
    return ""


def _wrong_size(entry: Entry, kinds: Mapping[str, str]) -> str:
    """Return what is wrong with a sample size, in one line, or nothing."""
    kind, metric = entry["kind"], entry.get("metric")
    baseline, uplift = entry.get("baseline"), entry.get("uplift")
    users, days = entry.get("users"), entry.get("days")
    if metric == OF_EXPOSURES:
        return f"{metric} is not measured from events. Give its baseline."
    if metric and kinds[metric] != kind:
        return f"{metric} is a {kinds[metric]}. Seen: kind: {kind}."
    if not metric and baseline is None:
        return "give a baseline, or the metric to measure."
    if not metric and kind != "proportion" and not entry.get("standard_deviation"):
        return f"a {kind} needs the standard_deviation of users."
    if (uplift is None) == (users is None and days is None):
        return "give the uplift to find, or the users or days there are."
    if users and days:
        return "users and days say the same in two ways; give one."
    if days and not entry.get("users_per_day"):
        return "days need users_per_day."
    return _wrong_effect(kind, baseline, uplift)


def _wrong_effect(kind: str, baseline: float | None, uplift: float | None) -> str:
    if 0 in (baseline, uplift):
        return "no sample finds an uplift of 0: baseline and uplift must not be 0."
    shares = [baseline] if baseline is not None else []
    shares += [share * (1 + uplift) for share in shares] if uplift is not None else []
    if kind == "proportion" and not all(0 < share < 1 for share in shares):
        seen = ", ".join(f"{share:.4g}" for share in shares)
        return f"a proportion is between 0 and 1. Seen: {seen}."
    return ""


def variant_of(entry: Entry, user: object) -> str | None:
    """Return the variant that a user gets in an experiment; None: takes no part.

    By the hashes of model exp_assignments, but for its `exclude`: see `variants_of`.
    """
    user_text, salt = str(user), str(entry.get("salt", entry["name"]))
    if hash_share(f"{salt}:share:{user_text}") >= float(entry.get("share", 1)):
        return None
    parts = [float(part) for part in entry["variants"].values()]
    bucket = hash_share(f"{salt}:{user_text}")
    for number, variant in enumerate(entry["variants"]):
        if bucket < sum(parts[: number + 1]) / sum(parts):
            return str(variant)
    return None


def variants_of(entries: Sequence[Entry], user: object) -> dict[str, str]:
    """Return the variant of each experiment that a user takes part in, by its name.

    Equal to the user's rows of table exp_assignments, for any application that asks.

    >>> test = {"name": "home", "variants": {"old": 1, "new": 1}}
    >>> variants_of([test], 7), variants_of([{**test, "share": 0}], 7)
    ({'home': 'new'}, {})
    """
    drawn = {str(entry["name"]): variant_of(entry, user) for entry in entries}
    return {
        str(entry["name"]): variant
        for entry in entries
        if (variant := drawn[str(entry["name"])]) is not None
        and not any(drawn.get(str(other)) for other in entry.get("exclude") or ())
    }


def hash_share(content: str) -> float:
    """Return the number in [0, 1) that macro hash_share draws from a text.

    >>> round(hash_share("salt:7"), 6)
    0.922518
    """
    digits = hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()[:13]
    return int(digits, 16) / 2**52
