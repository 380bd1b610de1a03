"""The routes of the service as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from recsql.serving import openapi
from recsql.serving.bodies import (
    MOST_ROWS,
    Batch,
    Events,
    Narrowing,
    Session,
    Wanted,
    body_of,
)
from recsql.serving.guard import Guard
from recsql.serving.lists import Rows
from recsql.serving.narrowing import allowing, kept
from recsql.serving.refusals import Refused
from recsql.serving.requests import in_path, of_body, of_query
from recsql.serving.routes import Route
from recsql.serving.service import Service
from recsql.serving.version import Version, as_json, described

JSON = "application/json"
LISTS = "recommend"  # the file whose rows the service cuts, fills up and notes as shown
DEFAULT_ROWS = 20
AT_A_TIME = 20  # users of a batch, before others have their turn
Endpoint = Callable[[Request], Awaitable[Response]]


def application(
    service: Service, hosts: tuple[str, ...] = (), more: list[HttpRoute] | None = None
) -> ASGIApp:
    """Return the whole application; `hosts`: names it may be called by, empty: any."""
    routes = [*_Fixed(service).routes(), *_of_files(service), *(more or [])]

    async def missing(scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(404, "There is no such route; see /openapi.json.")

    @asynccontextmanager
    async def lifespan(app: object) -> Any:
        service.follower.start()
        yield
        await run_in_threadpool(service.close)

    router = Router(routes, redirect_slashes=False, default=missing, lifespan=lifespan)

    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["app"] = router  # so that what is not allowed is raised, not answered
        await router(scope, receive, send)

    return Guard(named, service.tokens, service.limits, service.metrics, hosts)


class _Fixed:
    """What answers the routes that no file declares."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def routes(self) -> list[HttpRoute]:
        """Return them; the name of a method is that of its route."""
        lists = self.service.follower.routes[LISTS].path
        return [
            _route(lists, "recommend", self.recommend, "GET", "POST"),
            _route("/batch", "batch", self.batch, "POST"),
            _route("/session", "session", self.session, "POST"),
            _route("/events", "events", self.events, "POST"),
            _route("/health", "health", self.health),
            _route("/ready", "ready", self.ready),
            _route("/version", "version", self.version),
            _route("/metrics", "metrics", self.metrics),
            _route("/openapi.json", "openapi", self.openapi),
        ]

    async def recommend(self, request: Request) -> Response:
        version, user = self.service.version, in_path(request, "user")
        if request.method == "POST":
            asked = await of_body(request, Wanted)
        else:
            asked = of_query(request, Wanted)
        return _json(self.service.lists(version, user, asked))

    async def batch(self, request: Request) -> Response:
        version, asked = self.service.version, await of_body(request, Batch)
        most = self.service.limits.batch
        if len(asked.users) > most:
            raise Refused(422, "too_many_users", f"users: at most {most:,} at a time.")
        answers = []
        for number, user in enumerate(asked.users, 1):
            answers.append(self.service.lists(version, user, asked))
            if number % AT_A_TIME == 0:
                await asyncio.sleep(0)
        return _json(_head(version)[:-1] + b',"answers":[' + b",".join(answers) + b"]}")

    async def session(self, request: Request) -> Response:
        version, asked = self.service.version, await of_body(request, Session)
        return _json(self.service.session(version, asked))

    async def events(self, request: Request) -> Response:
        asked = await of_body(request, Events)
        names = self.service.note(asked.events)
        return _json(as_json({"kept": len(names), "event_ids": names}), 202)

    async def health(self, request: Request) -> Response:
        return _json(b'{"status":"ok"}')

    async def ready(self, request: Request) -> Response:
        return _json(_head(self.service.version))

    async def version(self, request: Request) -> Response:
        return _json(as_json(described(self.service.version)))

    async def metrics(self, request: Request) -> Response:
        kind = "text/plain; version=0.0.4; charset=utf-8"
        return Response(self.service.figures(), headers={"content-type": kind})

    async def openapi(self, request: Request) -> Response:
        routes = self.service.follower.routes.values()
        return _json(as_json(openapi.document(routes, self.service.version)))


def _of_files(service: Service) -> list[HttpRoute]:
    return [
        _route(route.path, route.name, _endpoint(service, route), route.method)
        for route in service.follower.routes.values()
        if route.path and route.name != LISTS
    ]


def _endpoint(service: Service, route: Route) -> Endpoint:
    """Return what answers a route of SQL."""
    model = body_of(route)

    async def answer(request: Request) -> Response:
        version = service.version
        if route.token:
            service.tokens.require_history(request.scope["token"])
        given = {name: in_path(request, name) for name in route.in_path}
        if route.method == "GET":
            asked: BaseModel = of_query(request, model)
        else:
            asked = await of_body(request, model)
        assert isinstance(asked, Narrowing)
        for parameter in route.parameters:
            if parameter.name not in given:
                given[parameter.name] = getattr(asked, parameter.name)
        rows = await _rows(version, route, given, asked)
        head = {
            "version": version.number,
            "run_id": version.run_id,
            "route": route.name,
        }
        body = as_json({**head, "offset": asked.offset})[:-1]
        return _json(body + b',"rows":[' + ",".join(rows.texts).encode() + b"]}")

    return answer


async def _rows(
    version: Version, route: Route, given: Mapping[str, Any], asked: Narrowing
) -> Rows:
    """Return the rows of a route that a request may be shown."""
    if "region" in given:  # the file has read it
        asked = asked.model_copy(update={"region": None})
    stop = asked.offset + (asked.k or DEFAULT_ROWS)
    most = MOST_ROWS * 10 if asked.narrows else stop
    if route.name in version.lists:
        rows = version.rows(route, given, most)
    else:
        rows = await run_in_threadpool(version.rows, route, given, most)
    if not asked.narrows:
        return Rows(rows.items[asked.offset : stop], rows.texts[asked.offset : stop])
    if None in rows.items:
        raise Refused(
            422, "invalid", f"{route.name}: its rows have no item_id to narrow by."
        )
    places = list(kept(rows, asked, allowing(asked, version.arrays)))
    return rows.picked(places[asked.offset : stop]).ranked(asked.offset + 1)


def _route(path: str, name: str, endpoint: Endpoint, *methods: str) -> HttpRoute:
    """Return a route that says which it is, for the figures."""

    async def named(request: Request) -> Response:
        request.scope["route_name"] = name
        return await endpoint(request)

    return HttpRoute(path, named, methods=methods or ("GET",))


def _head(version: Version) -> bytes:
    return as_json({"version": version.number, "run_id": version.run_id})


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, {"content-type": JSON})
