"""How Jinja compiles templates: with marks at line breaks, and each text once."""

from __future__ import annotations

import marshal
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

MARK = re.compile("\x02(\\d+)\x03")
MOST_CODES = 4000  # in the file: those of some projects


class LineMarks(Extension):
    """Put the source line into the text at every line break, to map errors back."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Mark the line breaks of plain text; everything else passes unchanged."""
        for token in stream:
            if token.type == "data":
                first, *rest = token.value.split("\n")
                marked = [
                    f"\n\x02{token.lineno + i}\x03{line}"
                    for i, line in enumerate(rest, 1)
                ]
                token = Token(token.lineno, "data", first + "".join(marked))
            yield token


class TemplateCodes(BytecodeCache):
    """Compiled templates: most plans differ in vars, not in files.

    They are kept for the next process, too, beside other caches of the user: to compile
    them again takes a second. What cannot be read or written there is compiled.
    """

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}
        self._known: int | None = None  # how many of them were read from the file

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled from the same text, if anything was."""
        self._read()
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[bucket.key, bucket.checksum] = bucket.code

    def template(self, environment: jinja2.Environment, text: str) -> jinja2.Template:
        """Return a snippet as a template; Jinja itself would compile it each time."""
        self._read()
        code = self._codes.get(("", text))
        if code is None:
            code = self._codes["", text] = environment.compile(text)
        names = environment.make_globals(None)
        return environment.template_class.from_code(environment, code, names)

    def _read(self) -> None:
        if self._known is None:
            self._codes |= _read_codes()
            self._known = len(self._codes)

    def keep(self) -> None:
        """Write what was compiled since, for the next process."""
        if self._known is not None and len(self._codes) > self._known:
            self._known = len(self._codes)
            _write_codes(dict([*self._codes.items()][-MOST_CODES:]))


def _file() -> Path:
    """Return the user's file for codes that this Python, Jinja and module make."""
    makers = [Path(__file__), Path(__file__).with_name("sandbox.py")]
    made_by = [sys.version, jinja2.__version__, *(path.read_text() for path in makers)]
    digest = sha256("\n".join(made_by).encode()).hexdigest()[:16]
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "recsql" / f"templates-{digest}.bin"


def _read_codes() -> dict[tuple[str, str], Any]:
    """Return what the file holds, nothing if others could have written it."""
    try:
        with _file().open("rb") as file:
            facts = os.fstat(file.fileno())
            if facts.st_uid != os.geteuid() or facts.st_mode & 0o022:
                return {}
            codes = marshal.load(file)
    except (OSError, EOFError, ValueError, TypeError, RuntimeError):
        return {}
    return codes if isinstance(codes, dict) else {}


def _write_codes(codes: dict[tuple[str, str], Any]) -> None:
    """Write the file beside the old one, then put it in its place."""
    with suppress(OSError, RuntimeError):
        path = _file()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            draft = Path(folder, path.name)
            draft.touch(mode=0o600)
            draft.write_bytes(marshal.dumps(codes))
            draft.replace(path)


CODES = TemplateCodes()


def split_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """Take the marks out; return the text and, per line of it, the source line."""
    lines: list[int] = []
    current = 1
    for line in text.split("\n"):
        found = MARK.match(line)
        current = int(found[1]) if found else current
        lines.append(current)
    return MARK.sub("", text).strip("\n") + "\n", _trimmed(text, lines)


def _trimmed(text: str, lines: list[int]) -> tuple[int, ...]:
    plain = MARK.sub("", text)
    start = len(plain) - len(plain.lstrip("\n"))
    return tuple(lines[start:])
