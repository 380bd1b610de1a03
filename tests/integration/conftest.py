"""Small shops on disk, loaded and refreshed once; tests that change one take a copy."""

from __future__ import annotations

import csv
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from recsql.__main__ import main
from recsql.compilation.compiler import Plan, compile_project
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


def made_shop(folder: Path, given: str = "{}") -> Path:
    """Make a project in a folder, with these vars; load its events and refresh it."""
    import yaml

    from recsql.config import scaffold
    from recsql.engine.loader import load_table
    from recsql.operation import pipeline

    scaffold.init_project(folder, "own-tables")
    with (folder / "dbt_project.yml").open("a") as settings:
        for name, setting in yaml.safe_load(given).items():
            settings.write(f"  {name}: {json.dumps(setting)}\n")
    write_events(folder.parent / "events.csv")
    project = load_project(folder)
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        files = [str(folder.parent / "events.csv")]
        load_table(warehouse, "raw", "events", files)
    pipeline.refresh(project, 2, lambda event: None)
    return folder


@contextmanager
def kept_as_made(folder: Path) -> Iterator[Path]:
    """Give a folder that many tests read, and see that none of them wrote there."""
    made = {path.name for path in (folder / "warehouse").iterdir()}
    yield folder
    assert {path.name for path in (folder / "warehouse").iterdir()} == made


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A refreshed project; read it, never change it."""
    with kept_as_made(made_shop(tmp_path_factory.mktemp("built") / "shop")) as folder:
        yield folder


@pytest.fixture(scope="session")
def built_quick_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The same, refreshed with the vars QUICK; read it, never change it."""
    folder = tmp_path_factory.mktemp("quick") / "shop"
    with kept_as_made(made_shop(folder, f"{{{QUICK}}}")) as made:
        yield made


@pytest.fixture(scope="session")
def served_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A published shop with regions and A/B tests; read it, never change it."""
    from tests.integration.served import write_shop

    return write_shop(tmp_path_factory.mktemp("served"))


class Publish(Protocol):
    """Publish what is built in a copy of the shop, with some vars changed."""

    def __call__(self, shop: Path, **vars_given: object) -> Published: ...


@pytest.fixture(scope="session")
def publish() -> Publish:
    """Publish as the command does, but compile equal projects only once."""
    plans: dict[str, Plan] = {}

    def run(shop: Path, **vars_given: object) -> Published:
        settings = (shop / "dbt_project.yml").read_text()
        if settings not in plans:
            plans[settings] = compile_project(load_project(shop))
        plan, build = plans[settings], shop / "warehouse/build.duckdb"
        profile = replace(plan.project.profile, build=build)
        project = replace(plan.project, root=shop, profile=profile)
        project = project.with_vars(vars_given)
        with open_warehouse(build, profile.settings) as warehouse:
            return publish_plan(replace(plan, project=project), warehouse)

    return run


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of a refreshed project that a test may break, of few models or of all."""
    every = request.node.get_closest_marker("every_model")
    built = request.getfixturevalue("built_shop" if every else "built_quick_shop")
    return Path(shutil.copytree(built, tmp_path / "shop", symlinks=True))
