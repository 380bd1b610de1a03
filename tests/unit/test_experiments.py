"""Experiments that cannot be stop every command with one line."""

from __future__ import annotations

from typing import Any

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.errors import ProjectError

HALVES = {"control": 0.5, "treatment": 0.5}
SIZE = {"name": "a", "kind": "proportion", "baseline": 0.1, "uplift": 0.1}


def refused(**changed: Any) -> str:
    with pytest.raises(ProjectError) as caught:
        compile_project(load_project(builtin_root(), changed))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"shares": 1}, 'unknown "shares". Did you mean "share"?'),
        ({"variants": None}, "variants is required."),
        (
            {"variants": {"control": 1}},
            "variants needs two or more, e.g. {control: 0.5, treatment: 0.5}.",
        ),
        (
            {"variants": {"control": 1, "treatment": 0}},
            "the part of treatment must be above 0. Seen: 0.",
        ),
        ({"share": 50}, "share must be above 0 and at most 1. Seen: 50."),
        (
            {"exclude": ["mial"]},
            'exclude: there is no other experiment "mial". Did you mean "mail"?',
        ),
        (
            {"population": "all"},
            "population is assigned or exposed. Seen: all.",
        ),
    ],
)
def test_an_experiment_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    plans = [
        {"name": "home", "variants": HALVES, **changed},
        {"name": "mail", "variants": HALVES},
    ]
    assert refused(experiments=plans) == f'vars: experiments: "home": {message}'


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"uplift": None}, "uplift is required."),
        ({"baseline": "10%"}, "baseline must be a number. Seen: 10%."),
        ({"power": 80}, "power is between 0 and 1. Seen: 80."),
        ({"variants": 1}, "variants is 2 or more, with the control. Seen: 1."),
        ({"kind": "ratio"}, "kind is proportion or mean. Seen: ratio."),
        ({"kind": "mean"}, "a mean needs the standard_deviation of users."),
        (
            {"uplift": 0},
            "no sample finds an uplift of 0: baseline and uplift must not be 0.",
        ),
        ({"uplift": 9}, "a proportion is between 0 and 1. Seen: 0.1, 1."),
    ],
)
def test_a_sample_size_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    assert refused(sample_sizes=[{**SIZE, **changed}]) == (
        f'vars: sample_sizes: "a": {message}'
    )


def test_names() -> None:
    plan = {"name": "home", "variants": HALVES}
    assert refused(experiments=[plan, plan]) == (
        'vars: experiments: "home" is there twice. Rename one.'
    )
    assert refused(experiments=[{"variants": HALVES}]).startswith(
        "vars: experiments: every entry needs a name."
    )
    assert refused(experiments=plan) == "vars: experiments: give a list, [] for none."


def test_an_unknown_metric_names_the_model() -> None:
    found = refused(
        experiments=[{"name": "home", "variants": HALVES}],
        experiment_metrics=["conversions"],
    )
    assert found.startswith("sql/experiments/exp_user_metrics.sql:")
    assert "conversions" in found
