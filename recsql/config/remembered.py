"""What takes long to work out of a text, kept for the next process by its checksum.

It lies beside other caches of the user, in a file named by all that made it, so it can
never be stale. What cannot be read or written there is worked out again.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

MOST = 4000  # entries of a file: those of some projects
Makers = Callable[[], Iterable[str]]
_everything: list[Remembered] = []


class Remembered:
    """Values by key, those of earlier processes too.

    Args:
        name: of the file.
        makers: returns texts that decide, beside the key, what the value is: versions
            of libraries, source of modules.
    """

    def __init__(self, name: str, makers: Makers) -> None:
        """Read nothing yet."""
        self._name, self._makers = name, makers
        self._values: dict[Any, Any] = {}
        self._known: int | None = None  # how many of them were read from the file
        _everything.append(self)

    def get(self, key: Any) -> Any:
        """Return what was put there, None where nothing was."""
        if self._known is None:
            self._values |= self._read()
            self._known = len(self._values)
        return self._values.get(key)

    def put(self, key: Any, value: Any) -> None:
        """Keep what marshal can write: plain values and code."""
        self._values[key] = value

    def keep(self) -> None:
        """Write what is new, for the next process."""
        if self._known is not None and len(self._values) > self._known:
            self._known = len(self._values)
            self._write(dict([*self._values.items()][-MOST:]))

    def _file(self) -> Path:
        made_by = "\n".join([sys.version, *self._makers()])
        digest = sha256(made_by.encode()).hexdigest()[:16]
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(home) / "recsql" / f"{self._name}-{digest}.bin"

    def _read(self) -> dict[Any, Any]:
        """Return what the file holds, nothing if others could have written it."""
        try:
            with self._file().open("rb") as file:
                facts = os.fstat(file.fileno())
                if facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
                    return {}
                values = marshal.load(file)
        except (OSError, EOFError, ValueError, TypeError, RuntimeError):
            return {}
        return values if isinstance(values, dict) else {}

    def _write(self, values: dict[Any, Any]) -> None:
        """Write the file beside the old one, then put it in its place."""
        with suppress(OSError, RuntimeError, ValueError):
            path = self._file()
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                draft = Path(folder, path.name)
                draft.touch(mode=0o600)
                draft.write_bytes(marshal.dumps(values))
                draft.replace(path)


def keep_all() -> None:
    """Write all that is new, for the next process."""
    for remembered in _everything:
        remembered.keep()
