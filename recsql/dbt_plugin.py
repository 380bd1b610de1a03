"""A dbt-duckdb plugin that makes recsql's functions callable from `dbt build`."""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from recsql.seam import udfs


class Plugin(BasePlugin):
    """Named in profiles.yml as `module: recsql.dbt_plugin`."""

    def configure_connection(self, conn: Any) -> None:
        """Register every function on dbt's own connection."""
        udfs.register(conn)
