"""docs/operating.md cannot rot: its commands run, and what it says is so."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recsql.config.project import builtin_root, load_project
from recsql.operation import pipeline
from recsql.operation.lock import publishing_lock
from recsql.terminal.logs import JsonLog
from tests.integration.conftest import QUICK, Outcome, Publish, Recsql

PAGE = (builtin_root() / "docs/operating.md").read_text()
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.S)
    for line in block.splitlines()
    if line.startswith("$ recsql ")
]


def test_every_command_of_the_page_runs(
    shop: Path, recsql: Recsql, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    for _ in range(2):  # versions to go back to
        publish(shop)
    for command in COMMANDS:
        _, name, *rest = shlex.split(command)
        more = ["--vars", f"{{{QUICK}}}"] if name == "refresh" else []
        done = recsql(name, *rest, *more)
        assert (done.code, done.err) == (0, ""), command
    assert len(COMMANDS) >= 3


def quick(recsql: Recsql, shop: Path, *options: str, **given: object) -> Outcome:
    """Refresh with few models; further vars as keywords."""
    more = "".join(f", {name}: {json.dumps(text)}" for name, text in given.items())
    text = f"{{{QUICK}{more}}}"
    return recsql("refresh", "--project", shop, "--vars", text, *options)


HOLD = """
import sys
from pathlib import Path
from recsql.operation.lock import publishing_lock
with publishing_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock until the block ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.kill()
        holder.communicate()


def test_a_second_refresh_says_so_and_exits_3(shop: Path, recsql: Recsql) -> None:
    with held(shop / "warehouse") as holder:
        for command in ("refresh", "publish", "rollback"):
            done = recsql(command, "--project", shop)
            assert (done.code, done.out) == (3, "")
            assert f"process {holder.pid} on " in done.err
            assert re.search(r"since \d+ s, is changing what is published", done.err)
            assert len(done.err.splitlines()) == 1
    assert recsql("publish", "--project", shop).code == 0, "killed: the lock is free"


def test_a_second_refresh_waits(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held(shop / "warehouse") as holder:
        monkeypatch.setattr(
            "recsql.operation.lock.sleep", lambda seconds: holder.kill()
        )
        done = quick(recsql, shop, "--wait")
    assert (done.code, done.err) == (0, "")
    assert f"process {holder.pid} on " in done.out.splitlines()[0]
    assert "published" in done.out


def test_a_refresh_waits_for_whoever_writes_the_build(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
    code += "print('held', flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(shop / "warehouse/build.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "held\n"
    monkeypatch.setattr(
        "recsql.operation.operate.sleep", lambda s: writer.communicate("")
    )
    done = quick(recsql, shop, "--wait")
    assert (done.code, done.err) == (0, "")
    assert "locked by another process" in done.out
    assert writer.returncode == 0


def test_a_lock_of_the_future_has_no_negative_age(tmp_path: Path) -> None:
    from recsql.errors import InUse

    with publishing_lock(tmp_path):
        path = tmp_path / "refresh.lock"
        owner = json.loads(path.read_text())
        path.write_text(json.dumps({**owner, "since": time.time() + 3600}))
        with pytest.raises(InUse, match="since 0 s"), publishing_lock(tmp_path):
            pass
        path.write_text("not yet signed")
        with pytest.raises(InUse, match="another process"), publishing_lock(tmp_path):
            pass


def test_a_refresh_that_takes_too_long_is_stopped(shop: Path, recsql: Recsql) -> None:
    before = (shop / "warehouse/current").readlink()
    folder = shop / "sql/recommendations"
    folder.mkdir(parents=True)
    (folder / "rec_slow.sql").write_text(
        "select count(*) as n from range(1000000000) as a, range(1000000) as b"
    )
    started = time.monotonic()
    done = quick(recsql, shop, "--timeout", "3s", on_failure="touch failed")
    assert done.code == 4
    assert done.err == (
        "Error: refresh: not done after 3 s (--timeout). Nothing was published.\n"
    )
    assert time.monotonic() - started < 30
    assert (shop / "warehouse/current").readlink() == before
    assert (shop / "failed").exists()


@pytest.mark.parametrize("text", ["3", "0s", "1.5h", "soon"])
def test_a_timeout_is_a_time(shop: Path, recsql: Recsql, text: str) -> None:
    done = recsql("refresh", "--project", shop, "--timeout", text)
    assert (done.code, done.out) == (2, "")
    assert f'--timeout "{text}": use for example 90s' in done.err


def break_a_model(shop: Path) -> None:
    folder = shop / "sql/recommendations"
    folder.mkdir(parents=True)
    (folder / "rec_broken.sql").write_text("select 1 / 'x' as broken")


TELL = [sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ)), "]
TELL[-1] += "file=open('told.json', 'w'))"


def figures(path: Path) -> dict[str, float]:
    lines = path.read_text().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(number) for name, number in pairs}


