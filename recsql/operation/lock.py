"""One at a time changes what readers see: a lock that says who holds it, and how long.

What is locked is the warehouse folder itself, which nobody deletes by mistake; a file
in it says by whom. The system frees it when its owner ends, however that happens.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from recsql.errors import InUse, WarehouseError, reason

NAME = "refresh.lock"
POLL_SECONDS = 0.5


@contextmanager
def publishing_lock(
    folder: Path, waiting: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the lock of a warehouse folder.

    Args:
        folder: where the warehouse lies.
        waiting: told who holds the lock, then waits for it; None: does not wait.

    Raises:
        InUse: another process holds it, and nobody waits.
        WarehouseError: there is no such folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise WarehouseError(f"{folder / NAME}: {error.strerror}.") from None
    try:
        told = False
        while not _take(handle):
            owner = f"{folder}: {_owner(folder / NAME)} is changing what is published."
            if waiting is None:
                raise InUse(f"{owner} Wait for it (refresh --wait), or end it.")
            if not told:
                waiting(owner)
            told = True
            sleep(POLL_SECONDS)
        _sign(folder / NAME, {"pid": os.getpid(), "host": socket.gethostname()})
        try:
            yield
        finally:
            with suppress(OSError):
                os.truncate(folder / NAME, 0)
    finally:
        os.close(handle)


def _take(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(path: Path, owner: dict[str, object]) -> None:
    try:
        path.write_text(json.dumps({**owner, "since": time.time()}), encoding="utf-8")
    except OSError as error:
        raise WarehouseError(f"{path}: {reason(error.strerror)}.") from None


def _owner(path: Path) -> str:
    """Say who holds the lock; a clock that went back makes no negative age."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        age = max(0.0, time.time() - owner["since"])
        return f"process {owner['pid']} on {owner['host']}, since {age:.0f} s,"
    except (OSError, ValueError, KeyError, TypeError):  # it has yet to sign
        return "another process"
