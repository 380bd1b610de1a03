"""Item by item weights of each linear source in a few lines of NumPy each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

# What the formulas below have in them.
SETTINGS: dict[str, Any] = {
    "ease_regularization": 2.0,
    "edlae_regularization": 2.0,
    "edlae_dropout": 0.25,
    "graph_filter_factors": 3,
    "bspm_factors": 3,
    "bspm_blur_steps": 2,
    "bspm_blur_time": 1.2,
    "bspm_sharpen_steps": 2,
    "bspm_sharpen_time": 0.5,
}


def ease(x: Any, dropout: float = 0.0) -> Any:
    gram = x.T @ x
    noise = dropout / (1 - dropout) * np.diag(np.diag(gram))
    inverse = np.linalg.inv(gram + noise + 2.0 * np.eye(x.shape[1]))
    return np.eye(x.shape[1]) - inverse / np.diag(inverse)


def filters(x: Any) -> tuple[Any, Any]:
    """Return the linear and the ideal low-pass filter of GF-CF, items by items."""
    users, items = x.sum(axis=1, keepdims=True), x.sum(axis=0)
    r = x / np.where(users, users, 1) ** 0.5 / items**0.5
    _, vectors = np.linalg.eigh(r.T @ r)
    passed = vectors[:, -3:] @ vectors[:, -3:].T
    return r.T @ r, 0.3 * passed * items**0.5 / items[:, None] ** 0.5


def bspm(x: Any) -> Any:
    linear, ideal = filters(x)
    one = now = np.eye(x.shape[1])
    for _ in range(2):
        now = now + 0.6 * (now @ linear - now)
    now = now + one @ ideal
    for _ in range(2):
        now = now - 0.25 * now @ linear
    return now


def sar(x: Any) -> Any:
    taken = (x > 0).astype(float)
    both, held = taken.T @ taken, taken.sum(axis=0)
    return both / (held[:, None] + held - both)


WEIGHTS: dict[str, Callable[[Any], Any]] = {
    "ease": ease,
    "edlae": partial(ease, dropout=0.25),
    "graph_filter": lambda x: sum(filters(x)),
    "bspm": bspm,
    "sar": sar,
}
