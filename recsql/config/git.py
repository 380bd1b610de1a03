"""What git says of a folder."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_says(folder: Path, *command: str) -> str | None:
    """Return what a git command prints; None where there is no git or no repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *command],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
