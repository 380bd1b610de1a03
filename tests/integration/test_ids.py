"""Ids of every type: kept, made whole, or refused by name; inputs that never meet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.engine.ids import WHO, require_ids
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.errors import InputError
from recsql.questions.ids import as_typed, id_type
from tests.integration.conftest import QUICK, Recsql

INPUTS = ("events", "items", "users", "availability", "restrictions", "exposures")
NAMES = [f"stg_{name}" for name in INPUTS]
MAPPED: dict[str, Any] = {
    name: {
        "table": name,
        **{
            column: {"user_id": "who", "item_id": "what"}[column]
            for column in WHO
            if name in WHO[column]
        },
    }
    for name in INPUTS
}
MAPPED["events"]["event_at"] = "1"
PLAN = compile_project(load_project(builtin_root()).with_vars(MAPPED))


@pytest.fixture
def raw() -> Iterator[Warehouse]:
    """Six inputs with equal ids, of which a test changes some."""
    with open_warehouse(None, {}) as warehouse:
        warehouse.rows("create schema raw")
        for name in INPUTS:
            warehouse.rows(
                f"create table raw.{name} as "
                "select n::bigint as who, n::bigint as what from range(3) numbers(n)"
            )
        yield warehouse


def given(raw: Warehouse, table: str, column: str, expression: str) -> None:
    raw.rows(
        f"create or replace table raw.{table} as "
        f"select * replace ({expression} as {column}) from raw.{table}"
    )


def refused(raw: Warehouse) -> str:
    with pytest.raises(InputError) as seen:
        require_ids(PLAN, raw, NAMES)
    return str(seen.value)


@pytest.mark.parametrize("kind", ["double", "float", "decimal(18,0)", "decimal(9,2)"])
def test_whole_numbers_become_bigint(raw: Warehouse, kind: str) -> None:
    given(raw, "events", "who", f"case when who < 2 then (13085 + who)::{kind} end")
    given(raw, "items", "what", f"what::{kind}")
    require_ids(PLAN, raw, NAMES)
    assert raw.rows("select typeof(who), who from raw.events order by who") == [
        ("BIGINT", 13085),
        ("BIGINT", 13086),
        ("BIGINT", None),
    ]
    assert raw.rows("select distinct typeof(what) from raw.items") == [("BIGINT",)]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("what + 0.5", "not whole, such as"),
        ("what + 1e16", "is DOUBLE and not whole, such as 1"),
        ("'nan'::double", "not whole, such as nan"),
        ("encode(what::varchar)", "is BLOB; ids are integers, text or UUIDs"),
        ("timestamp '2024-01-01'", "Map item_id: cast(what as varchar)."),
        ("date '2024-01-01'", "is DATE"),
        ("what = 1", "is BOOLEAN"),
        ("{'id': what}", "Map item_id: what.FIELD, the field that is the id."),
        ("[what]", "is BIGINT[]"),
        ("map {'a': what}", "the key that is the id"),
        ("what::varchar::enum ('0', '1', '2')", "is ENUM"),
        ("to_json(what)", "is JSON"),
        ("interval '1' day", "is INTERVAL"),
    ],
)
def test_any_other_type_is_refused_by_name(
    raw: Warehouse, expression: str, words: str
) -> None:
    given(raw, "events", "what", expression)
    line = refused(raw)
    assert line.startswith("dbt_project.yml: vars: events: item_id: what is ")
    assert words in line


@pytest.mark.parametrize(
    ("column", "table"),
    [
        *(("what", name) for name in ("items", "availability", "restrictions")),
        *(("who", name) for name in ("users", "restrictions", "exposures")),
        ("what", "exposures"),
    ],
)
def test_inputs_whose_ids_never_meet_are_named_with_the_cast(
    raw: Warehouse, column: str, table: str
) -> None:
    entry = {"who": "user_id", "what": "item_id"}[column]
    given(raw, table, column, f"'SKU-' || {column}")
    line = refused(raw)
    assert line == (
        f"dbt_project.yml: vars: events: {entry}: {column} is BIGINT (such as '0'), "
        f"but {table}: {entry}: {column} is VARCHAR (such as 'SKU-0'): these ids never "
        "meet. "
        f"Map events: {entry}: cast({column} as varchar)."
    )
    given(raw, table, column, f"substr({column}, 5)")
    assert refused(raw).endswith(f"Map {table}: {entry}: cast({column} as bigint).")
    given(raw, table, column, f"'0' || {column}")  # a cast would lose the zero
    assert refused(raw).endswith(f"Map events: {entry}: cast({column} as varchar).")


def test_uuids_meet_texts_by_a_cast(raw: Warehouse) -> None:
    given(raw, "events", "what", "uuid()")
    assert "Cast both as varchar." in refused(raw)
    given(raw, "items", "what", "uuid()::varchar")
    assert refused(raw).endswith("Map items: item_id: cast(what as uuid).")


def test_integers_of_other_widths_meet(raw: Warehouse) -> None:
    for name, kind in zip(INPUTS, ("tinyint", "hugeint", "usmallint"), strict=False):
        given(raw, name, "what", f"what::{kind}")
        given(raw, name, "who", f"who::{kind}")
    require_ids(PLAN, raw, NAMES)


def test_whole_numbers_of_a_view_need_a_cast(raw: Warehouse) -> None:
    raw.rows("alter table raw.events rename to lines")
    raw.rows(
        "create view raw.events as "
        "select * replace (what::double as what) from raw.lines"
    )
    line = refused(raw)
    assert re.search(r"though its numbers are whole.*cast\(what as bigint\)", line)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_files_with_gaps_have_integer_ids(
    shop: Path, recsql: Recsql, kind: str
) -> None:
    events = shop / "warehouse/build.duckdb"
    file = shop / f"gaps.{kind}"
    with duckdb.connect(str(events)) as connection:
        connection.execute(
            "copy (select dense_rank() over (order by user_id)::double as user_id, "
            "dense_rank() over (order by item_id) + 13084.0::double as item_id, "
            "event_at from raw.events union all select null, null, '2024-01-01') "
            f"to '{file}' (format {kind})"
        )
    assert recsql("load", "events", file, "--project", shop).code == 0
    done = recsql("refresh", "--project", shop, "--vars", f"{{{QUICK}}}")
    assert done.code == 0, done.err
    assert "1 missing_item" in done.out
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb")) as connection:
        found = connection.execute(
            "select typeof(any_value(user_id)), typeof(any_value(item_id)), "
            "min(item_id) > 13084 from rec_for_user"
        ).fetchall()
    assert found == [("BIGINT", "BIGINT", True)]


@pytest.mark.parametrize(
    ("kind", "texts", "known"),
    [
        (
            "bigint",
            ["7", "07", "+7", "7.0", " 7", "x", "", "-3", "9" * 30],
            ["7", "-3"],
        ),
        ("varchar", ["07", " 7", "", "Ä"], ["07", " 7", "", "Ä"]),
        ("hugeint", ["9" * 30, "1e3"], ["9" * 30]),
        ("double", ["7.0", "7", "0.1"], ["7.0", "0.1"]),
        ("decimal(6, 2)", ["7.00", "7", "99999.00"], ["7.00"]),
        ("uuid", ["0" * 8 + "-0000-0000-0000-" + "0" * 12, "0" * 32], None),
        ("date", ["2024-02-29", "2023-02-29", "20240229"], ["2024-02-29"]),
    ],
)
def test_an_id_that_is_asked_for_is_the_one_that_is_written_so(
    raw: Warehouse, kind: str, texts: list[str], known: list[str] | None
) -> None:
    """What the casts of a whole column would find, found by its own type."""
    found = as_typed(raw.rows, kind, texts)
    wanted = texts[:1] if known is None else known
    assert [raw.rows("select cast($x as varchar)", {"x": x})[0][0] for x in found] == (
        wanted
    )
    raw.rows(f"create or replace table raw.rec_items as select null::{kind} as item_id")
    raw.rows("create or replace table raw.mon_values as select 'x' as item_id")
    assert id_type(raw.rows, "item_id").lower() == kind.replace(" ", "")


def test_no_route_casts_ids() -> None:
    """A cast column is read whole: 500 ms for a click on a million rows."""
    for file in (builtin_root() / "queries/serve").glob("*.sql"):
        assert not re.search(r"cast\(\S*_id as", file.read_text()), file.name
