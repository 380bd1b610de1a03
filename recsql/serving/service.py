"""What the routes share: the version, the answers kept, the journals, the figures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from recsql.config.experiments import variants_of
from recsql.serving.bodies import Event, Session, Wanted
from recsql.serving.cache import Cache, Kept
from recsql.serving.follow import Follower
from recsql.serving.journal import Journal
from recsql.serving.limits import Limits, Tokens
from recsql.serving.metrics import Metrics
from recsql.serving.recommending import Page, recommend, surface_of
from recsql.serving.refusals import Refused
from recsql.serving.scoring import of_all, of_session
from recsql.serving.version import Version, as_json


@dataclass
class Service:
    """One running service; its methods answer, for one version each."""

    follower: Follower
    shown: Journal | None = None
    events: Journal | None = None
    limits: Limits = field(default_factory=Limits)
    tokens: Tokens = field(default_factory=Tokens)
    metrics: Metrics = field(default_factory=Metrics)
    cache: Cache = field(default_factory=Cache)
    now: Callable[[], float] = time.time

    @property
    def version(self) -> Version:
        """Return the version that is served now: ask once per request."""
        return self.follower.version

    def lists(self, version: Version, user: str, asked: Wanted) -> bytes:
        """Return the answer of a user's list, and note that it was shown.

        Raises:
            Refused: there is no such surface, column or table.
        """
        surface = surface_of(version, asked.surface)
        if asked.strategy == "score_all":
            page = of_all(version, user, surface, asked)
            return self._told(version, user, surface, asked, _kept(page))
        if asked.narrows:
            page = recommend(version, user, surface, asked)
            return self._told(version, user, surface, asked, _kept(page))
        key = (user, surface, asked.k, asked.offset)
        kept = self.cache.get(version.number, key)
        if kept is None:
            kept = _kept(recommend(version, user, surface, asked))
            self.cache.put(key, kept)
        return self._told(version, user, surface, asked, kept)

    def session(self, version: Version, asked: Session) -> bytes:
        """Return the answer of a session, and note that it was shown.

        Raises:
            Refused: there is no such surface, column or table.
        """
        surface = surface_of(version, asked.surface)
        page = of_session(version, surface, asked)
        return self._told(version, asked.user or "", surface, asked, _kept(page))

    def note(self, events: list[Event]) -> list[str]:
        """Append events, and return what each is called.

        Raises:
            Refused: 503, they could not be kept: send them again.
        """
        if self.events is None:
            raise Refused(
                404, "no_journal", "This service keeps no events: --no-journal."
            )
        names = [event.event_id or _fresh() for event in events]
        moment = self._moment()
        for event, name in zip(events, names, strict=True):
            line = {"at": moment, **event.model_dump(), "event_id": name}
            if not self.events.append(as_json(line)):
                raise Refused(503, "not_kept", "The disk is full; send it again.", 10)
        return names

    def _told(
        self,
        version: Version,
        user: str,
        surface: str,
        asked: Wanted | Session,
        kept: Kept,
    ) -> bytes:
        page, request = kept.page, _fresh()
        test, variant = assigned(version, user, surface)
        facts = {
            "version": version.number,
            "run_id": version.run_id,
            "request_id": request,
            "user": user or None,
            "is_known": page.is_known,
            "surface": surface,
            "experiment": test,
            "variant": variant,
            "list": page.of,
            "offset": asked.offset,
            **page.facts,
        }
        self.metrics.lists.labels(surface, page.of).inc()
        if self.shown is not None and asked.is_shown and page.rows.items:
            line = {
                "at": self._moment(),
                "request_id": request,
                "user": user or None,
                "surface": surface,
                "experiment": test,
                "variant": variant,
                "version": version.number,
                "run_id": version.run_id,
                "offset": asked.offset,
                "items": page.rows.items,
            }
            self.shown.append(as_json(line))
        return as_json(facts)[:-1] + kept.rows

    def _moment(self) -> str:
        moment = datetime.fromtimestamp(self.now(), UTC).replace(tzinfo=None)
        return moment.isoformat(sep=" ", timespec="milliseconds")

    def figures(self) -> bytes:
        """Return all figures for Prometheus."""
        version, metrics = self.version, self.metrics
        published = datetime.fromisoformat(version.published_at).replace(tzinfo=UTC)
        metrics.set(
            version=version.number,
            version_published_seconds=published.timestamp(),
            version_open_seconds=version.seconds,
            version_failures=self.follower.failures,
            cache_bytes=self.cache.bytes,
        )
        for kind, journal in (("shown", self.shown), ("events", self.events)):
            if journal is not None:
                metrics.lines.labels(kind, "written").set(journal.written)
                metrics.lines.labels(kind, "lost").set(journal.lost)
        return metrics.text()

    def close(self) -> None:
        """Follow no longer, and close the journals."""
        self.follower.close()
        for journal in (self.shown, self.events):
            if journal is not None:
                journal.close()


def assigned(
    version: Version, user: str, surface: str
) -> tuple[str | None, str | None]:
    """Return the first experiment on a surface that a user is in, and their variant."""
    planned: list[Mapping[str, Any]] = version.settings.get("experiments") or []
    if not planned or not user:
        return None, None
    for name, variant in variants_of(planned, user).items():
        entry = next(entry for entry in planned if str(entry["name"]) == name)
        if entry.get("surface") in (None, surface):
            return name, variant
    return None, None


def _kept(page: Page) -> Kept:
    rows = ",".join(page.rows.texts)
    return Kept(page, b',"rows":[' + rows.encode() + b"]}")


def _fresh() -> str:
    return os.urandom(12).hex()
