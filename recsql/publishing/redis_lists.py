"""Redis: the lists of a version under keys of its own; one key says which is read.

    recsql:current                        7-8cbdf014
    recsql:7-8cbdf014:list:home:900       [{"item_id": 5, ...}, ...]
    recsql:7-8cbdf014:popular:324         [{"item_id": 9, ...}, ...]

All keys of a version are there before `current` names it. Those of other versions
expire after `publish_redis_seconds`, so that who has just read the name finds them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from recsql.config.project import Project
from recsql.engine import stops
from recsql.errors import InputError, WarehouseError, first_line, install
from recsql.publishing.messages import lists_of, popular_of, stamp_of
from recsql.publishing.published import Source

AT_ONCE = 2_000
PASSWORD = "REDISCLI_AUTH"  # as redis-cli reads it


def replace_lists(project: Project, source: Source) -> None:
    """Write the lists of a version, switch to it, and let all others expire.

    Raises:
        InputError: redis is not installed.
        WarehouseError: Redis refused; readers see what they saw.
    """
    stamp, prefix = stamp_of(source), _prefix(project)
    with _connected(project) as server:
        for keys in _in_groups(_entries(source, f"{prefix}:{stamp.tag}")):
            server.mset(dict(keys))
        stops.hold()  # the switch: its readers see it
        server.set(f"{prefix}:current", stamp.tag)
        _expire_others(server, prefix, stamp.tag, project.vars["publish_redis_seconds"])


def _expire_others(server: Any, prefix: str, current: str, seconds: int) -> None:
    """Let keys of other versions expire; where that fails, the next publish does."""
    import redis

    with suppress(redis.RedisError):
        for keys in _in_groups(_of_others(server, prefix, current, kept=True)):
            _each(server, "expire", keys, seconds)


def remove_others(project: Project) -> int:
    """Remove the keys of all versions but the one that is read; return how many.

    Raises:
        WarehouseError: Redis refused.
    """
    prefix, count = _prefix(project), 0
    with _connected(project) as server:
        current = (server.get(f"{prefix}:current") or b"").decode()
        for keys in _in_groups(_of_others(server, prefix, current)):
            count += int(server.unlink(*keys))
    return count


def _entries(source: Source, prefix: str) -> Iterator[tuple[str, str]]:
    for surface, user, rows in lists_of(source):
        yield f"{prefix}:list:{surface}:{user}", rows
    for region, rows in popular_of(source):
        yield f"{prefix}:popular:{region}", rows


def _of_others(
    server: Any, prefix: str, current: str, *, kept: bool = False
) -> Iterator[bytes]:
    """Yield the keys of other versions; `kept`: those that do not expire yet."""
    own, name = f"{prefix}:{current}:".encode(), f"{prefix}:current".encode()
    for keys in _in_groups(server.scan_iter(f"{_literal(prefix)}:*", count=AT_ONCE)):
        others = [key for key in keys if key != name and not key.startswith(own)]
        if kept and others:
            left = zip(others, _each(server, "ttl", others), strict=True)
            others = [key for key, seconds in left if seconds == -1]
        yield from others


def _each(server: Any, command: str, keys: list[Any], *given: Any) -> list[Any]:
    """Return what a command says of each of some keys, in one round trip."""
    with server.pipeline(transaction=False) as pipeline:
        for key in keys:
            getattr(pipeline, command)(key, *given)
        return list(pipeline.execute())


def _in_groups(entries: Any) -> Iterator[list[Any]]:
    group: list[Any] = []
    for entry in entries:
        group.append(entry)
        if len(group) == AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _literal(text: str) -> str:
    r"""Return a text as a pattern of Redis that means itself.

    >>> print(_literal("shop[1]*"))
    shop\[1\]\*
    """
    return "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in text)


def _prefix(project: Project) -> str:
    return str(project.vars["publish_schema"])


@contextmanager
def _connected(project: Project) -> Iterator[Any]:
    try:
        import redis
    except ImportError:
        raise InputError(
            f"publish: Redis needs a client. Run: {install('redis')}"
        ) from None
    place = str(project.vars["publish_redis"])
    try:
        with redis.Redis.from_url(
            place, password=os.environ.get(PASSWORD) or None, protocol=2
        ) as server:
            server.ping()
            yield server
    except ValueError as error:
        raise InputError(
            f"publish_redis: {place} is no address of Redis ({error}). "
            "Write for example redis://localhost:6379/0."
        ) from None
    except redis.RedisError as error:
        raise WarehouseError(
            f"publish to Redis: {first_line(error).rstrip('.')}. Its readers see "
            "what they saw."
        ) from None
