"""The page of `recsql serve --ui`: its files, and the versions it looks at beside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from recsql.errors import WarehouseError, first_line
from recsql.publishing.manifest import read_manifest
from recsql.serving.app import JSON, LISTS, route_of
from recsql.serving.bodies import MOST_ROWS
from recsql.serving.limits import Tokens
from recsql.serving.lists import Rows
from recsql.serving.refusals import Refused
from recsql.serving.requests import in_path
from recsql.serving.service import Service
from recsql.serving.version import as_json, open_version

ASSETS = Path(__file__).with_name("assets")
LOOK = Path(__file__).parents[1] / "report/assets/style.css"  # one look for both
SCRIPT, STYLE = "/ui/page.js", "/ui/page.css"
FILES = ("/", SCRIPT, STYLE)  # they hold no data: a browser gets them without a token


def page_routes(service: Service) -> list[HttpRoute]:
    """Return the routes of the page; what it shows it asks from the others."""
    files = {
        "/": ("text/html", _page(service.tokens)),
        SCRIPT: ("text/javascript", _text(ASSETS / "page.js")),
        STYLE: ("text/css", _text(LOOK) + _text(ASSETS / "page.css")),
    }

    async def versions(request: Request) -> Response:
        kept = await run_in_threadpool(_kept, service)
        return Response(as_json(kept), headers={"content-type": JSON})

    async def beside(request: Request) -> Response:
        number, user = in_path(request, "number"), in_path(request, "user")
        rows = await run_in_threadpool(_lists, service, number, user)
        body = f'{{"version":{number},"rows":[{",".join(rows.texts)}]}}'
        return Response(body, headers={"content-type": JSON})

    return [
        *(_file(path, kind, text) for path, (kind, text) in files.items()),
        route_of("/ui/versions", "ui", versions),
        route_of("/ui/versions/{number}/{user}", "ui", beside),
    ]


def _kept(service: Service) -> Mapping[str, Any]:
    """Return what is served, and which versions can be looked at."""
    version, versions = service.version, service.follower.versions
    kept = []
    for number in versions.numbers:
        try:
            moment = read_manifest(versions, number)["published_at"]
        except WarehouseError:
            continue  # it has just been pruned
        kept.append({"version": number, "published_at": moment})
    return {
        "version": version.number,
        "published_at": version.published_at,
        "surfaces": list(version.surfaces),
        "routes": list(service.follower.routes),
        "kept": kept,
    }


def _lists(service: Service, number: str, user: str) -> Rows:
    """Return a user's lists in a version that is kept, opened for this answer only.

    Raises:
        Refused: there is no such version, or it has other columns.
    """
    follower = service.follower
    found = {str(kept): kept for kept in follower.versions.numbers}.get(number)
    if found is None:
        raise Refused(404, "no_version", "This version is not kept.")
    route = follower.routes[LISTS]
    given = {parameter.name: parameter.default for parameter in route.parameters}
    given |= dict.fromkeys(route.in_path, user)
    try:
        version = open_version(follower.versions, found, {}, 0)
        try:
            most = MOST_ROWS * max(1, len(version.surfaces))
            return version.rows(route, given, most)
        finally:
            version.connection.close()
    except (WarehouseError, duckdb.Error) as error:
        told = f"Version {number} cannot be looked at: {first_line(error)}"
        raise Refused(404, "no_version", told) from None


def _page(tokens: Tokens) -> str:
    """Return the page; it says which tokens the service asks for."""
    text = _text(ASSETS / "page.html")
    text = text.replace("{{ asks }}", "yes" if tokens.all else "")
    return text.replace("{{ histories }}", "token" if tokens.history else "closed")


def _file(path: str, kind: str, text: str) -> HttpRoute:
    async def file(request: Request) -> Response:
        return Response(text, headers={"content-type": f"{kind}; charset=utf-8"})

    return route_of(path, "ui", file)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
