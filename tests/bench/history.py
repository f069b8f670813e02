"""Rooms of a data root as many days of collecting and checking would have left them.

Made set-wise by DuckDB, so that a million tasks take seconds: every body exports its tasks in full
on the first day, a few export a changed list on each later day, and every day brings reports.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from task_warehouse.build_inputs import ROOMS
from task_warehouse.settings import PROJECT_ROOT, Home

FIRST_DAY = date(2025, 7, 7)
SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "organisations.csv"

DELIVERIES = """
    create or replace table given as
    select left(md5(code || '|{dataset}|' || said_on), 20) as delivery_id, *
    from (
        select code, code as organisation_code, 'o-' || lower(code) as source,
            '{dataset}' as dataset, '{mode}' as mode, {said_on} as said_on,
            date '{day}' as business_date,
            timestamptz '{day} 06:00:00+07' as received_at
        from bodies
        where {which}
    )
"""
TASKS = """
    select given.delivery_id, given.source, given.organisation_code, given.business_date,
        given.received_at, 'full' as mode, '' as part, row_number() over (
            partition by given.delivery_id order by tasks.task_code) as record,
        record + 1 as line, tasks.task_code, 'Nhiệm vụ số ' || tasks.n as title, 'task' as kind,
        tasks.lead, tasks.deadline_of[
            case when (tasks.n + given.said_on) % 97 = 0 then 2 else 1 end] as deadline,
        tasks.document_code, '2025-01-15' as assigned_on
    from given inner join tasks on given.code = tasks.code
"""
PROGRESS = """
    select given.delivery_id, given.source, given.organisation_code, given.business_date,
        given.received_at, 'delta' as mode, '' as part, row_number() over (
            partition by given.delivery_id order by tasks.task_code) as record,
        record + 1 as line, given.source as task_source, tasks.task_code,
        given.business_date::varchar as reported_on,
        reached.percent::varchar as percent_complete,
        case when reached.percent = 100 and tasks.n % 20 > 0 then tasks.n || '/BC' end as evidence,
        'Đã triển khai bước ' || given.said_on || ' của kế hoạch' as result,
        case when tasks.n % 11 = 0 then 'Chờ ý kiến của cơ quan khác' end as difficulty
    from given inner join tasks on given.code = tasks.code,
        -- Most rise to their end and stay there, each at its own pace; one in fifty falls back.
        lateral (
            select greatest(0, least(100, tasks.n % 60 + {nth} * (1 + tasks.n % 7)
                - if(tasks.n % 50 = 0 and {nth} % 13 = 5, 30, 0))) as percent
        ) as reached
    where tasks.n % {every} = {day_no} % {every}
"""


@dataclass(frozen=True)
class Size:
    """How much: bodies that export, their tasks, reports a day."""

    organisations: int
    tasks: int
    reports: int


class History:
    """Writes one day after the other under a data root."""

    def __init__(self, root: Path, size: Size) -> None:
        self.home = Home(root)
        self.size = size
        self.days = 0
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self._prepare()

    @property
    def as_of(self) -> date:
        """The last day written."""
        return FIRST_DAY + timedelta(days=self.days - 1)

    def write_days(self, count: int) -> None:
        """Add ``count`` days."""
        for _ in range(count):
            self._write_day(self.days)
            self.days += 1

    def _prepare(self) -> None:
        self.connection.execute(
            """
            create table bodies as
            select organisation_code as code, name_vi as name,
                row_number() over (order by kind != 'ministry', kind != 'province',
                    organisation_code) - 1 as body_no
            from read_csv(?, all_varchar = true)
            where valid_to is null and kind in ('ministry', 'agency', 'province', 'commune')
            qualify row_number() over (partition by organisation_code order by valid_from desc) = 1
            order by body_no limit ?
            """,
            [str(SEED), self.size.organisations],
        )
        self.connection.execute(
            """
            create table tasks as
            select n, bodies.code, 'NV-' || n as task_code, bodies.name as lead,
                (n % 40) || '/KH-UBND' as document_code,
                case n % 3
                    when 0 then [(1 + n % 12) || '/2025', (1 + n % 12) || '/2026']
                    when 1 then ['Quý IV/2025', '31/3/2026']
                    else [((1 + n % 28)) || '/9/2025', '31/12/2025']
                end as deadline_of
            from range(?) as numbers(n)
            inner join bodies on n % (select count(*) from bodies) = bodies.body_no
            """,
            [self.size.tasks],
        )

    def _write_day(self, day_no: int) -> None:
        day = FIRST_DAY + timedelta(days=day_no)
        # One body in fifty changes its list of tasks on a day; the others send the same bytes.
        changed = "true" if day_no == 0 else f"body_no % 50 = {day_no} % 50"
        batch = f"{day:%Y%m%d}"
        self._deliver("tasks", "full", day, f"{day_no}", changed, TASKS, batch)
        every = max(1, self.size.tasks // self.size.reports)
        progress = PROGRESS.format(every=every, day_no=day_no, nth=day_no // every)
        self._deliver("progress", "delta", day, f"{day_no}", "true", progress, batch)
        self._write("receipts", f"business_date={day}/{batch}", self._receipts(day, day_no))
        self._write("ledger", batch, "from ledger_of_day")
        self.connection.execute("drop table ledger_of_day; drop table receipts_of_day")

    def _deliver(
        self, dataset: str, mode: str, day: date, said_on: str, which: str, rows: str, batch: str
    ) -> None:
        self.connection.execute(
            DELIVERIES.format(dataset=dataset, mode=mode, day=day, said_on=said_on, which=which)
        )
        self._write(f"accepted/{dataset}", batch, rows)
        self.connection.execute(
            f"""
            create table if not exists receipts_of_day as
                select *, 'landed' as outcome from given limit 0;
            insert into receipts_of_day select *, 'landed' from given;
            create table if not exists ledger_of_day as
                select delivery_id, '{batch}' as batch, source, organisation_code, dataset,
                    business_date, received_at, 'accept' as verdict, 1::bigint as rows_received,
                    1::bigint as rows_accepted, 0::bigint as rows_rejected,
                    0::bigint as rows_duplicate, 0::bigint as rows_warned, 0::bigint as secret_rows
                from given limit 0;
            insert into ledger_of_day select delivery_id, '{batch}', source, organisation_code,
                dataset, business_date, received_at, 'accept', 1, 1, 0, 0, 0, 0 from given;
            create table if not exists latest as from given limit 0;
            delete from latest where (source, dataset) in (select source, dataset from given);
            insert into latest from given;
            """
        )

    def _receipts(self, day: date, day_no: int) -> str:
        """What came, and the lists of tasks that were there unchanged."""
        return f"""
            select md5(delivery_id || '{day_no}') as receipt_id, '{day:%Y%m%d}' as batch,
                * exclude (code, said_on), true as expected
            from (
                from receipts_of_day
                union all
                select * exclude (business_date, received_at), date '{day}' as business_date,
                    timestamptz '{day} 06:00:00+07' as received_at, 'unchanged' as outcome
                from latest
                where dataset = 'tasks' and delivery_id not in (
                    select delivery_id from receipts_of_day)
            )
        """

    def _write(self, room: str, name: str, query: str) -> None:
        dataset = room.removeprefix("accepted/")
        target = self.home.root / room / f"{name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"create or replace temp table columns_of ({ROOMS[dataset]})")
        self.connection.execute(
            f"copy (from columns_of union all by name ({query})) to '{target}' "
            "(format parquet, compression zstd)"
        )
