"""Every `unit_tests:` block of the project."""

from __future__ import annotations

import pytest

from recsql.config.project import builtin_root, load_project
from recsql.engine.checks import CheckResult
from recsql.engine.unit_tests import run_unit_tests

PROJECT = load_project(builtin_root())


@pytest.fixture(scope="module")
def results() -> dict[str, CheckResult]:
    return {r.name: r for r in run_unit_tests(PROJECT, list(PROJECT.models))}


@pytest.mark.parametrize("name", [f"{t.model}: {t.name}" for t in PROJECT.unit_tests])
def test_unit_test(results: dict[str, CheckResult], name: str) -> None:
    assert results[name].status == "passed", results[name].problem


def test_a_wrong_expectation_fails(tmp_path_factory: pytest.TempPathFactory) -> None:
    from dataclasses import replace

    test = next(t for t in PROJECT.unit_tests if t.model == "sig_rules")
    row = {**test.expect["rows"][0]}
    row[next(iter(row))] = 987654
    wrong = replace(test, expect={"rows": [row, *test.expect["rows"][1:]]})
    (result,) = run_unit_tests(replace(PROJECT, unit_tests=(wrong,)), ["sig_rules"])
    assert result.status == "failed"
    assert "987654" in result.problem
