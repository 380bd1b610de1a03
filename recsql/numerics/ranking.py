"""A learned ranker: gradient-boosted trees over features of pairs, by LightGBM.

LambdaMART (Burges 2010, "From RankNet to LambdaRank to LambdaMART"): trees are fitted
to the change in NDCG that swapping two items of one user's list would make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recsql.errors import InputError, install

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Doubles = npt.NDArray[np.float64]

OBJECTIVE = "lambdarank"
PARAMETERS = {
    "objective": OBJECTIVE,
    "lambdarank_truncation_level": 20,  # what is below place 20 is not shown
    "metric": "ndcg",
    "eval_at": [10],
    "learning_rate": 0.1,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "max_bin": 127,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 42,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
MOST_TREES = 150
PATIENCE = 20  # trees without a better NDCG on the newest fold until it stops
SCORING_THREADS = 2
CHANCES = "cross_entropy"  # of strategy mix: the share of a batch that is taken


@dataclass(frozen=True)
class Examples:
    """Pairs of one moment, user by user, and which of them were taken after it.

    Attributes:
        features: shape (pairs, features); not a number where there is none.
        taken: shape (pairs,), 1 or 0.
        sizes: shape (users,), how many pairs each user has; they add up to `pairs`.
    """

    features: Floats
    taken: Floats
    sizes: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ranker:
    """A trained ranker.

    Attributes:
        booster: LightGBM's own text of the trees.
        trees: how many there are.
        ndcg: NDCG@10 of the newest fold's candidates in the order that was learned from
            the older folds; None with one fold.
        gains: shape (features,), how much the splits on each lower the loss.
    """

    booster: str
    trees: int
    ndcg: float | None
    gains: Doubles


def fit(
    folds: Sequence[Examples],
    names: Sequence[str],
    *,
    threads: int,
    most: int = MOST_TREES,
) -> Ranker:
    """Train on all folds, oldest first, with as many trees as suit the newest.

    That number is found by training on all folds but the newest, until `PATIENCE` more
    trees do not order it better; with one fold it is `most`.
    """
    trees, ndcg = most, None
    if len(folds) > 1:
        trees, ndcg = _best_size(folds, names, threads, most)
    booster = _train(_dataset(folds, names), trees, threads)
    return Ranker(
        booster=booster.model_to_string(),
        trees=trees,
        ndcg=ndcg,
        gains=booster.feature_importance("gain"),
    )


def fit_chances(
    folds: Sequence[Examples], names: Sequence[str], *, threads: int, most: int = 100
) -> Ranker:
    """Train trees that say the chance of an item, on all folds, oldest first.

    `taken` is the share of each row's items that was taken. The newest fold says how
    many trees are enough, as in `fit`.
    """
    import numpy as np

    lightgbm, columns = require_lightgbm(), {"feature_name": list(names)}
    settings = {**PARAMETERS, "objective": CHANCES, "metric": CHANCES}
    settings |= {"num_threads": threads, "min_data_in_leaf": 50}
    for name in ("lambdarank_truncation_level", "eval_at"):
        del settings[name]

    def data(some: Sequence[Examples], **more: Any) -> Any:
        rows = np.concatenate([fold.features for fold in some])
        shares = np.concatenate([fold.taken for fold in some])
        return lightgbm.Dataset(rows, shares, params=settings, **columns, **more)

    trees = most
    if len(folds) > 1:
        older = data(folds[:-1])
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        newest = [data(folds[-1:], reference=older)]
        tried = lightgbm.train(
            settings, older, most, valid_sets=newest, callbacks=[stop]
        )
        trees = max(tried.best_iteration, 1)
    booster = lightgbm.train(settings, data(folds), trees)
    gains = booster.feature_importance("gain")
    return Ranker(booster.model_to_string(), trees, None, gains)


def score(booster: str, names: Sequence[str], features: Floats) -> Doubles:
    """Return the score of each row of features of shape (pairs, features).

    Raises:
        ValueError: the trees were grown on other features than `names`.
    """
    scorer = Scorer(booster)
    if scorer.names != list(names):
        odd = sorted(set(scorer.names) ^ set(names))
        seen = f"e.g. {odd[0]}" if odd else "in another order"
        raise ValueError(
            "the ranker was trained on other features than the vars ask for, "
            f"{seen}. Run: recsql train-ranker"
        )
    return scorer.scores(features)


class Scorer:
    """Trees that were read once, for many calls."""

    def __init__(self, booster: str) -> None:
        """Read them from LightGBM's own text."""
        self._model = require_lightgbm().Booster(model_str=booster)
        self.names: list[str] = self._model.feature_name()

    def scores(self, features: Floats) -> Doubles:
        """Return the score of each row of features of shape (pairs, features)."""
        import numpy as np

        found = self._model.predict(features, num_threads=SCORING_THREADS)
        return np.asarray(found, dtype=np.float64)


def _best_size(
    folds: Sequence[Examples], names: Sequence[str], threads: int, most: int
) -> tuple[int, float]:
    """Return how many trees order the newest fold best, and its NDCG@10 with them."""
    older = _dataset(folds[:-1], names)
    newest = _dataset(folds[-1:], names, reference=older)
    stop = require_lightgbm().early_stopping(PATIENCE, verbose=False)
    booster = _train(older, most, threads, valid_sets=[newest], callbacks=[stop])
    return booster.best_iteration, booster.best_score["valid_0"]["ndcg@10"]


def _dataset(folds: Sequence[Examples], names: Sequence[str], **options: Any) -> Any:
    import numpy as np

    return require_lightgbm().Dataset(
        np.concatenate([fold.features for fold in folds]),
        np.concatenate([fold.taken for fold in folds]),
        group=np.concatenate([fold.sizes for fold in folds]),
        feature_name=list(names),
        params=PARAMETERS,
        **options,
    )


def _train(data: Any, trees: int, threads: int, **options: Any) -> Any:
    settings = {**PARAMETERS, "num_threads": threads}
    return require_lightgbm().train(settings, data, trees, **options)


def require_lightgbm() -> Any:
    """Return the module of LightGBM, which only the ranker needs.

    Raises:
        InputError: it is not installed.
    """
    try:
        import lightgbm
    except ImportError:
        raise InputError(f"the ranker needs LightGBM. Run: {install('rank')}") from None
    return lightgbm
