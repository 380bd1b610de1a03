"""Values of rows: shown to who asked, and in nothing that is kept of a run."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import duckdb
import pytest

from recsql.errors import ModelError
from recsql.redaction import WITHHELD
from tests.integration.conftest import QUICK, Recsql
from tests.integration.test_readers import no_file_holds

NAME = "Zoë Zweig"  # stands in one row of the new input, and nowhere else


@pytest.mark.parametrize(
    ("mapped", "shown"),
    [
        ("item_id: item_id, available_from: label", f"such as '{NAME}'"),  # no time
        ("item_id: number", "such as '7'"),  # which text ids never meet
        ("item_id: odd", "such as 1.5"),
    ],
)
def test_values_in_errors_are_shown_and_not_kept(
    shop: Path, recsql: Recsql, mapped: str, shown: str
) -> None:
    with (shop / "items.csv").open("w", newline="") as file:
        rows = [('sku-01 "x"', NAME, 7, 1.5)]
        csv.writer(file).writerows([("item_id", "label", "number", "odd"), *rows])
    assert recsql("load", "items", shop / "items.csv", "--project", shop).code == 0
    (shop / "items.csv").unlink()
    given = f"{{{QUICK}, items: {{table: items, {mapped}}}, "
    given += 'on_failure: sh -c "echo $RECSQL_ERROR > told"}'
    options = ("refresh", "--project", shop, "--vars", given)
    done = recsql(*options)
    assert done.code == 2
    assert shown in done.err
    log = recsql(*options, "--log-format", "json")
    kept = [(shop / "told").read_text().strip()]
    kept += [json.loads(line).get("error", "") for line in log.out.splitlines()[-1:]]
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        query = "select problem from raw.refreshes where outcome = 'failed'"
        kept += [problem for (problem,) in file.execute(query).fetchall()]
    assert len(kept) == 4
    assert all("such as ***" in text for text in kept), kept
    assert "such as ***" not in done.err
    assert "\ue000" not in done.err + log.out


FAILED = "Conversion Error: Could not convert string 'ann' to INT32"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"sql/a.sql:3: {FAILED}", f"sql/a.sql:3: Conversion Error: {WITHHELD}"),
        (
            f"publish: TransactionContext Error: Failed to commit: {FAILED}",
            "publish: TransactionContext Error: Failed to commit: Conversion Error: "
            f"{WITHHELD}",
        ),
        ('Constraint Error: duplicate key "ann"', f"Constraint Error: {WITHHELD}"),
        ("Invalid Input Error: user ann", f"Invalid Input Error: {WITHHELD}"),
        (
            'publish to PostgreSQL: ERROR: invalid input syntax: "ann"',
            f"publish to PostgreSQL: ERROR: {WITHHELD}",
        ),
        (
            "unexpected ValueError: could not convert 'ann' (udfs.py:12)",
            f"unexpected ValueError: {WITHHELD} (udfs.py:12)",
        ),
        ("a.sql: Binder Error: no column x", "a.sql: Binder Error: no column x"),
        ("checkpoint: IO Error: no space", "checkpoint: IO Error: no space"),
    ],
)
def test_what_is_kept_of_an_error_quotes_no_row(said: str, kept: str) -> None:
    error = ModelError(said)
    assert (str(error), error.kept) == (said, kept)


def test_a_model_that_fails_on_a_row_keeps_it_to_itself(
    shop: Path, recsql: Recsql
) -> None:
    model = shop / "sql/recommendations/rec_numbers.sql"
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_text(
        "select cast('Zo' || chr(235) || item_id as integer) as n\n"
        "from {{ ref('int_items') }}\n"
    )
    options = ("run", "--select", "rec_numbers", "--project", shop)
    assert "Could not convert string 'Zoë" in recsql(*options).err
    refresh = ("refresh", "--select", "rec_numbers", "--vars", f"{{{QUICK}}}")
    log = recsql(*refresh, "--log-format", "json", "--project", shop)
    assert log.code == 1
    assert f"Conversion Error: {WITHHELD}" in log.out
    assert "Zoë" not in log.out
    no_file_holds(shop, "Zoë")
