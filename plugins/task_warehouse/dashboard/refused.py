"""The refused rows behind each cause: where each lies in what was sent, never what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

import duckdb

from task_warehouse.dashboard import queries

LISTED_OF_CAUSE = 100
# Causes that have a page of their own: as many as the page of data quality names.
CAUSE_PAGES = 40

Cause = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One finding in one row; ``findings`` counts those of its cause and source."""

    check_id: str
    dataset: str
    responsibility: str
    source: str
    organisation_code: str | None
    name: str
    name_en: str
    business_date: date
    delivery_id: str | None
    line: int | None
    column_name: str | None
    findings: int

    @property
    def cause(self) -> Cause:
        return (self.check_id, self.dataset, self.responsibility)


_REFUSED = f"""
    with {queries.NEWEST_REFUSED},
    placed as (
        select newest.*, count(*) over (partition by cause, source) as findings,
            row_number() over (partition by cause, source order by delivery_id, line, reject_id)
                as in_source,
            row_number() over (partition by cause order by source, delivery_id, line, reject_id)
                as place
        from (select *, (check_id, dataset, responsibility) as cause from newest) as newest
    )
    select placed.*, coalesce(organisations.name, placed.source) as name,
        coalesce(organisations.name_en, placed.source) as name_en
    from placed
    left join marts.dim_organisation as organisations
        on placed.organisation_code = organisations.organisation_code
        and organisations.is_current
    where placed.place <= {LISTED_OF_CAUSE} or placed.in_source = 1
    order by placed.place
"""


def read_refused(
    connection: duckdb.DuckDBPyConnection, day: date
) -> Mapping[Cause, Sequence[RefusedRow]]:
    """By cause the first rows, and of each source at least one."""
    names = ", ".join(field.name for field in fields(RefusedRow))
    found: dict[Cause, list[RefusedRow]] = {}
    for row in connection.execute(f"select {names} from ({_REFUSED})", {"day": day}).fetchall():
        refused = RefusedRow(*row)
        found.setdefault(refused.cause, []).append(refused)
    return found


def by_source(rows: Sequence[RefusedRow]) -> list[RefusedRow]:
    """One row of each source, those with most findings first."""
    first = {row.source: row for row in reversed(rows)}
    return sorted(first.values(), key=lambda row: (-row.findings, row.source))
