"""Signals at random and at chosen points of every command that changes something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recsql.config.project import builtin_root
from tests.integration import attacks, faults
from tests.integration.conftest import Recsql, write_events
from tests.tries import tries

TRIES = int(os.environ.get("RECSQL_TRIES", tries(24)))  # `make faults` has 300
USERS = [f"gone {number}" for number in range(60)]


@pytest.mark.slow
def test_nothing_is_lost_whatever_strikes(shop: Path, recsql: Recsql) -> None:
    lines = tuple((user, 'sku-01 "x"', "2024-02-01T10:00:00") for user in USERS)
    write_events(shop / "events.csv", lines)
    events = ("load", "events", shop / "events.csv", "--project", shop)
    assert recsql(*events).code == 0
    faults.finish(shop)
    table = attacks.attack(shop, TRIES, TRIES, USERS)
    attacks.require_equal_to_full(shop)
    text = "\n".join([*table.lines(), *table.problems])
    target = builtin_root() / "target"
    target.mkdir(exist_ok=True)
    (target / "faults.txt").write_text(text + "\n")
    print(text)
    assert not table.problems, text
