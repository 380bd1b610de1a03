"""Explanations, users for an item and item pages against short re-implementations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests import linear
from tests.worlds import World, random_lines, tiny_world

LINKED = ("rules", "sequential", "item_knn", "content", "embedding")
WEIGHTED = (*linear.WEIGHTS,)
BINARY = ("graph_filter", "bspm")
FACTORED = ("als", "svd")
WHOLE = ("popular", "group_popular", "new_items", "history")
SOURCES = (*LINKED, *WEIGHTED, *FACTORED, *WHOLE, "user_knn", "bpr")
SETTINGS: dict[str, Any] = {
    "candidate_sources": list(SOURCES),
    "personal_min_orders": 0,
    "svd_factors": 3,
    **linear.SETTINGS,
    "bpr_iterations": 2,
    "surfaces": [
        {
            "name": source,
            "allow_repeat": "all",
            "length": 4,
            "personal": [source],
            "fallback": [],
        }
        for source in SOURCES
    ],
}
Terms = dict[int, float]


@pytest.fixture(scope="module", params=[2, 100])
def explained(request: pytest.FixtureRequest) -> Iterator[World]:
    """A small world in which every source has a surface of its own."""
    given = {**SETTINGS, "explanation_items": request.param}
    wanted = "+rec_explanations +rec_for_user +rec_popular"
    with tiny_world(random_lines(5), wanted=wanted, **given) as built:
        yield built


class Oracle:
    """What each item of a user adds to a score, by item_index, from the signals."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.held: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in world.dicts("int_user_items"):
            if row["weight"] > 0:
                self.held[row["user_id"]].append(row)
        for rows in self.held.values():
            rows.sort(key=lambda r: r["item_index"])
            rows.sort(key=lambda r: (r["last_at"], r["weight"]), reverse=True)
        self.similar = world.dicts("sig_user_neighbours")
        self.cells: dict[int, dict[int, float]] = defaultdict(dict)
        for row in world.dicts("sig_user_knn_weights"):
            self.cells[row["user_index"]][row["item_index"]] = row["weight"]
        self.indexes = dict(world.rows("select user_id, user_index from int_users"))
        self.weights = {
            (row["user_index"], row["item_index"]): row["weight"]
            for rows in self.held.values()
            for row in rows
        }
        self.links: dict[str, dict[tuple[int, int], float]] = {}
        for source, sql in (
            (
                "rules",
                "select antecedent_index, consequent_index, log_lift from sig_rules "
                "where leverage > 0 and rule_rank <= 6",
            ),
            (
                "sequential",
                "select antecedent_index, consequent_index, log_lift "
                "from sig_sequential_rules",
            ),
            (
                "item_knn",
                "select item_index, similar_item_index, similarity "
                "from sig_knn_neighbours",
            ),
            (
                "content",
                "select item_index, similar_item_index, similarity "
                "from sig_content_neighbours where neighbour_rank <= 3",
            ),
            (
                "embedding",
                "select item_index, similar_item_index, similarity "
                "from sig_embedding_neighbours where neighbour_rank <= 3",
            ),
        ):
            self.links[source] = {(a, b): c for a, b, c in world.rows(sql)}
        shape = (
            max(r["user_index"] for rows in self.held.values() for r in rows) + 1,
            world.rows("select count(*) from int_items where is_eligible")[0][0],
        )
        weighed = np.zeros(shape)
        for row in world.dicts("int_user_items"):
            if row["is_eligible"]:
                weighed[row["user_index"], row["item_index"]] = row["weight"]
        self.matrices = {
            source: linear.WEIGHTS[source](
                (weighed > 0).astype(float) if source in BINARY else weighed
            )
            for source in WEIGHTED
        }
        self.factors = {
            source: np.array([*world.factors(source, "item").values()], np.float32)
            for source in FACTORED
        }

    def terms(self, source: str, user: int, item: int) -> Terms:
        held = self.held[user]
        if source == "history":
            return {
                r["item_index"]: r["weight"] for r in held if r["item_index"] == item
            }
        if source in LINKED:
            latest = held if source == "item_knn" else held[:4]
            is_rule = source in ("rules", "sequential")
            links = self.links[source]
            return {
                r["item_index"]: links[r["item_index"], item]
                * (1 if is_rule else r["weight"])
                for r in latest
                if (r["item_index"], item) in links
            }
        known = [r for r in held if r["is_eligible"]]
        if source == "als":
            return self.als_terms(known, item)
        if source == "user_knn":
            return self.neighbour_terms(self.indexes[user], item)
        of: Callable[[int], float] = {
            "svd": lambda i: float(self.factors["svd"][i] @ self.factors["svd"][item]),
        }.get(source, lambda i: float(self.matrices[source][i, item]))
        binary = source in BINARY
        return {
            r["item_index"]: (1.0 if binary else r["weight"]) * of(r["item_index"])
            for r in known
        }

    def neighbour_terms(self, user: int, item: int) -> Terms:
        """Split the vote of each similar user among the items in common."""
        found: Terms = defaultdict(float)
        for row in self.similar:
            other = row["similar_user_index"]
            if row["user_index"] != user or (other, item) not in self.weights:
                continue
            vote = row["similarity"] * self.weights[other, item]
            if other == user:
                found[item] += vote
                continue
            mine, theirs = self.cells[user], self.cells[other]
            products = {i: mine[i] * theirs[i] for i in mine.keys() & theirs.keys()}
            for index, product in products.items():
                found[index] += vote * product / sum(products.values())
        return found

    def als_terms(self, known: list[dict[str, Any]], item: int) -> Terms:
        from implicit.cpu.als import AlternatingLeastSquares

        items = self.factors["als"]
        model = AlternatingLeastSquares(
            factors=items.shape[1], regularization=0.05, alpha=5.0
        )
        model.item_factors = items.copy()
        columns = [r["item_index"] for r in known]
        weights = np.array([r["weight"] for r in known], np.float32)
        row = csr_matrix((weights, ([0] * len(known), columns)), shape=(1, len(items)))
        _, found, _ = model.explain(0, row, item, N=1000)
        return dict(found)


