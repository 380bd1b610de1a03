"""Files as streams of bytes and of text: compression, encodings, what is no file."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from recsql.errors import InputError

COMPRESSED = (".gz", ".zst")
BLOCK = 1 << 22
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NO_TEXT = (
    (b"PK\x03\x04", "an Excel or zip file: export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel file: export it as CSV"),
    (b"PAR1", "a Parquet file: its name should end in .parquet"),
    (b"ARROW1", "an Arrow file: its name should end in .arrow"),
    (b"\x1f\x8b", "compressed: its name should end in .gz"),
    (b"\x28\xb5\x2f\xfd", "compressed: its name should end in .zst"),
    (b"SQLite format 3", "a database: load it by --from sqlite:///PATH --query SQL"),
    (b"%PDF", "a PDF: export its table as CSV"),
    (b"<", "HTML or XML, perhaps a page that asks to log in"),
    (b"{", "JSON: its name should end in .json or .jsonl"),
    (b"[{", "JSON: its name should end in .json or .jsonl"),
)
KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def require_regular(path: str) -> None:
    """Refuse what is no file with an end that can be read twice.

    Raises:
        InputError: says what it is instead, or why it cannot be read.
    """
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode):
            with open(path, "rb"):
                return
    except OSError as error:
        raise InputError(
            f"load: {path}: cannot be read: {error.strerror or error}."
        ) from None
    kind = next((word for is_it, word in KINDS if is_it(mode)), "no file")
    advice = " Name the files in it, e.g. by a glob." * (kind == "a folder")
    raise InputError(f"load: {path} is {kind}; only files can be loaded.{advice}")


@contextmanager
def open_bytes(path: str) -> Iterator[IO[bytes]]:
    """Open a file, decompressed where its name ends in .gz or .zst.

    Raises:
        InputError: it cannot be read, or is not what its name says.
    """
    try:
        with _open(path) as stream:
            yield stream
    except (OSError, EOFError, gzip.zlib.error) as error:  # type: ignore[attr-defined]
        raise InputError(f"load: {path}: cannot be read: {error}") from None


def _open(path: str) -> IO[bytes]:
    suffix = Path(path).suffix.lower()
    if suffix == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if suffix == ".zst":
        import pyarrow as pa

        stream: IO[bytes] = pa.input_stream(path, compression="zstd")
        return stream
    return open(path, "rb")


def encoding_of(path: str, given: str | None) -> str:
    """Return the codec of a file: as its mark says, as given, or UTF-8.

    Raises:
        InputError: there is no such encoding.
    """
    try:
        named = codecs.lookup(given or "utf-8").name
        "".encode(named)
    except (LookupError, ValueError):
        raise InputError(
            f'load: --encoding "{given}" is not known. Use for example utf-8, utf-16, '
            "latin-1 or cp1252."
        ) from None
    with open_bytes(path) as stream:
        start = stream.read(16)
    for mark, kind in NO_TEXT:
        if start.removeprefix(codecs.BOM_UTF8).lstrip(b" \r\n").startswith(mark):
            raise InputError(f"load: {path} is {kind}.")
    marked = next((name for mark, name in MARKS if start.startswith(mark)), None)
    if marked and given and named.split("-")[:2] != marked.split("-")[:2]:
        raise InputError(
            f"load: {path}: begins with the byte-order mark of "
            f"{marked.removesuffix('-sig')}, and --encoding says {given}. Leave it out."
        )
    if not marked and (
        (b"\0" in start[:4] and named == "utf-8") or named in ("utf-16", "utf-32")
    ):
        seen = "UTF-8; by its zero bytes it may be UTF-16" if named == "utf-8" else ""
        raise InputError(
            f"load: {path}: is no {seen or f'{named.upper()} with a byte-order mark'}: "
            "--encoding utf-16-le or utf-16-be."
        )
    return marked or named


def write_utf8(path: str, encoding: str, target: Path) -> None:
    """Write a file again in UTF-8, a block at a time, its line ends as they are.

    Raises:
        InputError: a byte is not of that encoding; says where.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with open_bytes(path) as stream, target.open("wb") as file:
        while True:
            block = stream.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                lines += bytes(error.object[: error.start]).count(b"\n")
                raise InputError(
                    f"load: {path} line {lines}: {bytes_of(error)} is no "
                    f"{encoding.removesuffix('-sig')}. Name the encoding that the file "
                    "has: --encoding."
                ) from None
            lines += text.count("\n")
            file.write(text.encode("utf-8", "surrogatepass"))
            if not block:
                return


def bytes_of(error: UnicodeDecodeError) -> str:
    """Return in words the bytes that could not be decoded."""
    wrong = error.object[error.start : max(error.end, error.start + 1)]
    return f"byte 0x{wrong.hex().upper()}" if wrong else "its end"


def as_lines(stream: IO[bytes]) -> io.TextIOWrapper:
    """Return a stream of UTF-8 as lines that keep their ends; wrong bytes stay."""
    return io.TextIOWrapper(
        io.BufferedReader(_Raw(stream), BLOCK),
        encoding="utf-8-sig",
        errors="surrogateescape",
        newline="",
    )


class _Raw(io.RawIOBase):
    """Any stream of bytes as one that `io` can buffer; closing it is not ours."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._stream.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)
