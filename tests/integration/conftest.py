"""A small shop on disk, loaded and refreshed once; tests that change it take a copy."""

from __future__ import annotations

import csv
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from recsql.__main__ import main
from recsql.compilation.compiler import compile_project
from recsql.config.project import Project, load_project
from recsql.engine.warehouse import open_warehouse
from recsql.publishing.publish import Published
from recsql.publishing.publish import publish as publish_plan

USERS = ["ann", "bob o'neil", "Ünal ☕", *(f"user {n}" for n in range(30))]
ITEMS = [f'sku-{n:02d} "x"' for n in range(20)]
# vars of a refresh that builds little; that its lists are others is no news
QUICK = "candidate_sources: [popular], surfaces: [{name: home, allow_repeat: all, "
QUICK += "length: 5, personal: [], fallback: [popular]}], drift_warn: {}"


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
    from recsql.config import scaffold
    from recsql.engine.loader import load_table
    from recsql.operation import pipeline

    folder = tmp_path_factory.mktemp("built") / "shop"
    scaffold.init_project(folder, "own-tables")
    write_events(folder.parent / "events.csv")
    project = load_project(folder)
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        files = [str(folder.parent / "events.csv")]
        load_table(warehouse, "raw", "events", files)
    pipeline.refresh(project, 2, lambda event: None)
    return folder


@pytest.fixture(scope="session")
def served_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A published shop with regions and A/B tests; read it, never change it."""
    from tests.integration.served import write_shop

    return write_shop(tmp_path_factory.mktemp("served"))


class Publish(Protocol):
    """Publish what is built in a copy of the shop, with some vars changed."""

    def __call__(self, shop: Path, **vars_given: object) -> Published: ...


@pytest.fixture(scope="session")
def publish(built_shop: Path) -> Publish:
    """Publish as the command does, but compile the project only once."""
    plan = compile_project(load_project(built_shop))

    def run(shop: Path, **vars_given: object) -> Published:
        build = shop / "warehouse/build.duckdb"
        profile = replace(plan.project.profile, build=build)
        project = replace(plan.project, root=shop, profile=profile)
        project = project.with_vars(vars_given)
        with open_warehouse(build, profile.settings) as warehouse:
            return publish_plan(replace(plan, project=project), warehouse)

    return run


@pytest.fixture
def shop(built_shop: Path, tmp_path: Path) -> Path:
    """A copy of the refreshed project that a test may break."""
    return Path(shutil.copytree(built_shop, tmp_path / "shop", symlinks=True))
