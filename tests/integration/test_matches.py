"""Inputs whose keys do not meet are said, with an example of each side."""

from __future__ import annotations

from pathlib import Path

from tests.integration.conftest import QUICK, Recsql
from tests.integration.test_values import built, changed, run_sql


def test_a_catalogue_in_lower_case_and_a_block_list_with_blanks(
    shop: Path, recsql: Recsql
) -> None:
    run_sql(
        shop,
        """
        create or replace table raw.events as
        select * replace (upper(item_id) as item_id) from raw.events;
        create table raw.items as
        select distinct lower(item_id) as item_id, 'a title' as title, 'c' as category
        from raw.events;
        create table raw.blocked as
        select distinct item_id || ' ' as item_id from raw.events
        where item_id < 'SKU-02'
        """,
    )
    changed(shop, items_table="items", restrictions_table="blocked")
    done = recsql("refresh", "--project", shop, "--vars", f"{{{QUICK}}}")
    assert done.code == 0, done.err
    assert (
        '0 of 20 sold items are in the catalogue: "SKU-19 ""X""" is not, but '
        '"sku-19 ""x""" is; 20 more would meet by lower(trim(...)) in both mappings'
    ).replace('""', '"') in done.err
    assert "0 of 2 items of restrictions were sold or are in the catalogue" in done.err
    assert '"SKU-01 "X" " is not, but "SKU-01 "X"" is; 2 more' in done.err
    assert built(
        shop,
        "select match_name, key_count, matched_count, nearly_count, status "
        "from main.mon_matches order by match_name",
    ) == [
        ("events_items", 20, 0, 20, "warn"),
        ("restrictions_items", 2, 0, 2, "warn"),
    ]
    limit = f"{{{QUICK}, match_fail: {{restrictions_items: 0.5}}}}"
    done = recsql("refresh", "--project", shop, "--vars", limit)
    assert done.code == 1
    assert "0 of 2 items of restrictions" in done.err
    assert "Nothing was published" in done.err
    changed(shop, items_item_id="upper(item_id)", restrictions_item_id="trim(item_id)")
    done = recsql("refresh", "--project", shop, "--vars", limit)
    assert (done.code, done.err) == (0, "")
