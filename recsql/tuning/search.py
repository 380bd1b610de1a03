"""Searches for better settings: any space by Optuna's sampler, or a ready recipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

from recsql.errors import InputError, Interrupted, install
from recsql.tuning.moments import Check
from recsql.tuning.space import (
    Choice,
    Range,
    Settings,
    Space,
    default_of,
    size,
    without_defaults,
)
from recsql.tuning.trials import Lab, Trial

STARTUP_TRIALS = 4  # complete ones before any is pruned
TIRED = 200  # settings in a row that were tried before
GRID = 1000  # spaces up to this size are tried whole, if the budget allows


@dataclass(frozen=True)
class Budget:
    """How many trials a search may have, and until when it may begin one."""

    trials: int
    until: float = float("inf")

    @property
    def is_spent(self) -> bool:
        """Say whether the time is up."""
        return time.monotonic() >= self.until


@dataclass(frozen=True)
class Found:
    """What a search came to: its best trial, and how that did where nobody looked."""

    default: Trial
    best: Trial
    trials: tuple[Trial, ...]
    check: Check | None


def require_optuna() -> Any:
    """Return the package.

    Raises:
        InputError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(
            f"tune: Optuna is not installed. Run: {install('tune')}"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


@contextmanager
def open_lab(lab: Lab) -> Iterator[Lab]:
    """Find the folds, and clean up; whatever happens, finished trials are kept."""
    try:
        lab.open()
        yield lab
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted(
            f"interrupted; {len(lab.known)} trials are kept, and the same command goes "
            "on from there."
        ) from None
    finally:
        lab.bench.close()


def run_search(lab: Lab, space: Space, budget: Budget, seed: int) -> Found:
    """Search the space, and check the winner on the fold that was not searched.

    Raises:
        InputError: a var of the space changes nothing, or Optuna is missing.
    """
    for dimension in space:
        settings = [{dimension.name: value} for value in dimension.values]
        if all(lab.bench.changes_nothing(one) for one in settings):
            raise InputError(
                f"tune: {dimension.name} changes no model that "
                f"{lab.bench.target.label} needs; nothing to tune."
            )
    return finish(lab, search(lab, space, {}, budget, seed))


def finish(lab: Lab, trials: list[Trial]) -> Found:
    """Take the best of the trials and the project as it is, and check it."""
    default = lab.trial({})
    compared = [default, *(trial for trial in trials if trial != default)]
    best = lab.best(compared)
    check = lab.bench.check(best.settings) if best != default else None
    return Found(default, best, tuple(compared), check)


def search(
    lab: Lab, space: Space, fixed: Settings, budget: Budget, seed: int
) -> list[Trial]:
    """Try settings of the space on top of fixed ones until the budget is spent.

    Trials that the warehouse has count, and are what the sampler starts from. Bergstra
    et al. 2011 (TPE); a trial is stopped after a fold where its mean so far is worse
    than the median of the others (Golovin et al. 2017).
    """
    optuna = require_optuna()
    lab.trial(fixed)
    study = optuna.create_study(
        direction="maximize" if lab.bench.target.is_better_higher else "minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(STARTUP_TRIALS, 0),
    )
    distributions = {d.name: _distribution(optuna, d) for d in space}
    tried = {_key(x.settings): x for x in lab.known if _is_in(lab, x, space, fixed)}
    for trial in tried.values():
        _tell_known(optuna, study, distributions, _params(lab, trial, space), trial)
    if size(space) <= min(GRID, budget.trials):
        for params in _grid(space):
            if lab.find({**fixed, **params}) is None:
                study.enqueue_trial(params)
    tired = 0
    while len(tried) < min(budget.trials, size(space)) and tired < TIRED:
        if budget.is_spent:
            break
        asked = study.ask(distributions)
        settings = {**fixed, **_shortened(space, asked.params)}
        known = lab.find(settings)
        tired = tired + 1 if known else 0
        trial = known or lab.trial(settings, _pruner(asked))
        tried[_key(trial.settings)] = trial
        _tell(optuna, study, asked, trial)
    return list(tried.values())


def _pruner(asked: Any) -> Callable[[int, float], bool]:
    def is_hopeless(fold: int, value: float) -> bool:
        asked.report(value, fold)
        return bool(asked.should_prune())

    return is_hopeless


def _tell(optuna: Any, study: Any, asked: Any, trial: Trial) -> None:
    states = optuna.trial.TrialState
    if trial.status == "complete":
        study.tell(asked, trial.value)
    elif trial.status == "pruned":
        study.tell(asked, state=states.PRUNED)
    else:
        study.tell(asked, state=states.FAIL)


def _tell_known(
    optuna: Any,
    study: Any,
    distributions: dict[str, Any],
    params: dict[str, Any],
    trial: Trial,
) -> None:
    """Let the sampler and the pruner know of a trial of an earlier run."""
    means = [
        sum(score.value for score in trial.scores[: n + 1]) / (n + 1)
        for n in range(len(trial.scores))
    ]
    states = {
        "complete": optuna.trial.TrialState.COMPLETE,
        "pruned": optuna.trial.TrialState.PRUNED,
        "failed": optuna.trial.TrialState.FAIL,
    }
    study.add_trial(
        optuna.trial.create_trial(
            params=params,
            distributions=distributions,
            value=trial.value if trial.status == "complete" else None,
            intermediate_values=dict(enumerate(means, 1)),
            state=states[trial.status],
        )
    )


def _distribution(optuna: Any, dimension: Choice | Range) -> Any:
    kinds = optuna.distributions
    if isinstance(dimension, Choice):
        return kinds.CategoricalDistribution(dimension.options)
    kind = kinds.IntDistribution if dimension.is_whole else kinds.FloatDistribution
    return kind(dimension.low, dimension.high, log=dimension.is_log)


def _params(lab: Lab, trial: Trial, space: Space) -> dict[str, Any]:
    return {
        d.name: trial.settings.get(d.name, default_of(lab.project, d.name))
        for d in space
    }


def _is_in(lab: Lab, trial: Trial, space: Space, fixed: Settings) -> bool:
    """Say whether a trial changed nothing but the space's vars and the fixed ones."""
    names = {dimension.name for dimension in space}
    others = {n: x for n, x in trial.settings.items() if n not in names}
    wanted = without_defaults(lab.project, fixed)
    if others != {n: x for n, x in wanted.items() if n not in names}:
        return False
    params = _params(lab, trial, space)
    return all(dimension.holds(params[dimension.name]) for dimension in space)


def _shortened(space: Space, params: dict[str, Any]) -> dict[str, Any]:
    """Return sampled values without digits that mean nothing."""
    return {
        d.name: d.short(params[d.name]) if isinstance(d, Range) else params[d.name]
        for d in space
    }


def _grid(space: Space) -> Iterator[dict[str, Any]]:
    values = [
        d.options if isinstance(d, Choice) else range(int(d.low), int(d.high) + 1)
        for d in space
    ]
    for combination in product(*values):
        yield {d.name: x for d, x in zip(space, combination, strict=True)}


def _key(settings: Settings) -> str:
    return repr(sorted(settings.items()))
