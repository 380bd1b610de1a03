"""docs/refits.md: what its vars do, and what its command shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from recsql.config.project import builtin_root
from tests.integration.conftest import QUICK, Recsql

pytestmark = pytest.mark.every_model

PAGE = (builtin_root() / "docs/refits.md").read_text()


def test_the_page_on_refits(shop: Path, recsql: Recsql) -> None:
    block = yaml.safe_load(PAGE.split("```yaml\n")[1].split("```")[0])["vars"]
    assert block == {"refit_every": 7, "refit_drift": 0.05}
    given = {**yaml.safe_load(f"{{{QUICK}}}"), **block}
    given["candidate_sources"] = ["als", "popular"]
    options = ("--project", shop, "--vars", yaml.safe_dump(given))
    first, second = (recsql("refresh", *options) for _ in range(2))
    assert first.code == second.code == 0, second.err
    (line,) = (x for x in second.out.splitlines() if "sig_als_model" in x)
    assert line.endswith("0 rows new or changed")
    assert "recsql show --project shop mon_fits" in PAGE
    shown = recsql("show", "--project", shop, "mon_fits").out.splitlines()
    assert shown[0].split()[:4] == [
        *("model_name", "fitted_at", "reason", "refreshes_since")
    ]
    assert "als" in shown[1]
    assert "first" in shown[1]
