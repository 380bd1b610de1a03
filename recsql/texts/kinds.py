"""What a column of text may be: patterns of numbers, times and dates.

A kind is taken only where every value of a column has its pattern, so that nothing is
lost: a number of more than 15 digits, a leading zero or an odd time stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
TIME = r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
OFFSET = r" ?(Z|UTC|[+-]\d{2}(:?\d{2})?)"
WHOLE = r"-?(0|[1-9]\d{0,17}|[1-8]\d{18})"
EXPONENT = r"[eE][+-]?\d{1,2}"  # without a point and a sign, 12E4 may be a code
FRACTION = (
    rf"-?(((0|[1-9]\d{{0,99}})\.\d*|\.\d+)({EXPONENT})?"
    r"|(0|[1-9]\d{0,14})([eE][+-]\d{1,2})?)"
)
COMMA = r"-?((0|[1-9]\d{0,14})(,\d+)?|[1-9]\d{0,2}(\.\d{3})+,\d+)"
PARTS = {
    **dict.fromkeys(("%d", "%m", "%H", "%I", "%M", "%S"), r"\d{1,2}"),
    **{"%Y": r"\d{4}", "%y": r"\d{2}", "%f": r"\d{1,6}", "%p": "[AaPp][Mm]"},
    **{"%b": "[A-Za-z]{3}", "%B": "[A-Za-z]{3,9}", "%a": "[A-Za-z]{3}"},
    **{"%A": "[A-Za-z]{6,9}", "%z": r"[+-]\d{2}:?\d{2}", "%j": r"\d{3}"},
    **{"%-d": r"\d{1,2}", "%-m": r"\d{1,2}", "%-H": r"\d{1,2}", "%%": "%"},
}
DATES = [
    f"{part}".replace("-", separator)
    for part in ("%d-%m-%Y", "%m-%d-%Y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d")
    for separator in ("/", "-", ".")
] + ["%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"]
TIMES = ["", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p"]


@dataclass(frozen=True)
class Kind:
    """A type, the pattern of its texts, and the SQL that reads one (`{}`).

    Not every text with the pattern of a moment `is_moment`: there is no 30 February.
    """

    name: str
    pattern: str
    read: str
    format: str | None = None
    is_moment: bool = True

    def fits(self, text: str) -> bool:
        """Say whether a text has the pattern."""
        return _compiled(self.pattern).fullmatch(text.strip()) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _cast(name: str, pattern: str, is_moment: bool = True) -> Kind:
    return Kind(name, pattern, f"try_cast({{}} as {name})", None, is_moment)


ISO = (
    _cast("DATE", DAY),
    _cast("TIMESTAMP", f"{DAY}([ T]{TIME})?"),
    _cast("TIMESTAMP WITH TIME ZONE", f"{DAY}[ T]{TIME}{OFFSET}"),
)
PLAIN = (
    _cast("BOOLEAN", "(?i:true|false)", is_moment=False),
    _cast("BIGINT", WHOLE, is_moment=False),
    _cast("DOUBLE", FRACTION, is_moment=False),
    *ISO,
    _cast("TIME", TIME),
)
COMMAS = Kind(
    "DOUBLE",
    COMMA,
    "try_cast(replace(replace({}, '.', ''), ',', '.') as double)",
    is_moment=False,
)


def of_format(form: str) -> Kind:
    """Return the kind of dates written in one format of `strptime`.

    >>> of_format("%d.%m.%Y").fits("5.1.2025"), of_format("%d.%m.%Y").fits("5.1.25")
    (True, False)
    """
    parts = re.split(r"(%-?[A-Za-z%])", form)
    pattern = "".join(PARTS.get(part, re.escape(part)) for part in parts)
    has_time = bool(re.search("%-?[HIMSfp]", form))
    quoted = form.replace("'", "''")
    read = f"try_strptime({{}}, '{quoted}')"
    if not has_time:
        read = f"cast({read} as date)"
    name = "TIMESTAMP" + " WITH TIME ZONE" * ("%z" in form) if has_time else "DATE"
    return Kind(name, pattern, read, form)


ZONED = ("%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z")  # -0400, which is no ISO
FORMATS = tuple(
    of_format(form) for form in (*(d + t for d in DATES for t in TIMES), *ZONED)
)


def kinds_of(sample: Sequence[str], decimal: str) -> list[Kind]:
    """Return the kinds that all texts of a sample may be, the first to try first.

    >>> [kind.name for kind in kinds_of(["1", "20"], ".")]
    ['BIGINT', 'DOUBLE']
    >>> [kind.format for kind in kinds_of(["05/01/2025"], ".")]
    ['%d/%m/%Y', '%m/%d/%Y']
    """
    numbers = list(PLAIN)
    if decimal == ",":
        numbers = [COMMAS if kind.name == "DOUBLE" else kind for kind in PLAIN]
    return [
        kind
        for kind in (*numbers, *FORMATS)
        if sample and all(kind.fits(text) for text in sample)
    ]


def dates_of(texts: Iterable[str]) -> list[Kind]:
    """Return the ways of writing dates that at least one of the texts has."""
    given = list(texts)
    return [k for k in (*ISO, *FORMATS) if any(k.fits(text) for text in given)]


def looks_like_data(name: str) -> bool:
    """Say whether a name of a column is a number or a date.

    >>> [looks_like_data(name) for name in ("user_id", "2025-01-05", "12.5", "q1")]
    [False, True, True, False]
    """
    kinds = (*(k for k in PLAIN if k.name != "BOOLEAN"), *FORMATS)
    return any(kind.fits(name) for kind in kinds)
