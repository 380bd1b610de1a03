"""Whatever stands in vars: there is a plan, or one line that names it, with exit 2."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from recsql.compilation.compiler import compile_project, require_vars
from recsql.config.declared import declared
from recsql.config.project import builtin_root, load_project
from recsql.errors import RecsqlError
from tests.tries import tries

PROJECT = load_project(builtin_root())
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.sampled_from(["", "als", "histroy", "it's", "a\nb", "\x1b[2J", "when", "{{"]),
    st.text(max_size=8),
    st.lists(st.sampled_from([0, "als", None, {"name": "x"}]), max_size=2),
    st.dictionaries(st.sampled_from(["name", "purchase", "x y", ""]), st.integers()),
)


def steps(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to a value and to each that it holds."""
    yield at
    pairs = value.items() if isinstance(value, dict) else ()
    pairs = enumerate(value) if isinstance(value, list) else pairs
    for key, inner in pairs:
        yield from steps(inner, (*at, key))


def mutated(data: st.DataObject) -> dict[str, Any]:
    """Return a var whose example or default is changed in one place, or lost it."""
    var = data.draw(st.sampled_from(list(declared().values())))
    start = data.draw(st.sampled_from([var.example, PROJECT.default_vars[var.name]]))
    changed = {var.name: deepcopy(start)}
    *way, last = data.draw(st.sampled_from([(var.name, *s) for s in steps(start)]))
    node: Any = changed
    for step in way:
        node = node[step]
    if data.draw(st.booleans()) and way:
        del node[last]
    else:
        node[last] = data.draw(ODD)
    return changed


def refusal(changed: dict[str, Any], *, whole: bool) -> str:
    project = PROJECT.with_vars(changed)
    try:
        if whole:
            compile_project(project)
        else:
            require_vars(project)
    except RecsqlError as error:
        return str(error) if error.exit_code == 2 else f"exit {error.exit_code}\n"
    return ""


@settings(max_examples=tries(400), deadline=None)
@given(data=st.data())
def test_a_mutation_is_refused_in_one_line_that_names_the_var(
    data: st.DataObject,
) -> None:
    changed = mutated(data)
    (name,) = changed
    said = refusal(changed, whole=False)
    assert said.isprintable()
    assert not said or (name in said and said.startswith("dbt_project.yml: vars: "))


@settings(max_examples=tries(25), deadline=None)
@given(data=st.data())
def test_what_is_not_refused_is_a_plan(data: st.DataObject) -> None:
    said = refusal(mutated(data), whole=True)
    assert said.isprintable()
