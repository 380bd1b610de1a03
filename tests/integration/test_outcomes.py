"""What a run says of itself is what happened: signals, aborts, full disks, kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.files import write_beside
from recsql.publishing.versions import Versions
from tests.integration import faults
from tests.integration.conftest import QUICK, Publish, Recsql
from tests.integration.test_bad_input import start

# `kill this process when readers have just got the new version` and the like
AT = """
import os, signal, sys
sys.argv = ["recsql", *sys.argv[4:]]
owner, name, number = __import__("pkgutil").resolve_name({owner!r}), {name!r}, {number}
before = getattr(owner, name)
def hit(*given, **more):
    setattr(owner, name, before)
    if {early}:
        os.kill(os.getpid(), number)
    done = before(*given, **more)
    if not {early}:
        os.kill(os.getpid(), number)
    return done
setattr(owner, name, hit)
from recsql.__main__ import main
main()
"""


def struck(
    shop: Path, number: int, where: str, *arguments: str, early: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command that gets a signal at a function: before it, or once it is done."""
    owner, _, name = where.partition(":")
    code = AT.format(owner=owner, name=name, number=int(number), early=early)
    return subprocess.run(
        [sys.executable, "-c", code, "", "", "", *arguments, "--project", str(shop)],
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )


def refresh_struck(
    shop: Path, number: int, where: str, *, early: bool = False, more: str = ""
) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    given = f"{{{QUICK}, on_failure: touch failed, metrics_file: r.prom"
    given += (more or ", on_publish: touch published") + "}"
    options = ("refresh", "--log-format", "json", "--timeout", "90s", "--vars", given)
    done = struck(shop, number, where, *options, early=early)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def last_run(shop: Path) -> tuple[Any, ...]:
    with duckdb.connect(str(shop / "warehouse/build.duckdb"), read_only=True) as file:
        return file.execute(
            "select outcome, version, exit_code, problem from raw.refreshes "
            "order by started_at desc limit 1"
        ).fetchall()[0]


SHOW = "recsql.publishing.versions.Versions:show"
MEASURE = "recsql.operation.history.Record:measure"
STOPPING = [
    (signal.SIGINT, 130, "interrupted."),
    (signal.SIGTERM, 143, "interrupted by SIGTERM."),
    (signal.SIGHUP, 129, "interrupted by SIGHUP."),
    (signal.SIGALRM, 4, "refresh: not done after 90 s (--timeout). Nothing was publ"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code", "words"), STOPPING)
def test_a_signal_before_the_link_moves(
    shop: Path, number: int, code: int, words: str
) -> None:
    done, lines = refresh_struck(shop, number, MEASURE)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith(f"Error: {words}")
    assert len(done.stderr.splitlines()) == 1
    assert lines[-1]["event"] == "finished"
    assert (lines[-1]["exit_code"], lines[-1]["level"]) == (code, "error")
    assert (shop / "failed").exists()
    assert not (shop / "published").exists()
    assert f"recsql_refresh_exit_code {code}" in (shop / "r.prom").read_text()
    assert faults.require_whole(shop) == 1
    assert last_run(shop)[:3] == ("failed", None, code)


@pytest.mark.slow
@pytest.mark.parametrize("number", [number for number, _, _ in STOPPING])
def test_a_signal_once_the_link_has_moved(shop: Path, number: int) -> None:
    done, lines = refresh_struck(shop, number, SHOW)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line["event"] for line in lines[-2:]] == ["published", "finished"]
    assert lines[-1]["exit_code"] == 0
    assert (shop / "published").exists()
    assert not (shop / "failed").exists()
    assert faults.require_whole(shop) == 2
    assert last_run(shop) == ("published", 2, 0, None)


@pytest.mark.slow
def test_kill_9_once_the_link_has_moved(shop: Path) -> None:
    done, _ = refresh_struck(shop, signal.SIGKILL, SHOW)
    assert done.returncode == -signal.SIGKILL
    wait_for(shop / "published")
    assert not (shop / "failed").exists()
    assert "recsql_published_version 2" in (shop / "r.prom").read_text()
    assert last_run(shop)[0] is None
    assert struck(shop, 0, SHOW, "versions").returncode == 0
    assert run(shop, "publish").returncode == 0
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        outcomes = file.execute(
            "select outcome, version from mon_runs order by started_at"
        ).fetchall()
    assert [outcome for outcome, _ in outcomes[:-1]] == ["published"]


@pytest.mark.slow
def test_a_hook_that_has_begun_is_not_run_again(shop: Path) -> None:
    where = "recsql.operation.operate:run_hook"
    more = ", on_publish: sh -c 'echo once >> hooks'"
    done, lines = refresh_struck(shop, signal.SIGKILL, where, more=more)
    assert done.returncode == -signal.SIGKILL
    wait_for(shop / "r.prom")
    time.sleep(1)
    assert (shop / "hooks").read_text() == "once\n"
    assert lines[-1]["event"] in ("finished", "published")


@pytest.mark.slow
def test_a_publish_that_is_ended_leaves_the_run_published(shop: Path) -> None:
    before = last_run(shop)
    write = "recsql.publishing.publish:_write"
    done = struck(shop, signal.SIGTERM, write, "publish")
    assert done.returncode == 143, done.stderr
    assert last_run(shop) == before
    assert before[:2] == ("published", 1)
    assert faults.require_whole(shop) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGKILL, "killed"), (signal.SIGABRT, "Aborted")]
)
def test_a_process_that_dies_is_told_of(shop: Path, number: int, words: str) -> None:
    done, lines = refresh_struck(shop, number, MEASURE)
    assert done.returncode == -number
    wait_for(shop / "failed")
    time.sleep(0.5)
    assert "recsql_refresh_exit_code 1" in (shop / "r.prom").read_text()
    assert lines[-1]["event"] == "finished"
    assert lines[-1]["error"] == (
        f"refresh: its process ended before the work was done: {words}."
    )
    assert faults.require_whole(shop) == 1


