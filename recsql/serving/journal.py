"""What was shown and what came of it, appended as lines of JSON; never waited for.

A segment is a file of a fixed size that is mapped into memory: to append is to copy
bytes, and they are the kernel's from then on, so that `kill -9` loses nothing. A full
or old segment is cut to its lines and given its last name by a thread, which also has
the next one ready.

    journal/shown-20261129T023000-4711-0.open      being written: lines, then zeros
    journal/shown-20261129T022000-4711-9.jsonl     closed

`recsql refresh` and `recsql load --follow` take lines in (`operation.journals`).
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recsql.operation.journals import CLOSED, OPEN

MODE = 0o600


@dataclass
class Segment:
    """One file in memory, and how far it is written."""

    path: Path
    memory: mmap.mmap
    size: int
    since: float
    at: int = 0


class Journal:
    """Lines of one kind, from one process; of one thread at a time."""

    def __init__(
        self, folder: Path, kind: str, *, size: int = 8 << 20, seconds: float = 300.0
    ) -> None:
        """Begin a segment.

        Args:
            folder: where the files lie; it is made.
            kind: what their names begin with.
            size: bytes of a segment.
            seconds: an older one is closed.

        Raises:
            OSError: the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder, self.kind, self.size, self.seconds = folder, kind, size, seconds
        self.written = self.lost = self.count = 0
        self._lock = threading.Lock()
        self._segment: Segment | None = self._begin(size)
        self._spare: Segment | None = None
        self._full: list[Segment] = []
        self._work = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._tend, name=f"journal {kind}")
        self._thread.daemon = True
        self._thread.start()
        self._work.set()

    def append(self, line: bytes) -> bool:
        """Write a line, which holds no line break; False where there is no room.

        It never waits for the disk: without a segment at hand the line is lost, and
        counted.
        """
        with self._lock:
            segment = self._segment
            if segment is None or segment.at + len(line) + 1 > segment.size:
                segment = self._turn(len(line) + 1)
            if segment is None:
                self.lost += 1
                return False
            end = segment.at + len(line)
            segment.memory[segment.at : end] = line
            segment.memory[end : end + 1] = b"\n"  # last: a line with it is whole
            segment.at = end + 1
            self.written += 1
            return True

    def close(self) -> None:
        """Close the last segment."""
        self._ends = True
        self._work.set()
        self._thread.join()
        with self._lock:
            for segment in [*self._full, self._segment, self._spare]:
                if segment is not None:
                    _finish(segment)
            self._segment = self._spare = None
            self._full = []

    def _turn(self, needed: int) -> Segment | None:
        """Go on in the spare segment; make one here only where a line needs more."""
        if self._segment is not None:
            self._full.append(self._segment)
        spare, self._segment = self._spare, None
        if spare is not None and needed <= spare.size:
            self._segment, self._spare = spare, None
        else:
            with suppress(OSError):
                self._segment = self._begin(max(self.size, needed))
        self._work.set()
        return self._segment

    def _begin(self, size: int) -> Segment:
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        name = f"{self.kind}-{moment}-{os.getpid()}-{self.count}{OPEN}"
        self.count += 1
        path = self.folder / name
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, MODE)
        try:
            os.posix_fallocate(handle, 0, size)  # a full disk shows here, not later
            memory = mmap.mmap(handle, size)
        except OSError:
            with suppress(OSError):
                path.unlink()
            raise
        finally:
            os.close(handle)
        return Segment(path, memory, size, time.monotonic())

    def _tend(self) -> None:
        """Have a spare segment ready, and close those that are full or old."""
        while not self._ends:
            self._work.wait(timeout=min(self.seconds, 1.0))
            self._work.clear()
            if self._spare is None:
                with suppress(OSError):
                    self._spare = self._begin(self.size)
            with self._lock:
                segment = self._segment
                age = time.monotonic() - segment.since if segment else 0.0
                if segment is not None and segment.at and age > self.seconds:
                    self._turn(0)
                full, self._full = self._full, []
            for each in full:
                _finish(each)


def _finish(segment: Segment) -> None:
    """Cut a segment to its lines and give it its last name; an empty one is removed."""
    with suppress(OSError, ValueError):
        segment.memory.close()
        if segment.at == 0:
            segment.path.unlink()
            return
        os.truncate(segment.path, segment.at)
        segment.path.replace(segment.path.with_suffix(CLOSED))
