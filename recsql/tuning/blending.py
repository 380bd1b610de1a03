"""`recsql tune --recipe blend`: weights of the sources of a surface, from the past."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsql.errors import InputError
from recsql.numerics.blending import blend_weights
from recsql.tuning.search import Found, finish
from recsql.tuning.space import Settings
from recsql.tuning.trials import Lab

USERS = 2000  # of each fold, at most
PARTS = """
    with asked as (
        select user_id from main.eval_truth group by user_id
        order by md5(cast(user_id as varchar)), user_id limit {users}
    )
    select
        dense_rank() over (order by parts.user_id, parts.item_id) - 1 as pair,
        parts.place - 1 as place,
        parts.amount as amount,
        truth.item_id is not null as is_taken
    from main.list_blend_parts as parts
    inner join asked on parts.user_id = asked.user_id
    left join main.eval_truth as truth
        on parts.user_id = truth.user_id and parts.item_id = truth.item_id
    where parts.surface = ?
    order by pair, place
"""


@dataclass(frozen=True)
class Blend:
    """A recipe: blends by rank and by score, evenly and by learned weights."""

    source: str | None = None
    metric: str = "ndcg@10"


def learn(lab: Lab, tell: Callable[[str], None]) -> Found:
    """Try the blends of a surface's sources, and check the best on the last fold.

    Weights are learned on the folds that are searched (`blend_weights`), from what
    users took of what the sources propose.

    Raises:
        InputError: the surface has less than two sources to blend.
    """
    name = lab.bench.target.list_name.removeprefix("surface ")
    entry = next(e for e in lab.project.vars["surfaces"] if e["name"] == name)
    sources = _sources(lab, entry)
    tell(f"blend of {', '.join(sources)}")
    lab.trial({})
    trials = []
    for by in ("rank", "score"):
        even = _settings(lab, entry, by, dict.fromkeys(sources, 1.0))
        trials.append(lab.trial(even))
        if trials[-1].status != "complete":
            continue
        weights = _learned(lab, even, name, sources)
        if not weights:
            tell(f"by {by}: no source says more than chance")
            continue
        trials.append(lab.trial(_settings(lab, entry, by, weights)))
    return finish(lab, trials)


def _sources(lab: Lab, entry: Mapping[str, Any]) -> list[str]:
    """Return the surface's personal sources; where it has one, all that are built."""
    listed = lab.project.vars["candidate_sources"]
    sources = [name for name in entry["personal"] if name in listed]
    if len(sources) < 2:
        others = {*sources, *entry["fallback"]}
        sources += [name for name in listed if name not in others]
    if len(sources) < 2:
        raise InputError(
            f"tune: surface {entry['name']} has no two sources to blend. List more in "
            "its personal, or in var candidate_sources."
        )
    return sources


def _settings(
    lab: Lab, entry: Mapping[str, Any], by: str, weights: Mapping[str, float]
) -> Settings:
    """Return var surfaces with the blend in the place of the entry."""
    blend = {
        **entry,
        "personal": list(weights),
        "strategy": "blend",
        "blend_by": by,
        "weights": dict(weights),
    }
    kept = {*weights, *entry["fallback"]}
    if entry.get("min_scores"):
        scores = entry["min_scores"].items()
        blend["min_scores"] = {name: least for name, least in scores if name in kept}
    listed = lab.project.vars["candidate_sources"]
    surfaces = [
        blend if other["name"] == entry["name"] else _without(other, listed)
        for other in lab.project.vars["surfaces"]
    ]
    return {"surfaces": surfaces}


def _without(surface: Mapping[str, Any], listed: Sequence[str]) -> dict[str, Any]:
    """Return a surface that names only sources that are built, as a project's must."""
    kept = {
        key: [name for name in surface[key] if name in listed]
        for key in ("personal", "fallback")
    }
    return {**surface, **kept}


def _learned(
    lab: Lab, settings: Settings, surface: str, sources: list[str]
) -> dict[str, float]:
    """Return the weights that are above 0, to three digits, the largest 1."""
    from scipy.sparse import csr_matrix, vstack

    parts, taken = [], []
    for moment in lab.bench.searched:
        found = lab.bench.ask(settings, moment, PARTS.format(users=USERS), [surface])
        pairs, places = found["pair"], found["place"]
        shape = (int(pairs.max(initial=-1)) + 1, len(sources))
        parts.append(csr_matrix((found["amount"], (pairs, places)), shape=shape))
        is_taken = np.zeros(shape[0])
        is_taken[pairs] = found["is_taken"]
        taken.append(is_taken)
    labels = np.concatenate(taken)
    if not labels.any():
        return {}
    weights = blend_weights(vstack(parts).tocsr(), labels).round(3).tolist()
    return {
        name: weight
        for name, weight in zip(sources, weights, strict=True)
        if weight > 0
    }
