"""The README cannot rot: its commands run, its sample is real output."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql, write_events

ROOT = builtin_root()
README = (ROOT / "README.md").read_text()
# what else goes on with the README's shop
PAGES = ["start", "tables", "change", "terminal"]


def commands() -> list[str]:
    """Return the commands of these pages; one that two of them have is run once."""
    texts = [README, *((ROOT / f"docs/{page}.md").read_text() for page in PAGES)]
    blocks = [
        b for text in texts for b in re.findall(r"(?s)```console\n(.*?)```", text)
    ]
    lines = [line for block in blocks for line in block.splitlines()]
    return list(dict.fromkeys(line[2:] for line in lines if line.startswith("$ ")))


def test_every_command_of_the_readme_runs(
    recsql: Recsql,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_events(tmp_path / "events.csv")
    ran = 0
    for command in commands():
        name, *arguments = shlex.split(command)
        if name == "make":
            continue  # CI runs it
        assert name == "recsql"
        done = recsql(*arguments)
        assert (done.code, done.err) == (0, ""), command
        ran += 1
    assert ran >= 20
    (python,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(python)
    assert "rec_for_user" in capsys.readouterr().out


def test_the_readme_names_both_make_targets() -> None:
    assert "make demo" in README
    assert "make test" in README


def test_the_readme_is_short_and_shows_lines_of_the_demo() -> None:
    assert len(README.splitlines()) <= 120
    (shown,) = re.findall(r"(?s)```text\n(.*?)```", README)
    (whole,) = re.findall(
        r"(?s)```text\n(.*?)```", (ROOT / "docs/benchmarks.md").read_text()
    )
    assert len(shown.splitlines()) == 10
    assert set(shown.splitlines()) <= set(whole.splitlines())


def test_every_public_table_is_on_its_page() -> None:
    from recsql.compilation.compiler import compile_project
    from recsql.config.project import load_project

    page = (ROOT / "docs/tables.md").read_text()
    for name in compile_project(load_project(ROOT)).public:
        assert re.search(rf"^\| [^|]*`{name}`[^|]* \|", page, re.M), name
