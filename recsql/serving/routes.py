"""Routes are SQL files with parameters in `queries/serve/`; their header declares them.

    -- One row per item that goes with an item, best first.
    -- @get /items/{item}/complements
    -- @param item text: The item's id.
    -- @param region text = all: A region of the data.
    -- @index region = region
    -- @token history

A parameter stands in the SQL as `$item`; it is bound, never pasted. Types are text,
texts, integer, number, flag, and user, item and items: ids, bound as values of the type
that the version has them in; `= value` makes it optional. A file without `@get` or
`@post` is no route: the service reads it for itself. With `@index` the rows of every
value of these columns are kept in memory: those of the same file, asked with null for
each parameter of the index, and in the order of its columns; a value that has none gets
those of its default. `@token history` asks for the token that may see histories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsql.compilation.render import Renderer
from recsql.config.project import Project
from recsql.errors import ProjectError, either
from recsql.questions.queries import render_query

FOLDER = "serve"
KINDS: Mapping[str, type] = {
    "text": str,
    "texts": list,
    "integer": int,
    "number": float,
    "flag": bool,
    "user": str,
    "item": str,
    "items": list,
}
FLAGS = {"true": True, "false": False}
TAGS = ("get", "post", "param", "index", "token")
PARAMETER = re.compile(r"(\w+) (\w+)(?: = ([^:]*?))?: (.+)")
PATH = re.compile(r"(/([\w.~-]+|{\w+}))+")
PAIR = re.compile(r"(\w+) = (\w+)")
PLACEHOLDER = re.compile(r"\$([a-zA-Z_]\w*)")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a route, as its header declares it."""

    name: str
    kind: str
    description: str
    default: Any = None
    is_required: bool = True


@dataclass(frozen=True)
class Route:
    """One file of `queries/serve/`; `path` is empty where it is no route."""

    name: str
    file: str
    sql: str
    description: str
    method: str
    path: str
    parameters: tuple[Parameter, ...]
    index: Mapping[str, str]  # column: parameter
    token: str

    @property
    def in_path(self) -> tuple[str, ...]:
        """Return the parameters that stand in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def key(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the values of the index, as rows in memory are found by."""
        return tuple(str(given[name]) for name in self.index.values())


def read_routes(project: Project) -> dict[str, Route]:
    """Return the routes of a project by the names of their files.

    What the vars switch off is left out.

    Raises:
        ProjectError: a header cannot be read; names file, line and what to write.
    """
    renderer = Renderer(project)
    routes: dict[str, Route] = {}
    for name, path in project.queries.items():
        if path.parent.name == FOLDER:
            sql = render_query(renderer, name)
            if renderer.config().get("enabled", True):
                routes[name] = read_route(name, project.relative(path), path, sql)
    taken: dict[tuple[str, str], str] = {}
    for route in routes.values():
        key = (route.method, re.sub(r"{\w+}", "{}", route.path))
        if route.path and taken.setdefault(key, route.file) != route.file:
            raise ProjectError(
                f"{route.file}: {route.method} {route.path} is the route of "
                f"{taken[key]}, too. Choose another path."
            )
    return routes


def read_route(name: str, file: str, path: Path, sql: str) -> Route:
    """Return the route that a file declares in the comments it begins with."""
    description, tags = _header(path.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {tag: [] for tag in TAGS}
    for tag, text in tags:
        if tag not in found:
            raise ProjectError(f"{file}: @{tag}: not known. Use {either(TAGS)}.")
        found[tag].append(text)
    parameters = tuple(_parameter(file, text) for text in found["param"])
    declared = {parameter.name for parameter in parameters}
    used = set(PLACEHOLDER.findall(re.sub(r"--[^\n]*", "", sql)))
    for missing in sorted(used ^ declared):
        where = "declared by @param" if missing in used else "used in the SQL"
        raise ProjectError(f"{file}: parameter {missing} is not {where}.")
    places = [(method, text) for method in ("get", "post") for text in found[method]]
    if len(places) > 1:
        raise ProjectError(f"{file}: give one @get or @post. Seen: {len(places)}.")
    method, at = places[0] if places else ("", "")
    if at and not PATH.fullmatch(at):
        raise ProjectError(
            f"{file}: @{method} {at}: write a path such as /top/{{item}}."
        )
    route = Route(
        name=name,
        file=file,
        sql=sql,
        description=description,
        method=method.upper(),
        path=at,
        parameters=parameters,
        index=_index(file, found["index"], declared),
        token=(found["token"] or [""])[0],
    )
    for name in route.in_path:
        if name not in declared:
            raise ProjectError(f"{file}: {{{name}}} in its path needs an @param.")
    return route


def _header(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return what the comments on top say, and their tags; lines may be wrapped."""
    parts: list[tuple[str, str]] = [("", "")]
    for line in _comments(text):
        found = re.fullmatch(r"@(\w+) ?(.*)", line)
        if found:
            parts.append((found[1], found[2].strip()))
        else:
            tag, before = parts[-1]
            parts[-1] = (tag, f"{before} {line}".strip())
    return parts[0][1], parts[1:]


def _comments(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("--"):
            return
        yield line.removeprefix("--").strip()


def _parameter(file: str, text: str) -> Parameter:
    found = PARAMETER.fullmatch(text)
    if not found or found[2] not in KINDS:
        raise ProjectError(
            f"{file}: @param {text}: write NAME TYPE = DEFAULT: DESCRIPTION; TYPE is "
            f"{either(KINDS)}, and = DEFAULT may be left out."
        )
    name, kind, default, description = found.groups()
    if default is None:
        return Parameter(name, kind, description)
    try:
        read = _default(kind, default)
    except (KeyError, ValueError):
        raise ProjectError(
            f'{file}: @param {name}: "{default}" is no {kind}.'
        ) from None
    return Parameter(name, kind, description, read, is_required=False)


def _default(kind: str, text: str) -> Any:
    if text == "null":
        return None
    if KINDS[kind] is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return FLAGS[text] if kind == "flag" else KINDS[kind](text)


def _index(file: str, texts: list[str], declared: set[str]) -> dict[str, str]:
    pairs = [part.strip() for text in texts for part in text.split(",")]
    index = {}
    for pair in pairs:
        found = PAIR.fullmatch(pair)
        if not found or found[2] not in declared:
            raise ProjectError(f"{file}: @index {pair}: write COLUMN = PARAMETER.")
        index[found[1]] = found[2]
    return index
