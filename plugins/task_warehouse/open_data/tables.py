"""Which tables and columns are open: an allow-list, column by column.

Each table is a SELECT over marts that counts bodies, documents, indicators or deliveries, never
tasks or persons one by one. Descriptions of columns are those of the marts themselves, or stand
here where the column is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SMALLEST = 5
"""Feedback of a body is told from this many items on: fewer could point at who wrote them."""

Both = tuple[str, str]  # Vietnamese, English


@dataclass(frozen=True, slots=True)
class OpenTable:
    """``columns`` are taken from ``mart`` (and described there) unless ``own`` describes them."""

    name: str
    title: Both
    mart: str
    sql: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    own: Mapping[str, Both] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    has_bodies: bool = True


CLASSES = (
    "completed_on_time",
    "completed_late",
    "completed_undated",
    "open_in_term",
    "open_overdue",
    "open_undated",
)

REPORTING = """
    select organisation_code, dataset,
        count(*) filter (expected) as obligations,
        count(*) filter (expected and status in ('on_time', 'duplicate', 'nothing_arose'))
            as on_time,
        count(*) filter (expected and status = 'late') as late,
        count(*) filter (expected and status = 'missing') as missing,
        count(*) filter (expected and status = 'refused') as refused,
        count(*) filter (expected and status = 'held') as held,
        sum(rows_received)::bigint as rows_received, sum(rows_accepted)::bigint as rows_accepted,
        sum(rows_rejected)::bigint as rows_rejected
    from marts.mart_reporting
    where is_latest and organisation_code is not null
    group by organisation_code, dataset
"""

# A body left out alone could be told from the nation's row: then the next smallest goes too.
FEEDBACK = f"""
    with ordered as (
        select *, organisation_code != 'VN' as is_body,
            count(*) filter (received < {SMALLEST} and organisation_code != 'VN')
                over (partition by kind) as small,
            row_number() over (
                partition by kind, organisation_code != 'VN' order by received, organisation_code
            ) as place
        from marts.mart_feedback
    )
    select * from ordered
    where case when is_body then received >= {SMALLEST} and not (small = 1 and place = 2)
        else received >= {SMALLEST} end
"""

TABLES = (
    OpenTable(
        name="organisations",
        title=("Cơ quan", "Organisations"),
        mart="dim_organisation",
        # The dissolved too: what they reported is told under their own code.
        sql="select * from marts.dim_organisation qualify row_number() over ("
        "partition by organisation_code order by valid_from desc) = 1",
        key=("organisation_code",),
        columns=(
            "organisation_code",
            "name",
            "name_en",
            "kind",
            "level",
            "parent_code",
            "is_current",
        ),
        has_bodies=False,
    ),
    OpenTable(
        name="scorecard",
        title=("Thực hiện nhiệm vụ theo cơ quan", "Tasks by organisation"),
        mart="mart_scorecard",
        sql="select * from marts.mart_scorecard",
        key=("organisation_code",),
        columns=(
            "as_of_date",
            "organisation_code",
            "tasks",
            *CLASSES,
            "due_in_7_days",
            "never_reported",
            "completion_rate",
            "on_time_rate",
            "overdue_rate",
            "due_completion_rate",
            "rank_in_kind",
        ),
    ),
    OpenTable(
        name="programmes",
        title=("Thực hiện nhiệm vụ theo văn bản", "Tasks by programme and document"),
        mart="mart_document_cascade",
        sql="select * from marts.mart_document_cascade",
        key=("document_code",),
        columns=(
            "as_of_date",
            "document_code",
            "root_document_code",
            "depth",
            "documents_under",
            "own_tasks",
            "tasks",
            *CLASSES,
            "completion_rate",
            "due_completion_rate",
        ),
        has_bodies=False,
    ),
    OpenTable(
        name="reporting",
        title=("Kỷ luật báo cáo, kỳ mới nhất", "Reporting, the latest period"),
        mart="mart_reporting",
        sql=REPORTING,
        key=("organisation_code", "dataset"),
        columns=(
            "organisation_code",
            "dataset",
            "obligations",
            "on_time",
            "late",
            "missing",
            "refused",
            "held",
            "rows_received",
            "rows_accepted",
            "rows_rejected",
        ),
        own={
            "obligations": ("Số nghĩa vụ phải gửi", "Deliveries that were owed"),
            "on_time": (
                "Số gửi đúng giờ hoặc xác nhận không phát sinh",
                "Received on time, or said that nothing arose",
            ),
            "late": ("Số gửi muộn", "Received late"),
            "missing": ("Số chưa gửi", "Not received"),
            "refused": ("Số bị từ chối cả tệp", "Refused as a whole"),
            "held": ("Số đang chờ quyết định", "Waiting for a decision"),
        },
    ),
    OpenTable(
        name="indicators",
        title=("Chỉ tiêu và mục tiêu", "Indicators and their targets"),
        mart="dim_indicator",
        sql="select * from marts.dim_indicator",
        key=("indicator_code",),
        columns=(
            "indicator_code",
            "name",
            "unit",
            "better",
            "target_operator",
            "target_low",
            "target_high",
            "target_on",
            "lead_code",
        ),
        has_bodies=False,
    ),
    OpenTable(
        name="indicator_values",
        title=("Giá trị chỉ tiêu", "Values of indicators"),
        mart="fct_indicator_value",
        # A breakdown is a sender's own text, and may be a small group.
        sql="select * from marts.fct_indicator_value where coalesce(breakdown, '') = ''",
        key=("indicator_code", "organisation_code", "period"),
        columns=(
            "indicator_code",
            "organisation_code",
            "period",
            "value",
            "state",
            "target",
            "attainment",
            "is_met",
        ),
    ),
    OpenTable(
        name="feedback",
        title=("Số phản ánh, kiến nghị", "Counts of feedback"),
        mart="mart_feedback",
        sql=FEEDBACK,
        key=("organisation_code", "kind"),
        columns=(
            "as_of_date",
            "organisation_code",
            "kind",
            "received",
            "answered",
            "answered_on_time",
            "open",
            "open_overdue",
        ),
    ),
    OpenTable(
        name="quality",
        title=("Điểm chất lượng số liệu", "Data quality scores"),
        mart="mart_quality_standing",
        sql="select * from marts.mart_quality_standing where level in ('nation', 'organisation')",
        key=("level", "code"),
        columns=(
            "as_of_date",
            "level",
            "code",
            "completeness",
            "timeliness",
            "validity",
            "uniqueness",
            "consistency",
            "overall",
        ),
        has_bodies=False,
    ),
)
