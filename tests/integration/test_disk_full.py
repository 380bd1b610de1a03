"""A real file system that runs full at some moment of a command, by its size."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration import faults
from tests.integration.conftest import QUICK, Outcome, Recsql
from tests.integration.test_bad_input import finished, start

pytestmark = pytest.mark.slow
ROOM = 100_000_000
FREE = (0, 4_096, 20_000, 80_000, 320_000, 1_300_000, 2_600_000, 5_200_000)
FREE += (10_400_000, 20_800_000)
if "RECSQL_TRIES" not in os.environ:  # `make faults` has all ten
    FREE = FREE[:9:3]
USER = "bob o'neil"
COMMANDS = {
    "load": ("load", "events", "events.csv"),
    "refresh": ("refresh", "--full-refresh"),
    "publish": ("publish",),
    "rollback": ("rollback",),
    "forget": ("forget", USER, "--yes"),
    "report": ("report", "--user", "ann", "--output", "page.html"),
}
KEPT = {"build.duckdb", "current", "recsql.duckdb", "refresh.lock", "versions"}
KEPT |= {"build.duckdb.wal", "build.seal", "spill", "written.jsonl"}


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


def moved(shop: Path, disk: Disk) -> Path:
    """Move the warehouse of a shop to the disk; return where it is now."""
    folder = shutil.copytree(shop / "warehouse", disk.folder / "w", symlinks=True)
    shutil.rmtree(shop / "warehouse")
    (shop / "warehouse").symlink_to(folder)
    return Path(folder)


def refresh(shop: Path) -> Outcome:
    return finished(start("refresh", "--project", shop, "--vars", f"{{{QUICK}}}"))


@pytest.mark.every_model  # so that the refresh builds most models anew
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
    folder = moved(shop, disk)
    before = faults.require_whole(shop)
    disk.leave(free)
    done = refresh(shop)
    assert done.code == 1
    lines = done.err.splitlines()
    assert where in lines[0]
    assert "No space left on device: free some, then try again" in lines[0]
    assert len(lines) <= 3, "two models at once, and how many were skipped"
    assert faults.require_whole(shop) == before
    disk.leave(ROOM)
    assert refresh(shop).code == 0
    assert faults.require_whole(shop) == before + 1
    assert {path.name for path in folder.iterdir()} <= KEPT
    assert not list(folder.glob("versions/*.new"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_writes(
    built_quick_shop: Path,
    disk: Disk,
    tmp_path: Path,
    recsql: Recsql,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    """Done, or one line that says why; whole, and done once there is room."""
    codes = []
    for number, free in enumerate(FREE):
        shop = Path(
            shutil.copytree(built_quick_shop, tmp_path / f"{number}", symlinks=True)
        )
        folder = moved(shop, disk)
        (disk.folder / "page.html").write_text("before</html>")
        shutil.copyfile(built_quick_shop.parent / "events.csv", shop / "events.csv")
        monkeypatch.chdir(disk.folder)
        words = [
            str(shop / word) if word == "events.csv" else word
            for word in COMMANDS[command]
        ]
        options = (*words, "--project", shop, "--vars", f"{{{QUICK}}}")
        if command == "rollback":
            assert recsql("publish", "--project", shop).code == 0
        before = faults.require_whole(shop)
        disk.leave(free)
        done = recsql(*options)
        codes.append(done.code)
        what = f"{free} bytes: {done.err}{done.out}"
        assert done.code in (0, 1), what
        if done.code:
            line = done.err.splitlines()[0]
            assert line.startswith("Error: "), what
            assert "No space left on device: free some" in line, what
            assert len(done.err.splitlines()) <= 3, what
        after = faults.require_whole(shop)
        assert (disk.folder / "page.html").read_text().rstrip().endswith("</html>")
        disk.leave(ROOM)
        if done.code:
            if command != "forget":  # which may have published before it ran full
                assert after == before, what
            again = recsql(*options)
            assert again.code == 0, f"{what}, then {again.err}"
        faults.require_whole(shop)
        assert {path.name for path in folder.iterdir()} <= KEPT, what
        assert not list(folder.glob("versions/*.new")), what
        assert not list(disk.folder.glob("*page*new*")), what
        if command == "forget":
            for path in folder.rglob("*.duckdb"):
                assert USER.encode() not in path.read_bytes(), what
        shutil.rmtree(folder)
    assert codes[0] == 1, "a disk that is full"
    print(command, codes)
