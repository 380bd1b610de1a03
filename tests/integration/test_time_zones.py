"""Times are UTC: the machine's zone changes no table, also where clocks are changed.

In Berlin 01:00 UTC of 2024-10-27 turned 03:00 into 02:00, so that 02:30 was twice; on
2024-03-31 there was no 02:30. St. John's lies 2.5 hours behind UTC in summer.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import ProjectError
from tests.worlds import SMALL, load_lines, plan_with

# user, item, moment in UTC: with a zone, as text that is cast to one, or without a zone
LINES = [
    (1, 10, "timestamptz '2024-10-27 01:45:00+02:00'", "2024-10-26 23:45:00"),
    (1, 20, "timestamptz '2024-10-27 02:30:00+02:00'", "2024-10-27 00:30:00"),
    (1, 30, "timestamptz '2024-10-27 02:30:00+01:00'", "2024-10-27 01:30:00"),
    (1, 40, "timestamptz '2024-10-27 04:15:00+01:00'", "2024-10-27 03:15:00"),
    (2, 10, "cast('2024-10-27 02:30:00+02:00' as timestamptz)", "2024-10-27 00:30:00"),
    (2, 20, "'2024-10-27T02:30:00+01:00'", "2024-10-27 01:30:00"),
    (3, 10, "timestamp '2024-03-31 02:30:00'", "2024-03-31 02:30:00"),
    (3, 20, "timestamptz '2024-03-31 03:30:00+02:00'", "2024-03-31 01:30:00"),
    (3, 30, "timestamptz '2024-03-31 01:30:00+01:00'", "2024-03-31 00:30:00"),
]
TYPES = ("timestamptz", "cast(", "'", "timestamp ")
ZONES = ["Europe/Berlin", "America/St_Johns"]
AS_OF = "2024-10-20 00:00:00"


QUERIES = {
    "staged": "select user_id, item_id, cast(event_at as varchar) from stg_events",
    "events": "select user_id, item_id, cast(event_at as varchar), basket_id "
    "from int_events",
    "weights": "select user_id, item_id, weight from int_user_items",
}
HELD_OUT = "select user_id, item_id, cast(event_at as varchar) from stg_holdout_events"
GIVEN = {
    "events": {"table": "lines", "user_id": "u", "item_id": "i", "event_at": "moment"},
    "session_gap_hours": 1.5,
    "max_user_events_per_day": 3,
    "decay_days": 2,
    "holdout_days": 7,
}


def tables(settings: dict[str, Any]) -> dict[str, list[Any]]:
    """Build tables from the moments; each kind of column has a build of its own."""
    found: dict[str, list[Any]] = {name: [] for name in (*QUERIES, "held_out")}
    for kind in TYPES:
        values = ", ".join(
            f"({user}, {item}, {moment})"
            for user, item, moment, _ in LINES
            if moment.startswith(kind)
        )
        given = f"from (values {values}) as given (u, i, moment)"
        with open_warehouse(None, settings) as warehouse:
            load_lines(warehouse, [])
            warehouse.rows(f"create table raw.lines as {given}")
            build(warehouse, "stg_holdout_events", AS_OF)
            found["held_out"] += warehouse.rows(HELD_OUT)
            build(warehouse, "+int_user_items", None)
            for name, query in QUERIES.items():
                found[name] += warehouse.rows(query)
    return {name: sorted(map(list, rows)) for name, rows in found.items()}


def build(warehouse: Warehouse, wanted: str, as_of: str | None) -> None:
    plan = plan_with(**{**SMALL, **GIVEN, "as_of": as_of})
    for result in run_models(plan, warehouse, plan.graph.select([wanted]), 1):
        assert result.error is None, result.error


def main() -> None:
    """Print the tables as JSON: what each machine, in its zone, is asked for."""
    print(json.dumps(tables({})))


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_of_the_machine_changes_nothing(zone: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import main; main()"],
        cwd=builtin_root(),
        env={**os.environ, "TZ": zone, "PYTHONPATH": str(builtin_root())},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    moments = {(user, item): at for user, item, _, at in LINES}
    assert {(u, i): at for u, i, at, _ in found["events"]} == moments
    assert found["held_out"] == [[1, 10, "2024-10-26 23:45:00"]], "7 days of 24 hours"


def test_pauses_and_ages_are_elapsed_time() -> None:
    found = tables({"TimeZone": "UTC"})
    numbers = {(user, item): basket for user, item, _, basket in found["events"]}
    assert [numbers[1, item] for item in (10, 20, 30, 40)] == ["1#1"] * 3 + ["1#2"]
    weights = {(user, item): weight for user, item, weight in found["weights"]}
    last = datetime.fromisoformat("2024-10-27 03:15:00")
    for user, item, _, moment in LINES[:4]:
        age = (last - datetime.fromisoformat(moment)).total_seconds() / 86400
        assert weights[user, item] == pytest.approx(math.exp(-age / 2), rel=1e-12)


def test_a_zone_in_the_profile_makes_moments_its_wall_time() -> None:
    """Who sets one has its days, and the hour that is there twice."""
    found = tables({"TimeZone": "Europe/Berlin"})
    moments = [at for user, _, at in found["staged"] if user == 1]
    assert moments == [
        f"2024-10-27 0{time}:00" for time in ("1:45", "2:30", "2:30", "4:15")
    ]


@pytest.mark.parametrize("name", ["as_of", "fold_in_after"])
def test_a_var_with_an_offset_is_refused(name: str) -> None:
    root = builtin_root()
    with pytest.raises(ProjectError, match="UTC"):
        compile_project(load_project(root, {name: "2024-10-27 02:30:00+02:00"}))
    compile_project(load_project(root, {name: "2024-10-27T00:30:00Z"}))
