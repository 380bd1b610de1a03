"""Every var is declared, each declaration has a var, and what it says holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from recsql.compilation.compiler import require_vars
from recsql.config.declared import FILE, TYPE, Declared, declared
from recsql.config.project import builtin_root, load_project
from recsql.config.shapes import KINDS, WITHIN, require_shapes
from recsql.errors import ProjectError

PROJECT = load_project(builtin_root())
WHERE = FILE.relative_to(builtin_root())
ENTRY = """
  {name}:
    what: One line on what it does.
    type: whole number from 1     # line 1 of the file lists what there is
    unit: days
    example: 7"""


def every_declaration(var: Declared) -> Iterator[Declared]:
    yield var
    for inner in (*var.entries.values(), *([var.of] if var.of else [])):
        yield from every_declaration(inner)


def test_every_var_is_declared_and_nothing_else() -> None:
    defaults = PROJECT.default_vars
    missing = [name for name in defaults if name not in declared()]
    entries = "".join(ENTRY.format(name=name) for name in missing)
    assert not missing, (
        f"dbt_project.yml has vars that {WHERE} does not declare. Add there, under "
        "the heading they stand below in dbt_project.yml (other types, e.g.: number "
        f"from 0 to 1, number above 0, flag): {entries}"
    )
    gone = [name for name in declared() if name not in defaults]
    assert not gone, f"{WHERE} declares {gone}, which dbt_project.yml does not have."


@pytest.mark.parametrize("var", declared().values(), ids=lambda var: var.name)
def test_a_declaration_is_whole(var: Declared) -> None:
    assert var.example is not None, f"{WHERE}: {var.name}: give an example."
    for each in every_declaration(var):
        where = f"{WHERE}: {var.name}: {each.name}"
        assert each.kind in KINDS, f"{where}: type: one of {', '.join(KINDS)}."
        assert each.what or each is not var, f"{where}: say what it does in `what`."
        assert len(each.what) <= 84, f"{where}: `what` is one line; `more` may follow."
        assert (each.kind == "word") <= bool(each.choices), f"{where}: choices?"
        assert (each.kind == "entries") == bool(each.entries), f"{where}: entries?"
        assert (each.kind in ("list", "mapping")) == bool(each.of), f"{where}: of?"
        assert set(each.bounds) <= set(WITHIN)


@pytest.mark.parametrize("name", declared())
def test_an_example_may_stand_there(name: str) -> None:
    require_shapes(PROJECT.with_vars({name: declared()[name].example}))


def test_defaults_may_stand_there() -> None:
    require_vars(PROJECT)


def outside(var: Declared) -> Iterator[Any]:
    """Yield values just outside of what a var may be."""
    for word, bound in var.bounds.items():
        step = {"from": -1, "above": 0, "to": 1, "below": 0}[word]
        if var.kind == "list":
            yield []
        elif var.kind in ("number", "whole number"):
            yield int(bound) + step
    if var.unset is None:
        yield None
    yield object()
    if var.kind in ("number", "whole number"):
        yield from (float("nan"), float("inf"), True, "7", [7], 10**400)


@pytest.mark.parametrize("name", declared())
def test_what_is_outside_is_refused_by_name(name: str) -> None:
    for given in outside(declared()[name]):
        with pytest.raises(ProjectError) as caught:
            require_shapes(PROJECT.with_vars({name: given}))
        assert str(caught.value).startswith(f"vars: {name}: ")
        assert "Seen: " in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"decay_days": 0},
            "vars: decay_days: it is a number above 0, in days; or a mapping of such "
            "by type of event; or null. Seen: 0.",
        ),
        (
            {"decay_days": {"view": -5}},
            "vars: decay_days: view: it is a number above 0, in days; or a mapping of "
            "such by type of event; or null. Seen: -5.",
        ),
        (
            {"min_support": 1.5},
            "vars: min_support: it is a number from 0 to 1. Seen: 1.5.",
        ),
        (
            {"as_of": "2024-13-45"},
            "vars: as_of: it is a moment such as 2024-01-31 or 2024-01-31 12:30:00, in "
            "UTC; or null. Seen: 2024-13-45.",
        ),
        (
            {"items": {"table": "t", "item_id": "i", "attributes": {"a b": "c"}}},
            "vars: items: attributes: a b is no name. Use letters, digits and "
            "underscores.",
        ),
        (
            {"events": {"table": "t", "user": "u"}},
            'vars: events: unknown "user". Did you mean "user_id"?',
        ),
    ],
)
def test_the_message_names_var_value_and_range(
    changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        require_vars(PROJECT.with_vars(changed))
    assert str(caught.value) == message


def test_types_are_spelled_as_documented() -> None:
    assert TYPE.fullmatch("whole number from 1 to 64")
    assert not TYPE.fullmatch("number between 0 and 1")
