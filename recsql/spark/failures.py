"""What Spark says when something fails, as one line with the model's file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recsql.compilation.render import Compiled
from recsql.errors import (
    InputError,
    Interrupted,
    ModelError,
    OutOfMemory,
    RecsqlError,
    WarehouseError,
    first_line,
)
from recsql.redaction import of_row

CONDITION = re.compile(r"\[([A-Z0-9_.]+)\]\s*(.*)", re.S)
PYTHON = re.compile(r"(?m)^\s*(\w*(?:Error|Exception|Interrupt)): (.+)$")
NEXT = re.compile(r"\s*(?:SQLSTATE: \w+|If necessary set|Use `try_|== SQL|;\s*\n)")
CANCELLED = ("OPERATION_CANCELED", "SPARK_JOB_CANCELLED", "was cancelled", "cancelled")
LOST = ("ExecutorLostFailure", "MetadataFetchFailed", "SparkContext was shut down")
DENIED = re.compile(
    r"INSUFFICIENT_PERMISSION|PERMISSION_DENIED|AccessControlException|AccessDenied"
    r"|Permission denied|Mkdirs failed|failed to create its directory"
    r"|not authorized|Read-only file system"
)
VALUE = re.compile(r"^The value ('.*?') ")


def said(error: BaseException) -> str:
    """Return what Spark said, in its first sentence."""
    text = str(getattr(error, "java_exception", None) or error)
    if any(word in text for word in LOST):
        return "an executor was lost, and so were the tries after it"
    if denied := DENIED.search(text):
        line = text[: denied.start()].rpartition("\n")[2] + text[denied.start() :]
        reason = NEXT.split(first_line(line))[0].rpartition("Exception: ")[2]
        return f"no right to write there ({reason.strip().rstrip('.!')})"
    raised = PYTHON.findall(text) if "Traceback" in text else []
    if raised:
        kind, message = raised[-1]
        return message if kind == "ValueError" else f"{kind}: {message}"
    found = CONDITION.search(text)
    if found:
        sentence = first_line(NEXT.split(found[2])[0]).rstrip(".!")
        return VALUE.sub(lambda seen: f"The value {of_row(seen[1])} ", sentence)
    return first_line(text).rstrip(".!")


@contextmanager
def named(compiled: Compiled) -> Iterator[None]:
    """Turn what Spark raises into an error that names the model's file and line."""
    try:
        yield
    except RecsqlError:
        raise
    except Exception as error:
        raise _as_error(error, _place(compiled, error)) from None


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what Spark raises into one line that says what was being done."""
    try:
        yield
    except RecsqlError:
        raise
    except Exception as error:
        if _is_cancelled(error):
            raise Interrupted("interrupted.") from None
        kind = InputError if DENIED.search(str(error)) else WarehouseError
        raise kind(f"{what}: {said(error)}.") from None


def _as_error(error: Exception, where: str) -> RecsqlError:
    if _is_cancelled(error):
        return Interrupted("interrupted.")
    if DENIED.search(str(error)):
        return InputError(f"{where}: {said(error)}.")
    kind = OutOfMemory if "OutOfMemoryError" in str(error) else ModelError
    return kind(f"{where}: {said(error)}.")


def _is_cancelled(error: Exception) -> bool:
    text = str(error)
    return any(word in text for word in CANCELLED) and not any(w in text for w in LOST)


def _place(compiled: Compiled, error: Exception) -> str:
    """Return the file, and the line that holds most of the words Spark complains of."""
    words = _words(error)
    best, most = None, 0
    for number, line in enumerate(compiled.sql.split("\n"), 1):
        known = {word.lower() for word in re.findall(r"\w+", line)}
        if len(words & known) > most:
            best, most = number, len(words & known)
    return compiled.file + (f":{compiled.source_line(best)}" if best else "")


def _words(error: Exception) -> set[str]:
    """Return the names in the piece of SQL that Spark points at."""
    try:
        contexts: list[Any] = error.getQueryContext()  # type: ignore[attr-defined]
        pieces = [context.fragment() for context in contexts]
    except Exception:
        pieces = []
    if not any(pieces):
        pieces = re.findall(r"`(\w+)`", str(error))[:2]
    if not pieces:
        pieces = re.findall(r"(\w+)\(", str(error))[:1]
    return {
        word.lower() for piece in pieces for word in re.findall(r"[a-zA-Z_]\w*", piece)
    }
