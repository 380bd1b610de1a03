"""Vars experiments and sample_sizes: what their entries say of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsql.config.project import Project
from recsql.errors import ProjectError, did_you_mean

Entry = Mapping[str, Any]


def require_experiments(project: Project) -> None:
    """Refuse experiments and sample sizes that cannot be.

    Raises:
        ProjectError: names the var, the entry, what was seen and what to do.
    """
    for var in ("experiments", "sample_sizes"):
        names = [entry["name"] for entry in project.vars[var]]
        for entry, name in zip(project.vars[var], names, strict=True):
            where = project.entry(f'{var}: "{name}"')
            if names.count(name) > 1:
                raise ProjectError(f"{where} is there twice. Rename one.")
            problem = (
                _wrong_size(entry)
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


def _wrong_size(entry: Entry) -> str:
    """Return what is wrong with a sample size, in one line, or nothing."""
    baseline, uplift = entry["baseline"], entry["uplift"]
    if entry["kind"] == "mean" and not entry.get("standard_deviation"):
        return "a mean needs the standard_deviation of users."
    if baseline * uplift == 0:
        return "no sample finds an uplift of 0: baseline and uplift must not be 0."
    shares = (baseline, baseline * (1 + uplift))
    if entry["kind"] == "proportion" and not all(0 < share < 1 for share in shares):
        return f"a proportion is between 0 and 1. Seen: {shares[0]}, {shares[1]:.4g}."
    return ""
