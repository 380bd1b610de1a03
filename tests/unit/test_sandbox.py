"""A template that asks for too much, or is wrong, is one line; it is not done first."""

from __future__ import annotations

import time

import pytest

from recsql.compilation.render import Renderer
from recsql.config.project import builtin_root, load_project
from recsql.errors import ProjectError

PROJECT = load_project(builtin_root())
PATH = builtin_root() / "sql/candidates/cand_all.sql"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ 1/0 }}", "division by zero"),
        ("{% for i in range(10**9) %}x{% endfor %}", "ranges of more than 1,000,000"),
        (
            "{% for i in range(9**6) %}{% for j in range(9**6) %}"
            "{% endfor %}{% endfor %}",
            "ranges of more than 1,000,000",
        ),
        ("{{ 'a' * 10**10 }}", "* makes more than a template may"),
        ("{{ [0] * 10**10 }}", "* makes more than a template may"),
        ("{{ 10**10**3 * 10**(10**9) }}", "** makes more than a template may"),
        (
            "{% set n = namespace(x='ab') %}{% for i in range(60) %}"
            "{% set n.x = n.x ~ n.x %}{% endfor %}",
            "~ makes more than a template may",
        ),
        (
            "{% set n = namespace(x='ab') %}{% for i in range(60) %}"
            "{% set n.x = n.x + n.x %}{% endfor %}",
            "+ makes more than a template may",
        ),
        ("{{ 'a'.ljust(10**10) }}", "'ljust' of 'str' object is unsafe"),
        ("{{ '{:>9999999999}'.format(1) }}", "format of a text"),
        ("{{ '%9999999999d' % 1 }}", "% of a text"),
        ("{{ 'a' | center(10**10) }}", "No filter named 'center'"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "calls itself for ever"),
        ("{% for a, b in [1] %}{% endfor %}", "cannot unpack"),
    ],
)
def test_what_is_refused(template: str, said: str) -> None:
    started = time.process_time()
    with pytest.raises(ProjectError) as caught:
        Renderer(PROJECT).render_text(template, PATH)
    assert str(caught.value).startswith("sql/candidates/cand_all.sql:")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert time.process_time() - started < 5


def test_what_templates_do_is_still_done() -> None:
    text = "{{ 5 % 3 }} {{ 2 ** 3 }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ 1 ~ 'x' ~ 2.5 }}"
    rendered = Renderer(PROJECT).render_text(text, PATH)
    assert rendered == "2 8 ababab [1, 2] 1x2.5"
