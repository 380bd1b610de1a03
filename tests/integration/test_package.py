"""The wheel carries the whole project and works outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from recsql.config.project import builtin_root
from tests.integration.conftest import write_events

pytestmark = pytest.mark.slow


def test_the_wheel_works_outside_the_checkout(tmp_path: Path) -> None:
    root = builtin_root()
    if not (root / "pyproject.toml").exists():
        pytest.skip("recsql is installed from a wheel already")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", tmp_path, root], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(ZipFile(wheel).namelist())
    page = {f"recsql/report/assets/{n}" for n in ("page.html", "charts/ranks.json")}
    page |= {f"recsql/serving/assets/page.{kind}" for kind in ("html", "js", "css")}
    assert page <= packed
    assert "recsql/_project/queries/report/report_ranks.sql" in packed
    target = tmp_path / "site"
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", target, wheel], check=True
    )
    write_events(tmp_path / "events.csv")
    for arguments in (
        ["init", "shop"],
        ["load", "events", "events.csv", "--project", "shop"],
        ["refresh", "--project", "shop"],
        ["test", "--select", "sig_rules", "--project", "shop"],
        ["eject", "sig_rules", "--project", "shop"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "recsql", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(target)},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, ""), arguments
    assert (tmp_path / "shop/warehouse/recsql.duckdb").exists()
