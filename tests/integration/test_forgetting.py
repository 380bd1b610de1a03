"""`recsql forget` keeps its promise: killed, repeated, and when files come back."""

from __future__ import annotations

import csv
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from recsql.config.project import builtin_root, load_project
from recsql.config.scaffold import init_project
from recsql.engine import suppression
from recsql.engine.loader import load_table
from recsql.engine.warehouse import open_warehouse
from recsql.publishing.versions import Versions
from tests.integration.conftest import QUICK, Recsql, write_events
from tests.integration.test_forget import USER, holders, shop_with_the_user
from tests.integration.test_outcomes import struck

GIVEN = f"{{{QUICK}, users: {{table: people, user_id: user_id, user_group: age}}}}"
PRUNE = "recsql.publishing.versions.Versions:prune"
REWRITE = "recsql.operation.forget:rewrite"
DELETE = "recsql.operation.forget:_delete"


@pytest.fixture(scope="module")
def refreshed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with the user, refreshed once; read it, never change it."""
    from recsql.operation import pipeline

    shop = shop_with_the_user(tmp_path_factory.mktemp("forget"))
    from recsql.cli.options import parse_vars

    project = load_project(shop, parse_vars(GIVEN))
    pipeline.refresh(project, 2, lambda event: None)
    return shop


@pytest.fixture
def shop(refreshed: Path, tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(refreshed, tmp_path / "shop", symlinks=True))
    for name in ("events.csv", "people.csv"):
        shutil.copyfile(refreshed.parent / name, tmp_path / name)
    return copy


def is_gone(shop: Path) -> None:
    """Check that no table and no byte of a DuckDB file names the user."""
    paths = [path for path in shop.rglob("*.duckdb*") if path.is_file()]
    assert paths
    for path in paths:
        assert USER.encode() not in path.read_bytes(), path
        assert holders(path) == [], path
    assert not (shop / "warehouse/forget.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("where", "early", "command"),
    [
        (DELETE, False, ("refresh",)),
        (PRUNE, False, ("forget", USER, "--yes")),
        (REWRITE, True, ("publish",)),
        (REWRITE, True, ("rollback",)),
        (REWRITE, True, ("build", "--select", "rec_popular")),
    ],
)
def test_whoever_runs_next_finishes(
    shop: Path, recsql: Recsql, where: str, early: bool, command: tuple[str, ...]
) -> None:
    options = ("--vars", GIVEN)
    done = struck(
        shop, signal.SIGKILL, where, "forget", USER, "--yes", *options, early=early
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (shop / "warehouse/forget.json").stat().st_mode & 0o777 == 0o600
    assert USER.encode() in (shop / "warehouse/build.duckdb").read_bytes()
    finished = recsql(*command, "--project", shop, *options)
    rolled = command == ("rollback",)  # there is nothing to go back to any more
    assert finished.code == (2 if rolled else 0), finished.err
    is_gone(shop)
    again = recsql("forget", USER, "--yes", "--project", shop, *options)
    assert again.code == 2
    assert f'there is no user "{USER}"' in again.err


def test_only_what_recsql_made_is_deleted(shop: Path, recsql: Recsql) -> None:
    folder = shop / "warehouse"
    own = ["analyst.duckdb", "bi.duckdb", "backtest.duckdb.bak", "build.duckdb.copy"]
    for name in own:
        with duckdb.connect(str(folder / name)) as file:
            file.execute("create table mine as select 1 as n")
    killed = folder / "backtest.duckdb"
    options = ("--project", shop, "--vars", GIVEN)
    assert recsql("backtest", "--last", "7d", *options).code == 0
    assert killed.exists()
    (folder / "spill").mkdir(exist_ok=True)
    spilled = folder / "spill/duckdb_temp_storage_DEFAULT-0.tmp"
    spilled.write_text(f"left by a run that was killed: {USER}")
    report, edited = shop / "page.html", shop / "edited.html"
    for path in (report, edited):
        options_of = (*options, "--user", USER, "--output", path)
        assert recsql("report", *options_of).code == 0
    edited.write_text(edited.read_text() + "<!-- ours now -->")
    notes = shop / "notes.txt"
    notes.write_text(f"call {USER} on Monday")
    done = recsql("forget", USER, "--yes", *options)
    assert done.code == 0, done.err
    assert not killed.exists()
    assert not spilled.exists()
    assert not report.exists()
    assert f"removed {report}: write it anew" in done.out
    assert f"left {edited}: a report that was changed since" in done.out
    assert f"still names the user: {notes}" in done.out
    for name in own:
        with duckdb.connect(str(folder / name), read_only=True) as file:
            assert file.execute("from mine").fetchall() == [(1,)]


def test_a_linked_build_file_is_rewritten_where_it_lies(
    shop: Path, recsql: Recsql, tmp_path: Path
) -> None:
    build, place = shop / "warehouse/build.duckdb", tmp_path / "disk/data.duckdb"
    place.parent.mkdir()
    build.rename(place)
    place.chmod(0o644)  # too open: file_mode says who may read it
    build.symlink_to(place)
    done = recsql("forget", USER, "--yes", "--project", shop, "--vars", GIVEN)
    assert done.code == 0, done.err
    assert build.readlink() == place
    assert place.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["data.duckdb"]
    is_gone(shop)
    assert USER.encode() not in place.read_bytes()


def test_who_is_forgotten_stays_out_until_lifted(
    shop: Path, recsql: Recsql, tmp_path: Path
) -> None:
    options = ("--project", shop, "--vars", GIVEN)
    assert recsql("forget", "--list", *options).out == "0 users are forgotten\n"
    assert recsql("forget", USER, "--yes", *options).code == 0
    assert recsql("forget", "--list", *options).out.startswith("1 user is forgotten")
    for name, rows in (("events", 5), ("people", 1)):
        done = recsql("load", name, tmp_path / f"{name}.csv", *options)
        assert f"left out {rows} rows of users who are forgotten" in done.out
    is_gone(shop)
    build = shop / "warehouse/build.duckdb"
    with duckdb.connect(str(build)) as file:  # another tool appends rows
        file.execute(
            "insert into raw.events select "
            f"'{USER}', item_id, event_at from raw.events limit 9"
        )
        assert USER not in str(file.execute("from raw.forgotten_users").fetchall())
    assert recsql("refresh", *options).code == 0
    assert holders(build) == ["events.user_id"]
    assert holders(shop / "warehouse/recsql.duckdb") == []
    assert recsql("backtest", "--last", "7d", *options).code == 0
    assert holders(shop / "warehouse/backtest.duckdb") == []
    lifted = recsql("forget", "--lift", USER, *options)
    assert (lifted.code, lifted.err) == (0, "")
    assert recsql("refresh", *options).code == 0
    assert "rec_for_user.user_id" in holders(shop / "warehouse/recsql.duckdb")
    assert recsql("forget", "--lift", USER, *options).code == 2


def test_ids_of_failing_rows_are_in_one_table(shop: Path, recsql: Recsql) -> None:
    folder = shop / "tests/dbt"
    folder.mkdir(parents=True)
    (folder / "nobody_is_called_so.sql").write_text(
        f"select user_id from {{{{ ref('int_users') }}}} where user_id = '{USER}'"
    )
    options = ("--project", shop, "--vars", GIVEN)
    done = recsql("refresh", "--log-format", "json", *options)
    assert done.code == 1
    assert "nobody_is_called_so: 1 row; one is in recsql.failing_rows" in done.out
    assert USER not in done.out + done.err
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        assert file.execute(
            "select failing_row from recsql.failing_rows"
        ).fetchall() == [(f"user_id={USER}",)]
        assert USER not in str(file.execute("from raw.refreshes").fetchall())
    (folder / "nobody_is_called_so.sql").unlink()
    assert recsql("forget", USER, "--yes", *options).code == 0
    is_gone(shop)


def test_whole_numbers_of_a_file_with_gaps() -> None:
    """13085.0 that a file brings again is who was forgotten as 13085."""
    with open_warehouse(None, {}) as warehouse:
        project = load_project(builtin_root())
        warehouse.rows("create schema raw")
        suppression.add(project, warehouse, "13085")
        for kind in ("double", "float", "bigint", "varchar"):
            warehouse.rows(
                "create or replace table raw.transactions as "
                f"select unnest([13085, 7])::{kind} as household_id"
            )
            assert suppression.drop(project, warehouse, "transactions") == 1, kind


@pytest.mark.parametrize("users", [["4711"], ['o\'neil "x"', "Ünal ☕\\"]])
def test_ids_of_every_form(tmp_path: Path, recsql: Recsql, users: list[str]) -> None:
    """Also of a user whom only the restrictions name, by another column."""
    shop = tmp_path / "shop"
    init_project(shop, "own-tables")
    write_events(tmp_path / "events.csv")
    with (tmp_path / "blocked.csv").open("w", newline="") as file:
        rows = [(user, 'sku-01 "x"') for user in (*users, "7")]
        csv.writer(file).writerows([("who", "item_id"), *rows])
    profile = load_project(shop).profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        for name in ("events", "blocked"):
            load_table(warehouse, "raw", name, [str(tmp_path / f"{name}.csv")], {})
    mapped = "table: blocked, user_id: cast(who as varchar), kind: \"'block'\""
    given = f"{{{QUICK}, restrictions: {{{mapped}, item_id: item_id}}}}"
    options = ("--project", shop, "--vars", given)
    assert recsql("refresh", *options).code == 0
    for user in users:
        done = recsql("forget", user, "--yes", *options)
        assert done.code == 0, done.err
        assert "deleted 1 rows of raw.blocked" in done.out
    loaded = recsql("load", "blocked", tmp_path / "blocked.csv", *options)
    told = f"left out {len(users)} rows of users who are forgotten"
    assert told in loaded.out


@pytest.mark.slow
def test_a_disk_that_is_full_while_rewriting_is_said_and_finished(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--project", shop, "--vars", GIVEN)

    def full(known: Path, fresh: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("recsql.operation.traces._copy", full)
        done = recsql("forget", USER, "--yes", *options)
        assert done.code == 1
        assert "No space left on device: free some" in done.err
        again = recsql("forget", USER, "--yes", *options)
        assert again.code == 1
        assert "No space left on device: free some" in again.err
    assert recsql("forget", USER, "--yes", *options).code == 0
    is_gone(shop)
    assert len(Versions(shop / "warehouse").numbers) == 1


def test_a_forget_waits_for_nobody(shop: Path, recsql: Recsql) -> None:
    from tests.integration.test_operating import held

    with held(shop / "warehouse"):
        done = recsql("forget", USER, "--yes", "--project", shop, "--vars", GIVEN)
    assert (done.code, done.out) == (3, "")
    assert not (shop / "warehouse/forget.json").exists()


def test_a_backtest_at_work_is_not_disturbed(shop: Path, recsql: Recsql) -> None:
    from recsql.config.files import note_written

    scratch = shop / "warehouse/backtest.duckdb"
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
    code += "print('held', flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(scratch)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "held\n"
    note_written(scratch.parent, scratch, "scratch")
    options = ("--project", shop, "--vars", GIVEN)
    done = recsql("forget", USER, "--yes", *options)
    writer.communicate("")
    assert done.code == 3
    assert "backtest.duckdb: a backtest is at work there" in done.err
    assert recsql("refresh", *options).code == 0
    assert not scratch.exists()
    is_gone(shop)


def test_scratch_files_of_others_are_refused(shop: Path, recsql: Recsql) -> None:
    path = shop / "warehouse/backtest.duckdb"
    path.write_text("mine")
    options = ("--project", shop, "--vars", GIVEN)
    done = recsql("backtest", "--last", "7d", *options)
    assert done.code == 2
    assert "backtest.duckdb: recsql needs this name for a file of its own" in done.err
    assert path.read_text() == "mine"
