"""The yml beside the models: descriptions, data tests, unit tests and sources."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from recsql.config.remembered import Remembered
from recsql.errors import ProjectError

MERGE = "tag:yaml.org,2002:merge"
MOST_VALUES = 200_000  # of one file; a text of a few lines of aliases may be 10^9


@dataclass(frozen=True)
class DataTest:
    """One generic test of a model or column, e.g. `not_null` or `relationships`."""

    kind: str
    model: str
    column: str | None
    arguments: Mapping[str, Any]
    path: Path
    severity: str = "error"
    where: str = ""  # of which rows, where not of all
    is_enabled: bool = True

    @property
    def name(self) -> str:
        """Return the name progress lines and errors show."""
        return f"{self.kind} {self.model}" + (f".{self.column}" if self.column else "")


@dataclass(frozen=True)
class Column:
    """A described column of a model, seed or source table."""

    name: str
    description: str = ""
    data_type: str | None = None


@dataclass(frozen=True)
class ModelProperties:
    """What the yml says of one model or seed."""

    name: str
    path: Path
    description: str = ""
    columns: Mapping[str, Column] = field(default_factory=dict)
    tests: tuple[DataTest, ...] = ()
    versions: Mapping[str, str] = field(
        default_factory=dict
    )  # number: name of its file
    latest_version: str | None = None

    @property
    def reading_order(self) -> tuple[str, ...]:
        """Return the columns to sort by: the unique key, a list by its item_rank."""
        for test in self.tests:
            if test.kind == "unique" and test.column:
                key = [part.strip(" ()") for part in test.column.split(",")]
                ranked = "item_rank" in self.columns and key != ["item_rank"]
                return (*key[:-1], "item_rank") if ranked else tuple(key)
        return ()


@dataclass(frozen=True)
class SourceTable:
    """One raw table; schema and identifier may hold Jinja."""

    schema: str
    identifier: str
    columns: tuple[Column, ...]
    path: Path


@dataclass(frozen=True)
class UnitTest:
    """A dbt unit test: given rows in, expected rows out, vars and macros overridden."""

    name: str
    model: str
    given: tuple[Mapping[str, Any], ...]
    expect: Mapping[str, Any]
    vars: Mapping[str, Any]
    macros: Mapping[str, Any]
    path: Path


@dataclass(frozen=True)
class Described:
    """All yml files of one folder."""

    models: Mapping[str, ModelProperties]
    sources: Mapping[tuple[str, str], SourceTable]
    unit_tests: tuple[UnitTest, ...]


def read_yaml(path: Path, parse: Callable[[str], Any] | None = None) -> dict[str, Any]:
    """Read one yml file that must hold a mapping; errors name file and line."""
    try:
        content = (parse or parse_yaml)(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ProjectError(f"{path}{line}: not valid YAML: {problem}") from None
    if not isinstance(content, dict):
        raise ProjectError(f"{path}: must hold a mapping at its top level.")
    return content


def parse_yaml(text: str) -> Any:
    """Return what a text of YAML says; 2024-13-45, which is no date, is no YAML, too.

    Raises:
        yaml.YAMLError: it is none, says a key twice or is mostly aliases.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _size(node, {})
        return loader.construct_document(node)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise yaml.YAMLError(str(error)) from None


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node is, those behind aliases counted each time."""
    if id(node) in known:
        if not known[id(node)]:
            raise yaml.MarkedYAMLError(None, None, "holds itself", node.start_mark)
        return known[id(node)]
    known[id(node)] = 0
    size = 1
    if isinstance(node, yaml.MappingNode):
        first: dict[tuple[str, str], yaml.Node] = {}
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                other = first.setdefault((key.tag, key.value), key)
                if other is not key:
                    line = other.start_mark.line + 1
                    what = f'"{key.value}" is there twice, first in line {line}'
                    raise yaml.MarkedYAMLError(None, None, what, key.start_mark)
            size += _size(key, known) + _size(value, known)
    elif isinstance(node, yaml.SequenceNode):
        size += sum(_size(each, known) for each in node.value)
    if size > MOST_VALUES:
        what = f"is more than {MOST_VALUES:,} values, aliases counted"
        raise yaml.MarkedYAMLError(None, None, what, node.start_mark)
    known[id(node)] = size
    return size


def _makers() -> list[str]:
    """Return what decides what a text of YAML says, beside the text."""
    return [yaml.__version__, Path(__file__).read_text()]


TEXTS = Remembered("yaml", _makers)


def remembered_yaml(text: str) -> Any:
    """Return what `parse_yaml` does, of a text that has no secrets.

    Raises:
        yaml.YAMLError: as there.
    """
    key = sha256(text.encode()).digest()
    if (known := TEXTS.get(key)) is not None:
        return marshal.loads(known)
    said = parse_yaml(text)
    with suppress(ValueError):  # of dates, which marshal does not know
        TEXTS.put(key, marshal.dumps(said))
    return said


def read_folder(folder: Path) -> Described:
    """Read every `*.yml` below a folder of models and of seeds beside them."""
    models: dict[str, ModelProperties] = {}
    sources: dict[tuple[str, str], SourceTable] = {}
    unit_tests: list[UnitTest] = []
    for path in sorted(folder.rglob("*.yml")):
        content = read_yaml(path, remembered_yaml)
        try:
            for entry in [*content.get("models", []), *content.get("seeds", [])]:
                models[entry["name"]] = _model(entry, path)
            for source in content.get("sources", []):
                sources.update(_source_tables(source, path))
            unit_tests += [_unit_test(t, path) for t in content.get("unit_tests", [])]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProjectError(
                f"{path}: an entry is not laid out as dbt expects it ({error!r})."
            ) from None
    return Described(models, sources, tuple(unit_tests))


def _model(entry: Mapping[str, Any], path: Path) -> ModelProperties:
    name = entry["name"]
    tests = [
        _data_test(test, name, None if place is entry else place["name"], path)
        for place in (entry, *entry.get("columns", []))
        for test in place.get("data_tests", [])
    ]
    return ModelProperties(
        name=name,
        path=path,
        description=entry.get("description", ""),
        columns={c.name: c for c in _columns(entry)},
        tests=tuple(tests),
        versions={
            str(version["v"]): version.get("defined_in", f"{name}_v{version['v']}")
            for version in entry.get("versions", [])
        },
        latest_version=str(entry["latest_version"]) if "versions" in entry else None,
    )


def _columns(entry: Mapping[str, Any]) -> tuple[Column, ...]:
    return tuple(
        Column(c["name"], c.get("description", ""), c.get("data_type"))
        for c in entry.get("columns", [])
    )


def _data_test(test: Any, model: str, column: str | None, path: Path) -> DataTest:
    if isinstance(test, str):
        return DataTest(test, model, column, {}, path)
    ((kind, body),) = test.items()
    body = body or {}
    config = {**body, **(body.get("config") or {})}  # as older yml has it, and newer
    arguments = dict(body.get("arguments") or {})
    if column is None:
        column = arguments.pop("column_name", None)
    severity = str(config.get("severity", "error")).lower()
    where, enabled = str(config.get("where") or ""), bool(config.get("enabled", True))
    return DataTest(kind, model, column, arguments, path, severity, where, enabled)


def _source_tables(
    source: Mapping[str, Any], path: Path
) -> dict[tuple[str, str], SourceTable]:
    schema = source.get("schema", source["name"])
    for entry in (source, *source["tables"]):
        _require_local(entry, path)
    return {
        (source["name"], table["name"]): SourceTable(
            schema, table.get("identifier", table["name"]), _columns(table), path
        )
        for table in source["tables"]
    }


def _require_local(entry: Mapping[str, Any], path: Path) -> None:
    """Refuse a source that lies elsewhere than in the warehouse."""
    config = entry.get("config") or {}
    elsewhere = [
        *(key for key in ("database", "catalog", "loader_config") if entry.get(key)),
        *(
            key
            for place in (entry, config, entry.get("meta"), config.get("meta"))
            for key in ("external_location", "plugin")
            if key in (place or {})
        ),
    ]
    if elsewhere:
        raise ProjectError(
            f'{path}: sources: {entry["name"]}: "{elsewhere[0]}" is not known to '
            "recsql, which reads sources from the warehouse alone. Bring the table in "
            "by: recsql load (docs/data.md)."
        )


def _unit_test(test: Mapping[str, Any], path: Path) -> UnitTest:
    overrides = test.get("overrides") or {}
    return UnitTest(
        name=test["name"],
        model=test["model"],
        given=tuple(test.get("given") or ()),
        expect=test["expect"],
        vars=overrides.get("vars") or {},
        macros=overrides.get("macros") or {},
        path=path,
    )
