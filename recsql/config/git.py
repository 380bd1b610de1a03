"""The commit of a project, which says later what made a table."""

from __future__ import annotations

import subprocess
from pathlib import Path

COMMAND = ("git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def git_commit(folder: Path) -> str | None:
    """Return the commit of the repository a folder is in; `-dirty` if files differ.

    None where there is no git or no repository.
    """
    try:
        done = subprocess.run(
            COMMAND, cwd=folder, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