def run(shop: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recsql", *arguments, "--project", str(shop)],
        text=True,
        stderr=subprocess.PIPE,
        **{"stdout": subprocess.PIPE, **more},
    )


def wait_for(path: Path) -> None:
    for _ in range(100):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody wrote {path}")


STUCK = """
import sys, time
sys.argv = ["recsql", *sys.argv[1:]]
from recsql.engine import stops
from recsql.operation import pipeline
stops.GRACE_SECONDS = 0.5
pipeline.compile_with_history = lambda project: [stuck() for _ in range(1)]
def stuck():
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
from recsql.__main__ import main
main()
"""


def test_what_does_not_end_in_time_is_left_and_told_of(shop: Path) -> None:
    given = f"{{{QUICK}, on_failure: touch failed}}"
    options = ("refresh", "--log-format", "json", "--timeout", "1s", "--vars", given)
    done = subprocess.run(
        [sys.executable, "-c", STUCK, *options, "--project", str(shop)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    late = "refresh: not done after 1 s (--timeout). Nothing was published."
    assert (done.returncode, done.stderr) == (4, f"Error: {late}\n")
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["event"], last["exit_code"], last["error"]) == ("finished", 4, late)
    wait_for(shop / "failed")


@pytest.mark.slow
def test_standard_output_on_a_full_disk(shop: Path) -> None:
    given = f"{{{QUICK}, on_publish: touch published}}"
    with Path("/dev/full").open("w") as full:
        for form in ("json", "text"):
            done = run(
                *(shop, "refresh", "--log-format", form, "--vars", given), stdout=full
            )
            version = Versions(shop / "warehouse").current
            assert (done.returncode, done.stderr) == (
                1,
                "Error: standard output: No space left on device: free some, then "
                f"try again. Version {version} is published.\n",
            )
    assert version == 3
    assert (shop / "published").exists()
    assert last_run(shop)[:2] == ("published", 3)


def test_a_lock_file_that_is_deleted_locks(shop: Path, recsql: Recsql) -> None:
    first = start("refresh", "--project", shop)
    lock = shop / "warehouse/refresh.lock"
    while not (lock.exists() and lock.read_text()):
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)
    lock.unlink()
    for command in ("rollback", "publish", "refresh"):
        done = recsql(command, "--project", shop)
        assert done.code == 3, command
        assert "another process is changing what is published" in done.err
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    assert recsql("rollback", "--project", shop).code == 2, "free, but no older version"


