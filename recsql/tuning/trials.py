"""Trials of `recsql tune`: made once, kept in the warehouse, never made twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import mean
from typing import Literal

from recsql.config.git import git_commit
from recsql.config.project import Project
from recsql.engine.records import append_rows, find_relation
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError, ModelError, TestsFailed
from recsql.tuning.moments import Bench, Score
from recsql.tuning.space import Settings, without_defaults

TABLE = "tuning_trials"

IsHopeless = Callable[[int, float], bool]  # after so many folds, with this mean so far


@dataclass(frozen=True)
class Trial:
    """Settings that differ from the project's, and how they did on each fold."""

    number: int
    settings: Settings
    scores: tuple[Score, ...]
    status: Literal["complete", "pruned", "failed"]
    problem: str = ""

    @property
    def value(self) -> float:
        """Return the mean over the folds."""
        return mean(score.value for score in self.scores)

    @property
    def seconds(self) -> float:
        """Return the time it took."""
        return sum(score.seconds for score in self.scores)


@dataclass
class Lab:
    """Makes trials on a bench and keeps them; `known` are those made so far."""

    project: Project
    bench: Bench
    listener: Callable[[Trial], None]
    study: str = ""
    known: list[Trial] = field(default_factory=list)

    def open(self) -> None:
        """Find the folds, and the trials that were made on them before."""
        self.bench.open()
        self._begin()

    def in_region(self, region: str) -> Lab:
        """Return a lab, open too, whose trials are scored by a region's users alone."""
        lab = Lab(self.project, self.bench.in_region(region), self.listener)
        lab._begin()
        return lab

    def _begin(self) -> None:
        self.study = self.bench.study()
        self.known = self._stored()

    def better(self, first: float, second: float) -> bool:
        """Say whether the first figure is better than the second."""
        higher = self.bench.target.is_better_higher
        return first > second if higher else first < second

    def best(self, trials: list[Trial]) -> Trial:
        """Return the best complete trial; of equals the earliest."""
        complete = [trial for trial in trials if trial.status == "complete"]
        sign = -1 if self.bench.target.is_better_higher else 1
        return min(complete, key=lambda trial: (sign * trial.value, trial.number))

    def find(self, settings: Settings) -> Trial | None:
        """Return the trial of these settings, if there was one."""
        wanted = without_defaults(self.project, settings)
        return next((trial for trial in self.known if trial.settings == wanted), None)

    def trial(
        self, settings: Settings, is_hopeless: IsHopeless = lambda fold, value: False
    ) -> Trial:
        """Return the trial of these settings, made now unless it was made before.

        Args:
            settings: vars to change.
            is_hopeless: asked after each fold but the last whether to stop there.

        Raises:
            ModelError: the project as it is fails; other settings just fail.
        """
        if found := self.find(settings):
            return found
        changed = without_defaults(self.project, settings)
        scores: list[Score] = []
        status: Literal["complete", "pruned", "failed"] = "complete"
        problem = ""
        try:
            for moment in self.bench.searched:
                scores.append(self.bench.score(changed, moment))
                is_last = moment == self.bench.searched[-1]
                so_far = mean(score.value for score in scores)
                if not is_last and is_hopeless(len(scores), so_far):
                    status = "pruned"
                    break
        except (ModelError, TestsFailed, InputError) as error:
            if not changed:
                raise
            status, problem = "failed", str(error)
        trial = Trial(self._next_number(), changed, tuple(scores), status, problem)
        self._store(trial)
        self.known.append(trial)
        self.listener(trial)
        return trial

    def _next_number(self) -> int:
        return max((trial.number + 1 for trial in self.known), default=0)

    def _store(self, trial: Trial) -> None:
        """Add a row per fold; a failed trial has a row without a figure."""
        target, profile = self.bench.target, self.project.profile
        moments = {moment.number: moment.as_of for moment in self.bench.moments}
        told = {
            "study": self.study,
            "trial": trial.number,
            "settings": json.dumps(trial.settings),
            "list_name": target.list_name,
            "allow_repeat": target.allow_repeat,
            "metric": target.metric,
            "k": target.k,
            **dict(zip(("segment_kind", "segment"), target.segment, strict=True)),
            "status": trial.status,
            "git_commit": git_commit(self.project.root),
            "finished_at": datetime.now(UTC).replace(tzinfo=None),
        }
        rows = [
            {
                **told,
                "fold": score.fold,
                "as_of": moments[score.fold],
                "metric_value": score.value,
                "user_count": score.users,
                "seconds": score.seconds,
            }
            for score in trial.scores
        ]
        if trial.status == "failed":
            rows = [
                {
                    **told,
                    "fold": 1,
                    "as_of": moments[1],
                    "user_count": 0,
                    "seconds": 0.0,
                }
            ]
        with open_warehouse(profile.build_path, profile.settings) as warehouse:
            append_rows(self.project, warehouse, TABLE, rows)

    def _stored(self) -> list[Trial]:
        """Return the trials of the study that the warehouse has."""
        profile = self.project.profile
        with open_warehouse(profile.build_path, profile.settings) as warehouse:
            relation = find_relation(self.project, warehouse, TABLE)
            if relation is None:
                return []
            rows = warehouse.rows(
                "select trial, settings, status, list((fold, metric_value, user_count, "
                f"seconds) order by fold) from {relation} where study = ? "
                "group by trial, settings, status order by trial",
                [self.study],
            )
        return [
            Trial(
                number,
                json.loads(settings),
                tuple(Score(*score) for score in scores if score[1] is not None),
                status,
            )
            for number, settings, status, scores in rows
        ]
