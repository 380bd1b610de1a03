"""Training of strategy mix: batches of the sources as of past moments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from recsql.compilation.render import Renderer
from recsql.config.project import Project
from recsql.engine.warehouse import Warehouse
from recsql.errors import InputError
from recsql.numerics import ranking

if TYPE_CHECKING:
    import pyarrow as pa

BATCHES, LABELS = "rank_batches", "rank_batch_labels"
WANTED = (f"+{BATCHES}", f"+{LABELS}")
NAMES = (
    "{% for theme in var('ranker_themes') %}{{ ranker_features(theme) }} {% endfor %}"
)
KEYS = "user_index, allow_repeat, candidate_source, batch"


def wants_mix(project: Project) -> bool:
    """Say whether a surface has strategy mix."""
    return Renderer(project).render_text("{{ uses_mix() }}", project.root) == "yes"


def mix_names(project: Project) -> list[str]:
    """Return the names of what is known of a batch."""
    return Renderer(project).render_text("{{ mix_features() }}", project.root).split()


def wanted_features(project: Project) -> dict[str, list[str]]:
    """Return what lists need to be trained: names of features by objective."""
    renderer, wanted = Renderer(project), {}
    if renderer.render_text("{{ uses_ranker() }}", project.root) == "yes":
        names = renderer.render_text(NAMES, project.root)
        wanted[ranking.OBJECTIVE] = names.split()
    if wants_mix(project):
        wanted[ranking.CHANCES] = mix_names(project)
    return wanted


def batches_of(
    warehouse: Warehouse, names: Sequence[str], moment: datetime
) -> ranking.Examples:
    """Return the batches of one moment.

    Raises:
        InputError: nothing of them was taken.
    """
    import numpy as np

    columns = ", ".join(f"cast({name} as float) as {name}" for name in names)
    table: pa.Table = warehouse.connection.sql(
        f"select {columns}, taken_share from main.{BATCHES} "
        f"inner join main.{LABELS} using ({KEYS}) order by {KEYS}"
    ).to_arrow_table()
    taken = table["taken_share"].to_numpy().astype(np.float32)
    if not taken.any():
        raise InputError(
            f"train-ranker: nobody took a candidate in the days after {moment}. Use a "
            "longer --last."
        )
    rows = np.column_stack([table[name].to_numpy() for name in names])
    return ranking.Examples(rows, taken, np.array([len(taken)]))


def row_of(
    folds: Sequence[ranking.Examples], names: Sequence[str], threads: int
) -> dict[str, Any]:
    """Return the trained trees as a row of raw table rankers."""
    found = ranking.fit_chances(folds, names, threads=threads)
    return {
        "objective": ranking.CHANCES,
        "features": list(names),
        "folds": len(folds),
        "pairs": sum(len(fold.taken) for fold in folds),
        "trees": found.trees,
        "ndcg": None,
        "booster": found.booster,
    }
