"""Kafka: a message per user and surface, and at the end which version is complete.

A message's key is `surface:user`, so that a compacted topic holds each user's newest
list. The last message of every partition, of key `version`, says that all messages of
the version were sent before it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recsql.config.project import Project
from recsql.engine import stops
from recsql.errors import InputError, WarehouseError, first_line, install, reason
from recsql.publishing.messages import lists_of, stamp_of
from recsql.publishing.published import Source

SETTINGS = "RECSQL_KAFKA_CONFIG"  # a file of name=value: what else librdkafka is told
SECONDS = 60.0
MARKER = "version"


def send_lists(project: Project, source: Source) -> None:
    """Send every list, wait until all are there, then send the marker of the version.

    Raises:
        InputError: confluent-kafka is not installed, or its settings cannot be read.
        WarehouseError: the broker did not take them; no marker was sent.
    """
    stamp = stamp_of(source)
    topic, sender = str(project.vars["publish_topic"]), _Sender(project)
    facts = {"version": stamp.version, "run_id": stamp.run_id}
    count = 0
    for surface, user, rows in lists_of(source):
        head = json.dumps({**facts, "surface": surface, "user": user})
        sender.send(topic, f"{surface}:{user}", f'{head[:-1]}, "rows": {rows}}}')
        count += 1
    sender.wait()
    stops.hold()  # the markers: readers may use it
    marker = json.dumps({**facts, "lists": count})
    for partition in sender.partitions(topic):
        sender.send(topic, MARKER, marker, partition=partition)
    sender.wait()


def send_tombstones(project: Project, user: str) -> None:
    """Send an empty message for each list of a user: compaction removes the others.

    Raises:
        WarehouseError: the broker did not take them.
    """
    topic, sender = str(project.vars["publish_topic"]), _Sender(project)
    for surface in project.vars["surfaces"]:
        sender.send(topic, f"{surface['name']}:{user}", None)
    sender.wait()


class _Sender:
    """A producer that tells of what did not arrive."""

    def __init__(self, project: Project) -> None:
        """Connect to the brokers of var publish_kafka."""
        try:
            import confluent_kafka
        except ImportError:
            raise InputError(
                f"publish: Kafka needs a client. Run: {install('kafka')}"
            ) from None
        self.errors: list[Any] = []
        settings = {
            "bootstrap.servers": str(project.vars["publish_kafka"]),
            "enable.idempotence": True,
            "linger.ms": 50,
            "message.timeout.ms": int(SECONDS * 1000),
            "log_level": 0,
            **_more_settings(),
        }
        self.failure = confluent_kafka.KafkaException
        try:
            self.producer = confluent_kafka.Producer(settings)
        except self.failure as error:
            raise InputError(f"publish to Kafka: {first_line(error)}.") from None

    def send(self, topic: str, key: str, message: str | None, **more: Any) -> None:
        """Give a message to the client, which sends many at a time."""
        value = None if message is None else message.encode()
        while True:
            try:
                self.producer.produce(
                    topic, value, key.encode(), on_delivery=self._delivered, **more
                )
            except BufferError:  # its queue is full: wait until some are sent
                self.producer.poll(0.1)
                self._require()
            else:
                self.producer.poll(0)
                return

    def wait(self) -> None:
        """Wait until all messages are there."""
        left = self.producer.flush(SECONDS)
        self._require()
        if left:
            raise _refused(f"{left:,} messages were not taken in {SECONDS:g} seconds")

    def partitions(self, topic: str) -> Iterable[int]:
        """Return the partitions of a topic."""
        try:
            found = self.producer.list_topics(topic, timeout=SECONDS).topics[topic]
        except self.failure as error:
            raise _refused(first_line(error)) from None
        return sorted(found.partitions)

    def _delivered(self, error: Any, message: Any) -> None:
        if error is not None:
            self.errors.append(error)

    def _require(self) -> None:
        if self.errors:
            raise _refused(str(self.errors[0].str()))


def _refused(told: str) -> WarehouseError:
    return WarehouseError(
        f"publish to Kafka: {told}. No marker of this version was sent: its readers "
        "keep the one before."
    )


def _more_settings() -> dict[str, str]:
    """Return what the file that the environment names says, such as SASL's words."""
    place = os.environ.get(SETTINGS)
    if not place:
        return {}
    try:
        lines = Path(place).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(f"{SETTINGS}: {place}: {reason(error.strerror)}.") from None
    pairs = [line.partition("=") for line in lines if line.strip() and line[0] != "#"]
    return {name.strip(): value.strip() for name, _, value in pairs}
