"""What `recsql tune` makes better: one figure of one list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from recsql.config.declared import words_of
from recsql.config.project import Project
from recsql.config.settings import (
    candidate_sources,
    metric_definitions,
    metric_label,
    rising_metrics,
)
from recsql.errors import InputError, did_you_mean, either

ALL_USERS = ("all", "all users")
OF_ALL_METRICS = (
    *("catalogue_coverage", "user_coverage", "gini", "entropy", "personalization"),
    "pop_reo",
)


OF_RATINGS = ("rmse", "mae")
RATING = "rating "  # what lists of predicted ratings are called, and the model


@dataclass(frozen=True)
class Target:
    """The figure that is tuned: a metric of a list at k, over all items or some.

    Attributes:
        list_name: a candidate source, or `surface` and the name of one; for errors of
            ratings `rating` and a model of var rating_models.
        allow_repeat: all, new_only or repeat_only.
        metric: a metric of seed metric_definitions.
        k: so many places of the list count; 0 for errors of ratings.
        is_better_higher: whether more of the metric is better.
        segment: kind and name of the users who count, as in eval_segments.
    """

    list_name: str
    allow_repeat: str
    metric: str
    k: int
    is_better_higher: bool = True
    segment: tuple[str, str] = ALL_USERS

    @property
    def is_per_user(self) -> bool:
        """Say whether it is a mean over users, which has an interval."""
        return self.metric not in OF_ALL_METRICS

    def in_region(self, region: str) -> Target:
        """Return the same figure of the users of one region."""
        return replace(self, segment=("region", region))

    @property
    def label(self) -> str:
        """Return the figure's name as reports print it."""
        items = "" if self.allow_repeat == "all" else f" ({self.allow_repeat})"
        users = "" if self.segment == ALL_USERS else f", {' '.join(self.segment)}"
        return f"{self.figure} of {self.list_name}{items}{users}"

    @property
    def figure(self) -> str:
        """Return the metric and its k, if it has one."""
        return metric_label(self.metric, self.k)


def target_of(
    project: Project, list_name: str, items: str, figure: str, users: str = ""
) -> Target:
    """Return the target that the options name, e.g. als, all, ndcg@10 and region=north.

    Raises:
        InputError: there is no such list, metric or kind of segment.
    """
    metric, at, cutoff = figure.partition("@")
    known = metric_definitions(project)
    if metric not in known:
        raise InputError(
            f'--metric: no metric "{metric}".{did_you_mean(metric, known)}'
        )
    if (at and not cutoff.isdecimal()) or int(cutoff or 10) < 1:
        raise InputError(f'--metric "{figure}": write it as {metric}@10.')
    k = 0 if metric in OF_RATINGS else int(cutoff or 10)
    list_name = f"{RATING}{list_name}" if metric in OF_RATINGS else list_name
    is_better_higher = metric in rising_metrics(project)
    segment = _segment_of(users) if users else ALL_USERS
    target = Target(list_name, items, metric, k, is_better_higher, segment)
    if users and not target.is_per_user:
        raise InputError(f"--segment: {metric} is of all lists at once, not of users.")
    return target


def _segment_of(text: str) -> tuple[str, str]:
    kind, _, name = text.partition("=")
    if kind not in words_of("eval_segments") or not name:
        raise InputError(
            f'--segment "{text}": write it as region=NAME, orders=NAME or '
            '"user group=NAME".'
        )
    return kind, name


def narrowed(project: Project, target: Target) -> Project:
    """Return the project with vars that build little else than the target's list.

    Raises:
        InputError: there is no such list.
    """
    surfaces = {f"surface {entry['name']}": entry for entry in project.vars["surfaces"]}
    kind = target.segment[0]
    given: dict[str, Any] = {
        "eval_metrics": [target.metric],
        "eval_cutoffs": [target.k or 10],
        "eval_segments": [] if kind == ALL_USERS[0] else [kind],
        "eval_compared_metrics": [],
        "similar_items": [],
    }
    if target.metric in OF_RATINGS:
        model = target.list_name.removeprefix(RATING)
        if model not in words_of("rating_models"):
            models = either(words_of("rating_models"))
            raise InputError(
                f'tune: no model "{model}" predicts ratings; {models} may be --source.'
            )
        given["rating_models"] = [model]
    elif target.list_name in surfaces:
        given["surfaces"] = [surfaces[target.list_name]]
    elif target.list_name in candidate_sources(project):
        place = {"name": "tuned", "allow_repeat": "all", "length": target.k}
        given["candidate_sources"] = [target.list_name]
        given["surfaces"] = [{**place, "personal": [target.list_name], "fallback": []}]
    else:
        known = {*surfaces, *candidate_sources(project)}
        hint = did_you_mean(target.list_name, known)
        raise InputError(f'tune: there is no list "{target.list_name}".{hint}')
    return project.with_vars(given)
