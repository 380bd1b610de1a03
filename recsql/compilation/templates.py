"""How Jinja compiles templates: with marks at line breaks, and each text once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from recsql.config.remembered import Remembered

MARK = re.compile("\x02(\\d+)\x03")


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


def _makers() -> list[str]:
    """Return what decides how a template is compiled, beside its text."""
    modules = [Path(__file__), Path(__file__).with_name("sandbox.py")]
    return [jinja2.__version__, *(path.read_text() for path in modules)]


class TemplateCodes(BytecodeCache):
    """Compiled templates: most plans differ in vars, not in files.

    They are remembered: to compile them again takes a second.
    """

    def __init__(self) -> None:
        self._codes = Remembered("templates", _makers)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled from the same text, if anything was."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes.put((bucket.key, bucket.checksum), bucket.code)

    def template(self, environment: jinja2.Environment, text: str) -> jinja2.Template:
        """Return a snippet as a template; Jinja itself would compile it each time."""
        code = self._codes.get(("", text))
        if code is None:
            code = environment.compile(text)
            self._codes.put(("", text), code)
        names = environment.make_globals(None)
        return environment.template_class.from_code(environment, code, names)


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
