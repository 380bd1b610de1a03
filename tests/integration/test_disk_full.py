"""A real file system that runs full at some moment of a refresh, by its size."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration import faults
from tests.integration.conftest import QUICK, Outcome
from tests.integration.test_bad_input import finished, start

pytestmark = pytest.mark.slow
ROOM = 100_000_000


@dataclass(frozen=True)
class Disk:
    """A file system in memory."""

    folder: Path

    def leave(self, free: int) -> None:
        """Make it as large as what is on it and some free bytes."""
        size = shutil.disk_usage(self.folder).used + free
        options = f"remount,size={size}"
        subprocess.run(["mount", "-o", options, str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def refresh(shop: Path) -> Outcome:
    return finished(start("refresh", "--project", shop, "--vars", f"{{{QUICK}}}"))


@pytest.mark.parametrize(
    ("free", "where"),
    [
        (0, "refresh.lock: "),
        (100_000, ".sql: "),
        (2_500_000, "checkpoint: "),
        (12_500_000, "publish "),
    ],
)
def test_a_disk_that_runs_full(
    shop: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch, free: int, where: str
) -> None:
    folder = shutil.copytree(shop / "warehouse", disk.folder / "w", symlinks=True)
    shutil.rmtree(shop / "warehouse")
    (shop / "warehouse").symlink_to(folder)
    before = faults.require_whole(shop)
    disk.leave(free)
    done = refresh(shop)
    assert done.code == 1
    lines = done.err.splitlines()
    assert where in lines[0]
    assert "No space left on device: free some, then refresh again" in lines[0]
    assert len(lines) <= 3, "two models at once, and how many were skipped"
    assert faults.require_whole(shop) == before
    disk.leave(ROOM)
    assert refresh(shop).code == 0
    assert faults.require_whole(shop) == before + 1
    here = {path.name for path in folder.iterdir()} - {"spill"}
    assert here == {
        *("build.duckdb", "current", "recsql.duckdb", "refresh.lock", "versions")
    }
    assert not list(folder.glob("versions/*.new"))
