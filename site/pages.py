"""Pages of the docs site that are made of the project itself, as it is built.

A hook of mkdocs: tables, columns and models from the yml and SQL, commands from the
command line, metrics from their seed, the notebook, and the pages at the top.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File, Files

from recsql.cli.main import cli
from recsql.compilation.compiler import Plan, compile_project
from recsql.compilation.lineage import every_column_read
from recsql.config.project import load_project
from recsql.questions.inspection import heading, raw_columns, tree
from tests.worlds import ALL_SWITCHES

ROOT = Path(__file__).resolve().parents[1]
TOP = ("CONTRIBUTING.md", "CHANGELOG.md", "AGENTS.md")
DEFAULTS: Mapping[str, Any] = {"as_of": "2017-12-04", "refresh_history": True}
EVERYTHING: Mapping[str, Any] = {**ALL_SWITCHES, **DEFAULTS}


@cache
def plan_of_all() -> Plan:
    """Return the project, with what a backtest and a history of refreshes add."""
    return compile_project(load_project(ROOT).with_vars(EVERYTHING))


def on_config(config: Any) -> Any:
    """Put a page per folder of sql/ into the navigation, in reading order."""
    layers: dict[str, list[str]] = {}
    for folder in folders():
        layers.setdefault(folder.partition("/")[0], []).append(page_of(folder))
    (reference,) = (part for part in config.nav if "Reference" in part)
    (models,) = (part for part in reference["Reference"] if "Models" in part)
    models["Models"] = [
        pages[0] if len(pages) == 1 else {layer: pages}
        for layer, pages in layers.items()
    ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages; the notebook becomes one of text."""
    plan = plan_of_all()
    pages = {
        "python.md": notebook(ROOT / "docs/python.ipynb"),
        "reference/tables.md": tables(plan),
        "reference/columns.md": columns(
            compile_project(load_project(ROOT).with_vars(DEFAULTS))
        ),
        "reference/commands.md": commands(),
        "reference/metrics.md": metrics(plan),
        **{page_of(name): folder(plan, name) for name in folders()},
        **{name: from_top((ROOT / name).read_text()) for name in TOP},
    }
    if (book := files.get_file_from_path("python.ipynb")) is not None:
        files.remove(book)
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links out of docs/ at the pages that are made of what is there."""
    if "/" not in page.file.src_uri:
        markdown = markdown.replace("](../", "](")
    if page.file.src_uri == "vars.md":
        markdown += readers(plan_of_all())
    return markdown.replace("](python.ipynb)", "](python.md)")


def from_top(text: str) -> str:
    """Return a page of the top folder with links as seen from docs/."""
    return re.sub(r"\]\(docs/([\w./#-]+)\)", r"](\1)", text)


def notebook(path: Path) -> str:
    """Return a notebook as a page: cells, and below them what they show."""
    parts = []
    for cell in json.loads(path.read_text())["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
            continue
        parts.append(f"```python\n{source}\n```")
        shown = "".join("".join(output["text"]) for output in cell["outputs"])
        if shown:
            parts.append(f"```text\n{shown}\n```")
    return "\n\n".join(parts)


def tables(plan: Plan) -> str:
    """Return a page of the public tables: columns, types, and a row of a unit test."""
    parts = ["# Public tables", "What others may rely on: names, columns and types."]
    for name in sorted(set(plan.public) & set(plan.models)):
        described = plan.project.properties[name]
        parts.append(f"## {name}\n\n{told(plan, described.description, name)}\n")
        rows = [
            f"| `{column.name}` | {kind(plan, name, column.name)} | "
            f"{told(plan, column.description, name)} |"
            for column in described.columns.values()
        ]
        parts.append("\n".join(["| column | type | |", "|---|---|---|", *rows]))
        parts += example(plan, name)
        order = ", ".join(described.reading_order)
        ordered = f"\norder by {order}" if order else ""
        parts.append(f"```sql\nselect *\nfrom {name}{ordered}\nlimit 10\n```")
    return "\n\n".join(parts)


def kind(plan: Plan, table: str, column: str) -> str:
    """Return a column's type as its contract says it; ids have that of their input."""
    contract = plan.models[table].contract
    return (contract.types.get(column) if contract else None) or "as in the input"


def example(plan: Plan, name: str) -> Iterator[str]:
    """Yield a row as a unit test of the model expects it."""
    for test in plan.project.unit_tests:
        rows = test.expect.get("rows")
        if test.model == name and isinstance(rows, list) and rows:
            row = rows[0]
            cells = " · ".join(f"`{k}` {v}" for k, v in row.items() if v is not None)
            yield f"A row, of unit test `{test.name}`: {cells}"
            return


