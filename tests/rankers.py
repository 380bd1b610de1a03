"""A ranker for tests: trained on made-up pairs, with the features of a plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from recsql.compilation.compiler import Plan
from recsql.numerics import ranking

NAMES = (
    "{% for theme in var('ranker_themes') %}{{ ranker_features(theme) }} {% endfor %}"
)
MIXED = "{% if uses_mix() == 'yes' %}{{ mix_features() }}{% endif %}"
LEARNED_UNTIL = datetime(2000, 1, 1)


def feature_names(plan: Plan) -> list[str]:
    """Return the names of the ranker's features under the vars of a plan."""
    return plan.renderer.render_text(NAMES, Path("names")).split()


def made_up(features: int, seed: int, users: int = 40) -> ranking.Examples:
    """Return 20 pairs per user; the larger the first features, the sooner taken."""
    chance = np.random.default_rng(seed)
    values = chance.normal(size=(users * 20, features)).astype(np.float32)
    taken = values[:, :8].sum(axis=1) + chance.normal(size=users * 20) > 2
    values[chance.random(values.shape) < 0.2] = np.nan
    sizes = np.full(users, 20)
    return ranking.Examples(values, taken.astype(np.float32), sizes)


def trained(names: list[str]) -> ranking.Ranker:
    """Return a small ranker of these features."""
    return ranking.fit([made_up(len(names), 1)], names, threads=1, most=5)


def mixer(names: list[str]) -> ranking.Ranker:
    """Return small trees that know batches by these features."""
    made = made_up(len(names), 2)
    return ranking.fit_chances([made], names, threads=1, most=5)


def rankers_table(plan: Plan) -> pa.Table:
    """Return raw table rankers with one ranker in it."""
    names = feature_names(plan)
    row = {
        "trained_at": LEARNED_UNTIL,
        "learned_until": LEARNED_UNTIL,
        "objective": ranking.OBJECTIVE,
        "features": names,
        "booster": trained(names).booster,
    }
    rows = [row]
    if mixed := plan.renderer.render_text(MIXED, Path("names")).split():
        rows.append({**row, "objective": ranking.CHANCES, "features": mixed})
        rows[-1]["booster"] = mixer(mixed).booster
    return pa.Table.from_pylist(rows)
