"""Every error recsql raises on purpose: what failed, where, what was seen, what to do.

Exit codes (documented in docs/operating.md): 0 done, 1 the work failed (a model, a
test, a full disk), 2 the request was wrong (files, settings, names), 3 another process
is at work on the warehouse, 4 not done in time, 128 + n ended by signal n (ctrl-C: 130,
SIGTERM: 143, SIGHUP: 129).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from recsql.redaction import redacted, unmarked, without_values

DISTRIBUTION = "recsql-recommender"  # "recsql" on the public index is another's
FULL = "No space left on device"


def visible(text: str) -> str:
    r"""Return a text without what moves a cursor or rings a bell on a terminal.

    Values of rows are shown as they are.

    >>> visible("a\x1b]0;b\x07")
    'a�]0;b�'
    """
    if text.isprintable():
        return text
    text = unmarked(text)
    shown = (c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(shown)


class RecsqlError(Exception):
    r"""Base of all deliberate errors; its text is one line meant for the user.

    Passwords and tokens in it are hidden. Values of rows are shown to who asked, and
    are not in what is `kept`.

    >>> str(RecsqlError('load: no file "a\nb".'))
    'load: no file "a b".'
    >>> str(RecsqlError("user \x1b[2J has no list."))
    'user �[2J has no list.'
    """

    exit_code = 2

    def __str__(self) -> str:
        return visible(redacted(self._line))

    @property
    def kept(self) -> str:
        """Return the text for hooks, logs and tables, where no row may be quoted."""
        return visible(redacted(without_values(self._line)))

    @property
    def _line(self) -> str:
        lines = (line.strip() for line in super().__str__().splitlines())
        return " ".join(line for line in lines if line)


class ProjectError(RecsqlError):
    """Settings, yml, Jinja or the graph are wrong; nothing was executed."""


class Refusals(ProjectError):
    """All that a model holds that another engine has not; its text is the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems[0])
        self.problems = tuple(problems)


class InputError(RecsqlError):
    """A file, table, column or argument given by the user cannot be used."""


class WarehouseError(RecsqlError):
    """DuckDB could not open, lock, read or write the warehouse."""

    exit_code = 1


class InUse(WarehouseError):
    """Another process is at work on the warehouse; trying later may help."""

    exit_code = 3


class TimedOut(RecsqlError):
    """The time limit that the user set was up."""

    exit_code = 4


class ModelError(RecsqlError):
    """DuckDB refused or failed a model."""

    exit_code = 1


class DiskFull(ModelError):
    """A model did not fit on the disk; another one will not, either."""


class OutOfMemory(ModelError):
    """A model needed more memory than was left; alone it may have enough."""


class TestsFailed(RecsqlError):
    """At least one data test or unit test did not pass."""

    exit_code = 1
    __test__ = False


class Interrupted(RecsqlError):
    """A signal asked to end: ctrl-C, or one of those that `engine.stops` knows."""

    exit_code = 130


class Unexpected(RecsqlError):
    """Nobody foresaw it: a bug. With RECSQL_TRACEBACK=1 Python says where it was."""

    exit_code = 1


def install(extra: str) -> str:
    """Return the command that installs what an extra holds.

    >>> install("rank")
    "pip install 'recsql-recommender[rank]'"
    """
    return f"pip install '{DISTRIBUTION}[{extra}]'"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean "x"?`` for the closest known name, or nothing.

    >>> did_you_mean("sig_rule", ["sig_rules", "rec_popular"])
    ' Did you mean "sig_rules"?'
    >>> did_you_mean("zebra", ["sig_rules"])
    ''
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f' Did you mean "{close[0]}"?' if close else ""


def is_full(error: BaseException | str) -> bool:
    """Say whether an error tells of a full disk.

    >>> is_full('Could not write file "build.duckdb": No space left on device')
    True
    """
    return FULL in str(error)


def reason(error: BaseException | str | None) -> str:
    """Return an error's first line, and what to do where the disk is full.

    >>> reason("IO Error: No space left on device")
    'IO Error: No space left on device: free some, then try again'
    """
    return first_line(error).replace(FULL, f"{FULL}: free some, then try again")


def unwritable(where: str, error: BaseException, consequence: str = "") -> RecsqlError:
    """Return what is told where a file cannot be written, or a table: a wrong request.

    A full disk is none: the work has failed.

    >>> told = unwritable("report: a.html", OSError(28, "No space left on device"))
    >>> told.exit_code, str(told)
    (1, 'report: a.html: No space left on device: free some, then try again.')
    """
    said = error.strerror if isinstance(error, OSError) else error
    kind = WarehouseError if is_full(error) else InputError
    return kind(f"{where}: {reason(said).rstrip('.!')}.{consequence}")


def first_line(error: BaseException | str | None) -> str:
    r"""Return the first non-empty line of a message, trimmed.

    >>> first_line("\n  Binder Error: no column x  \nLINE 1: ...")
    'Binder Error: no column x'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def either(choices: Iterable[str | None]) -> str:
    """Return words as a choice.

    >>> either(("all", "some", None))
    'all, some or null'
    """
    *words, last = ("null" if choice is None else choice for choice in choices)
    return f"{', '.join(words)} or {last}"
