"""Repeats, returns and the core against plain Python: a stack and a while loop."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import AS_OF, Line, plan_with, random_lines, tiny_world

RULES = {"exact": "exact_duplicate", "sum": "merged_line", "latest": "superseded"}
START = datetime(2024, 1, 1)
COLUMNS = (
    "user_id bigint, item_id bigint, event_at timestamp, unreadable_column varchar, "
    "unreadable_text varchar, "
    "event_type varchar, basket_id varchar, quantity double, amount double, "
    "rating double, region varchar, event_id varchar, deletion varchar, "
    "owner_key ubigint"
)


@dataclass(frozen=True)
class Event:
    """A staged event; `name` goes through SQL as the region."""

    name: str
    user: int | None
    basket: str | None
    item: int
    day: int
    kind: str
    quantity: float | None

    @property
    def is_return(self) -> bool:
        return self.kind == "return" or (self.quantity or 0) < 0

    @property
    def units(self) -> float:
        return 1.0 if self.quantity is None else abs(self.quantity)

    @property
    def order(self) -> tuple[Any, ...]:
        last = (self.basket is None, self.basket or "")
        return (self.day, self.is_return, self.kind, *last, self.units, self.name)


def repeats(event: Event, rule: str) -> tuple[Any, ...]:
    """Return what a line has in common with its repeats."""
    same = (event.user, event.item, event.kind, event.is_return)
    if rule == "sum":
        return (*same, event.basket, event.day if event.basket is None else None)
    guest = event.basket if event.user is None else None
    return (*same, guest) if rule == "latest" else (*same, event)


def settle(events: Sequence[Event], rule: str) -> dict[str, tuple[str | None, Any]]:
    """Return every event's reason and quantity: merge repeats, then stack units."""
    found: dict[str, tuple[str | None, Any]] = {}
    groups = defaultdict(list)
    for event in events:
        groups[repeats(event, rule)].append(event)
    kept = []
    for group in groups.values():
        ordered = sorted(group, key=staying_order, reverse=rule == "latest")
        found |= {e.name: (RULES[rule], e.quantity) for e in ordered[1:]}
        if rule == "sum" and len(group) > 1:
            total = sum(e.units for e in group) * (-1 if group[0].is_return else 1)
            kept.append(replace(ordered[0], quantity=total))
        else:
            kept.append(ordered[0])
    before = {event.name: event.quantity for event in events}
    stacks: dict[Any, list[str]] = defaultdict(list)
    for event in sorted(kept, key=lambda e: e.order):
        owner = (event.user, None if event.user else event.basket, event.item)
        pieces = round(event.units * 2)  # halves of a piece
        if event.is_return:
            reason = "return" if stacks[owner] else "unmatched_return"
            found[event.name] = (reason, before[event.name])
            del stacks[owner][max(len(stacks[owner]) - pieces, 0) :]
        elif event.kind == "purchase":
            stacks[owner] += [event.name] * pieces
        else:
            found[event.name] = (None, event.quantity)
    left = Counter(name for stack in stacks.values() for name in stack)
    for event in kept:
        if event.name not in found and not left[event.name]:
            found[event.name] = ("returned", before[event.name])
        elif event.name not in found:
            whole = left[event.name] == event.units * 2
            found[event.name] = (
                None,
                event.quantity if whole else left[event.name] / 2,
            )
    return found


def staying_order(event: Event) -> tuple[Any, ...]:
    """Order repeats as the model does; DuckDB puts null last, in both directions."""
    return (event.day, event.basket or "", event.quantity or 0.0, event.name)


def by_sql(events: Sequence[Event], rule: str) -> dict[str, tuple[str | None, Any]]:
    compiled = plan_with(repeated_lines=rule).models["int_line_checks"]
    with duckdb.connect() as connection:
        connection.execute(f"create table stg_events ({COLUMNS})")
        connection.execute("create table int_owners (changed_at timestamp)")
        connection.executemany(
            "insert into stg_events by name select ? as user_id, ? as item_id, "
            "? as event_at, ? as event_type, ? as basket_id, ? as quantity, "
            "? as region",
            [
                (
                    *(e.user, e.item, START + timedelta(days=e.day), e.kind),
                    *(e.basket, e.quantity, e.name),
                )
                for e in events
            ],
        )
        rows = connection.execute(
            f"select region, rejection_reason, quantity from ({compiled.sql})"
        ).fetchall()
    assert len(rows) == len(events)
    return {name: (reason, quantity) for name, reason, quantity in rows}


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Up to 30 lines of two users and two guests' baskets, with many returns."""
    lines = draw(
        st.lists(
            st.tuples(
                st.sampled_from([1, 1, 2, None]),
                st.sampled_from(["a", "b"]),
                st.sampled_from([10, 20]),
                st.integers(0, 9),
                st.sampled_from(["purchase", "purchase", "return", "view"]),
                st.sampled_from([1.0, 2.0, 0.5, 3.0, -1.0, -2.0, -0.5]),
            ),
            min_size=1,
            max_size=30,
        )
    )
    return [Event(f"{n:02}", *line) for n, line in enumerate(lines)]


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=40, deadline=None)
@given(events=histories())
def test_lines_are_settled_as_by_a_stack(rule: str, events: list[Event]) -> None:
    assert by_sql(events, rule) == settle(events, rule)


