"""### Replay: derive a period again from the raw bytes

**When**: by hand, after a contract, an alias or a rule changed, with the first and last business
date. Nothing is fetched: landing and receipts are the input.

**Safe to run again**: always. What was derived for the period is deleted and checked anew; the
build that follows publishes a new snapshot only where something came out differently.

**When it fails**: as `check`. The published snapshot is not touched by this DAG itself.
"""

from airflow.sdk import Param, dag, get_current_context, task

from task_warehouse.assets import CHECKED
from task_warehouse.rundate import of_context


@dag(
    schedule=None,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "data-engineering", "retries": 1},
    tags=["road:5-replay"],
    doc_md=__doc__,
    params={
        "from": Param("", type="string", format="date", description="First business date"),
        "to": Param("", type="string", format="date", description="Last business date"),
        "as_of": Param(None, type=["null", "string"], format="date", description="As-of date"),
        "received_at": Param(None, type=["null", "string"], description="Moment of the run"),
    },
)
def replay() -> None:
    @task(outlets=[CHECKED])
    def derive_again() -> dict[str, int]:
        from task_warehouse import steps

        context = get_current_context()
        params = context["params"]
        run = of_context(
            {**context, "params": {**params, "as_of": params["as_of"] or params["to"]}}
        )
        context["outlet_events"][CHECKED].extra = run.as_extra()
        return steps.replay(params["from"], params["to"])

    derive_again()


replay()
