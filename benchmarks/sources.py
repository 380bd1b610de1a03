"""What benchmarks of sources share: each source built and scored on its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from recsql.config.project import Project
from recsql.engine.loader import load_table
from recsql.engine.scheduling import ModelResult
from recsql.engine.warehouse import Warehouse, open_warehouse
from recsql.evaluation.past import build_as_of, event_range, scratch_warehouse
from recsql.operation.events import Event

SCRATCH = "benchmark.duckdb"
FIGURES = """
    select
        allow_repeat, metric, k,
        metric_value, interval_low, interval_high, user_count
    from main.eval_summary
    where list_name = ? and segment_kind = 'all'
"""


@dataclass(frozen=True)
class Figure:
    """A mean over users, and its bootstrap interval."""

    value: float
    low: float
    high: float
    users: int


@dataclass(frozen=True)
class Scored:
    """A source: its figures by kind of items, metric and k; seconds of its models."""

    source: str
    figures: dict[tuple[str, str, int], Figure]
    seconds: float

    def value(self, *figure: Any) -> float:
        """Return the value of a figure, 0 where the source has no list of the kind."""
        return self.figures[figure].value if figure in self.figures else 0.0


def load(project: Project, files: dict[str, Path]) -> None:
    """Load each file as a raw table of its name."""
    schema, profile = str(project.vars["raw_schema"]), project.profile
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        for name, file in files.items():
            load_table(warehouse, schema, name, [str(file)])


def score_sources(
    project: Project,
    days: int,
    sources: Sequence[str],
    kinds: Sequence[str],
    metrics: Sequence[str] = ("ndcg",),
    k: int = 10,
) -> Iterator[Scored]:
    """Hold out the last days, and score what each source alone would show.

    What sources have in common is built once, with popularity. Seconds are those of the
    models that were built for this source: no other before it needed them.
    """
    with scratch_warehouse(project, SCRATCH) as warehouse:
        as_of = event_range(project, warehouse)[1] - timedelta(days=days)
        dated = project.with_vars(
            {
                "as_of": str(as_of),
                "holdout_days": days,
                "eval_metrics": list(metrics),
                "eval_cutoffs": [k],
                "eval_segments": [],
                "eval_compared_metrics": [],
                "similar_items": [],
            }
        )
        built: dict[str, str] = {}
        common = _build(dated, warehouse, "popular", kinds, k, built)
        for source in sources:
            seconds = _build(dated, warehouse, source, kinds, k, built)
            seconds += common if source == "popular" else 0
            rows = warehouse.rows(FIGURES, [source])
            figures = {tuple(row[:3]): Figure(*row[3:]) for row in rows}
            yield Scored(source, figures, seconds)


def _build(
    dated: Project,
    warehouse: Warehouse,
    source: str,
    kinds: Sequence[str],
    k: int,
    built: dict[str, str],
) -> float:
    """Build what the source's lists and figures need; return the models' seconds."""
    spent: list[float] = []

    def note(event: Event) -> None:
        if isinstance(event, ModelResult):
            if event.error:
                raise event.error
            if event.layer in ("signals", "candidates") and event.name != "cand_all":
                spent.append(event.seconds)

    surfaces = [
        {
            "name": kind,
            "allow_repeat": kind,
            "length": k,
            "personal": [source],
            "fallback": [],
        }
        for kind in kinds
    ]
    project = dated.with_vars({"candidate_sources": [source], "surfaces": surfaces})
    threads = project.profile.threads
    build_as_of(project, warehouse, ["+eval_summary"], threads, note, built)
    return sum(spent)
