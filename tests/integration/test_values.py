"""Values that cannot be read stop a refresh, or are counted by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from recsql.engine.readings import reading
from tests.integration.conftest import QUICK, Recsql


def changed(shop: Path, **mapping: str) -> None:
    """Change entries of the project's mappings: events_amount="paid"."""
    path = shop / "dbt_project.yml"
    lines, section = [], ""
    for line in path.read_text().splitlines():
        if line.startswith("  ") and not line.startswith("   "):
            section = line.strip().split(":")[0]
        key = f"{section}_{line.strip().split(':')[0]}"
        if line.startswith("    ") and key in mapping:
            line = f"    {line.strip().split(':')[0]}: {mapping[key]}"
        lines.append(line)
    path.write_text("\n".join(lines))


def run_sql(shop: Path, sql: str) -> None:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        file.execute(sql)


def built(shop: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        return file.execute(sql).fetchall()


def refreshed(shop: Path, recsql: Recsql):
    return recsql("refresh", "--project", shop, "--vars", f"{{{QUICK}}}")


@pytest.mark.parametrize(
    ("column", "kind", "texts", "values"),
    [
        ("amount", "double", ("1.322,00", "7,95", "-3,5"), (1322, 7.95, -3.5)),
        ("amount", "double", ("$4.50", "12.00 USD"), (4.5, 12)),
        ("amount", "double", ("29,90 EUR", "€ 1.000,00"), (29.9, 1000)),
        ("amount", "double", ("1,322.50", "2,000,000"), (1322.5, 2000000)),
        ("amount", "double", ("1 322,50", "1'000,00"), (1322.5, 1000)),
        ("amount", "double", ("(4.50)", "(12)"), (-4.5, -12)),
        ("amount", "double", ("15 %", "7.5%"), (0.15, 0.075)),
        ("quantity", "double", ("2 pcs", "10 pcs"), (2, 10)),
        ("rating", "double", ("1,5", "4,0"), (1.5, 4)),
        ("rating", "double", ("N/A", "n/a"), (None, None)),
        ("event_at", "timestamp", ("31.12.2023 10:00", "01.02.2024 11:30"), None),
        ("event_at", "timestamp", ("12/31/2023", "01/02/2024"), None),
        ("event_at", "timestamp", ("20231231",), None),
        ("event_at", "timestamp", ("2024-01-05 02:30:00 PM",), None),
        ("event_at", "timestamp", ("1704412800", "1704412900"), None),
        ("event_at", "timestamp", ("1704412800", "1704412900000"), None),
        ("is_deleted", "boolean", ("ja", "nein"), (True, False)),
    ],
)
def test_the_expression_that_is_offered_reads_the_texts(
    column: str,
    kind: str,
    texts: Sequence[str],
    values: Sequence[object] | None,
) -> None:
    way = reading(column, kind, texts)
    assert way
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({column} varchar)")
        connection.executemany("insert into t values (?)", [[text] for text in texts])
        if kind == "timestamp" and "epoch_ms" in way:
            connection.execute(f"alter table t alter {column} type bigint")
        found = [
            row[0]
            for row in connection.execute(
                f"select cast({way} as {kind}) from t"
            ).fetchall()
        ]
    if values is None:
        assert all(2023 <= moment.year <= 2024 for moment in found), found
    else:
        assert found == pytest.approx(list(values))


def test_too_many_stop_the_refresh_before_anything_is_built(
    shop: Path, recsql: Recsql
) -> None:
    run_sql(shop, "alter table raw.events add column paid varchar default '1.322,00'")
    changed(shop, events_amount="paid")
    before = built(shop, "select run_id from main.mon_runs where outcome = 'published'")
    done = refreshed(shop, recsql)
    assert done.code == 2
    (line,) = done.err.strip().splitlines()
    assert "dbt_project.yml: vars: events: amount: paid: " in line
    assert "cannot be read as numbers, such as '1.322,00'" in line
    assert "try_cast(replace(replace(paid, '.', ''), ',', '.') as double)" in line
    assert "int_events" not in done.out
    assert before == built(
        shop, "select run_id from main.mon_runs where outcome = 'published'"
    )
    way = "try_cast(replace(replace(paid, '.', ''), ',', '.') as double)"
    changed(shop, events_amount=f'"{way}"')
    assert refreshed(shop, recsql).code == 0
    assert built(shop, "select distinct amount from main.int_events") == [(1322.0,)]


def test_a_few_go_to_quarantine_with_their_text(shop: Path, recsql: Recsql) -> None:
    run_sql(
        shop,
        """
        create or replace table raw.events as
        select *, '1' as pieces, '5' as stars, 'no' as gone, event_at::varchar as moment
        from raw.events;
        insert into raw.events values
            ('ann', 'sku', '2024-01-01', '2 pcs', '5', 'no', '2024-01-01 10:00:00+02'),
            ('ann', 'sku', '2024-01-01', '', '1,5', 'no', '2024-01-01 10:00:00+02'),
            ('ann', 'sku', '2024-01-01', '3', 'N/A', 'no', '2024-01-01'),
            ('ann', 'sku', '2024-01-01', '3', '1', 'ja', '2024-01-01'),
            ('ann', 'sku', '2024-01-01', '3', '1', 'no', '-infinity'),
            ('ann', 'sku', '2024-01-01', '3', '1', 'no', 'infinity'),
            ('ann', 'sku', '2024-01-01', '3', '1', 'no', '1970-01-20 17:26:40'),
            ('ann', 'sku', '2024-01-01', '3', 'nan', 'no', '2024-01-01 02:30:00 PM')
        """,
    )
    mapping = {"quantity": "pieces", "rating": "stars", "event_at": "moment"}
    changed(shop, **{f"events_{name}": column for name, column in mapping.items()})
    path = shop / "dbt_project.yml"
    path.write_text(path.read_text().replace("is_deleted: null", "is_deleted: gone"))
    done = refreshed(shop, recsql)
    assert done.code == 0, done.err
    for count in ("3 unreadable_number", "2 ancient_time", "1 unreadable_flag"):
        assert count in done.out
    assert "events.quantity: 1 of" in done.out
    assert "'2 pcs'; these rows are in quarantine; see mon_values" in done.out
    assert "events.event_at: 2 of" in done.out
    assert "texts name an offset" in done.out
    assert "seconds read as milliseconds" in done.out
    assert built(
        shop,
        "select rejection_reason, unreadable_column, unreadable_text "
        "from main.int_rejected_events where user_id = 'ann' and item_id = 'sku' "
        "order by all",
    ) == [
        ("ancient_time", None, None),
        ("ancient_time", None, None),
        ("future_time", None, None),
        ("unreadable_flag", "is_deleted", "ja"),
        ("unreadable_number", "quantity", "2 pcs"),
        ("unreadable_number", "rating", "1,5"),
        ("unreadable_number", "rating", "N/A"),
        ("unreadable_time", "event_at", "2024-01-01 02:30:00 PM"),
    ]


def test_seconds_and_milliseconds_in_one_column(shop: Path, recsql: Recsql) -> None:
    seconds = "epoch(event_at::timestamp)::bigint"
    run_sql(
        shop,
        "alter table raw.events add column ts bigint; update raw.events set ts = "
        f"{seconds} * case when hash(item_id) % 2 = 0 then 1 else 1000 end",
    )
    changed(shop, events_event_at="epoch_ms(ts)")
    done = refreshed(shop, recsql)
    assert done.code == 2
    assert "seconds and milliseconds since 1970 are mixed" in done.err
    changed(shop, events_event_at="ts")
    done = refreshed(shop, recsql)
    assert done.code == 2
    way = "epoch_ms(cast(case when ts < 1e11 then ts * 1000 else ts end as bigint))"
    assert way in done.err
    changed(shop, events_event_at=f'"{way}"')
    assert refreshed(shop, recsql).code == 0


@pytest.mark.parametrize("bad", ["soon", "31.12.2030"])
def test_a_window_that_cannot_be_read_is_not_for_ever(
    shop: Path, recsql: Recsql, bad: str
) -> None:
    item = 'sku-00 "x"'
    run_sql(
        shop,
        f"""
        create table raw.blocked as select '{item}' as item_id, '{bad}' as ends;
        create table raw.items as
        select distinct item_id, 't' as title, 'c' as category,
            if(item_id = '{item}', '{bad}', '2099-01-01') as until
        from raw.events
        """,
    )
    changed(shop, items_table="items", items_available_to="until")
    done = refreshed(shop, recsql)
    assert done.code == 0, done.err
    assert "items.available_to: 1 of 20 values cannot be read as times" in done.out
    assert f"such as '{bad}'" in done.out
    assert "these items are not shown" in done.out
    shown = built(shop, "select distinct item_id from main.elig_scope_items")
    assert (item,) not in shown
    assert len(shown) == 19
    changed(shop, restrictions_table="blocked", restrictions_ends_at="ends")
    done = refreshed(shop, recsql)
    assert done.code == 2
    assert "vars: restrictions: ends_at: ends: 1 of 1 values cannot be read" in done.err
    assert f"'{bad}'" in done.err
    assert "would hold for ever" in done.err
