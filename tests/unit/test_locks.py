"""The locked versions are those that pyproject.toml allows, each with its hashes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"^([a-z0-9._-]+)(?:\[\S+\])?==(\S+)(?: ; .*)? \\$", re.MULTILINE)
NOT_LOCKED = ("bench-metrics",)  # needs NumPy 1; an environment of its own

if not (ROOT / "pyproject.toml").exists():
    pytest.skip(
        "recsql is installed from a wheel: is not here", allow_module_level=True
    )
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def locked(name: str) -> dict[str, set[str]]:
    """Return the versions of each package in a lock (several: by version of Python)."""
    pins: dict[str, set[str]] = {}
    for package, version in PINNED.findall((ROOT / f"locks/{name}.txt").read_text()):
        pins.setdefault(package, set()).add(version)
    return pins


def wanted(*extras: str) -> list[Requirement]:
    """Return what recsql and some extras of it require."""
    texts = [*PROJECT["dependencies"], *(text for e in extras for text in EXTRAS[e])]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("demo", ("demo", "report")),
        ("test", tuple(extra for extra in EXTRAS if extra not in NOT_LOCKED)),
    ],
)
def test_every_requirement_is_locked_in_its_range(
    lock: str, extras: tuple[str, ...]
) -> None:
    pins = locked(lock)
    for requirement in wanted(*extras):
        versions = pins.get(requirement.name.lower())
        assert versions, f"{requirement.name} is not in locks/{lock}.txt: make lock"
        outside = [v for v in versions if not requirement.specifier.contains(v)]
        assert not outside, f"{requirement} but {outside} is locked: make lock"


def test_the_demo_runs_what_the_tests_run() -> None:
    tested = locked("test")
    assert {p: v for p, v in locked("demo").items() if tested.get(p) != v} == {}


@pytest.mark.parametrize("lock", ["demo", "test"])
def test_every_package_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / f"locks/{lock}.txt").read_text()
    pins, hashed = len(PINNED.findall(text)), re.findall(r" \\\n    --hash=", text)
    assert pins == len(re.findall(r"^[a-z0-9._-]+(?:\[\S+\])?==", text, re.MULTILINE))
    assert len(hashed) >= pins
    assert "://" not in text
