"""Strategy mix against the loop that it stands for: the best next batch, and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
import pytest

from recsql.numerics import ranking
from tests.rankers import rankers_table
from tests.worlds import MIXED, SMALL, World, plan_with, random_lines, tiny_world

pytest.importorskip("lightgbm", reason="needs the extra rank")
SOURCES = ["history", "als", "rules", "group_popular", "popular"]
BATCH = 2


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    given: dict[str, Any] = {
        "surfaces": [
            *SMALL["surfaces"],
            {**MIXED, "length": 6},
            {**MIXED, "name": "news", "allow_repeat": "new_only"},
        ],
        "candidate_sources": SOURCES,
        "mix_batch": BATCH,
    }
    table = rankers_table(plan_with(**given))
    with tiny_world(
        random_lines(3, baskets=250),
        tables={"rankers": table},
        wanted="+rec_for_user +rank_batch_labels",
        **given,
    ) as world:
        yield world


def test_a_mix_is_the_loop_over_the_best_next_batch(world: World) -> None:
    users = {row["user_index"]: row for row in world.dicts("int_users")}
    scores: dict[Any, dict[int, float]] = defaultdict(dict)
    for row in world.dicts("rank_batch_scores"):
        key = users[row["user_index"]]["user_id"], row["allow_repeat"]
        scores[*key, row["candidate_source"]][row["batch"]] = row["score"]
    proposed = defaultdict(dict)
    for row in world.dicts("cand_all"):
        key = row["user_id"], row["candidate_source"]
        proposed[*key, "all"][row["item_rank"]] = row["item_id"]
        if not row["is_repeat"]:
            proposed[*key, "new_only"][row["kind_rank"]] = row["item_id"]
    shown = defaultdict(list)
    for row in sorted(world.dicts("rec_for_user"), key=lambda r: r["item_rank"]):
        if row["candidate_source"] == "mix":
            shown[row["user_id"], row["surface"]].append(row["item_id"])
    compared = 0
    for (user, surface), items in shown.items():
        kind = "all" if surface == "mixed" else "new_only"
        found: list[int] = []
        heads = dict.fromkeys(MIXED["personal"], 1)
        best = dict.fromkeys(heads, 1.0)
        while heads:  # as a shop would write it: one batch after the other
            for source, batch in heads.items():
                score = scores[user, kind, source].get(batch, 0.0)
                best[source] = min(best[source], score)
            source = max(heads, key=lambda name: best[name])
            ranks = proposed[user, source, kind]
            start = (heads[source] - 1) * BATCH + 1
            batch_items = [ranks[r] for r in range(start, start + BATCH) if r in ranks]
            found += [item for item in batch_items if item not in found]
            heads[source] += 1
            if heads[source] > ceil(len(ranks) / BATCH):
                del heads[source]
        assert items == found[: len(items)], (user, surface)
        compared += len(items)
    assert compared > 100


def test_labels_are_the_share_that_was_taken(world: World) -> None:
    took = set(world.rows("select user_id, item_id from int_holdout"))
    batches = defaultdict(list)
    for row in world.dicts("rank_batch_items"):
        key = row["user_index"], row["allow_repeat"], row["candidate_source"]
        batches[*key, row["batch"]].append((row["user_id"], row["item_id"]))
    labels = {
        (r["user_index"], r["allow_repeat"], r["candidate_source"], r["batch"]): r
        for r in world.dicts("rank_batch_labels")
    }
    assert labels
    for key, row in labels.items():
        assert row["taken_share"] == np.mean([pair in took for pair in batches[key]])
    buyers = {user for user, _ in took}
    assert all(
        (key in labels) == (pairs[0][0] in buyers) for key, pairs in batches.items()
    )


def test_chances_are_learned() -> None:
    chance = np.random.default_rng(1)
    rows = chance.random((4_000, 2)).astype(np.float32)
    shares = chance.binomial(5, 0.1 + 0.6 * rows[:, 0]) / 5
    folds = [
        ranking.Examples(rows[part], shares[part].astype(np.float32), np.array([2_000]))
        for part in (slice(2_000), slice(2_000, None))
    ]
    found = ranking.fit_chances(folds, ["a", "b"], threads=1)
    asked = np.array([[0.1, 0.5], [0.9, 0.5]], dtype=np.float32)
    low, high = ranking.score(found.booster, ["a", "b"], asked)
    assert low == pytest.approx(0.16, abs=0.06)
    assert high == pytest.approx(0.64, abs=0.06)
    assert found.gains[0] > found.gains[1]
