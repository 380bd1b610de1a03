"""UCI Online Retail, whole: every line is used or in quarantine, by its reason."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.integration.conftest import Recsql
from tests.integration.test_presets import SHARED, run_steps
from tests.tries import NIGHTLY

FILE = SHARED / "online-retail" / "sales_2010_2011.parquet"
CODES = re.compile(
    "POST|DOT|C2|M|D|B|S|PADS|CRUK|BANK CHARGES|AMAZONFEE|GIFT_.*|ADJUST.*|TEST.*"
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here"),
]


def settled() -> tuple[Counter[str | None], int, set[int]]:
    """Return what becomes of every line, the pieces sold, the guests' invoices."""
    reasons: Counter[str | None] = Counter()
    pieces, seen, guests = 0, set(), set()
    for line in pq.read_table(FILE).to_pylist():
        code = line["StockCode"].upper()
        place = (line["InvoiceNo"], line["CustomerID"], code)
        if CODES.fullmatch(code):
            reasons["not_a_product"] += 1
        elif line["Quantity"] > 10_000:
            reasons["extreme_quantity"] += 1
        elif line["UnitPrice"] == 0:
            reasons["zero_amount"] += 1
        else:
            reasons["merged_line" if place in seen else None] += 1
            seen.add(place)
            pieces += line["Quantity"]
            if line["CustomerID"] is None:
                guests.add(line["InvoiceNo"])
    return reasons, pieces, guests


def test_every_line_is_accounted_for(recsql: Recsql, tmp_path: Path) -> None:
    (tmp_path / "sales.parquet").symlink_to(FILE)
    printed = run_steps(recsql, tmp_path, "online-retail")
    reasons, pieces, guests = settled()
    assert reasons.total() == 531_282
    assert "rejected 13,997 of 531,282 events" in printed
    assert "left out of pairs: 1 basket of more than 1,000 items" in printed
    with duckdb.connect(str(tmp_path / "warehouse/build.duckdb")) as file:
        found = file.execute(
            "select rejection_reason, count(*) from int_event_checks group by all"
        ).fetchall()
        assert Counter(dict(found)) == reasons
        used = file.execute("select count(*), sum(quantity) from int_events").fetchone()
        assert used == (reasons[None], pieces)
        invoices = file.execute(
            "select cast(basket_id as bigint) from int_baskets where user_id is null"
        ).fetchall()
        assert {number for (number,) in invoices} == guests
    looked(recsql, tmp_path)
    if NIGHTLY:
        for asked in (("test",), ("backtest", "--last", "28d")):
            done = recsql(*asked, "--project", tmp_path)
            assert (done.code, done.err) == (0, "")


def looked(recsql: Recsql, folder: Path) -> None:
    """Look as a person would: products by name, no codes, no notes of the warehouse."""
    cakes = recsql("show", "rec_complements", "--item", "22423", "--project", folder)
    assert "REGENCY TEA PLATE" in cakes.out
    asked = ("--user", "12347", "--surface", "home")
    mine = recsql("show", "rec_for_user", *asked, "--project", folder)
    assert "last on 2011-12-07" in mine.out
    with duckdb.connect(
        str(folder / "warehouse/recsql.duckdb"), read_only=True
    ) as file:
        shown = file.execute(
            "select item_id, item_title from rec_for_user "
            "union select item_id, item_title from rec_complements"
        ).fetchall()
    assert len(shown) > 3_000
    assert not [row for row in shown if CODES.fullmatch(row[0])]
    assert not [row for row in shown if row[1].lower() in ("found", "damaged", "check")]
