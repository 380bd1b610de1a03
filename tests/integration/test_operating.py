"""docs/operating.md cannot rot: its commands run, and what it says is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from recsql.project import builtin_root
from tests.integration.conftest import Recsql

PAGE = (builtin_root() / "docs/operating.md").read_text()
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.S)
    for line in block.splitlines()
    if line.startswith("$ recsql ")
]


def test_every_command_of_the_page_runs(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    for _ in range(2):  # versions to go back to
        assert recsql("publish", "--project", shop).code == 0
    for command in COMMANDS:
        done = recsql(*shlex.split(command)[1:])
        assert (done.code, done.err) == (0, ""), command
    assert len(COMMANDS) >= 3
