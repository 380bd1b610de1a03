"""What test_spark builds from: vars, raw tables full of odd values, and odd queries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from tests.worlds import ALL_SWITCHES, experiments

AS_OF = datetime(2024, 3, 1)
VARS: dict[str, Any] = {
    "max_unreadable_share": 1,  # one time in four is no time
    **ALL_SWITCHES,
    **experiments("2024-02-01"),
    "as_of": str(AS_OF),
    "events": {
        "table": "events",
        "user_id": "visitor",
        "item_id": "product",
        "event_at": "happened",
        "event_type": "kind",
        "basket_id": "receipt",
        "quantity": "quantity",
        "amount": "amount",
        "rating": None,
        "region": "shop",
        "where": None,
    },
    "items": {
        "table": "items",
        "item_id": "product",
        "title": "concat_ws(', ', name, size)",
        "category": "category",
        "available_from": "available_from",
        "attributes": {"department": "size"},
        "variant": "name",
        "where": None,
    },
    "availability": {
        "table": "events",
        "region": "shop",
        "item_id": "product",
        "where": "kind = 'view' or shop <> 'Nord'",
    },
    "restrictions": {
        "table": "events",
        "kind": "case when quantity = '1.5' then 'Block' else 'allow' end",
        "user_id": "visitor",
        "region": None,
        "item_id": "product",
        "category": None,
        "starts_at": None,
        "ends_at": None,
        "where": "quantity = '1.5' or visitor = 'u001'",
    },
    "users": {
        "table": "users",
        "user_id": "visitor",
        "user_group": "age",
        "where": None,
    },
    "exposures": {
        "table": "events",
        "user_id": "visitor",
        "item_id": "product",
        "surface": "'home'",
        "variant": "case when shop = 'Nord' then 'small' end",
        "shown_at": "happened",
        "clicked_at": "case when kind = 'Purchase' then happened end",
        "propensity": "case when shop = 'Nord' then '0.5' else amount end",
        "where": None,
    },
    "min_item_baskets": 3,
    "als_factors": 8,
    "als_iterations": 3,
    "candidates_per_user": 25,
    "segment_min_ratio": 2.0,
    "eval_cutoffs": [5, 10],
}
TIMES = ["2024", "now", "12:30", "2024-02-30", "soon", "", None, " 2024-01-05"]
TIMES += ["2024-1-5 10:00", "2024-01-05T10:00:00.1234567Z", "2024-01-05 10:00:00+02"]
TIMES += ["2024-01-05 ", "2024-01-05 10", "2024-01-05 10:00 ", "2024-01", "5"]
WORDS = ["a", "B", "é", "z", "", " b ", "a\\b", "it's", "🥐", None, "Straße", "\t"]
NUMBERS = [
    "1",
    "1.5",
    " 2 ",
    "1d",
    "2.5F",
    "1e3",
    "-0",
    "nan",
    "inf",
    "1,5",
    ".5",
    "5.",
]
TITLES = [
    "Käse",
    "it's",
    'the "best"',
    "a\\b",
    "牛乳",
    "  ",
    None,
    "🥐 croissant",
    "{{ x }}",
]
QUERIES = [
    "select team, list_sort(list({'word': word, 'number': number})) as r from raw.odd "
    "where word is not null and number is not null group by team",
    "select concat(word, '/', other, nullif(team, 1)) as r from raw.odd",
    "select word || other as r, concat_ws('-', word, other, team) as s from raw.odd",
    "select 'it''s a\\b' as r, '{{ \"x\" }}' as s",
    "select word, try_cast(word as timestamp) as r from raw.odd where word <> 'inf'",
    "select word, try_cast(word as double) as r from raw.odd",
    "select word, substr(word, 1, 3) as r, "
    "cast('0x' || substr(md5(word), 1, 13) as bigint) as s from raw.odd",
    "select team, cast(sum(cast(number * power(2, 80) as hugeint)) as double) as r "
    "from raw.odd group by team",
    "select team, [min(number), max(number)] as r, "
    "[min(team), max(team), count(*)][3] as s from raw.odd group by team",
    "select team, arg_max(word, number) as r from raw.odd group by team",
    "select team, arg_max(word, (number, other)) as r, min(word) as s, max(word) as t "
    "from raw.odd group by team",
    "select epoch(try_cast(word as timestamp)) - epoch(timestamp '2024-01-05') as r, "
    "avg(team * 0.1) over (partition by length(word) > 4) as s from raw.odd "
    "where word <> 'inf'",
    "select try_cast(word as timestamp) + to_seconds(team * 100000) as r, "
    "try_cast(word as timestamp) - interval '28' day as s from raw.odd "
    "where word <> 'inf'",
    "select cast(number as bigint) as r, cast(number * -3 as integer) as s, "
    "round(number) as t, floor(number) as u, ceil(number) as v from raw.odd",
    "select cast(cast(number as decimal(18, 3)) as varchar) as r from raw.odd",
    "select team, 1 / 3 as r, 2.0 / 3 as s, number / 7 as t, avg(2.0 / 3) as u "
    "from raw.odd where number is not null group by team, number",
    "select row_number() over (partition by team order by number desc, word) as r, "
    "rank() over (order by word) as s, dense_rank() over (order by team) as t, "
    "lag(word) over (order by number, word) as u, lead(team) over (order by word desc) "
    "as v from raw.odd where word is not null",
    "select *, row_number() over (partition by team order by number, word) as r "
    "from raw.odd where word is not null qualify r <= 2 and team > 0",
    "select team, row_number() over (partition by team order by word) as r "
    "from raw.odd where word is not null qualify r <= 2",
    "select unnest(range(1, 4)) as r",
    "select unnest([5, 10, 5]) as r",
    "select unnest(range(1, team)) as r from raw.odd",
    "select team, median(number) as r, stddev_samp(number) as s, sum(number) as t, "
    "count(distinct word) as u, count(*) filter (where number > 3) as v, "
    "bool_or(number > 9) as w, bool_and(number > 1) as x from raw.odd group by team",
    "select log2(number) as r, ln(number) as s, exp(-number) as t, sqrt(number) as u, "
    "pow(number, 2) as v, abs(-number) as w from raw.odd where number > 0",
    "select greatest(number, team, null) as r, least(number, team) as s from raw.odd",
    "select length(word) as r, trim(word) as s, lower(word) as t, upper(word) as u, "
    "replace(word, 'a', '_') as v, nullif(word, '') as w, md5(word) as x, "
    "word < other as y from raw.odd where word <> 'Straße'",
    "select word from raw.odd where exists (select 1 from raw.odd as f "
    "where f.other = raw.odd.word) and team in (1, 2) and number between 1 and 9",
    "select list_inner_product([number, team], [team, number]) as r, "
    "list_inner_product([]::double[], []::double[]) as s from raw.odd "
    "where number is not null",
    "select team from raw.odd where word in (select other from raw.odd) "
    "order by team desc, number, word limit 3",
    "select team, array_to_string(list_filter(string_split(string_agg(word, '|' "
    "order by number, word), '|'), lambda w: list_contains(['a', 'B', 'é'], w)), '-') "
    "as r from raw.odd where word <> '' group by team",
]
REGIONS = ["Nord", "Süd", "O'Hare", None]


def raw_tables(
    visits: int = 800, of_users: int = 240, of_items: int = 70
) -> dict[str, pa.Table]:
    """Make up small tables that hold everything that goes wrong in real ones."""
    chance = random.Random(7)
    users = [f"u{n:03}" for n in range(of_users)]
    items = [f"Item {n}" if n % 7 else f"ítem'{n}" for n in range(of_items)]
    events = [row for _ in range(visits) for row in _visit(chance, users, items)]
    events += chance.sample(events, 60)
    events += [(*row[:5], "-1", *row[6:]) for row in chance.sample(events, 90)]
    return {
        "events": _table(
            "visitor product happened kind receipt quantity amount shop", events
        ),
        "items": _table(
            "product name size category available_from",
            [_item(chance, item) for item in [*items[:-10], *items[:9], "unsold"]],
        ),
        "users": _table(
            "visitor age",
            [
                (user, chance.choice(["19-24", " 25-34", "", None]))
                for user in [*users[:150], *users[:20], "newcomer", None]
            ],
        ),
    }


def _visit(
    chance: random.Random, users: list[str], items: list[str]
) -> Iterator[tuple[str | None, ...]]:
    """Yield the lines of one visit; some of them are broken."""
    user = chance.choice([*users, *users[:20] * 4, None])
    start = datetime(2024, 1, 1) + timedelta(minutes=chance.randrange(60 * 24 * 88))
    receipt = chance.choice([f"r{chance.randrange(10**6)}", None])
    shop = chance.choice(REGIONS)
    for number in range(chance.randint(1, 7)):
        first = int(len(items) * chance.random() ** 2)
        happened = start + timedelta(seconds=number, microseconds=123456 * (number % 2))
        broken = chance.random() < 0.02
        yield (
            user,
            chance.choice([None, "", " "]) if broken else items[first],
            chance.choice(TIMES) if chance.random() < 0.02 else str(happened),
            chance.choice(
                ["Purchase", "view", " click", "addtocart"] * 9 + ["?", None]
            ),
            receipt,
            chance.choice(["1", "2", "1.5", None] * 9 + ["0", "-1", "1d", "many"]),
            str(chance.randrange(1, 9)),
            shop,
        )


def _item(chance: random.Random, item: str) -> tuple[str | None, ...]:
    return (
        item,
        chance.choice(TITLES),
        chance.choice(["1 l", "500 g", None]),
        chance.choice(["dairy", "Bäcker", " ", None]),
        chance.choice(["2024-01-31", "2024-01-31 10:00", "31.1.2024", None]),
    )


def _table(names: str, rows: list[tuple[str | None, ...]]) -> pa.Table:
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    return pa.table(dict(zip(names.split(), columns, strict=True)))


def odd_words() -> pa.Table:
    """Hold the odd texts and numbers that QUERIES are asked about."""
    words = list(dict.fromkeys([*WORDS, *TIMES, *NUMBERS]))
    count = len(words)
    return pa.table(
        {
            "word": pa.array(words, pa.string()),
            "other": pa.array(words[::-1], pa.string()),
            "team": pa.array([n % 4 for n in range(count)], pa.int64()),
            "number": pa.array(
                [None if n % 4 == 3 or n % 7 == 0 else n * 0.3 for n in range(count)],
                pa.float64(),
            ),
        }
    )
