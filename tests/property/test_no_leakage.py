"""Nothing that a model has built may change when the future does."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from tests.worlds import (
    ALL_SOURCES,
    AS_OF,
    RATED,
    Line,
    plan_with,
    random_lines,
    tiny_world,
)

PER_RUN = {"run_id", "generated_at"}
HOLDOUT = {"stg_holdout_events", "int_holdout_events", "int_holdout"}
SETTINGS: dict[str, Any] = {
    "candidate_sources": ALL_SOURCES,
    "eval_metrics": ["ndcg"],
    **RATED,
}


def another_future(lines: list[Line]) -> list[Line]:
    """Return the lines with users, items and times from as_of on exchanged."""
    chance = random.Random(3)
    later = [line for line in lines if line.at >= AS_OF]
    users, items, times = (
        [*column]
        for column in zip(
            *((line.user, line.item, line.at) for line in later), strict=True
        )
    )
    for column in (users, items, times):
        chance.shuffle(column)
    changed = [
        replace(line, user=user, item=item, at=at)
        for line, user, item, at in zip(later, users, items, times, strict=True)
    ]
    return [line for line in lines if line.at < AS_OF] + changed


def built(lines: list[Line]) -> dict[str, Counter[Any]]:
    """Return the rows of every model but those of the evaluation."""
    with tiny_world(lines, **SETTINGS) as world:
        plan = plan_with(**world.vars)
        return {
            name: Counter(
                str({k: v for k, v in row.items() if k not in PER_RUN})
                for row in world.dicts(name)
            )
            for name, model in plan.models.items()
            if model.model.layer != "evaluation" and name not in HOLDOUT
        }


@pytest.mark.slow
def test_another_future_changes_no_model() -> None:
    lines = random_lines(6)
    here, there = built(lines), built(another_future(lines))
    assert len(here) > 60
    for name, rows in here.items():
        assert rows == there[name], name


def test_a_source_that_calls_new_what_was_taken_fails() -> None:
    """The test itself, on a table that breaks it."""
    plan = compile_project(load_project(builtin_root(), {"as_of": str(AS_OF)}))
    path = plan.project.singular_tests["repeats_were_taken"]
    sql = plan.renderer.render_text(Path(path).read_text(), path)
    with tiny_world(random_lines(7), wanted="+cand_all") as world:
        assert world.rows(sql) == []
        world.rows(
            "update cand_factors set is_repeat = not is_repeat where item_rank = 1"
        )
        ((problem, *_), *_) = world.rows(sql)
    assert problem.startswith("source als proposes item ")
