"""The ways to bring new rows into a table, in the statements that dbt-duckdb runs."""

from __future__ import annotations

from collections.abc import Sequence

from recsql.compilation.render import Compiled, quoted
from recsql.errors import ModelError, did_you_mean, either

STRATEGIES = ("append", "delete+insert", "merge")
UNSUPPORTED = {
    *("incremental_predicates", "predicates", "on_schema_change", "pre_hook"),
    *("merge_clauses", "merge_exclude_columns", "merge_update_columns"),
}


def strategy_of(compiled: Compiled) -> str:
    """Return a model's strategy: by default delete+insert, without a key append.

    Raises:
        ModelError: there is no such strategy, or dbt has a setting that recsql has not.
    """
    config = compiled.config
    for name in sorted(UNSUPPORTED & set(config)):
        raise ModelError(f"{compiled.file}: config {name} is not supported. Remove it.")
    strategy = str(config.get("incremental_strategy") or "delete+insert")
    if strategy not in STRATEGIES:
        hint = did_you_mean(strategy, STRATEGIES) or f" Use {either(STRATEGIES)}."
        raise ModelError(
            f'{compiled.file}: incremental_strategy: there is no "{strategy}".{hint}'
        )
    if strategy == "delete+insert" and not config.get("unique_key"):
        return "append"
    return strategy


def merge_statements(compiled: Compiled, added: str) -> list[str]:
    """Return what brings the rows of relation `added` into the model's table."""
    target, strategy = quoted("main", compiled.name), strategy_of(compiled)
    given = compiled.config.get("unique_key") or []
    keys = [given] if isinstance(given, str) else list(given)
    insert = f"insert into {target} by name select * from {added}"
    if strategy == "append":
        return [insert]
    if strategy == "merge":
        return [_merge(target, added, keys)]
    return [_delete(target, added, keys), insert]


def _delete(target: str, added: str, keys: Sequence[str]) -> str:
    if len(keys) == 1:
        return (
            f"delete from {target} where ({keys[0]}) in (from {added} select {keys[0]})"
        )
    return f"delete from {target} as known using {added} as added where {_same(keys)}"


def _merge(target: str, added: str, keys: Sequence[str]) -> str:
    """Return a MERGE; as in dbt, without a key every row is new."""
    return (
        f"merge into {target} as known using {added} as added "
        f"on {_same(keys) or 'false'} when matched then update by name "
        "when not matched then insert by name"
    )


def _same(keys: Sequence[str]) -> str:
    return " and ".join(f"known.{key} = added.{key}" for key in keys)
