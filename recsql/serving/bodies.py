"""What requests may say: pydantic models, from which OpenAPI comes, too."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from recsql.serving.routes import Parameter, Route

MOST_ROWS = 200
MOST_OFFSET = 10_000
MOST_ID = 1_000
KINDS: dict[str, Any] = {
    "integer": Annotated[int, Field(ge=-(2**63), lt=2**63)],
    "number": float,
    "flag": bool,
}


def _as_text(given: Any) -> Any:
    """Return a whole number as the text it is published as; all else stays."""
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return str(given) if is_number else given


Id = Annotated[
    str,
    BeforeValidator(_as_text, json_schema_input_type=str | int),
    Field(min_length=1, max_length=MOST_ID),
]
IDS = Annotated[list[Id], Field(min_length=1)]
KINDS |= {"text": Id, "user": Id, "item": Id, "texts": IDS, "items": IDS}


class Strict(BaseModel):
    """A body in which nothing stands that nobody reads."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Paging(Strict):
    """Which rows of a list are wanted."""

    k: int | None = Field(None, ge=1, le=MOST_ROWS, description="Rows at most.")
    offset: int = Field(0, ge=0, le=MOST_OFFSET, description="Rows to skip.")


class Narrowing(Paging):
    """What of a list may be shown to this request."""

    exclude: list[Id] = Field([], description="Items that are not wanted.")
    only: list[Id] | None = Field(None, description="Only these items.")
    in_stock: list[Id] | None = Field(None, description="What is in stock now.")
    region: Id | None = Field(None, description="Only what this region may show.")
    max_per: dict[str, Annotated[int, Field(ge=1)]] = Field(
        {}, description="Rows at most of one value of a column, e.g. category:2."
    )

    @property
    def narrows(self) -> bool:
        """Say whether anything is left out."""
        return bool(
            self.exclude
            or self.only is not None
            or self.in_stock is not None
            or self.region is not None
            or self.max_per
        )


class Shown(Narrowing):
    """A list that somebody looks at."""

    is_shown: bool = Field(True, description="false: it is not noted as shown.")


class Wanted(Shown):
    """A list for a user."""

    surface: Id | None = Field(None, description="Where it is shown; else the first.")
    strategy: Literal["list", "score_all"] = Field(
        "list",
        description="list: as published; score_all: every allowed item is scored now.",
    )


class Batch(Wanted):
    """Lists for many users."""

    users: list[Id] = Field(min_length=1, description="The users' ids.")


class Session(Shown):
    """What a visitor looks at now."""

    items: list[Id] = Field(
        min_length=1, max_length=1_000, description="Items seen, the latest last."
    )
    user: Id | None = Field(None, description="Who it is, where that is known.")
    surface: Id | None = Field(None, description="Where it is shown; else the first.")
    method: Literal["auto", "als", "neighbours", "vmis_knn"] = Field(
        "auto", description="How; auto: the first of these that is published."
    )


class Event(Strict):
    """A click, an order: what came of what was shown."""

    user: Id
    item: Id
    event_type: Annotated[str, Field(min_length=1, max_length=100)] = "click"
    surface: Id | None = None
    request_id: Annotated[str, Field(max_length=100)] | None = None
    event_id: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="Sent twice by the same name it counts once."
    )
    quantity: float = Field(1.0, gt=0, le=1e9, allow_inf_nan=False)
    amount: float | None = Field(None, allow_inf_nan=False)


class Events(Strict):
    """Events, in the order in which they came."""

    events: list[Event] = Field(min_length=1, max_length=10_000)


def body_of(route: Route) -> type[BaseModel]:
    """Return the model of a route of SQL: its parameters, and what lists share."""
    fields = {
        parameter.name: (_type(parameter), _field(parameter))
        for parameter in route.parameters
        if parameter.name not in route.in_path
    }
    return create_model(f"{route.name}_request", __base__=Narrowing, **fields)  # type: ignore[call-overload,no-any-return]


def _type(parameter: Parameter) -> Any:
    kind = KINDS[parameter.kind]
    return (
        kind | None if parameter.default is None and not parameter.is_required else kind
    )


def _field(parameter: Parameter) -> Any:
    default = ... if parameter.is_required else parameter.default
    return Field(default, description=parameter.description)
