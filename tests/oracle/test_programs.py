"""Slots as a linear program: against SciPy's, with whole slots and honest prices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from recsql.numerics.programs import Slots, allot
from tests.worlds import PRICED, SMALL, World, random_lines, tiny_world


def solved(slots: Slots) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the optimum over all pairs, prices of stock and of promises, by SciPy."""
    pairs, count = range(len(slots.users)), len(slots.promised)
    limited = np.flatnonzero(np.isfinite(slots.stock))
    most = np.zeros((slots.users.max() + 1 + len(limited) + count, len(pairs) + count))
    least = [slots.length] * (slots.users.max() + 1)
    for pair in pairs:
        most[slots.users[pair], pair] = 1
        for row, item in enumerate(limited, len(least)):
            most[row, pair] = slots.chances[pair] * (slots.items[pair] == item)
        if (supplier := slots.suppliers[slots.items[pair]]) >= 0:
            most[len(least) + len(limited) + supplier, pair] = -1
    for supplier in range(count):
        most[len(least) + len(limited) + supplier, len(pairs) + supplier] = -1
    bounds = [(0, 1)] * len(pairs) + [(0, None)] * count
    unit = abs(slots.worths).max()  # the solver's tolerances are absolute
    cost = [*-slots.worths / unit, *[100.0] * count]
    limits = [*least, *slots.stock[limited], *-slots.promised]
    found = linprog(cost, most, limits, bounds=bounds)
    assert found.status == 0
    prices = -found.ineqlin.marginals[len(least) :] * unit
    stock = np.zeros(len(slots.stock))
    stock[limited] = prices[: len(limited)]
    promises = prices[len(limited) :]
    promises[promises > 99.99 * unit] = np.nan  # it falls short at any price
    return -found.fun * unit, stock, promises


def random_slots(seed: int, users: int, items: int, unit: float = 1.0) -> Slots:
    chance = np.random.default_rng(seed)
    count = users * items
    worths = chance.random(count) * unit
    places = np.empty(count, dtype=np.int32)
    who = np.repeat(np.arange(users, dtype=np.int32), items)
    places[np.lexsort((-worths, who))] = np.tile(np.arange(1, items + 1), users)
    stock = np.where(
        chance.random(items) < 0.5, chance.random(items) * users / 8, np.inf
    )
    return Slots(
        users=who,
        items=np.tile(np.arange(items, dtype=np.int32), users),
        places=places,
        chances=chance.random(count),
        worths=worths,
        stock=stock,
        suppliers=chance.integers(-1, 3, items).astype(np.int32),
        promised=np.array([users * 0.9 + 0.37, users * 0.4 + 0.21, 0.0]),
        length=3,
    )


@pytest.mark.parametrize(("seed", "unit"), [(0, 1.0), (1, 1e-6), (2, 1e6), (3, 1.0)])
def test_prices_are_those_of_all_pairs(seed: int, unit: float) -> None:
    """The program grows from few pairs, and ends at the prices of all of them."""
    slots = random_slots(seed, 30, 16, unit)
    best, stock, promises = solved(slots)
    found = allot(slots, 10**9)
    assert found.prices.stock == pytest.approx(stock, abs=1e-6 * unit)
    assert found.prices.promises == pytest.approx(
        promises, abs=1e-6 * unit, nan_ok=True
    )
    assert not found.is_sample
    # whole slots earn what the program says, but for the users that it divides
    earned = slots.worths[found.is_shown].sum()
    divided = np.count_nonzero(np.isfinite(slots.stock)) + len(slots.promised)
    if not np.isnan(promises).any():
        assert best - divided * unit <= earned <= best + 1e-6 * unit
    require_limits(slots, found.is_shown)


def require_limits(slots: Slots, is_shown: np.ndarray) -> None:
    shown = np.bincount(slots.users[is_shown], minlength=1)
    assert shown.max() <= slots.length
    sold = np.bincount(
        slots.items[is_shown], slots.chances[is_shown], minlength=len(slots.stock)
    )
    assert (sold <= slots.stock + 1e-6).all()


def test_a_sample_prices_what_is_too_large() -> None:
    slots = random_slots(5, 400, 20)
    whole, part = allot(slots, 10**9), allot(slots, 4_000)
    assert part.is_sample
    require_limits(slots, part.is_shown)
    worth = slots.worths
    assert worth[part.is_shown].sum() > 0.9 * worth[whole.is_shown].sum()
    plain = slots.places <= slots.length
    sold = np.bincount(slots.items[plain], slots.chances[plain], minlength=20)
    assert (sold > slots.stock).any()  # without prices more is sold than there is


