"""A shop whose users' chances of a click are known: a week of the loop improves it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.worlds import AS_OF, Line, random_lines, tiny_world

pytestmark = pytest.mark.slow
DAYS, LENGTH, AMONG, SLOTS = 6, 6, 8, [5, 6]
MAPPING: dict[str, Any] = {
    "table": "log",
    "user_id": "who",
    "item_id": "what",
    "surface": "place",
    "variant": None,
    "shown_at": "moment",
    "clicked_at": "clicked",
    "propensity": "chance",
    "where": None,
}
HOME: dict[str, Any] = {
    "name": "home",
    "allow_repeat": "all",
    "length": LENGTH,
    "personal": ["history"],
    "fallback": ["popular"],
    "explore": {"at": SLOTS, "among": AMONG},
}


def shown(lines: list[Line], log: list[dict[str, Any]], day: int) -> list[Any]:
    """Return the lists of a day: user, item, propensity and what placed it."""
    with tiny_world(
        lines,
        wanted="+rec_for_user",
        tables={"log": pa.Table.from_pylist(log)},
        exposures=MAPPING,
        surfaces=[HOME],
        candidate_sources=["history", "popular"],
        candidates_per_user=40,
        min_item_baskets=1,
        half_life_days=None,
        as_of=str(AS_OF + timedelta(days=day)),
    ) as world:
        return world.rows(
            "select user_id, item_id, propensity, placed_by from rec_for_user "
            "order by user_id, item_rank"
        )


def test_a_week_of_the_loop_earns_more_clicks() -> None:
    """What was shown by chance is found, clicked, learned, and shown again."""
    chance = np.random.default_rng(4)
    tastes = chance.beta(0.4, 1.6, (130, 40))  # some items are liked, most are not
    lines = [line for line in random_lines(3) if line.at < AS_OF]
    first = {"who": 100, "what": 1, "place": "mail", "moment": AS_OF, "chance": 1.0}
    log: list[dict[str, Any]] = [{**first, "clicked": AS_OF}]
    rates, explored = [], []
    for day in range(DAYS):
        moment = AS_OF + timedelta(days=day, hours=12)
        rows = shown(lines, log, day)
        rates.append(np.mean([tastes[user, item] for user, item, *_ in rows]))
        for user, item, propensity, placed_by in rows:
            explored.append((placed_by == "exploration", propensity))
            clicked = bool(chance.random() < tastes[user, item])
            row = {"who": user, "what": item, "place": "home", "moment": moment}
            row |= {"clicked": moment if clicked else None, "chance": propensity}
            log.append(row)
            if clicked:
                lines.append(Line(user, item, 10_000 + len(log), moment))
    assert rates[-1] > 1.3 * rates[0], rates
    assert np.mean(rates[-2:]) > np.mean(rates[:2])
    share = np.mean([is_explored for is_explored, _ in explored])
    assert share == pytest.approx(len(SLOTS) / LENGTH, abs=0.02)
    assert {round(p, 6) for is_explored, p in explored if is_explored} == {1 / AMONG}
    assert {p for is_explored, p in explored if not is_explored} == {1.0}
