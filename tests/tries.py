"""How often a random test tries: less in every run than at night (`make nightly`)."""

from __future__ import annotations

import os

NIGHTLY = "RECSQL_NIGHTLY" in os.environ


def tries(count: int) -> int:
    """Return that many at night, else a quarter of them.

    >>> tries(3) in (1, 3)
    True
    """
    return count if NIGHTLY else max(count // 4, 1)
