"""The service as a process: an HTTP server on a port, until it is told to end."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from recsql.config.project import Project
from recsql.errors import InputError, unwritable
from recsql.operation.journals import FOLDER
from recsql.serving.app import application
from recsql.serving.follow import Follower
from recsql.serving.guard import LOOPBACK
from recsql.serving.journal import Journal
from recsql.serving.limits import TOKEN, Limits, Tokens
from recsql.serving.page import FILES, page_routes
from recsql.serving.routes import read_routes
from recsql.serving.service import Service

MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Settings:
    """Where the service listens, and what it keeps."""

    host: str = "127.0.0.1"
    port: int = 8765
    has_journal: bool = True
    limits: Limits = field(default_factory=Limits)
    most_rows: int = 5_000_000
    has_page: bool = False


def open_service(project: Project, settings: Settings) -> Service:
    """Open what is published, and the journals.

    Raises:
        InputError: nothing is published, the address is open to others without a token,
            or a journal cannot be written.
    """
    tokens = Tokens.of(os.environ)
    if not _is_loopback(settings.host) and not tokens.all:
        raise InputError(
            f"serve: --host {settings.host} lets others in. Set {TOKEN} to a word that "
            "only they know, or serve on 127.0.0.1."
        )
    folder = project.profile.folder
    routes = read_routes(project)
    follower = Follower(folder, routes, most_rows=settings.most_rows)
    service = Service(follower, limits=settings.limits, tokens=tokens)
    if settings.has_journal:
        service.shown, service.events = _journals(folder / FOLDER)
    return service


def serve(project: Project, settings: Settings, told: Callable[[str], None]) -> None:
    """Serve until a signal comes."""
    import uvicorn

    service = open_service(project, settings)
    version = service.version
    page = "open it in a browser" if settings.has_page else ""
    told(
        f"version {version.number} of {version.published_at} at "
        f"http://{settings.host}:{settings.port}: "
        + (page or "GET /openapi.json lists the routes")
    )
    uvicorn.Server(server_config(served(service, settings), settings)).run()


def served(service: Service, settings: Settings) -> ASGIApp:
    """Return the application of a service, with the page where it is asked for."""
    hosts = LOOPBACK if _is_loopback(settings.host) else ()
    if settings.has_page:
        return application(service, hosts, page_routes(service), FILES)
    return application(service, hosts)


def server_config(app: ASGIApp, settings: Settings) -> Any:
    """Return how an application is served."""
    import uvicorn

    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        server_header=False,
        log_level="warning",
        limit_concurrency=MOST_AT_ONCE,
        timeout_graceful_shutdown=10,
    )


def _journals(folder: Path) -> tuple[Journal, Journal]:
    try:
        return Journal(folder, "shown"), Journal(folder, "events")
    except OSError as error:
        raise unwritable(f"serve: {folder}", error) from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