@settings(max_examples=20, deadline=None)
@given(events=histories(), seed=st.integers(0, 9))
def test_the_order_of_rows_changes_nothing(events: list[Event], seed: int) -> None:
    other = list(events)
    random.Random(seed).shuffle(other)
    assert by_sql(events, "sum") == by_sql(other, "sum")


def test_missing_quantities_are_one_piece() -> None:
    events = [
        Event("1", 1, None, 10, 1, "purchase", None),
        Event("2", 1, None, 10, 2, "purchase", None),
        Event("3", 1, None, 10, 3, "return", None),
        Event("4", 2, None, 10, 1, "purchase", 0.1),
        Event("5", 2, None, 10, 2, "purchase", 0.2),
        Event("6", 2, None, 10, 3, "purchase", -0.3),
    ]
    assert by_sql(events, "exact") == {
        "1": (None, None),
        "2": ("returned", None),
        "3": ("return", None),
        "4": ("returned", 0.1),
        "5": ("returned", 0.2),
        "6": ("return", -0.3),
    }


def returning(lines: Sequence[Line], seed: int) -> list[Line]:
    """Let users bring some things back days later."""
    chance = random.Random(seed)
    back = [
        replace(line, at=line.at + timedelta(days=chance.randint(0, 20)), quantity=-1)
        for line in lines
        if chance.random() < 0.3
    ]
    return [*lines, *back]


def taken_in(lines: Sequence[Line], *, is_past: bool) -> Counter[tuple[int, int]]:
    """Count the lines of users that are left before or after as_of."""
    events = [
        Event(str(n), x.user, str(x.basket), x.item, 0, "purchase", x.quantity)
        for n, x in enumerate(lines)
    ]
    chosen = [
        replace(event, day=int((line.at - START).total_seconds()))
        for event, line in zip(events, lines, strict=True)
        if line.quantity and (line.at < AS_OF) == is_past
    ]
    found = settle(chosen, "latest")
    names = {event.name: event for event in chosen}
    return Counter(
        (names[name].user or 0, names[name].item)
        for name, (reason, _) in found.items()
        if reason is None and names[name].user
    )


def test_the_holdout_is_cleaned_by_the_same_rules() -> None:
    lines = returning(random_lines(5), 5)
    with tiny_world(lines, wanted="+int_holdout", repeated_lines="latest") as world:
        found = world.rows("select user_id, item_id, event_count from int_holdout")
    last = AS_OF + timedelta(days=28)
    window = [line for line in lines if AS_OF <= line.at <= last]
    assert found
    assert {(u, i): n for u, i, n in found} == taken_in(window, is_past=False)


def test_every_line_is_accounted_for() -> None:
    lines = returning(random_lines(6), 6)
    with tiny_world(lines, repeated_lines="latest") as world:
        reasons = Counter(
            dict(
                world.rows(
                    "select rejection_reason, count(*) from int_rejected_events "
                    "group by 1"
                )
            )
        )
        ((read, used),) = world.rows(
            "select count(*), (select count(*) from int_events) from stg_events"
        )
        found = world.rows(
            "select user_id, item_id, count(*) from int_events where user_id > 0 "
            "group by all"
        )
    assert read == used + reasons.total()
    assert {(u, i): n for u, i, n in found} == taken_in(lines, is_past=True)
    wanted = {"return", "returned", "unmatched_return", "superseded", "zero_quantity"}
    assert set(reasons) == wanted


@pytest.mark.parametrize(("items", "users"), [(3, 4), (0, 3), (2, 0), (9, 9)])
def test_the_core_is_what_a_while_loop_leaves(items: int, users: int) -> None:
    lines = random_lines(8, baskets=90)
    rule = {"core_min_items_per_user": items, "core_min_users_per_item": users}
    with tiny_world(lines, wanted="+int_event_checks", **rule) as world:
        found = world.rows("select user_id, item_id from int_core")
        used = world.rows(
            "select user_id, item_id from int_event_checks "
            "where rejection_reason is null"
        )
    core = {(x.user, x.item) for x in lines if x.user and x.counts}
    while True:
        item_counts = Counter(user for user, _ in core)
        user_counts = Counter(item for _, item in core)
        smaller = {
            (user, item)
            for user, item in core
            if item_counts[user] >= items and user_counts[item] >= users
        }
        if smaller == core:
            break
        core = smaller
    assert set(found) == core
    items_left = {item for _, item in core}
    guests = {(None, x.item) for x in lines if x.counts and x.user is None}
    assert set(used) == core | {pair for pair in guests if pair[1] in items_left}
    assert (len(core) > 0) == ((items, users) != (9, 9))