def test_a_promise_that_cannot_be_kept_has_no_price() -> None:
    slots = random_slots(7, 10, 8)
    slots.promised[:] = 0, 0, 1_000
    found = allot(slots, 10**9)
    assert np.isnan(found.prices.promises[2])
    owed = slots.suppliers[slots.items] == 2
    most = min(3, np.count_nonzero(slots.suppliers == 2)) * 10
    assert found.is_shown[owed].sum() >= most - np.isfinite(slots.stock).sum()


def test_nobody_and_nothing() -> None:
    none, no = np.zeros(0, np.int32), np.zeros(0)
    found = allot(Slots(none, none, none, no, no, no, none, no, 3), 10)
    assert len(found.is_shown) == 0


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tiny_world(
        random_lines(3, baskets=250),
        surfaces=[*SMALL["surfaces"], PRICED],
        wanted="+rec_prices +rec_for_user +rec_excluded",
        candidate_sources=["history", "als", "rules", "group_popular", "popular"],
    ) as world:
        yield world


def test_lists_are_what_the_program_shows(world: World) -> None:
    rows = world.dicts("list_worths")
    limits = {row["item_index"]: row for row in world.dicts("list_item_limits")}
    items = world.dicts("int_items")
    users_of = {row["item_index"]: row["user_count"] for row in items}
    stock = np.full(max(limits) + 1, np.inf)
    suppliers = np.full(max(limits) + 1, -1, dtype=np.int32)
    for item, row in limits.items():
        stock[item] = np.inf if row["stock"] is None else row["stock"]
        suppliers[item] = row["supplier_index"]
        assert row["margin"] == pytest.approx(100 / (3 + users_of[item]))
    columns: dict[str, Any] = {
        name: np.array([row[key] for row in rows])
        for name, key in (
            ("users", "user_index"),
            ("items", "item_index"),
            ("places", "place"),
            ("chances", "chance"),
            ("worths", "worth"),
        )
    }
    slots = Slots(**columns, stock=stock, suppliers=suppliers, length=3,
                  promised=np.array([20.0, 5.0]))  # fmt: skip
    best, _, _ = solved(slots)
    ids = {row["item_index"]: row["item_id"] for row in world.dicts("int_items")}
    users = {row["user_index"]: row["user_id"] for row in world.dicts("int_users")}
    shown = {
        (row["user_id"], row["item_id"])
        for row in world.dicts("rec_for_user")
        if row["surface"] == "priced"
    }
    chosen = [
        row for row in rows
        if (users[row["user_index"]], ids[row["item_index"]]) in shown
    ]  # fmt: skip
    assert len(chosen) == len(shown) == 3 * len(users)
    short = 5 * 100 * max(row["worth"] for row in rows)  # nobody's impressions
    earned = sum(row["worth"] for row in chosen)
    assert earned == pytest.approx(best + short, rel=0.1)
    plain = sum(row["worth"] for row in rows if row["place"] <= 3)
    assert earned != plain
    check_prices(world, chosen, limits, ids)


def check_prices(
    world: World, chosen: list[dict[str, Any]], limits: Any, ids: dict[int, int]
) -> None:
    prices = world.dicts("rec_prices")
    sold: defaultdict[int, float] = defaultdict(float)
    for row in chosen:
        sold[ids[row["item_index"]]] += row["chance"]
    stocks = {row["item_id"]: row for row in prices if row["limit_kind"] == "stock"}
    assert set(stocks) == {ids[i] for i, r in limits.items() if r["stock"] is not None}
    for item, row in stocks.items():
        assert row["used"] == pytest.approx(sold[item])
        assert row["used"] <= row["bound"] + 1e-6
        assert row["shadow_price"] >= 0
        if row["used"] < row["bound"] - 1:
            assert row["shadow_price"] == pytest.approx(0, abs=1e-9)
    assert any(row["shadow_price"] > 0 for row in stocks.values())
    owed = {row["supplier"]: row for row in prices if row["limit_kind"] == "supplier"}
    shown = Counter(limits[row["item_index"]]["supplier"] for row in chosen)
    assert owed["department 1"]["used"] == shown["department 1"]
    assert owed["department 1"]["bound"] == 20
    assert (owed["nobody's"]["used"], owed["nobody's"]["shadow_price"]) == (0, None)
    assert not any(row["is_sample"] for row in prices)


def test_what_is_priced_out_is_told(world: World) -> None:
    steps = Counter(
        (row["surface"], row["step"]) for row in world.dicts("rec_excluded")
    )
    assert steps["priced", "priced out"] > 0
    assert {surface for surface, _ in steps} == {"priced"}
