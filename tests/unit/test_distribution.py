"""The package is recsql-recommender: `recsql` on the public index is not ours."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from recsql.errors import DISTRIBUTION, install

ROOT = Path(__file__).resolve().parents[2]
if not (ROOT / "pyproject.toml").exists():
    pytest.skip(
        "recsql is installed from a wheel: is not here", allow_module_level=True
    )
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

NAME = r"(?<![\w/.\-])recsql(?![\w\-])"  # not a path, not part of a longer name
STRANGER = (
    rf"\b(?:install|add|uvx|download)\b[^\n|;&]*?\s['\"]?{NAME}(?=$|[\s`'\"=<>~\[)])",
    rf"{NAME}\[[a-z]",  # extras
    rf"{NAME}\s*(?:==|>=|~=)\s*\d",  # requirements
)
INSTALLERS = re.compile(r"\b(?:pip[3x]?|uv|uvx|poetry|conda)\b|requirement")


def strangers(text: str) -> list[str]:
    """Return the lines that would install what is not ours."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    extras = re.compile("|".join(STRANGER[1:]))
    command = re.compile(STRANGER[0])
    return [
        line
        for line in lines
        if extras.search(line) or (INSTALLERS.search(line) and command.search(line))
    ]


@pytest.mark.parametrize(
    "line",
    [
        "pip install " + "recsql",
        "RUN pip install --no-cache-dir " + "recsql",
        "python -m pip install -U 'recsql" + "[rank]'",
        "pipx install " + "recsql",
        "uv add " + "recsql" + " duckdb",
        "pip install \\\n    " + "recsql",
        "recsql" + ">=0.2",
        "needs `recsql" + "[spark]`",
    ],
)
def test_what_would_install_a_stranger_is_found(line: str) -> None:
    assert strangers(line)


@pytest.mark.parametrize(
    "line",
    [
        "pip install recsql-recommender",
        "pip install 'recsql-recommender[rank]'",
        "pip install '/opt/recsql[postgres]'",
        "installs recsql, loads 1.47 million lines",
        "pip install duckdb; then recsql reads it",
    ],
)
def test_what_installs_ours_or_nothing_is_not(line: str) -> None:
    assert strangers(line) == []


def test_no_tracked_text_installs_a_stranger() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("the clone is not here: git lists no files")
    found: dict[str, list[str]] = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path == Path(__file__).resolve() or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if bad := strangers(text):
            found[name] = bad
    assert found == {}


def test_the_version_is_one() -> None:
    import recsql

    (of_dbt,) = re.findall(
        r'(?m)^version: "(.+)"', (ROOT / "dbt_project.yml").read_text()
    )
    assert PROJECT["version"] == recsql.__version__ == of_dbt
    released = re.findall(r"(?m)^## \[(\d\S*)\]", (ROOT / "CHANGELOG.md").read_text())
    assert released[0] == recsql.__version__, "each version says what it changed"


def test_errors_advise_what_is_to_be_had() -> None:
    assert PROJECT["name"] == DISTRIBUTION
    source = "\n".join(path.read_text() for path in (ROOT / "recsql").rglob("*.py"))
    advised = set(re.findall(r"install\(['\"]([a-z-]+)['\"]\)", source))
    assert len(advised) >= 6
    assert advised <= set(PROJECT["optional-dependencies"])
    assert install("rank") == "pip install 'recsql-recommender[rank]'"
