"""What a request says, read into the models of `bodies`, or refused by name."""

from __future__ import annotations

from typing import Any, TypeVar, get_args, get_origin
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from recsql.serving.refusals import Refused

Model = TypeVar("Model", bound=BaseModel)
MOST_FIELDS = 20_000


def in_path(request: Request, name: str) -> str:
    """Return a part of the path; it may hold any letter, a slash as %2F.

    Raises:
        Refused: it is no UTF-8, or too long.
    """
    try:
        text = unquote(request.path_params[name], errors="strict")
    except UnicodeDecodeError:
        raise Refused(422, "invalid", f"{name}: not UTF-8.") from None
    if len(text) > 1_000:
        raise Refused(422, "invalid", f"{name}: at most 1,000 letters.")
    return text


def of_query(request: Request, model: type[Model]) -> Model:
    """Return what the query says; lists are given by naming a field again.

    Raises:
        Refused: 422, with what is wrong with which field.
    """
    given: dict[str, Any] = {}
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Refused(422, "invalid", "The query cannot be read.") from None
    for name, text in pairs:
        if name == "max_per":
            column, _, count = text.rpartition(":")
            given.setdefault(name, {})[column] = count
        elif _is_list(model, name):
            given.setdefault(name, []).append(text)
        elif name in given:
            raise Refused(422, "invalid", f"{name}: given twice.")
        else:
            given[name] = text
    return checked(model, given)


def _is_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    kinds = (field.annotation, *get_args(field.annotation)) if field else ()
    return any(get_origin(kind) is list for kind in kinds)


async def of_body(request: Request, model: type[Model]) -> Model:
    """Return what the body says, JSON.

    Raises:
        Refused: 415 for another type; 422, with what is wrong with which field.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "not_json", "Send JSON: Content-Type: application/json.")
    body = await request.body()
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None


def checked(model: type[Model], given: Any) -> Model:
    """Return fields as a model.

    Raises:
        Refused: 422, with what is wrong with which field.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error) from None


def _invalid(error: ValidationError) -> Refused:
    first = error.errors(include_url=False, include_input=False, include_context=False)[
        0
    ]
    where = ".".join(str(part) for part in first["loc"])
    return Refused(422, "invalid", f"{where or 'body'}: {first['msg']}.")
