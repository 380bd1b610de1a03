"""What a refresh found on its way, for a person or a log: counted by models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from recsql.engine.reading import Reader
from recsql.engine.values import KINDS, VALUES, examples, quoted_texts, value_rows

QUARANTINE = "int_rejected_events"
GIANTS = "mon_giant_baskets"
SPREAD = "mon_spread_baskets"
SHORT = "mon_short_lists"
COVERAGE = "sig_linear_coverage"
DRIFT, FRESHNESS = "mon_drift", "mon_freshness"
WHY_SHORT = {
    "eligible": "no more may be shown",
    "new_only": "the rest is taken already",
    "repeat_only": "no more was taken before",
    "rules": "rules or caps take the rest",
    "sources": "sources propose no more",
}
UNREAD = {
    "events": "these rows are in quarantine",
    "items": "these items are not shown",
    "availability": "these items are not shown there",
    "restrictions": "nothing is published",
    "exposures": "these rows are left out",
}


@dataclass(frozen=True)
class Unchanged:
    """How many models hold what they held, and how many of these were built again."""

    models: int
    of: int
    again: int = 0


@dataclass(frozen=True)
class Quarantine:
    """How many events were read, and how many were rejected for which reason."""

    read: int
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class GiantBaskets:
    """How many baskets have more items than the cap and so make no pairs."""

    cap: int
    baskets: int
    lines: int
    largest: int


@dataclass(frozen=True)
class Monitored:
    """How far this refresh is from the one before, and how old what it read is."""

    drift: Mapping[str, float]  # by measure and statistic, e.g. weight.psi
    age_hours: Mapping[str, float]  # by input, e.g. events.view


@dataclass(frozen=True)
class Noted:
    """A sentence on what was read, and the table that says more."""

    table: str
    text: str


Found = Unchanged | Quarantine | GiantBaskets | Monitored | Noted


def findings(warehouse: Reader, names: Sequence[str]) -> Iterator[Found]:
    """Yield what the models that were built say of the data they read."""
    if VALUES in names:
        yield from _values(warehouse)
    if QUARANTINE in names:
        yield _quarantine(warehouse)
    if GIANTS in names:
        for giants in warehouse.rows(f"from main.{GIANTS} where basket_count > 0"):
            yield GiantBaskets(*giants)
    if SPREAD in names:
        yield from _spread(warehouse)
    if SHORT in names:
        yield from _short_lists(warehouse)
    if COVERAGE in names:
        yield from _left_out(warehouse)
    if {DRIFT, FRESHNESS} <= set(names):
        yield _monitored(warehouse)


def _values(warehouse: Reader) -> Iterator[Noted]:
    """Say of each mapped column what is not as a cast wants it, and what follows."""
    for row in value_rows(warehouse):
        column = f"{row['table_name']}.{row['column_name']}"
        values = row["read_count"] + row["unreadable_count"]
        if row["unreadable_count"]:
            yield Noted(
                VALUES,
                f"{column}: {row['unreadable_count']:,} of {values:,} values cannot be "
                f"read as {KINDS[row['value_type']]}, such as "
                f"{quoted_texts(examples(row))}; {UNREAD[row['table_name']]}",
            )
        if row["far_count"]:
            yield Noted(
                VALUES,
                f"{column}: {row['far_count']:,} of {values:,} times are before var "
                "earliest_event_at or after 2100, such as "
                f"{quoted_texts([row['far_text']])}: seconds read as milliseconds, or "
                "the other way round?",
            )
        if row["zoned_count"]:
            yield Noted(
                VALUES,
                f"{column}: {row['zoned_count']:,} of {values:,} texts name an offset "
                "or a zone, and are read by it; the others are UTC as they stand",
            )


def _spread(warehouse: Reader) -> Iterator[Noted]:
    """Say which orders were used again later, and what became of them."""
    for most, baskets, lines, days, example in warehouse.rows(
        f"from main.{SPREAD} where basket_count > 0"
    ):
        have = "1 basket has" if baskets == 1 else f"{baskets:,} baskets have"
        yield Noted(
            SPREAD,
            f"{have} lines more than {most} days apart, such as "
            f"{quoted_texts([example])} ({lines:,} lines, up to {days:,.0f} days); "
            "after such a pause starts another basket (var max_basket_days)",
        )


def _quarantine(warehouse: Reader) -> Quarantine:
    ((read,),) = warehouse.rows("select count(*) from main.int_event_checks")
    reasons = warehouse.rows(
        f"select rejection_reason, count(*) from main.{QUARANTINE} "
        "group by rejection_reason order by count(*) desc, rejection_reason"
    )
    return Quarantine(read, dict(reasons))


def _short_lists(warehouse: Reader) -> Iterator[Noted]:
    """Say of each surface how many lists are shorter than they should be, and why."""
    rows = warehouse.rows(
        "select surface, allow_repeat, list_length, reason, count(*), min(item_count) "
        f"from main.{SHORT} group by surface, allow_repeat, list_length, reason "
        "order by surface, allow_repeat, list_length, reason"
    )
    ((all_users,),) = warehouse.rows("select count(*) from main.int_users")
    for (surface, allow_repeat, length), group in groupby(rows, lambda row: row[:3]):
        lists = list(group)
        users, shortest = sum(row[4] for row in lists), min(row[5] for row in lists)
        why = ", ".join(
            f"{WHY_SHORT[allow_repeat if reason == 'repeats' else reason]} ({count:,})"
            for *_, reason, count, _ in lists
        )
        yield Noted(
            SHORT,
            f"surface {surface}: {users:,} of {all_users:,} lists are shorter than "
            f"{length:,} items (the shortest: {shortest:,}): {why}",
        )


def _left_out(warehouse: Reader) -> Iterator[Noted]:
    """Say of each source with an item by item matrix which items are not in it."""
    for source, items, kept, left_out, full_gb in warehouse.rows(
        "select model_name, item_count, kept_count, left_out_count, full_matrix_gb "
        f"from main.{COVERAGE} order by model_name"
    ):
        text = f"source {source}: all {items:,} items are in its matrix"
        if left_out:
            text = (
                f"source {source}: {kept:,} of {items:,} items are in its matrix; it "
                f"never proposes the other {left_out:,}, which are taken least (var "
                "ease_max_items; by default as many as fit in an eighth of "
                f"memory_limit, and all need {full_gb:,.1f} GB)"
            )
        yield Noted(COVERAGE, text)


def _monitored(warehouse: Reader) -> Monitored:
    part = "if(part = 'all', '', '.' || part)"
    drift = warehouse.rows(
        f"select measure || {part} || '.' || statistic, figure from main.{DRIFT} "
        "where refreshes_ago = 0 order by 1"
    )
    ages = warehouse.rows(
        f"select table_name || {part}, age_hours from main.{FRESHNESS} order by 1"
    )
    return Monitored(dict(drift), dict(ages))
