"""### Ask: put every held delivery before a person, once

**When**: after every check (asset `checked`). Each delivery that waits gets one run of `decide`,
named after it; one that was asked about before is skipped.

**Safe to run again**: always. It decides nothing; a run of `decide` that was deleted is made anew.

**When it fails**: nobody is asked and nothing is lost: `task-warehouse held` lists what waits, and
`task-warehouse release` and `refuse` decide it. The daily road does not wait for this DAG.
"""

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

from task_warehouse.assets import CHECKED


@dag(
    schedule=[CHECKED],
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "data-engineering", "retries": 1, "retry_delay": timedelta(minutes=2)},
    tags=["road:2-check", "people"],
    doc_md=__doc__,
)
def ask() -> None:
    @task
    def waiting() -> list[dict[str, object]]:
        from task_warehouse import steps

        return steps.questions()

    TriggerDagRunOperator.partial(
        task_id="ask_people",
        trigger_dag_id="decide",
        logical_date=None,
        skip_when_already_exists=True,
    ).expand_kwargs(waiting())


ask()
