"""The public tables do not depend on row order or on the number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.tries import tries
from tests.worlds import (
    ALL_SOURCES,
    MOVING,
    SMALL,
    Line,
    experiments,
    plan_with,
    random_lines,
    shuffled,
    tiny_world,
)

PER_RUN = {"run_id", "generated_at"}
INNER = ("sig_user_factors", "sig_item_factors", "sig_rules", "cand_all")

# a smaller world explains nothing: do not spend minutes on shrinking one
WORLDS = settings(deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])

Tables = dict[str, list[tuple[Any, ...]]]


def public_tables(lines: Sequence[Line], threads: int) -> Tables:
    """Return every public table, and the signals behind them, as sorted rows."""
    names = {*plan_with(**SMALL).public, *INNER}
    tests = experiments("2024-03-01")
    surfaces = [*SMALL["surfaces"], MOVING]
    with tiny_world(lines, threads=threads, surfaces=surfaces, **tests) as world:
        return {
            name: sorted(
                (
                    tuple((k, row[k]) for k in row if k not in PER_RUN)
                    for row in world.dicts(name)
                ),
                key=repr,
            )
            for name in names & set(world.warehouse.kinds)
            if not name.startswith("mon_")  # may be empty
        }


def assert_same(one: Tables, other: Tables) -> None:
    """Compare bit for bit: `==` on doubles, and no table may be empty."""
    assert all(one.values())
    for name, rows in one.items():
        assert rows == other[name], name


@settings(WORLDS, max_examples=tries(4))
@given(seed=st.integers(0, 10**6), order=st.integers(1, 10**6))
def test_row_order_and_threads_change_nothing(seed: int, order: int) -> None:
    lines = random_lines(seed)
    expected = public_tables(lines, threads=1)
    assert_same(expected, public_tables(shuffled(lines, order), threads=4))


@settings(WORLDS, max_examples=tries(2))
@given(seed=st.integers(0, 10**6))
def test_the_same_input_gives_the_same_tables_again(seed: int) -> None:
    lines = random_lines(seed)
    assert_same(public_tables(lines, threads=4), public_tables(lines, threads=4))


SIMILAR = ["als", "feature_als", "bpr", "lmf", "svd"]
PER_BUILD = {*PER_RUN, "changed_at", "refreshed_at", "since_at", "until_at"}
PER_BUILD |= {"counted_at", "fitted_at", "started_at"}


def every_table(lines: Sequence[Line], threads: int) -> dict[str, list[str]]:
    """Return the rows of all tables of all sources, so many models at once."""
    given = {"candidate_sources": ALL_SOURCES, "similar_items": SIMILAR}
    with tiny_world(lines, threads=threads, at_once=threads, **given) as world:
        tables = [n for n, kind in world.warehouse.kinds.items() if kind == "table"]
        return {
            name: sorted(
                repr([(k, v) for k, v in row.items() if k not in PER_BUILD])
                for row in world.dicts(name)
            )
            for name in tables
        }


def test_every_table_is_the_same_with_1_2_and_8_models_at_once() -> None:
    lines = random_lines(7)
    expected = every_table(lines, 1)
    assert len(expected) > 100
    for threads in (2, 8):
        found = every_table(lines, threads)
        assert [n for n in expected if found[n] != expected[n]] == []
