"""A backtest values its lists by logged exposures, as docs/metrics.md maps them."""

from __future__ import annotations

import csv
import json
import random
import re
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import yaml

from recsql.config.project import builtin_root
from tests.integration.conftest import ITEMS, QUICK, USERS, Recsql

pytestmark = pytest.mark.every_model

PAGE = (builtin_root() / "docs/metrics.md").read_text()


def test_a_backtest_values_lists(shop: Path, recsql: Recsql) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    chance = random.Random(3)
    names = ["user_id", "item_id", "surface", "shown_at", "clicked_at", "propensity"]
    with (shop / "exposures.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        for number in range(600):
            at = datetime(2024, 4, 3) + timedelta(hours=number)
            shown = chance.choice(USERS), chance.choice(ITEMS), "home", at
            clicked = at if chance.random() < 0.2 else None
            rows.writerow([*shown, clicked, 0.05 if number else 0])
    path = str(shop / "exposures.csv")
    assert recsql("load", "--project", shop, "exposures", path).code == 0
    given = f"{{{QUICK}, {json.dumps(yaml.safe_load(block)['vars'])[1:]}"
    done = recsql("backtest", "--project", shop, "--last", "28d", "--vars", given)
    assert done.code == 0
    assert "1 exposures of the holdout have no propensity above 0" in done.err
    assert "Clicks per exposure by the first 10 places, estimated from" in done.out
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        found = file.execute(
            "select list_name, k, count(distinct estimator), min(exposure_count) "
            "from eval_policies inner join eval_runs using (run_id) "
            "where allow_repeat = 'all' group by all order by all"
        ).fetchall()
    assert [row[:3] for row in found] == [("popular", 10, 2), ("surface home", 10, 2)]
    assert all(500 < row[3] < 600 for row in found)
