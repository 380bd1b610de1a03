"""The small shop of docs/concepts, built from its page; and what pages show of it.

`python -m tests.corner_shop` writes the rows of every query and the lines that every
command of docs/recipes prints anew.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import duckdb

from recsql.config.project import builtin_root, load_project

DOCS = builtin_root() / "docs"
FOLDER = DOCS / "concepts"
ASKED = re.compile(r"(?s)(```sql\n(.*?)```\n\n)((?:\|[^\n]*\n)*\n?)")
CONSOLE = re.compile(r"(?s)(```console\n)(.*?)```")
SERVICE = "localhost:8765"


def build(folder: Path) -> Path:
    """Write the files of the page, run its commands in the shop; return the shop."""
    page = (FOLDER / "index.md").read_text()
    recsql(folder, "init", "shop")
    for name, text in re.findall(r'(?s)```\w+ title="(.*?)"\n(.*?)```', page):
        inside = "shop" if name.endswith(".yml") else "."
        (folder / inside / name).write_text(text)
    for _, block in CONSOLE.findall(page):
        for command in re.findall(r"(?m)^\$ recsql (.*)$", block):
            recsql(folder / "shop", *shlex.split(command))
    return folder / "shop"


def recsql(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "recsql", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def opened(shop: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what is built, and below it what is published alone."""
    with duckdb.connect() as file:
        for name in ("build", "recsql"):
            path = shop / f"warehouse/{name}.duckdb"
            file.execute(f"attach '{path}' as {name} (read_only)")
        file.execute("set search_path = 'build.main,recsql.main'")
        yield file


def rows_of(file: duckdb.DuckDBPyConnection, query: str) -> str:
    """Return the rows of a query as a Markdown table; a null is an empty cell."""
    asked = file.execute(query)
    names = [column[0] for column in asked.description or []]
    lines = [names, ["---"] * len(names)]
    for row in asked.fetchall():
        lines.append(["" if value is None else str(value) for value in row])
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def printed(block: str, shop: Path, run: Callable[..., str]) -> str:
    """Return a block's commands, each with what it prints now.

    `run` is given the arguments of recsql; other commands are a request of the service
    (`curl ... | jq .rows`), or the shell's.
    """
    lines = []
    for command in re.findall(r"(?m)^\$ (.*)$", block):
        name, *arguments = shlex.split(command)
        if name == "recsql":
            shown = run(*arguments)
        elif name == "curl":
            shown = json.dumps(rows_of_service(shop, arguments[1]), indent=2) + "\n"
        else:
            shown = subprocess.check_output(command, shell=True, cwd=shop, text=True)
        lines.append(f"$ {command}\n{shown}")
    return "".join(lines)


def rows_of_service(shop: Path, address: str) -> object:
    """Start the service over the shop, and return the rows of its answer."""
    from tests.integration.served import running

    with running(load_project(shop)) as (_, port):
        place = address.replace(SERVICE, f"http://localhost:{port}")
        with urlopen(place) as answer:
            return json.load(answer)["rows"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = build(Path(folder))
        pages = [*FOLDER.glob("*.md"), *(DOCS / "recipes").glob("*.md")]
        for page in sorted(pages):
            write_anew(page, shop)


def write_anew(page: Path, shop: Path) -> None:
    """Write what a page shows of the shop; the page on dbt is another project's."""
    if page == DOCS / "recipes/dbt.md":
        return
    text = page.read_text()
    if page.parent != FOLDER:
        text = CONSOLE.sub(
            lambda found: (
                f"{found[1]}{printed(found[2], shop, lambda *a: recsql(shop, *a))}```"
            ),
            text,
        )
    with opened(shop) as file:
        text = ASKED.sub(
            lambda found: found[1] + rows_of(file, found[2]) + "\n",
            text,
        )
    page.write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
