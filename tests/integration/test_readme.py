"""The README cannot rot: its commands run, its sample is real output."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql, write_events

README = (builtin_root() / "README.md").read_text()
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_every_command_of_the_readme_runs(
    recsql: Recsql,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_events(tmp_path / "events.csv")
    ran = 0
    for command in COMMANDS:
        name, *arguments = shlex.split(command)
        if name == "make":
            continue  # CI runs it
        assert name == "recsql"
        done = recsql(*arguments)
        assert (done.code, done.err) == (0, ""), command
        ran += 1
    assert ran >= 10
    (python,) = re.findall(r"```python\n(.*?)```", README, re.S)
    exec(python)
    assert "rec_for_user" in capsys.readouterr().out


def test_the_readme_names_both_make_targets() -> None:
    assert "make demo" in README
    assert "make test" in README


def test_every_public_table_is_in_the_readme() -> None:
    from recsql.compilation.compiler import compile_project
    from recsql.config.project import load_project

    for name in compile_project(load_project(builtin_root())).public:
        assert re.search(rf"^\| [^|]*`{name}`[^|]* \|", README, re.M), name
