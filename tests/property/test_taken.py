"""What is taken, seen and disliked: an order line of weight above 0 that stays."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.worlds import World, listed, tiny_world

MAPPED = {
    "table": "clicks",
    **{n: n for n in ("user_id", "item_id", "event_at", "event_type", "quantity")},
    "region": "region",
    "basket_id": None,
}
START = datetime(2024, 10, 1)
Event = tuple[str, str, str, str]  # who, what, which type, on which day


def clicks(events: list[Event]) -> dict[str, pa.Table]:
    """Return a raw table of events; a return is a type of its own."""
    users, items, types, days = zip(*events, strict=True)
    at = [START + timedelta(days=float(day) - 1) for day in days]
    count = len(events)
    return {
        "clicks": pa.table(
            {
                "user_id": pa.array(users, pa.string()),
                "item_id": pa.array(items, pa.string()),
                "event_type": pa.array(types, pa.string()),
                "event_at": pa.array(at, pa.timestamp("us")),
                "quantity": pa.array([None] * count, pa.float64()),
                "region": pa.array(["north"] * count, pa.string()),
            }
        )
    }


SETTINGS: dict[str, Any] = {
    "events": MAPPED,
    "items": {"table": None, "item_id": "item_id"},
    "users": {"table": None, "user_id": "user_id"},
    "min_item_baskets": 1,
    "min_pair_count": 1,
    "as_of": None,
    "candidates_per_user": 20,
    "personal_min_orders": 1,
    "candidate_sources": ["history", "als", "item_knn", "ease", "rules", "popular"],
    "surfaces": [
        {**surface, "length": 10, "fallback": ["popular"]}
        for surface in (
            {"name": "home", "allow_repeat": "all", "personal": ["history"]},
            {"name": "new", "allow_repeat": "new_only", "personal": ["als"]},
            {"name": "again", "allow_repeat": "repeat_only", "personal": ["history"]},
            {
                "name": "unseen",
                "allow_repeat": "new_only",
                "repeat_means": "seen",
                "personal": ["als"],
            },
            {
                "name": "back",
                "allow_repeat": "repeat_only",
                "repeat_means": "seen",
                "personal": ["history"],
            },
        )
    ],
}
ANN: list[Event] = [
    ("ann", "kettle", "view", "1"),
    ("ann", "kettle", "view", "3"),
    ("ann", "tea", "purchase", "4"),
    ("ann", "mug", "purchase", "5"),
    ("ann", "pot", "view", "2"),
    ("ann", "pot", "purchase", "6"),
    ("ann", "pot", "return", "7"),
    ("ann", "jam", "cart", "7"),
    ("ann", "oat", "cart", "6"),
    ("ann", "oat", "removefromcart", "7"),
    ("ann", "rum", "cart", "6"),
    ("ann", "rum", "purchase", "6.1"),
    ("ann", "rum", "return", "7"),
    ("ann", "fish", "purchase", "5.2"),
    ("ann", "fish", "dislike", "7"),
    ("ann", "fish", "dislike", "7.1"),
    ("bob", "tea", "purchase", "1"),
    ("bob", "tea", "purchase", "8"),
    ("bob", "mug", "purchase", "8"),
    ("bob", "kettle", "view", "8"),
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tiny_world([], tables=clicks(ANN), **SETTINGS) as world:
        yield world


def test_only_what_was_bought_is_bought_again(world: World) -> None:
    rows = world.rows("select user_id, item_id, basket_count from rec_buy_again")
    assert sorted(rows) == [
        ("ann", "mug", 1),
        ("ann", "tea", 1),
        ("bob", "mug", 1),
        ("bob", "tea", 2),
    ]
    rhythms = world.rows("from int_repurchases")
    assert rhythms == [("bob", "tea", 7.0, 1)]


def test_a_reason_says_what_happened(world: World) -> None:
    rows = world.rows(
        "select item_id, reason from rec_for_user "
        "where user_id = 'ann' and surface = 'home'"
    )
    assert dict(rows) == {
        "kettle": "viewed 2 times, last on 2024-10-03",
        "tea": "taken 1 time, last on 2024-10-04",
        "mug": "taken 1 time, last on 2024-10-05",
        "pot": "viewed 1 time, last on 2024-10-02",  # the purchase was taken back
        "jam": "in your cart",
        "oat": "removed from your cart 1 time, last on 2024-10-07",
        "rum": "put in your cart 1 time, last on 2024-10-06",  # bought and given back
    }


def test_kinds_of_feedback_are_countable_apart(world: World) -> None:
    query = """
        select
            item_id, taken_count, seen_count, disliked_count, is_in_cart,
            type_counts['view'], type_counts['cart'], type_counts['removefromcart'],
            type_counts['dislike'], type_counts['purchase']
        from int_user_items where user_id = 'ann' order by item_id
    """
    assert world.rows(query) == [
        ("fish", 1, 0, 2, False, 0, 0, 0, 2, 1),
        ("jam", 0, 1, 0, True, 0, 1, 0, 0, 0),
        ("kettle", 0, 2, 0, False, 2, 0, 0, 0, 0),
        ("mug", 1, 0, 0, False, 0, 0, 0, 0, 1),
        ("oat", 0, 2, 0, False, 0, 1, 1, 0, 0),
        ("pot", 0, 1, 0, False, 1, 0, 0, 0, 0),
        ("rum", 0, 1, 0, False, 0, 1, 0, 0, 0),
        ("tea", 1, 0, 0, False, 0, 0, 0, 0, 1),
    ]


def test_dates_are_of_what_was_taken(world: World) -> None:
    query = """
        select first_taken_at, last_taken_at, first_at, last_at from int_user_items
        where user_id = 'ann' and item_id = {}
    """
    day = {n: START + timedelta(days=n - 1) for n in (1, 3, 4)}
    assert world.rows(query.format("'kettle'")) == [(None, None, day[1], day[3])]
    assert world.rows(query.format("'tea'")) == [(day[4],) * 4]
    dates = world.rows(
        "select first_at, last_at from int_items where item_id = 'kettle'"
    )
    assert dates == [(None, None)]


def test_a_view_is_no_basket_line(world: World) -> None:
    names = world.rows("select item_id, basket_count, visit_count from int_items")
    assert {n: counts for n, *counts in names} == {
        "tea": [3, 3],
        "mug": [2, 2],
        "fish": [1, 1],
        "kettle": [0, 3],
        "pot": [0, 1],
        "jam": [0, 1],
        "oat": [0, 1],
        "rum": [0, 1],
    }
    held = world.rows(
        "select distinct item_id from int_basket_items "
        "join int_items using (item_index)"
    )
    assert sorted(held) == [("fish",), ("mug",), ("tea",)]
    assert world.rows("select basket_count, user_count from int_reference_time") == [
        (4, 2)
    ]
    orders = dict(world.rows("select user_id, order_count from int_users"))
    assert orders == {"ann": 2, "bob": 2}


def test_a_repeat_is_what_was_taken_or_what_the_surface_says(world: World) -> None:
    def shown(surface: str) -> set[str]:
        query = (
            "select item_id from rec_for_user where user_id = 'ann' and surface = '{}'"
        )
        return {item for (item,) in world.rows(query.format(surface))}

    seen = {"kettle", "pot", "jam", "oat", "rum"}
    assert shown("new") == seen
    assert shown("again") == {"tea", "mug"}
    assert shown("unseen") == set()
    assert shown("back") == {"tea", "mug", *seen}
    for source in SETTINGS["candidate_sources"]:
        query = f"select item_id, is_repeat from {listed(source)} where user_id = 'ann'"
        for item, is_repeat in world.rows(query):
            assert is_repeat == (item in {"tea", "mug"}), (source, item)


def test_whoever_looked_and_then_bought_is_evaluated_as_new() -> None:
    later: list[Event] = [("ann", "kettle", "purchase", "12")]
    settings = {**SETTINGS, "as_of": "2024-10-10", "holdout_days": 7}
    with tiny_world([], tables=clicks([*ANN, *later]), **settings) as world:
        truth = world.rows("select user_id, item_id, is_repeat from eval_truth")
        assert truth == [("ann", "kettle", False)]
        users = world.rows(
            "select distinct user_count from eval_summary "
            "where allow_repeat = 'new_only' and list_name = 'surface new' "
            "and metric = 'ndcg'"
        )
        assert users == [(1,)]


def test_where_all_that_users_do_is_to_play_plays_are_taken() -> None:
    played = [(user, item, "play", day) for user, item, _, day in ANN]
    settings = {
        **SETTINGS,
        "event_weights": {"play": 1.0},
        "order_event_types": ["play"],
    }
    with tiny_world([], tables=clicks(played), **settings) as world:
        rows = world.rows(
            "select item_id, reason from rec_for_user "
            "where user_id = 'bob' and surface = 'again'"
        )
        assert dict(rows)["tea"] == "taken 2 times, last on 2024-10-08"
        assert len(rows) == 3


@pytest.mark.parametrize("seed", range(3))
def test_taken_equals_a_loop_over_random_events(seed: int) -> None:
    chance = random.Random(seed)
    types = ["purchase"] * 4 + ["return", "return", "view", "cart", "dislike"]
    events: list[Event] = [
        (
            chance.choice("abc"),
            chance.choice("wxyz"),
            chance.choice(types),
            str(1 + n / 10),
        )
        for n in range(150)
    ]
    expected: dict[tuple[str, str], list[int]] = {}
    for user, item in {event[:2] for event in events}:
        mine = [kind for *who, kind, _ in events if who == [user, item]]
        held = 0
        for kind in mine:
            held = {"purchase": held + 1, "return": max(0, held - 1)}.get(kind, held)
        seen = mine.count("view") + mine.count("cart")
        counts = [held, seen, mine.count("dislike")]
        if any(counts):
            expected[user, item] = counts
    wanted = "+int_user_items"
    with tiny_world([], tables=clicks(events), wanted=wanted, **SETTINGS) as world:
        rows = world.rows(
            "select user_id, item_id, taken_count, seen_count, disliked_count, "
            "is_taken, basket_count from int_user_items"
        )
    assert {(u, i): [*counts] for u, i, *counts, _, _ in rows} == expected
    assert all(is_taken == (taken > 0) for _, _, taken, *_, is_taken, _ in rows)
    assert all((baskets > 0) == (taken > 0) for _, _, taken, *_, baskets in rows)
