"""Bad input: one clear line, the documented exit code, the warehouse as it was."""

from __future__ import annotations

import csv
import os
import resource
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import duckdb
import pytest

from tests.integration.conftest import Outcome, Recsql, write_events

pytestmark = pytest.mark.every_model


def one_line(done: Outcome, code: int, *words: str) -> None:
    """Check the exit code, and that the one line of the error holds the words."""
    lines = done.err.strip().splitlines()
    assert done.code == code, done
    assert lines, done
    assert "Traceback" not in done.err
    assert len(lines) == 1, done.err
    for word in words:
        assert word in lines[0], lines[0]


OTHER_DATA = ("--vars", "{may_be_empty: [all]}")  # of which some lists may have none
ITEMS_ARE_EVENTS = ("table: null                    # e.g. items,", "table: events #")


def set_mapping(shop: Path, old: str, new: str) -> None:
    path = shop / "dbt_project.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def published(shop: Path) -> list[tuple[object, ...]]:
    path = shop / "warehouse/recsql.duckdb"
    with duckdb.connect(str(path), read_only=True) as file:
        return file.execute("from rec_for_user order by all").fetchall()


def load_rows(shop: Path, recsql: Recsql, *rows: tuple[object, ...]) -> None:
    path = shop / "rows.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("user_id", "item_id", "event_at"), *rows])
    assert recsql("load", "events", path, "--project", shop).code == 0


def test_missing_file(shop: Path, recsql: Recsql) -> None:
    done = recsql("load", "events", shop / "nothing.csv", "--project", shop)
    one_line(done, 2, "no file", "nothing.csv")


def test_unknown_format(shop: Path, recsql: Recsql) -> None:
    (shop / "events.xlsx").write_text("x")
    done = recsql("load", "events", shop / "events.xlsx", "--project", shop)
    one_line(done, 2, "unknown format", ".xlsx", ".parquet")


def test_damaged_file_leaves_the_table(shop: Path, recsql: Recsql) -> None:
    (shop / "bad.parquet").write_bytes(b"PAR1 this is none")
    done = recsql("load", "events", shop / "bad.parquet", "--project", shop)
    one_line(done, 2, "bad.parquet", "The table is unchanged")
    assert recsql("refresh", "--project", shop).code == 0


def test_no_warehouse_yet(recsql: Recsql, tmp_path: Path) -> None:
    recsql("init", tmp_path / "new")
    done = recsql("refresh", "--project", tmp_path / "new")
    one_line(done, 2, "no warehouse here yet", "recsql load")


def test_wrong_column_in_the_mapping(shop: Path, recsql: Recsql) -> None:
    before = published(shop)
    set_mapping(shop, "user_id: user_id ", "user_id: usr_id ")
    done = recsql("refresh", "--project", shop)
    one_line(done, 2, "events: user_id", "usr_id", 'Did you mean "user_id"?')
    assert published(shop) == before


def test_unknown_key_in_the_mapping(shop: Path, recsql: Recsql) -> None:
    set_mapping(shop, "    quantity: null", "    quantty: 1")
    one_line(recsql("run", "--project", shop), 2, 'Did you mean "quantity"?')


def test_wrong_attribute_of_items(shop: Path, recsql: Recsql) -> None:
    set_mapping(shop, *ITEMS_ARE_EVENTS)
    set_mapping(shop, "    title: title", "    title: null")
    set_mapping(shop, "    category: category", "    category: null")
    set_mapping(shop, "    attributes: {}", "    attributes: {who: usr_id}")
    done = recsql("refresh", "--project", shop)
    one_line(done, 2, "items: who: usr_id does not work", 'Did you mean "user_id"?')


def test_missing_table(shop: Path, recsql: Recsql) -> None:
    set_mapping(shop, "    table: events", "    table: evnts")
    one_line(recsql("run", "--project", shop), 2, "raw.evnts", "recsql load evnts")


def test_unreadable_times_are_counted_not_fatal(shop: Path, recsql: Recsql) -> None:
    bad = (
        ("ann", "sku", "yesterday"),
        ("ann", "sku", ""),
        ("ann", "sku", "2999-01-01"),
    )
    write_events(shop / "events.csv", bad)
    recsql("load", "events", shop / "events.csv", "--project", shop)
    done = recsql("refresh", "--project", shop)
    assert done.code == 0
    assert "rejected 3 of" in done.out
    for reason in ("unreadable_time", "missing_time", "future_time"):
        assert f"1 {reason}" in done.out


