"""How dbt's connection to a build is opened (a plugin of dbt-duckdb, named in profiles.yml)."""

from __future__ import annotations

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from task_warehouse.last_build import hold_back_checkpoints

# Connections of this process, so that the database stays open when dbt has closed its own: whoever
# ran dbt ends the build in it, and nothing is replayed.
opened: list[duckdb.DuckDBPyConnection] = []


class Plugin(BasePlugin):
    """Holds back checkpoints: a build counts when it has ended (last_build.py)."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Called by dbt-duckdb for each database it opens."""
        hold_back_checkpoints(conn)
        opened.append(conn.cursor())
