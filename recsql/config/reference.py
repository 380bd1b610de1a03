"""What is generated from the declarations: a page, a schema for editors, comments.

`python -m recsql.config.reference` (`make reference`) writes docs/vars.md and the
comments of dbt_project.yml; a test compares both with what this makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from recsql.config.declared import Declared, declared
from recsql.config.project import PROJECT_FILE, Project, builtin_root, load_project
from recsql.config.settings import choices_of

PAGE = "docs/vars.md"
VAR = re.compile(r"  (\w+):")
HEADING = re.compile(r"  # -+ ")
COMMENT = re.compile(r"(^|\s)\s*# .*$")
NUMBERS = {"number": "number", "whole number": "integer"}
BOUNDS = {
    "from": "minimum",
    "above": "exclusiveMinimum",
    "to": "maximum",
    "below": "exclusiveMaximum",
}
INTRODUCTION = """\
# Vars

Every setting of a project: a line of `dbt_project.yml` under `vars:`, or of
`--vars`. Written by `make reference` from `recsql/config/vars.yml`.

* `recsql vars decay`: what has to do with a word, and what it is in your project
* `recsql vars --changed`: those that your project changes
* `recsql vars --schema`: the same as JSON Schema, for editors; `recsql init` writes it

What is not as it may be is refused before anything is built (exit code 2).
"""


def page(project: Project) -> str:
    """Return the reference of all vars as Markdown."""
    parts = [INTRODUCTION]
    for section, group in groupby(declared().values(), lambda var: var.section):
        variables = list(group)
        parts.append(f"\n## {section}\n\n| var | default | may be | what it does |\n")
        parts.append("|---|---|---|---|\n")
        for var in variables:
            default = f"`{short(project.default_vars[var.name], 60)}`"
            parts.append(_row(f"`{var.name}`", default, var.in_words, _said(var)))
        for var in variables:
            parts += _entries(var)
    return "".join(parts)


def _said(var: Declared) -> str:
    text = f"{var.what} {var.more}".strip()
    unset = f" Null: {var.unset}." if var.unset else ""
    return f"{text}{unset} Example: `{short(var.example, 200)}`"


def _entries(var: Declared, within: str = "") -> Iterator[str]:
    """Yield a table of the entries of a var or of what it lists, and of theirs."""
    where = f"{within}{var.name}"
    entries = (var.of or var).entries
    if not entries:
        return
    yield f"\n### {where}\n\n| entry | may be | what it is |\n|---|---|---|\n"
    for entry in entries.values():
        unset = f" Null: {entry.unset}." if entry.unset else ""
        yield _row(f"`{entry.name}`", entry.in_words, f"{entry.what}{unset}")
    for entry in entries.values():
        yield from _entries(entry, f"{where}: ")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def short(given: Any, width: int) -> str:
    """Return a value as YAML on one line, cut where it is long.

    >>> short({"a": [1, None]}, 60), short("x" * 9, 5)
    ('{a: [1, null]}', 'xx...')
    """
    text = yaml.safe_dump(
        given, default_flow_style=True, width=10**6, sort_keys=False, allow_unicode=True
    )
    text = text.removesuffix("...\n").strip()
    return text if len(text) <= width else f"{text[: width - 3]}..."


def schema(project: Project) -> dict[str, Any]:
    """Return JSON Schema (draft 7) of a dbt_project.yml, for editors."""
    names = {var.name: _schema(project, var) for var in declared().values()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": PROJECT_FILE,
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "vars": {"type": "object", "properties": names},
        },
    }


def schema_text(project: Project) -> str:
    """Return the schema as JSON."""
    return json.dumps(schema(project), indent=1, ensure_ascii=False)


def _schema(project: Project, var: Declared) -> dict[str, Any]:
    one = _kind(project, var)
    kinds = [one]
    if var.by:
        kinds.append({"type": "object", "additionalProperties": one})
    if var.also:
        kinds.append({"const": var.also})
    if var.unset is not None:
        kinds.append({"type": "null"})
    said: dict[str, Any] = one if len(kinds) == 1 else {"anyOf": kinds}
    text = f"{var.what} {var.more}".strip()
    units = f" It is {var.in_words}." if text else ""
    if text:
        said = {"description": f"{text}{units}", **said}
    if var.example is not None:
        said["examples"] = [_plain(var.example)]
    return said


def _kind(project: Project, var: Declared) -> dict[str, Any]:
    """Return the schema of one value."""
    if var.kind in NUMBERS:
        bounds = {BOUNDS[word]: bound for word, bound in var.bounds.items()}
        return {"type": NUMBERS[var.kind], **bounds}
    if var.kind == "flag":
        return {"type": "boolean"}
    if var.choices:
        return {"enum": list(choices_of(project, var.choices))}
    if var.kind == "list" and var.of:
        least = {"minItems": int(var.bounds["from"])} if var.bounds else {}
        return {"type": "array", "items": _schema(project, var.of), **least}
    if var.kind == "mapping" and var.of:
        least = {"minProperties": int(var.bounds["from"])} if var.bounds else {}
        each = {"additionalProperties": _schema(project, var.of)}
        return {"type": "object", **each, **least}
    if var.entries:
        return {
            "type": "object",
            "properties": {n: _schema(project, e) for n, e in var.entries.items()},
            "required": [e.name for e in var.entries.values() if e.is_required],
            "additionalProperties": False,
        }
    if var.kind == "command":
        return {"type": ["string", "array"], "pattern": r"\S", "minItems": 1}
    is_text = var.kind in ("text", "name", "SQL type")
    kind = "string" if is_text else ["string", "number", "boolean"]
    return {"type": kind, "pattern": r"\S"}


def _plain(given: Any) -> Any:
    """Return a value as JSON has it: dates are texts."""
    if isinstance(given, Mapping):
        return {key: _plain(each) for key, each in given.items()}
    if isinstance(given, list):
        return [_plain(each) for each in given]
    return given if isinstance(given, str | int | float | None) else str(given)


def commented(text: str) -> str:
    """Return dbt_project.yml with one line above each var that says what it does."""
    head, mark, body = text.partition("\nvars:\n")
    return head + mark + "\n".join(_commented(body.splitlines())) + "\n"


def _commented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        kept = line if HEADING.match(line) else COMMENT.sub("", line)
        found = VAR.match(kept)
        if found and found[1] in declared():
            yield f"  # {declared()[found[1]].what}"
        if kept or not line:
            yield kept


def generated(root: Path) -> dict[Path, str]:
    """Return the files of the checkout that are made from the declarations."""
    settings = root / PROJECT_FILE
    return {
        settings: commented(settings.read_text(encoding="utf-8")),
        root / PAGE: page(load_project(root)),
    }


if __name__ == "__main__":
    for path, text in generated(builtin_root()).items():
        path.write_text(text, encoding="utf-8")
