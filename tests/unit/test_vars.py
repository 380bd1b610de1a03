"""Every var is declared, each declaration has a var, and what it says holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from recsql.compilation.compiler import require_vars
from recsql.config.declared import FILE, TYPE, Declared, declared
from recsql.config.project import builtin_root, load_project
from recsql.config.reference import generated, schema
from recsql.config.scaffold import init_project, presets
from recsql.config.shapes import KINDS, WITHIN, require_shapes
from recsql.errors import InputError, ProjectError
from recsql.questions.settings import listing

PROJECT = load_project(builtin_root())
WHERE = FILE.relative_to(builtin_root())
ENTRY = """
  {name}:
    what: One line on what it does.
    type: whole number from 1     # line 1 of the file lists what there is
    unit: days
    example: 7
and run `python -m recsql.config.reference` (`make reference`)."""
IN_FILE = "dbt_project.yml: vars: "
MAKE = "python -m recsql.config.reference"


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


def empties(var: Declared, given: Any) -> Iterator[Any]:
    """Yield a value with one of the texts that it holds, however deep, made empty."""
    if isinstance(given, dict):
        for key, value in given.items():
            inner = var.entries.get(key, var.of) or var
            yield from ({**given, key: each} for each in empties(inner, value))
    elif isinstance(given, list):
        for place, value in enumerate(given):
            for each in empties(var.of or var, value):
                yield [*given[:place], each, *given[place + 1 :]]
    elif isinstance(given, str):
        yield from ("", " ")


@pytest.mark.parametrize("name", declared())
def test_an_empty_text_is_nowhere_a_value(name: str) -> None:
    for start in (declared()[name].example, PROJECT.default_vars[name]):
        for given in empties(declared()[name], start):
            with pytest.raises(ProjectError) as caught:
                require_vars(PROJECT.with_vars({name: given}))
            assert str(caught.value).startswith(f"{IN_FILE}{name}")


def test_a_new_project_shows_every_entry_of_every_input() -> None:
    """Where a person maps columns, nothing that could be mapped is hidden."""
    file = builtin_root() / "recsql/config/presets/own-tables/dbt_project.yml"
    given = yaml.safe_load(file.read_text())["vars"]
    for name, var in declared().items():
        if name in given and var.kind == "entries":
            assert {*given[name], "model"} >= {*var.entries}, name


def test_vars_of_the_command_line_are_named_by_it() -> None:
    given = load_project(builtin_root(), {"decay_days": 0, "raw_schema": ""})
    with pytest.raises(ProjectError, match="--vars: raw_schema: it is a text that is"):
        require_vars(given)


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
    if var.kind in ("text", "name", "word", "id", "moment", "SQL", "SQL type"):
        yield from ("", "  ", "\n")
    if var.kind == "command":
        yield from ("", "  ", [])
    if var.kind in ("number", "whole number"):
        yield from (float("nan"), float("inf"), True, "7", [7], 10**400)


@pytest.mark.parametrize("name", declared())
def test_what_is_outside_is_refused_by_name(name: str) -> None:
    for given in outside(declared()[name]):
        with pytest.raises(ProjectError) as caught:
            require_shapes(PROJECT.with_vars({name: given}))
        assert str(caught.value).startswith(IN_FILE + f"{name}: ")
        assert "Seen: " in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"decay_days": 0},
            IN_FILE
            + "decay_days: it is a number above 0, in days; or a mapping of such "
            "by type of event; or null. Seen: 0.",
        ),
        (
            {"decay_days": {"view": -5}},
            IN_FILE
            + "decay_days: view: it is a number above 0, in days; or a mapping of "
            "such by type of event; or null. Seen: -5.",
        ),
        (
            {"min_support": 1.5},
            IN_FILE + "min_support: it is a number from 0 to 1. Seen: 1.5.",
        ),
        (
            {"as_of": "2024-13-45"},
            IN_FILE
            + "as_of: it is a moment such as 2024-01-31 or 2024-01-31 12:30:00, in "
            "UTC; or null. Seen: 2024-13-45.",
        ),
        (
            {"items": {"table": "t", "item_id": "i", "attributes": {"a b": "c"}}},
            IN_FILE + "items: attributes: a b is no name. Use letters, digits and "
            "underscores.",
        ),
        (
            {"events": {"table": "t", "user": "u"}},
            IN_FILE + 'events: unknown "user". Did you mean "user_id"?',
        ),
    ],
)
def test_the_message_names_var_value_and_range(
    changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ProjectError) as caught:
        require_vars(PROJECT.with_vars(changed))
    assert str(caught.value) == message


def test_generated_files_are_what_would_be_generated() -> None:
    for path, text in generated(builtin_root()).items():
        assert path.read_text() == text, f"{path.name}: run `{MAKE}`."


def test_the_schema_agrees_with_the_checks(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft7Validator(schema(PROJECT))
    validator.check_schema(validator.schema)
    for preset in presets():
        init_project(tmp_path / preset, preset)
        text = (tmp_path / preset / "dbt_project.yml").read_text()
        first = text.splitlines()[0]
        assert first == "# yaml-language-server: $schema=.vars.schema.json"
        assert (tmp_path / preset / ".vars.schema.json").exists()
        validator.validate(json.loads(json.dumps(yaml.safe_load(text), default=str)))
    for name, var in declared().items():
        example = json.loads(json.dumps(var.example, default=str))
        validator.validate({"name": "shop", "vars": {name: example}})
        for given in outside(var):
            if (
                isinstance(given, int | str | list | bool)
                and abs(given if isinstance(given, int) else 0) < 2**63
            ):
                wrong = {"name": "shop", "vars": {name: given}}
                assert not validator.is_valid(wrong), (name, given)


def test_vars_are_shown_by_word() -> None:
    lines = [text for text, _ in listing(PROJECT, "decay", False)]
    assert "decay_days: 60" in lines
    assert (
        "    It is a number above 0, in days; or a mapping of such by type of event; "
        "or null. Example: {purchase: 60, view: 7}"
    ) in lines
    assert "rule_decay_days: null" in lines
    changed = listing(PROJECT.with_vars({"decay_days": 30}), "", True)
    assert [text for text, kind in changed if kind == "name"] == [
        "decay_days: 30   (default 60)"
    ]
    assert listing(PROJECT, "", True) == [("every var is what it is by default", "")]
    assert any(
        text.startswith("    diversity: ")
        for text, _ in listing(PROJECT, "surfaces", False)
    )
    with pytest.raises(InputError, match='no var has to do with "dekay_days"'):
        listing(PROJECT, "dekay_days", False)


def test_types_are_spelled_as_documented() -> None:
    assert TYPE.fullmatch("whole number from 1 to 64")
    assert not TYPE.fullmatch("number between 0 and 1")
