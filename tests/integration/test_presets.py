"""Every preset on files of its layout: real ones where shared data is there."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from recsql.config.scaffold import presets
from tests.integration.conftest import Recsql
from tests.tries import NIGHTLY

SHARED = Path(__file__).parents[3] / "shared" / "data"
CHANCE = random.Random(3)
Rows = Iterable[tuple[object, ...]]
# by day unit tests run under the vars of the two that map most, as numbers and as texts
UNIT_TESTED = ("complete-journey", "shopify")


def write(path: Path, header: str, rows: Rows) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header.split(","), *rows])


def picks(users: int = 40, each: int = 25, items: int = 60) -> list[tuple[int, int]]:
    return [
        (user, item)
        for user in range(1, users + 1)
        for item in CHANCE.sample(range(1, items + 1), each)
    ]


def movielens(folder: Path) -> None:
    rows = [
        (u, i, CHANCE.choice((3, 4, 5)), 10**9 + n) for n, (u, i) in enumerate(picks())
    ]
    write(folder / "ratings.csv", "userId,movieId,rating,timestamp", rows)
    films = [(n, f"Film, {n} (1999)", "Drama|War") for n in range(1, 61)]
    write(folder / "movies.csv", "movieId,title,genres", films)


def retailrocket(folder: Path) -> None:
    kinds = ("view", "addtocart", "transaction")
    rows = [
        (1433221332117 + n * 10**6, u, CHANCE.choice(kinds), i, "")
        for n, (u, i) in enumerate(picks())
    ]
    write(folder / "events.csv", "timestamp,visitorid,event,itemid,transactionid", rows)


def goodbooks(folder: Path) -> None:
    rows = [(u, i, CHANCE.choice((2, 4, 5))) for u, i in picks()]
    write(folder / "ratings.csv", "user_id,book_id,rating", rows)
    books = [(n, f"Book {n}", "A. Writer", "eng") for n in range(1, 61)]
    write(folder / "books.csv", "book_id,title,authors,language_code", books)


def instacart(folder: Path) -> None:
    orders = [
        (
            u * 100 + n,
            u,
            "prior",
            n,
            0,
            f"{CHANCE.randrange(24):02d}",
            7.0 if n > 1 else "",
        )
        for u in range(1, 41)
        for n in range(1, 6)
    ]
    header = "order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day"
    write(folder / "orders.csv", f"{header},days_since_prior_order", orders)
    lines = [
        (order[0], item, place, 0)
        for order in orders
        for place, item in enumerate(CHANCE.sample(range(1, 61), 6), 1)
    ]
    header = "order_id,product_id,add_to_cart_order,reordered"
    write(folder / "order_products__prior.csv", header, lines)
    products = [(n, f"Product {n}", n % 9, n % 3) for n in range(1, 61)]
    header = "product_id,product_name,aisle_id,department_id"
    write(folder / "products.csv", header, products)


def events_json(folder: Path) -> None:
    kinds = ("view", "click", "cart", "purchase", "mystery")
    with (folder / "events.jsonl").open("w") as file:
        for n, (user, item) in enumerate(picks()):
            event = {
                "timestamp": f"2024-0{n % 6 + 1}-11T10:{n % 60:02d}:00Z",
                "user_id": f"u{user}",
                "item_id": f"i{item}",
                "event_type": CHANCE.choice(kinds),
            }
            file.write(json.dumps(event) + "\n")


def shopify(folder: Path) -> None:
    header = (
        "Name,Email,Financial Status,Cancelled at,Created at,Lineitem quantity,"
        "Lineitem name,Lineitem price,Lineitem sku,Vendor"
    )
    rows = []
    for order in range(200):
        at = f"2024-0{order % 6 + 1}-11 10:{order % 60:02d}:00 -0400"
        for line, item in enumerate(CHANCE.sample(range(30), 4)):
            who, state, gone = f"u{order % 40}@shop.example", "paid", ""
            if order == 7:
                state = "refunded"
            if order == 3:
                gone = at
            first = (who, state, gone) if line == 0 else ("", "", "")
            sku = "" if item == 1 else f"0{item}"
            name = f'"Thing, {item}"'
            rows.append((f"#{order}", *first, at, 1, name, 2.5, sku, f"v{item % 3}"))
    write(folder / "orders_export_1.csv", header, rows)


def ga4(folder: Path) -> None:
    kinds = ("view_item", "purchase", "add_to_cart", "scroll")
    with (folder / "events_20240101.json").open("w") as file:
        for n in range(600):
            kind = CHANCE.choice(kinds)
            items = [
                {
                    "item_id": f"s{item}",
                    "item_name": f"Thing {item}",
                    "item_category": f"c{item % 3}",
                    "quantity": "1",
                    "price": 2.5,
                }
                for item in CHANCE.sample(range(30), 3)
                if kind != "scroll"
            ]
            event = {
                "event_timestamp": str(1704067200000000 + n * 600_000_000),
                "event_name": kind,
                "user_id": None,
                "user_pseudo_id": f"b{n % 40}",
                "ecommerce": {
                    "transaction_id": f"t{n}" if kind == "purchase" else None
                },
                "items": items,
            }
            file.write(json.dumps(event) + "\n")


def own_tables(folder: Path) -> None:
    rows = [(u, i, f"2024-0{n % 6 + 1}-11") for n, (u, i) in enumerate(picks())]
    write(folder / "events.csv", "user_id,item_id,event_at", rows)


def online_retail(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select '5' || (i // 5) as InvoiceNo, "
            "'S' || (i * 7 % 40) as StockCode, "
            "'THING ' || (i * 7 % 40) as Description, i % 4 as Quantity, "
            "timestamp '2011-01-01' + to_hours(i) as InvoiceDate, 2.5 as UnitPrice, "
            "case when i % 4 > 0 then i // 5 % 30 end as CustomerID, "
            "'France' as Country "
            "from range(2000) t(i)) to '" + str(folder / "sales.parquet") + "'"
        )


def complete_journey(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select i // 40 % 30 as household_id, i % 3 as store_id, i // 5 as "
            "basket_id, i * 7 % 40 as product_id, 1 as quantity, 2.5 as sales_value, "
            "timestamp '2017-01-01' + to_hours(i) as transaction_timestamp "
            f"from range(2000) t(i)) to '{folder}/transactions.parquet'"
        )
        connection.execute(
            "copy (select i as product_id, 'CAT' as product_category, 'TYPE' as "
            "product_type, 'DEP' as department, '1 LB' as package_size "
            "from range(40) t(i)) "
            f"to '{folder}/products.parquet'"
        )
        connection.execute(
            "copy (select i as household_id, '35-44' as age from range(20) t(i)) "
            f"to '{folder}/demographics.parquet'"
        )


WRITERS: dict[str, Callable[[Path], None]] = {
    "own-tables": own_tables,
    "movielens": movielens,
    "retailrocket": retailrocket,
    "goodbooks": goodbooks,
    "online-retail": online_retail,
    "instacart": instacart,
    "events-json": events_json,
    "complete-journey": complete_journey,
    "shopify": shopify,
    "ga4": ga4,
}


def run_steps(recsql: Recsql, folder: Path, preset: str) -> str:
    """Do what `recsql init` says comes next, with the files in the folder."""
    done = recsql("init", folder, "--preset", preset)
    assert done.code == 0
    printed = ""
    for line in done.out.splitlines():
        words = line.replace("'", "").split()
        if words[:2] in (["recsql", "load"], ["recsql", "refresh"]):
            files = [folder / word for word in words[3:]]
            done = recsql(*words[1:3], *files, "--project", folder)
            assert (done.code, done.err) == (0, ""), line
            printed += done.out
    return printed


def test_every_preset_is_tested() -> None:
    assert sorted(WRITERS) == presets()


@pytest.mark.parametrize("preset", sorted(WRITERS))
def test_preset(recsql: Recsql, tmp_path: Path, preset: str) -> None:
    WRITERS[preset](tmp_path)
    printed = run_steps(recsql, tmp_path, preset)
    assert "published" in printed
    path = str(tmp_path / "warehouse/recsql.duckdb")
    with duckdb.connect(path, read_only=True) as file:
        counted = file.execute(
            "select count(distinct user_id), count(*), count(item_title) "
            "from rec_for_user"
        ).fetchone()
    assert counted
    assert counted[0] >= 20
    assert counted[1] == counted[2] > 100
    if preset == "events-json":
        assert "unknown_event_type" in printed
    if NIGHTLY or preset in UNIT_TESTED:
        done = recsql("test", "--project", tmp_path)
        assert (done.code, done.err) == (0, "")


def test_both_layouts_of_online_retail_give_the_same(
    recsql: Recsql, tmp_path: Path
) -> None:
    online_retail(tmp_path)
    assert recsql("init", tmp_path, "--preset", "online-retail").code == 0
    second = tmp_path / "second.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            'copy (select * rename (InvoiceNo as "Invoice", UnitPrice as "Price", '
            f"CustomerID as \"Customer ID\") from '{tmp_path}/sales.parquet') "
            f"to '{second}'"
        )
    found = []
    for file in (tmp_path / "sales.parquet", second):
        assert recsql("load", "sales", file, "--project", tmp_path).code == 0
        assert recsql("run", "-s", "+int_events", "--project", tmp_path).code == 0
        with duckdb.connect(str(tmp_path / "warehouse/build.duckdb")) as built:
            found.append(
                built.execute(
                    "select count(*), count(distinct user_id), sum(amount) "
                    "from int_events"
                ).fetchall()
            )
    assert found == [[(1500, 30, 7500.0)]] * 2


def test_shopify_orders_are_filled_from_their_first_line(
    recsql: Recsql, tmp_path: Path
) -> None:
    shopify(tmp_path)
    assert recsql("init", tmp_path, "--preset", "shopify").code == 0
    load = ("load", "orders", tmp_path / "orders_export_1.csv", "--project", tmp_path)
    assert recsql(*load).code == 0
    run = ("run", "-s", "+int_rejected_events", "-s", "+int_events")
    assert recsql(*run, "--project", tmp_path).code == 0
    with duckdb.connect(str(tmp_path / "warehouse/build.duckdb")) as built:
        assert built.execute(
            "select count(*), count(user_id), count(distinct user_id), min(event_at) "
            "from int_events"
        ).fetchall() == [(792, 792, 40, datetime(2024, 1, 11, 14))]
        assert built.execute(
            "select event_type, count(*) from int_rejected_events group by 1 order by 1"
        ).fetchall() == [("cancelled", 4), ("refunded", 4)]


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
@pytest.mark.nightly
def test_movielens_on_real_data(recsql: Recsql, tmp_path: Path) -> None:
    for name in ("ratings.csv", "movies.csv"):
        (tmp_path / name).symlink_to(SHARED / "ml-latest-small" / name)
    printed = run_steps(recsql, tmp_path, "movielens")
    assert "published" in printed
    done = recsql("backtest", "--last", "28d", "--project", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert re.search(r"^item_knn +rmse +\d+ +[01]\.\d+ ", done.out, re.M)
