"""Similar items by factors against cosines of a dense matrix."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from tests.worlds import World, random_lines, tiny_world

# How many biases each appends to an item's factors.
MODELS = {"als": 0, "feature_als": 0, "bpr": 1, "lmf": 2, "svd": 0}


@pytest.fixture(scope="module")
def similar() -> Iterator[World]:
    given = {
        "candidate_sources": [*MODELS, "popular"],
        "similar_items": [*MODELS],
        "similar_items_per_item": 4,
        "als_factors": 4,
        "bpr_factors": 4,
        "lmf_factors": 4,
        "svd_factors": 4,
    }
    with tiny_world(random_lines(9), **given) as built:
        yield built


@pytest.mark.parametrize("model", MODELS)
def test_similar_items_are_the_nearest_by_cosine(similar: World, model: str) -> None:
    factors = np.array([*similar.factors(model, "item").values()])
    factors = factors[:, : factors.shape[1] - MODELS[model]]
    unit = factors / np.linalg.norm(factors, axis=1, keepdims=True)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -1)
    found: dict[int, list[int]] = defaultdict(list)
    rows = similar.dicts(f"sig_factor_neighbours where model_name = '{model}'")
    for row in sorted(rows, key=lambda r: int(r["neighbour_rank"])):
        mine = found[row["item_index"]]
        mine.append(row["similar_item_index"])
        assert row["neighbour_rank"] == len(mine)
        expected = cosine[row["item_index"], row["similar_item_index"]]
        assert row["similarity"] == pytest.approx(expected, abs=1e-5)
    for item, near in enumerate(cosine):
        best = np.sort(near[near > 1e-6])[::-1][:4]
        np.testing.assert_allclose(near[found[item]], best, atol=1e-5)
