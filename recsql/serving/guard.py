"""Around every request: tokens, limits, headers, figures, and one form of error."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsql.serving.limits import Limits, Rate, Tokens
from recsql.serving.metrics import Metrics
from recsql.serving.refusals import Refused

LOG = logging.getLogger("recsql.serving")
OPEN = ("/health", "/ready")  # nobody is asked for a token
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", POLICY.encode()),
]
CODES: Mapping[int, str] = {404: "no_route", 405: "no_method"}
LOOPBACK = ("127.0.0.1", "localhost", "::1", "testserver")


class Guard:
    """An ASGI application around the routes."""

    def __init__(
        self,
        app: ASGIApp,
        tokens: Tokens,
        limits: Limits,
        metrics: Metrics,
        hosts: tuple[str, ...] = (),
        opened: tuple[str, ...] = OPEN,
    ) -> None:
        """Guard an application; `hosts`: names it may be called by, empty for any."""
        self.app, self.tokens, self.limits, self.metrics = app, tokens, limits, metrics
        self.rate, self.hosts, self.opened = Rate(limits.rate), hosts, opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        # a slash in an id is %2F: routes are found before anything is decoded
        scope["path"] = scope["raw_path"].partition(b"?")[0].decode("latin-1")
        scope["route_name"] = "none"

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *HEADERS]
            await send(message)

        try:
            scope["token"] = self._admit(scope)
            await self.app(scope, self._counted(scope, receive), told)
        except Refused as refused:
            await _refuse(told, refused)
        except HTTPException as error:
            code = CODES.get(error.status_code, "refused")
            await _refuse(told, Refused(error.status_code, code, str(error.detail)))
        except Exception:
            LOG.exception("a request failed: route %s", scope["route_name"])
            if status != 500:
                raise  # the answer has begun: the connection is all that can be closed
            await _refuse(
                told, Refused(500, "failed", "The service failed; see its log.")
            )
        route = scope["route_name"]
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(time.perf_counter() - started)

    def _admit(self, scope: Scope) -> str:
        """Return the token of a request that may go on."""
        headers: dict[bytes, bytes] = {}
        size = 0
        for name, text in scope["headers"]:
            headers[name] = text
            size += len(name) + len(text)
        if size > self.limits.headers:
            raise Refused(
                431, "too_long", f"Headers: {self.limits.headers} bytes at most."
            )
        if self.hosts:
            host = headers.get(b"host", b"").decode("latin-1")
            if _name(host) not in self.hosts:
                raise Refused(421, "wrong_host", "This host is not served here.")
        client = scope.get("client")
        self.rate.require(client[0] if client else "")
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self.limits.body:
            raise _too_large(self.limits.body)
        given = headers.get(b"authorization", b"").decode("latin-1")
        kind, _, token = given.partition(" ")
        token = token.strip() if kind.lower() == "bearer" else ""
        if scope["path"] not in self.opened:
            self.tokens.require(token)
        return token

    def _counted(self, scope: Scope, receive: Receive) -> Receive:
        """Return `receive`, which refuses a body that is too long."""
        if scope["method"] in ("GET", "HEAD"):
            return receive
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.limits.body:
                raise _too_large(self.limits.body)
            return message

        return counted


def _too_large(most: int) -> Refused:
    return Refused(413, "too_large", f"A body has {most:,} bytes at most.")


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _refuse(send: Send, refused: Refused) -> None:
    body = refused.body
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if refused.retry_after:
        headers.append((b"retry-after", str(refused.retry_after).encode()))
    if refused.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    start = {
        "type": "http.response.start",
        "status": refused.status,
        "headers": headers,
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
