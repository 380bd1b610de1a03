"""A project whose models see the future fails its backtest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.conftest import Recsql

pytestmark = pytest.mark.every_model

LEAKS = {
    # staging without its filter
    "sql/staging/stg_events.sql": (
        r"where part = 'past'",
        "",
        "nothing_is_from_the_future",
    ),
    # a source that reads raw events, and so the holdout
    "sql/candidates/cand_popular.sql": (
        r"\{\{ ref\(\"sig_popularity\"\) \}\}",
        '{{ input_relation("events") }}',
        "reads raw.events itself",
    ),
}


@pytest.mark.parametrize("file", LEAKS)
def test_a_leak_fails_the_backtest(shop: Path, recsql: Recsql, file: str) -> None:
    pattern, instead, said = LEAKS[file]
    assert recsql("eject", Path(file).stem, "--project", shop).code == 0
    text, count = re.subn(pattern, instead, (shop / file).read_text())
    assert count
    (shop / file).write_text(text)
    done = recsql("backtest", "--last", "2w", "--project", shop)
    assert done.code
    assert said in done.err + done.out
    assert "leads by" not in done.out
