"""Secrets in texts that people and files get to see: found in every form, and hidden.

Connections say a password as `password=x` (libpq, ODBC), in a URI (`db://ann:x@host`),
as a parameter (`md:shop?motherduck_token=x`), in SQL (`PASSWORD 'x'`), YAML and JSON.
Values of environment variables that are called so are hidden wherever they stand.
"""

from __future__ import annotations

import os
import re

HIDDEN = "***"
NAME = (
    r"[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|"
    r"account_?key|private_?key|credentials?)(?![a-z])"
)
VALUE = r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|[^\s&;,'"(){}\[\]]+"""
PAIR = re.compile(
    rf"""(?i)(?<![\w])({NAME}["']?\s*(?:=>|[:=])\s*|{NAME}\s+(?='))({VALUE})"""
)
URI = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s/:@'\"]*):([^\s'\"]*)@")
JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]+)?")
SHORTEST = 6  # shorter values of the environment are parts of words


def redacted(text: str) -> str:
    """Return a text with *** in the place of each secret.

    >>> redacted("postgres:host=db user=ann password='a b' dbname=bi")
    'postgres:host=db user=ann password=*** dbname=bi'
    >>> redacted("cannot attach postgresql://ann:s3@cret@db/bi?sslmode=require")
    'cannot attach postgresql://ann:***@db/bi?sslmode=require'
    >>> redacted("md:shop?motherduck_token=abc&x=1")
    'md:shop?motherduck_token=***&x=1'
    >>> redacted("var max_tokens: 5 is no number")
    'var max_tokens: 5 is no number'
    """
    text = URI.sub(rf"\1:{HIDDEN}@", text)
    text = PAIR.sub(lambda found: f"{found[1]}{HIDDEN}", text)
    text = JWT.sub(HIDDEN, text)
    for name, value in os.environ.items():
        if len(value) >= SHORTEST and re.fullmatch(f"(?i){NAME}", name):
            text = text.replace(value, HIDDEN)
    return text


def has_secret(text: str) -> bool:
    """Say whether a connection says a password or token itself.

    >>> has_secret("host=db dbname=bi"), has_secret("host=db password=x")
    (False, True)
    >>> has_secret("postgres://ann@db/bi"), has_secret("md:shop")
    (False, False)
    """
    return bool(URI.search(text) or PAIR.search(text) or JWT.search(text))
