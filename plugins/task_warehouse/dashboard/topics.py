"""What the pages beside the morning show: movement, substance, bottlenecks, indicators, quality.

Each is read from marts that a snapshot may lack (an older one, or one of few tables): what is not
there is None and its page says so, which is not the same as an empty list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TypeVar

import duckdb

from task_warehouse.dashboard import topic_queries as queries
from task_warehouse.dashboard.moved import Moves, read_moved
from task_warehouse.dashboard.related import Related, read_related
from task_warehouse.dashboard.topic_rows import (
    Anomaly,
    Bottleneck,
    BottleneckCount,
    Document,
    FeedbackCount,
    FeedbackItem,
    Finding,
    FindingKind,
    FindingOfBody,
    Held,
    Indicator,
    IndicatorValue,
    Movement,
    Quality,
    Repair,
    Substance,
    TrendPoint,
)

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Topics:
    """All of them; None where the snapshot has not the table."""

    movement: Mapping[tuple[str, str], Movement]
    moves: Moves | None
    trend: Mapping[str, Sequence[TrendPoint]]
    documents: Sequence[Document]
    substance: Sequence[Substance] | None
    finding_kinds: Sequence[FindingKind]
    findings: Sequence[Finding]
    findings_of_bodies: Sequence[FindingOfBody]
    bottlenecks: Sequence[Bottleneck] | None
    stuck: Sequence[BottleneckCount]
    indicators: Sequence[Indicator] | None
    indicator_values: Sequence[IndicatorValue]
    feedback: Sequence[FeedbackCount] | None
    feedback_open: Sequence[FeedbackItem]
    feedback_of_bodies: Sequence[FeedbackItem]
    quality: Sequence[Quality] | None
    anomalies: Sequence[Anomaly]
    held: Sequence[Held]
    repairs: Sequence[Repair]
    related: Related

    def moved(self, code: str, period: str) -> Movement | None:
        """What moved at a body since a ``day``, ``week`` or ``month`` that can be compared with."""
        return self.movement.get((code, period))

    def stuck_at(self, what: str) -> list[BottleneckCount]:
        """Counts of stuck tasks by ``what``, most first."""
        return [row for row in self.stuck if row.what == what]

    def score(self, level: str, code: str) -> Quality | None:
        """The standing quality of a ``level``: nation, organisation, dataset or source."""
        return next((q for q in self.quality or () if (q.level, q.code) == (level, code)), None)


def read_topics(connection: duckdb.DuckDBPyConnection, day: date) -> Topics:
    """All topics of the snapshot as of ``day``."""
    reader = _Reader(connection, day)
    trend: dict[str, list[TrendPoint]] = {}
    for point in reader.rows(TrendPoint, queries.TREND):
        trend.setdefault(point.organisation_code, []).append(point)
    movement = reader.where("mart_movement", Movement, queries.MOVEMENT) or ()
    is_listed = "fct_task_movement" in reader.tables
    return Topics(
        movement={(row.organisation_code, row.period): row for row in movement},
        moves=read_moved(connection, day, movement) if is_listed else None,
        trend=trend,
        documents=reader.where("mart_document_cascade", Document, queries.DOCUMENTS) or (),
        substance=reader.where("mart_substance", Substance, queries.SUBSTANCE),
        finding_kinds=reader.where("dim_finding", FindingKind, queries.FINDING_KINDS) or (),
        findings=reader.where("mart_finding", Finding, queries.FINDINGS) or (),
        findings_of_bodies=reader.where("mart_finding", FindingOfBody, queries.FINDINGS_OF_BODIES)
        or (),
        bottlenecks=reader.where("mart_bottleneck", Bottleneck, queries.BOTTLENECKS),
        stuck=reader.where("mart_bottleneck", BottleneckCount, queries.BOTTLENECK_COUNTS) or (),
        indicators=reader.where("mart_indicator", Indicator, queries.INDICATORS),
        indicator_values=reader.where("mart_indicator", IndicatorValue, queries.INDICATOR_VALUES)
        or (),
        feedback=reader.where("mart_feedback", FeedbackCount, queries.FEEDBACK),
        feedback_open=reader.where("mart_feedback", FeedbackItem, queries.FEEDBACK_OPEN) or (),
        feedback_of_bodies=reader.where("mart_feedback", FeedbackItem, queries.FEEDBACK_OF_BODIES)
        or (),
        quality=reader.where("mart_quality_standing", Quality, queries.QUALITY),
        anomalies=reader.where("mart_quality_anomaly", Anomaly, queries.ANOMALIES) or (),
        held=reader.where("mart_ledger", Held, queries.HELD) or (),
        repairs=reader.where("mart_reject_history", Repair, queries.REPAIRS) or (),
        related=read_related(connection, day, reader.tables),
    )


class _Reader:
    """Reads rows of a kind from a snapshot that has some of the tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, day: date) -> None:
        self.connection = connection
        self.day = day
        found = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        )
        self.tables = {str(name) for (name,) in found.fetchall()}

    def where(self, table: str, kind: type[Row], sql: str) -> list[Row] | None:
        return self.rows(kind, sql) if table in self.tables else None

    def rows(self, kind: type[Row], sql: str) -> list[Row]:
        names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]
        found = self.connection.execute(f"select {names} from ({sql})", {"day": self.day})
        return [kind(*row) for row in found.fetchall()]
