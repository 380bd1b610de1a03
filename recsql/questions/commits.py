"""The project's folder as it was at a commit of git."""

from __future__ import annotations

import subprocess
from pathlib import Path

from recsql.config.project import PROJECT_FILE
from recsql.errors import InputError, first_line


def checked_out(root: Path, base: str, target: Path) -> Path:
    """Write the project's folder as it was at a commit; return where it is.

    Args:
        root: the project's folder, somewhere in a repository.
        base: a branch, tag or commit.
        target: the folder to make.

    Raises:
        InputError: git does not know the commit, it has no such project, or the folder
            is in no repository.
    """
    asked = ("rev-parse", "--show-toplevel", "--show-prefix")
    top, place, *_ = _git(root, *asked).decode().split("\n")
    # by its hash, as what was asked may look like an option
    find = ("rev-parse", "--verify", "--quiet", "--end-of-options")
    commit = _git(Path(top), *find, f"{base}^{{commit}}", otherwise=_unknown(base))
    tree = f"{commit.decode().strip()}:{place}"
    absent = f"{base} has no {place}{PROJECT_FILE}, so there is nothing to compare."
    _git(Path(top), *find, f"{tree}{PROJECT_FILE}", otherwise=absent)
    # at the top, as git looks for the folder it is in within what it packs
    packed = _git(Path(top), "archive", "--format=tar", tree)
    target.mkdir()
    subprocess.run(["tar", "-x", "-C", target], input=packed, check=True)
    return target


def _unknown(base: str) -> str:
    return (
        f'git knows no commit "{base}" here. Where the clone has few commits: '
        "git fetch --unshallow; a branch that was never checked out is origin/NAME."
    )


def _git(folder: Path, *command: str, otherwise: str | None = None) -> bytes:
    """Return what git says; where it fails, say why, or what to say otherwise."""
    try:
        done = subprocess.run(["git", *command], cwd=folder, capture_output=True)
    except FileNotFoundError:
        raise InputError("diff --base: git is not installed.") from None
    if done.returncode:
        said = f"git: {first_line(done.stderr.decode(errors='replace'))}"
        raise InputError(f"diff --base: {otherwise or said}")
    return done.stdout
