"""### Build: marts built by dbt, invariants checked, a snapshot published, sources told the result

**When**: after every check (asset `checked`); by hand with `as_of` to draw another morning.

**Safe to run again**: always. The same input is the same snapshot: a second run publishes nothing.

**When it fails**: `published/current` stays as it was. The log names the dbt model or test, or the
invariant that does not hold with the delivery and the numbers. Mend the cause and clear the task.
The files and PostgreSQL are switched over together: when PostgreSQL is away, both stay as they
were, and clearing `publish_snapshot` later switches both.
A red `report_back` alone: the morning is published, some sources have no report yet; clear it. A
source that does not take its report is no failure: `reports/_sent.parquet` says so.
"""

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from task_warehouse.assets import CHECKED, PUBLISHED
from task_warehouse.rundate import of_context


@dag(
    schedule=[CHECKED],
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "data-engineering", "retries": 1, "retry_delay": timedelta(minutes=2)},
    tags=["road:3-build"],
    doc_md=__doc__,
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="As-of date"),
        "received_at": Param(None, type=["null", "string"], description="Moment of collecting"),
    },
)
def build() -> None:
    @task
    def build_marts() -> dict[str, str]:
        from task_warehouse import steps

        return steps.build(of_context(get_current_context()))

    @task(outlets=[PUBLISHED])
    def publish_snapshot(built: dict[str, str]) -> str:
        from task_warehouse import connections, steps

        context = get_current_context()
        context["outlet_events"][PUBLISHED].extra = {"as_of": built["as_of"]}
        return steps.publish(built, connections.marts_address())

    @task
    def report_back(snapshot: str) -> dict[str, int]:
        from task_warehouse import connections, steps

        return steps.report_back(snapshot, connections.look_up)

    report_back(publish_snapshot(build_marts()))


build()
