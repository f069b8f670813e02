"""### Notify: the daily brief to leaders, their tasks to bodies, what failed to data engineers

**When**: after every publication (asset `published`), when `notifications.yml` says who is told;
without that file nobody is. Not part of `task-warehouse run`: a day run by hand writes to nobody.

**Safe to run again**: always. What each reader was told is recorded (`notified/`); a second run
sends only what is new or was not sent.

**When it fails**: the morning is published all the same. The log names who was not told and why;
mend the mail server or webhook and clear the task. `task-warehouse notify --dry-run` shows all.
"""

from datetime import timedelta

from airflow.sdk import dag, task

from task_warehouse.assets import PUBLISHED


@dag(
    schedule=[PUBLISHED],
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "owner": "data-engineering",
        "retries": 4,
        "retry_delay": timedelta(minutes=5),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(minutes=30),
    },
    tags=["road:4-watch"],
    doc_md=__doc__,
)
def notify() -> None:
    @task
    def tell() -> dict[str, int]:
        from task_warehouse import connections, steps

        return steps.notify(connections.smtp_address(), connections.look_up)

    tell()


notify()
