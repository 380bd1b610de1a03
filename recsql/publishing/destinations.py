"""Where a version goes besides its own file: Parquet, databases, Redis, Kafka.

Each is filled from the version's `recsql.duckdb`, so that all hold the same rows and a
rollback can fill them again.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from recsql.compilation.render import literal, quoted
from recsql.config.files import note_written
from recsql.config.project import Project
from recsql.engine import stops
from recsql.engine.warehouse import transaction, translated
from recsql.publishing.drafts import Draft
from recsql.publishing.kafka_lists import send_lists, send_tombstones
from recsql.publishing.postgres import replace_tables
from recsql.publishing.published import Source, open_version
from recsql.publishing.redis_lists import remove_others, replace_lists

PARQUET = "parquet"


def write_parquet(project: Project, draft: Draft) -> None:
    """Have each table of a version as a folder of Parquet files, in key order."""
    if PARQUET not in project.vars["publish_also"]:
        return
    partitions = project.vars["parquet_partitions"]
    rows = project.vars["parquet_row_group_rows"]
    with open_version(project, draft.folder) as source:
        for name in source.tables:
            if draft.link(Path(PARQUET) / name):
                continue
            target = draft.folder / PARQUET / name
            target.mkdir(parents=True)
            options = f"format parquet, compression zstd, row_group_size {int(rows)}"
            if by := partitions.get(name):
                options += f", partition_by ({', '.join(map(quoted, by))})"
            else:
                target = target / "data_0.parquet"
            source.connection.execute(
                f"copy {source.relation(name)} to {literal(str(target))} ({options})"
            )


def deliver(project: Project, folder: Path) -> None:
    """Replace what is in the databases and stores that are published to.

    Raises:
        WarehouseError: a database refused; its tables are unchanged.
    """
    writers = {
        "database": _to_database,
        "postgres": replace_tables,
        "redis": replace_lists,
        "kafka": send_lists,
    }
    for name, write in writers.items():
        if name in project.vars["publish_also"]:
            with open_version(project, folder) as source:
                write(project, source)


def forget(project: Project, user: str) -> None:
    """Remove what an earlier publish left of a user in stores that keep versions.

    Raises:
        WarehouseError: one of them refused.
    """
    if "redis" in project.vars["publish_also"]:
        remove_others(project)
    if "kafka" in project.vars["publish_also"]:
        send_tombstones(project, user)


def _to_database(project: Project, source: Source) -> None:
    """Replace the tables of a schema in one transaction of the attached database."""
    place, options = str(project.vars["publish_database"]), ""
    if ":" not in place:
        place = str(project.root / place)
        note_written(project.profile.folder, Path(place), "database")
        if not Path(place).exists():
            version = literal(str(project.vars["publish_storage_version"]))
            options = f" (storage_version {version})"
    schema = quoted("target", str(project.vars["publish_schema"]))
    connection = source.connection
    with translated(f"publish to {place}"):
        connection.execute(f"attach {literal(place)} as target{options}")
        with transaction(connection):
            connection.execute(f"create schema if not exists {schema}")
            for name in _published_before(project, connection):
                connection.execute(f"drop table {schema}.{quoted(name)}")
            for name in source.tables:
                relation = f"{schema}.{quoted(name)}"
                connection.execute(
                    f"create table {relation} as from {source.relation(name)}"
                )
            stops.hold()  # the commit: its readers see it


def _published_before(
    project: Project, connection: duckdb.DuckDBPyConnection
) -> list[str]:
    """Return the tables that an earlier publish left, so that no other is dropped."""
    schema = str(project.vars["publish_schema"])
    there = connection.execute(
        "select table_name from information_schema.tables "
        "where table_catalog = 'target' and table_schema = ?",
        [schema],
    ).fetchall()
    names = {name for (name,) in there}
    if "catalog" not in names:
        return []
    catalog = quoted("target", schema, "catalog")
    listed = connection.execute(f"select distinct table_name from {catalog}").fetchall()
    return sorted(names & {name for (name,) in listed})
