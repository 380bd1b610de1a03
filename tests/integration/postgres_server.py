"""A PostgreSQL server of Debian's package, on loopback, in a folder that goes away."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Server:
    """What a client needs to connect, as libpq's words."""

    words: str


@contextmanager
def start_server() -> Iterator[Server]:
    """Start a server; skip where none is installed."""
    programs = programs_folder()
    folder = Path(tempfile.mkdtemp(prefix="recsql-postgres-"))
    user = server_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, port = folder / "data", free_port()
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", data, *arguments],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
        )

    try:
        call("initdb", "-A", "trust", "-U", "recsql", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Server(f"host=127.0.0.1 port={port} user=recsql dbname=postgres")
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def programs_folder() -> Path:
    """Find initdb and pg_ctl, which Debian keeps out of the PATH."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), Path("/usr/local/bin")]
    for place in sorted(places, reverse=True):
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    pytest.skip("no PostgreSQL server here: apt-get install postgresql")


def server_user() -> pwd.struct_passwd | None:
    """Return whom to run the server as: it refuses root."""
    if os.getuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
