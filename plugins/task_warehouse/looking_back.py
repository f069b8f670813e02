"""The status of every task on a past day: as it was known then, and as it is known now.

Both are asked of the marts alone. *Then* is the state that stood on that day. *Now* keeps the lead
and the deadline that were in force on that day (a later extension does not unmake an overdue task),
takes completion from all that has been said since, and adds tasks that had been assigned by that
day and were first sent to us after it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import duckdb

from task_warehouse.errors import NoDataError
from task_warehouse.settings import Home
from task_warehouse.snapshots import DATABASE_NAME, current

Known = Literal["then", "now"]

# DESIGN 5.1, as the macro status_class has it; the test holds both against each other.
_CLASS = """
    case
        when completed_on is not null and due_on is null then 'completed_undated'
        when completed_on <= due_on then 'completed_on_time'
        when completed_on is not null then 'completed_late'
        when due_on is null then 'open_undated'
        when due_on < $as_of then 'open_overdue'
        else 'open_in_term'
    end as status_class
"""
_STOOD = """
    select task_key, lead_code, due_on, completed_on, known_on
    from marts.fct_task_state
    where known_on <= $as_of and coalesce(until_on > $as_of, true) and is_present
"""
# A completion after the day lies in its future. The last state of a task has no end.
_KNOWN_SINCE = f"""
    select stood.task_key, stood.lead_code, stood.due_on,
        if(latest.completed_on <= $as_of, latest.completed_on, null) as completed_on,
        stood.known_on
    from (
        {_STOOD}
        union all
        select states.task_key, states.lead_code, states.due_on, states.completed_on,
            states.known_on
        from marts.fct_task_state as states
        inner join marts.dim_task as tasks on states.task_key = tasks.task_key
        where tasks.assigned_on <= $as_of and states.is_present
        qualify row_number() over (partition by states.task_key order by states.known_on) = 1
            and states.known_on > $as_of
    ) as stood
    inner join marts.fct_task_state as latest
        on stood.task_key = latest.task_key and latest.until_on is null
"""


def _status(stood: str) -> str:
    columns = f"task_key, lead_code, {_CLASS}, due_on, completed_on, known_on"
    return f"select {columns} from ({stood}) as stood"


STATUS: dict[Known, str] = {"then": _status(_STOOD), "now": _status(_KNOWN_SINCE)}


def status_on(home: Home, as_of: date, known: Known) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of the status of each task on a day no later than the published one.

    ``known_on`` is the day from which that was known of its lead and deadline.
    Raises :class:`NoDataError` where nothing is published, or only earlier days.
    """
    snapshot = current(home)
    if snapshot is None or snapshot.as_of_date < as_of:
        raise NoDataError(
            f"what is published does not reach {as_of}",
            where=str(home.published),
            remedy="ask a day up to the as-of date, or run that day first",
        )
    with duckdb.connect(str(snapshot.path / DATABASE_NAME), read_only=True) as connection:
        found = connection.execute(f"{STATUS[known]} order by task_key", {"as_of": as_of})
        return [column[0] for column in found.description or []], found.fetchall()
