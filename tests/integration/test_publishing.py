"""Readers never wait and never see half a refresh."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import duckdb

from tests.integration.conftest import Recsql

READER = """
import sys, duckdb
from pathlib import Path
path, stop = sys.argv[1], Path(sys.argv[2])
seen = set()
while not stop.exists():
    with duckdb.connect(path, read_only=True) as file:
        one = file.execute("select count(*), count(distinct run_id) from rec_for_user")
        rows, runs = one.fetchone()
        two = file.execute("select min(run_id) from rec_for_user").fetchone()[0]
        again = file.execute("select min(run_id) from rec_popular").fetchone()[0]
    assert rows > 0 and runs == 1 and two == again, (rows, runs, two, again)
    seen.add(two)
print(len(seen))
"""


def test_a_reader_sees_whole_refreshes_only(
    shop: Path, recsql: Recsql, tmp_path: Path
) -> None:
    path, stop = shop / "warehouse/recsql.duckdb", tmp_path / "stop"
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(path), str(stop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.5)
    for _ in range(3):
        assert recsql("refresh", "--project", shop).code == 0
    time.sleep(0.3)
    stop.touch()
    out, err = reader.communicate(timeout=30)
    assert reader.returncode == 0, err
    assert int(out) >= 2


def test_an_open_reader_keeps_its_version(shop: Path, recsql: Recsql) -> None:
    path = str(shop / "warehouse/recsql.duckdb")
    reader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
            "q = 'select min(run_id), count(*) from rec_for_user';"
            "print(c.execute(q).fetchone(), flush=True); sys.stdin.readline();"
            "print(c.execute(q).fetchone())",
            path,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    before = reader.stdout.readline()
    assert recsql("refresh", "--project", shop).code == 0
    after, _ = reader.communicate("\n")
    assert before.strip() == after.strip()


def test_publishing_leaves_nothing_beside_the_file(shop: Path, recsql: Recsql) -> None:
    (shop / "warehouse/recsql.duckdb.1.new").write_text("left by a crash")
    assert recsql("publish", "--project", shop).code == 0
    names = {path.name for path in (shop / "warehouse").iterdir()}
    assert names <= {"build.duckdb", "recsql.duckdb", "spill"}


def test_rows_are_stored_in_the_order_of_their_key(shop: Path) -> None:
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        rows = file.execute(
            "select user_id, surface, item_rank from rec_for_user"
        ).fetchall()
    assert rows == sorted(rows)
