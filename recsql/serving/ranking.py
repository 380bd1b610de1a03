"""The learned ranker while a request waits: scores of what no source proposed, too."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from recsql.errors import InputError
from recsql.numerics.ranking import Scorer
from recsql.numerics.sessions import Doubles, Flags, Floats, Ints, Linked
from recsql.serving.columns import Ask, numbers_of, owners

LOG = logging.getLogger("recsql.serving")
FACTORS = ("factor_product", "factor_cosine")


@dataclass(frozen=True)
class Known:
    """Some features of each row: a matrix, and which of all each column is."""

    rows: Floats
    columns: list[int]


@dataclass(frozen=True)
class Ranker:
    """A trained ranker, and what it knows of pairs before they are asked for.

    Attributes:
        scorer: its trees.
        scored: by user number, the pairs that were scored with all their features.
        items: features of each item, not a number where there are none.
        users: features of each user.
    """

    scorer: Scorer
    scored: Linked
    items: Known
    users: Known

    def scores(
        self, user: int, allowed: Flags, factors: tuple[Floats, Floats] | None
    ) -> Doubles:
        """Return the score of every allowed item for a user.

        A pair that a source proposes has the score that the refresh gave it, from all
        its features. Any other is scored by what is known of the user, of the item, and
        of their factors; what sources and baskets would say of it is missing, as it was
        where trees learned from pairs of which they say nothing.

        Args:
            user: the user's number.
            allowed: the items that may be shown.
            factors: vectors of users and of items; zeros where there are none.
        """
        scores = np.full(len(allowed), -np.inf)
        places, found = self.scored.row(user)
        scores[places] = found
        left = np.flatnonzero(allowed & np.isneginf(scores)).astype(np.int32)
        if len(left):
            scores[left] = self.scorer.scores(self._features(user, left, factors))
        return scores

    def _features(
        self, user: int, items: Ints, factors: tuple[Floats, Floats] | None
    ) -> Floats:
        width = len(self.scorer.names)
        features = np.full((len(items), width), np.nan, dtype=np.float32)
        features[:, self.items.columns] = self.items.rows[items]
        features[:, self.users.columns] = self.users.rows[user]
        columns = [
            self.scorer.names.index(n) for n in FACTORS if n in self.scorer.names
        ]
        if columns and factors is not None:
            own = factors[0][user].astype(np.float64)
            others = factors[1][items].astype(np.float64)
            product = others @ own
            lengths = np.linalg.norm(others, axis=1) * np.linalg.norm(own)
            there = lengths > 0
            both = np.column_stack([product[there], product[there] / lengths[there]])
            features[np.ix_(there, columns)] = both
        return features


def read_ranker(ask: Ask, numbers: Mapping[str, int], item_count: int) -> Ranker | None:
    """Return the ranker of a version; None where it has none, or LightGBM is not here.

    Args:
        ask: gives the rows of a query of `queries/serve/` by name, or None.
        numbers: each user's number.
        item_count: how many items there are.
    """
    table, pairs = ask("service_rankers"), ask("service_scores")
    if table is None or pairs is None or table.num_rows == 0:
        return None
    row: dict[str, Any] = table.to_pylist()[0]
    try:
        scorer = Scorer(row["booster"])
    except InputError as error:
        LOG.warning("score_all does without the ranker: %s", error)
        return None
    items = _known(
        ask("service_item_features"),
        lambda some: numbers_of(some["item_place"]),
        [scorer.names.index(name) for name in row["item_features"]],
        item_count,
    )
    users = _known(
        ask("service_user_features"),
        lambda some: owners(some, numbers),
        [scorer.names.index(name) for name in row["user_features"]],
        len(numbers),
    )
    scored = Linked.of(
        owners(pairs, numbers),
        numbers_of(pairs["item_place"]).astype(np.int32),
        numbers_of(pairs["score"]).astype(np.float64),
        len(numbers),
    )
    return Ranker(scorer, scored, items, users)


def _known(
    table: pa.Table | None,
    places: Callable[[pa.Table], Ints],
    columns: list[int],
    count: int,
) -> Known:
    """Return the features of a table as a matrix of so many rows."""
    rows = np.full((count, len(columns)), np.nan, dtype=np.float32)
    if table is not None and table.num_rows and columns:
        values = numbers_of(table["features"].combine_chunks().flatten())
        rows[places(table)] = values.reshape(-1, len(columns))
    return Known(rows, columns)
