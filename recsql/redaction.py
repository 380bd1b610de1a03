"""Secrets in texts that people and files get to see: found in every form, and hidden.

Connections say a password as `password=x` (libpq, ODBC), in a URI (`db://ann:x@host`),
as a parameter (`md:shop?motherduck_token=x`), in SQL (`PASSWORD 'x'`), YAML and JSON.
Values of environment variables that are called so are hidden wherever they stand.

Values of rows are no secret on the terminal of who asked, but in what is kept of a run:
they may name users, and `forget` does not reach logs and histories.
"""

from __future__ import annotations

import os
import re
from urllib.parse import quote

HIDDEN = "***"
NAME = (
    r"[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|"
    r"account_?key|private_?key|credentials?)(?![a-z])"
)
QUOTED = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|\{(?:[^{}]|\}\})*\}(?=;|$)"""
PAIR = re.compile(
    rf"""(?i)([?&]{NAME}=)([^\s&;'"]+)|"""  # a parameter of a URI
    rf"""(?<![\w])({NAME}\s*=(?!>)\s*)({QUOTED}|[^\s;'"]+)|"""  # libpq and ODBC
    rf"""(?<![\w])({NAME}["']?\s*(?:=>|:)\s*|{NAME}\s+(?='))"""  # SQL, YAML, JSON
    rf"""({QUOTED}|[^\s&;,'"(){{}}\[\]]+)"""
)
URI = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@'\"]*):([^\s'\"]*)@")
JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?")
FOLDERS = ("PWD", "OLDPWD")  # working directories, as shells call them
SHORTEST = 6  # shorter values of the environment are parts of words
OPEN, CLOSE = "\ue000", "\ue001"  # around a value of a row, until it is known who reads
OF_ROWS = re.compile(f"{OPEN}[^{CLOSE}]*{CLOSE}")
# What DuckDB says of SQL, files and settings quotes no row; all else may.
WORD = r"(?:[A-Z][A-Za-z]*|of|by|type|implemented)"
SAID = re.compile(rf"\b({WORD}(?: {WORD})*) Error: ")
OF_SQL = {
    *("Binder", "Catalog", "Connection", "Dependency", "FATAL", "HTTP", "Interrupt"),
    *("IO", "Not implemented", "Out of Memory", "Parser", "Permission", "Settings"),
    *("Syntax", "TransactionContext"),
}
REFUSED = re.compile(r"\b(ERROR): .*", re.S)  # PostgreSQL's, which quotes keys
RAISED = re.compile(r"\b(unexpected \w+): .*?(?=(?: \(\w+\.py:\d+\))?$)", re.S)
WITHHELD = "what it says may quote a row; the terminal shows it"


def redacted(text: str) -> str:
    """Return a text with *** in the place of each secret.

    >>> redacted("postgres:host=db user=ann password='a b' dbname=bi")
    'postgres:host=db user=ann password=*** dbname=bi'
    >>> redacted("cannot attach postgresql://ann:s3@cret@db/bi?sslmode=require")
    'cannot attach postgresql://ann:***@db/bi?sslmode=require'
    >>> redacted("Server=db;Pwd={a;b};Uid=ann"), redacted("password=a,b(c host=db")
    ('Server=db;Pwd=***;Uid=ann', 'password=*** host=db')
    >>> redacted("md:shop?motherduck_token=abc&x=1")
    'md:shop?motherduck_token=***&x=1'
    >>> redacted("var max_tokens: 5 is no number")
    'var max_tokens: 5 is no number'
    """
    text = URI.sub(rf"\1:{HIDDEN}@", text)
    text = PAIR.sub(lambda found: f"{found[1] or found[3] or found[5]}{HIDDEN}", text)
    text = JWT.sub(HIDDEN, text)
    for name, value in os.environ.items():
        if name in FOLDERS or len(value) < SHORTEST:
            continue
        if re.fullmatch(f"(?i){NAME}", name):
            text = text.replace(value, HIDDEN).replace(quote(value, safe=""), HIDDEN)
    return text


def has_secret(text: str) -> bool:
    """Say whether a connection says a password or token itself.

    >>> has_secret("host=db dbname=bi"), has_secret("host=db password=x")
    (False, True)
    >>> has_secret("postgres://ann@db/bi"), has_secret("md:shop")
    (False, False)
    """
    return bool(URI.search(text) or PAIR.search(text) or JWT.search(text))


def of_row(text: str) -> str:
    """Mark a value of a row in a message, so that `without_values` finds it."""
    return f"{OPEN}{text.replace(OPEN, '').replace(CLOSE, '')}{CLOSE}"


def unmarked(text: str) -> str:
    """Return a text with its values as they are, for the terminal of who asked.

    >>> unmarked(f"such as {of_row('ann')}.")
    'such as ann.'
    """
    return text.replace(OPEN, "").replace(CLOSE, "")


def without_values(text: str) -> str:
    """Return a text without values of rows, for hooks, logs and history.

    >>> without_values(f"ids are varchar (such as {of_row('ann')}).")
    'ids are varchar (such as ***).'
    >>> without_values("sql/a.sql:3: Conversion Error: Could not convert 'ann'")
    'sql/a.sql:3: Conversion Error: what it says may quote a row; the terminal shows it'
    >>> without_values("sql/a.sql:3: Binder Error: no column x")
    'sql/a.sql:3: Binder Error: no column x'
    """
    text = OF_ROWS.sub(HIDDEN, text)
    found = next((each for each in SAID.finditer(text) if each[1] not in OF_SQL), None)
    if found:
        text = text[: found.end()] + WITHHELD
    text = REFUSED.sub(rf"\1: {WITHHELD}", text)
    return RAISED.sub(rf"\1: {WITHHELD}", text)