def told(plan: Plan, text: str, name: str) -> str:
    """Return a description as dbt and recsql render it, in one line."""
    if "{{" in text:
        text = plan.renderer.render_text(text, plan.project.properties[name].path)
    return " ".join(text.split()).replace("|", "\\|")


def page_of(folder: str) -> str:
    """Return the page of a folder of sql/."""
    return f"reference/{folder}.md"


@cache
def folders() -> Mapping[str, list[str]]:
    """Return the models of each folder of sql/, in reading order."""
    plan = plan_of_all()
    found: dict[str, list[str]] = {}
    names: list[str] = []
    models = [name for name in plan.graph.order if name in plan.models]
    for line, _ in tree(plan, models):
        if line.startswith("sql/"):
            names = found.setdefault(line.removeprefix("sql/").strip("/"), [])
        else:
            names.append(line.strip())
    return found


def folder(plan: Plan, name: str) -> str:
    """Return the page of a folder: contract, graph, and its models in order."""
    names = folders()[name]
    parts = [f"# {name.replace('_', ' ')}", f"Folder `sql/{name}`."]
    parts += [*heading(plan, names[0]), graph(plan, names)]
    return "\n\n".join([*parts, *(model(plan, each) for each in names)])


def graph(plan: Plan, names: list[str]) -> str:
    """Return a picture of what some models read of each other."""
    lines = [f"    {name}" for name in names]
    lines += [
        f"    {r} --> {n}" for n in names for r in plan.models[n].refs if r in names
    ]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def link(plan: Plan, name: str, here: str) -> str:
    """Return a link to a model, from a page of the reference."""
    if name not in plan.models:
        return f"`{name}`"
    page = page_of(plan.models[name].model.folder)
    return f"[`{name}`]({os.path.relpath(page, Path(here).parent)}#{name})"


def model(plan: Plan, name: str) -> str:
    """Return what a model is, what it reads and who reads it, its vars and columns."""
    described, compiled = plan.project.properties[name], plan.models[name]
    here = page_of(compiled.model.folder)
    below = [n for n, other in plan.models.items() if name in other.refs]
    said = [
        ("Reads", [link(plan, ref, here) for ref in compiled.refs]),
        ("Read by", [link(plan, child, here) for child in below]),
        ("Vars", [f"`{var}`" for var in sorted(compiled.vars)]),
        ("Columns", [f"`{column}`" for column in described.columns]),
    ]
    lines = [f"- {what}: {', '.join(found)}" for what, found in said if found]
    head = told(plan, described.description, name)
    return f"## {name}\n\n{head}\n\n" + "\n".join(lines)


def columns(plan: Plan) -> str:
    """Return a page on which one goes from a column to those it is made of."""
    read = every_column_read(
        plan.models, plan.graph.order, raw_columns(plan.project, plan)
    )
    parents = {
        f"{name}.{column}": [
            f"{relation.removeprefix('main.')}.{source}" for relation, source in sources
        ]
        for name, found in read.items()
        for column, sources in found.items()
    }
    said = {
        f"{name}.{column.name}": told(plan, column.description, name)
        for name in plan.models
        for column in plan.project.properties[name].columns.values()
    }
    begun = [f"{n}.{c}" for n in sorted(plan.public) if n in read for c in read[n]]
    data = json.dumps({"parents": parents, "said": said, "begun": begun})
    page = (ROOT / "site/columns.html").read_text()
    return page.replace("DATA", data.replace("</", "<\\/"))


def readers(plan: Plan) -> str:
    """Return which models read which var."""
    found: dict[str, list[str]] = {}
    for name in plan.graph.order:
        for var in plan.models[name].vars if name in plan.models else ():
            found.setdefault(var, []).append(name)
    rows = [
        f"| `{var}` | {', '.join(link(plan, name, 'vars.md') for name in names)} |"
        for var, names in sorted(found.items())
    ]
    head = ["\n## Which models read a var\n", "| var | models |", "|---|---|"]
    return "\n".join([*head, *rows])


def commands() -> str:
    """Return a page of every command with its help."""
    parts = ["# Commands"]
    for name, command in sorted(cli.commands.items()):
        context = click.Context(command, info_name=f"recsql {name}")
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts)


def metrics(plan: Plan) -> str:
    """Return a page of every metric with its formula and source."""
    lines = ["# Metrics", "", "| metric | formula | higher is better | source |"]
    lines.append("|---|---|---|---|")
    with plan.project.seeds["metric_definitions"].open() as seed:
        for row in csv.DictReader(seed):
            cells = [cell.replace("|", "\\|") for cell in row.values()]
            lines.append(f"| `{cells[0]}` | {' | '.join(cells[1:])} |")
    return "\n".join(lines)
