"""Surfaces that cannot be stop every command with one line."""

from __future__ import annotations

from typing import Any

import pytest

from recsql.compilation.compiler import compile_project
from recsql.config.project import builtin_root, load_project
from recsql.errors import ProjectError

HOME = {
    "name": "home",
    "allow_repeat": "all",
    "length": 5,
    "personal": ["als"],
    "fallback": ["popular"],
}
RULE = {"name": "ads", "do": "slot", "at": [1], "when": "items.item_id = 1"}


def refused(surfaces: Any) -> str:
    with pytest.raises(ProjectError) as caught:
        compile_project(load_project(builtin_root(), {"surfaces": surfaces}))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lenght": 5}, 'unknown "lenght". Did you mean "length"?'),
        ({"fallback": None}, "fallback is required."),
        (
            {"allow_repeat": "new"},
            "allow_repeat is all, new_only or repeat_only. Seen: new.",
        ),
        ({"strategy": "mix"}, "strategy is cascade, blend or ranker. Seen: mix."),
        ({"personal": "als"}, "personal: it is a list of names. Seen: als."),
        (
            {"strategy": "blend", "personal": []},
            "a blend needs personal sources.",
        ),
        ({"length": 0}, "length is a whole number from 1 on. Seen: 0."),
        ({"diversity": 2}, "diversity is from 0 to 1. Seen: 2."),
        (
            {"max_per": {"category": 0}},
            "max_per: category is a whole number from 1 on. Seen: 0.",
        ),
        (
            {"max_per": {"vendor": 2}},
            'max_per: var items has no attribute "vendor". There are: category, ',
        ),
        (
            {"max_per_category": 2},
            'unknown "max_per_category". Did you mean "max_per"?',
        ),
        (
            {"weights": {"als": "much"}},
            "weights: it maps names to numbers. Seen: {'als': 'much'}.",
        ),
        (
            {"min_scores": {"asl": 1}},
            'min_scores: the surface has no source "asl". Did you mean "als"?',
        ),
        (
            {"strategy": "blend", "personal": ["eas"]},
            'personal: var candidate_sources does not list "eas".',
        ),
    ],
)
def test_a_surface_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    assert refused([{**HOME, **changed}]).startswith(
        f'vars: surfaces: "home": {message}'
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"do": "pin"}, '"ads": do is hide, boost, bury or slot. Seen: pin.'),
        ({"rank": 1}, '"ads": unknown "rank". '),
        ({"at": 3}, '"ads": at is a list of ranks, such as [1, 5]. Seen: 3.'),
        ({"at": [0]}, '"ads": at is a list of ranks, such as [1, 5]. Seen: [0].'),
        ({"source": "popular"}, '"ads": a slot has either when or source.'),
        (
            {"when": None, "source": "sponsored"},
            '"ads": var candidate_sources does not list "sponsored".',
        ),
        ({"do": "hide", "when": None}, '"ads": when, a condition in SQL, is required.'),
        ({"do": "boost", "by": 0.5}, '"ads": by is a factor above 1. Seen: 0.5.'),
        ({"name": None}, "every rule needs a name."),
    ],
)
def test_a_rule_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    found = refused([{**HOME, "rules": [{**RULE, **changed}]}])
    assert found.startswith(f'vars: surfaces: "home": rules: {message}')


@pytest.mark.parametrize(
    ("surfaces", "message"),
    [
        ([], "give a list of one surface or more."),
        ([{"length": 3}], "every entry needs a name."),
        ([HOME, HOME], '"home" is there twice. Rename one.'),
    ],
)
def test_surfaces_that_cannot_be(surfaces: Any, message: str) -> None:
    assert refused(surfaces).startswith(f"vars: surfaces: {message}")