@pytest.mark.parametrize(
    "owner",
    [
        {"pid": 1, "host": "elsewhere", "since": 0},  # foreign, and alive here
        {"pid": os.getpid(), "host": "here", "since": 9e12},  # reused, of the future
        {"pid": 999_999_999, "host": "here", "since": 0},  # dead
        "torn {",
    ],
)
def test_what_the_lock_file_says_locks_nobody_out(
    shop: Path, recsql: Recsql, owner: object
) -> None:
    text = owner if isinstance(owner, str) else json.dumps(owner)
    (shop / "warehouse/refresh.lock").write_text(text)
    assert recsql("rollback", "--project", shop).code == 2
    assert (shop / "warehouse/refresh.lock").read_text() == ""


BUILD = "recsql.engine.runner._Run:_build"


@pytest.mark.slow
def test_publish_after_a_killed_refresh(shop: Path, recsql: Recsql) -> None:
    """Tables of two runs are never published as one."""
    source = shop / "sql/recommendations/rec_zz_last.sql"
    source.parent.mkdir(parents=True)
    source.write_text(
        "{{ config(contract={'enforced': false}) }} select count(*) as n "
        "from {{ ref('rec_for_user') }}"
    )
    assert recsql("refresh", "--project", shop).code == 0
    source.write_text(source.read_text() + " cross join range(100000000000) as r (i)")
    process = start("refresh", "--project", shop, "--threads", "1", "--full-refresh")
    assert process.stdout is not None
    for line in process.stdout:
        if "rec_popular" in line:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = faults.require_whole(shop)
    done = recsql("publish", "--project", shop)
    assert (done.code, done.out) == (2, "")
    assert "of a run that did not come to its end" in done.err
    assert faults.require_whole(shop) == before
    source.unlink()
    assert recsql("refresh", "--project", shop).code == 0
    assert recsql("publish", "--project", shop).code == 0
    assert faults.require_whole(shop) == before + 2


def test_a_selected_refresh_says_which_run_built_what(
    shop: Path, recsql: Recsql
) -> None:
    first = {run_id for _, run_id in built(shop)}
    assert len(first) == 1
    done = recsql(
        "refresh", "--project", shop, "--select", "rec_popular", "--full-refresh"
    )
    assert done.code == 0, done.err
    runs = dict(built(shop))
    assert runs["rec_for_user"] in first
    assert runs["rec_popular"] not in first
    manifest = json.loads((shop / "warehouse/current/manifest.json").read_text())
    assert manifest["runs"] == runs
    assert manifest["run_id"] == runs["rec_popular"] == runs["mon_runs"]
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        listed = file.execute(
            "select distinct table_name, run_id from catalog "
            "where table_name not in ('catalog', 'manifest')"
        ).fetchall()
    assert dict(listed) == runs


def built(shop: Path) -> list[tuple[str, str]]:
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        return file.execute("select table_name, run_id from manifest").fetchall()


def test_a_report_that_fails_leaves_the_one_before(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shop / "report.html"
    options = ("report", "--project", shop, "--output", path)
    assert recsql(*options).code == 0
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        done = recsql(*options)
    assert done.code == 1
    assert "report.html: No space left on device: free some" in done.err
    assert path.read_bytes() == before
    assert [p.name for p in shop.glob(".*report*")] == []


def test_writing_beside_follows_links_and_keeps_modes(tmp_path: Path) -> None:
    target, link = tmp_path / "there/a.txt", tmp_path / "a.txt"
    target.parent.mkdir()
    target.write_text("before")
    target.chmod(0o604)
    link.symlink_to(target)
    assert write_beside(link, "after") == 5
    assert link.is_symlink()
    assert (target.read_text(), target.stat().st_mode & 0o777) == ("after", 0o604)


def test_publishing_may_fail_to_prune(
    shop: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Versions, keep: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Versions, "prune", refuse)
    assert publish(shop).version == 2
    assert Versions(shop / "warehouse").current == 2
