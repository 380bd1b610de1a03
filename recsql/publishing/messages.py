"""A version's lists as JSON, one per user and surface, for stores that services ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recsql.publishing.published import Source

AT_ONCE = 5_000
ROW = """{
    'item_id': item_id, 'item_title': item_title, 'category': category,
    'score': if(isfinite(score), score, null), 'source': %s, 'reason': %s,
    'item_rank': item_rank
}"""
LISTS = f"""
select
    surface,
    cast(user_id as varchar),
    cast(to_json(list({ROW % ("candidate_source", "reason")} order by item_rank))
        as varchar)
from read
group by surface, user_id
order by surface, user_id
"""
POPULAR = f"""
select
    group_name,
    cast(to_json(list({ROW % ("kind", "told")} order by item_rank)) as varchar)
from (
    select *,
        if(group_kind = 'all', 'popular', 'group_popular') as kind,
        if(group_kind = 'all', 'popular with everyone',
            'popular in region ' || group_name) as told
    from read
    where group_kind in ('all', 'region')
)
group by group_name
order by group_name
"""


@dataclass(frozen=True)
class Stamp:
    """Which version it is, and the run that built it."""

    version: int
    run_id: str

    @property
    def tag(self) -> str:
        """Return its name; a number is given again after a publish that failed.

        >>> Stamp(7, "8cbdf014-1015-4478").tag
        '7-8cbdf014'
        """
        return f"{self.version}-{self.run_id[:8]}"


def stamp_of(source: Source) -> Stamp:
    """Return which version is open."""
    ((version, run_id),) = source.connection.execute(
        f"select max(version), max(run_id) from {source.relation('manifest')}"
    ).fetchall()
    return Stamp(int(version), str(run_id))


def lists_of(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yield each surface, user and list of rows, best first."""
    if "rec_for_user" in source.tables:
        yield from _rows(source, "rec_for_user", LISTS)


def popular_of(source: Source) -> Iterator[tuple[str, str]]:
    """Yield each region, or `all`, and what is popular there."""
    if "rec_popular" in source.tables:
        yield from _rows(source, "rec_popular", POPULAR)


def _rows(source: Source, table: str, sql: str) -> Iterator[Any]:
    relation = source.relation(table)
    found = source.connection.execute(f"with read as (from {relation}) {sql}")
    while rows := found.fetchmany(AT_ONCE):
        yield from rows
