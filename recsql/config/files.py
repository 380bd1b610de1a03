"""Files for people: written beside, then renamed; the old one is whole until then.

Each is listed in the warehouse folder, so that `recsql forget` knows what recsql wrote.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

LIST = "written.jsonl"
READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)


def write_beside(path: Path, text: str, mode: int = 0o644) -> int:
    """Replace a file in one step; return its size in bytes.

    A link is followed, and the mode of a file that is there stays. Where it fails, the
    file is as it was and nothing is left.

    Raises:
        OSError: it cannot be written.
    """
    target = path.resolve()
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(target.stat().st_mode & 0o7777 if target.exists() else mode)
        fresh.replace(target)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
    return target.stat().st_size


def note_written(folder: Path, path: Path, kind: str) -> None:
    """List a file that holds data of users, with what it is and its checksum.

    A scratch file changes after this; only what is complete has a checksum.
    """
    target = path.resolve()
    entry = {"path": os.path.relpath(target, folder.resolve()), "kind": kind}
    if target.is_file() and kind == "report":
        entry["sha256"] = sha256(target.read_bytes()).hexdigest()
    try:
        with (folder / LIST).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
    except OSError as error:
        if error.errno not in READ_ONLY:  # a reader's account: `forget` searches, too
            raise


def written(folder: Path) -> Iterator[tuple[Path, str, str | None]]:
    """Yield path, kind and checksum of what was listed, the last word on each."""
    entries: dict[str, dict[str, str]] = {}
    with suppress(FileNotFoundError):
        for line in (folder / LIST).read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):  # half a line of a process that was killed
                entry = json.loads(line)
                entries[entry["path"]] = entry
    for path, entry in entries.items():
        target = Path(os.path.normpath(folder.resolve() / path))
        yield target, entry["kind"], entry.get("sha256")
