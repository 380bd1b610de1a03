"""How much one client may ask for, and who may ask for what."""

from __future__ import annotations

import hmac
import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from recsql.serving.refusals import Refused

MOST_CLIENTS = 10_000
TOKEN, HISTORY_TOKEN = "RECSQL_SERVE_TOKEN", "RECSQL_SERVE_HISTORY_TOKEN"


@dataclass(frozen=True)
class Limits:
    """What a request may be: bytes of its body, users of a batch, requests a second."""

    body: int = 1 << 20
    batch: int = 1_000
    rate: float = 0.0  # 0: as many as come
    headers: int = 16 << 10


@dataclass(frozen=True)
class Tokens:
    """The words that open the service, empty where none is set."""

    all: str = field(default="", repr=False)
    history: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Tokens:
        """Read the tokens from the environment."""
        return cls(environment.get(TOKEN, ""), environment.get(HISTORY_TOKEN, ""))

    def require(self, given: str) -> None:
        """Refuse who has no token, where one is asked for.

        Raises:
            Refused: 401.
        """
        known = [token for token in (self.all, self.history) if token]
        if self.all and not any(_same(given, token) for token in known):
            raise Refused(
                401, "no_token", f"Give the token of {TOKEN}: Authorization: Bearer ..."
            )

    def require_history(self, given: str) -> None:
        """Refuse who may not see histories.

        Raises:
            Refused: 403.
        """
        if not self.history or not _same(given, self.history):
            raise Refused(
                403,
                "no_history",
                "Who may see histories has the token of the service's "
                f"{HISTORY_TOKEN}: Authorization: Bearer ...",
            )


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("latin-1"), os.fsencode(token))


class Rate:
    """Requests a second per client: a bucket that holds two seconds' worth."""

    def __init__(self, rate: float) -> None:
        """Allow so many requests a second; 0: any number."""
        self.rate = rate
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def require(self, client: str) -> None:
        """Refuse a client who asks too often.

        Raises:
            Refused: 429, with when to come again.
        """
        if not self.rate:
            return
        now = time.monotonic()
        room = max(2 * self.rate, 1.0)
        left, since = self._buckets.pop(client, (room, now))
        left = min(room, left + (now - since) * self.rate)
        allowed = left >= 1
        self._buckets[client] = (left - allowed, now)
        while len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if not allowed:
            wait = max(1, round((1 - left) / self.rate))
            raise Refused(429, "too_many", f"At most {self.rate:g} a second.", wait)
