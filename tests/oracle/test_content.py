"""Content models against short re-implementations over the raw catalogue."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from tests.oracle.test_candidates import Scores, assert_candidates
from tests.worlds import World, listed, random_lines, tiny_world


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


def test_substitutes_are_the_nearest_items_that_may_be_shown(world: World) -> None:
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
            if (items[other]["is_eligible"] or items[other]["is_new"]) and other != item
        }
        order = sorted(near, key=lambda i: (-round(near[i], 9), items[i]["item_index"]))
        order = [i for i in order if near[i] > 0][: world.vars["content_neighbours"]]
        order = [i for i in order if near[i] >= 0.1]  # min_similarity
        order = [i for i in order if items[i]["category"] == items[item]["category"]]
        kept = order[: world.vars["substitutes_per_item"]]
        assert [row["item_rank"] for row in found[item]] == [*range(1, len(kept) + 1)]
        np.testing.assert_allclose(
            [row["similarity"] for row in found[item]], [near[i] for i in kept]
        )
        for row in found[item]:
            other = row["related_item_id"]
            shared = set(mine) & set(weights[other])
            assert set(str(row["shared_terms"]).split(", ")) == shared


def nearest(world: World, count: int) -> dict[int, dict[int, float]]:
    """Return every item's `count` nearest eligible or new items by text."""
    weights = vectors(world)
    shown = world.rows(
        "select item_id from int_items where is_eligible or is_new order by item_index"
    )
    found = {}
    for item, mine in weights.items():
        near = {
            other: sum(w * weights[other].get(term, 0) for term, w in mine.items())
            for (other,) in shown
            if other != item
        }
        order = sorted(near, key=lambda i: -round(near[i], 9))[:count]
        found[item] = {i: near[i] for i in order if near[i] > 0}
    return found


def test_content_adds_up_over_the_latest_items(world: World) -> None:
    near = nearest(world, world.vars["substitutes_per_item"])
    taken: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in world.dicts("int_user_items"):
        taken[row["user_id"]].append(row)
    scores: Scores = defaultdict(lambda: defaultdict(float))
    terms: dict[tuple[int, int], dict[int, float]] = defaultdict(dict)
    for user, rows in taken.items():
        rows.sort(key=lambda r: r["item_index"])
        rows.sort(key=lambda r: (r["last_at"], r["weight"]), reverse=True)
        for row in rows[: world.vars["latest_items"]]:
            for item, similarity in near[row["item_id"]].items():
                scores[user][item] += row["weight"] * similarity
                terms[user, item][row["item_id"]] = row["weight"] * similarity
    assert_candidates(world, "content", scores)
    for row in world.dicts(listed("content")):
        mine = terms[row["user_id"], row["item_id"]]
        assert mine[row["reason_item_id"]] == pytest.approx(max(mine.values()))


def test_an_item_that_was_never_sold_is_recommended_while_it_is_new() -> None:
    """Item 999 has a text; here it has no date, so the var decides."""
    wide = {"candidates_per_user": 50, "substitutes_per_item": 50}
    wanted = "+cand_content +rec_substitutes"
    for is_new in (True, False):
        given = {**wide, "content_neighbours": 50, "undated_items_are_new": is_new}
        with tiny_world(random_lines(1), wanted=wanted, **given) as world:
            proposed = world.rows(f"from {listed('content')} where item_id = 999")
            replaces = world.rows("from rec_substitutes where related_item_id = 999")
            assert bool(proposed) == bool(replaces) == is_new
