"""docs/serving.md to the letter: every curl answers, and its SQL is a route."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsql.config.project import Project, builtin_root
from recsql.serving.limits import HISTORY_TOKEN
from tests.integration.served import HISTORY, running

PAGE = (builtin_root() / "docs/serving.md").read_text()
COMMANDS = re.findall(r"^\$ (curl .+)$", PAGE, re.M)


def test_every_curl_of_the_page_answers(served_project: Project) -> None:
    with running(served_project, has_journal=False) as (service, port):
        routes = [r for r in service.follower.routes.values() if r.path]
        said = 0
        for command in COMMANDS:
            text = command.replace("localhost:8765", f"127.0.0.1:{port}")
            arguments = shlex.split(text.replace(f"${HISTORY_TOKEN}", HISTORY))
            done = subprocess.run(
                [*arguments, "-w", "\n%{http_code}"], capture_output=True, text=True
            )
            body, _, status = done.stdout.rpartition("\n")
            if "/metrics" not in command:
                answer = json.loads(body)
            if "/events" in command:  # nothing is noted here
                assert answer["error"]["code"] == "no_journal"
            elif "substitutes" in command:  # the shop has no texts
                assert answer["error"]["code"] == "no_route"
            else:
                assert status == "200", (command, body)
            said += 1
        assert said >= 20
        paths = [re.sub(r"{\w+}", "[^/?']+", route.path) for route in routes]
        for path in paths:
            assert any(re.search(f"8765{path}\\b", c) for c in COMMANDS), path


def test_the_route_of_the_page_is_one(served_project: Project, tmp_path: Path) -> None:
    from recsql.serving.routes import read_route

    (block,) = re.findall(r"```sql\n(.*?)```", PAGE, re.S)
    path = tmp_path / "top.sql"
    path.write_text(block)
    route = read_route("top", "top.sql", path, block)
    assert (route.method, route.path) == ("GET", "/kinds/{kind}/top")
    assert [(p.name, p.kind, p.default) for p in route.parameters] == [
        ("kind", "text", None),
        ("at_least", "integer", 1),
    ]


def test_exposures_of_the_page_are_columns() -> None:
    import yaml

    from recsql.operation.journals import COLUMNS

    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    mapped = yaml.safe_load(block)["exposures"]
    columns = {part.split()[0] for part in COLUMNS[mapped.pop("table")].split(", ")}
    assert set(mapped.values()) <= columns


@pytest.mark.slow
def test_following_a_folder_until_told_to_end(
    served_project: Project, tmp_path: Path
) -> None:
    import shutil

    shop = tmp_path / "shop"
    shutil.copytree(served_project.root, shop, symlinks=True)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    command = [sys.executable, "-m", "recsql", "load", "--follow", str(folder)]
    with subprocess.Popen(
        [*command, "--project", str(shop)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as follower:
        line = {"at": "2024-05-01 10:00:00", "user": "3", "item": "101"}
        line |= {"event_id": "x", "event_type": "click", "surface": None}
        line |= {"request_id": None, "quantity": 1, "amount": None}
        (folder / "events-1-1-0.jsonl").write_text(json.dumps(line) + "\n")
        assert follower.stdout is not None
        assert "1 events" in follower.stdout.readline()
        time.sleep(0.1)
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(60) == 143
