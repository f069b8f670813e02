"""### Decide: a held delivery, its reasons, and a person's answer

**When**: started by `ask`, one run a delivery; by hand with the parameter `delivery`. It waits for
as long as it takes, holding no worker: answer under *Required Actions*, with a note.

**Safe to run again**: always. A decision is recorded once and stays; the same answer changes
nothing.

**When it fails**: `record` refuses an answer without a note (clear `release_or_refuse` to be asked
again), and one that contradicts a decision made elsewhere meanwhile (command line, pages); the log
says by whom. The delivery's rows are used
by the build that follows the decision (asset `checked`), and by no build before it.
"""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, get_current_context, task

from task_warehouse.assets import CHECKED


@dag(
    schedule=None,
    max_active_runs=1024,
    is_paused_upon_creation=False,
    default_args={"owner": "data-engineering", "retries": 1, "retry_delay": timedelta(minutes=2)},
    tags=["road:2-check", "people"],
    doc_md=__doc__,
    params={"delivery": Param("", type="string", description="Held delivery (20 hex digits)")},
)
def decide() -> None:
    @task
    def describe() -> dict[str, str]:
        from task_warehouse import steps

        return steps.question(get_current_context()["params"]["delivery"])

    answer = HITLOperator(
        task_id="release_or_refuse",
        subject="{{ ti.xcom_pull(task_ids='describe')['subject'] }}",
        body="{{ ti.xcom_pull(task_ids='describe')['body'] }}",
        options=["Cho vào / Release", "Từ chối / Refuse"],
        params={"note": Param("", type="string", title="Lý do / Why", maxLength=1000)},
    )

    @task(outlets=[CHECKED])
    def record(answered: dict[str, object]) -> dict[str, str]:
        from task_warehouse import steps

        context = get_current_context()
        said = steps.record_decision(context["params"]["delivery"], answered)
        context["outlet_events"][CHECKED].extra = said
        return said

    describe() >> answer
    record(answer.output)


decide()