def test_an_empty_events_table(shop: Path, recsql: Recsql) -> None:
    before = published(shop)
    load_rows(shop, recsql)
    done = recsql("refresh", "--project", shop)
    assert done.code == 1
    assert "the events table is empty" in done.err
    assert "Nothing was published" in done.err
    assert "Traceback" not in done.err
    assert published(shop) == before


def test_one_user_one_item(shop: Path, recsql: Recsql) -> None:
    load_rows(shop, recsql, *(("ann", "x", f"2024-01-0{day}") for day in range(1, 8)))
    done = recsql("refresh", "--project", shop)
    assert done.code == 1
    assert "empty now, but not in version 1, which stays: " in done.err
    assert recsql("refresh", "--project", shop, *OTHER_DATA).code == 0
    assert [row[2] for row in published(shop)] == ["x"]


def test_one_event(shop: Path, recsql: Recsql) -> None:
    load_rows(shop, recsql, ("ann", "x", "2024-01-01"))
    done = recsql("refresh", "--project", shop)
    assert done.code == 1
    assert "min_item_baskets" in done.err


def test_backtest_with_nothing_before_the_window(shop: Path, recsql: Recsql) -> None:
    load_rows(shop, recsql, ("ann", "x", "2024-01-01"), ("ann", "y", "2024-01-02"))
    one_line(recsql("backtest", "--project", shop), 2, "Use a shorter --last")


def test_a_bad_period(shop: Path, recsql: Recsql) -> None:
    one_line(recsql("backtest", "--last", "soon", "--project", shop), 2, "28d")


@pytest.mark.parametrize(
    ("sql", "code", "words"),
    [
        ("select * from {{ ref('rec_for_usr') }}", 2, ("mine.sql:2", "rec_for_user")),
        ("select {{ var('decay_day') }}", 2, ("mine.sql:2", '"decay_days"')),
        ("select {% if %} 1", 2, ("mine.sql:2", "Jinja")),
        ("select {{ nothing }}", 2, ("mine.sql:2", "'nothing' is undefined")),
        ("select 1 as x frm where", 2, ("mine.sql:2", "SQL")),
        ("select * from main.int_items", 2, ("without ref() or source()",)),
        ("select x\nfrom {{ ref('int_items') }}", 1, ("mine.sql:2", '"x" not found')),
        ("select * from {{ ref('mine') }}", 2, ("circle", "mine -> mine")),
    ],
)
def test_a_model_with_a_mistake(
    shop: Path, recsql: Recsql, sql: str, code: int, words: tuple[str, ...]
) -> None:
    (shop / "sql/mine.sql").write_text("-- One row.\n" + sql + "\n")
    done = recsql("run", "-s", "mine", "--project", shop)
    assert done.code == code
    assert "Traceback" not in done.err
    first = done.err.splitlines()[0]
    for word in words:
        assert word in first, first


def test_a_cycle_names_its_path(shop: Path, recsql: Recsql) -> None:
    for one, other in (("one", "two"), ("two", "three"), ("three", "one")):
        sql = "select * from {{ ref('" + other + "') }}\n"
        (shop / f"sql/{one}.sql").write_text(sql)
    one_line(recsql("ls", "--project", shop), 2, "circle", "one", "two", "three")


def test_a_failing_model_skips_its_children(shop: Path, recsql: Recsql) -> None:
    before = published(shop)
    recsql("eject", "int_items", "--project", shop)
    path = shop / "sql/interactions/items/int_items.sql"
    path.write_text(path.read_text().replace("catalogue.title,", "catalogue.oops,"))
    done = recsql("refresh", "--project", shop)
    assert done.code == 1
    assert "skipped  rec_for_user" in done.out
    assert "sql/interactions/items/int_items.sql:" in done.err
    assert '"oops"' in done.err
    assert published(shop) == before


@pytest.mark.parametrize(
    "text", ["models: [", "- a list", "name: Not A Name", "vars: 3"]
)
def test_a_broken_project_file(shop: Path, recsql: Recsql, text: str) -> None:
    (shop / "dbt_project.yml").write_text(text)
    one_line(recsql("ls", "--project", shop), 2, "dbt_project.yml")


@pytest.mark.parametrize("given", ["{decay_day: 1}", "[1]", "{a: [}"])
def test_bad_vars(shop: Path, recsql: Recsql, given: str) -> None:
    one_line(recsql("ls", "--project", shop, "--vars", given), 2, "--vars")