@dataclass
class Night:
    """What a refresh left to those who watch it."""

    outcome: Outcome
    lines: list[dict[str, Any]]
    told: dict[str, str]
    figures: dict[str, float]


def watch(recsql: Recsql, shop: Path, hook: str, other: str) -> Night:
    given = {hook: TELL, other: "false", "metrics_file": "recsql.prom"}
    outcome = quick(recsql, shop, "--log-format", "json", **given)
    return Night(
        outcome,
        [json.loads(line) for line in outcome.out.splitlines()],
        json.loads((shop / "told.json").read_text()),
        figures(shop / "recsql.prom"),
    )


DONE_AT = "recsql_refresh_last_success_timestamp_seconds"


def test_a_refresh_that_is_done_tells_everybody(shop: Path, recsql: Recsql) -> None:
    night = watch(recsql, shop, "on_publish", "on_failure")
    assert (night.outcome.code, night.outcome.err) == (0, "")

    lines = night.lines
    assert all({"at", "level", "event"} <= set(line) for line in lines)
    names = [line["event"] for line in lines]
    assert (names[0], names[-2:]) == ("started", ["published", "finished"])
    assert {"model", "quarantine", "checks"} <= set(names)
    assert (lines[-1]["exit_code"], lines[-2]["version"]) == (0, 2)
    (model,) = [line for line in lines if line.get("name") == "rec_popular"]
    assert (model["status"], model["level"]) == ("unchanged", "info")

    assert night.told["RECSQL_EXIT_CODE"] == "0"
    assert night.told["RECSQL_VERSION"] == "2"
    assert Path(night.told["RECSQL_FILE"]).exists()

    assert night.figures["recsql_refresh_exit_code"] == 0
    assert night.figures["recsql_published_version"] == 2
    assert night.figures['recsql_model_seconds{model="rec_popular"}'] >= 0
    assert night.figures["recsql_events_read"] > 100
    rows = lines[-2]["tables"]["rec_popular"]
    assert night.figures['recsql_table_rows{table="rec_popular"}'] == rows > 0
    text = (shop / "recsql.prom").read_text().splitlines()
    helps = [line.split()[2] for line in text if line.startswith("# HELP")]
    types = [line.split()[2] for line in text if line.startswith("# TYPE")]
    assert helps == types == sorted(set(helps), key=helps.index)
    assert {key.split("{")[0] for key in night.figures} <= set(helps)


def test_a_refresh_that_failed_tells_why(shop: Path, recsql: Recsql) -> None:
    (shop / "recsql.prom").write_text(f"{DONE_AT} 17.5\n")
    break_a_model(shop)
    night = watch(recsql, shop, "on_failure", "on_publish")
    assert (night.outcome.code, night.outcome.err) == (1, "Error: 1 model failed.\n")

    (failed,) = [line for line in night.lines if line.get("status") == "failed"]
    assert failed["level"] == "error"
    assert "rec_broken.sql" in failed["error"]
    last = night.lines[-1]
    assert (last["event"], last["level"], last["exit_code"]) == ("finished", "error", 1)

    assert night.told["RECSQL_EXIT_CODE"] == "1"
    assert night.told["RECSQL_ERROR"] == "1 model failed."
    assert "RECSQL_VERSION" not in night.told

    assert night.figures["recsql_refresh_exit_code"] == 1
    assert night.figures[DONE_AT] == 17.5
    assert "recsql_published_version" not in night.figures
    assert not list(shop.glob(".*.new"))


@pytest.mark.parametrize(
    ("hook", "code", "words"),
    [
        ("false", 1, "on_publish: false ended with exit code 1."),
        ("no-such-program", 2, "on_publish: 'no-such-program' cannot be run: "),
    ],
)
def test_a_hook_that_fails_is_told(
    shop: Path, recsql: Recsql, hook: str, code: int, words: str
) -> None:
    done = quick(recsql, shop, on_publish=hook)
    assert done.code == code
    assert words in done.err
    assert done.err.endswith(". Version 2 is published.\n")
    assert (shop / "warehouse/current").readlink().name == "2"


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (OSError("x"), 1)]
)
def test_the_last_line_tells_of_every_end(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    with pytest.raises(type(error)), JsonLog().session():
        raise error
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["level"], last["exit_code"]) == (
        "finished",
        "error",
        code,
    )


def test_what_a_listener_raises_stops_the_queries(shop: Path) -> None:
    project = load_project(shop)

    def broken(event: object) -> None:
        raise ValueError("no more paper")

    with pytest.raises(ValueError, match="no more paper"):
        pipeline.refresh(project, 2, broken)
