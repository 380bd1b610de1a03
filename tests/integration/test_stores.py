"""Lists in Redis and in Kafka: those of one version, switched at the end."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recsql.config.project import load_project
from recsql.errors import InputError, WarehouseError
from recsql.publishing import redis_lists
from recsql.publishing.destinations import forget
from tests.integration.conftest import Publish, Recsql
from tests.integration.postgres_server import free_port
from tests.integration.redis_server import start_redis

pytestmark = pytest.mark.every_model

USER = "Ünal ☕"


def lists(shop: Path) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """Return the lists that are published, by surface and user."""
    with duckdb.connect(str(shop / "warehouse/recsql.duckdb"), read_only=True) as file:
        rows = file.execute(
            "select surface, user_id, item_id, item_title, category, score, "
            "candidate_source, reason, item_rank from rec_for_user order by all"
        ).fetchall()
    found = defaultdict(list)
    names = ("item_id", "item_title", "category", "score", "source", "reason")
    for surface, user, *row in rows:
        found[surface, user].append(dict(zip((*names, "item_rank"), row, strict=True)))
    for each in found.values():
        each.sort(key=lambda row: row["item_rank"])
    return dict(found)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with start_redis() as address:
        yield address


def read(server: Any, prefix: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    tag = server.get(f"{prefix}:current").decode()
    found = {}
    for key in server.scan_iter(f"{prefix}:{tag}:list:*"):
        _, _, _, surface, user = key.decode().split(":", 4)
        found[surface, user] = json.loads(server.get(key))
        assert server.ttl(key) == -1
    return found


def test_redis_has_the_lists_of_the_version(
    shop: Path, publish: Publish, recsql: Recsql, address: str
) -> None:
    import redis

    server = redis.Redis.from_url(address)
    server.set("same:thing", "mine")
    place = {"publish_redis": address, "publish_schema": "s[a]me"}
    seen = []
    for _ in range(2):
        publish(shop, publish_also=["redis"], **place)
        seen.append(server.get("s[a]me:current").decode())
        wanted = lists(shop)
        for (surface, user), rows in wanted.items():
            key = f"s[a]me:{seen[-1]}:list:{surface}:{user}"
            assert json.loads(server.get(key)) == rows
            assert server.ttl(key) == -1
        assert json.loads(server.get(f"s[a]me:{seen[-1]}:popular:all"))
    old = next(iter(wanted))
    key = f"s[a]me:{seen[0]}:list:{old[0]}:{old[1]}"
    assert 0 < server.ttl(key) <= 3_600
    assert server.get("same:thing") == b"mine"
    words = f"{{publish_also: [redis], publish_redis: {address}, "
    words += "publish_schema: 's[a]me'}"
    assert recsql("rollback", "--project", shop, "--vars", words).code == 0
    assert server.get("s[a]me:current").decode() == seen[0]
    assert server.ttl(key) == -1


def test_readers_of_redis_see_one_version(
    shop: Path, publish: Publish, address: str
) -> None:
    """Who reads the name and then a key finds it, of that version, in every publish."""
    import redis

    place = {"publish_redis": address, "publish_schema": "one"}
    publish(shop, publish_also=["redis"], **place)
    keys = sorted(lists(shop))
    ends, tags, missing = threading.Event(), set(), []

    def ask() -> None:
        server = redis.Redis.from_url(address)
        while not ends.is_set():
            tag = server.get("one:current").decode()
            tags.add(tag)
            names = [f"one:{tag}:list:{surface}:{user}" for surface, user in keys]
            missing.extend(name for name in names if server.get(name) is None)

    reader = threading.Thread(target=ask)
    reader.start()
    for _ in range(3):
        publish(shop, publish_also=["redis"], **place)
    ends.set()
    reader.join()
    assert missing == []
    assert len(tags) > 1


def test_a_forgotten_user_is_not_in_redis(
    shop: Path, publish: Publish, address: str
) -> None:
    import redis

    server = redis.Redis.from_url(address)
    place = {"publish_redis": address, "publish_schema": "gone"}
    given = {"publish_also": ["redis"], **place}
    project = load_project(shop).with_vars(given)
    for _ in range(2):
        publish(shop, **given)
    assert len([k for k in server.scan_iter("gone:*") if USER in k.decode()]) > 1
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as build:
        build.execute(f"delete from rec_for_user where user_id = '{USER}'")
    publish(shop, **given)
    forget(project, USER)
    assert [k for k in server.scan_iter("gone:*") if USER in k.decode()] == []
    assert read(server, "gone") == lists(shop)


def test_what_redis_refuses(
    shop: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = (shop / "warehouse/current").readlink()
    nobody = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(WarehouseError, match="publish to Redis"):
        publish(shop, publish_also=["redis"], publish_redis=nobody)
    with pytest.raises(InputError, match="no address of Redis"):
        publish(shop, publish_also=["redis"], publish_redis="localhost")
    with start_redis("--requirepass", "s3cret-word") as address:
        monkeypatch.delenv(redis_lists.PASSWORD, raising=False)
        with pytest.raises(WarehouseError, match="uthentication"):
            publish(shop, publish_also=["redis"], publish_redis=address)
        assert (shop / "warehouse/current").readlink() == shown
        monkeypatch.setenv(redis_lists.PASSWORD, "s3cret-word")
        publish(shop, publish_also=["redis"], publish_redis=address)
    assert (shop / "warehouse/current").readlink() != shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("publish_also: [redis]", "say where, in publish_redis"),
        ("publish_also: [kafka]", "say where, in publish_kafka"),
        (
            "publish_also: [redis], publish_redis: 'redis://:s3cret@db'",
            "vars are no place",
        ),
    ],
)
def test_wrong_settings(shop: Path, recsql: Recsql, text: str, words: str) -> None:
    done = recsql("publish", "--project", shop, "--vars", f"{{{text}}}")
    assert done.code == 2
    assert words in done.err
    assert "s3cret" not in done.err


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """Start librdkafka's own mock of a cluster; it lives as long as its client."""
    kafka = pytest.importorskip("confluent_kafka", reason="needs the extra kafka")
    holder = kafka.Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (found,) = holder.list_topics(timeout=20).brokers.values()
    yield f"{found.host}:{found.port}"
    holder.flush(1)


