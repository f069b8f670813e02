"""### Check: read what was landed, refuse what breaks its contract, keep the reasons

**When**: after every collection (asset `landing`); by hand to check what waits.

**Safe to run again**: always. A delivery that is in the ledger is not read again; a batch that was
killed is done anew from the raw bytes.

**When it fails**: bad data never fails this DAG, it becomes rejects. A failure is a broken check
(Great Expectations raised), a full disk, or a second process in the same step; the log says which.

**What it found**: Data Docs of each check, `published/current/data_docs/index.html`; in this web UI
under *Follow a number*, [`/follow/data-docs/`](/follow/data-docs/).
"""

from datetime import timedelta

from airflow.sdk import Param, dag, get_current_context, task

from task_warehouse.assets import CHECKED, LANDING
from task_warehouse.rundate import of_context


@dag(
    schedule=[LANDING],
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"owner": "data-engineering", "retries": 1, "retry_delay": timedelta(minutes=2)},
    tags=["road:2-check"],
    doc_md=__doc__,
    params={
        "as_of": Param(None, type=["null", "string"], format="date", description="As-of date"),
        "received_at": Param(None, type=["null", "string"], description="Moment of collecting"),
    },
)
def check() -> None:
    @task(outlets=[CHECKED])
    def check_deliveries() -> dict[str, int]:
        from task_warehouse import steps

        context = get_current_context()
        context["outlet_events"][CHECKED].extra = of_context(context).as_extra()
        return steps.check()

    check_deliveries()


check()
