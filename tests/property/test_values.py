"""A value that is present is read as Python reads it, or counted with its text."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from recsql.engine.warehouse import open_warehouse
from tests.worlds import plan_with

EVENTS = {
    "table": "texts",
    "user_id": "1",
    "item_id": "item",
    "event_at": "moment",
    "quantity": None,
    "amount": "amount",
}
NUMBER = re.compile(
    r"[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(inf(inity)?|nan)", re.I
)
PIECES = [*"0123456789" * 2, *".,-+ eE_$%()x", "EUR", "pcs", "\N{NO-BREAK SPACE}"]
numbers = st.one_of(
    st.floats(-1e9, 1e9).map(repr),
    st.integers(-(10**6), 10**6).map(lambda n: f"{n:,}"),
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    st.sampled_from(
        ["", " ", "N/A", "1e400", "nan", "inf", "-inf", "1_0", "0x1F", "5."]
    ),
    st.text(max_size=4),
)


def python_number(text: str) -> float | None:
    """Return what Python reads, of digits in ASCII; None where it reads nothing."""
    text = text.strip(" \t\n\r\f\v")
    if not text.isascii() or not NUMBER.fullmatch(text):
        return None
    try:
        return float(text)
    except ValueError:
        return None


def checked(amounts: list[str], moments: list[str] | None = None) -> list[tuple]:
    """Return amount, time, reason, column and text of each row, through the models."""
    plan = plan_with(events=EVENTS, as_of=None, repeated_lines="exact")
    moments = moments or ["2024-01-01"] * len(amounts)
    with open_warehouse(None, {"TimeZone": "UTC", "threads": 1}) as warehouse:
        warehouse.rows("create schema raw")
        warehouse.rows("create table raw.texts (item int, amount text, moment text)")
        rows = [[n, *x] for n, x in enumerate(zip(amounts, moments, strict=True))]
        warehouse.connection.executemany("insert into raw.texts values (?, ?, ?)", rows)
        for name in ("stg_events", "int_owners", "int_line_checks"):
            sql = plan.models[name].sql
            warehouse.rows(f"create table main.{name} as {sql}")
        return warehouse.rows(
            "select amount, event_at, rejection_reason, unreadable_column, "
            "unreadable_text from main.int_line_checks order by item_id"
        )


@settings(max_examples=15, deadline=None)
@given(st.lists(numbers.filter(lambda t: "\0" not in t), min_size=1, max_size=60))
def test_numbers_are_read_as_python_reads_them_or_counted(texts: list[str]) -> None:
    for text, found in zip(texts, checked(texts), strict=True):
        amount, _, reason, column, kept = found
        expected = python_number(text)
        if not text.strip(" "):
            assert (amount, reason, column) == (None, None, None), (text, found)
        elif expected is None:
            assert (amount, reason, column) == (None, "unreadable_number", "amount")
            assert kept == text
        elif not abs(expected) < 1e12:
            assert (reason, column) == ("unusable_number", None), (text, found)
        else:
            assert amount == expected, (text, found)
            assert math.copysign(1, amount) == math.copysign(1, expected) or not amount
            assert (reason, column) == (None, None)


def test_times_are_read_as_python_reads_them_or_counted() -> None:
    """Texts with any offset, none, or what is no time at all."""
    chance = random.Random(14)
    texts: list[str] = []
    for _ in range(500):
        zone = timezone(timedelta(minutes=15 * chance.randint(-48, 56)))
        moment = datetime(2024, 1, 1, tzinfo=zone) - timedelta(
            seconds=chance.randint(0, 10**9)
        )
        text = moment.isoformat(sep=chance.choice("T "))
        end = chance.choice(["", text[19:], "Z", "+0200", " PM", "x", ",5"])
        texts.append(text[:19] + end)
    texts += ["2024-02-30", "24.12.2023", "1704412800", "2024-01", "soon", "0.5"]
    wrong = 0
    for text, found in zip(texts, checked(["1"] * len(texts), texts), strict=True):
        _, event_at, reason, column, kept = found
        try:
            moment = datetime.fromisoformat(text.replace(",", "x"))
        except ValueError:
            moment = None
        if moment is None or not re.match(r"\d{4}-\d\d-\d\d([T ]|$)", text):
            assert (reason, column, kept) == ("unreadable_time", "event_at", text), text
            wrong += 1
            continue
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        assert (event_at, reason) == (moment, None), text
    assert 100 < wrong < 400
