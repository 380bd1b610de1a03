"""How much each source of a blend should count, learned from what was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Doubles = npt.NDArray[np.float64]
RIDGE = 1.0


def blend_weights(parts: csr_matrix, taken: Doubles) -> Doubles:
    """Return the weight of each source, none below 0; the largest is 1.

    Logistic regression: the chance that a proposed item is taken is
    1 / (1 + exp(-(intercept + parts @ weights))), with weights >= 0 and a ridge of 1 on
    what they are for sources scaled to a largest part of 1. By L-BFGS-B (Byrd, Lu,
    Nocedal and Zhu 1995). All are 0 where no source says more than chance.

    Args:
        parts: shape (pairs, sources): what each source says of a pair, 0: nothing.
        taken: shape (pairs,), 1 where the pair was taken, else 0.

    >>> from scipy.sparse import csr_matrix
    >>> says = csr_matrix(np.array([[1, 0], [1, 1], [0, 1], [0, 0]] * 9, dtype=float))
    >>> blend_weights(says, np.array([1.0, 1.0, 0.0, 0.0] * 9)).round(3)
    array([1., 0.])
    """
    from scipy.optimize import minimize

    count = parts.shape[1]
    largest = np.maximum(np.asarray(parts.max(axis=0).todense()).ravel(), 1e-300)
    columns = parts.multiply(1 / largest).tocsr()

    def loss(point: Doubles) -> tuple[float, Doubles]:
        weights, logits = point[:-1], columns @ point[:-1] + point[-1]
        missed = 1 / (1 + np.exp(-logits)) - taken
        value = np.logaddexp(0, logits).sum() - taken @ logits
        slope = columns.T @ missed + RIDGE * weights
        penalty = RIDGE / 2 * weights @ weights
        return float(value + penalty), np.append(slope, missed.sum())

    bounds: list[Any] = [(0, None)] * count + [(None, None)]
    start = np.append(np.zeros(count), np.log((taken.sum() + 1) / (len(taken) + 1)))
    found = minimize(
        loss,
        start,
        jac=True,
        bounds=bounds,
        method="L-BFGS-B",
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8},
    )
    weights = found.x[:-1] / largest
    top = weights.max(initial=0)
    scaled: Doubles = weights / top if top > 0 else weights
    return scaled
