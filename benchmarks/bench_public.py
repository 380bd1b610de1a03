"""Replay a public protocol from a folder of train and test files.

    python benchmarks/bench_public.py NAME --data FOLDER [--sources item_knn ease ...]
        [--vars "{knn_similarity: exponents}"] [--at-least 4]

NAME is one of the tables below. FOLDER has train.* and test.*, or folders of them
(folds), or one file, which is dealt into five folds user by user. Files are lists
(`user item item ...`) or triples (`user item [rating [time]]`, by comma, tab, blank or
`::`); `--layout` says which where it cannot be seen.

All items that the user does not have in the train file are ranked, for every user of
the test file; recall = hits / test items, the ideal DCG is cut at k. Ours are figures
of the product's own evaluation, beside the published ones with their source. Settings
are vars: choose them on a part of the train file (`recsql tune`), never on the test.
Published rows are as their papers print them; whether data and preprocessing are the
same is for you to see.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import yaml
from common import work_folder
from public_data import DAYS, Split, splits
from sources import Scored, load, score_sources

from recsql.config.project import Project, load_project
from recsql.config.scaffold import init_project

KIND = "new_only"
SOURCES = ["popular", "item_knn", "user_knn", "graph_filter", "bspm", "als"]
VARS = {
    "decay_days": None,  # nothing is known of times
    "min_item_baskets": 1,
    "eval_resamples": 100,
}


@dataclass(frozen=True)
class Row:
    """A published row: its figures in the order of the protocol's metrics."""

    model: str
    figures: tuple[float, ...]
    paper: str


@dataclass(frozen=True)
class Protocol:
    """What is measured at which k, and what others got."""

    metrics: tuple[str, ...]
    k: int
    published: tuple[Row, ...]

    @property
    def head(self) -> tuple[str, ...]:
        """Return the names of the figures."""
        return tuple(f"{metric}@{self.k}" for metric in self.metrics)


PAPERS = {
    "LightGCN": "He et al. 2020 (SIGIR)",
    "UltraGCN": "Mao et al. 2021 (CIKM)",
    "SimpleX": "Mao et al. 2021 (CIKM)",
    "GF-CF": "Shen et al. 2021 (CIKM)",
    "BSPM": "Choi et al. 2023 (SIGIR)",
}


def all_ranked(**figures: tuple[float, ...]) -> Protocol:
    """Return recall@20 and NDCG@20 over all items, one train and one test file."""
    names = {"GF_CF": "GF-CF"}
    rows = [(names.get(name, name), both) for name, both in figures.items()]
    return Protocol(
        ("recall", "ndcg"), 20, tuple(Row(n, both, PAPERS[n]) for n, both in rows)
    )


PROTOCOLS = {
    "gowalla": all_ranked(
        LightGCN=(0.1830, 0.1554),
        GF_CF=(0.1849, 0.1518),
        UltraGCN=(0.1862,),
        SimpleX=(0.1872,),
        BSPM=(0.1920, 0.1597),
    ),
    "amazon-cds": all_ranked(UltraGCN=(0.1622, 0.1043)),
    "movielens-1m": Protocol(
        ("ndcg",), 10, (Row("EASE", (0.336,), "Anelli et al. 2022 (UMAP)"),)
    ),
    "other": all_ranked(),
}


def project_of(folder: Path, split: Split) -> Project:
    """Return a project whose events are the split's, the test the last days."""
    init_project(folder, "own-tables")
    project = load_project(folder)
    events = {**project.vars["events"], "table": "cells"}
    project = project.with_vars({**VARS, "events": events})
    split.write(folder / "cells.parquet")
    load(project, {"cells": folder / "cells.parquet"})
    return project


def measure(asked: argparse.Namespace, protocol: Protocol) -> Iterator[Scored]:
    """Score every source on every split."""
    for split in splits(asked.data, asked.layout, asked.at_least):
        users, items = ({pair[n] for pair in split.train} for n in (0, 1))
        print(
            f"{split.name}: {len(split.train):,} cells of {len(users):,} users and "
            f"{len(items):,} items; {len(split.test):,} are asked for",
            flush=True,
        )
        with work_folder() as folder:
            project = project_of(folder / "shop", split).with_vars(asked.vars)
            for scored in score_sources(
                project, DAYS, asked.sources, [KIND], protocol.metrics, protocol.k
            ):
                print(f"  {line_of(protocol, [scored])}", flush=True)
                yield scored


def line_of(protocol: Protocol, found: list[Scored]) -> str:
    """Return a source's means over the splits."""
    values = [
        mean(scored.value(KIND, metric, protocol.k) for scored in found)
        for metric in protocol.metrics
    ]
    cells = "".join(f"{value:12.4f}" for value in values)
    seconds = mean(scored.seconds for scored in found)
    return f"{found[0].source:16}{cells}  recsql, {seconds:.1f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", choices=PROTOCOLS)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sources", nargs="+", default=SOURCES)
    parser.add_argument("--vars", type=yaml.safe_load, default={})
    parser.add_argument("--layout", choices=("lists", "triples"))
    parser.add_argument("--at-least", type=float, help="Only ratings from this on.")
    asked = parser.parse_args()
    if not asked.data.is_dir():
        raise SystemExit(f"{asked.data}: this folder is not there.")
    protocol = PROTOCOLS[asked.name]
    found = defaultdict(list)
    for scored in measure(asked, protocol):
        found[scored.source].append(scored)
    lines = [line_of(protocol, each) for each in found.values()]
    for row in protocol.published:
        cells = "".join(f"{value:12.4f}" for value in row.figures)
        cells = cells.ljust(12 * len(protocol.metrics))
        lines.append(f"{row.model:16}{cells}  {row.paper}")
    print(f"\n{asked.name:16}" + "".join(f"{name:>12}" for name in protocol.head))
    print("\n".join(sorted(lines, key=lambda line: -float(line.split()[1]))))


if __name__ == "__main__":
    main()
