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
            "variants: it is a mapping of names to values of 2 or more, each a number "
            "above 0. Seen: {'control': 1}.",
        ),
        (
            {"variants": {"control": 1, "treatment": 0}},
            "variants: treatment: it is a number above 0. Seen: 0.",
        ),
        (
            {"share": 50},
            "share: it is a number above 0 and up to 1; or null. Seen: 50.",
        ),
        (
            {"exclude": ["mial"]},
            'exclude: there is no other experiment "mial". Did you mean "mail"?',
        ),
        (
            {"starts_at": "2024-03-02", "ends_at": "2024-03-01 10:00:00"},
            "it ends at 2024-03-01 10:00:00, and starts at 2024-03-02.",
        ),
        (
            {"population": "all"},
            'population: there is no "all". It may be assigned, exposed or null.',
        ),
    ],
)
def test_an_experiment_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    plans = [
        {"name": "home", "variants": HALVES, **changed},
        {"name": "mail", "variants": HALVES},
    ]
    assert refused(experiments=plans) == f'--vars: experiments: "home": {message}'


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"uplift": None},
            "give the uplift to find, or the users or days there are.",
        ),
        ({"users": 900}, "give the uplift to find, or the users or days there are."),
        ({"uplift": None, "days": 9}, "days need users_per_day."),
        (
            {"uplift": None, "days": 9, "users": 9},
            "users and days say the same in two ways; give one.",
        ),
        ({"baseline": None}, "give a baseline, or the metric to measure."),
        (
            {"metric": "revenue_per_user"},
            "revenue_per_user is a mean. Seen: kind: proportion.",
        ),
        (
            {"kind": "ratio", "metric": "click_through_rate"},
            "click_through_rate is not measured from events. Give its baseline.",
        ),
        (
            {"control_share": 1},
            "control_share: it is a number above 0 and below 1; or null. Seen: 1.",
        ),
        ({"baseline": "10%"}, "baseline: it is a number; or null. Seen: 10%."),
        (
            {"power": 80},
            "power: it is a number above 0 and below 1; or null. Seen: 80.",
        ),
        (
            {"variants": 1},
            "variants: it is a whole number from 2 on; or null. Seen: 1.",
        ),
        (
            {"kind": "count"},
            'kind: there is no "count". It may be proportion, mean or ratio.',
        ),
        ({"kind": "ratio"}, "a ratio needs the standard_deviation of users."),
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
        f'--vars: sample_sizes: "a": {message}'
    )


def test_names() -> None:
    plan = {"name": "home", "variants": HALVES}
    assert refused(experiments=[plan, plan]) == (
        '--vars: experiments: "home" is there twice. Rename one.'
    )
    assert refused(experiments=[{"variants": HALVES}]).startswith(
        "--vars: experiments: entry 1: name is required."
    )
    assert refused(experiments=plan).startswith(
        "--vars: experiments: it is a list, each a mapping of settings to values."
    )


def test_an_unknown_metric() -> None:
    found = refused(
        experiments=[{"name": "home", "variants": HALVES}],
        experiment_metrics=["conversions"],
    )
    assert found == (
        '--vars: experiment_metrics: there is no "conversions". '
        'Did you mean "conversion"?'
    )
