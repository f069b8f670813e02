"""Every defect of the sample, its share, and what a correct pipeline makes of it.

Shares of row defects are parts of ``defect_share`` (the share of rows of the dataset that carry
one); defects of whole deliveries fall on a number of systems each. Row defects of progress fall on
reports on which no status class hangs, those of tasks on tasks that nobody reports on, so that a
refused row changes the marts only by its own absence.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowDefect:
    """A defect of single rows; ``consequence`` rejected or duplicate, ``family`` of the check."""

    kind: str
    dataset: str
    share: float
    consequence: str
    family: str
    adds_a_row: bool = False


ROW_DEFECTS: tuple[RowDefect, ...] = (
    RowDefect("percent_over_100", "progress", 0.18, "rejected", "range"),
    RowDefect("percent_not_a_number", "progress", 0.12, "rejected", "type"),
    RowDefect("impossible_date", "progress", 0.16, "rejected", "type"),
    RowDefect("missing_required", "progress", 0.12, "rejected", "required"),
    RowDefect("unknown_task", "progress", 0.16, "rejected", "reference", adds_a_row=True),
    RowDefect("duplicate_row", "progress", 0.12, "duplicate", "duplicate", adds_a_row=True),
    RowDefect("conflicting_key", "progress", 0.06, "rejected", "key", adds_a_row=True),
    RowDefect("ragged_row", "progress", 0.08, "rejected", "record"),
    RowDefect("missing_required", "tasks", 0.4, "rejected", "required"),
    RowDefect("impossible_date", "tasks", 0.3, "rejected", "type"),
    RowDefect("conflicting_key", "tasks", 0.15, "rejected", "key", adds_a_row=True),
    RowDefect("duplicate_row", "tasks", 0.15, "duplicate", "duplicate", adds_a_row=True),
    RowDefect("bad_organisation", "indicator_values", 0.5, "rejected", "organisation"),
    RowDefect("value_not_a_number", "indicator_values", 0.25, "rejected", "type"),
    RowDefect("duplicate_row", "indicator_values", 0.25, "duplicate", "duplicate", adds_a_row=True),
    RowDefect("impossible_date", "feedback", 0.4, "rejected", "type"),
    RowDefect("missing_required", "feedback", 0.4, "rejected", "required"),
    RowDefect("answered_before_received", "feedback", 0.2, "rejected", "order"),
)


@dataclass(frozen=True, slots=True)
class DeliveryDefect:
    """A defect of a whole delivery on ``systems`` systems; ``status`` is that of mart_reporting.

    ``consequence``: missing, late, delivery refused, delivery held, duplicate, nothing arose, none.
    """

    kind: str
    dataset: str
    systems: int
    consequence: str
    status: str
    family: str


DELIVERY_DEFECTS: tuple[DeliveryDefect, ...] = (
    DeliveryDefect("late", "progress", 1, "late", "missing", "obligation"),
    DeliveryDefect("late", "feedback", 1, "late", "missing", "obligation"),
    DeliveryDefect("missing", "progress", 1, "missing", "missing", "obligation"),
    DeliveryDefect("missing", "feedback", 1, "missing", "missing", "obligation"),
    DeliveryDefect("delivered_twice", "progress", 2, "duplicate", "on_time", "duplicate"),
    DeliveryDefect("truncated", "progress", 1, "delivery refused", "refused", "file"),
    DeliveryDefect("wrong_encoding", "progress", 1, "delivery refused", "refused", "file"),
    DeliveryDefect("unknown_header", "feedback", 1, "delivery refused", "refused", "header"),
    DeliveryDefect("error_page", "indicator_values", 1, "delivery refused", "refused", "file"),
    DeliveryDefect("empty_file", "feedback", 1, "delivery refused", "refused", "file"),
    DeliveryDefect("secret_rows", "tasks", 1, "delivery refused", "refused", "secrecy"),
    DeliveryDefect("nothing_arose", "feedback", 1, "nothing arose", "nothing_arose", "obligation"),
    DeliveryDefect("server_error", "*", 1, "missing", "missing", "transport"),
    DeliveryDefect("slow", "*", 1, "none", "on_time", "transport"),
    DeliveryDefect("new_column", "feedback", 2, "delivery held", "held", "schema"),
)

WRONG_TOTALS = 0.12  # share of the systems with control totals whose totals are wrong
LATE_BY_DAYS = 1  # a late monthly file arrives this many days after it was due


@dataclass(frozen=True, slots=True)
class Planted:
    """One defect as planted, for the truth: where it is and what must become of it."""

    source: str
    dataset: str
    delivery: str  # file name, or the name of the dataset for an address
    business_date: str
    key: str
    defect: str
    consequence: str
    family: str
    rows: int  # records that the consequence falls on