def received(broker: str, topic: str) -> list[Any]:
    """Return all messages of a topic, partition by partition."""
    import confluent_kafka as kafka

    reader = kafka.Consumer({"bootstrap.servers": broker, "group.id": "test",
                             "enable.partition.eof": True})  # fmt: skip
    parts = reader.list_topics(topic, timeout=20).topics[topic].partitions
    reader.assign([kafka.TopicPartition(topic, part, 0) for part in parts])
    found, ends = [], 0
    while ends < len(parts):
        message = reader.poll(20)
        assert message is not None
        if message.error():
            assert message.error().code() == kafka.KafkaError._PARTITION_EOF
            ends += 1
        else:
            found.append(message)
    reader.close()
    return sorted(found, key=lambda each: (each.partition(), each.offset()))


def test_kafka_gets_every_list_and_then_the_version(
    shop: Path, publish: Publish, broker: str
) -> None:
    given = {"publish_also": ["kafka"], "publish_kafka": broker}
    given |= {"publish_topic": "lists"}
    version = publish(shop, **given).version
    wanted, found = lists(shop), received(broker, "lists")
    seen, last = {}, {}
    for message in found:
        last[message.partition()] = message
        told = json.loads(message.value())
        assert told["version"] == version
        if message.key() == b"version":
            assert told["lists"] == len(wanted)
        else:
            assert message.key().decode() == f"{told['surface']}:{told['user']}"
            seen[told["surface"], told["user"]] = told["rows"]
    assert seen == wanted
    assert {message.key() for message in last.values()} == {b"version"}
    assert len(found) == len(wanted) + len(last)
    forget(load_project(shop).with_vars(given), USER)
    after = received(broker, "lists")[-1 - len(last) :]
    assert any(
        message.value() is None and USER in message.key().decode()
        for message in received(broker, "lists")
    ), after


def test_what_kafka_refuses(
    shop: Path, publish: Publish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("confluent_kafka", reason="needs the extra kafka")
    from recsql.publishing import kafka_lists

    monkeypatch.setattr(kafka_lists, "SECONDS", 1.0)
    shown = (shop / "warehouse/current").readlink()
    nobody = {"publish_kafka": f"127.0.0.1:{free_port()}"}
    with pytest.raises(WarehouseError, match="publish to Kafka"):
        publish(shop, publish_also=["kafka"], **nobody)
    assert (shop / "warehouse/current").readlink() == shown
    (tmp_path / "more").write_text("# SASL\nno.such.setting=1\n")
    monkeypatch.setenv(kafka_lists.SETTINGS, str(tmp_path / "more"))
    with pytest.raises(InputError, match=r"no\.such\.setting"):
        publish(shop, publish_also=["kafka"], **nobody)
