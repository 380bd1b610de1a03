"""What was shown and what came of it: nothing is lost, and nothing comes in twice."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recsql.config.project import Project, load_project
from recsql.engine.warehouse import open_warehouse
from recsql.operation.journals import FOLDER, Taken, blank, new_lines, take_in
from recsql.serving.journal import Journal
from tests.integration.conftest import Recsql
from tests.integration.served import Client, running


@pytest.fixture
def own(served_project: Project, tmp_path: Path) -> Project:
    """A copy of the shop that a test may change."""
    shutil.copytree(served_project.root, tmp_path / "shop", symlinks=True)
    return load_project(tmp_path / "shop")


def rows(project: Project, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        return warehouse.rows(sql)


def taken(project: Project, folder: Path | None = None) -> Taken:
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        return take_in(project, warehouse, folder)


def lines_of(folder: Path) -> list[bytes]:
    paths = sorted(folder.iterdir())
    return [line for path in paths for line, _ in new_lines(path, 0)]


def test_every_line_is_kept_in_order_over_many_segments(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", "shown", size=4_096)
    chance = random.Random(1)
    wanted = [b"x" * chance.randint(1, 900) for _ in range(400)]
    assert all(journal.append(line) for line in wanted)
    assert journal.append(b"y" * 10_000)  # longer than a segment
    journal.close()
    assert {path.suffix for path in (tmp_path / "j").iterdir()} == {".jsonl"}
    found = lines_of(tmp_path / "j")
    assert sorted(found) == sorted([*wanted, b"y" * 10_000])
    assert (journal.written, journal.lost) == (401, 0)


def test_an_old_segment_is_closed(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "shown", seconds=0.05)
    journal.append(b"one")
    end = time.monotonic() + 20
    while not list(tmp_path.glob("*.jsonl")):
        assert time.monotonic() < end
        time.sleep(0.01)
    journal.append(b"two")
    assert sorted(lines_of(tmp_path)) == [b"one", b"two"]
    journal.close()


def test_a_full_disk_delays_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "shown", size=4_096)
    end = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    kept = [journal.append(b"x" * 100) for _ in range(300)]
    assert kept == sorted(kept, reverse=True)
    assert 70 < sum(kept) < 90  # what two segments hold
    assert journal.lost == 300 - sum(kept)
    journal.close()
    assert len(lines_of(tmp_path)) == sum(kept)


def test_what_was_shown_becomes_exposures(own: Project) -> None:
    with running(own, has_journal=True) as (_, port):
        client = Client(port)
        answers = [
            client.get("recommend", user, surface="home") for user in range(1, 9)
        ]
        answers.append(client.get("recommend", "007", surface="home"))
        answers.append(client.post("/session", {"items": [101], "surface": "home"}))
        explored = client.get("recommend", 5, surface="discover")
        client.get("recommend", 3, surface="home", is_shown="false")
        clicked = answers[2]
        events = [
            {
                "user": 3,
                "item": clicked["rows"][1]["item_id"],
                "request_id": clicked["request_id"],
                "event_id": "click 1",
            },
            {
                "user": 3,
                "item": 111,
                "event_type": "purchase",
                "quantity": 2,
                "amount": 5,
            },
        ]
        assert client.post("/events", {"events": events})["kept"] == 2
        assert client.post("/events", {"events": events[:1]})["event_ids"] == [
            "click 1"
        ]
        assert taken(own) == Taken(54, 2)
        assert taken(own) == Taken()
        client.get("recommend", 9, surface="home")
    assert taken(own) == Taken(5)
    found = rows(
        own,
        "select request_id, user_id, item_id, item_rank, variant, version, surface "
        "from raw.served_shown order by all",
    )
    for answer in answers[:-2]:
        wanted = [
            (
                answer["request_id"],
                answer["user"] and int(answer["user"]),
                row["item_id"],
                rank,
                answer["variant"],
                1,
                "home",
            )
            for rank, row in enumerate(answer["rows"], 1)
        ]
        if answer["user"] == "007":  # nobody of that name: user 7 saw nothing of it
            wanted = [(w[0], None, *w[2:]) for w in wanted]
        seen = [row for row in found if row[0] == answer["request_id"]]
        assert sorted(seen, key=lambda row: row[3]) == wanted
    assert rows(
        own,
        "select user_id, item_id, request_id from raw.served_shown "
        "where clicked_at is not null",
    ) == [(3, events[0]["item"], clicked["request_id"])]
    assert [row["propensity"] for row in explored["rows"]] == [1, 1, 1, 0.2]
    chances = (
        "select propensity, count(*) from raw.served_shown group by all order by 1"
    )
    assert rows(own, chances) == [(0.2, 1), (1.0, 58)]
    assert rows(
        own, "select event_type, quantity, amount from raw.served_events order by 1"
    ) == [("click", 1, None), ("purchase", 2, 5)]


def test_a_refresh_takes_them_in(own: Project, recsql: Recsql) -> None:
    with running(own, has_journal=True) as (_, port):
        Client(port).get("recommend", 3, surface="home")
    given = (
        "{exposures: {table: served_shown, user_id: user_id, item_id: item_id, "
        "shown_at: shown_at, surface: surface, variant: variant, "
        "clicked_at: clicked_at, propensity: propensity}, drift_warn: {}}"
    )
    done = recsql("refresh", "--project", own.root, "--vars", given)
    assert done.code == 0, done.err
    assert "took in 5 rows of what was shown" in done.out
    assert rows(own, "select distinct user_id from stg_exposures") == [(3,)]


LOAD = """
import sys, time
from recsql.config.project import load_project
from recsql.engine.warehouse import open_warehouse
from recsql.operation.journals import take_in
project = load_project(sys.argv[1])
while True:
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        take_in(project, warehouse)
    print("taken", flush=True)
