"""One line on a terminal that says how far the work is, while it is done."""

from __future__ import annotations

import atexit
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live


class Progress:
    """`[64/114] fold 2/3 · 1:20`, below what else is printed; it leaves no trace."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._done, self._models = 0, 0
        self._began = time.monotonic()
        self.part = ""

    def begin(self, models: int) -> None:
        """Show that so many models are to come."""
        from rich.live import Live
        from rich.text import Text

        self.end()
        self._done, self._models, self._began = 0, models, time.monotonic()
        if models:
            self._live = Live(
                console=self._console,
                get_renderable=lambda: Text(self.text()),
                refresh_per_second=2,
                transient=True,
            )
            self._live.start()
            atexit.register(self.end)  # however it ends, the cursor is seen again

    def advance(self) -> None:
        """Count one model more; after the last the line goes."""
        self._done += 1
        if self._done >= self._models:
            self.end()

    def end(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None
            atexit.unregister(self.end)

    def text(self) -> str:
        """Return the line."""
        parts = [f"[{self._done}/{self._models}]", self.part]
        passed = clock(time.monotonic() - self._began)
        return f"{' '.join(filter(None, parts))} · {passed}"


def clock(seconds: float) -> str:
    """Return a time as minutes and seconds.

    >>> clock(80.4), clock(3 * 3600 + 5)
    ('1:20', '3:00:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
