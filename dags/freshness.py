"""### Freshness: are this morning's marts published by 07:00?

**When**: starts with the collection at 05:00 and waits until `published/current` describes today.

**Safe to run again**: always; it only reads the manifest.

**When it fails**: the marts are not fresh. The deadline alert at 07:00 (Airflow's, still marked
experimental there) and this DAG's own time-out say the same thing twice on purpose; both call
`task_warehouse.alerting.marts_are_late`, which names the step that is behind.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import (
    AsyncCallback,
    DeadlineAlert,
    DeadlineReference,
    dag,
    get_current_context,
    task,
)
from airflow.timetables.trigger import CronTriggerTimetable

from task_warehouse.alerting import marts_are_late, tell_late
from task_warehouse.rundate import of_context
from task_warehouse.settings import TIMEZONE

FRESH_WITHIN = timedelta(hours=2)


@dag(
    schedule=CronTriggerTimetable("0 5 * * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2025, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "data-engineering",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "on_failure_callback": tell_late,
    },
    tags=["road:4-watch"],
    doc_md=__doc__,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=FRESH_WITHIN,
        callback=AsyncCallback(marts_are_late),
        name="marts fresh by 07:00",
    ),
)
def freshness() -> None:
    @task.sensor(poke_interval=60, timeout=FRESH_WITHIN.total_seconds(), mode="reschedule")
    def wait_for_marts() -> bool:
        from task_warehouse import steps

        return steps.is_published(of_context(get_current_context()).as_of)

    wait_for_marts()


freshness()
