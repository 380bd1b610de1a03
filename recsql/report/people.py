"""Shares as people: "8 of 10 users", right down to one user and none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import floor
from typing import Any

ROUND = (10, 100, 1_000)
SOMETHING = {
    "all": ("something", "anything"),
    "new_only": ("something new to them", "anything new to them"),
    "repeat_only": ("something again", "anything again"),
}


def counted(number: int, thing: str) -> str:
    """Return how many things there are.

    >>> counted(1, "user"), counted(0, "user"), counted(2469, "user")
    ('1 user', '0 users', '2,469 users')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def people(shares: Sequence[float], users: int) -> tuple[int, list[int]]:
    """Return a number of people, and how many of them each share is.

    The number is the roundest by which shares that differ still do, by about as much,
    and by which all are all and none is none; else it is that of the users.

    >>> people([0.8039, 0.6411], 2009), people([0.2997, 0.2462], 1982)
    ((10, [8, 6]), (100, [30, 25]))
    >>> people([0.5], 2), people([0.5, 0.4], 5)
    ((2, [1]), (5, [3, 2]))
    """
    counts = [floor(share * users + 0.5) for share in shares]
    for base in ROUND:
        told = [floor(share * base + 0.5) for share in shares]
        pairs = list(zip(told, counts, shares, strict=True))
        is_true = all(
            (n == 0, n == base) == (count == 0, count == users) for n, count, _ in pairs
        ) and all(
            abs((n - m) / base - (share - other)) <= abs(share - other) / 2
            for (n, _, share), (m, _, other) in combinations(pairs, 2)
        )
        if base < users and is_true:
            return base, told
    return users, counts


def reach(row: Mapping[str, Any]) -> str:
    """Say whom a surface reaches, and whom a plain bestseller list does.

    Args:
        row: of query report_verdicts, with a `hit_share` and at least one user.
    """
    users, plain_share = row["user_count"], row["plain_hit_share"]
    shares = [row["hit_share"], *([] if plain_share is None else [plain_share])]
    base, (hits, *plain) = people(shares, users)
    what, none = SOMETHING[row["allow_repeat"]]
    where = f"that {row['surface']} puts first for them"
    if users == 1:
        own = f"later took {what}" if hits else f"did not take {none}"
        return f"The one user who was scored {own} {where}{_plain_one(hits, plain)}."
    if hits == 0:
        text = f"None of {users:,} users later took {none} {where}"
    elif hits == base:
        text = f"All {users:,} users later took {what} {where}"
    else:
        text = f"{hits:,} of {base:,} users later took {what} {where}"
    return f"{text}{_plain(hits, base, plain)}."


def _plain(hits: int, base: int, plain: Sequence[int]) -> str:
    if not plain:
        return ""
    if plain[0] == hits:
        reached = "as many" if hits else "nobody, either"
    else:
        reached = {0: "nobody", base: "all of them"}.get(plain[0], f"{plain[0]:,}")
    return f"; a plain bestseller list reaches {reached}"


def _plain_one(hits: int, plain: Sequence[int]) -> str:
    if not plain:
        return ""
    if plain[0]:
        return "; a plain bestseller list reaches them" + (", too" if hits else "")
    return "; a plain bestseller list does not" + (
        "" if hits else " reach them, either"
    )
