"""Deliveries that are refused as a whole or held, and why.

The first reason of a refusal is the one that counts, except that secrecy outranks every other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from task_warehouse.contracts import Contracts
from task_warehouse.ledger import SECRET
from task_warehouse.mapping import Delivery, Layout, create_from
from task_warehouse.verdict_limits import STRICTNESS, Level

if TYPE_CHECKING:
    from task_warehouse.checking.past import Pasts

UNREAD = "delivery.unread"
MISSING_COLUMN = "delivery.column_missing"
COUNT_DISAGREES = "delivery.count_disagrees"
ALL_REJECTED = "delivery.all_rows_rejected"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery is refused: kind of defect, and what its message fills in."""

    reason: str
    column: str = ""
    value: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a delivery besides its rows, and the verdict that it leads to."""

    level: Level
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Extent:
    """A delivery's rows in the text table: how many, and how many distinct records."""

    rows: int
    records: int


class Refusals:
    """Collects refusals of the deliveries of one batch."""

    def __init__(
        self, contracts: Contracts, deliveries: Sequence[Delivery], layouts: Sequence[Layout]
    ) -> None:
        self.contracts = contracts
        self.deliveries = {item.delivery_id: item for item in deliveries}
        self.layouts: dict[str, list[Layout]] = {item.delivery_id: [] for item in deliveries}
        for layout in layouts:
            self.layouts[layout.delivery_id].append(layout)
        self.by_delivery: dict[str, Refusal] = {}
        self.secret_rows: dict[str, int] = {}
        self.findings: dict[str, list[Finding]] = {}
        self.headers: dict[str, tuple[str, ...]] = {}
        self.columns: dict[str, tuple[str, ...]] = {}
        self.pasts: Pasts | None = None

    def received(self, delivery_id: str) -> int:
        """Records of a delivery as the reader counted them."""
        return sum(layout.records for layout in self.layouts[delivery_id])

    def refuse(self, delivery_id: str, refusal: Refusal) -> None:
        """Note ``refusal`` unless the delivery is refused already."""
        self.by_delivery.setdefault(delivery_id, refusal)

    def of_layouts(self) -> None:
        """Deliveries that the reader refused, or said nothing about."""
        for delivery_id, layouts in self.layouts.items():
            if not layouts:
                self.refuse(delivery_id, Refusal(UNREAD))
            for layout in layouts:
                if layout.refused:
                    detail = layout.refused_detail or ""
                    self.refuse(delivery_id, Refusal(layout.refused, value=detail))

    def of_missing_columns(self, missing: Mapping[str, Sequence[str]]) -> None:
        """Deliveries whose header lacks required columns."""
        for delivery_id, names in missing.items():
            contract = self.contracts.by_dataset[self.deliveries[delivery_id].dataset]
            labels = ", ".join(f"{contract.column(name).label} ({name})" for name in names)
            found = [header for layout in self.layouts[delivery_id] for header in layout.headers]
            headers = ", ".join(header for header in found if header)
            self.refuse(delivery_id, Refusal(MISSING_COLUMN, labels, headers[:500]))

    def of_counts(self, extents: Mapping[str, Extent]) -> None:
        """Deliveries whose text rows are not the records that the reader counted."""
        for delivery_id in self.layouts:
            extent = extents.get(delivery_id, Extent(0, 0))
            said = self.received(delivery_id)
            if delivery_id not in self.by_delivery and not extent.rows == extent.records == said:
                refusal = Refusal(COUNT_DISAGREES, value=str(extent.rows), expected=str(said))
                self.refuse(delivery_id, refusal)

    def of_secrets(self, found: Mapping[str, int]) -> None:
        """Deliveries with secret rows: nothing of theirs is kept."""
        for delivery_id, rows in found.items():
            self.secret_rows[delivery_id] = max(rows, self.secret_rows.get(delivery_id, 0))
            count = str(self.secret_rows[delivery_id])
            self.by_delivery[delivery_id] = Refusal(SECRET, value=count)

    def is_refused(self, delivery_id: str, accepted: int) -> bool:
        """Is a delivery with so many good rows refused? One that has rows and no good one is."""
        return delivery_id in self.by_delivery or (
            not accepted and bool(self.received(delivery_id))
        )

    def is_held(self, delivery_id: str) -> bool:
        """Does a delivery that is not refused wait for a person?"""
        return any(finding.level == "hold" for finding in self.findings.get(delivery_id, ()))

    def strictest_first(self, delivery_id: str) -> list[Finding]:
        """What was found of a delivery, in the order in which it counts."""
        found = self.findings.get(delivery_id, ())
        return sorted(found, key=lambda finding: -STRICTNESS.index(finding.level))

    def write_open(self, con: duckdb.DuckDBPyConnection) -> None:
        """Create ``open_deliveries``: the ids that are not refused."""
        names = [name for name in self.deliveries if name not in self.by_delivery]
        table = pa.table({"delivery_id": pa.array(names, pa.string())})
        create_from(con, "open_deliveries", table)