def parts_of(world: World) -> dict[tuple[int, str, int], list[dict[str, Any]]]:
    """Return the parts of each shown row, in order."""
    found = defaultdict(list)
    rows = world.dicts("rec_explanations")
    for row in sorted(rows, key=lambda r: r["part_rank"]):
        found[row["user_id"], row["surface"], row["item_id"]].append(row)
    return found


def test_contributions_are_the_models_terms(explained: World) -> None:
    oracle, wanted = Oracle(explained), explained.vars["explanation_items"]
    places = dict(explained.rows("select item_id, item_index from int_items"))
    parts = parts_of(explained)
    for user, source, item, source_score in explained.rows(
        "select user_id, surface, item_id, score from rec_for_user"
    ):
        mine = parts[user, source, item]
        assert [row["part_rank"] for row in mine] == [*range(1, len(mine) + 1)]
        assert sum(row["contribution"] for row in mine) == pytest.approx(
            source_score, abs=1e-6
        )
        if source in ("popular", "group_popular", "new_items", "bpr"):
            kind = "new" if source == "new_items" else "popular"
            kinds = [row["part"] for row in mine]
            assert kinds == (["others"] if source == "bpr" else [kind])
            continue
        terms = oracle.terms(source, user, places[item])
        named = [row for row in mine if row["part"] != "others"]
        found = {places[row["reason_item_id"]]: row["contribution"] for row in named}
        assert len(found) == min(wanted, len(terms))
        largest = sorted(terms.values(), reverse=True)[:wanted]
        assert [row["contribution"] for row in named] == pytest.approx(
            largest, abs=1e-5
        )
        for index, amount in found.items():
            assert amount == pytest.approx(terms[index], abs=1e-5)
        # sums are whole but for rounding to floats and the last step of ALS
        if wanted == 100 and source in (*LINKED, "history"):
            assert len(named) == len(mine)
        elif wanted == 100 and source != "als":
            rest = sum(row["contribution"] for row in mine if row["part"] == "others")
            assert abs(rest) < 1e-4
    assert {surface for _, surface, _ in parts} == set(SOURCES)


def test_rules_come_with_their_counts(explained: World) -> None:
    rules = {
        (rule["antecedent_item_id"], rule["consequent_item_id"]): rule
        for rule in explained.dicts("sig_rules")
    }
    rows = [r for r in explained.dicts("rec_explanations") if r["part"] == "rule"]
    rows = [row for row in rows if row["candidate_source"] == "rules"]
    assert rows
    for row in rows:
        rule = rules[row["reason_item_id"], row["item_id"]]
        assert (row["pair_count"], row["lift"]) == (rule["pair_count"], rule["lift"])
        assert row["contribution"] == rule["log_lift"]


