"""Maximal marginal relevance against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsql.numerics.diversity import diversify, held_back


@settings(deadline=None)
@example(seed=216, diversity=1.0)  # equal cosines whose sums round differently
@given(seed=st.integers(0, 10_000), diversity=st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_each_place_goes_to_the_best_that_is_left(seed: int, diversity: float) -> None:
    chance = np.random.default_rng(seed)
    features = chance.integers(0, 3, (8, 4)) * (chance.random((8, 4)) < 0.5)
    lists, items, places = [], [], []
    for number in range(3):
        shown = chance.permutation(10)[: chance.integers(0, 8)]
        lists += [number] * len(shown)
        items += shown.tolist()
        places += range(1, len(shown) + 1)
    order = chance.permutation(len(lists))
    given = [
        np.array(column, dtype=np.int32)[order] for column in (lists, items, places)
    ]
    found = diversify(*given, csr_matrix(features.astype(float)), diversity)
    length = np.linalg.norm(np.vstack([features, np.zeros((2, 4))]), axis=1)
    padded = np.vstack([features, np.zeros((2, 4))])
    unit = padded / np.where(length > 0, length, 1)[:, None]
    for number in range(3):
        left = sorted(
            (place, item) for n, item, place in zip(*given, strict=True) if n == number
        )
        wanted: list[int] = []
        while left:
            gain = [
                (1 - diversity) / np.log2(1 + place)
                - diversity
                * max((round(unit[item] @ unit[i], 9) for i in wanted), default=0)
                for place, item in left
            ]
            best = gain.index(max(gain))
            wanted.append(left.pop(best)[1])
        mine = given[0] == number
        assert given[1][mine][np.argsort(found[mine])].tolist() == wanted


def test_no_lists() -> None:
    none = np.zeros(0, dtype=np.int32)
    assert len(diversify(none, none, none, csr_matrix((0, 0)), 0.5)) == 0


def test_a_share_that_is_none() -> None:
    one = np.ones(1, dtype=np.int32)
    with pytest.raises(ValueError, match="from 0 to 1, not 2"):
        diversify(one, one, one, csr_matrix((2, 1)), 2)


@settings(deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_stays_before_is_what_caps_count(seed: int) -> None:
    chance = np.random.default_rng(seed)
    attributes = np.array([1, 1, 1, 2, 2])  # of five kinds; an item may be of several
    is_of = chance.random((8, 5)) < 0.4
    lists, places = chance.integers(0, 2, 12), chance.permutation(12)
    items, most = chance.integers(0, 10, 12), chance.integers(1, 3, 2)
    held = held_back(lists, items, places, csr_matrix(is_of * attributes), most)
    is_of = np.vstack([is_of, np.zeros((2, 5), bool)])[items]
    for entry in range(12):
        before = (lists == lists[entry]) & (places < places[entry]) & ~held
        full = [
            is_of[entry, kind] and is_of[before, kind].sum() >= most[attribute - 1]
            for kind, attribute in enumerate(attributes)
        ]
        assert held[entry] == any(full)
