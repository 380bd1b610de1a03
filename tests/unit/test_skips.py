"""Skips are told, and those that nobody allowed are found."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.skips import allowed, not_allowed, versions

pytest_plugins = ["pytester"]

CONFTEST = "from tests.skips import pytest_sessionfinish, pytest_terminal_summary"
TESTS = """
import pytest

def test_passes():
    assert True

def test_skips():
    pytest.skip("no dragon here: apt-get install dragon")
"""


def test_a_pattern_has_to_match_as_a_whole() -> None:
    allowed_one = "tests/integration/test_spark.py: cand_als is switched off"
    longer = f"{allowed_one}, and so is cand_bpr"
    assert not_allowed(Counter([allowed_one, longer])) == [longer]
    assert allowed()


def test_versions_name_what_decides_numbers() -> None:
    assert "duckdb 1." in versions() or "duckdb 2." in versions()


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_under_ci_a_skip_that_nobody_allowed_fails(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, code: int
) -> None:
    monkeypatch.setenv("CI", ci)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    done = pytester.runpytest()
    assert done.ret == code
    done.stdout.fnmatch_lines(
        ["versions: *duckdb*", "skipped 1: *no dragon here*", "NOT an allowed skip*"]
    )
