"""Pages of the docs site that are made of the project itself, as it is built.

A hook of mkdocs: tables, columns and models from the yml and SQL, commands from the
command line, metrics from their seed, the notebook, and the pages at the top.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from mkdocs.structure.files import File, Files

from recsql.cli.main import cli
from recsql.compilation.compiler import Plan, compile_project
from recsql.config.project import load_project
from recsql.questions.inspection import heading, tree

ROOT = Path(__file__).resolve().parents[1]
TOP = ("CONTRIBUTING.md", "CHANGELOG.md", "AGENTS.md")
EVERYTHING: Mapping[str, Any] = {"as_of": "2017-12-04", "refresh_history": True}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages; the notebook becomes one of text."""
    plan = compile_project(load_project(ROOT).with_vars(EVERYTHING))
    pages = {
        "python.md": notebook(ROOT / "docs/python.ipynb"),
        "reference/tables.md": tables(plan),
        "reference/commands.md": commands(),
        "reference/metrics.md": metrics(plan),
        **{f"reference/{name}.md": text for name, text in layers(plan)},
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
    path = plan.project.properties[name].path
    return " ".join(plan.renderer.render_text(text, path).split()).replace("|", "\\|")


def layers(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield a page per layer of sql/, folder by folder: contract, graph, models."""
    folders: dict[str, list[str]] = {}
    for line, _ in tree(
        plan, [name for name in plan.graph.order if name in plan.models]
    ):
        if line.startswith("sql/"):
            folders[line.removeprefix("sql/").strip("/")] = names = []
        else:
            names.append(line.strip())
    for layer in sorted({folder.partition("/")[0] for folder in folders}):
        parts = [f"# {layer}"]
        for folder, names in folders.items():
            if folder.partition("/")[0] == layer:
                parts += [f"## sql/{folder}", *heading(plan, names[0])]
                parts += [graph(plan, names), *(model(plan, name) for name in names)]
        yield layer, "\n\n".join(parts)


def graph(plan: Plan, names: list[str]) -> str:
    """Return a picture of what some models read of each other."""
    lines = [f"    {name}" for name in names]
    lines += [
        f"    {r} --> {n}" for n in names for r in plan.models[n].refs if r in names
    ]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def model(plan: Plan, name: str) -> str:
    """Return what a model is, what it reads and its columns."""
    described = plan.project.properties[name]
    reads = ", ".join(f"`{ref}`" for ref in plan.models[name].refs)
    said = f"Reads {reads}." if reads else "Reads raw tables or none."
    columns = ", ".join(f"`{column}`" for column in described.columns)
    head = told(plan, described.description, name)
    return f"### {name}\n\n{head}\n\n{said}\n\nColumns: {columns}."


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
