"""The page on A/B tests, followed to the letter."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from recsql.config.project import builtin_root
from tests.integration.conftest import Recsql

PAGE = (builtin_root() / "docs/ab_tests.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.S)


def test_the_page(
    recsql: Recsql,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert recsql("init", "shop").code == 0
    settings = Path("shop/dbt_project.yml")
    project: dict[str, Any] = yaml.safe_load(settings.read_text())
    for block in blocks("yaml"):
        project["vars"].update(yaml.safe_load(block)["vars"])
    settings.write_text(yaml.safe_dump(project))
    generate, read = blocks("python")
    exec(generate, {})
    (commands,) = blocks("console")
    for command in commands.splitlines():
        name, *arguments = shlex.split(command.removeprefix("$ "))
        assert name == "recsql"
        done = recsql(*arguments)
        assert (done.code, done.err) == (0, ""), command
    exec(read, {})
    (expected,) = blocks("text")
    found = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert found.strip() == expected.strip()
