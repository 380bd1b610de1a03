"""Which expression would read texts that a plain cast cannot.

>>> reading("amount", "double", ["1.322,00", "7,5"])
"try_cast(replace(replace(amount, '.', ''), ',', '.') as double)"
>>> reading("quantity", "double", ["2 pcs"])
"try_cast(regexp_replace(quantity, '[^0-9.+-]', '', 'g') as double)"
>>> reading("day", "timestamp", ["24.12.2023", "01.02.2024"])
"try_strptime(day, '%d.%m.%Y')"
>>> reading("deleted", "boolean", ["ja"])
"lower(trim(deleted)) in ('ja')"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from recsql.compilation.render import literal

DOT = re.compile(r"[+-]?\d+(\.\d+)?")  # 1234.5
DOT_GROUPS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")  # 1,234.5
COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")  # 1.234,5
EPOCH = re.compile(r"\d{9,13}(\.\d+)?")
NO = ("0", "nein", "non", "no", "não", "nao", "nie", "ne", "off", "falsch", "faux")
DATES: tuple[str, ...] = (
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y%m%d",
)
DATES += ("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y")
DATES += ("%d %B %Y", "%B %d, %Y", "%Y-%m-%d", "%Y/%m/%d")
TIMES: tuple[str, ...] = (
    "",
    " %H:%M:%S",
    " %H:%M",
    " %H:%M:%S.%f",
    "T%H:%M:%S",
    " %I:%M:%S %p",
)
TIMES += (" %I:%M %p",)
LONG_AGO = 1e11  # seconds of the year 5138, milliseconds of March 1973


def reading(column: str, kind: str, texts: Sequence[str]) -> str | None:
    """Return an expression that reads all the texts, None where none is known.

    Args:
        column: the column, or the expression that was mapped.
        kind: timestamp, double or boolean.
        texts: what could not be read.
    """
    readers = {"timestamp": _time, "double": _number, "boolean": _flag}
    return readers[kind](column, [text.strip() for text in texts])


def _number(column: str, texts: Sequence[str]) -> str | None:
    words = {text for text in texts if not re.search(r"\d", text)}
    if words == set(texts):  # a word that stands for nothing
        return _without(column, words)
    signs = "".join(texts)
    if all(DOT.fullmatch(text) for text in _kept(texts, "%")) and "%" in signs:
        return f"try_cast(replace({column}, '%', '') as double) / 100"
    if all(re.fullmatch(r"\(.*\)", text) for text in texts):
        inner = _number(f"trim({column}, '()')", [text[1:-1] for text in texts])
        sign = f"case when {column} like '(%' then -1 else 1 end"
        return f"{sign} * {inner}" if inner else None
    bare = [re.sub(r"[^0-9.,+-]", "", text).strip(".,") for text in texts]
    cleaned = column
    if bare != list(texts):
        kept = "0-9.,+-" if "," in "".join(bare) else "0-9.+-"
        cleaned = f"regexp_replace({column}, '[^{kept}]', '', 'g')"
    if all(DOT.fullmatch(text) for text in bare):
        return f"try_cast({cleaned} as double)"
    if all(COMMA.fullmatch(text) for text in bare):
        swapped = f"replace(replace({cleaned}, '.', ''), ',', '.')"
        return f"try_cast({swapped} as double)"
    if all(DOT_GROUPS.fullmatch(text) or DOT.fullmatch(text) for text in bare):
        return f"try_cast(replace({cleaned}, ',', '') as double)"
    return None


def _time(column: str, texts: Sequence[str]) -> str | None:
    if all(EPOCH.fullmatch(text) for text in texts):
        return epoch(column, [float(text) for text in texts])
    known = [
        day + time
        for day in DATES
        for time in TIMES
        if all(_fits(text, day + time) for text in texts)
    ]
    if not known:
        is_word = not any(re.search(r"\d", text) for text in texts)
        return _without(column, set(texts)) if is_word else None
    ways = [f"try_strptime({column}, {literal(form)})" for form in known[:2]]
    return " or ".join(ways)


def epoch(column: str, numbers: Iterable[float]) -> str:
    """Return what reads times in seconds, milliseconds, or both, since 1970.

    >>> epoch("ts", [1.7e9, 1.7e12])
    'epoch_ms(cast(case when ts < 1e11 then ts * 1000 else ts end as bigint))'
    """
    is_short = {number < LONG_AGO for number in numbers}
    number = column if column.isidentifier() else f"({column})"
    if is_short == {True}:
        return f"epoch_ms(cast({number} as bigint) * 1000)"
    if is_short == {False}:
        return f"epoch_ms(cast({number} as bigint))"
    either = f"case when {number} < 1e11 then {number} * 1000 else {number} end"
    return f"epoch_ms(cast({either} as bigint))"


def _flag(column: str, texts: Sequence[str]) -> str | None:
    words = sorted({text.lower() for text in texts})
    yes = [word for word in words if word not in NO]
    if not yes:
        return f"lower(trim({column})) not in ({', '.join(map(literal, words))})"
    return f"lower(trim({column})) in ({', '.join(map(literal, yes))})"


def _without(column: str, words: set[str]) -> str:
    for word in sorted(words):
        column = f"nullif({column}, {literal(word)})"
    return column


def _kept(texts: Sequence[str], sign: str) -> list[str]:
    return [text.replace(sign, "").strip() for text in texts]


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True
