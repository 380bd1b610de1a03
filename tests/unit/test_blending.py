"""Learned weights of a blend are the optimum of their loss."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsql.numerics.blending import blend_weights


@pytest.mark.parametrize("seed", range(4))
def test_no_other_weights_explain_more(seed: int) -> None:
    """The slope is 0 for weights above 0, and against growing for those at 0."""
    random = np.random.default_rng(seed)
    says = random.random((4000, 4)) * (random.random((4000, 4)) < 0.6)
    logits = says @ [2.0, 0.7, 0.0, -1.5] - 1.5
    taken = (random.random(4000) < 1 / (1 + np.exp(-logits))).astype(float)
    weights = blend_weights(csr_matrix(says), taken)
    assert weights.max() == 1.0
    assert weights.argmax() == 0
    assert weights[3] == 0.0
    # what is lost is a sum over pairs: found again by Newton's steps over those above 0
    scale, used = says.max(axis=0), weights > 1e-9
    columns = np.column_stack([says[:, used] / scale[used], np.ones(len(says))])
    ridge = np.append(np.ones(used.sum()), 0)
    point = np.zeros(columns.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-columns @ point))
        slope = columns.T @ (chance - taken) + ridge * point
        curve = (columns.T * (chance * (1 - chance))) @ columns + np.diag(ridge)
        point -= np.linalg.solve(curve, slope)
    found = point[:-1] / scale[used]
    np.testing.assert_allclose(weights[used], found / found.max(), atol=1e-4)
    chance = 1 / (1 + np.exp(-columns @ point))
    assert ((says[:, ~used] / scale[~used]).T @ (chance - taken) > -1e-3).all()


def test_noise_has_no_weight() -> None:
    parts = csr_matrix(np.array([[1.0, 0.0], [0.0, 1.0]] * 50))
    assert blend_weights(parts, np.zeros(100)).tolist() == [0.0, 0.0]
