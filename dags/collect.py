"""### Collect: pull every source's exports into landing, with a receipt for each attempt

**When**: daily at 05:00 Asia/Ho_Chi_Minh; by hand with the parameter `as_of` for another day.

**Safe to run again**: always. The same bytes are the same delivery; nothing is doubled.

**When it fails**: a source that is late, broken or silent is a row in `mart_reporting`, not a
failure here. A red `collect_batch` is our own fault (disk, code) and was retried. A red `roll_up`
means that more sources failed than the threshold allows (`TASK_WAREHOUSE_ALERT_SHARE`, 0.5 by
default): the network or this machine is the likely cause. What arrived is checked and built either
way once `roll_up` is cleared.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import Param, dag, get_current_context, task
from airflow.timetables.trigger import CronTriggerTimetable

from task_warehouse.assets import LANDING
from task_warehouse.rundate import RunDate, of_context
from task_warehouse.settings import TIMEZONE


@dag(
    schedule=CronTriggerTimetable("0 5 * * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2025, 1, 1, tz=TIMEZONE),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "data-engineering", "retries": 2, "retry_delay": timedelta(minutes=2)},
    tags=["road:1-collect"],
    doc_md=__doc__,
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="As-of date"),
        "received_at": Param(None, type=["null", "string"], description="Moment of collecting"),
    },
)
def collect() -> None:
    @task
    def plan() -> list[dict[str, object]]:
        from task_warehouse import steps

        context = get_current_context()
        return steps.plan_collection(of_context(context), token=context["run_id"])

    @task(map_index_template="{{ label }}")
    def collect_batch(planned: dict[str, object]) -> dict[str, int]:
        from task_warehouse import connections, steps

        context = get_current_context()
        context["label"] = planned["label"]
        summary = steps.collect_batch(planned, connections.look_up)
        # What the task's page shows: every source of the batch by name, by what became of it.
        context["ti"].xcom_push(key="sources", value=summary.sources())
        return dict(summary)

    @task(outlets=[LANDING])
    def roll_up(planned: list[dict[str, object]], outcomes: list[dict[str, int]]) -> dict[str, int]:
        from task_warehouse import steps

        context = get_current_context()
        first = planned[0]
        run = RunDate.parse(str(first["as_of"]), str(first["received_at"])) or of_context(context)
        context["outlet_events"][LANDING].extra = run.as_extra()
        return steps.roll_up(list(outcomes))

    batches = plan()
    roll_up(batches, collect_batch.expand(planned=batches))


collect()
