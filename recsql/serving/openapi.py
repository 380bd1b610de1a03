"""The service as OpenAPI: what the files declare and what `bodies` holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from recsql import __version__
from recsql.serving.bodies import Batch, Events, Session, Wanted, body_of
from recsql.serving.routes import Route
from recsql.serving.version import Version

Schema = dict[str, Any]
REFERENCE = "#/components/schemas/{model}"
FIXED: Mapping[tuple[str, str], tuple[str, str, type[BaseModel] | None]] = {
    ("post", "/batch"): ("batch", "The lists of many users at once.", Batch),
    ("post", "/session"): (
        "session",
        "What goes with what a visitor looks at now, and with their history.",
        Session,
    ),
    ("post", "/events"): ("events", "Clicks and orders, to be learned from.", Events),
    ("get", "/health"): ("health", "The process is there.", None),
    ("get", "/ready"): ("ready", "A version is open: which.", None),
    ("get", "/version"): ("version", "The version that is served.", None),
    ("get", "/openapi.json"): ("openapi", "This document.", None),
}
ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "code", "message"],
            "properties": {
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "message": {"type": "string"},
            },
        }
    },
}
ANSWER: Schema = {
    "type": "object",
    "properties": {
        "version": {"type": "integer", "description": "All rows are of this version."},
        "run_id": {"type": "string"},
        "rows": {"type": "array", "items": {"type": "object"}},
    },
}
REFUSALS = [str(n) for n in (400, 401, 403, 404, 405, 413, 415, 421, 422, 429, 431)]
REFUSALS += ["500", "503"]


def document(routes: Iterable[Route], version: Version) -> Schema:
    """Return the document; examples are ids of the version."""
    schemas: dict[str, Schema] = {"Error": ERROR, "Answer": ANSWER}
    paths: dict[str, Schema] = {}
    examples = _examples(version)
    for route in routes:
        if not route.path:
            continue
        model = Wanted if route.name == "recommend" else body_of(route)
        path = paths.setdefault(route.path, {})
        path[route.method.lower()] = _operation(route, model, schemas, examples)
        if route.name == "recommend":
            path["post"] = {
                **_described("recommend_with_body", route.description),
                "parameters": _in_path(route, examples),
                "requestBody": _body(model, schemas, examples),
            }
    for (method, place), (name, text, body) in FIXED.items():
        operation = _described(name, text, "202" if name == "events" else "200")
        if body is not None:
            operation["requestBody"] = _body(body, schemas, examples)
        paths.setdefault(place, {})[method] = operation
    paths["/metrics"] = {"get": _metrics()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "recsql", "version": __version__},
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    route: Route,
    model: type[BaseModel],
    schemas: dict[str, Schema],
    examples: Mapping[str, str],
) -> Schema:
    operation = _described(route.name, route.description)
    operation["parameters"] = _in_path(route, examples)
    if route.token:
        operation["security"] = [{"token": []}]
    if route.method == "POST":
        operation["requestBody"] = _body(model, schemas, examples)
        return operation
    described = model.model_json_schema()
    for name, field in described["properties"].items():
        operation["parameters"].append(
            {
                "name": name,
                "in": "query",
                "required": name in described.get("required", []),
                "description": field.get("description", ""),
                "schema": _in_query(name, field),
            }
        )
    return operation


def _in_query(name: str, field: Schema) -> Schema:
    """Return the schema of a field as a query has it: there is no null."""
    if name == "max_per":
        return {"type": "string", "pattern": "^\\w+:[1-9][0-9]{0,3}$"}
    kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
    if any(kind.get("type") == "array" for kind in kinds):
        return next(kind for kind in kinds if kind.get("type") == "array")
    kept = {key: text for key, text in field.items() if key in ("default", "enum")}
    kept = {key: text for key, text in kept.items() if text is not None}
    texts = [kind for kind in kinds if kind.get("type") == "string"]
    return {**(texts or kinds)[0], **kept}


def _in_path(route: Route, examples: Mapping[str, str]) -> list[Schema]:
    told = {parameter.name: parameter.description for parameter in route.parameters}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": told[name],
            "schema": {"type": "string", "minLength": 1, "maxLength": 1_000},
            "example": examples.get(name, ""),
        }
        for name in route.in_path
    ]


def _body(
    model: type[BaseModel], schemas: dict[str, Schema], examples: Mapping[str, str]
) -> Schema:
    described = model.model_json_schema(ref_template=REFERENCE)
    schemas |= described.pop("$defs", {})
    schemas[model.__name__] = described
    required = described.get("required", [])
    user, item = examples.get("user", ""), examples.get("item", "")
    shown = {
        "users": [user],
        "items": [item],
        "events": [{"user": user, "item": item, "event_type": "click"}],
    }
    example = {name: shown[name] for name in required if name in shown}
    reference = {"$ref": REFERENCE.format(model=model.__name__)}
    content = {"schema": reference, "example": example}
    return {"required": True, "content": {"application/json": content}}


def _described(name: str, text: str, status: str = "200") -> Schema:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
    answers = {code: {"description": "Refused.", "content": error} for code in REFUSALS}
    answers[status] = {"description": text, "content": answer}
    return {"operationId": name, "summary": text, "responses": answers}


def _metrics() -> Schema:
    operation = _described("metrics", "Figures for Prometheus.")
    operation["responses"]["200"] = {
        "description": "Figures.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
    return operation


def _examples(version: Version) -> dict[str, str]:
    """Return a user and an item of the version."""
    if version.arrays is None or not len(version.arrays.items):
        return {}
    users = next(iter(version.arrays.users.numbers), "")
    return {"user": users, "item": version.arrays.items.ids[0]}
