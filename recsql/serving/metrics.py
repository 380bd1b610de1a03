"""Figures of the service, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0)


GAUGES = {
    "version": "The version that is served.",
    "version_published_seconds": "When it was published, in seconds since 1970.",
    "version_open_seconds": "Seconds that opening it took.",
    "version_failures": "Times that a published version could not be opened.",
    "cache_bytes": "Bytes of answers in memory.",
}


class Metrics:
    """What is counted; one of it per service, so that tests do not share figures."""

    def __init__(self) -> None:
        """Count from 0."""
        registry = self.registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        by = ("route", "status")
        self.requests = Counter("recsql_requests", "Answers.", by, registry=registry)
        self.seconds = Histogram(
            "recsql_request_seconds",
            "Seconds until an answer.",
            ("route",),
            buckets=BUCKETS,
            registry=registry,
        )
        told = "Lists by whose they are: user, region, everyone, session."
        by = ("surface", "of")
        self.lists = Counter("recsql_lists", told, by, registry=registry)
        told, by = "Lines of the journals, since the start.", ("kind", "fate")
        self.lines = Gauge("recsql_journal_lines", told, by, registry=registry)
        self._gauges = {
            name: Gauge(f"recsql_{name}", told, registry=registry)
            for name, told in GAUGES.items()
        }

    def set(self, **figures: float) -> None:
        """Set gauges by their names."""
        for name, figure in figures.items():
            self._gauges[name].set(figure)

    def text(self) -> bytes:
        """Return all figures as Prometheus reads them."""
        return generate_latest(self.registry)