def test_unknown_selector(shop: Path, recsql: Recsql) -> None:
    one_line(recsql("run", "-s", "sig_rule", "--project", shop), 2, '"sig_rules"?')


def test_unknown_lineage(shop: Path, recsql: Recsql) -> None:
    done = recsql("lineage", "rec_for_user.scor", "--project", shop)
    one_line(done, 2, '"score"?')


@pytest.mark.parametrize(
    "kind", ["uuid", "integers", "quotes and blanks"], ids=lambda kind: kind.split()[0]
)
def test_ids_come_back_as_they_went_in(shop: Path, recsql: Recsql, kind: str) -> None:
    ids: dict[str, list[object]] = {
        "uuid": [str(uuid.UUID(int=n * 10**30)) for n in range(1, 7)],
        "integers": list(range(10**12, 10**12 + 6)),
        "quotes and blanks": ["it's", 'a "b"', "x y", "ß☕", "; drop table", "%s"],
    }
    some = ids[kind]
    rows = [(u, i, f"2024-01-{d:02d}") for u in some for i in some for d in range(1, 8)]
    load_rows(shop, recsql, *rows)
    if kind == "uuid":
        set_mapping(shop, "user_id: user_id ", "user_id: cast(user_id as uuid) ")
        set_mapping(shop, "item_id: item_id", "item_id: cast(item_id as uuid)")
    assert recsql("refresh", "--project", shop, *OTHER_DATA).code == 0
    found = published(shop)
    assert {str(row[0]) for row in found} == {str(u) for u in some}
    assert {str(row[2]) for row in found} == {str(i) for i in some}
    assert type(found[0][0]) is (uuid.UUID if kind == "uuid" else type(some[0]))
    assert recsql("show", "rec_for_user", "--user", str(some[0]), "--project", shop).out


def start(*arguments: str | Path, limit: int | None = None) -> subprocess.Popen[str]:
    """Start the command line in a process of its own, files limited to some bytes."""

    def restrict() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "recsql", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=None if limit is None else restrict,
        start_new_session=True,
    )


def finished(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=300)
    return Outcome(process.returncode, out, err)


def test_a_locked_warehouse(shop: Path, recsql: Recsql) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
            "print('on', flush=True); sys.stdin.read()",
            str(shop / "warehouse/build.duckdb"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        done = recsql("refresh", "--project", shop)
        one_line(done, 3, "locked by another process", str(holder.pid))
        assert recsql("show", "rec_for_user", "--project", shop).code == 0
    finally:
        holder.communicate("")


def test_a_full_disk(shop: Path, recsql: Recsql) -> None:
    before = published(shop)
    size = (shop / "warehouse/build.duckdb").stat().st_size
    write_events(
        shop / "more.csv",
        tuple((f"u{n}", f"i{n % 97}", "2024-01-01") for n in range(200_000)),
    )
    done = finished(
        start(
            "load", "events", shop / "more.csv", "--project", shop, limit=size + 100_000
        )
    )
    assert done.code in (1, 2)
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert published(shop) == before
    assert recsql("refresh", "--project", shop).code == 0


def test_a_disk_full_while_publishing(shop: Path, recsql: Recsql) -> None:
    before = published(shop)
    done = finished(start("publish", "--project", shop, limit=20_000))
    assert done.code == 1
    assert len(done.err.strip().splitlines()) == 1, done.err
    assert published(shop) == before
    assert not list((shop / "warehouse").glob("*.new*"))


def wait_until_busy(pid: int, seconds: float = 4.0) -> None:
    """Wait until a process has used so much processor time, on a busy machine too."""
    status = Path(f"/proc/{pid}/stat")
    for _ in range(300):
        time.sleep(0.1)
        if status.exists():
            user, system = status.read_text().rpartition(")")[2].split()[11:13]
            if (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") > seconds:
                return


def test_ctrl_c(shop: Path, recsql: Recsql) -> None:
    before = published(shop)
    path = shop / "sql/slow.sql"
    path.write_text(
        "select count(*) as n from {{ ref('int_items') }} "
        "cross join range(100000000000) as r (i)\n"
    )
    process = start("run", "-s", "slow", "--project", shop)
    wait_until_busy(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    done = finished(process)
    one_line(done, 130, "interrupted")
    assert published(shop) == before
    path.unlink()
    assert recsql("refresh", "--project", shop).code == 0
