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
            'allow_repeat: there is no "new". It may be all, new_only or repeat_only.',
        ),
        (
            {"strategy": "best"},
            'strategy: there is no "best". It may be cascade, blend, mix, ranker or '
            "null.",
        ),
        (
            {"personal": "als"},
            "personal: it is a list, each a name: letters, digits and underscores.",
        ),
        (
            {"strategy": "blend", "personal": []},
            "a blend needs personal sources.",
        ),
        ({"length": 0}, "length: it is a whole number from 1 on, in items. Seen: 0."),
        ({"diversity": 2}, "diversity: it is a number from 0 to 1; or null. Seen: 2."),
        (
            {"max_per": {"category": 0}},
            "max_per: category: it is a whole number from 1 on, in items. Seen: 0.",
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
            "weights: als: it is a number from 0 on. Seen: much.",
        ),
        (
            {"min_scores": {"asl": 1}},
            'min_scores: the surface has no source "asl". Did you mean "als"?',
        ),
        (
            {"strategy": "blend", "personal": ["eas"]},
            'personal: there is no "eas". Did you mean "ease"?',
        ),
        (
            {"personal": ["histroy"], "fallback": ["ease"]},
            'personal: there is no "histroy". Did you mean "history"?',
        ),
        (
            {"fallback": ["ease"]},
            'fallback: var candidate_sources does not list "ease". Add it there,',
        ),
        (
            {"personal": ["als", "als"]},
            "personal: als stands there twice. Seen: ['als', 'als'].",
        ),
        (
            {"weights": {"als": 2}},
            "weights is said of a blend. Seen: strategy: cascade.",
        ),
        (
            {"explore": {"at": [99], "among": 2}},
            "explore: at: the list ends at ",
        ),
        (
            {"personal": [], "fallback": []},
            "personal and fallback name no source, so nobody could be shown anything.",
        ),
    ],
)
def test_a_surface_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    assert refused([{**HOME, **changed}]).startswith(
        f'--vars: surfaces: "home": {message}'
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"do": "pin"},
            '"ads": do: there is no "pin". It may be hide, boost, bury or slot.',
        ),
        ({"rank": 1}, '"ads": unknown "rank". '),
        (
            {"at": 3},
            '"ads": at: it is a list of 1 or more, each a whole number from 1 on',
        ),
        ({"at": [99]}, '"ads": at: the list ends at '),
        ({"at": [0]}, '"ads": at: it is a whole number from 1 on. Seen: 0.'),
        ({"source": "popular"}, '"ads": a slot has either when or source.'),
        (
            {"when": None, "source": "sponsored"},
            '"ads": source: there is no "sponsored". It may be als, ',
        ),
        ({"do": "hide", "when": None}, '"ads": when, a condition in SQL, is required.'),
        (
            {"do": "boost", "by": 0.5},
            '"ads": by: it is a number above 1; or null. Seen: 0.5.',
        ),
        ({"name": None}, "entry 1: name is required."),
    ],
)
def test_a_rule_that_cannot_be(changed: dict[str, Any], message: str) -> None:
    found = refused([{**HOME, "rules": [{**RULE, **changed}]}])
    assert found.startswith(f'--vars: surfaces: "home": rules: {message}')


@pytest.mark.parametrize(
    ("surfaces", "message"),
    [
        ([], "it is a list of 1 or more, each a mapping"),
        ([{"length": 3}], "entry 1: name is required."),
        ([HOME, HOME], '"home" is there twice. Rename one.'),
    ],
)
def test_surfaces_that_cannot_be(surfaces: Any, message: str) -> None:
    assert refused(surfaces).startswith(f"--vars: surfaces: {message}")


def test_surfaces_by_default_may_name_what_is_not_built() -> None:
    compile_project(load_project(builtin_root(), {"candidate_sources": ["popular"]}))
    with pytest.raises(ProjectError, match='does not list "history"'):
        compile_project(load_project(builtin_root(), {"candidate_sources": ["svd"]}))
