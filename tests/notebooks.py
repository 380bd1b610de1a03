"""Notebooks as tests: cells are run in order, and what they show is what is kept.

`python -m tests.notebooks docs/python.ipynb` runs one and keeps what its cells show.
"""

from __future__ import annotations

import ast
import io
import json
import os
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def shown(cell: dict[str, Any]) -> str:
    """Return the text below a cell."""
    parts = (part.get("text") or part["data"]["text/plain"] for part in cell["outputs"])
    return "".join("".join(lines) for lines in parts)


def run_cell(source: str, names: dict[str, Any]) -> str:
    """Run a cell; return what it prints and the value of its last line."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
            print("" if value is None else value)
    return printed.getvalue().rstrip()


def run(path: Path, folder: Path) -> list[tuple[str, str]]:
    """Run a notebook in a folder; return what its cells showed, and what is kept."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    with chdir(folder):
        return [
            (run_cell("".join(cell["source"]), names), shown(cell))
            for cell in code_cells(notebook)
        ]


def renew(path: Path) -> None:
    """Run a notebook and keep what its cells show."""
    with tempfile.TemporaryDirectory() as folder:
        found = run(path, Path(folder))
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, (cell, (text, _)) in enumerate(
        zip(code_cells(notebook), found, strict=True), 1
    ):
        lines = text.splitlines(keepends=True)
        output = {"output_type": "stream", "name": "stdout", "text": lines}
        cell |= {"execution_count": number, "outputs": [output] if lines else []}
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + os.linesep)


if __name__ == "__main__":
    renew(Path(sys.argv[1]).resolve())
