"""A small shop with regions, published, and the service over it on a free port."""

from __future__ import annotations

import csv
import http.client
import json
import random
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import uvicorn

from recsql.compilation.compiler import Plan, compile_project
from recsql.config.project import Project, load_project
from recsql.engine.loader import load_table
from recsql.engine.warehouse import open_warehouse
from recsql.operation import pipeline
from recsql.publishing.publish import publish
from recsql.serving.app import application
from recsql.serving.guard import LOOPBACK
from recsql.serving.limits import Limits, Tokens
from recsql.serving.run import Settings, open_service, server_config
from recsql.serving.service import Service

HISTORY = "may see histories"
REGIONS = ("north", "south")
ITEMS = range(100, 140)
SURFACES = [
    {
        "name": "home",
        "allow_repeat": "all",
        "length": 5,
        "personal": ["history", "als"],
    },
    {"name": "discover", "allow_repeat": "new_only", "length": 4, "personal": ["als"]}
    | {"explore": {"at": [4], "among": 5}},
    {"name": "again", "allow_repeat": "repeat_only", "length": 4},
]
FALLBACK = {"personal": ["history"], "fallback": ["popular"]}
VARS: Mapping[str, Any] = {
    "events": {
        "table": "events",
        "user_id": "user_id",
        "item_id": "item_id",
        "event_at": "event_at",
        "basket_id": "basket_id",
        "region": "region",
    },
    "items": {"table": "items", "item_id": "item_id", "title": "title"}
    | {"category": "category"},
    "users": {"table": None},
    "availability": {"table": "offers", "region": "region", "item_id": "item_id"},
    "candidate_sources": ["history", "als", "item_knn", "group_popular", "popular"],
    "surfaces": [{**FALLBACK, **surface} for surface in SURFACES],
    "reserve_length": 10,
    "min_item_baskets": 1,
    "als_factors": 8,
    "experiments": [
        {"name": "page", "variants": {"old": 2, "new": 1}, "surface": "home"}
        | {"share": 0.6},
        {"name": "mail", "variants": {"no": 1, "yes": 1}, "share": 0.5}
        | {"surface": "discover", "exclude": ["page"], "salt": "m"},
    ],
    "similar_items": [],
}


def write_shop(folder: Path) -> Project:
    """Write a project and its files, load them and refresh."""
    import yaml

    (folder / "shop").mkdir(parents=True)
    settings = {"name": "shop", "version": "1", "profile": "recsql", "vars": dict(VARS)}
    text = yaml.safe_dump(settings, sort_keys=False)
    (folder / "shop/dbt_project.yml").write_text(text)
    chance = random.Random(3)
    events = []
    for basket in range(260):
        user = chance.randint(1, 40)
        at = datetime(2024, 1, 1) + timedelta(days=chance.random() * 100)
        for item in chance.sample(ITEMS, chance.randint(2, 5)):
            if (item + user) % 3:
                region = REGIONS[user % 2]
                events.append((user, item, at.isoformat(), basket, region))
    tables = {
        "events": [("user_id", "item_id", "event_at", "basket_id", "region"), *events],
        "items": [("item_id", "title", "category")]
        + [(n, f"item {n}", f"kind {n % 4}") for n in ITEMS],
        "offers": [("region", "item_id")]
        + [(r, n) for r in REGIONS for n in ITEMS if r == "north" or n % 5],
    }
    project = load_project(folder / "shop")
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        for name, rows in tables.items():
            path = folder / f"{name}.csv"
            with path.open("w", newline="") as file:
                csv.writer(file).writerows(rows)
            load_table(warehouse, "raw", name, [str(path)])
    pipeline.refresh(project, 2, lambda event: None)
    return project


IDLE = 3.0  # seconds; a service closes connections that were idle for 5


@dataclass
class Client:
    """One connection to a service."""

    port: int
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.asked = time.monotonic()

    def ask(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Return the status and the JSON, or the text, of an answer."""
        given = {**self.headers, **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        if time.monotonic() - self.asked > IDLE:
            self.connection.close()  # the next request opens another
        self.connection.request(method, path, body, given)
        response = self.connection.getresponse()
        text = response.read()
        self.asked = time.monotonic()
        self.headers_seen = dict(response.getheaders())
        kind = response.getheader("content-type", "")
        return response.status, json.loads(text) if "json" in kind else text.decode()

    def get(self, *parts: object, **query: object) -> Any:
        """Return the JSON of an answer that must be one."""
        path = "/" + "/".join(quote(str(part), safe="") for part in parts)
        pairs = [
            f"{name}={quote(str(one), safe='')}"
            for name, given in query.items()
            for one in (given if isinstance(given, list) else [given])
        ]
        status, answer = self.ask("GET", path + ("?" + "&".join(pairs)) * bool(pairs))
        assert status == 200, answer
        return answer

    def post(self, path: str, body: Any) -> Any:
        """Return the JSON of an answer that must be one."""
        status, answer = self.ask("POST", path, body)
        assert status in (200, 202), answer
        return answer


@contextmanager
def running(
    project: Project,
    *,
    tokens: Tokens | None = None,
    limits: Limits | None = None,
    has_journal: bool = False,
) -> Iterator[tuple[Service, int]]:
    """Serve a project from a thread; give the service and its port."""
    settings = Settings(has_journal=has_journal, limits=limits or Limits())
    service = open_service(project, settings)
    service.tokens = tokens or Tokens(history=HISTORY)
    service.follower.seconds = 0.01
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = application(service, LOOPBACK)
        server = uvicorn.Server(server_config(app, settings))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield service, listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


def plan_of(project: Project) -> Plan:
    """Compile a project once, for many publishes."""
    return compile_project(project)


def publish_marked(plan: Plan, mark: str) -> int:
    """Publish a version in which every reason is a mark; return its number."""
    profile = plan.project.profile
    with duckdb.connect(str(profile.build_path)) as console:
        for table in ("rec_for_user", "serve_reserve", "rec_complements"):
            console.execute(f"update main.{table} set reason = '{mark}'")
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        return publish(replace(plan, project=plan.project), warehouse).version
