"""Readers never wait and never see half a refresh."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from tests.integration.conftest import QUICK, Publish, Recsql

READER = """
import sys, time, duckdb
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
    time.sleep(0.01)
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
        vars_given = ("--vars", f"{{{QUICK}}}")
        done = recsql("refresh", "--full-refresh", "--project", shop, *vars_given)
        assert done.code == 0
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
    assert recsql("refresh", "--project", shop, "--vars", f"{{{QUICK}}}").code == 0
    after, _ = reader.communicate("\n")
    assert before.strip() == after.strip()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_publishing_leaves_nothing_beside_the_file(shop: Path, recsql: Recsql) -> None:
    folder = shop / "warehouse"
    (folder / "recsql.duckdb.new").write_text("left by a crash")
    (folder / "current.new").symlink_to("nowhere")
    (folder / "versions/9.new").mkdir()
    assert recsql("publish", "--project", shop).code == 0
    here = {"build.duckdb", "recsql.duckdb", "current", "versions", "spill"}
    here |= {"refresh.lock", "build.seal"}
    assert names(folder) <= here
    assert names(folder / "versions") == {"1", "2"}
    assert names(folder / "current") == {"recsql.duckdb", "manifest.json"}


def version(shop: Path) -> int:
    """Read the version as a reader would, in the file it opens."""
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        ((number,),) = file.execute("select distinct version from manifest").fetchall()
    return int(number)


def test_rollback_shows_an_older_version(
    shop: Path, recsql: Recsql, publish: Publish
) -> None:
    for _ in range(3):
        publish(shop)
    assert names(shop / "warehouse/versions") == {"2", "3", "4"}, "keep_versions is 3"
    assert version(shop) == 4
    assert recsql("rollback", "--project", shop).out == "readers now see version 3\n"
    assert recsql("rollback", "--project", shop).code == 0
    assert version(shop) == 2
    listed = recsql("versions", "--project", shop).out.splitlines()
    assert [line.split()[-1] for line in listed] == ["current", "yes", "no", "no"]
    assert recsql("rollback", "--to", "4", "--project", shop).code == 0
    assert version(shop) == 4


def test_what_is_read_is_never_removed(
    shop: Path, recsql: Recsql, publish: Publish
) -> None:
    publish(shop, keep_versions=1)
    assert names(shop / "warehouse/versions") == {"2"}
    publish(shop)
    assert recsql("rollback", "--project", shop).code == 0
    publish(shop, keep_versions=1)
    assert (names(shop / "warehouse/versions"), version(shop)) == ({"4"}, 4)


def test_rollback_refuses_what_is_not_there(shop: Path, recsql: Recsql) -> None:
    for wanted, words in (((), "no older version"), (("--to", "7"), "no version 7")):
        done = recsql("rollback", *wanted, "--project", shop)
        assert (done.code, done.out) == (2, "")
        assert f"rollback: there is {words}. Kept are: 1." in done.err


def test_rollback_refuses_a_changed_file(
    shop: Path, recsql: Recsql, publish: Publish
) -> None:
    publish(shop)
    path = shop / "warehouse/versions/1/recsql.duckdb"
    assert oct(path.stat().st_mode)[-3:] == "400"
    path.chmod(0o644)
    with path.open("ab") as file:
        file.write(b"x")
    done = recsql("rollback", "--project", shop)
    assert done.code == 1
    assert "versions/1/recsql.duckdb: missing or changed" in done.err
    assert version(shop) == 2


def test_a_copy_that_followed_links_publishes_again(
    shop: Path, publish: Publish, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(shop, tmp_path / "copy", symlinks=False))
    assert not (copy / "warehouse/current").is_symlink()
    publish(copy)
    assert version(copy) == 2
    assert names(copy / "warehouse/versions") == {"1", "2"}


def test_keep_versions_is_a_number_from_1_on(shop: Path, recsql: Recsql) -> None:
    done = recsql("publish", "--project", shop, "--vars", "{keep_versions: 0}")
    assert done.code == 2
    assert "keep_versions: it is a whole number from 1 on" in done.err


def test_the_manifest_says_what_a_version_is_made_of(
    shop: Path, recsql: Recsql
) -> None:
    git = ["git", "-C", str(shop), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for arguments in (["init", "-q"], ["add", "*.yml"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *arguments], check=True)
    commit = subprocess.run(
        [*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert recsql("refresh", "--project", shop).code == 0
    manifest = json.loads((shop / "warehouse/current/manifest.json").read_text())
    path = shop / "warehouse/recsql.duckdb"
    with duckdb.connect(str(path), read_only=True) as file:
        counted = {
            name: file.execute(f"select count(*) from {name}").fetchall()[0][0]
            for name in manifest["tables"]
        }
        rows = dict(
            file.execute("select table_name, row_count from manifest").fetchall()
        )
        facts = file.execute(
            "select distinct version, git_commit, first_event_at, last_event_at, "
            "vars::json->>'decay_days' from manifest"
        ).fetchall()
        built_by = dict(
            file.execute("select table_name, run_id from manifest").fetchall()
        )
        runs = file.execute("select distinct run_id from rec_for_user").fetchall()
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        ((first, last),) = file.execute(
            "select min(event_at), max(event_at) from int_events"
        ).fetchall()
        known = file.execute("select run_id from raw.refreshes").fetchall()
    assert counted == rows == manifest["tables"]
    assert facts == [(2, commit, first, last, "60")]
    assert runs == [(built_by["rec_for_user"],)]
    assert {(run,) for run in built_by.values() if run} <= set(known)
    assert manifest["vars"]["decay_days"] == 60
    assert "publish_postgres" not in manifest["vars"]
    content = path.read_bytes()
    assert manifest["files"] == {
        "recsql.duckdb": {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    }


def test_the_catalog_explains_every_column(shop: Path) -> None:
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        seen = file.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where not internal order by table_name, column_index"
        ).fetchall()
        catalog = file.execute("from catalog").fetchall()
    assert [(row[0], row[2], row[4]) for row in catalog] == seen
    assert len(seen) > 40
    assert all(row[1] and row[5] for row in catalog)
    (rank,) = [r for r in catalog if r[0] == "rec_for_user" and r[2] == "item_rank"]
    assert rank[1].startswith("One row per")


def test_rows_are_stored_in_the_order_of_their_key(shop: Path) -> None:
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        rows = file.execute(
            "select user_id, surface, item_rank from rec_for_user"
        ).fetchall()
    assert rows == sorted(rows)
