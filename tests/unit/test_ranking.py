"""The ranker's trees: what they learn, that they repeat, and what they refuse."""

from __future__ import annotations

import sys

import lightgbm
import numpy as np
import pytest

from recsql.errors import InputError
from recsql.numerics import ranking
from tests.rankers import made_up

NAMES = [f"feature_{n}" for n in range(12)]
FOLDS = [made_up(len(NAMES), seed) for seed in (1, 2, 3)]


def trees(booster: str) -> str:
    """Return the trees; what follows are parameters, of which threads are one."""
    return booster.split("\nparameters:")[0]


@pytest.fixture(scope="module")
def ranker() -> ranking.Ranker:
    return ranking.fit(FOLDS, NAMES, threads=1)


def test_it_orders_pairs_it_has_not_seen(ranker: ranking.Ranker) -> None:
    unseen = made_up(len(NAMES), 4)
    scores = ranking.score(ranker.booster, NAMES, unseen.features)
    taken = unseen.taken == 1
    above = np.mean(scores[taken][:, None] > scores[~taken][None, :])
    assert above > 0.75


def test_gains_are_of_what_matters(ranker: ranking.Ranker) -> None:
    assert ranker.gains[:8].min() > ranker.gains[8:].max()


def test_the_newest_fold_says_how_many_trees(ranker: ranking.Ranker) -> None:
    assert 1 <= ranker.trees < ranking.MOST_TREES
    assert ranker.ndcg is not None
    assert 0.5 < ranker.ndcg <= 1
    assert ranker.booster.count("\nTree=") == ranker.trees


def test_one_fold_has_nothing_to_check_with() -> None:
    ranker = ranking.fit(FOLDS[:1], NAMES, threads=1, most=7)
    assert (ranker.trees, ranker.ndcg) == (7, None)


def test_it_is_the_same_with_other_threads(ranker: ranking.Ranker) -> None:
    again = ranking.fit(FOLDS, NAMES, threads=4)
    assert trees(again.booster) == trees(ranker.booster)


def test_scores_are_those_of_lightgbm(ranker: ranking.Ranker) -> None:
    values = FOLDS[0].features
    expected = lightgbm.Booster(model_str=ranker.booster).predict(values)
    assert np.array_equal(ranking.score(ranker.booster, NAMES, values), expected)


@pytest.mark.parametrize(
    ("names", "seen"),
    [
        ([*NAMES[:-1], "feature_x"], "e.g. feature_11"),
        (NAMES[::-1], "in another order"),
    ],
)
def test_other_features_are_refused(
    ranker: ranking.Ranker, names: list[str], seen: str
) -> None:
    with pytest.raises(ValueError, match=f"other features.*{seen}.*train-ranker"):
        ranking.score(ranker.booster, names, FOLDS[0].features)


def test_without_lightgbm_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(InputError, match=r"pip install 'recsql-recommender\[rank\]'"):
        ranking.require_lightgbm()
