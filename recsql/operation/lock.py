"""One at a time changes what readers see: a lock that says who holds it, and how long.

The system frees it when its owner ends, however that happens; nothing is left to clear.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import TextIO

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
        file = (folder / NAME).open("a+", encoding="utf-8")
    except OSError as error:
        raise WarehouseError(f"{folder / NAME}: {error.strerror}.") from None
    with file:
        told = False
        while not _take(file):
            owner = f"{folder}: {_owner(file)} is changing what is published."
            if waiting is None:
                raise InUse(f"{owner} Wait for it (refresh --wait), or end it.")
            if not told:
                waiting(owner)
            told = True
            sleep(POLL_SECONDS)
        _sign(file, {"pid": os.getpid(), "host": socket.gethostname()})
        try:
            yield
        finally:
            file.truncate(0)


def _take(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(file: TextIO, owner: dict[str, object]) -> None:
    """Write past the file's buffer, which a full disk would leave to be written."""
    try:
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), json.dumps({**owner, "since": time.time()}).encode())
    except OSError as error:
        raise WarehouseError(f"{file.name}: {reason(error.strerror)}.") from None


def _owner(file: TextIO) -> str:
    """Say who holds the lock; a clock that went back makes no negative age."""
    file.seek(0)
    try:
        owner = json.loads(file.read())
        age = max(0.0, time.time() - owner["since"])
        return f"process {owner['pid']} on {owner['host']}, since {age:.0f} s,"
    except (ValueError, KeyError, TypeError):  # it has yet to sign
        return "another process"
