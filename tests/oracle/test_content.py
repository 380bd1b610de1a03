"""Content models against short re-implementations over the raw catalogue."""

from __future__ import annotations

import math
import re
from collections import Counter

import numpy as np
import pytest

from tests.worlds import World


def vectors(world: World) -> dict[int, dict[str, float]]:
    """Return every item's TF-IDF weights, scaled to length 1."""
    texts = {
        item: Counter(re.findall(r"\w+", f"{kind}, {size or ''} {category}".lower()))
        for item, kind, size, category in world.rows(
            "select product_id, product_type, package_size, product_category "
            "from raw.products"
        )
    }
    held = Counter(term for text in texts.values() for term in text)
    n = len(texts)
    found = {}
    for item, text in texts.items():
        weights = {
            term: math.sqrt(count) * math.log((n + 1) / (held[term] + 1))
            for term, count in text.items()
            if held[term] <= n * world.vars["content_max_item_share"]
        }
        norm = math.sqrt(sum(w * w for w in weights.values()))
        found[item] = {term: w / norm for term, w in weights.items()}
    return found


def test_term_weights_are_tf_idf_of_length_1(world: World) -> None:
    expected = {
        (item, term): pytest.approx(weight, rel=1e-12)
        for item, weights in vectors(world).items()
        for term, weight in weights.items()
    }
    found = world.rows(
        "select item_id, term, weight from sig_item_term_weights "
        "join int_items using (item_index)"
    )
    assert {(item, term): weight for item, term, weight in found} == expected


def test_substitutes_are_the_nearest_eligible_items(world: World) -> None:
    weights = vectors(world)
    items = {row["item_id"]: row for row in world.dicts("int_items")}
    found: dict[int, list[dict[str, object]]] = {item: [] for item in items}
    for row in sorted(world.dicts("rec_substitutes"), key=lambda r: r["item_rank"]):
        found[row["item_id"]].append(row)
    assert found[999], "an item that was never sold has substitutes"
    for item, mine in weights.items():
        near = {
            other: sum(w * weights[other].get(term, 0) for term, w in mine.items())
            for other in items
            if items[other]["is_eligible"] and other != item
        }
        order = sorted(near, key=lambda i: (-round(near[i], 9), items[i]["item_index"]))
        order = [i for i in order if near[i] > 0][: world.vars["content_neighbours"]]
        order = [i for i in order if items[i]["category"] == items[item]["category"]]
        kept = order[: world.vars["substitutes_per_item"]]
        assert [row["item_rank"] for row in found[item]] == [*range(1, len(kept) + 1)]
        np.testing.assert_allclose(
            [row["similarity"] for row in found[item]], [near[i] for i in kept]
        )
        for row in found[item]:
            other = row["substitute_item_id"]
            shared = set(mine) & set(weights[other])
            assert set(str(row["shared_terms"]).split(", ")) == shared
