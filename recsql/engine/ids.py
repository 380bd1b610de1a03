"""Ids of users and items: of a type that can be kept, and of one type in every input.

Whole numbers that arrived as DOUBLE (a file with gaps) become BIGINT in the raw table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb

from recsql.compilation.compiler import Plan
from recsql.compilation.render import quoted
from recsql.engine.warehouse import Warehouse
from recsql.errors import InputError, WarehouseError
from recsql.redaction import of_row

WHO = {
    "user_id": ("events", "users", "restrictions", "exposures"),
    "item_id": ("events", "items", "availability", "restrictions", "exposures"),
}
WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")
NUMBER = re.compile(r"DOUBLE|FLOAT|DECIMAL\(.*\)")
ADVICE = {
    "BLOB": "decode({x}) where it is text, else hex({x})",
    "JSON": "{x} ->> '$'",
    "STRUCT": "{x}.FIELD, the field that is the id",
    "MAP": "{x}['KEY'], the key that is the id",
    "UNION": "{x}.MEMBER, the member that is the id",
}
EXACT = {"DOUBLE": 2**53 - 1, "FLOAT": 2**24 - 1}  # further on, two are read as one


@dataclass(frozen=True)
class Ids:
    """One mapped id: which entry of which input, over which relation, of which type."""

    table: str
    column: str
    expression: str
    relation: str
    kind: str
    entry: str  # as messages name it

    @property
    def where(self) -> str:
        """Return the entry without the place where vars are set."""
        return f"{self.table}: {self.column}: {self.expression}"

    @property
    def family(self) -> str:
        """Return what the type is compared as."""
        return "integer" if WHOLE.fullmatch(self.kind) else self.kind


def as_text(expression: str) -> str:
    """Return the SQL of an id as text: the same before and after it became BIGINT.

    >>> as_text("a")
    "case when typeof((a)) in ('DOUBLE', 'FLOAT') \
then cast(try_cast((a) as bigint) as varchar) else cast((a) as varchar) end"
    """
    return (
        f"case when typeof(({expression})) in ('DOUBLE', 'FLOAT') then "
        f"cast(try_cast(({expression}) as bigint) as varchar) "
        f"else cast(({expression}) as varchar) end"
    )


def require_ids(plan: Plan, warehouse: Warehouse, names: Sequence[str]) -> None:
    """Refuse ids of a type that is not kept, or of two types that would never meet.

    Raises:
        InputError: names the entries, an id of each, and the cast.
    """
    for column in WHO:
        mapped = _mapped(plan, warehouse, names, column)
        found = [_settled(warehouse, ids) for ids in mapped]
        for other in found[1:]:
            if other.family != found[0].family:
                raise InputError(_apart(warehouse, found[0], other))


def _mapped(
    plan: Plan, warehouse: Warehouse, names: Sequence[str], column: str
) -> Iterator[Ids]:
    """Yield the mapped ids of inputs whose tables are there; of models, once built."""
    schema = str(plan.project.vars["raw_schema"])
    for table in WHO[column]:
        mapping = plan.project.vars[table]
        if not {f"stg_{table}", f"stg_holdout_{table}"} & set(names):
            continue
        if mapping.get(column) is None:
            continue
        if mapping.get("model"):
            relation = plan.renderer.relation(str(mapping["model"]))
        elif mapping.get("table"):
            relation = plan.renderer.source_relation(schema, str(mapping["table"]))
        else:
            continue
        expression = str(mapping[column])
        described = f"describe select ({expression}) as id from {relation}"
        try:
            kind = warehouse.connection.execute(described).fetchall()[0][1]
        except duckdb.CatalogException:
            continue  # a model that is yet to be built
        if kind.strip('"') != "NULL":
            entry = plan.project.entry(f"{table}: {column}: {expression}")
            yield Ids(table, column, expression, relation, kind, entry)


def _settled(warehouse: Warehouse, ids: Ids) -> Ids:
    """Return the ids as integers, text or UUIDs."""
    if ids.family in ("integer", "VARCHAR", "UUID"):
        return ids
    refused = "ids are integers, text or UUIDs"
    if not NUMBER.fullmatch(ids.kind):
        advice = ADVICE.get(ids.kind.split("(")[0], "cast({x} as varchar)")
        if ids.kind.endswith("]"):
            advice = "{x}[1], or unnest it in a model of your own"
        raise InputError(
            f"{ids.entry} is {ids.kind}; {refused}. Map {ids.column}: "
            f"{advice.replace('{x}', ids.expression)}."
        )
    odd = _odd(warehouse, ids)
    if odd is not None:
        raise InputError(
            f"{ids.entry} is {ids.kind} and not whole, such as {of_row(odd)}; "
            f"{refused}. Map {ids.column}: cast({ids.expression} as varchar), or "
            "round it."
        )
    try:
        warehouse.rows(
            f"alter table {ids.relation} alter column {quoted(ids.expression)} "
            "type bigint"
        )
    except WarehouseError:  # an expression, a view, or a table of somebody else
        raise InputError(
            f"{ids.entry} is {ids.kind}, though its numbers are whole; {refused}. Map "
            f"{ids.column}: cast({ids.expression} as bigint)."
        ) from None
    return replace(ids, kind="BIGINT")


def _odd(warehouse: Warehouse, ids: Ids) -> str | None:
    """Return a number that no integer is, or that is not exact as a double."""
    number = f"cast(({ids.expression}) as double)"
    limit = EXACT.get(ids.kind, 2**62)
    ((odd,),) = warehouse.rows(
        f"select cast(any_value(({ids.expression})) filter (where not "
        f"({number} = trunc({number}) and abs({number}) <= {limit})) as varchar) "
        f"from {ids.relation}"
    )
    return None if odd is None else str(odd)


def _apart(warehouse: Warehouse, one: Ids, other: Ids) -> str:
    """Say which two entries have ids that never meet, and the cast that they need."""
    for loose, firm in ((one, other), (other, one)):
        if loose.kind == "VARCHAR" and _all_read(warehouse, loose, firm.kind):
            cast = (loose, firm.kind.lower())
            break
    else:
        cast = (other if one.kind == "VARCHAR" else one, "varchar")
        if "VARCHAR" not in (one.kind, other.kind):
            return _sentence(warehouse, one, other) + "Cast both as varchar."
    ids, kind = cast
    return (
        f"{_sentence(warehouse, one, other)}Map {ids.table}: {ids.column}: "
        f"cast({ids.expression} as {kind})."
    )


def _sentence(warehouse: Warehouse, one: Ids, other: Ids) -> str:
    return (
        f"{one.entry} is {one.kind}{_example(warehouse, one)}, "
        f"but {other.where} is {other.kind}{_example(warehouse, other)}: these "
        "ids never meet. "
    )


def _example(warehouse: Warehouse, ids: Ids) -> str:
    ((text,),) = warehouse.rows(
        f"select min(cast(({ids.expression}) as varchar)) from {ids.relation}"
    )
    return f" (such as {of_row(repr(str(text)[:60]))})" if text is not None else ""


def _all_read(warehouse: Warehouse, ids: Ids, kind: str) -> bool:
    """Say whether every text is of a value of the type, and comes back as it was."""
    text = f"({ids.expression})"
    ((lost,),) = warehouse.rows(
        f"select count(*) from {ids.relation} where {text} is not null and "
        f"cast(try_cast({text} as {kind}) as varchar) is distinct from lower({text})"
    )
    return not lost
