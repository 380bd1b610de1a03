"""A small shop on disk, loaded and refreshed once; tests that change it take a copy."""

from __future__ import annotations

import csv
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recsql.__main__ import main

USERS = ["ann", "bob o'neil", "Ünal ☕", *(f"user {n}" for n in range(30))]
ITEMS = [f'sku-{n:02d} "x"' for n in range(20)]


@dataclass
class Outcome:
    code: int
    out: str
    err: str


Recsql = Callable[..., Outcome]


def write_events(path: Path, extra: tuple[tuple[str, ...], ...] = ()) -> None:
    chance = random.Random(7)
    rows = []
    for user in USERS:
        for _ in range(chance.randint(2, 8)):
            moment = datetime(2024, 1, 1) + timedelta(days=chance.random() * 120)
            for item in chance.sample(ITEMS, chance.randint(1, 5)):
                rows.append((user, item, moment.isoformat(timespec="seconds")))
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("user_id", "item_id", "event_at"), *rows, *extra])


@pytest.fixture
def recsql(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Recsql:
    """Run the command line in this process; return exit code and what it printed."""

    def run(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["recsql", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A refreshed project; read it, never change it."""
    from recsql import pipeline, scaffold
    from recsql.loader import load_table
    from recsql.project import load_project
    from recsql.warehouse import open_warehouse

    folder = tmp_path_factory.mktemp("built") / "shop"
    scaffold.init_project(folder, "own-tables")
    write_events(folder.parent / "events.csv")
    project = load_project(folder)
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        files = [str(folder.parent / "events.csv")]
        load_table(warehouse, "raw", "events", files, {})
    pipeline.refresh(project, 2, lambda event: None)
    return folder


@pytest.fixture
def shop(built_shop: Path, tmp_path: Path) -> Path:
    """A copy of the refreshed project that a test may break."""
    return Path(shutil.copytree(built_shop, tmp_path / "shop", symlinks=True))
