"""The small shop of docs/concepts, built from its page; and the rows that pages show.

`python -m tests.corner_shop` writes the rows of every query anew.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from recsql.config.project import builtin_root

FOLDER = builtin_root() / "docs/concepts"
ASKED = re.compile(r"(?s)(```sql\n(.*?)```\n\n)((?:\|[^\n]*\n)*\n?)")


def build(folder: Path) -> Path:
    """Write the files of the page, run its commands in the shop; return the shop."""
    page = (FOLDER / "index.md").read_text()
    recsql(folder, "init", "shop")
    for name, text in re.findall(r'(?s)```\w+ title="(.*?)"\n(.*?)```', page):
        inside = "shop" if name.endswith(".yml") else "."
        (folder / inside / name).write_text(text)
    for block in re.findall(r"(?s)```console\n(.*?)```", page):
        for command in re.findall(r"(?m)^\$ recsql (.*)$", block):
            recsql(folder / "shop", *shlex.split(command))
    return folder / "shop"


def recsql(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "recsql", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def rows_of(file: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return the rows of a query as a Markdown table; a null is an empty cell."""
    asked = file.execute(query)
    names = [column[0] for column in asked.description or []]
    lines = [names, ["---"] * len(names)]
    for row in asked.fetchall():
        lines.append(["" if value is None else str(value) for value in row])
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder)) / "warehouse/build.duckdb"
        with duckdb.connect(str(path), read_only=True) as file:
            for page in sorted(FOLDER.glob("*.md")):
                text = ASKED.sub(
                    lambda found: found[1] + rows_of(file, found[2]) + "\n",
                    page.read_text(),
                )
                page.write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