"""


@pytest.mark.slow
def test_kill_9_of_the_service_and_of_the_load(own: Project) -> None:
    """Every answer that came is an exposure, once, and every event that was kept."""
    chance = random.Random(11)
    shown: Counter[str] = Counter()
    events: list[str] = []
    for _ in range(3):
        server, port = started(own)
        stop = threading.Event()
        thread = threading.Thread(target=ask, args=(port, stop, shown, events))
        thread.start()
        for _ in range(2):
            load = subprocess.Popen([sys.executable, "-c", LOAD, str(own.root)])
            time.sleep(1.0 + chance.random())
            load.send_signal(signal.SIGKILL)
            load.wait()
        server.send_signal(signal.SIGKILL)
        server.wait()
        stop.set()
        thread.join()
    taken(own)
    assert taken(own) == Taken()
    found = rows(
        own, "select request_id, count(*) from raw.served_shown group by request_id"
    )
    assert len(shown) > 50
    kept = dict(found)
    # user 35 may see one item, which their region has not: an empty list shows nothing
    assert {name: kept.get(name, 0) for name in shown} == dict(shown)
    assert len(found) - len(shown) <= 3  # answers that were cut off by a kill
    named = rows(own, "select event_id, count(*) from raw.served_events group by all")
    assert set(events) <= {name for name, _ in named}
    assert {count for _, count in named} == {1}


def started(project: Project) -> tuple[subprocess.Popen[str], int]:
    """Serve in a process of its own on a free port."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "recsql", "serve", "--port", str(port)]
    command += ["--project", str(project.root)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            assert Client(port).get("health")
            return server, port
        except OSError:
            time.sleep(0.05)
    server.kill()
    raise AssertionError("it does not start")


def ask(
    port: int, stop: threading.Event, shown: Counter[str], events: list[str]
) -> None:
    client, number = Client(port), 0
    while not stop.is_set():
        number += 1
        try:
            answer = client.get("recommend", 1 + number % 40, surface="home")
            shown[answer["request_id"]] = len(answer["rows"])
            item = answer["rows"][0]["item_id"]
            event = {"user": 1, "item": item, "request_id": answer["request_id"]}
            events += client.post("/events", {"events": [event]})["event_ids"]
        except Exception:
            if stop.wait(0.05):
                return
            client = Client(port)


def test_a_line_that_is_half_there_waits(own: Project) -> None:
    folder = own.profile.folder / FOLDER
    folder.mkdir()
    line = {
        "at": "2024-05-01 10:00:00.123",
        "request_id": "r",
        "user": "3",
        "surface": "home",
        "experiment": None,
        "variant": None,
        "version": 1,
        "run_id": "run",
        "offset": 0,
        "items": ["101"],
    }
    text = json.dumps(line).encode()
    path = folder / "shown-20240501T100000-1-0.open"
    path.write_bytes(text + b"\n" + text[:20] + b"\0" * 500)
    assert taken(own) == Taken(1)
    path.write_bytes(text + b"\nno line of mine\n" + text + b"\n" + b"\0" * 9)
    assert taken(own) == Taken(1, unreadable=1)
    path.rename(path.with_suffix(".jsonl"))
    assert taken(own) == Taken()


def test_who_is_forgotten_is_out_of_the_journals(own: Project, recsql: Recsql) -> None:
    with running(own, has_journal=True) as (_, port):
        client = Client(port)
        for user in (3, 4):
            client.get("recommend", user, surface="home")
            client.post("/events", {"events": [{"user": user, "item": 101}]})
        assert taken(own) == Taken(10, 2)
        assert blank(own.profile.folder / FOLDER, "3") == 2
        assert taken(own) == Taken()  # lines keep their place
        client.get("recommend", 5, surface="home")
        assert taken(own) == Taken(5)
        client.get("recommend", 3, surface="home")
        done = recsql("forget", "3", "--yes", "--project", own.root)
        assert done.code == 0, done.err
        client, deadline = Client(port), time.monotonic() + 30
        while client.get("ready")["version"] == 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert client.get("recommend", 3, is_shown="false")["is_known"] is False
    left = b"\n".join(lines_of(own.profile.folder / FOLDER))
    assert b'"user":"3"' not in left
    assert b'"user":"4"' in left
    for table in ("served_shown", "served_events"):
        assert rows(own, f"select * from raw.{table} where user_id = 3") == []
    assert rows(own, "select count(*) > 0 from raw.served_shown where user_id = 4")
