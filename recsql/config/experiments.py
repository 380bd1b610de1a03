"""Vars experiments and sample_sizes: what their entries say of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
