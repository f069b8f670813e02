"""Answer a metric of the semantic layer: MetricFlow writes the SQL, DuckDB runs it, read-only.

``mf query`` of dbt-metricflow answers the same from ``dbt_project``; it also asks the package index
for a newer version of itself, and opens the warehouse for writing. This asks nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.errors.error_classes import InformativeUserError
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from task_warehouse.errors import NoDataError, UsageError
from task_warehouse.last_build import last_build
from task_warehouse.settings import Home

# It warns of every metric that dbt made of a measure with an expression, then does what is right.
logging.getLogger("metricflow_semantic_interfaces.transformations.fix_proxy_metrics").setLevel(
    logging.ERROR
)

DATABASE = "build"  # as dbt knew it when it wrote the manifest


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What MetricFlow must know to write SQL; it never gets a connection."""

    sql_engine_type: SqlEngine = SqlEngine.DUCKDB
    sql_plan_renderer: DuckDbSqlPlanRenderer = DuckDbSqlPlanRenderer()  # noqa: RUF009


class Metrics:
    """The metrics of a built warehouse; ``database`` defaults to its last build."""

    def __init__(self, home: Home, database: Path | None = None) -> None:
        """Raise :class:`NoDataError` where no build has written the semantic manifest yet."""
        manifest = home.warehouse / "target" / "semantic_manifest.json"
        self.database = database or last_build(home)
        if not manifest.is_file() or not self.database.is_file():
            raise NoDataError(
                "there is no build to ask", where=str(manifest), remedy="task-warehouse build"
            )
        parsed = parse_manifest_from_dbt_generated_manifest(
            manifest_json_string=manifest.read_text(encoding="utf-8")
        )
        self.engine = MetricFlowEngine(SemanticManifestLookup(parsed), _Dialect())

    def defined(self) -> list[tuple[str, str]]:
        """Every metric with its description, by name."""
        found = self.engine.list_metrics()
        return sorted((metric.name, metric.description or "") for metric in found)

    def compile(self, names: Sequence[str], by: Sequence[str], where: str | None = None) -> str:
        """The SQL of the metrics by dimensions (`responsibility__organisation_code`).

        Raises :class:`UsageError` for a name that the semantic layer does not have.
        """
        request = MetricFlowQueryRequest.create(
            metric_names=list(names),
            group_by_names=list(by),
            where_constraints=[where] if where else None,
            order_by_names=list(by),
        )
        try:
            return self.engine.explain(request).sql_statement.sql
        except InformativeUserError as error:
            raise UsageError(
                f"the semantic layer cannot answer: {' '.join(str(error).split())[:400]}",
                remedy="names are in dbt_project/models/_semantic.yml",
            ) from error

    def ask(
        self, names: Sequence[str], by: Sequence[str] = (), where: str | None = None
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Columns (dimensions, then metrics, as asked) and rows."""
        sql = self.compile(names, by, where)
        quoted = str(self.database).replace("'", "''")
        with duckdb.connect() as connection:
            connection.execute(f"attach '{quoted}' as {DATABASE} (read_only)")
            found = connection.execute(sql)
            given = [column[0] for column in found.description]
            rows = found.fetchall()
        # MetricFlow puts a rate beside the measures it divides.
        asked = [*by, *names]
        if sorted(asked) != sorted(given):
            return given, rows
        places = [given.index(name) for name in asked]
        return asked, [tuple(row[place] for place in places) for row in rows]
