"""Words that cannot be names without quotes, and which names are plain."""

from __future__ import annotations

import re

SIMPLE = re.compile(r"[a-z_][a-z0-9_]*")
# Kept by DuckDB's parser, 1.5 to 2.0, as columns or tables.
KEPT = re.compile(
    r"all|analyse|analyze|and|anti|any|array|as|asc|asof|asymmetric|"
    r"at|authorization|binary|both|by|case|cast|check|collate|"
    r"collation|column|columns|concurrently|constraint|create|cross|"
    r"default|deferrable|desc|describe|distinct|do|else|end|except|"
    r"false|fetch|for|foreign|freeze|from|full|generated|glob|group|"
    r"having|ilike|in|initially|inner|intersect|into|is|isnull|join|"
    r"lambda|lateral|leading|left|like|limit|map|natural|not|notnull|"
    r"null|offset|on|only|or|order|outer|overlaps|pivot|pivot_longer|"
    r"pivot_wider|placing|positional|primary|qualify|references|returning|"
    r"right|select|semi|show|similar|some|struct|summarize|symmetric|"
    r"table|tablesample|then|to|trailing|true|try_cast|tuple|union|"
    r"unique|unpack|unpivot|using|variadic|verbose|when|where|window|"
    r"with"
)


def is_plain(name: str) -> bool:
    """Say whether a name needs no quotes.

    >>> [is_plain(name) for name in ("at_home", "at", "order", "My Table")]
    [True, False, False, False]
    """
    return bool(SIMPLE.fullmatch(name)) and not KEPT.fullmatch(name)
