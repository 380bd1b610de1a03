"""Hooks: commands of the user's that run after a refresh, told of it by variables."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping

from recsql.config.project import Project
from recsql.errors import ProjectError, WarehouseError

LIMIT_SECONDS = 300


def run_hook(name: str, project: Project, facts: Mapping[str, str]) -> None:
    """Run the command in var `name`, in the project's folder, without a shell.

    Errors name the program, not its arguments, which may hold a token.

    Raises:
        ProjectError: it is no command.
        WarehouseError: it failed, or took more than LIMIT_SECONDS.
    """
    given = project.vars[name]
    try:
        parts = given if isinstance(given, list) else shlex.split(str(given))
    except ValueError as error:
        raise ProjectError(f"{project.entry(name)}: no command: {error}.") from None
    program, *arguments = [str(part) for part in parts] or [""]
    try:
        done = subprocess.run(
            [program, *arguments],
            cwd=project.root,
            env={**os.environ, **facts},
            timeout=LIMIT_SECONDS,
        )
    except (ValueError, OSError) as error:
        raise ProjectError(
            f"{project.entry(name)}: {program!r} cannot be run: {error}."
        ) from None
    except subprocess.TimeoutExpired:
        raise WarehouseError(f"{name}: stopped after {LIMIT_SECONDS} s.") from None
    if done.returncode:
        raise WarehouseError(f"{name}: {program} ended with {_ended(done.returncode)}.")


def _ended(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"