def test_popular_parts_name_the_group(explained: World) -> None:
    shares = {
        (kind, name, item): share
        for kind, name, item, share in explained.rows(
            "select group_kind, group_name, item_id, user_share from rec_popular"
        )
    }
    rows = [r for r in explained.dicts("rec_explanations") if r["part"] == "popular"]
    assert {row["group_kind"] for row in rows} >= {"all", "user_group"}
    for row in rows:
        group = row["group_kind"], row["group_name"]
        assert row["user_share"] == shares[*group, row["item_id"]]


def test_users_for_an_item_are_fused_by_their_ranks() -> None:
    sources = ["history", "als", "rules", "content", "popular", "group_popular"]
    with tiny_world(
        random_lines(6),
        wanted="+rec_users_for_item",
        candidate_sources=sources,
        users_per_item=4,
    ) as world:
        rows = world.dicts("rec_users_for_item")
        candidates = world.dicts("cand_all")
        index = dict(world.rows("select user_id, user_index from int_users"))
        taken = {
            (user, item): (baskets, last)
            for user, item, baskets, last in world.rows(
                "select user_id, item_id, basket_count, last_at from int_user_items"
            )
        }
    lists: dict[Any, list[Any]] = defaultdict(list)
    for row in candidates:
        if "popular" not in row["candidate_source"]:
            place = (-row["score"], index[row["user_id"]], row["user_id"])
            lists[row["item_id"], row["candidate_source"]].append(place)
    scores: dict[Any, dict[Any, float]] = defaultdict(lambda: defaultdict(float))
    names: dict[Any, set[str]] = defaultdict(set)
    for (item, source), places in lists.items():
        for rank, (_, _, user) in enumerate(sorted(places), 1):
            scores[item][user] += 1 / (60 + rank)
            names[item, user].add(source)
    found: dict[Any, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["item_rank"]):
        item, user = row["item_id"], row["user_id"]
        found[item].append(user)
        assert row["score"] == pytest.approx(scores[item][user], rel=1e-12)
        assert row["sources"] == ", ".join(sorted(names[item, user]))
        assert row["is_repeat"] == ((user, item) in taken)
        known = taken.get((user, item), (None, None))
        assert (row["basket_count"], row["last_at"]) == known
    assert set(found) == set(scores)
    for item, users in found.items():
        order = sorted(
            scores[item], key=lambda u: (-round(scores[item][u], 12), index[u])
        )
        assert users == order[:4]


def test_pages_of_items_on_sale_and_of_others() -> None:
    ends = "case when product_id % 3 = 0 then timestamp '2024-01-01' end"
    items = {
        "table": "products",
        "item_id": "product_id",
        "title": "product_type",
        "category": "product_category",
        "available_to": ends,
    }
    with tiny_world(
        random_lines(7), wanted="+rec_item_page", items=items, item_page_length=4
    ) as world:
        rows = world.dicts("rec_item_page")
        known = [item for (item,) in world.rows("select item_id from int_items")]
        shown = {
            item
            for (item,) in world.rows(
                "select item_id from int_items where is_eligible or is_new"
            )
            if item % 3
        }
        lists = {
            name: world.rows(
                f"select item_id, {column}, {kind} from {name} order by item_rank"
            )
            for name, column, kind in (
                ("rec_substitutes", "related_item_id", "'substitute'"),
                ("rec_complements", "related_item_id", "'complement'"),
            )
        }
        popular = world.rows(
            "select item_id from sig_popularity order by popularity_rank"
        )
    pages: dict[int, list[Any]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: r["item_rank"]):
        pages[row["item_id"]].append((row["kind"], row["related_item_id"]))
        assert row["is_available"] == (row["item_id"] in shown)
    for item in known:
        wanted: dict[int, str] = {}
        for name in lists:
            if name == "rec_complements" or item not in shown:
                for owner, other, kind in lists[name]:
                    if owner == item:
                        wanted.setdefault(other, kind)
        for (other,) in popular:
            if other != item:
                wanted.setdefault(other, "popular")
        expected = [(kind, other) for other, kind in wanted.items()][:4]
        assert pages[item] == expected
        assert {other for _, other in pages[item]} <= shown
    assert {"substitute", "complement", "popular"} == {
        k for page in pages.values() for k, _ in page
    }
