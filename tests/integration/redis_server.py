"""A Redis server of Debian's package, on loopback, that keeps nothing."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.postgres_server import free_port


@contextmanager
def start_redis(*options: str) -> Iterator[str]:
    """Start a server, give its address; skip where none is installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis server here: apt-get install redis-server")
    redis = pytest.importorskip("redis", reason="needs the extra redis")
    port = free_port()
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen([*words, *options], stdout=subprocess.DEVNULL) as server:
        try:
            address = f"redis://127.0.0.1:{port}/0"
            end = time.monotonic() + 20
            while time.monotonic() < end:
                try:
                    redis.Redis.from_url(address).ping()
                except redis.AuthenticationError:
                    break
                except redis.RedisError:
                    time.sleep(0.02)
                else:
                    break
            yield address
        finally:
            server.terminate()
