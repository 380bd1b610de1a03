"""The ranker as SQL sees it: Arrow scalars in, a list of scored pairs out."""

from __future__ import annotations

from typing import Any

from recsql.numerics import ranking
from recsql.seam.arrow_lists import as_numbers, list_of

TYPES = (
    ("varchar", "varchar[]", "integer[]", "integer[]", "float[][]"),
    "struct(user_index integer, item_index integer, score double)[]",
)


def rank_score(booster: Any, names: Any, users: Any, items: Any, rows: Any) -> Any:
    """Return the score of each pair, given the features of each; see `ranking.score`.

    Raises:
        ValueError: there is no ranker, or it was trained on other features.
    """
    import numpy as np

    if booster.as_py() is None:
        raise ValueError(
            "no ranker was trained on what came before as_of. "
            "Run: recsql train-ranker --until AS_OF"
        )
    known = names.as_py()
    features = rows.values.flatten().to_numpy(zero_copy_only=False)
    scores = ranking.score(booster.as_py(), known, features.reshape(-1, len(known)))
    return list_of(
        user_index=as_numbers(users, "int32"),
        item_index=as_numbers(items, "int32"),
        score=np.asarray(scores, dtype=np.float64),
    )
