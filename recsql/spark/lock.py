"""One refresh at a time in a catalog: a table that whoever works on it creates."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from recsql.errors import InUse
from recsql.spark.failures import translated
from recsql.spark.tables import Tables, ticked

NAME = "refresh_lock"


@contextmanager
def catalog_lock(tables: Tables) -> Iterator[None]:
    """Hold the lock of a build; that of a process of this host that is gone is taken.

    Raises:
        InUse: another process holds it.
    """
    relation = ticked(tables.build, NAME)
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    create = (
        f"create table {relation} (id int) using {tables.cluster.form} comment "
        f"'{json.dumps(owner)}'"
    )
    if not _made(tables, create):
        if _is_dead(tables):
            tables.run(f"drop table if exists {relation}")
        if not _made(tables, create):
            raise InUse(_told(tables))
    try:
        yield
    finally:
        with suppress(Exception):  # the session itself may be gone
            tables.session.sql(f"drop table if exists {relation}")


def _made(tables: Tables, create: str) -> bool:
    """Create the table, unless somebody else has."""
    try:
        tables.session.sql(create)
    except Exception as error:
        if "ALREADY_EXISTS" in str(error):
            return False
        with translated(f"{tables.build}: cannot be written"):
            raise
    return True


def _owner(tables: Tables) -> dict[str, object]:
    with suppress(Exception):
        described = tables.session.sql(
            f"describe table extended {ticked(tables.build, NAME)}"
        ).collect()
        comments = [row[1] for row in described if row[0] == "Comment"]
        known = json.loads(comments[0])
        return known if isinstance(known, dict) else {}
    return {}


def _is_dead(tables: Tables) -> bool:
    owner = _owner(tables)
    if owner.get("host") != socket.gethostname():
        return False
    pid = int(str(owner.get("pid", os.getpid())))
    return pid != os.getpid() and not os.path.exists(f"/proc/{pid}")


def _told(tables: Tables) -> str:
    owner = _owner(tables)
    who = "another process"
    if owner:
        age = max(0.0, time.time() - float(str(owner["since"])))
        who = f"process {owner['pid']} on {owner['host']}, since {age:.0f} s,"
    return (
        f"{tables.build}: {who} is at work on it. Wait for it; where it is gone for "
        f"sure: drop table {tables.build}.{NAME}"
    )
