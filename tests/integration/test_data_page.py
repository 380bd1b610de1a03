"""The recipes of docs/data.md are run as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql

PAGE = (builtin_root() / "docs/data.md").read_text()
LINES, BASKETS = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
(MODEL,) = re.findall(r"```sql\n(.*?)```", PAGE, re.S)
OWN = """events: {model: order_lines, user_id: customer, item_id: sku,
  event_at: ordered_at, basket_id: order_id, quantity: quantity}"""
SOURCE = "sources: [{name: raw, schema: raw, tables: [{name: orders}]}]\n"


@pytest.fixture
def shop(recsql: Recsql, tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert recsql("init", folder).code == 0
    with (tmp_path / "orders.jsonl").open("w") as file:
        for n in range(140):
            lines = [{"sku": f"s{n * k % 11}x{k}", "quantity": k} for k in (1, 2, 3)]
            at = f"2025-01-{n % 28 + 1:02d}T10:00:00"
            order = {"order_id": n, "customer": f"u{n % 20}", "ordered_at": at}
            file.write(json.dumps({**order, "lines": lines}) + "\n")
    for month in ("01", "02"):
        channel = ",channel" if month == "02" else ""
        with (tmp_path / f"baskets_{month}.csv").open("w") as file:
            file.write(f"customer,bought_at,basket{channel}\n")
            for n in range(28):
                basket = f'"milk {n % 3}, bread {n % 5}, eggs"'
                end = ",web" * bool(channel)
                file.write(f"u{n},2025-{month}-{n + 1:02d},{basket}{end}\n")
    return folder


def events(shop: Path, recsql: Recsql, mapped: str) -> list[tuple[object, ...]]:
    done = recsql("run", "-s", "+int_events", "--project", shop, "--vars", mapped)
    assert (done.code, done.err) == (0, "")
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as built:
        return built.execute(
            "select count(*), count(distinct user_id), count(distinct item_id), "
            "count(distinct basket_id), sum(quantity) from int_events"
        ).fetchall()


def test_orders_with_lines_inside(shop: Path, recsql: Recsql) -> None:
    files = shop.parent / "orders.jsonl"
    assert recsql("load", "orders", files, "--project", shop).code == 0
    by_vars = events(shop, recsql, LINES)
    assert by_vars == [(420, 20, 33, 140, 840.0)]
    (shop / "sql/staging").mkdir(parents=True, exist_ok=True)
    (shop / "sql/staging/order_lines.sql").write_text(MODEL)
    (shop / "sql/staging/_orders.yml").write_text(SOURCE)
    assert events(shop, recsql, OWN) == by_vars


def test_baskets_as_text_in_monthly_files(shop: Path, recsql: Recsql) -> None:
    files = shop.parent / "baskets_*.csv"
    done = recsql("load", "baskets", files, "--project", shop)
    assert "loaded 56 rows from 2 files" in done.out
    assert "channel" in done.out
    (found,) = events(shop, recsql, BASKETS)
    assert found[:4] == (168, 28, 9, 56)


def test_data_without_times(shop: Path, recsql: Recsql) -> None:
    path = shop.parent / "likes.csv"
    path.write_text("user_id,item_id\n" + "".join(f"u{n % 9},{n}\n" for n in range(90)))
    assert recsql("load", "likes", path, "--project", shop).code == 0
    mapped = (
        "{events: {table: likes, user_id: user_id, item_id: item_id, event_at: null}}"
    )
    (found,) = events(shop, recsql, mapped)
    assert found[:4] == (90, 9, 90, 9)
